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

    /// <summary>What was read, as a making records it.</summary>
    public static OutsideRead OutsideOf(SourceRead read) => new(read.Path, read.Bytes, read.ModifiedTicks, 0, read.Content);

    /// <summary>What the author told of a source, as facts.</summary>
    public static IEnumerable<(string Name, string Value)> Told(Source source)
    {
        if (source.Licence is { } licence) yield return ("source.licence", licence);
        if (source.Provenance is { } provenance) yield return ("source.provenance", provenance);
        if (source.Consent is { } consent) yield return ("source.consent", consent);
    }

    /// <summary>How many rows were kept aside for one reason.</summary>
    public static Message Rejected(string dataset, RejectCount count) => count.Column is null
        ? Message.Of("dataset.rejected-record", ("dataset", dataset), ("rows", count.Count), ("says", count.Says))
        : Message.Of("dataset.rejected", ("dataset", dataset), ("rows", count.Count), ("column", count.Column), ("says", count.Says));

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
