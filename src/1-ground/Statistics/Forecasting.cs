namespace Kumiki.Statistics;

/// <summary>Errors of forecasts of a series, of quantiles and of intervals.</summary>
/// <remarks>Weights as in <see cref="Regression"/>. ForecastingTests agrees with figures written out in numpy to 1e-9.</remarks>
public static class Forecasting
{
    /// <summary>Weighted absolute percentage error: Σ|truth − forecast| / Σ|truth|.</summary>
    /// <param name="truth">[n] finite numbers, n ≥ 1, not all 0.</param>
    /// <param name="forecast">[n] finite numbers.</param>
    /// <returns>0 or more; 0.1 is ten per cent.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or a parameter is out of range.</exception>
    /// <exception cref="KumikiException">No rows, a value that is not finite, truths that sum to zero, or weights that are negative or sum to zero.</exception>
    /// <remarks>Kolassa and Schütz 2007, "Advantages of the MAD/mean ratio over the MAPE".</remarks>
    public static double Wape(ReadOnlySpan<double> truth, ReadOnlySpan<double> forecast, ReadOnlySpan<double> weights = default)
    {
        Regression.Check("WAPE", truth, forecast, weights);
        double errors = 0, amount = 0;
        for (var i = 0; i < truth.Length; i++)
        {
            var w = weights.IsEmpty ? 1 : weights[i];
            errors += w * Math.Abs(truth[i] - forecast[i]);
            amount += w * Math.Abs(truth[i]);
        }
        return amount > 0 ? errors / amount : throw Given.Constant("WAPE", "truths", 0);
    }

    /// <summary>Symmetric percentage error: mean of 2·|truth − forecast| / (|truth| + |forecast|), 0 where both are 0.</summary>
    /// <inheritdoc cref="Wape"/>
    /// <returns>In [0, 2]: a ratio, not per cent.</returns>
    /// <remarks>The definition of the M4 competition (Makridakis et al. 2020) without its factor 100.</remarks>
    public static double Smape(ReadOnlySpan<double> truth, ReadOnlySpan<double> forecast, ReadOnlySpan<double> weights = default)
    {
        var all = Regression.Check("sMAPE", truth, forecast, weights);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++)
        {
            var size = Math.Abs(truth[i]) + Math.Abs(forecast[i]);
            if (size > 0) sum += (weights.IsEmpty ? 1 : weights[i]) * 2 * Math.Abs(truth[i] - forecast[i]) / size;
        }
        return sum / all;
    }

    /// <summary>Mean absolute error, in units of the error that repeating the value of one season ago makes on the training series.</summary>
    /// <param name="training">[m] the series before the forecast, in time order, m &gt; season.</param>
    /// <param name="season">The length of a season in steps; 1 repeats the last value.</param>
    /// <inheritdoc cref="Wape"/>
    /// <returns>0 or more; below 1 is better than repeating.</returns>
    /// <exception cref="UndefinedFigureException">The training series is too short or repeats itself exactly.</exception>
    /// <remarks>Hyndman and Koehler 2006, "Another look at measures of forecast accuracy", §4. One series; average over series yourself.</remarks>
    public static double Mase(
        ReadOnlySpan<double> truth, ReadOnlySpan<double> forecast, ReadOnlySpan<double> training, int season = 1, ReadOnlySpan<double> weights = default)
    {
        Given.AtLeast(season, 1, nameof(season));
        Regression.Check("MASE", truth, forecast, weights);
        Given.Finite("MASE", training, "training values");
        Given.Enough("MASE", training.Length, season + 1, "training values");
        var naive = 0.0;
        for (var i = season; i < training.Length; i++) naive += Math.Abs(training[i] - training[i - season]);
        if (naive == 0) throw Given.Constant("MASE", "seasonal differences of the training values", 0);
        return Regression.MeanAbsoluteError(truth, forecast, weights) / (naive / (training.Length - season));
    }

    /// <summary>Mean pinball loss over several forecast quantiles; twice its mean over evenly spread quantiles approximates the CRPS.</summary>
    /// <param name="forecast">[n × quantiles] row by row, one column a quantile.</param>
    /// <param name="quantiles">[q] each in (0, 1).</param>
    /// <inheritdoc cref="Wape"/>
    /// <returns>0 or more, in the unit of the truth.</returns>
    public static double Pinball(
        ReadOnlySpan<double> truth, ReadOnlySpan<double> forecast, ReadOnlySpan<double> quantiles, ReadOnlySpan<double> weights = default)
    {
        const string metric = "Pinball loss";
        foreach (var q in quantiles) Given.Between(q, 0, 1, nameof(quantiles));
        Given.Matrix(truth.Length, quantiles.Length, forecast.Length, nameof(forecast));
        Given.Rows(metric, truth.Length);
        Given.Finite(metric, truth, "truths");
        for (var i = 0; i < forecast.Length; i++)
            if (!double.IsFinite(forecast[i])) throw Given.NotFinite(metric, forecast[i], "forecasts", i / quantiles.Length);
        var all = Given.Weights(metric, weights, truth.Length);
        var sum = 0.0;
        for (var i = 0; i < truth.Length; i++)
            for (var q = 0; q < quantiles.Length; q++)
                sum += (weights.IsEmpty ? 1 : weights[i]) * Regression.PinballOf(truth[i], forecast[i * quantiles.Length + q], quantiles[q]);
        return sum / (all * quantiles.Length);
    }

    /// <summary>How often intervals hold the truth, how wide they are, and both in one score.</summary>
    /// <param name="lower">[n] finite; both ends belong to the interval.</param>
    /// <param name="upper">[n] finite, not below <paramref name="lower"/>.</param>
    /// <param name="level">The share the intervals promise to hold, in (0, 1).</param>
    /// <inheritdoc cref="Wape"/>
    /// <remarks>Winkler 1972: the width, plus 2 / (1 − level) for each unit by which the truth lies outside.</remarks>
    public static IntervalQuality Intervals(
        ReadOnlySpan<double> truth, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper, double level, ReadOnlySpan<double> weights = default)
    {
        const string metric = "Interval coverage";
        Given.Between(level, 0, 1, nameof(level));
        Given.SameLength(truth.Length, lower.Length, nameof(lower));
        var all = Regression.Check(metric, truth, upper, weights);
        Given.Finite(metric, lower, "lower bounds");
        double held = 0, width = 0, outside = 0;
        for (var i = 0; i < truth.Length; i++)
        {
            if (upper[i] < lower[i]) throw Given.Outside(metric, upper[i], "upper bounds", i, $"at least the lower bound {Given.Text(lower[i])}");
            var w = weights.IsEmpty ? 1 : weights[i];
            width += w * (upper[i] - lower[i]);
            if (truth[i] < lower[i]) outside += w * (lower[i] - truth[i]);
            else if (truth[i] > upper[i]) outside += w * (truth[i] - upper[i]);
            else held += w;
        }
        return new(held / all, width / all, (width + 2 / (1 - level) * outside) / all);
    }
}

/// <summary>What <see cref="Forecasting.Intervals"/> found.</summary>
/// <param name="Coverage">The share of truths inside, in [0, 1].</param>
/// <param name="Width">The mean width, in the unit of the truth.</param>
/// <param name="Winkler">The mean Winkler score, in the unit of the truth; lower is better.</param>
public readonly record struct IntervalQuality(double Coverage, double Width, double Winkler);
