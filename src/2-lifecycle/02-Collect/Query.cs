using System.Runtime.CompilerServices;
using System.Text;

namespace Kumiki;

/// <summary>SQL with holes: an asset's hole becomes the Parquet files of its version in use, and one recorded input; <see cref="VersionsOf"/> an asset
/// those of all its versions so far; any other hole becomes a bound value, never text.</summary>
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

    public void AppendFormatted<T>(T value) => parts.Add(value switch
    {
        Asset asset => new QueryPart.Rows(asset),
        VersionsOf versions => new QueryPart.Rows(versions.Asset, Earlier: true),
        _ => new QueryPart.Value(value),
    });

    /// <summary>The text for DuckDB.</summary>
    /// <param name="rowsOf">The SQL that reads the rows of an asset, or of all its versions.</param>
    /// <param name="values">Filled with the values of <c>$1</c>, <c>$2</c> …</param>
    internal string ToSql(Func<QueryPart.Rows, string> rowsOf, List<object?> values)
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
                    sql.Append(rowsOf(rows));
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

    /// <param name="Earlier">Whether the versions before the one in use are read as well.</param>
    public sealed record Rows(Asset Asset, bool Earlier = false) : QueryPart;

    public sealed record Value(object? Bound) : QueryPart;
}

/// <summary>A hole of a <see cref="Query"/>: the rows of every version of an asset up to the one in use, the first one first, each with its version's number in the column <c>version</c>. What was said or known at some time can be asked
/// by it: <c>SELECT … FROM {new VersionsOf(forecasts)} WHERE version &lt;= 3</c>.</summary>
/// <remarks>Versions are never changed, so the one in use says which these are. A column that only some have is null in the others.</remarks>
/// <param name="Asset">Asked for in the constructor, as every other input.</param>
public sealed record VersionsOf(Asset Asset);
