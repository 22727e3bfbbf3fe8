using Kumiki.Making;
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

    /// <summary>The distinct values of a column as texts, sorted; a missing value is none.</summary>
    public static IReadOnlyList<string> Distinct(TableEngine engine, IReadOnlyList<TableFile> files, string column, CancellationToken stop)
    {
        var values = new SortedSet<string>(StringComparer.Ordinal);
        using var reader = new TableReader(engine, [.. files.Select(f => f.Path)], [column], cancellation: stop);
        while (reader.Next())
            for (var row = 0; row < reader.Batch.Rows; row++)
                if (Convert.ToString(reader.Batch[0].Value(row), System.Globalization.CultureInfo.InvariantCulture) is { Length: > 0 } value) values.Add(value);
        return [.. values];
    }
}
