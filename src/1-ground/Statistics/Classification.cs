namespace Kumiki.Statistics;

/// <summary>Figures of predicted flags.</summary>
/// <remarks>
/// Every figure takes <c>weights</c>, [n] zero or more, or none at all. Each reads its rows once; where several ranking figures are wanted,
/// <see cref="RankedScores"/> sorts once for all. ClassificationTests agrees with scikit-learn to 1e-9.
/// </remarks>
public static class Classification
{
    /// <summary>Area under the ROC curve; ties count half.</summary>
    /// <param name="scores">[n] finite scores on any rising scale.</param>
    /// <param name="truth">[n] 1 where the row is positive, else 0.</param>
    /// <returns>A share in [0, 1]; 0.5 is a coin.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="KumikiException">A score is not finite, a truth is not 0 or 1, only one class is present, or the weights are negative or sum to
    /// zero.</exception>
    /// <remarks>Rank sum (Mann–Whitney U), O(n log n). Fawcett 2006, "An introduction to ROC analysis", §7.</remarks>
    public static double RocAuc(ReadOnlySpan<double> scores, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights = default)
    {
        var ranked = RankedScores.Of("ROC AUC", scores, truth, weights);
        var area = ranked.RocAuc();
        return double.IsNaN(area) ? throw Given.OneClass("ROC AUC", ranked.At(double.NegativeInfinity).TruePositive > 0 ? 0 : 1) : area;
    }

    /// <summary>Mean precision over the steps of recall, not interpolated (scikit-learn's average_precision_score).</summary>
    /// <inheritdoc cref="RocAuc"/>
    /// <returns>A share in (0, 1]; the share of positives is a coin.</returns>
    /// <remarks>O(n log n).</remarks>
    public static double AveragePrecision(ReadOnlySpan<double> scores, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights = default)
    {
        var mean = RankedScores.Of("Average precision", scores, truth, weights).AveragePrecision();
        return double.IsNaN(mean) ? throw Given.OneClass("Average precision", 1) : mean;
    }

    /// <summary>Mean negative log-likelihood of the truths; probabilities are kept 2⁻⁵² away from 0 and 1.</summary>
    /// <param name="probabilities">[n] in [0, 1].</param>
    /// <param name="truth">[n] 1 or 0.</param>
    /// <returns>0 or more, in nats; ln 2 is a coin.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="KumikiException">No rows, a probability outside [0, 1], a truth that is not 0 or 1, or weights that are negative or sum to
    /// zero.</exception>
    public static double LogLoss(ReadOnlySpan<double> probabilities, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights = default)
    {
        var all = Check("Log loss", probabilities, truth, weights);
        Span<double> logs = stackalloc double[Logs.Block];
        var sum = 0.0;
        for (var from = 0; from < truth.Length; from += Logs.Block)
        {
            var block = logs[..Math.Min(Logs.Block, truth.Length - from)];
            for (var i = 0; i < block.Length; i++) block[i] = Logs.OfTruth(probabilities[from + i], truth[from + i] == 1);
            Logs.LogInPlace(block);
            var blockSum = 0.0;
            for (var i = 0; i < block.Length; i++) blockSum -= weights.IsEmpty ? block[i] : weights[from + i] * block[i];
            sum += blockSum;
        }
        return sum / all;
    }

    /// <summary>Mean squared distance of the probabilities from the truths. Brier 1950.</summary>
    /// <inheritdoc cref="LogLoss"/>
    /// <returns>In [0, 1]; 0.25 is a coin.</returns>
    public static double Brier(ReadOnlySpan<double> probabilities, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights = default)
    {
        var all = Check("The Brier score", probabilities, truth, weights);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++)
        {
            var miss = probabilities[i] - truth[i];
            sum += (weights.IsEmpty ? 1 : weights[i]) * miss * miss;
        }
        return sum / all;
    }

    /// <summary>What deciding "positive" from a score of <paramref name="threshold"/> upwards does; precision, recall, F, MCC and kappa are read from
    /// it.</summary>
    /// <inheritdoc cref="RocAuc"/>
    /// <returns>Sums of weight; counts where no weights are given.</returns>
    /// <remarks>O(n).</remarks>
    public static Confusion At(double threshold, ReadOnlySpan<double> scores, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights = default)
    {
        if (double.IsNaN(threshold)) throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "Give a number.");
        Given.SameLength(truth.Length, scores.Length, nameof(scores));
        Given.Rows("The confusion matrix", truth.Length);
        Given.Finite("The confusion matrix", scores, "scores");
        Given.Flags("The confusion matrix", truth);
        Given.Weights("The confusion matrix", weights, truth.Length);
        Span<double> cells = stackalloc double[4];
        for (var i = 0; i < truth.Length; i++) cells[(truth[i] == 1 ? 2 : 0) + (scores[i] >= threshold ? 1 : 0)] += weights.IsEmpty ? 1 : weights[i];
        return new(cells[3], cells[1], cells[2], cells[0]);
    }

    static double Check(string metric, ReadOnlySpan<double> probabilities, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights)
    {
        Given.SameLength(truth.Length, probabilities.Length, nameof(probabilities));
        Given.Rows(metric, truth.Length);
        Given.Probabilities(metric, probabilities);
        Given.Flags(metric, truth);
        return Given.Weights(metric, weights, truth.Length);
    }
}
