using Kumiki.Tracking;

namespace Kumiki.Store.Postgres;

sealed partial class PostgresTrackingStore
{
    public Task<IReadOnlyList<TrackedRun>> SearchRunsAsync(
        IReadOnlyList<long> experiments, Search search, ViewType view, Page page, CancellationToken stop) => store.SnapshotAsync(async db =>
    {
        var asked = new RunSearch(SqlDialect.Postgres, experiments, search, view, page);
        foreach (var question in asked.Questions()) question.Found = await NumbersAsync(db, question.Sql, question.Values, question.ByIndex);
        return await RunsAsync(db, asked.Found);
    }, stop);
}
