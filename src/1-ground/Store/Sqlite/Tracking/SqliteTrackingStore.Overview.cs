using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    public Task<IReadOnlyList<ExperimentActivity>> ActivityAsync(IReadOnlyList<long> experiments, CancellationToken stop) => Asked(db =>
    {
        var found = new List<ExperimentActivity>();
        foreach (var experiment in experiments)
        {
            using var rows = db.Query(Searches.Activity(SqlDialect.Sqlite)).Add(experiment);
            if (rows.Next()) found.Add(new(rows.Whole(0), rows.Whole(1), rows.Whole(2), rows.WholeOrNull(3)));
        }
        return (IReadOnlyList<ExperimentActivity>)found;
    }, stop);

    public Task<LoggedKeys> KeysAsync(IReadOnlyList<long> experiments, int most, CancellationToken stop) => Asked(db =>
    {
        return new LoggedKeys(Keys(SearchEntity.Metric), Keys(SearchEntity.Parameter), Keys(SearchEntity.Tag));

        IReadOnlyList<string> Keys(SearchEntity entity)
        {
            var all = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var experiment in experiments)
            {
                using var rows = db.Query(Searches.Keys(SqlDialect.Sqlite, entity)).Add(experiment).Add((long)most);
                while (rows.Next()) all.Add(rows.Text(0));
            }
            return [.. all];
        }
    }, stop);

    public Task<long> CountRunsAsync(IReadOnlyList<long> experiments, Search search, ViewType view, CancellationToken stop) => Asked(db =>
    {
        var asked = new RunSearch(SqlDialect.Sqlite, experiments, search, view, Page.Whole);
        foreach (var question in asked.CountQuestions()) question.Found = Numbers(db, question.Sql, question.Values);
        return asked.Count;
    }, stop);
}
