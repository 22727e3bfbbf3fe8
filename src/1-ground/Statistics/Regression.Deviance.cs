namespace Kumiki.Statistics;

public static partial class Regression
{
    /// <summary>Pinball loss of a predicted quantile: <c>alpha</c> for each unit said too low, <c>1 - alpha</c> for each said too high. Koenker and Bassett
    /// 1978.</summary>
    /// <param name="alpha">The quantile, in (0, 1).</param>
    /// <inheritdoc cref="MeanAbsoluteError"/>
    public static double Pinball(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, double alpha, ReadOnlySpan<double> weights = default)
    {
        Given.Between(alpha, 0, 1, nameof(alpha));
        var all = Check("Pinball loss", truth, predicted, weights);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++) sum += Weight(weights, i) * PinballOf(truth[i], predicted[i], alpha);
        return sum / all;
    }

    internal static double PinballOf(double truth, double predicted, double alpha) =>
        truth >= predicted ? alpha * (truth - predicted) : (1 - alpha) * (predicted - truth);

    /// <summary>The share of <see cref="Pinball"/> loss saved against always saying the truth's own quantile (scikit-learn's d2_pinball_score).</summary>
    /// <param name="alpha">The quantile, in (0, 1).</param>
    /// <inheritdoc cref="R2"/>
    /// <exception cref="UndefinedFigureException">The truth's quantile has no pinball loss.</exception>
    public static double D2Pinball(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, double alpha, ReadOnlySpan<double> weights = default) =>
        D2("D² of pinball loss", truth, predicted, alpha, weights);

    /// <summary>The share of absolute error saved against always saying the truth's median (scikit-learn's d2_absolute_error_score).</summary>
    /// <inheritdoc cref="R2"/>
    public static double D2AbsoluteError(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default) =>
        D2("D² of absolute error", truth, predicted, 0.5, weights);

    static double D2(string metric, ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, double alpha, ReadOnlySpan<double> weights)
    {
        Given.Between(alpha, 0, 1, nameof(alpha));
        Check(metric, truth, predicted, weights);
        Alike(metric, truth, weights);
        var constant = Sorted.QuantileOf(truth, weights, alpha);
        double loss = 0, without = 0;
        for (var i = 0; i < truth.Length; i++)
        {
            loss += Weight(weights, i) * PinballOf(truth[i], predicted[i], alpha);
            without += Weight(weights, i) * PinballOf(truth[i], constant, alpha);
        }
        return 1 - loss / without;
    }

    /// <summary>Mean Poisson deviance of counts or rates; truths are 0 or more, predictions above 0.</summary>
    /// <inheritdoc cref="MeanAbsoluteError"/>
    public static double PoissonDeviance(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default)
    {
        const string metric = "Poisson deviance";
        var all = Check(metric, truth, predicted, weights);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++)
        {
            if (truth[i] < 0) throw Given.Outside(metric, truth[i], "truths", i, "zero or more");
            if (predicted[i] <= 0) throw Given.Outside(metric, predicted[i], "predictions", i, "above zero");
            var log = truth[i] == 0 ? 0 : truth[i] * Math.Log(truth[i] / predicted[i]);
            sum += Weight(weights, i) * 2 * (log - truth[i] + predicted[i]);
        }
        return sum / all;
    }

    /// <summary>Mean gamma deviance of amounts; truths and predictions are above 0.</summary>
    /// <inheritdoc cref="MeanAbsoluteError"/>
    public static double GammaDeviance(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default)
    {
        const string metric = "Gamma deviance";
        var all = Check(metric, truth, predicted, weights);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++)
        {
            if (truth[i] <= 0) throw Given.Outside(metric, truth[i], "truths", i, "above zero");
            if (predicted[i] <= 0) throw Given.Outside(metric, predicted[i], "predictions", i, "above zero");
            sum += Weight(weights, i) * 2 * (Math.Log(predicted[i] / truth[i]) + truth[i] / predicted[i] - 1);
        }
        return sum / all;
    }
}
