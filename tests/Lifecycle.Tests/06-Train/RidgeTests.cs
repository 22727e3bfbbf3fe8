using Kumiki.Statistics;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class RidgeTests
{
    [Fact]
    public void Weights_are_scikit_learns()
    {
        var golden = Golden.Root.GetProperty("ridge");
        var features = Array.ConvertAll(Golden.Numbers(golden.GetProperty("features")), v => (float)v);
        var target = Golden.Numbers(golden.GetProperty("target"));

        foreach (var solution in golden.GetProperty("solutions").EnumerateArray())
        {
            var (weights, intercept) = Trainer.Weights(features, golden.GetProperty("width").GetInt32(), target, solution.GetProperty("alpha").GetDouble());

            Assert.Equal(solution.GetProperty("intercept").GetDouble(), intercept, 1e-9);
            Assert.All(weights.Zip(Golden.Numbers(solution.GetProperty("weights"))), w => Assert.Equal(w.Second, w.First, 1e-9));
        }
    }

    [Fact]
    public void A_missing_feature_is_named_and_dependent_features_are_told()
    {
        Assert.StartsWith("Feature 2 has a missing or infinite value", Assert.Throws<KumikiException>(() => Trainer.Weights([1, float.NaN, 2, 3], 2, [1, 2], 1)).Says.In("en"), StringComparison.Ordinal);
        Assert.StartsWith("The features depend on each other", Assert.Throws<KumikiException>(() => Trainer.Weights([1, 2, 2, 4, 3, 6], 2, [1, 2, 3], 0)).Says.In("en"), StringComparison.Ordinal);
    }
}

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
        Assert.Throws<UndefinedFigureException>(() => Regression.MeanAbsoluteError([], []));
        Assert.Throws<ArgumentException>(() => Regression.MeanAbsoluteError([1], [1, 2]));
        Assert.Throws<UndefinedFigureException>(() => Classification.RocAuc([1, 2], [1, 1]));
    }
}
