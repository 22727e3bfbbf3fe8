namespace Kumiki.Statistics;

/// <summary>How large a difference is, without regard to how many rows show it.</summary>
public static class EffectSizes
{
    /// <summary>Mean difference over the standard deviation of the differences (Cohen's d for pairs); 0.2 is small, 0.8 large. Cohen 1988.</summary>
    /// <param name="first">[n] finite, n ≥ 2.</param>
    /// <param name="second">[n]</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="KumikiException">Too few rows, a value that is not finite, or differences that are all alike.</exception>
    public static double PairedD(ReadOnlySpan<double> first, ReadOnlySpan<double> second) =>
        PairedTests.StudentT(first, second).Statistic / Math.Sqrt(first.Length);

    /// <summary>Difference of means over the pooled standard deviation, corrected for few rows (Hedges' g). Hedges 1981.</summary>
    /// <param name="first">[m] finite, m ≥ 2.</param>
    /// <param name="second">[n] finite, n ≥ 2; other rows than the first.</param>
    /// <exception cref="KumikiException">Too few rows, a value that is not finite, or no spread in either.</exception>
    public static double HedgesG(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        const string metric = "Hedges' g";
        Given.Finite(metric, first, "first figures");
        Given.Finite(metric, second, "second figures");
        Given.Enough(metric, Math.Min(first.Length, second.Length), 2, "rows on each side");
        var ((meanA, deviationA), (meanB, deviationB), degrees) = (Moments.Of(first), Moments.Of(second), first.Length + second.Length - 2.0);
        var pooled = Math.Sqrt(((first.Length - 1) * deviationA * deviationA + (second.Length - 1) * deviationB * deviationB) / degrees);
        return pooled > 0 ? (meanA - meanB) / pooled * (1 - 3 / (4 * degrees - 1)) : throw Given.Constant(metric, "figures", first[0]);
    }

    /// <summary>Of all pairs of a first and a second row, the share in which the first is greater less the share in which it is smaller. Cliff 1993.</summary>
    /// <param name="first">[m] finite, m ≥ 1.</param>
    /// <param name="second">[n] finite, n ≥ 1; other rows than the first.</param>
    /// <returns>In [-1, 1]; twice the area under the ROC curve less 1. O((m + n) log (m + n)).</returns>
    /// <exception cref="KumikiException">No rows, or a value that is not finite.</exception>
    public static double CliffsDelta(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        Given.Enough("Cliff's delta", Math.Min(first.Length, second.Length), 1, "rows on each side");
        double[] scores = [.. first, .. second];
        var sides = new double[scores.Length];
        sides.AsSpan(0, first.Length).Fill(1);
        return 2 * RankedScores.Of("Cliff's delta", scores, sides, default).RocAuc() - 1;
    }

    /// <summary>Of the rank sum of Wilcoxon's signed rank test, the share above less the share below (matched-pairs rank biserial correlation). Kerby
    /// 2014.</summary>
    /// <inheritdoc cref="PairedD"/>
    /// <returns>In [-1, 1]; above 0 where the first is greater.</returns>
    public static double RankBiserial(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var (above, n, _) = PairedTests.SignedRanks(first, second);
        return 4 * above / (n * (n + 1)) - 1;
    }
}
