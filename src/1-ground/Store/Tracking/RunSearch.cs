using System.Diagnostics;

namespace Kumiki.Tracking;

/// <summary>A search of runs: which statements to ask, one after another, each depending on what the ones before found.</summary>
/// <remarks>
/// Four ways, the first that is fit; all give the same order, so that a page of one goes on where a page of another ended. The first three are for one
/// experiment. 1. A clause that no run or few runs fulfil: begin with its index, sort what is left. 2. Several clauses that many runs fulfil but together
/// hardly any: begin with what all their indexes have, sort what is left. 3. An order by a metric, parameter or tag: read its index in that order until the
/// page is full; it knows nothing of runs that lack the key, so a page it does not fill is made anew by the fourth. 4. Read the runs, newest first or sorted.
/// </remarks>
sealed class RunSearch(SqlDialect dialect, IReadOnlyList<long> experiments, Search search, ViewType view, Page page)
{
    /// <summary>A clause that fewer rows than this fulfil is the one to begin with; more are as well read in the order that is asked for.</summary>
    const long FewRows = 4_000;

    /// <summary>How many entries of an index are looked at, to tell whether clauses that many runs fulfil have runs together.</summary>
    const long Sample = 500;

    const string Status = "CASE r.status WHEN 1 THEN 'RUNNING' WHEN 2 THEN 'SCHEDULED' WHEN 3 THEN 'FINISHED' WHEN 4 THEN 'FAILED' ELSE 'KILLED' END";

    /// <summary>One statement with its values, and what the store found for it.</summary>
    /// <param name="byIndex">Whether it is to be read as it is written, entry after entry of an index; else by what the database thinks best.</param>
    internal sealed class Question(string sql, IReadOnlyList<object> values, bool byIndex)
    {
        internal string Sql => sql;
        internal bool ByIndex => byIndex;

        /// <summary>Long, double or string.</summary>
        internal IReadOnlyList<object> Values => values;

        /// <summary>The only column of the rows found; set before the next question is asked for.</summary>
        internal IReadOnlyList<long> Found { get; set; } = [];
    }

    /// <summary>The ids of the runs found, in order, after the last question.</summary>
    internal IReadOnlyList<long> Found { get; private set; } = [];

    internal IEnumerable<Question> Questions()
    {
        if (experiments.Count == 0 || page.Most == 0) yield break;
        var order = search.Order;
        if (experiments is [var experiment])
        {
            // What no run has orders nothing.
            for (; order is [{ Entity: not SearchEntity.Attribute } first, ..]; order = [.. order.Skip(1)])
            {
                var any = AnyOf(experiment, first);
                yield return any;
                if (any.Found.Count > 0) break;
            }

            (Clause? Clause, long Rows) rarest = (null, FewRows);
            var indexed = search.Clauses.Where(IsOfIndex).ToList();
            foreach (var clause in indexed)
            {
                var count = CountOf(experiment, clause, rarest.Rows);
                yield return count;
                if (count.Found[0] == 0) yield break;
                if (count.Found[0] < rarest.Rows) rarest = (clause, count.Found[0]);
            }
            if (rarest.Clause is { } rare)
            {
                var begun = Asked(Ordered(BegunWith(experiment, rare), order));
                yield return begun;
                Found = begun.Found;
                yield break;
            }
            if (indexed.Count > 1)
            {
                var sample = SampleOf(experiment, indexed[0]);
                yield return sample;
                if (sample.Found.Count == 0)
                {
                    var together = Asked(Ordered(InAll(experiment, indexed), order));
                    yield return together;
                    Found = together.Found;
                    yield break;
                }
            }
            if (order is [{ Entity: not SearchEntity.Attribute } by, ..])
            {
                var inOrder = Asked(InOrderOf(experiment, by, order));
                yield return inOrder;
                Found = inOrder.Found;
                if (Found.Count == page.Most || search.Clauses.Any(c => c.Entity == by.Entity && c.Key == by.Key && IsOfNumbersOnly(c))) yield break;
            }
        }
        var all = Asked(Ordered(Filtered(new SearchSql(dialect, "r.id").From("tracked_runs r"), "r.id"), order), byIndex: order.Count == 0);
        yield return all;
        Found = all.Found;
    }

    /// <summary>How many runs there are in all, whatever the order and the page; after the last of <see cref="CountQuestions"/>.</summary>
    internal long Count { get; private set; }

    /// <summary>The statements that count: begin with the clause that fewest runs fulfil, or look at every run.</summary>
    internal IEnumerable<Question> CountQuestions()
    {
        if (experiments.Count == 0) yield break;
        (Clause? Clause, long Rows) rarest = (null, FewRows);
        if (experiments is [var experiment])
            foreach (var clause in search.Clauses.Where(IsOfIndex))
            {
                var entries = CountOf(experiment, clause, rarest.Rows);
                yield return entries;
                if (entries.Found[0] == 0) yield break;
                if (entries.Found[0] < rarest.Rows) rarest = (clause, entries.Found[0]);
            }
        const string What = "count(*)";
        var sql = rarest.Clause is { } rare ? BegunWith(experiments[0], rare, What) : Filtered(new SearchSql(dialect, What).From("tracked_runs r"), "r.id");
        var count = new Question(sql.Text(new(0, 1)), sql.Values, byIndex: rarest.Clause is not null);
        yield return count;
        Count = count.Found[0];
    }

    Question Asked(SearchSql sql, bool byIndex = true) => new(sql.Text(page), sql.Values, byIndex);

    Question AnyOf(long experiment, SearchOrder item)
    {
        var sql = new SearchSql(dialect, "run");
        sql.From(TableOf(item.Entity)).Where($"experiment = {sql.Mark(experiment)}").Where($"key = {sql.Mark(item.Key)}");
        return new(sql.Text(new(0, 1)), sql.Values, byIndex: true);
    }

    /// <summary>How many entries of its index a clause has, <paramref name="most"/> being the most that are counted.</summary>
    Question CountOf(long experiment, Clause clause, long most)
    {
        var sql = new SearchSql(dialect, "1");
        sql.From($"{TableOf(clause.Entity)} d");
        return new($"SELECT count(*) FROM ({OfIndex(sql, experiment, clause).Text(new(0, (int)most))}) entries", sql.Values, byIndex: true);
    }

    /// <summary>Any of the first entries of a clause's index that fulfils all clauses.</summary>
    Question SampleOf(long experiment, Clause clause)
    {
        var sql = new SearchSql(dialect, "r.id");
        var entries = new SearchSql(dialect, "d.run").From($"{TableOf(clause.Entity)} d");
        OfIndex(entries, experiment, clause);
        var text = entries.Text(new(0, (int)Sample));
        foreach (var value in entries.Values) sql.Mark(value);              // first, so that their marks stay as they are
        sql.From($"({text}) d {dialect.RunsOfEntries}");
        return new(FilteredEntries(sql, clause).Text(new(0, 1)), sql.Values, byIndex: true);
    }

    SearchSql BegunWith(long experiment, Clause clause, string what = "r.id")
    {
        var sql = new SearchSql(dialect, what);
        sql.From($"{TableOf(clause.Entity)} d {dialect.RunsOfEntries}");
        return FilteredEntries(OfIndex(sql, experiment, clause), clause);
    }

    SearchSql InAll(long experiment, IReadOnlyList<Clause> clauses)
    {
        var sql = new SearchSql(dialect, "r.id");
        var each = clauses.Select(clause =>
        {
            var (key, of) = (sql.Mark(clause.Key), sql.Mark(experiment));
            return $"SELECT d.run FROM {TableOf(clause.Entity)} d WHERE d.experiment = {of} AND d.key = {key} AND {Entry(sql, clause)}";
        });
        sql.From($"({string.Join(" INTERSECT ", each)}) d {dialect.RunsOfEntries}");
        return FilteredEntries(sql, [.. clauses]);
    }

    SearchSql InOrderOf(long experiment, SearchOrder first, IReadOnlyList<SearchOrder> order)
    {
        var sql = new SearchSql(dialect, "r.id");
        sql.From($"{TableOf(first.Entity)} d {dialect.RunsOfEntries}");
        sql.Where($"d.experiment = {sql.Mark(experiment)}").Where($"d.key = {sql.Mark(first.Key)}");
        if (first.Entity == SearchEntity.Metric) sql.Where("d.is_nan = 0");
        var same = search.Clauses.Where(clause => clause.Entity == first.Entity && clause.Key == first.Key
            && clause.Comparison is not (Comparison.IsNull or Comparison.IsNotNull)).ToArray();
        foreach (var clause in same) sql.Where(sql.Condition(clause, "d.value"));
        FilteredEntries(sql, same);
        foreach (var column in first.Entity == SearchEntity.Metric ? ["d.value"] : dialect.Order("d.value")) sql.OrderByIndex(column, first.Descending);
        return Ordered(sql, order.Skip(1));
    }

    /// <summary>That <c>d</c> is an entry of a clause's index that fulfils it.</summary>
    SearchSql OfIndex(SearchSql sql, long experiment, Clause clause) =>
        sql.Where($"d.experiment = {sql.Mark(experiment)}").Where($"d.key = {sql.Mark(clause.Key)}").Where(Entry(sql, clause));

    string Entry(SearchSql sql, Clause clause) =>
        clause.Entity == SearchEntity.Metric ? sql.MetricCondition(clause, "d") : dialect.Is("d.value", sql.Mark(clause.Text!));

    /// <summary>Of runs that entries <c>d</c> of an index lead to: what is known by the run's id is asked of the entry, before the run is looked up.</summary>
    /// <param name="said">Clauses that the statement has already.</param>
    SearchSql FilteredEntries(SearchSql sql, params Clause[] said) => Filtered(sql, "d.run", said);

    SearchSql Filtered(SearchSql sql, string run, params Clause[] said)
    {
        sql.Where($"r.experiment IN ({sql.Marks(experiments.Select(e => (object)e))})");
        if (view != ViewType.All) sql.Where($"r.deleted = {sql.Mark(view == ViewType.DeletedOnly ? 1L : 0L)}");
        foreach (var clause in search.Clauses)
            if (!said.Contains(clause, ReferenceEqualityComparer.Instance)) AddClause(sql, clause, run);
        return sql;
    }

    static void AddClause(SearchSql sql, Clause clause, string run)
    {
        switch (clause.Entity)
        {
            case SearchEntity.Metric: sql.WhereMetric(clause, "tracked_latest", $"t.run = {run}"); break;
            case SearchEntity.Parameter: sql.WhereEntry(clause, "tracked_params", $"t.run = {run}"); break;
            case SearchEntity.Tag: sql.WhereEntry(clause, "tracked_tags", $"t.run = {run}"); break;
            case SearchEntity.Dataset when clause.Key == "context":
                sql.Where($"EXISTS (SELECT 1 FROM tracked_input_tags t WHERE t.run = {run} AND t.key = 'mlflow.data.context' "
                    + $"AND {sql.Condition(clause, "t.value")})");
                break;
            case SearchEntity.Dataset:
                var column = clause.Key == "name" ? "s.name" : "s.digest";
                sql.Where($"EXISTS (SELECT 1 FROM tracked_inputs t JOIN tracked_datasets s ON s.id = t.dataset WHERE t.run = {run} "
                    + $"AND {sql.Condition(clause, column)})");
                break;
            default: sql.WhereValue(clause, Column(clause.Key)); break;
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
                _ => sql.OrderBy(Column(item.Key), item.Descending),
            };
        return sql.OrderBy("r.started", descending: true).OrderByIndex("r.uuid", descending: false);
    }

    static bool IsOfIndex(Clause clause) => clause.Entity == SearchEntity.Metric ? clause.Comparison != Comparison.NotEqual
        : clause is { Entity: SearchEntity.Parameter or SearchEntity.Tag, Comparison: Comparison.Equal };

    /// <summary>Whether a clause keeps out what lacks the key, and not-a-number.</summary>
    static bool IsOfNumbersOnly(Clause clause) => clause.Entity == SearchEntity.Metric ? clause.Comparison != Comparison.NotEqual
        : clause.Comparison != Comparison.IsNull;

    internal static string TableOf(SearchEntity entity) => entity switch
    {
        SearchEntity.Metric => "tracked_latest",
        SearchEntity.Parameter => "tracked_params",
        _ => "tracked_tags",
    };

    static string Column(string key) => key switch
    {
        "status" => Status,
        "user_id" => "r.\"user\"",
        "artifact_uri" => "r.location",
        "run_name" => "r.name",
        "run_id" => "r.uuid",
        "start_time" => "r.started",
        "end_time" => "r.ended",
        _ => throw new UnreachableException($"Give {key} a column."),
    };
}
