namespace Kumiki.Statistics;

public static partial class MultiClass
{
    /// <summary>Area under the ROC curve of each class against the rest, averaged: <see cref="Average.Macro"/>, or <see cref="Average.Weighted"/> by the
    /// classes' weight.</summary>
    /// <param name="truth">[n] class numbers from 0 to <paramref name="classes"/> − 1; every class occurs.</param>
    /// <param name="scores">[n × classes] finite; need not sum to 1 (scikit-learn asks for it).</param>
    /// <exception cref="ArgumentException">The lengths differ, or the average is micro.</exception>
    /// <exception cref="KumikiException">No rows, an unknown class number, a class without rows, a score that is not finite, or weights that are negative or
    /// sum to zero.</exception>
    /// <remarks>O(k n log n). Provost and Domingos 2000.</remarks>
    public static double RocAucOneVsRest(
        ReadOnlySpan<int> truth, ReadOnlySpan<double> scores, int classes, Average average = Average.Macro, ReadOnlySpan<double> weights = default)
    {
        const string metric = "ROC AUC, one class against the rest";
        NotMicro(average);
        Check(metric, truth, scores, classes, weights, probabilities: false);
        var (column, flags) = (new double[truth.Length], new double[truth.Length]);
        double sum = 0, all = 0;
        for (var c = 0; c < classes; c++)
        {
            var own = 0.0;
            for (var i = 0; i < truth.Length; i++)
            {
                (column[i], flags[i]) = (scores[i * classes + c], truth[i] == c ? 1 : 0);
                if (truth[i] == c) own += weights.IsEmpty ? 1 : weights[i];
            }
            if (own == 0) throw Given.OneClass(metric, c);
            var area = RankedScores.Of(metric, column, flags, weights).RocAuc();
            if (double.IsNaN(area)) throw Given.OneClass(metric, c == 0 ? 1 : 0);
            var share = average == Average.Weighted ? own : 1;
            (sum, all) = (sum + share * area, all + share);
        }
        return sum / all;
    }

    /// <summary>Mean over pairs of classes of the area under the ROC curve between the two: <see cref="Average.Macro"/>, or <see cref="Average.Weighted"/> by
    /// the pair's rows.</summary>
    /// <inheritdoc cref="RocAucOneVsRest"/>
    /// <remarks>Takes no weights, as in scikit-learn. Hand and Till 2001. Each class's scores are sorted once: O(k n log n + k n).</remarks>
    public static double RocAucOneVsOne(ReadOnlySpan<int> truth, ReadOnlySpan<double> scores, int classes, Average average = Average.Macro)
    {
        const string metric = "ROC AUC, one class against one";
        NotMicro(average);
        Check(metric, truth, scores, classes, default, probabilities: false);
        var counts = new long[classes];
        foreach (var t in truth) counts[t]++;
        for (var c = 0; c < classes; c++)
            if (counts[c] == 0) throw Given.OneClass(metric, c);

        // above[a, b]: of the pairs (row of a, row of b), how many rank the row of a higher by a's scores; ties count half
        var above = new double[classes, classes];
        var (column, labels) = (new double[truth.Length], new int[truth.Length]);
        var (below, tied) = (new long[classes], new long[classes]);
        for (var a = 0; a < classes; a++)
        {
            for (var i = 0; i < truth.Length; i++) column[i] = scores[i * classes + a];
            truth.CopyTo(labels);
            Array.Sort(column, labels);
            Array.Clear(below);
            for (var from = 0; from < column.Length;)
            {
                var end = from;
                while (end < column.Length && column[end] == column[from]) tied[labels[end++]]++;
                if (tied[a] > 0)
                    for (var b = 0; b < classes; b++) above[a, b] += tied[a] * (below[b] + tied[b] / 2.0);
                for (; from < end; from++)
                {
                    below[labels[from]]++;
                    tied[labels[from]] = 0;
                }
            }
        }

        double sum = 0, all = 0;
        for (var a = 0; a < classes; a++)
            for (var b = a + 1; b < classes; b++)
            {
                var area = (above[a, b] + above[b, a]) / (2.0 * counts[a] * counts[b]);
                double share = average == Average.Weighted ? counts[a] + counts[b] : 1;
                (sum, all) = (sum + share * area, all + share);
            }
        return sum / all;
    }

    static void NotMicro(Average average)
    {
        if (average == Average.Micro) throw new ArgumentOutOfRangeException(nameof(average), average, "Give macro or weighted.");
    }
}
