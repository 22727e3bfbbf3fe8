using System.Globalization;
using System.Text;
using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

/// <summary>Puts one search's statement together. Everything a user wrote becomes a bound value; the text holds only names of ours.</summary>
/// <param name="id">The column that says what was found; rows are alike in nothing else.</param>
sealed class SearchSql(string id)
{
    readonly StringBuilder joins = new(), where = new(), order = new();
    readonly List<object> values = [];
    int joined;

    internal string Mark(object value)
    {
        values.Add(value);
        return $"?{values.Count.ToString(CultureInfo.InvariantCulture)}";
    }

    internal string Marks(IEnumerable<object> several) => string.Join(", ", several.Select(Mark));

    internal SearchSql Where(string condition)
    {
        where.Append(where.Length == 0 ? "WHERE " : " AND ").Append(condition);
        return this;
    }

    internal SearchSql Join(string table)
    {
        joins.Append(' ').Append(table);
        return this;
    }

    /// <summary>A clause about a column of the row itself.</summary>
    internal SearchSql WhereValue(Clause clause, string column) => Where(Condition(clause, column));

    /// <summary>A clause about a key of the row: a parameter or a tag.</summary>
    /// <param name="link">What makes a row of <paramref name="table"/>, called <c>t</c>, the row's own.</param>
    internal SearchSql WhereEntry(Clause clause, string table, string link)
    {
        var key = Mark(clause.Key);
        return clause.Comparison switch
        {
            Comparison.IsNull => Where($"NOT EXISTS (SELECT 1 FROM {table} t WHERE {link} AND t.key = {key})"),
            Comparison.IsNotNull => Where($"EXISTS (SELECT 1 FROM {table} t WHERE {link} AND t.key = {key})"),
            _ => Where($"EXISTS (SELECT 1 FROM {table} t WHERE {link} AND t.key = {key} AND {Condition(clause, "t.value")})"),
        };
    }

    /// <summary>A clause about the newest point of a metric.</summary>
    internal SearchSql WhereMetric(Clause clause, string table, string link) =>
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
        Comparison.Like => $"matches({Mark(clause.Text!)}, {column}, 0)",
        Comparison.LikeAnyCase => $"matches({Mark(clause.Text!)}, {column}, 1)",
        Comparison.In => $"{column} IN ({Marks(clause.Texts!)})",
        Comparison.NotIn => $"{column} NOT IN ({Marks(clause.Texts!)})",
        Comparison.IsNull => $"{column} IS NULL",
        _ => $"{column} IS NOT NULL",
    };

    static object Value(Clause clause) => clause.Number is { } number ? number : clause.Text!;

    /// <summary>By a column; what has none comes last. SQLite takes nothing for the least, so that a falling order needs no more said and can be an
    /// index's.</summary>
    internal SearchSql OrderBy(string column, bool descending)
    {
        order.Append(order.Length == 0 ? "ORDER BY " : ", ").Append(column).Append(descending ? " DESC" : " ASC NULLS LAST");
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
        joins.Append(CultureInfo.InvariantCulture,
            $" LEFT JOIN {table} {name} ON {string.Format(CultureInfo.InvariantCulture, link, name)} AND {name}.key = {Mark(key)}");
        return name;
    }

    internal List<long> Ids(Connection db, string from, Page page)
    {
        using var rows = Statement(db, from, page);
        var ids = new List<long>();
        while (rows.Next()) ids.Add(rows.Whole(0));
        return ids;
    }

    /// <summary>How many rows there are, counted no further than <paramref name="most"/>.</summary>
    internal long Count(Connection db, string from, int most)
    {
        using var rows = Filled(db.QueryOnce($"SELECT count(*) FROM (SELECT 1 FROM {from}{joins} {where} LIMIT {Mark((long)most)})"));
        rows.Next();
        return rows.Whole(0);
    }

    Statement Statement(Connection db, string from, Page page)
    {
        var (most, offset) = (Mark((long)page.Most), Mark(page.Offset));
        return Filled(db.QueryOnce($"SELECT {id} FROM {from}{joins} {where} {order} LIMIT {most} OFFSET {offset}"));
    }

    Statement Filled(Statement rows)
    {
        foreach (var value in values)
            _ = value switch
            {
                long number => rows.Add(number),
                double number => rows.Add(number),
                bool truth => rows.Add(truth),
                _ => rows.Add((string)value),
            };
        return rows;
    }
}
