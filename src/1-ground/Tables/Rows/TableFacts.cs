using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>What a table holds, column by column.</summary>
/// <param name="Rows">All rows of all files.</param>
public sealed record TableFacts(long Rows, IReadOnlyList<ColumnFacts> Columns)
{
    /// <summary>Reads the facts in one scan.</summary>
    /// <exception cref="KumikiException">A file is missing or broken.</exception>
    public static TableFacts Of(TableEngine engine, IReadOnlyList<string> files, CancellationToken cancellation = default)
    {
        TableFailure.RequireFiles(files);
        try
        {
            using var connection = engine.Connect();
            var from = SqlText.Rows(files);
            using var all = connection.Prepare($"SELECT * FROM {from}");
            var columns = all.Columns();
            var asked = columns.Select(c => SqlText.Name(c.Name)).Select(n => $"count({n}), min({n}), max({n}), approx_count_distinct({n})");
            using var statement = connection.Prepare($"SELECT count(*), {string.Join(", ", asked)} FROM {from}");
            using var rows = statement.Execute(cancellation);
            rows.Next();
            var chunk = rows.Chunk;
            var count = (long)chunk[0].Value(0)!;
            var facts = new ColumnFacts[columns.Count];
            for (var i = 0; i < facts.Length; i++)
                facts[i] = new(columns[i].Name, columns[i].Type.ToString(), count - (long)chunk[1 + 4 * i].Value(0)!, chunk[2 + 4 * i].Value(0),
                    chunk[3 + 4 * i].Value(0), (long)chunk[4 + 4 * i].Value(0)!);
            return new(count, facts);
        }
        catch (DuckDbException e)
        {
            throw TableFailure.Reading(files, e);
        }
    }
}

/// <summary>Facts of one column.</summary>
/// <param name="Type">As SQL writes it.</param>
/// <param name="Min">Null when every row is null.</param>
/// <param name="DistinctAbout">Distinct values, by HyperLogLog: about 2 % off for many, near exact for few.</param>
public sealed record ColumnFacts(string Name, string Type, long Nulls, object? Min, object? Max, long DistinctAbout);
