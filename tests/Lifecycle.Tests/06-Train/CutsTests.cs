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
        using var booster = Booster.Of([.. Boosting.Common(Trees, new(1, default)), ("objective", "reg:squarederror")]);
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

        var some = Error(rows, Predictions(rows, Boosting.Train(Trees, rows, new(1, default))));
        var all = Error(rows, Predictions(rows, DMatrix.Bins(Rows, Width, FeatureRows.BlockRows, rows.Features.Fill, bins: Trees.MaxBins)));

        Assert.InRange(some / all, 0.98, 1.02);
        // What the noise leaves: 0.1/√12.
        Assert.InRange(some, 0.028, 0.045);
    }

    [Fact]
    public void The_same_seed_cuts_the_same_bins()
    {
        var rows = Ordered();

        Assert.Equal(Predictions(rows, Boosting.Train(Trees, rows, new(7, default))), Predictions(rows, Boosting.Train(Trees, rows, new(7, default))));
    }

    [Fact]
    public void Rows_that_count_nothing_cut_no_bins()
    {
        // The rows stand in the order of the first feature: where 50,000 count nothing, none of its bins begins.
        var weights = Enumerable.Range(0, Rows).Select(r => r < 50_000 ? 0.0 : 1).ToArray();

        var cuts = BinCuts.Of(Ordered(weights), 210_000, 256, new Random(1), 2);

        Assert.All(Feature(cuts, 0), c => Assert.InRange(c, 50_000f / Rows, 1));
    }

    [Fact]
    public void Each_bin_holds_as_much_weight_as_the_next()
    {
        // The upper half counts three times: a quarter of the bins lies below the middle.
        var weights = Enumerable.Range(0, Rows).Select(r => r < Rows / 2 ? 1.0 : 3).ToArray();

        var even = Feature(BinCuts.Of(Ordered(), Rows, 100, new Random(1), 2), 0);
        var heavy = Feature(BinCuts.Of(Ordered(weights), Rows, 100, new Random(1), 2), 0);

        // Of 200,000 rows a quantile is known to 4 · √(0.25 / 200,000) = 0.0045.
        Assert.Equal(100, even.Length);
        Assert.All(even.Index(), c => Assert.InRange(c.Item, c.Index / 100.0 - 0.0045, c.Index / 100.0 + 0.0045));
        Assert.InRange(heavy.Count(c => c < 0.5), 24, 26);
    }

    [Fact]
    public void A_feature_of_few_values_is_cut_at_each_and_one_of_none_nowhere()
    {
        var values = new float[Rows * 2];
        for (var row = 0; row < Rows; row++) (values[row * 2], values[row * 2 + 1]) = (row % 3 - 1, float.NaN);

        var cuts = BinCuts.Of(new(FeatureRows.Of(values, 2), new double[Rows], null), Rows, 4, new Random(1), 2);

        Assert.Equal([-1, 0, 1], cuts.Where((_, i) => i % 2 == 0).Take(3));
        Assert.All(cuts.Where((_, i) => i % 2 == 1).Append(cuts[6]), c => Assert.Equal(float.NaN, c));
    }

    [Fact]
    public void A_value_that_has_most_of_the_rows_is_one_bin()
    {
        var values = new float[Rows];
        for (var row = 0; row < Rows; row++) values[row] = row % 10 < 8 ? 0 : row;

        var cuts = BinCuts.Of(new(FeatureRows.Of(values, 1), new double[Rows], null), Rows, 256, new Random(1), 2).Where(c => !float.IsNaN(c)).ToArray();

        Assert.Equal(0, cuts[0]);
        Assert.Equal(cuts.Distinct().Order(), cuts);
        Assert.InRange(cuts.Length, 50, 53);        // a fifth of 256, and that one
    }

    static float[] Feature(float[] cuts, int feature) => [.. cuts.Where((c, i) => i % Width == feature && !float.IsNaN(c))];

    [Fact]
    public void An_infinite_feature_is_named_by_its_own_row()
    {
        var rows = Ordered();
        rows.Features.ToArray()[(250_000 - 1) * Width + 1] = float.PositiveInfinity;

        var error = Assert.Throws<NativeException>(() => Boosting.Train(Trees, rows, new(1, default)).Dispose());

        Assert.Contains("row 250000 has an infinite value in column 2", error.Message, StringComparison.Ordinal);
    }
}
