namespace Kumiki.Statistics;

/// <summary>Errors of predicted numbers.</summary>
/// <remarks>Every figure takes <c>weights</c>, [n] zero or more, or none at all. RegressionTests agrees with scikit-learn to 1e-9.</remarks>
public static partial class Regression
{
    /// <summary>Mean absolute error.</summary>
    /// <param name="truth">[n] finite numbers, n ≥ 1.</param>
    /// <param name="predicted">[n] finite numbers.</param>
    /// <returns>0 or more, in the unit of the truth.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or a parameter is out of range.</exception>
    /// <exception cref="KumikiException">No rows, a value that is not finite or not in the figure's range, or weights that are negative or sum to
    /// zero.</exception>
    public static double MeanAbsoluteError(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default)
    {
        var all = Check("Mean absolute error", truth, predicted, weights);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++) sum += Weight(weights, i) * Math.Abs(truth[i] - predicted[i]);
        return sum / all;
    }

    /// <summary>Root of the mean squared error.</summary>
    /// <inheritdoc cref="MeanAbsoluteError"/>
    public static double RootMeanSquaredError(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default)
    {
        var all = Check("Root mean squared error", truth, predicted, weights);
        return Math.Sqrt(SquaredErrors(truth, predicted, weights) / all);
    }

    /// <summary>The share of the truth's variance that is explained (coefficient of determination).</summary>
    /// <inheritdoc cref="MeanAbsoluteError"/>
    /// <returns>At most 1; 0 is always saying the mean; below 0 is worse.</returns>
    /// <exception cref="UndefinedFigureException">The truths are all alike (scikit-learn says 0 or 1).</exception>
    public static double R2(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default)
    {
        var all = Check("R²", truth, predicted, weights);
        return 1 - SquaredErrors(truth, predicted, weights) / Spread("R²", truth, weights, all);
    }

    /// <summary>As <see cref="R2"/>, but forgiving a constant offset of the predictions.</summary>
    /// <inheritdoc cref="R2"/>
    public static double ExplainedVariance(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default)
    {
        var all = Check("Explained variance", truth, predicted, weights);
        double mean = 0, errors = 0;
        for (var i = 0; i < truth.Length; i++) mean += Weight(weights, i) * (truth[i] - predicted[i]);
        mean /= all;
        for (var i = 0; i < truth.Length; i++) errors += Weight(weights, i) * Square(truth[i] - predicted[i] - mean);
        return 1 - errors / Spread("Explained variance", truth, weights, all);
    }

    /// <summary>The middle absolute error: of an even number of rows the mean of the two middle ones; with weights the lower one, as in scikit-learn.</summary>
    /// <inheritdoc cref="MeanAbsoluteError"/>
    public static double MedianAbsoluteError(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default)
    {
        Check("Median absolute error", truth, predicted, weights);
        var errors = new double[truth.Length];
        for (var i = 0; i < errors.Length; i++) errors[i] = Math.Abs(truth[i] - predicted[i]);
        return Sorted.QuantileOf(errors, weights, 0.5);
    }

    /// <summary>The largest absolute error.</summary>
    /// <inheritdoc cref="MeanAbsoluteError"/>
    public static double MaxError(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted)
    {
        Check("Max error", truth, predicted, default);
        var max = 0.0;
        for (var i = 0; i < truth.Length; i++) max = Math.Max(max, Math.Abs(truth[i] - predicted[i]));
        return max;
    }

    /// <summary>Mean of |error| / |truth|; a truth of 0 is taken as 2⁻⁵² as in scikit-learn, so zeros make it huge (use
    /// <see cref="Forecasting.Wape"/>).</summary>
    /// <inheritdoc cref="MeanAbsoluteError"/>
    /// <returns>0 or more; 0.1 is ten per cent.</returns>
    public static double MeanAbsolutePercentageError(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default)
    {
        var all = Check("Mean absolute percentage error", truth, predicted, weights);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++) sum += Weight(weights, i) * (Math.Abs(truth[i] - predicted[i]) / Math.Max(Math.Abs(truth[i]), Logs.Epsilon));
        return sum / all;
    }

    /// <summary>Root of the mean squared difference of ln(1 + value); truths and predictions are 0 or more.</summary>
    /// <inheritdoc cref="MeanAbsoluteError"/>
    public static double RootMeanSquaredLogError(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default)
    {
        const string metric = "Root mean squared log error";
        var all = Check(metric, truth, predicted, weights);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++)
        {
            if (truth[i] < 0) throw Given.Outside(metric, truth[i], "truths", i, "zero or more");
            if (predicted[i] < 0) throw Given.Outside(metric, predicted[i], "predictions", i, "zero or more");
            sum += Weight(weights, i) * Square(Logs.OnePlus(truth[i]) - Logs.OnePlus(predicted[i]));
        }
        return Math.Sqrt(sum / all);
    }

    internal static double Check(string metric, ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights)
    {
        Given.SameLength(truth.Length, predicted.Length, nameof(predicted));
        Given.Rows(metric, truth.Length);
        Given.Finite(metric, truth, "truths");
        Given.Finite(metric, predicted, "predictions");
        return Given.Weights(metric, weights, truth.Length);
    }

    static double SquaredErrors(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights)
    {
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++) sum += Weight(weights, i) * Square(truth[i] - predicted[i]);
        return sum;
    }

    static double Spread(string metric, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights, double all)
    {
        Alike(metric, truth, weights);
        double mean = 0, sum = 0;
        for (var i = 0; i < truth.Length; i++) mean += Weight(weights, i) * truth[i];
        mean /= all;
        for (var i = 0; i < truth.Length; i++) sum += Weight(weights, i) * Square(truth[i] - mean);
        return sum;
    }

    /// <summary>Refuses truths that are all alike, before rounding can make a spread of them.</summary>
    static void Alike(string metric, ReadOnlySpan<double> truth, ReadOnlySpan<double> weights)
    {
        var first = double.NaN;
        for (var i = 0; i < truth.Length; i++)
        {
            if (Weight(weights, i) == 0) continue;
            if (double.IsNaN(first)) first = truth[i];
            else if (truth[i] != first) return;
        }
        throw Given.Constant(metric, "truths", first);
    }

    static double Weight(ReadOnlySpan<double> weights, int row) => weights.IsEmpty ? 1 : weights[row];

    static double Square(double value) => value * value;
}
