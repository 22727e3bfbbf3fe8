using Kumiki.Tables;

namespace Kumiki.Analyzing;

/// <summary>A column of the drawn rows: numbers with NaN for none, or categories by code with -1 for none.</summary>
sealed record SampleColumn(string Name, double[]? Numbers, int[]? Codes, IReadOnlyList<string> Levels);

/// <summary>Columns of the drawn rows, in memory: 8 bytes a row and number, 4 a row and category.</summary>
static class SampleTable
{
    /// <summary>The most categories of a column that is looked at beside others.</summary>
    public const int MostLevels = 100;

    /// <summary>Reads columns in one pass.</summary>
    /// <param name="asNames">Numbers to take as categories.</param>
    public static IReadOnlyList<SampleColumn> Read(AnalyzedTable table, IReadOnlyList<ColumnReport> columns, IReadOnlySet<string>? asNames = null)
    {
        var isNumber = columns.Select(c => c.Kind == ValueKind.Number && asNames?.Contains(c.Name) != true).ToArray();
        var numbers = isNumber.Select(n => n ? new double[table.SampleRows] : null).ToArray();
        var codes = isNumber.Select(n => n ? null : new int[table.SampleRows]).ToArray();
        var names = isNumber.Select(n => n ? null : new TextDictionary()).ToArray();
        var asked = columns.Select((c, i) => isNumber[i] ? $"CAST({SqlText.Name(c.Name)} AS DOUBLE)" : $"CAST({SqlText.Name(c.Name)} AS VARCHAR)");
        var at = 0;
        table.Read($"SELECT {string.Join(", ", asked)} FROM {table.From} WHERE {table.Drawn}", chunk =>
        {
            for (var i = 0; i < isNumber.Length; i++)
            {
                if (numbers[i] is { } into) chunk.Batch.CopyDoubles(i, into.AsSpan(at));
                else chunk.Batch.CopyCodes(i, names[i]!, codes[i].AsSpan(at));
            }
            at += chunk.Rows;
        });
        return [.. columns.Select((c, i) => numbers[i] is { } values ? Finite(c.Name, values) : Sorted(c.Name, codes[i]!, names[i]!))];
    }

    static SampleColumn Finite(string name, double[] values)
    {
        foreach (ref var value in values.AsSpan())
            if (!double.IsFinite(value)) value = double.NaN;
        return new(name, values, null, []);
    }

    /// <summary>Codes in the order of the names, whichever came first.</summary>
    static SampleColumn Sorted(string name, int[] codes, TextDictionary names)
    {
        var order = Enumerable.Range(0, names.Count).OrderBy(i => names[i], StringComparer.Ordinal).ToArray();
        if (order.All(i => double.TryParse(names[i], System.Globalization.CultureInfo.InvariantCulture, out _))) order = [.. order
            .OrderBy(i => double.Parse(names[i], System.Globalization.CultureInfo.InvariantCulture))];
        var place = new int[order.Length];
        for (var i = 0; i < order.Length; i++) place[order[i]] = i;
        foreach (ref var code in codes.AsSpan())
            if (code >= 0) code = place[code];
        return new(name, null, codes, [.. order.Select(i => names[i])]);
    }
}
