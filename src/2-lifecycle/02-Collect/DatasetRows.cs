using System.Globalization;
using Kumiki.Making;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Collecting;

/// <summary>What a dataset needs to know of its rows besides the rows.</summary>
static class DatasetRows
{
    /// <summary>What is wrong with a row type as a schema, and with the columns that families take their keys from.</summary>
    public static IEnumerable<Finding> CheckSchema<TRow>(AssetNode node)
    {
        RowSchema schema;
        try
        {
            schema = RowSchema.Of<TRow>();
        }
        catch (KumikiException e)
        {
            return [new("schema", Severity.Refusal, e.Says, [])];
        }
        return node.KeyColumns.Where(c => schema.Find(c) is null).Select(c => new Finding("schema", Severity.Refusal,
            Message.Of("dataset.key-column", ("dataset", node.Name), ("column", c), ("columns", string.Join(", ", schema.Columns.Select(x => x.Name)))), []));
    }

    /// <summary>The distinct values of a column as texts, sorted, and how many rows have each; a missing or empty value is none.</summary>
    public static SortedDictionary<string, long> Counts(TableEngine engine, IReadOnlyList<TableFile> files, string column, CancellationToken stop)
    {
        var values = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var texts = new TextDictionary();
        var counts = new List<long>();
        Span<int> codes = stackalloc int[2048];
        using var reader = new TableReader(engine, [.. files.Select(f => f.Path)], [column], cancellation: stop);
        while (reader.Next())
        {
            if (reader.Batch[0].Type.Kind != DuckDbKind.Varchar)
            {
                for (var row = 0; row < reader.Batch.Rows; row++)
                    if (Convert.ToString(reader.Batch[0].Value(row), CultureInfo.InvariantCulture) is { Length: > 0 } value) values[value] = values.GetValueOrDefault(value) + 1;
                continue;
            }
            reader.Batch.CopyCodes(0, texts, codes);
            for (var row = 0; row < reader.Batch.Rows; row++)
            {
                if (codes[row] < 0) continue;
                if (codes[row] == counts.Count) counts.Add(0);
                counts[codes[row]]++;
            }
        }
        for (var code = 0; code < counts.Count; code++)
            if (texts[code].Length > 0) values[texts[code]] = counts[code];
        return values;
    }
}
