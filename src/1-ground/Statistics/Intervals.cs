namespace Kumiki.Statistics;

/// <summary>Intervals that need no resampling. IntervalsTests agrees with scipy to 1e-9.</summary>
public static class Intervals
{
    /// <summary>Of a share, by Wilson's score: never outside [0, 1], close to its level from few trials on. Wilson 1927.</summary>
    /// <param name="successes">0 to <paramref name="trials"/>.</param>
    /// <param name="trials">1 or more.</param>
    /// <param name="level">In (0, 1).</param>
    /// <exception cref="ArgumentException">A parameter is out of range.</exception>
    public static Interval Wilson(long successes, long trials, double level = 0.95)
    {
        Share(successes, trials, level);
        double n = trials, p = successes / n, z = Tails.NormalDeviate(level);
        var (middle, half) = ((p + z * z / (2 * n)) / (1 + z * z / n), z / (1 + z * z / n) * Math.Sqrt(p * (1 - p) / n + z * z / (4 * n * n)));
        return new(successes == 0 ? 0 : middle - half, successes == trials ? 1 : middle + half, level);
    }

    /// <summary>Of a share, exact and so never too short. Clopper and Pearson 1934.</summary>
    /// <inheritdoc cref="Wilson"/>
    public static Interval ClopperPearson(long successes, long trials, double level = 0.95)
    {
        Share(successes, trials, level);
        var miss = (1 - level) / 2;
        return new(
            successes == 0 ? 0 : Tails.Beta(successes, trials - successes + 1, miss),
            successes == trials ? 1 : Tails.Beta(successes + 1, trials - successes, 1 - miss),
            level);
    }

    /// <summary>Of a mean, by Student's t.</summary>
    /// <param name="values">[n] finite, n ≥ 2.</param>
    /// <param name="level">In (0, 1).</param>
    /// <exception cref="KumikiException">Fewer than two values, or one that is not finite.</exception>
    public static Interval Mean(ReadOnlySpan<double> values, double level = 0.95)
    {
        Given.Between(level, 0, 1, nameof(level));
        Given.Finite("The interval of a mean", values, "values");
        Given.Enough("The interval of a mean", values.Length, 2, "values");
        var (mean, deviation) = Moments.Of(values);
        var half = Tails.StudentDeviate(level, values.Length - 1) * deviation / Math.Sqrt(values.Length);
        return new(mean - half, mean + half, level);
    }

    /// <summary>Of the area under the ROC curve: normal, with DeLong's variance, cut at 0 and 1. DeLong, DeLong and Clarke-Pearson 1988.</summary>
    /// <param name="scores">[n] finite.</param>
    /// <param name="truth">[n] 1 where positive, else 0; two of each at least.</param>
    /// <param name="level">In (0, 1).</param>
    /// <remarks>O(n log n), 8 bytes a row beside <see cref="RankedScores"/>. Too narrow near 1, and of no width at 1; there use the bootstrap or more
    /// rows.</remarks>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="KumikiException">A score that is not finite, a truth other than 0 and 1, or fewer than two rows of a class.</exception>
    public static Interval RocAuc(ReadOnlySpan<double> scores, ReadOnlySpan<double> truth, double level = 0.95)
    {
        Given.Between(level, 0, 1, nameof(level));
        var (areas, variance) = DeLong.Of("The interval of ROC AUC", truth, scores, scores);
        var half = Tails.NormalDeviate(level) * Math.Sqrt(variance[0, 0]);
        return new(Math.Max(0, areas[0] - half), Math.Min(1, areas[0] + half), level);
    }

    static void Share(long successes, long trials, double level)
    {
        Given.Between(level, 0, 1, nameof(level));
        if (trials < 1) throw new ArgumentOutOfRangeException(nameof(trials), trials, "Give 1 or more.");
        if (successes < 0 || successes > trials)
            throw new ArgumentOutOfRangeException(nameof(successes), successes, $"Give a number from 0 to the number of trials, {trials}.");
    }
}
