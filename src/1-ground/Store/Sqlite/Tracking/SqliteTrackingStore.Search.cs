using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    public Task<IReadOnlyList<TrackedRun>> SearchRunsAsync(
        IReadOnlyList<long> experiments, Search search, ViewType view, Page page, CancellationToken stop) => Asked(db =>
    {
        var asked = new RunSearch(SqlDialect.Sqlite, experiments, search, view, page);
        foreach (var question in asked.Questions()) question.Found = Numbers(db, question.Sql, question.Values);
        var runs = new List<TrackedRun>(asked.Found.Count);
        foreach (var id in asked.Found)
        {
            using var rows = db.Query($"SELECT {RunColumns} FROM tracked_runs r WHERE r.id = ?1").Add(id);
            rows.Next();
            runs.Add(ReadRun(db, id, ReadInfo(rows)));
        }
        return (IReadOnlyList<TrackedRun>)runs;
    }, stop);

    static List<long> Ids(Connection db, SearchSql sql, Page page) => Numbers(db, sql.Text(page), sql.Values);

    /// <summary>The first column of all rows.</summary>
    static List<long> Numbers(Connection db, string sql, IReadOnlyList<object> values)
    {
        using var rows = db.QueryOnce(sql);
        foreach (var value in values)
            _ = value switch
            {
                long number => rows.Add(number),
                double number => rows.Add(number),
                _ => rows.Add((string)value),
            };
        var found = new List<long>();
        while (rows.Next()) found.Add(rows.Whole(0));
        return found;
    }
}
