using Kumiki.Statistics;
using Xunit;

namespace Kumiki.Ground.Tests.Statistics;

public sealed class RegressionTests
{
    [Fact]
    public void Errors_of_numbers_are_scikit_learns()
    {
        foreach (var given in Golden.Of("regression").EnumerateArray())
        {
            double[] truth = given.Numbers("truth"), predicted = given.Numbers("predicted"), weights = given.Numbers("weights");
            double[] withZero = [0, .. truth[1..]];

            Golden.Same(given.Number("mae"), Regression.MeanAbsoluteError(truth, predicted, weights), "mae");
            Golden.Same(given.Number("rmse"), Regression.RootMeanSquaredError(truth, predicted, weights), "rmse");
            Golden.Same(given.Number("r2"), Regression.R2(truth, predicted, weights), "r2");
            Golden.Same(given.Number("median"), Regression.MedianAbsoluteError(truth, predicted, weights), "median");
            Golden.Same(given.Number("max"), Regression.MaxError(truth, predicted), "max");
            Golden.Same(given.Number("mape"), Regression.MeanAbsolutePercentageError(truth, predicted, weights), "mape");
            Golden.Same(given.Number("rmsle"), Regression.RootMeanSquaredLogError(truth, predicted, weights), "rmsle");
            Golden.Same(given.Number("explained"), Regression.ExplainedVariance(truth, predicted, weights), "explained");
            Golden.Same(given.Number("pinball"), Regression.Pinball(truth, predicted, 0.9, weights), "pinball");
            Golden.Same(given.Number("d2"), Regression.D2AbsoluteError(truth, predicted, weights), "d2");
            Golden.Same(given.Number("d2pinball"), Regression.D2Pinball(truth, predicted, 0.9, weights), "d2 pinball");
            Golden.Same(given.Number("poisson"), Regression.PoissonDeviance(withZero, predicted, weights), "poisson");
            Golden.Same(given.Number("gamma"), Regression.GammaDeviance(truth, predicted, weights), "gamma");
            Golden.Same(given.Number("wape"), Forecasting.Wape(truth, predicted, weights), "wape");
            Golden.Same(given.Number("smape"), Forecasting.Smape(truth, predicted, weights), "smape");
        }
    }

    [Fact]
    public void Bad_rows_are_refused_in_a_sentence_that_names_the_figure()
    {
        Refused.Because("Mean absolute error found NaN among the predictions, in row 2", () => Regression.MeanAbsoluteError([1, 2], [1, double.NaN]));
        Refused.Because("R² found -Infinity among the truths, in row 1", () => Regression.R2([double.NegativeInfinity, 2], [1, 2]));
        Refused.Because("Root mean squared log error found -1 among the predictions, in row 1", () => Regression.RootMeanSquaredLogError([1, 2], [-1, 2]));
        Refused.Because("Poisson deviance found 0 among the predictions, in row 2", () => Regression.PoissonDeviance([0, 2], [1, 0]));
        Refused.Because("Gamma deviance found 0 among the truths, in row 1", () => Regression.GammaDeviance([0, 2], [1, 1]));
        Refused.Because("Mean absolute error found -1 among the weights, in row 1", () => Regression.MeanAbsoluteError([1, 2], [1, 2], [-1, 2]));
        Refused.Because("Mean absolute error found NaN among the weights, in row 2", () => Regression.MeanAbsoluteError([1, 2], [1, 2], [1, double.NaN]));
        Refused.Undefined("R² compares with a constant guess, but the truths are all 0.1", () => Regression.R2([0.1, 0.1, 0.1], [1, 2, 3]));
        Refused.Undefined("Explained variance compares", () => Regression.ExplainedVariance([1, 5, 1], [1, 2, 3], [1, 0, 1]));
        Refused.Undefined("D² of absolute error compares", () => Regression.D2AbsoluteError([3], [4]));
        Refused.Undefined("Mean absolute error needs at least one row", () => Regression.MeanAbsoluteError([], []));
        Refused.Undefined(
            "Root mean squared error cannot be measured because the weights of its 2 rows sum to zero",
            () => Regression.RootMeanSquaredError([1, 2], [1, 2], [0, 0]));

        Assert.Throws<ArgumentException>(() => Regression.MeanAbsoluteError([1], [1, 2]));
        Assert.Throws<ArgumentException>(() => Regression.MeanAbsoluteError([1], [1], [1, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Regression.Pinball([1], [1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Regression.D2Pinball([1], [1], double.NaN));
    }
}

public sealed class ForecastingTests
{
    [Fact]
    public void Errors_of_forecasts_are_those_written_out_in_numpy()
    {
        var given = Golden.Of("forecasting");
        double[] truth = given.Numbers("truth"), forecast = given.Numbers("forecast"), training = given.Numbers("training"), weights = given.Numbers("weights");
        var quantiles = given.Numbers("quantiles");

        Golden.Same(given.Number("mase1"), Forecasting.Mase(truth, forecast, training), "mase");
        Golden.Same(given.Number("mase7"), Forecasting.Mase(truth, forecast, training, 7, weights), "seasonal mase");
        Golden.Same(given.Number("pinball"), Forecasting.Pinball(truth, quantiles, given.Numbers("levels"), weights), "pinball");
        double[] lower = [.. quantiles.Where((_, i) => i % 3 == 0)], upper = [.. quantiles.Where((_, i) => i % 3 == 2)];
        var found = Forecasting.Intervals(truth, lower, upper, 0.8, weights);
        Golden.Same([given.Number("coverage"), given.Number("width"), given.Number("winkler")], [found.Coverage, found.Width, found.Winkler], "intervals");
    }

    [Fact]
    public void Both_ends_belong_to_an_interval_and_nothing_forecast_as_nothing_is_right()
    {
        Assert.Equal(new IntervalQuality(1, 2, 2), Forecasting.Intervals([1, 3], [1, 1], [3, 3], 0.5));
        Assert.Equal(1, Forecasting.Smape([0, 0], [0, 5]));
    }

    [Fact]
    public void Bad_rows_are_refused_in_a_sentence_that_names_the_figure()
    {
        Refused.Because(
            "Interval coverage found 1 among the upper bounds, in row 2, but they must be at least the lower bound 2",
            () => Forecasting.Intervals([1, 1], [0, 2], [1, 1], 0.9));
        Refused.Because("Pinball loss found NaN among the forecasts, in row 2", () => Forecasting.Pinball([1, 2], [1, 1, 1, double.NaN], [0.1, 0.9]));
        Refused.Because("MASE found NaN among the training values, in row 1", () => Forecasting.Mase([1], [1], [double.NaN, 1]));
        Refused.Undefined("WAPE compares", () => Forecasting.Wape([0, 0], [1, 2]));
        Refused.Undefined("MASE needs at least 8 training values, but there are 3", () => Forecasting.Mase([1], [1], [1, 2, 3], 7));
        Refused.Undefined("MASE compares", () => Forecasting.Mase([1], [1], [2, 2, 2]));
        Refused.Undefined("sMAPE needs at least one row", () => Forecasting.Smape([], []));

        Assert.Throws<ArgumentOutOfRangeException>(() => Forecasting.Mase([1], [1], [1, 2], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Forecasting.Intervals([1], [1], [1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Forecasting.Pinball([1], [1], [0]));
        Assert.Throws<ArgumentException>(() => Forecasting.Pinball([1], [1, 2, 3], [0.5, 0.6]));
    }
}
