using Kumiki.Native;
using Kumiki.Native.XGBoost;
using Kumiki.Tables;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

/// <summary>Bins of many rows are cut by some of them.</summary>
public sealed class CutsTests
{
    const int Rows = 260_000, Width = 3;

    static readonly ColumnSchema Target = new() { Name = "y", Property = "Y", Kind = ColumnKind.Double };

    static readonly BoostedTrees Trees = new(Target, TreeLoss.Squared, 30, 5, 0.3);

    /// <summary>y = 3·x₀ − x₁² + noise of 0.1; the rows stand in the order of x₀, so that the first of them say nothing of the rest.</summary>
    static TrainingRows Ordered(double[]? weights = null)
    {
        var random = new Random(5);
        var (values, target) = (new float[Rows * Width], new double[Rows]);
        for (var row = 0; row < Rows; row++)
        {
            var x = values.AsSpan(row * Width, Width);
            (x[0], x[1], x[2]) = ((float)row / Rows, (float)(random.NextDouble() * 2 - 1), (float)random.NextDouble());
            target[row] = 3 * x[0] - x[1] * x[1] + 0.1 * (random.NextDouble() - 0.5);
        }
        return new(FeatureRows.Of(values, Width), target, weights);
    }

    static float[] Predictions(TrainingRows rows, DMatrix train)
    {
        using var booster = Booster.Of([.. Boosting.Common(Trees, 1), ("objective", "reg:squarederror")]);
        using var labelled = train.WithLabels(rows.Labels);
        booster.Train(labelled, Trees.Rounds, [], null, CancellationToken.None);
        using var values = DMatrix.Of(rows.Features.ToArray(), Width);
        return booster.Predict(values);
    }

    static double Error(TrainingRows rows, float[] predictions) => Math.Sqrt(rows.Target.Zip(predictions, (t, p) => (t - p) * (t - p)).Average());

    [Fact]
    public void Trees_on_bins_cut_by_some_rows_err_as_those_on_bins_cut_by_all()
    {
        var rows = Ordered();

        var some = Error(rows, Predictions(rows, Boosting.Train(Trees, rows, 1)));
        var all = Error(rows, Predictions(rows, DMatrix.Bins(Rows, Width, FeatureRows.BlockRows, rows.Features.Fill, bins: Trees.MaxBins)));

        Assert.InRange(some / all, 0.98, 1.02);
        // What the noise leaves: 0.1/√12.
        Assert.InRange(some, 0.028, 0.045);
    }

    [Fact]
    public void The_same_seed_cuts_the_same_bins()
    {
        var rows = Ordered();

        Assert.Equal(Predictions(rows, Boosting.Train(Trees, rows, 7)), Predictions(rows, Boosting.Train(Trees, rows, 7)));
    }

    [Fact]
    public void Rows_that_count_nothing_cut_no_bins()
    {
        // Only the last 1,000 rows count: drawn blindly, most bins would lie where no row counts.
        var weights = new double[Rows];
        weights.AsSpan(Rows - 1000).Fill(1);
        var rows = Ordered(weights);

        var predicted = Predictions(rows, Boosting.Train(Trees, rows, 1));

        Assert.InRange(Math.Sqrt(rows.Target.Zip(predicted, (t, p) => (t - p) * (t - p)).TakeLast(1000).Average()), 0, 0.045);
    }

    [Fact]
    public void An_infinite_feature_is_named_by_its_own_row()
    {
        var rows = Ordered();
        rows.Features.ToArray()[(250_000 - 1) * Width + 1] = float.PositiveInfinity;

        var error = Assert.Throws<NativeException>(() => Boosting.Train(Trees, rows, 1));

        Assert.Contains("row 250000 has an infinite value in column 2", error.Message, StringComparison.Ordinal);
    }
}
