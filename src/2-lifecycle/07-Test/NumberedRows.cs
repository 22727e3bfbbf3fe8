using System.Globalization;
using Kumiki.Tables;

namespace Kumiki.Testing;

/// <summary>A few rows of a dataset's version by their numbers, as a report names them.</summary>
static class NumberedRows
{
    /// <summary>Reads the files' footers and the rows asked for, never whole files.</summary>
    /// <param name="files">Parquet files in the order of their rows.</param>
    /// <param name="rows">Numbers from 0 over all files; one that is beyond the last row is left out.</param>
    /// <returns>By number, the values as invariant text; null where there is none.</returns>
    public static IReadOnlyDictionary<long, IReadOnlyList<string?>> Read(TableEngine engine, IReadOnlyList<string> files, IReadOnlyList<string> columns,
        IReadOnlyCollection<long> rows, CancellationToken stop)
    {
        var found = new SortedDictionary<long, IReadOnlyList<string?>>();
        var from = 0L;
        foreach (var file in files)
        {
            var count = TableReader.Count(engine, [file], stop);
            foreach (var row in rows.Where(r => r >= from && r < from + count && !found.ContainsKey(r)))
            {
                using var reader = new TableReader(engine, [file], columns, row - from, 1, stop);
                if (!reader.Next()) continue;
                var values = new string?[columns.Count];
                for (var column = 0; column < values.Length; column++) values[column] = Text(reader.Batch[column].Value(0));
                found[row] = values;
            }
            from += count;
        }
        return found;
    }

    static string? Text(object? value) => value switch
    {
        null => null,
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        bool truth => truth ? "true" : "false",
        Array many => string.Join(' ', many.Cast<object>().Select(Text)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
