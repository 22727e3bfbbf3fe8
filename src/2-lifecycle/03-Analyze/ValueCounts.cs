namespace Kumiki.Analyzing;

/// <summary>Every distinct number of a column and how often it comes, rising: from this each figure is exact.</summary>
sealed class ValueCounts
{
    readonly double[] values;
    readonly long[] upTo;       // rows up to and with each value

    /// <param name="values">[n] finite, each once or more, in any order; taken over.</param>
    /// <param name="counts">[n] how often each comes; taken over.</param>
    public ValueCounts(double[] values, long[] counts)
    {
        Array.Sort(values, counts);
        (this.values, Counts) = (values, counts);
        upTo = new long[counts.Length];
        for (var (i, sum) = (0, 0L); i < counts.Length; i++) upTo[i] = sum += counts[i];
    }

    /// <summary>One of each.</summary>
    public ValueCounts(double[] values) : this(values, Ones(values.Length))
    {
    }

    static long[] Ones(int count)
    {
        var ones = new long[count];
        Array.Fill(ones, 1);
        return ones;
    }

    public ReadOnlySpan<double> Values => values;

    public long[] Counts { get; }

    public long Rows => upTo.Length == 0 ? 0 : upTo[^1];

    public double Min => values[0];

    public double Max => values[^1];

    public bool IsWhole => values.All(v => v == Math.Floor(v));

    /// <summary>Mean and standard deviation (n − 1), both summed with what rounding lost (Neumaier 1974), the second around the first.</summary>
    public (double Mean, double? Std) Moments()
    {
        var sum = new CarefulSum();
        for (var i = 0; i < values.Length; i++) sum.Add(values[i] * Counts[i]);
        var mean = sum.Value / Rows;
        var squares = new CarefulSum();
        for (var i = 0; i < values.Length; i++) squares.Add((values[i] - mean) * (values[i] - mean) * Counts[i]);
        return (mean, Rows > 1 ? Math.Sqrt(squares.Value / (Rows - 1)) : null);
    }

    /// <summary>The value at rank <c>p (n − 1)</c>, straight between neighbours.</summary>
    public double Quantile(double p)
    {
        var rank = p * (Rows - 1);
        var whole = (long)Math.Floor(rank);
        var (low, high) = (At(whole), At(Math.Min(whole + 1, Rows - 1)));
        return low == high ? low : low + (rank - whole) * (high - low);
    }

    public Quantiles Quantiles(bool exact) => new(Quantile(0.01), Quantile(0.05), Quantile(0.25), Quantile(0.5), Quantile(0.75), Quantile(0.95),
        Quantile(0.99), exact);

    double At(long rank)
    {
        var place = Array.BinarySearch(upTo, rank + 1);
        return values[place >= 0 ? place : ~place];
    }

    public long Where(Func<double, bool> condition)
    {
        var rows = 0L;
        for (var i = 0; i < values.Length; i++)
            if (condition(values[i])) rows += Counts[i];
        return rows;
    }

    public Histogram Into(Bins bins)
    {
        var counts = new long[bins.Count];
        for (var i = 0; i < values.Length; i++)
            if (values[i] >= bins.Edges[0] && values[i] <= bins.Edges[^1]) counts[bins.Of(values[i])] += Counts[i];
        return new(bins.Edges, counts);
    }

    public IReadOnlyList<(double Value, long Rows)> Top(int count) =>
        [.. Enumerable.Range(0, values.Length).OrderByDescending(i => Counts[i]).ThenBy(i => values[i]).Take(count).Select(i => (values[i], Counts[i]))];
}

/// <summary>A sum that keeps what rounding takes from it (Neumaier 1974).</summary>
struct CarefulSum
{
    double sum, lost;

    public void Add(double value)
    {
        var next = sum + value;
        lost += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
        sum = next;
    }

    public readonly double Value => double.IsFinite(lost) ? sum + lost : sum;
}
