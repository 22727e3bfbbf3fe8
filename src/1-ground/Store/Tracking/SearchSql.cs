using System.Globalization;
using System.Text;

namespace Kumiki.Tracking;

/// <summary>Puts one search's statement together. Everything a user wrote becomes a bound value; the text holds only names of ours.</summary>
/// <param name="id">The column that says what was found; rows are alike in nothing else.</param>
sealed class SearchSql(SqlDialect dialect, string id)
{
    readonly StringBuilder from = new(), where = new(), order = new();
    readonly List<object> values = [];
    int joined;

    internal SqlDialect Dialect => dialect;

    /// <summary>The values of the marks, in their order: long, double or string.</summary>
    internal IReadOnlyList<object> Values => values;

    /// <summary>The statement of one page of what is found: one column of whole numbers.</summary>
    internal string Text(Page page) => $"SELECT {id} FROM {from} {where} {order} LIMIT {Mark((long)page.Most)} OFFSET {Mark(page.Offset)}";

    internal string Mark(object value)
    {
        values.Add(value);
        return dialect.Mark(values.Count);
    }

    internal string Marks(IEnumerable<object> several) => string.Join(", ", several.Select(Mark));

    internal SearchSql From(string table)
    {
        from.Append(table);
        return this;
    }

    internal SearchSql Where(string condition)
    {
        where.Append(where.Length == 0 ? "WHERE " : " AND ").Append(condition);
        return this;
    }

    /// <summary>A clause about a column of the row itself.</summary>
    internal SearchSql WhereValue(Clause clause, string column) => Where(Condition(clause, column));

    /// <summary>A clause about a key of the row: a parameter or a tag.</summary>
    /// <param name="link">What makes a row of <paramref name="table"/>, called <c>t</c>, the row's own; it has one of a key at most.</param>
    /// <remarks>A value and not EXISTS: no planner makes a join over whole tables of it, so that a page in an index's order ends when it is full.</remarks>
    internal SearchSql WhereEntry(Clause clause, string table, string link)
    {
        var key = Mark(clause.Key);
        return clause.Comparison switch
        {
            Comparison.IsNull => Where($"(SELECT 1 FROM {table} t WHERE {link} AND t.key = {key}) IS NULL"),
            Comparison.IsNotNull => Where($"(SELECT 1 FROM {table} t WHERE {link} AND t.key = {key}) IS NOT NULL"),
            _ => Where($"(SELECT {Condition(clause, "t.value")} FROM {table} t WHERE {link} AND t.key = {key})"),
        };
    }

    /// <summary>A clause about the newest point of a metric.</summary>
    /// <param name="link">As for <see cref="WhereEntry"/>.</param>
    internal SearchSql WhereMetric(Clause clause, string table, string link) =>
        Where($"(SELECT {MetricCondition(clause, "t")} FROM {table} t WHERE {link} AND t.key = {Mark(clause.Key)})");

    /// <summary>A clause about a metric of which a row may have several, one of which has to fulfil it.</summary>
    internal SearchSql WhereAnyMetric(Clause clause, string table, string link) =>
        Where($"EXISTS (SELECT 1 FROM {table} t WHERE {link} AND t.key = {Mark(clause.Key)} AND {MetricCondition(clause, "t")})");

    /// <summary>Not-a-number differs from every number, and is neither less nor greater.</summary>
    internal string MetricCondition(Clause clause, string table) => clause.Comparison == Comparison.NotEqual
        ? $"({table}.is_nan = 1 OR {Condition(clause, $"{table}.value")})"
        : $"{table}.is_nan = 0 AND {Condition(clause, $"{table}.value")}";

    internal string Condition(Clause clause, string column) => clause.Comparison switch
    {
        Comparison.Equal => $"{column} = {Mark(Value(clause))}",
        Comparison.NotEqual => $"{column} <> {Mark(Value(clause))}",
        Comparison.Less => $"{column} < {Mark(Value(clause))}",
        Comparison.LessOrEqual => $"{column} <= {Mark(Value(clause))}",
        Comparison.Greater => $"{column} > {Mark(Value(clause))}",
        Comparison.GreaterOrEqual => $"{column} >= {Mark(Value(clause))}",
        Comparison.Like => dialect.Like(column, clause.Text!, anyCase: false, Mark),
        Comparison.LikeAnyCase => dialect.Like(column, clause.Text!, anyCase: true, Mark),
        Comparison.In => $"{column} IN ({Marks(clause.Texts!)})",
        Comparison.NotIn => $"{column} NOT IN ({Marks(clause.Texts!)})",
        Comparison.IsNull => $"{column} IS NULL",
        _ => $"{column} IS NOT NULL",
    };

    static object Value(Clause clause) => clause.Number is { } number ? number : clause.Text!;

    /// <summary>By a column; what has none comes last.</summary>
    internal SearchSql OrderBy(string column, bool descending) => OrderedBy(dialect.NullsLast(column, descending));

    /// <summary>By a column that is never null, as its index has it.</summary>
    internal SearchSql OrderByIndex(string column, bool descending) => OrderedBy(column + (descending ? " DESC" : ""));

    SearchSql OrderedBy(string item)
    {
        order.Append(order.Length == 0 ? "ORDER BY " : ", ").Append(item);
        return this;
    }

    /// <summary>By the value of a key; what lacks it comes last.</summary>
    /// <param name="link">What makes a row of <paramref name="table"/>, called <c>{0}</c>, the row's own.</param>
    internal SearchSql OrderByEntry(SearchOrder item, string table, string link) => OrderBy($"{Joined(item.Key, table, link)}.value", item.Descending);

    /// <summary>By the newest point of a metric: numbers, then not-a-number, then what lacks it.</summary>
    internal SearchSql OrderByMetric(SearchOrder item, string table, string link)
    {
        var joined = Joined(item.Key, table, link);
        return OrderBy($"{joined}.is_nan", descending: false).OrderBy($"{joined}.value", item.Descending);
    }

    string Joined(string key, string table, string link)
    {
        var name = $"o{(++joined).ToString(CultureInfo.InvariantCulture)}";
        from.Append(CultureInfo.InvariantCulture,
            $" LEFT JOIN {table} {name} ON {string.Format(CultureInfo.InvariantCulture, link, name)} AND {name}.key = {Mark(key)}");
        return name;
    }
}
