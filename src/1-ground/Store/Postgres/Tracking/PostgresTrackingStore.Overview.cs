using Kumiki.Tracking;

namespace Kumiki.Store.Postgres;

sealed partial class PostgresTrackingStore
{
    public Task<IReadOnlyList<ExperimentActivity>> ActivityAsync(IReadOnlyList<long> experiments, CancellationToken stop) => store.SnapshotAsync(async db =>
    {
        var found = new List<ExperimentActivity>();
        await db.RunAllAsync(
        [
            Planned("force_custom_plan", "on"),
            .. experiments.Select(experiment => new PostgresStatement(Searches.Activity(SqlDialect.Postgres), [experiment], row => found.Add(
                new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3))))),
        ]);
        return (IReadOnlyList<ExperimentActivity>)found;
    }, stop);

    public Task<LoggedKeys> KeysAsync(IReadOnlyList<long> experiments, int most, CancellationToken stop) => store.SnapshotAsync(async db =>
    {
        return new LoggedKeys(await KeysAsync(SearchEntity.Metric), await KeysAsync(SearchEntity.Parameter), await KeysAsync(SearchEntity.Tag));

        async Task<IReadOnlyList<string>> KeysAsync(SearchEntity entity)
        {
            var all = new SortedSet<string>(StringComparer.Ordinal);
            await db.RunAllAsync(
            [
                Planned("force_custom_plan", "off"),
                .. experiments.Select(experiment => new PostgresStatement(Searches.Keys(SqlDialect.Postgres, entity), [experiment, (long)most],
                    row => all.Add(row.GetString(0)))),
                Planned("auto", "on"),
            ]);
            return [.. all];
        }
    }, stop);

    public Task<long> CountRunsAsync(IReadOnlyList<long> experiments, Search search, ViewType view, CancellationToken stop) =>
        store.SnapshotAsync(async db =>
        {
            var asked = new RunSearch(SqlDialect.Postgres, experiments, search, view, Page.Whole);
            foreach (var question in asked.CountQuestions()) question.Found = await NumbersAsync(db, question.Sql, question.Values, question.ByIndex);
            return asked.Count;
        }, stop);
}
