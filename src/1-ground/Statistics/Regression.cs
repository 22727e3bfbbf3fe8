namespace Kumiki.Statistics;

/// <summary>Errors of predicted numbers.</summary>
public static class Regression
{
    /// <summary>Mean absolute error.</summary>
    /// <param name="truth">[n] finite numbers, n ≥ 1.</param>
    /// <param name="predicted">[n]</param>
    /// <returns>0 or more, in the unit of the truth; NaN where a prediction is.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or there are no rows.</exception>
    /// <remarks>scikit-learn's mean_absolute_error agrees to 1e-12 (RegressionTests).</remarks>
    public static double MeanAbsoluteError(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted)
    {
        Check(truth, predicted);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++) sum += Math.Abs(truth[i] - predicted[i]);
        return sum / truth.Length;
    }

    /// <summary>Root of the mean squared error.</summary>
    /// <inheritdoc cref="MeanAbsoluteError"/>
    public static double RootMeanSquaredError(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted)
    {
        Check(truth, predicted);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++) sum += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
        return Math.Sqrt(sum / truth.Length);
    }

    static void Check(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted)
    {
        if (truth.Length != predicted.Length) throw new ArgumentException($"There are {truth.Length} truths and {predicted.Length} predictions.", nameof(predicted));
        if (truth.Length == 0) throw new ArgumentException("There are no rows.", nameof(truth));
    }
}
