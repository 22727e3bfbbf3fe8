using System.Globalization;
using Kumiki.Tables;

namespace Kumiki.Analyzing;

/// <summary>Rows and columns that are there more than once.</summary>
static class Copies
{
    /// <summary>The most pairs of columns that are compared row by row.</summary>
    const int MostPairs = 500;

    /// <summary>Rows that equal an earlier one in every column.</summary>
    /// <remarks>By a hash of 64 bits over the row: of 100 million different rows, two are taken for equal with a chance of 0.03 %.</remarks>
    public static long Rows(AnalyzedTable table, IReadOnlyList<ColumnReport> columns)
    {
        if (columns.Any(c => c.Missing == 0 && c.Distinct.Exact && c.Distinct.Count == table.Rows)) return 0;
        var names = string.Join(", ", columns.Select(c => SqlText.Name(c.Name)));
        return table.Rows - (long)table.One($"SELECT count(DISTINCT hash({names})) FROM {table.From}")[0]!;
    }

    /// <summary>Groups of columns that hold the same in every row, with more than one value; candidates have the same figures.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Columns(AnalyzedTable table, IReadOnlyList<ColumnReport> columns)
    {
        var groups = new List<IReadOnlyList<string>>();
        var left = MostPairs;
        var open = columns.Where(c => c.Distinct.Count > 1).GroupBy(Figures).Select(g => g.Select(c => c.Name).ToList()).Where(g => g.Count > 1).ToList();
        while (open.Count > 0 && left > 0)
        {
            // Of each group, all others are held against the first; those that differ from it make a group for the next round.
            var pairs = open.SelectMany(g => g.Skip(1).Select(b => (A: g[0], B: b))).Take(left).ToList();
            left -= pairs.Count;
            var differing = pairs.Select(p => $"count_if({SqlText.Name(p.A)} IS DISTINCT FROM {SqlText.Name(p.B)})");
            var found = table.One($"SELECT {string.Join(", ", differing)} FROM {table.From}");
            var equal = pairs.Where((_, i) => Convert.ToInt64(found[i], CultureInfo.InvariantCulture) == 0).ToLookup(p => p.A, p => p.B);
            groups.AddRange(open.Where(g => equal[g[0]].Any()).Select(g => (IReadOnlyList<string>)[g[0], .. equal[g[0]]]));
            open = [.. open.Select(g => g.Skip(1).Except(equal[g[0]]).ToList()).Where(g => g.Count > 1)];
        }
        var order = columns.Select((c, i) => (c.Name, i)).ToDictionary(c => c.Name, c => c.i);
        return [.. groups.OrderBy(g => order[g[0]])];
    }

    /// <summary>What equal columns have in common, whatever their types.</summary>
    static object Figures(ColumnReport column) => (column.Kind is ValueKind.Category ? ValueKind.Text : column.Kind, column.Missing, column.Distinct.Count,
        (column.Number?.Min, column.Number?.Max, column.Number?.Zeros), column.Text, (column.Date?.Min, column.Date?.Max, column.Date?.Days));
}
