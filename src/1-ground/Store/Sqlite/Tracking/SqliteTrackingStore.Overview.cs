using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    public Task<IReadOnlyList<ExperimentActivity>> ActivityAsync(IReadOnlyList<long> experiments, CancellationToken stop) => Asked(db =>
    {
        var found = new List<ExperimentActivity>();
        foreach (var experiment in experiments)
        {
            using var rows = db.Query(
                """
                SELECT (SELECT count(*) FROM tracked_runs r WHERE r.experiment = e.id AND r.deleted = 0),
                  (SELECT count(*) FROM tracked_runs r WHERE r.experiment = e.id AND r.deleted = 1),
                  (SELECT r.started FROM tracked_runs r WHERE r.experiment = e.id AND r.deleted = e.deleted ORDER BY r.started DESC LIMIT 1)
                FROM tracked_experiments e WHERE e.id = ?1
                """).Add(experiment);
            if (rows.Next()) found.Add(new(experiment, rows.Whole(0), rows.Whole(1), rows.WholeOrNull(2)));
        }
        return (IReadOnlyList<ExperimentActivity>)found;
    }, stop);

    public Task<LoggedKeys> KeysAsync(IReadOnlyList<long> experiments, int most, CancellationToken stop) => Asked(db =>
        new LoggedKeys(Keys(db, "tracked_latest", experiments, most), Keys(db, "tracked_params", experiments, most),
            Keys(db, "tracked_tags", experiments, most)), stop);

    /// <summary>One step down the index of values a key, however many runs logged it.</summary>
    static IReadOnlyList<string> Keys(Connection db, string table, IReadOnlyList<long> experiments, int most)
    {
        var all = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var experiment in experiments)
        {
            using var rows = db.Query(
                $"""
                WITH RECURSIVE keys (key) AS (
                  SELECT (SELECT t.key FROM {table} t WHERE t.experiment = ?1 ORDER BY t.key LIMIT 1)
                  UNION ALL
                  SELECT (SELECT t.key FROM {table} t WHERE t.experiment = ?1 AND t.key > keys.key ORDER BY t.key LIMIT 1)
                  FROM keys WHERE keys.key IS NOT NULL
                )
                SELECT key FROM keys WHERE key IS NOT NULL LIMIT ?2
                """).Add(experiment).Add((long)most);
            while (rows.Next()) all.Add(rows.Text(0));
        }
        return [.. all];
    }

    public Task<long> CountRunsAsync(IReadOnlyList<long> experiments, Search search, ViewType view, CancellationToken stop) => Asked(db =>
    {
        var asked = new RunSearch(SqlDialect.Sqlite, experiments, search, view, new(0, 1));
        foreach (var question in asked.Counting()) question.Found = Numbers(db, question.Sql, question.Values);
        return asked.Count;
    }, stop);
}
