using System.Runtime.CompilerServices;
using System.Text;

namespace Kumiki;

/// <summary>SQL with holes: an asset's hole becomes the Parquet files of its version in use, and one recorded input; any other hole becomes a bound value, never text.</summary>
[InterpolatedStringHandler]
public sealed class Query
{
    readonly List<QueryPart> parts;

    public Query(int literalLength, int formattedCount)
    {
        _ = literalLength;
        parts = new(formattedCount * 2 + 1);
    }

    public IReadOnlyList<QueryPart> Parts => parts;

    public void AppendLiteral(string value) => parts.Add(new QueryPart.Text(value));

    public void AppendFormatted<T>(T value) => parts.Add(value is Asset asset ? new QueryPart.Rows(asset) : new QueryPart.Value(value));

    /// <summary>The text for DuckDB.</summary>
    /// <param name="rowsOf">The SQL that reads an asset's rows.</param>
    /// <param name="values">Filled with the values of <c>$1</c>, <c>$2</c> …</param>
    internal string ToSql(Func<Asset, string> rowsOf, List<object?> values)
    {
        var sql = new StringBuilder();
        foreach (var part in parts)
        {
            switch (part)
            {
                case QueryPart.Text text:
                    sql.Append(text.Sql);
                    break;
                case QueryPart.Rows rows:
                    sql.Append(rowsOf(rows.Asset));
                    break;
                case QueryPart.Value value:
                    values.Add(value.Bound);
                    sql.Append('$').Append(values.Count);
                    break;
            }
        }
        return sql.ToString();
    }
}

/// <summary>A piece of a query.</summary>
public abstract record QueryPart
{
    QueryPart() { }

    public sealed record Text(string Sql) : QueryPart;

    public sealed record Rows(Asset Asset) : QueryPart;

    public sealed record Value(object? Bound) : QueryPart;
}
