namespace Kumiki.Analyzing;

/// <summary>The bins of a histogram: 20 to 50, or one for each of up to 50 whole numbers.</summary>
sealed class Bins
{
    const int Fewest = 20, Most = 50;

    readonly double first, width;

    Bins(double first, double width, int count, bool isLog, double last)
    {
        (this.first, this.width, Count, IsLog) = (first, width, count, isLog);
        var edges = new double[count + 1];
        for (var i = 0; i < count; i++) edges[i] = isLog ? Math.Pow(10, first + i * width) : first + i * width;
        edges[count] = last;
        Edges = edges;
    }

    public int Count { get; }

    public bool IsLog { get; }

    public IReadOnlyList<double> Edges { get; }

    /// <summary>Equal widths by the rule of Freedman and Diaconis (1981), 2 IQR n^(-1/3).</summary>
    /// <param name="isWhole">All values are whole numbers.</param>
    public static Bins Linear(double min, double max, double iqr, long rows, bool isWhole)
    {
        if (isWhole && max - min < Most) return new(min - 0.5, 1, (int)(max - min) + 1, isLog: false, max + 0.5);
        if (min == max) return new(min - 0.5, 1, 1, isLog: false, min + 0.5);
        var step = 2 * iqr / Math.Cbrt(rows);
        var count = step > 0 ? (int)Math.Clamp(Math.Ceiling((max / step) - (min / step)), Fewest, Most) : Most;
        return new(min, max / count - min / count, count, isLog: false, max);
    }

    /// <summary>Equal ratios; five bins for each power of ten, within the bounds.</summary>
    /// <param name="min">Above 0.</param>
    public static Bins Log(double min, double max)
    {
        var (low, high) = (Math.Log10(min), Math.Log10(max));
        var count = (int)Math.Clamp(Math.Ceiling((high - low) * 5), Fewest, Most);
        var bins = new Bins(low, (high - low) / count, count, isLog: true, max);
        ((double[])bins.Edges)[0] = min;
        return bins;
    }

    /// <summary>The bin of a value between the first and the last edge; one on an edge belongs to the bin that begins there, the last edge to the last
    /// bin.</summary>
    public int Of(double value)
    {
        var bin = Math.Clamp((int)(((IsLog ? Math.Log10(value) : value) - first) / width), 0, Count - 1);
        if (value < Edges[bin]) bin--;
        else if (bin < Count - 1 && value >= Edges[bin + 1]) bin++;
        return Math.Max(bin, 0);
    }

    /// <summary>The same in SQL but for the last digit at an edge; <paramref name="value"/> is a DOUBLE within the edges.</summary>
    public string Sql(string value) => FormattableString.Invariant(
        $"CAST(greatest(least(floor(({(IsLog ? $"log10({value})" : value)} - {first:R}::DOUBLE) / {width:R}::DOUBLE), {Count - 1}), 0) AS UTINYINT)");

    /// <summary>How much a histogram tells, in bits.</summary>
    public static double Entropy(Histogram histogram)
    {
        var total = (double)histogram.Counts.Sum();
        return histogram.Counts.Where(c => c > 0).Sum(c => -c / total * Math.Log2(c / total));
    }

    /// <summary>Whether bins of equal ratios show more: a bit more than equal widths, of numbers without a negative.</summary>
    public static bool ShowsMore(Histogram log, Histogram linear) => Entropy(log) >= Entropy(linear) + 1;
}
