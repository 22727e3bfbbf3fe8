using Kumiki.Statistics;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class MetricTests
{
    [Fact]
    public void Metrics_are_scikit_learns()
    {
        var golden = Golden.Root.GetProperty("metrics");
        double[] truth = Golden.Numbers(golden.GetProperty("truth")), predicted = Golden.Numbers(golden.GetProperty("predicted"));
        double[] flags = Golden.Numbers(golden.GetProperty("flags")), scores = Golden.Numbers(golden.GetProperty("scores"));

        Assert.Equal(golden.GetProperty("mae").GetDouble(), Regression.MeanAbsoluteError(truth, predicted), 1e-12);
        Assert.Equal(golden.GetProperty("rmse").GetDouble(), Regression.RootMeanSquaredError(truth, predicted), 1e-12);
        Assert.Equal(golden.GetProperty("rocAuc").GetDouble(), Classification.RocAuc(scores, flags), 1e-12);
        Assert.Equal(golden.GetProperty("logLoss").GetDouble(), Classification.LogLoss(scores, flags), 1e-12);
    }

    [Fact]
    public void Metrics_of_nothing_or_of_one_class_are_refused()
    {
        Assert.Throws<Statistics.UndefinedFigureException>(() => Regression.MeanAbsoluteError([], []));
        Assert.Throws<ArgumentException>(() => Regression.MeanAbsoluteError([1], [1, 2]));
        Assert.Throws<Statistics.UndefinedFigureException>(() => Classification.RocAuc([1, 2], [1, 1]));
    }
}
