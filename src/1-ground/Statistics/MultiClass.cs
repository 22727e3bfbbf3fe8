namespace Kumiki.Statistics;

/// <summary>Figures of class probabilities or scores, [n × classes] row by row. Figures of decided classes are in <see cref="ConfusionMatrix"/>.</summary>
/// <remarks>Every figure takes <c>weights</c>, [n] zero or more, or none at all, unless it says otherwise. MultiClassTests agrees with scikit-learn to
/// 1e-9.</remarks>
public static partial class MultiClass
{
    /// <summary>The share of rows whose class is among the <paramref name="k"/> highest scores; of equal scores the higher class number goes first, as in
    /// scikit-learn.</summary>
    /// <param name="truth">[n] class numbers from 0 to <paramref name="classes"/> − 1.</param>
    /// <param name="scores">[n × classes] finite, on any rising scale.</param>
    /// <param name="k">From 1 to <paramref name="classes"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ, or k is out of range.</exception>
    /// <exception cref="KumikiException">No rows, an unknown class number, a score that is not finite, or weights that are negative or sum to zero.</exception>
    public static double TopK(ReadOnlySpan<int> truth, ReadOnlySpan<double> scores, int classes, int k, ReadOnlySpan<double> weights = default)
    {
        if (k < 1 || k > classes) throw new ArgumentOutOfRangeException(nameof(k), k, $"Give a number from 1 to the number of classes, {classes}.");
        var all = Check("Top-k accuracy", truth, scores, classes, weights, probabilities: false);
        var found = 0.0;
        for (var i = 0; i < truth.Length; i++)
        {
            var row = scores.Slice(i * classes, classes);
            var own = row[truth[i]];
            var ahead = 0;
            for (var c = 0; c < classes; c++)
                if (row[c] > own || (row[c] == own && c > truth[i])) ahead++;
            if (ahead < k) found += weights.IsEmpty ? 1 : weights[i];
        }
        return found / all;
    }

    /// <summary>Mean negative log-likelihood of the true classes; probabilities are kept 2⁻⁵² away from 0 and 1 and rows then normalised, as in
    /// scikit-learn.</summary>
    /// <param name="truth">[n] class numbers from 0 to <paramref name="classes"/> − 1.</param>
    /// <param name="probabilities">[n × classes], rows summing to 1 within 1e-5.</param>
    /// <returns>0 or more, in nats; ln k is a guess among k.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="KumikiException">No rows, an unknown class number, a row that is no distribution, or weights that are negative or sum to
    /// zero.</exception>
    public static double LogLoss(ReadOnlySpan<int> truth, ReadOnlySpan<double> probabilities, int classes, ReadOnlySpan<double> weights = default)
    {
        var all = Check("Log loss", truth, probabilities, classes, weights, probabilities: true);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++)
        {
            double own = 0, row = 0;
            for (var c = 0; c < classes; c++)
            {
                var p = Math.Clamp(probabilities[i * classes + c], Logs.Epsilon, 1 - Logs.Epsilon);
                row += p;
                if (c == truth[i]) own = p;
            }
            sum -= (weights.IsEmpty ? 1 : weights[i]) * Math.Log(own / row);
        }
        return sum / all;
    }

    static double Check(string metric, ReadOnlySpan<int> truth, ReadOnlySpan<double> scores, int classes, ReadOnlySpan<double> weights, bool probabilities)
    {
        Given.AtLeast(classes, 2, nameof(classes));
        Given.Matrix(truth.Length, classes, scores.Length, nameof(scores));
        Given.Rows(metric, truth.Length);
        Given.Classes(metric, truth, classes, "truths");
        if (probabilities) Given.Distributions(metric, scores, classes);
        else
            for (var i = 0; i < scores.Length; i++)
                if (!double.IsFinite(scores[i])) throw Given.NotFinite(metric, scores[i], "scores", i / classes);
        return Given.Weights(metric, weights, truth.Length);
    }
}
