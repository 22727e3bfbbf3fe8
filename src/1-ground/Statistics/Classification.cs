namespace Kumiki.Statistics;

/// <summary>Figures of predicted flags.</summary>
public static class Classification
{
    /// <summary>Area under the ROC curve; ties count half.</summary>
    /// <param name="scores">[n] scores on any rising scale, no NaN.</param>
    /// <param name="truth">[n] 1 where the row is positive, else 0.</param>
    /// <returns>A share in [0, 1]; 0.5 is a coin.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or only one class is present.</exception>
    /// <remarks>Rank sum (Mann–Whitney U), O(n log n). Fawcett 2006, "An introduction to ROC analysis", §7. ClassificationTests agrees with scikit-learn to 1e-12.</remarks>
    public static double RocAuc(ReadOnlySpan<double> scores, ReadOnlySpan<double> truth)
    {
        if (scores.Length != truth.Length) throw new ArgumentException($"There are {scores.Length} scores and {truth.Length} truths.", nameof(truth));
        var sorted = scores.ToArray();
        var labels = truth.ToArray();
        Array.Sort(sorted, labels);
        var (positives, ranks) = (0L, 0.0);
        for (var at = 0; at < sorted.Length;)
        {
            var end = at;
            while (end < sorted.Length && sorted[end] == sorted[at]) end++;
            var rank = (at + 1 + end) / 2.0;
            for (; at < end; at++)
                if (labels[at] == 1) (positives, ranks) = (positives + 1, ranks + rank);
        }
        var negatives = sorted.Length - positives;
        if (positives == 0 || negatives == 0) throw new ArgumentException("Only one class is present.", nameof(truth));
        return (ranks - positives * (positives + 1) / 2.0) / ((double)positives * negatives);
    }

    /// <summary>Mean negative log-likelihood of the truths; probabilities are kept 2⁻⁵² away from 0 and 1.</summary>
    /// <param name="probabilities">[n] in [0, 1].</param>
    /// <param name="truth">[n] 1 or 0.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are no rows.</exception>
    public static double LogLoss(ReadOnlySpan<double> probabilities, ReadOnlySpan<double> truth)
    {
        if (probabilities.Length != truth.Length || truth.Length == 0) throw new ArgumentException($"There are {probabilities.Length} probabilities and {truth.Length} truths.", nameof(truth));
        const double epsilon = 2.220446049250313e-16;
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++)
        {
            var p = Math.Clamp(probabilities[i], epsilon, 1 - epsilon);
            sum -= truth[i] == 1 ? Math.Log(p) : Math.Log(1 - p);
        }
        return sum / truth.Length;
    }
}
