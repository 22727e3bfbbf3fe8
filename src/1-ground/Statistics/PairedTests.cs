namespace Kumiki.Statistics;

/// <summary>What a test found.</summary>
/// <param name="Statistic">The test's own number; which one, the test says.</param>
/// <param name="PValue">Two-sided, in [0, 1]: the chance of a statistic as extreme if there were no difference.</param>
public readonly record struct TestResult(double Statistic, double PValue);

/// <summary>Two models on the same rows, or over the same folds. All tests are two-sided; a paired bootstrap is <see cref="BootstrapDraws.PValue"/> of a
/// difference.</summary>
/// <remarks>PairedTestsTests agrees with scipy and statsmodels to 1e-9, and DeLong's with its definition over all pairs.</remarks>
public static class PairedTests
{
    /// <summary>Student's t of the differences; the statistic is t with n − 1 degrees of freedom.</summary>
    /// <param name="first">[n] finite, n ≥ 2.</param>
    /// <param name="second">[n]</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="KumikiException">Too few rows, a value that is not finite, or differences that are all alike.</exception>
    public static TestResult StudentT(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        const string metric = "The paired t test";
        var differences = Differences(metric, first, second);
        var (mean, deviation) = Spread(metric, differences);
        var t = mean / (deviation / Math.Sqrt(differences.Length));
        return new(t, Tails.Student(t, differences.Length - 1));
    }

    /// <summary>
    /// Student's t of the differences of a figure over cross-validation folds, corrected for training sets that overlap; the statistic is t with n − 1 degrees
    /// of freedom.
    /// </summary>
    /// <param name="differences">[n] first − second, one a fold (of all repetitions); n ≥ 2.</param>
    /// <param name="trainingRows">Rows a fold trains on.</param>
    /// <param name="testRows">Rows a fold tests on.</param>
    /// <exception cref="ArgumentException">A number of rows is below 1.</exception>
    /// <exception cref="KumikiException">Too few folds, a value that is not finite, or differences that are all alike.</exception>
    /// <remarks>Nadeau and Bengio 2003, "Inference for the generalization error", with variance (1/n + test/training) s²; for repeated folds Bouckaert and
    /// Frank 2004.</remarks>
    public static TestResult CorrectedResampledT(ReadOnlySpan<double> differences, long trainingRows, long testRows)
    {
        const string metric = "The corrected resampled t test";
        ArgumentOutOfRangeException.ThrowIfLessThan(trainingRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(testRows, 1);
        Given.Finite(metric, differences, "differences");
        Given.Enough(metric, differences.Length, 2, "folds");
        var (mean, deviation) = Spread(metric, differences);
        var t = mean / (deviation * Math.Sqrt(1.0 / differences.Length + (double)testRows / trainingRows));
        return new(t, Tails.Student(t, differences.Length - 1));
    }

    /// <summary>Wilcoxon's signed ranks; the statistic is the smaller rank sum. Differences of 0 are dropped (Wilcoxon 1945).</summary>
    /// <inheritdoc cref="StudentT"/>
    /// <remarks>
    /// Exact for up to 50 differences without zeros and ties, as scipy's "exact"; else normal with the correction for ties and without one for continuity, as
    /// its "approx".
    /// </remarks>
    public static TestResult Wilcoxon(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var (above, n, ties) = SignedRanks(first, second);
        var smaller = Math.Min(above, n * (n + 1) / 2 - above);
        if (n <= 50 && n == first.Length && ties == 0) return new(smaller, SignedRankTail((int)n, (int)smaller));
        var deviation = Math.Sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24);
        return new(smaller, Tails.Normal((smaller - n * (n + 1) / 4) / deviation));
    }

    /// <summary>The rank sum of the differences above 0, the number of differences other than 0, and what ties take from the variance.</summary>
    internal static (double Above, double Count, double Ties) SignedRanks(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        const string metric = "Wilcoxon's signed rank test";
        var differences = Array.FindAll(Differences(metric, first, second), d => d != 0);
        if (differences.Length == 0) throw NoDifference(metric, first.Length);
        var sizes = Array.ConvertAll(differences, Math.Abs);
        Array.Sort(sizes, differences);
        double above = 0, ties = 0;
        for (var from = 0; from < sizes.Length;)
        {
            var end = from;
            while (end < sizes.Length && sizes[end] == sizes[from]) end++;
            double rank = (from + 1 + end) / 2.0, tied = end - from;
            ties += tied * (tied * tied - 1);
            for (; from < end; from++)
                if (differences[from] > 0) above += rank;
        }
        return (above, sizes.Length, ties);
    }

    /// <summary>Chance of a rank sum of n differences this small on either side: counts the subsets of 1 … n by their sum.</summary>
    static double SignedRankTail(int n, int smaller)
    {
        var ways = new double[n * (n + 1) / 2 + 1];
        ways[0] = 1;
        for (var rank = 1; rank <= n; rank++)
            for (var sum = rank * (rank + 1) / 2; sum >= rank; sum--) ways[sum] += ways[sum - rank];
        var tail = 0.0;
        foreach (var w in ways.AsSpan(0, smaller + 1)) tail += w;
        return Math.Min(1, 2 * tail / Math.Pow(2, n));
    }

    /// <summary>How often the first is above the second, against a fair coin; the statistic is that count. Differences of 0 are dropped.</summary>
    /// <inheritdoc cref="StudentT"/>
    public static TestResult Sign(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        const string metric = "The sign test";
        var (above, below, all) = (0L, 0L, Differences(metric, first, second));
        foreach (var d in all)
            if (d > 0) above++;
            else if (d < 0) below++;
        return above + below == 0 ? throw NoDifference(metric, all.Length) : new(above, Tails.Coins(Math.Min(above, below), above + below));
    }

    /// <summary>Which of two deciders is right where the other is wrong, exact; the statistic is the smaller count. McNemar 1947.</summary>
    /// <param name="onlyFirst">Rows that only the first decided rightly.</param>
    /// <param name="onlySecond">Rows that only the second decided rightly.</param>
    /// <returns>A p-value of 1 where they never differ.</returns>
    /// <exception cref="ArgumentException">A count is below 0.</exception>
    public static TestResult McNemarExact(long onlyFirst, long onlySecond)
    {
        NotNegative(onlyFirst, onlySecond);
        var fewer = Math.Min(onlyFirst, onlySecond);
        return new(fewer, Tails.Coins(fewer, onlyFirst + onlySecond));
    }

    /// <summary>As <see cref="McNemarExact"/>, for many rows; the statistic is chi-squared with 1 degree of freedom.</summary>
    /// <param name="corrected">With Edwards' correction for continuity, at most down to 0 (as R; statsmodels corrects past 0 where the counts are
    /// equal).</param>
    /// <inheritdoc cref="McNemarExact"/>
    public static TestResult McNemar(long onlyFirst, long onlySecond, bool corrected = true)
    {
        NotNegative(onlyFirst, onlySecond);
        if (onlyFirst + onlySecond == 0) return new(0, 1);
        var apart = Math.Max(0, Math.Abs((double)onlyFirst - onlySecond) - (corrected ? 1 : 0));
        var chi = apart * apart / ((double)onlyFirst + onlySecond);
        return new(chi, Tails.ChiSquaredOne(chi));
    }

    /// <summary>Whether two areas under the ROC curve over the same rows differ; the statistic is z, above 0 where the first is greater.</summary>
    /// <param name="truth">[n] 1 where positive, else 0; two of each at least.</param>
    /// <param name="first">[n] finite scores.</param>
    /// <param name="second">[n]</param>
    /// <returns>z = 0 and p = 1 where both rank all rows alike.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="KumikiException">A score that is not finite, a truth other than 0 and 1, or fewer than two rows of a class.</exception>
    /// <remarks>O(n log n). DeLong, DeLong and Clarke-Pearson 1988; Sun and Xu 2014.</remarks>
    public static TestResult RocAuc(ReadOnlySpan<double> truth, ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var (areas, covariance) = DeLong.Of("DeLong's test", truth, first, second);
        var (difference, variance) = (areas[0] - areas[1], covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]);
        if (Math.Abs(difference) < 1e-14 && !(variance > 1e-14 * (covariance[0, 0] + covariance[1, 1]))) return new(0, 1);
        var z = difference / Math.Sqrt(Math.Max(0, variance));      // infinite where every pair agrees on the difference
        return new(z, Tails.Normal(z));
    }

    static double[] Differences(string metric, ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        Given.SameLength(first.Length, second.Length, nameof(second));
        Given.Finite(metric, first, "first figures");
        Given.Finite(metric, second, "second figures");
        Given.Enough(metric, first.Length, 2, "rows");
        var differences = new double[first.Length];
        for (var i = 0; i < differences.Length; i++) differences[i] = first[i] - second[i];
        return differences;
    }

    static (double Mean, double Deviation) Spread(string metric, ReadOnlySpan<double> differences)
    {
        if (!differences.ContainsAnyExcept(differences[0])) throw NoDifference(metric, differences.Length);
        return Moments.Of(differences);
    }

    static UndefinedFigureException NoDifference(string metric, int rows) => new(Message.Of("statistics.no-difference", ("metric", metric), ("rows", rows)));

    static void NotNegative(long onlyFirst, long onlySecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecond);
    }
}
