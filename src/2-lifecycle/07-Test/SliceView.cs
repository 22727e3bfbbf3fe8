using System.Globalization;
using Kumiki.Preprocessing;
using Kumiki.Statistics;

namespace Kumiki.Testing;

/// <summary>Parts of the test rows: those the author named, and weak ones that are searched for.</summary>
/// <remarks>The search looks at every slice of one or two columns (categories, and fifths of numbers): is the loss higher than on all other rows? Welch's t, one-sided; a slice is found where its p-value, adjusted over all that were
/// tried (Benjamini and Hochberg 1995), is at most 0.05 and Hedges' g at least 0.2. A slice of two columns is kept only where it is worse, beyond chance, than the rest of either slice of one column it lies in. Chung et al. 2019, "Slice Finder".</remarks>
sealed class SliceView(string lossName, int[] numbers, double[] losses, double[] truth, double[] predicted, Func<int, double>? costs)
{
    public const int MostRows = 100_000;
    const int MostCategories = 20, Fifths = 5, MostFound = 20, LossBins = 24, MostWorst = 20;
    const double MostChance = 0.05, MostChanceWithin = 0.001, LeastEffect = 0.2;

    /// <summary>Slices of fewer test rows are not judged.</summary>
    public static int SmallestOf(int rows) => Math.Max(30, rows / 200);

    readonly double[] edges = EdgesOf(losses);
    readonly (double Count, double Sum, double Squares) all = (losses.Length, losses.Sum(), losses.Sum(l => l * l));

    /// <param name="declared">[test rows] membership, by name.</param>
    /// <param name="columns">[test rows] the columns to search, each as a number for each of its few values, −1 where there is none.</param>
    public SlicesData Of(IReadOnlyList<(string Name, bool[] In)> declared, IReadOnlyList<SearchColumn> columns, CancellationToken stop)
    {
        var smallest = SmallestOf(losses.Length);
        var named = declared.Select(d => (d.Name, d.In, Cell: Sum(d.In))).ToList();
        var judged = named.Where(d => Judged(d.Cell, smallest)).Select(d => Chance(d.Cell)).ToArray();
        var adjusted = new Queue<double>(Corrections.BenjaminiHochberg(judged));
        List<SliceData> shown = [.. named.Select(d => Judged(d.Cell, smallest) ? Slice(d.Name, d.In, d.Cell, adjusted.Dequeue()) : new SliceData(d.Name, (int)d.Cell.Count, true, null, null, null, null, null, null, null, null, null))];
        var (tried, found) = Search(columns, smallest, stop);
        return new(lossName, smallest, shown, tried, found) { LossEdges = edges, All = Errors([.. Enumerable.Range(0, losses.Length)]) };
    }

    bool Judged(LossSums cell, int smallest) => cell.Count >= smallest && all.Count - cell.Count >= 2;

    (int Tried, List<SliceData> Found) Search(IReadOnlyList<SearchColumn> columns, int smallest, CancellationToken stop)
    {
        // A sample by stride, where there are very many rows.
        var step = Math.Max(1, (losses.Length + MostRows - 1) / MostRows);
        var sampled = (losses.Length + step - 1) / step;
        var single = new List<Found>();
        for (var c = 0; c < columns.Count; c++) single.AddRange(Cells(columns[c], null, step).Select((cell, value) => new Found(cell, c, value, -1, -1)));
        var parents = single.ToDictionary(s => (s.Column, s.Value), s => s.Cell);
        var tested = single.Where(Large).ToList();
        for (var a = 0; a < columns.Count; a++)
            for (var b = a + 1; b < columns.Count; b++)
            {
                stop.ThrowIfCancellationRequested();
                var width = columns[b].Values.Count;
                foreach (var (place, cell) in Cells(columns[a], columns[b], step).Index())
                {
                    var found = new Found(cell, a, place / width, b, place % width);
                    if (Large(found)) tested.Add(found);
                }
            }
        var total = new LossSums();
        for (var row = 0; row < losses.Length; row += step) total = total.Plus(losses[row]);
        var adjusted = Corrections.BenjaminiHochberg([.. tested.Select(t => Chance(t.Cell, total))]);
        var kept = tested.Zip(adjusted).Where(t => t.Second <= MostChance && Effect(t.First.Cell, total) >= LeastEffect && !Explained(t.First))
            .OrderByDescending(t => Effect(t.First.Cell, total) * Math.Sqrt(t.First.Cell.Count)).Take(MostFound).ToList();
        return (tested.Count, [.. kept.Select(k =>
        {
            var rows = Rows(k.First);
            return Slice(NameOf(k.First), rows, Sum(rows), k.Second);
        })]);

        bool Large(Found f) => f.Cell.Count * step >= smallest && f.Cell.Count >= 30 && sampled - f.Cell.Count >= 30;
        // The two together are hardly worse than one of them alone: by less than half of what that one is worse than all, or by no more than chance.
        bool Explained(Found f) => f.Second >= 0 && new[] { parents[(f.Column, f.Value)], parents[(f.Second, f.SecondValue)] }
            .Any(p => f.Cell.Mean - p.Mean < 0.5 * Math.Max(0, p.Mean - total.Mean) || f.Cell.Count >= 0.95 * p.Count || !(Chance(f.Cell, p) <= MostChanceWithin));
        string NameOf(Found f) => f.Second < 0 ? columns[f.Column].NameOf(f.Value) : $"{columns[f.Column].NameOf(f.Value)}, {columns[f.Second].NameOf(f.SecondValue)}";
        bool[] Rows(Found f)
        {
            var rows = new bool[losses.Length];
            for (var row = 0; row < rows.Length; row++) rows[row] = columns[f.Column].Codes[row] == f.Value && (f.Second < 0 || columns[f.Second].Codes[row] == f.SecondValue);
            return rows;
        }
    }

    readonly record struct Found(LossSums Cell, int Column, int Value, int Second, int SecondValue);

    LossSums[] Cells(SearchColumn one, SearchColumn? other, int step)
    {
        var width = other?.Values.Count ?? 1;
        var cells = new LossSums[one.Values.Count * width];
        for (var row = 0; row < losses.Length; row += step)
        {
            var (a, b) = (one.Codes[row], other?.Codes[row] ?? 0);
            if (a >= 0 && b >= 0) cells[a * width + b] = cells[a * width + b].Plus(losses[row]);
        }
        return cells;
    }

    LossSums Sum(bool[] rows)
    {
        var cell = new LossSums();
        for (var row = 0; row < rows.Length; row++)
            if (rows[row]) cell = cell.Plus(losses[row]);
        return cell;
    }

    SliceData Slice(string name, bool[] rows, LossSums cell, double adjusted)
    {
        var own = Enumerable.Range(0, rows.Length).Where(r => rows[r]).ToArray();
        var interval = Intervals.Mean(Array.ConvertAll(own, r => losses[r]));
        var (loss, rest) = (cell.Mean, Rest(cell, Whole).Mean);
        double? expected = predicted.Length == 0 ? null : own.Average(r => predicted[r]), cost = costs is null ? null : own.Average(costs);
        var slice = new SliceData(name, own.Length, false, loss, interval.Low, interval.High, rest, Effect(cell, Whole), adjusted, own.Average(r => truth[r]), expected, cost);
        return slice with { Errors = Errors(own) };
    }

    /// <summary>Equal bins from no loss up to what 1 % of the rows reach, so that a few large ones do not flatten the rest; the last bin also counts those beyond.</summary>
    static double[] EdgesOf(double[] losses)
    {
        var sorted = (double[])losses.Clone();
        Array.Sort(sorted);
        var high = sorted.Length == 0 ? 0 : sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * 0.99)];
        if (!(high > 0)) high = sorted.Length > 0 && sorted[^1] > 0 ? sorted[^1] : 1;
        return [.. Enumerable.Range(0, LossBins + 1).Select(i => high * i / LossBins)];
    }

    /// <summary>How the losses of some test rows lie, and the rows with the largest, by their numbers in the data.</summary>
    ErrorsData Errors(int[] own)
    {
        var counts = new int[LossBins];
        foreach (var row in own) counts[Math.Clamp((int)(losses[row] / edges[^1] * LossBins), 0, LossBins - 1)]++;
        return new(counts, numbers.Length == 0 ? [] : [.. own.OrderByDescending(r => losses[r]).ThenBy(r => numbers[r]).Take(MostWorst).Select(r => new WorstRow(numbers[r], truth[r], predicted.Length == 0 ? null : predicted[r], losses[r]))]);
    }

    LossSums Whole => new(all.Count, all.Sum, all.Squares);

    static LossSums Rest(LossSums cell, LossSums whole) => new(whole.Count - cell.Count, whole.Sum - cell.Sum, whole.Squares - cell.Squares);

    double Chance(LossSums cell) => Chance(cell, Whole);

    /// <summary>One-sided p-value of Welch's t that the loss is higher in the slice.</summary>
    static double Chance(LossSums cell, LossSums whole)
    {
        var rest = Rest(cell, whole);
        var (a, b) = (cell.Variance / cell.Count, rest.Variance / rest.Count);
        if (!(a + b > 0)) return cell.Mean > rest.Mean ? 0 : 1;
        var degrees = (a + b) * (a + b) / (a * a / (cell.Count - 1) + b * b / (rest.Count - 1));
        return 1 - MathNet.Numerics.Distributions.StudentT.CDF(0, 1, degrees, (cell.Mean - rest.Mean) / Math.Sqrt(a + b));
    }

    /// <summary>Hedges' g against the rest.</summary>
    static double Effect(LossSums cell, LossSums whole)
    {
        var rest = Rest(cell, whole);
        var degrees = cell.Count + rest.Count - 2;
        var pooled = Math.Sqrt(((cell.Count - 1) * cell.Variance + (rest.Count - 1) * rest.Variance) / degrees);
        return pooled > 0 ? (cell.Mean - rest.Mean) / pooled * (1 - 3 / (4 * degrees - 1)) : 0;
    }

    /// <summary>A column of the test rows as few values.</summary>
    /// <param name="rows">Row numbers of the frame.</param>
    /// <returns>Null: it has one value, or too many names.</returns>
    public static SearchColumn? ColumnOf(Frame frame, string column, int[] rows)
    {
        if (frame.IsText(column))
        {
            var (codes, texts) = frame.Coded(column);
            var counts = new int[texts.Count];
            foreach (var row in rows)
                if (codes[row] >= 0) counts[codes[row]]++;
            int[] most = [.. Enumerable.Range(0, counts.Length).Where(c => counts[c] > 0).OrderByDescending(c => counts[c]).ThenBy(c => texts[c], StringComparer.Ordinal).Take(MostCategories)];
            if (most.Length < 2) return null;
            var place = new int[counts.Length];
            Array.Fill(place, -1);
            foreach (var (at, code) in most.Index()) place[code] = at;
            return new(column, [.. most.Select(c => texts[c])], Array.ConvertAll(rows, r => codes[r] < 0 ? -1 : place[codes[r]]), IsRange: false);
        }
        var numbers = frame.Numbers(column);
        double[] own = [.. rows.Select(r => numbers[r]).Where(n => !double.IsNaN(n))];
        Array.Sort(own);
        if (own.Length == 0 || own[0] == own[^1]) return null;
        double[] distinct = [.. own.Distinct().Take(MostCategories + 1)];
        if (distinct.Length <= 5) return new(column, [.. distinct.Select(Text)], Array.ConvertAll(rows, r => Array.IndexOf(distinct, numbers[r])), IsRange: false);
        double[] edges = [.. Enumerable.Range(1, Fifths - 1).Select(i => own[own.Length * i / Fifths]).Distinct().Where(e => e > own[0])];
        return Cut(column, numbers, rows, edges);
    }

    /// <summary>A number cut at edges.</summary>
    public static SearchColumn Cut(string column, double[] numbers, int[] rows, IReadOnlyList<double> edges) => new(
        column,
        [.. Enumerable.Range(0, edges.Count + 1).Select(i => i == 0 ? $"< {Text(edges[0])}" : i == edges.Count ? $"≥ {Text(edges[^1])}" : $"{Text(edges[i - 1])} … < {Text(edges[i])}")],
        Array.ConvertAll(rows, r => double.IsNaN(numbers[r]) ? -1 : edges.Count(e => numbers[r] >= e)), IsRange: true);

    static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}

/// <param name="Values">Names of the few values.</param>
/// <param name="Codes">[rows] places in them, −1 where there is none.</param>
sealed record SearchColumn(string Name, IReadOnlyList<string> Values, int[] Codes, bool IsRange)
{
    public string NameOf(int value) => IsRange ? $"{Name} {Values[value]}" : $"{Name} = {Values[value]}";
}

/// <summary>Sums of losses.</summary>
readonly record struct LossSums(double Count, double Sum, double Squares)
{
    public double Mean => Sum / Count;

    public double Variance => Math.Max(0, (Squares - Sum * Sum / Count) / (Count - 1));

    public LossSums Plus(double loss) => new(Count + 1, Sum + loss, Squares + loss * loss);

}
