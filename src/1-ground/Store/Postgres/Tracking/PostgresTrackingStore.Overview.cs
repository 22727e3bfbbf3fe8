using Kumiki.Tracking;

namespace Kumiki.Store.Postgres;

sealed partial class PostgresTrackingStore
{
    public Task<IReadOnlyList<ExperimentActivity>> ActivityAsync(IReadOnlyList<long> experiments, CancellationToken stop) => store.SnapshotAsync(async db =>
        (IReadOnlyList<ExperimentActivity>)await db.AllAsync(
            """
            SELECT e.id, (SELECT count(*) FROM tracked_runs r WHERE r.experiment = e.id AND r.deleted = 0),
              (SELECT count(*) FROM tracked_runs r WHERE r.experiment = e.id AND r.deleted = 1),
              (SELECT r.started FROM tracked_runs r WHERE r.experiment = e.id AND r.deleted = e.deleted ORDER BY r.started DESC NULLS LAST LIMIT 1)
            FROM unnest($1::bigint[]) WITH ORDINALITY asked (id, place) JOIN tracked_experiments e ON e.id = asked.id ORDER BY asked.place
            """,
            row => new ExperimentActivity(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3)),
            experiments.ToArray()), stop);

    public Task<LoggedKeys> KeysAsync(IReadOnlyList<long> experiments, int most, CancellationToken stop) => store.SnapshotAsync(async db => new LoggedKeys(
        await KeysAsync(db, "tracked_latest", experiments, most), await KeysAsync(db, "tracked_params", experiments, most),
        await KeysAsync(db, "tracked_tags", experiments, most)), stop);

    /// <summary>One step down the index of values a key, however many runs logged it.</summary>
    static async Task<IReadOnlyList<string>> KeysAsync(Connection db, string table, IReadOnlyList<long> experiments, int most)
    {
        var all = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var experiment in experiments)
            all.UnionWith(await db.AllAsync(
                $"""
                WITH RECURSIVE keys (key) AS (
                  SELECT (SELECT t.key FROM {table} t WHERE t.experiment = $1 ORDER BY t.key LIMIT 1)
                  UNION ALL
                  SELECT (SELECT t.key FROM {table} t WHERE t.experiment = $1 AND t.key > keys.key ORDER BY t.key LIMIT 1)
                  FROM keys WHERE keys.key IS NOT NULL
                )
                SELECT key FROM keys WHERE key IS NOT NULL LIMIT $2
                """, row => row.GetString(0), experiment, (long)most));
        return [.. all];
    }

    public Task<long> CountRunsAsync(IReadOnlyList<long> experiments, Search search, ViewType view, CancellationToken stop) => store.SnapshotAsync(async db =>
    {
        var asked = new RunSearch(SqlDialect.Postgres, experiments, search, view, new(0, 1));
        foreach (var question in asked.Counting()) question.Found = await NumbersAsync(db, question.Sql, question.Values, question.ByIndex);
        return asked.Count;
    }, stop);
}
