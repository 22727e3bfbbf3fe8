using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    /// <summary>A clause that fewer rows than this fulfil is the one to begin with; more are as well read in the order that is asked for.</summary>
    const int FewRows = 4_000;

    const string Status = "CASE r.status WHEN 1 THEN 'RUNNING' WHEN 2 THEN 'SCHEDULED' WHEN 3 THEN 'FINISHED' WHEN 4 THEN 'FAILED' ELSE 'KILLED' END";

    /// <remarks>
    /// Three ways, the first that is fit; all give the same order, so that a page of one goes on where a page of another ended.
    /// 1. A clause that few runs fulfil: begin with its index, sort what is left. 2. An order by a metric, parameter or tag: read its index in that
    /// order until the
    /// page is full; it knows nothing of runs that lack the key, so a page it does not fill is made anew by the third. 3. Read the runs, newest first.
    /// </remarks>
    public Task<IReadOnlyList<TrackedRun>> SearchRunsAsync(
        IReadOnlyList<long> experiments, Search search, ViewType view, Page page, CancellationToken stop) => Asked(db =>
    {
        if (experiments.Count == 0 || page.Most == 0) return [];
        var runs = new List<TrackedRun>();
        foreach (var id in Found(db, experiments, search, view, page))
        {
            using var rows = db.Query($"SELECT {RunColumns} FROM tracked_runs r WHERE r.id = ?1").Add(id);
            rows.Next();
            runs.Add(ReadRun(db, id, ReadInfo(rows)));
        }
        return (IReadOnlyList<TrackedRun>)runs;
    }, stop);

    static List<long> Found(Connection db, IReadOnlyList<long> experiments, Search search, ViewType view, Page page)
    {
        if (experiments is [var only])
        {
            if (Rarest(db, only, search) is { } rare) return SqlOf(only, rare)
                .Ids(db, $"{TableOf(rare.Entity)} d CROSS JOIN tracked_runs r ON r.id = d.run", page);
            if (search.Order is [{ Entity: not SearchEntity.Attribute } first, ..])
            {
                var found = InOrder(only, first).Ids(db, $"{TableOf(first.Entity)} d CROSS JOIN tracked_runs r ON r.id = d.run", page);
                if (found.Count == page.Most || search.Clauses.Any(c => c.Entity == first.Entity && c.Key == first.Key && IsOfNumbersOnly(c))) return found;
            }
        }
        return Ordered(Filtered(new("r.id"), search, _ => false), search.Order).Ids(db, "tracked_runs r", page);

        SearchSql SqlOf(long experiment, Clause rare)
        {
            var sql = Driven(experiment, rare.Entity, rare.Key);
            sql.Where(rare.Entity == SearchEntity.Metric ? sql.MetricCondition(rare, "d") : sql.Condition(rare, "d.value"));
            return Ordered(Filtered(sql, search, clause => ReferenceEquals(clause, rare)), search.Order);
        }

        SearchSql InOrder(long experiment, SearchOrder first)
        {
            var sql = Driven(experiment, first.Entity, first.Key);
            if (first.Entity == SearchEntity.Metric) sql.Where("d.is_nan = 0");
            foreach (var same in search.Clauses.Where(IsOfFirst)) sql.Where(sql.Condition(same, "d.value"));
            Filtered(sql, search, IsOfFirst);
            sql.OrderBy("d.value", first.Descending);
            return Ordered(sql, search.Order.Skip(1));

            bool IsOfFirst(Clause clause) => clause.Entity == first.Entity && clause.Key == first.Key
                && clause.Comparison is not (Comparison.IsNull or Comparison.IsNotNull);
        }

        static SearchSql Driven(long experiment, SearchEntity entity, string key)
        {
            var sql = new SearchSql("r.id");
            return sql.Where($"d.experiment = {sql.Mark(experiment)}").Where($"d.key = {sql.Mark(key)}");
        }

        SearchSql Filtered(SearchSql sql, Search search, Func<Clause, bool> isSaid)
        {
            sql.Where($"r.experiment IN ({sql.Marks(experiments.Select(e => (object)e))})");
            if (view != ViewType.All) sql.Where($"r.deleted = {sql.Mark(view == ViewType.DeletedOnly)}");
            foreach (var clause in search.Clauses)
                if (!isSaid(clause)) AddClause(sql, clause);
            return sql;
        }
    }

    static void AddClause(SearchSql sql, Clause clause)
    {
        switch (clause.Entity)
        {
            case SearchEntity.Metric: sql.WhereMetric(clause, "tracked_latest", "t.run = r.id"); break;
            case SearchEntity.Parameter: sql.WhereEntry(clause, "tracked_params", "t.run = r.id"); break;
            case SearchEntity.Tag: sql.WhereEntry(clause, "tracked_tags", "t.run = r.id"); break;
            case SearchEntity.Dataset when clause.Key == "context":
                sql.Where("EXISTS (SELECT 1 FROM tracked_input_tags t WHERE t.run = r.id AND t.key = 'mlflow.data.context' "
                    + $"AND {sql.Condition(clause, "t.value")})");
                break;
            case SearchEntity.Dataset:
                var column = clause.Key == "name" ? "s.name" : "s.digest";
                sql.Where("EXISTS (SELECT 1 FROM tracked_inputs t JOIN tracked_datasets s ON s.id = t.dataset WHERE t.run = r.id "
                    + $"AND {sql.Condition(clause, column)})");
                break;
            default: sql.WhereValue(clause, RunColumn(clause.Key)); break;
        }
    }

    /// <summary>What is asked for, then the newest first, then by id: no two runs are alike in it.</summary>
    static SearchSql Ordered(SearchSql sql, IEnumerable<SearchOrder> items)
    {
        foreach (var item in items)
            _ = item.Entity switch
            {
                SearchEntity.Metric => sql.OrderByMetric(item, "tracked_latest", "{0}.run = r.id"),
                SearchEntity.Parameter => sql.OrderByEntry(item, "tracked_params", "{0}.run = r.id"),
                SearchEntity.Tag => sql.OrderByEntry(item, "tracked_tags", "{0}.run = r.id"),
                _ => sql.OrderBy(RunColumn(item.Key), item.Descending),
            };
        return sql.OrderBy("r.started", descending: true).OrderBy("r.uuid", descending: false);
    }

    /// <summary>The clause that the fewest runs fulfil, if they are few; looks at <see cref="FewRows"/> entries of an index a clause at most.</summary>
    static Clause? Rarest(Connection db, long experiment, Search search)
    {
        (Clause? Clause, long Rows) rarest = (null, FewRows);
        foreach (var clause in search.Clauses)
        {
            var isOfIndex = clause.Entity == SearchEntity.Metric ? clause.Comparison != Comparison.NotEqual
                : clause is { Entity: SearchEntity.Parameter or SearchEntity.Tag, Comparison: Comparison.Equal };
            if (!isOfIndex) continue;
            var condition = clause.Comparison switch
            {
                Comparison.Less => "<",
                Comparison.LessOrEqual => "<=",
                Comparison.Greater => ">",
                Comparison.GreaterOrEqual => ">=",
                _ => "=",
            };
            var numbers = clause.Entity == SearchEntity.Metric ? "AND is_nan = 0 " : "";
            var ofIndex = $"SELECT 1 FROM {TableOf(clause.Entity)} WHERE experiment = ?1 AND key = ?2 {numbers}AND value {condition} ?3 LIMIT ?4";
            using var rows = db.Query($"SELECT count(*) FROM ({ofIndex})")
                .Add(experiment).Add(clause.Key);
            (clause.Number is { } number ? rows.Add(number) : rows.Add(clause.Text)).Add(rarest.Rows);
            rows.Next();
            if (rows.Whole(0) < rarest.Rows) rarest = (clause, rows.Whole(0));
        }
        return rarest.Clause;
    }

    /// <summary>Whether a clause keeps out what lacks the key, and not-a-number.</summary>
    static bool IsOfNumbersOnly(Clause clause) => clause.Entity == SearchEntity.Metric ? clause.Comparison != Comparison.NotEqual
        : clause.Comparison != Comparison.IsNull;

    static string TableOf(SearchEntity entity) => entity switch
    {
        SearchEntity.Metric => "tracked_latest",
        SearchEntity.Parameter => "tracked_params",
        _ => "tracked_tags",
    };

    static string RunColumn(string key) => key switch
    {
        "status" => Status,
        "user_id" => "r.user",
        "artifact_uri" => "r.location",
        "run_name" => "r.name",
        "run_id" => "r.uuid",
        "start_time" => "r.started",
        "end_time" => "r.ended",
        _ => throw new System.Diagnostics.UnreachableException($"Give {key} a column."),
    };
}
