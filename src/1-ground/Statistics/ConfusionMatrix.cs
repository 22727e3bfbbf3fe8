namespace Kumiki.Statistics;

/// <summary>How per-class figures become one.</summary>
public enum Average
{
    /// <summary>The mean over the classes that occur in truths or decisions.</summary>
    Macro,

    /// <summary>One figure over all decisions together.</summary>
    Micro,

    /// <summary>The mean by the weight of each class among the truths.</summary>
    Weighted,
}

/// <summary>How far apart two different classes are for <see cref="ConfusionMatrix.CohenKappa"/>.</summary>
public enum Disagreement
{
    /// <summary>All alike.</summary>
    Plain,

    /// <summary>By the difference of their numbers.</summary>
    Linear,

    /// <summary>By its square.</summary>
    Quadratic,
}

/// <summary>Truth (rows) against decision (columns) of k classes, by weight of rows; counts where no weights were given.</summary>
/// <remarks>
/// A share of nothing is 0, as in scikit-learn, and macro means run over the classes that occur, as its default labels do. ConfusionMatrixTests agrees to 1e-9.
/// </remarks>
public sealed class ConfusionMatrix
{
    readonly double[] cells;
    readonly double[] truths, decisions;

    ConfusionMatrix(int classes, double[] cells)
    {
        (Classes, this.cells, truths, decisions) = (classes, cells, new double[classes], new double[classes]);
        for (var t = 0; t < classes; t++)
            for (var d = 0; d < classes; d++)
            {
                truths[t] += cells[t * classes + d];
                decisions[d] += cells[t * classes + d];
                Total += cells[t * classes + d];
                if (t == d) Right += cells[t * classes + d];
            }
    }

    /// <summary>Counts the rows.</summary>
    /// <param name="truth">[n] class numbers from 0 to <paramref name="classes"/> − 1.</param>
    /// <param name="decided">[n] likewise.</param>
    /// <param name="weights">[n] zero or more, or none at all.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there is no class.</exception>
    /// <exception cref="KumikiException">No rows, an unknown class number, or weights that are negative or sum to zero.</exception>
    public static ConfusionMatrix Of(ReadOnlySpan<int> truth, ReadOnlySpan<int> decided, int classes, ReadOnlySpan<double> weights = default)
    {
        const string metric = "The confusion matrix";
        Given.AtLeast(classes, 1, nameof(classes));
        Given.SameLength(truth.Length, decided.Length, nameof(decided));
        Given.Rows(metric, truth.Length);
        Given.Classes(metric, truth, classes, "truths");
        Given.Classes(metric, decided, classes, "decisions");
        Given.Weights(metric, weights, truth.Length);
        var cells = new double[classes * classes];
        for (var i = 0; i < truth.Length; i++) cells[truth[i] * classes + decided[i]] += weights.IsEmpty ? 1 : weights[i];
        return new(classes, cells);
    }

    /// <summary>How many classes there are, present or not.</summary>
    public int Classes { get; }

    /// <summary>The weight of all rows.</summary>
    public double Total { get; }

    double Right { get; }

    /// <summary>The weight of rows of class <paramref name="truth"/> that were decided to be <paramref name="decided"/>.</summary>
    public double this[int truth, int decided] => cells[truth * Classes + decided];

    /// <summary>One class against the rest.</summary>
    public Confusion Of(int @class)
    {
        var hits = this[@class, @class];
        double alarms = decisions[@class] - hits, missed = truths[@class] - hits;
        return new(hits, alarms, missed, Total - hits - alarms - missed);
    }

    /// <summary>The share decided rightly.</summary>
    public double Accuracy => Right / Total;

    /// <summary>The mean recall over the classes that occur among the truths.</summary>
    public double BalancedAccuracy
    {
        get
        {
            var (sum, present) = (0.0, 0);
            for (var c = 0; c < Classes; c++)
                if (truths[c] > 0) (sum, present) = (sum + this[c, c] / truths[c], present + 1);
            return sum / present;
        }
    }

    /// <summary>Of those decided to be a class, the share that is.</summary>
    public double Precision(Average average) => average == Average.Micro ? Accuracy : Mean(average, c => c.Precision);

    /// <summary>Of a class, the share found.</summary>
    public double Recall(Average average) => average == Average.Micro ? Accuracy : Mean(average, c => c.Recall);

    /// <summary>Harmonic mean of precision and recall, per class and then averaged.</summary>
    public double F1(Average average) => average == Average.Micro ? Accuracy : Mean(average, c => c.F1);

    double Mean(Average average, Func<Confusion, double> figure)
    {
        double sum = 0, all = 0;
        for (var c = 0; c < Classes; c++)
        {
            if (truths[c] + decisions[c] == 0) continue;
            var weight = average == Average.Weighted ? truths[c] : 1;
            sum += weight * figure(Of(c));
            all += weight;
        }
        return sum / all;
    }

    /// <summary>Correlation of truth and decision, at most 1; 0 where either is one class. Gorodkin 2004 ("R_K").</summary>
    public double MatthewsCorrelation
    {
        get
        {
            double both = Right * Total, ofTruth = Total * Total, ofDecisions = Total * Total;
            for (var c = 0; c < Classes; c++)
            {
                both -= truths[c] * decisions[c];
                ofTruth -= truths[c] * truths[c];
                ofDecisions -= decisions[c] * decisions[c];
            }
            return ofTruth * ofDecisions > 0 ? both / Math.Sqrt(ofTruth * ofDecisions) : 0;
        }
    }

    /// <summary>Agreement beyond chance, at most 1; NaN where truth and decision are one and the same class. Cohen 1960; weighted: Cohen 1968.</summary>
    /// <param name="by">For ordered classes, how a miss grows with the difference of the class numbers.</param>
    public double CohenKappa(Disagreement by = Disagreement.Plain)
    {
        double found = 0, expected = 0;
        for (var t = 0; t < Classes; t++)
            for (var d = 0; d < Classes; d++)
            {
                double apart = Math.Abs(t - d);
                var weight = by switch { Disagreement.Plain => t == d ? 0 : 1, Disagreement.Linear => apart, _ => apart * apart };
                found += weight * this[t, d];
                expected += weight * truths[t] * decisions[d] / Total;
            }
        return 1 - found / expected;
    }
}
