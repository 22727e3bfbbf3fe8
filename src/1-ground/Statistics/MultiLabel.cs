namespace Kumiki.Statistics;

/// <summary>Figures of rows that bear any number of labels; truths and decisions are [n × labels] row by row.</summary>
/// <remarks>
/// Every figure takes <c>weights</c>, [n] zero or more, or none at all. A share of nothing is 0, as in scikit-learn. MultiLabelTests agrees with it to 1e-9.
/// </remarks>
public static class MultiLabel
{
    /// <summary>The share of labels decided wrongly (Hamming loss).</summary>
    /// <param name="truth">[n × labels] true where the row bears the label.</param>
    /// <param name="decided">[n × labels]</param>
    /// <param name="labels">How many labels there are, 1 or more.</param>
    /// <returns>A share in [0, 1]; lower is better.</returns>
    /// <exception cref="ArgumentException">The lengths differ or are no multiple of <paramref name="labels"/>.</exception>
    /// <exception cref="KumikiException">No rows, or weights that are negative or sum to zero.</exception>
    public static double HammingLoss(ReadOnlySpan<bool> truth, ReadOnlySpan<bool> decided, int labels, ReadOnlySpan<double> weights = default)
    {
        var (rows, all) = Check("Hamming loss", truth, decided.Length, labels, weights);
        var wrong = 0.0;
        for (var i = 0; i < rows; i++)
            for (var l = i * labels; l < (i + 1) * labels; l++)
                if (truth[l] != decided[l]) wrong += weights.IsEmpty ? 1 : weights[i];
        return wrong / (all * labels);
    }

    /// <summary>The share of rows all of whose labels were decided rightly.</summary>
    /// <inheritdoc cref="HammingLoss"/>
    /// <returns>A share in [0, 1]; higher is better.</returns>
    public static double SubsetAccuracy(ReadOnlySpan<bool> truth, ReadOnlySpan<bool> decided, int labels, ReadOnlySpan<double> weights = default)
    {
        var (rows, all) = Check("Subset accuracy", truth, decided.Length, labels, weights);
        var right = 0.0;
        for (var i = 0; i < rows; i++)
            if (truth.Slice(i * labels, labels).SequenceEqual(decided.Slice(i * labels, labels))) right += weights.IsEmpty ? 1 : weights[i];
        return right / all;
    }

    /// <summary>F1 over labels: of each label and then averaged, or of all decisions together (<see cref="Average.Micro"/>).</summary>
    /// <inheritdoc cref="SubsetAccuracy"/>
    public static double F1(ReadOnlySpan<bool> truth, ReadOnlySpan<bool> decided, int labels, Average average, ReadOnlySpan<double> weights = default) =>
        Mean(PerLabel("F1 of labels", truth, decided, labels, weights), average, c => c.F1);

    /// <summary>Jaccard index (found and there / found or there) over labels: of each label and then averaged, or of all decisions together.</summary>
    /// <inheritdoc cref="SubsetAccuracy"/>
    public static double Jaccard(ReadOnlySpan<bool> truth, ReadOnlySpan<bool> decided, int labels, Average average, ReadOnlySpan<double> weights = default) =>
        Mean(PerLabel("The Jaccard index", truth, decided, labels, weights), average, c =>
        {
            var either = c.TruePositive + c.FalsePositive + c.FalseNegative;
            return either > 0 ? c.TruePositive / either : 0;
        });

    /// <summary>Each label on its own: precision, recall and the rest.</summary>
    /// <inheritdoc cref="HammingLoss"/>
    /// <returns>[labels]</returns>
    public static Confusion[] PerLabel(ReadOnlySpan<bool> truth, ReadOnlySpan<bool> decided, int labels, ReadOnlySpan<double> weights = default) =>
        PerLabel("Figures per label", truth, decided, labels, weights);

    /// <summary>Mean over rows and their labels of the share of true labels among those scored at least as high; 1 for a row with no label or all.</summary>
    /// <param name="scores">[n × labels] finite.</param>
    /// <inheritdoc cref="SubsetAccuracy"/>
    /// <remarks>O(n · labels²) at worst, without allocation. Schapire and Singer 2000; scikit-learn's label_ranking_average_precision_score.</remarks>
    public static double RankingAveragePrecision(ReadOnlySpan<bool> truth, ReadOnlySpan<double> scores, int labels, ReadOnlySpan<double> weights = default)
    {
        const string metric = "Label ranking average precision";
        var (rows, all) = Check(metric, truth, scores.Length, labels, weights);
        for (var i = 0; i < scores.Length; i++)
            if (!double.IsFinite(scores[i])) throw Given.NotFinite(metric, scores[i], "scores", i / labels);
        var sum = 0.0;
        for (var i = 0; i < rows; i++) sum += (weights.IsEmpty ? 1 : weights[i]) * OfRow(truth.Slice(i * labels, labels), scores.Slice(i * labels, labels));
        return sum / all;
    }

    static double OfRow(ReadOnlySpan<bool> truth, ReadOnlySpan<double> scores)
    {
        var borne = truth.Count(true);
        if (borne == 0 || borne == truth.Length) return 1;
        var sum = 0.0;
        for (var own = 0; own < truth.Length; own++)
        {
            if (!truth[own]) continue;
            var (asHigh, borneAsHigh) = (0, 0);
            for (var other = 0; other < truth.Length; other++)
            {
                if (scores[other] < scores[own]) continue;
                asHigh++;
                if (truth[other]) borneAsHigh++;
            }
            sum += (double)borneAsHigh / asHigh;
        }
        return sum / borne;
    }

    static Confusion[] PerLabel(string metric, ReadOnlySpan<bool> truth, ReadOnlySpan<bool> decided, int labels, ReadOnlySpan<double> weights)
    {
        var (rows, _) = Check(metric, truth, decided.Length, labels, weights);
        var cells = new double[labels * 4];
        for (var i = 0; i < rows; i++)
            for (var l = 0; l < labels; l++)
                cells[l * 4 + (truth[i * labels + l] ? 2 : 0) + (decided[i * labels + l] ? 1 : 0)] += weights.IsEmpty ? 1 : weights[i];
        var found = new Confusion[labels];
        for (var l = 0; l < labels; l++) found[l] = new(cells[l * 4 + 3], cells[l * 4 + 1], cells[l * 4 + 2], cells[l * 4]);
        return found;
    }

    static double Mean(Confusion[] labels, Average average, Func<Confusion, double> figure)
    {
        if (average == Average.Micro)
        {
            var (hits, alarms) = (labels.Sum(l => l.TruePositive), labels.Sum(l => l.FalsePositive));
            return figure(new(hits, alarms, labels.Sum(l => l.FalseNegative), labels.Sum(l => l.TrueNegative)));
        }
        if (average == Average.Macro) return labels.Average(figure);
        var borne = labels.Sum(l => l.TruePositive + l.FalseNegative);
        return borne > 0 ? labels.Sum(l => (l.TruePositive + l.FalseNegative) * figure(l)) / borne : 0;
    }

    static (int Rows, double Weight) Check(string metric, ReadOnlySpan<bool> truth, int others, int labels, ReadOnlySpan<double> weights)
    {
        Given.AtLeast(labels, 1, nameof(labels));
        Given.SameLength(truth.Length, others, "decisions or scores");
        var rows = truth.Length / labels;
        Given.Matrix(rows, labels, truth.Length, nameof(truth));
        Given.Rows(metric, rows);
        return (rows, Given.Weights(metric, weights, rows));
    }
}
