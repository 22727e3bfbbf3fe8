using Kumiki.Native;
using Kumiki.Native.XGBoost;
using Xunit;

namespace Kumiki.Ground.Tests.XGBoost;

public sealed class BinsTests
{
    const int Columns = 5;

    static float[] Matrix(int rows, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows * Columns).Select(_ => random.Next(8) == 0 ? float.NaN : (float)random.NextDouble())];
    }

    static float Filled(float value) => float.IsNaN(value) ? 0.5f : value;

    static float[] Labels(float[] matrix) => [.. Enumerable.Range(0, matrix.Length / Columns).Select(r =>
        Filled(matrix[r * Columns]) * 3 + Filled(matrix[r * Columns + 1]))];

    static DMatrix Bins(float[] matrix, int block, float[]? weights = null, DMatrix? like = null) =>
        DMatrix.Bins(matrix.Length / Columns, Columns, block, (from, into) => matrix.AsMemory(from * Columns, into.Length).CopyTo(into), weights, like: like);

    static Booster Plain(params (string, string)[] more) => Booster.Of([("objective", "reg:squarederror"), ("tree_method", "hist"), ("nthread", "1"), .. more]);

    [Theory]
    [InlineData(5000)]
    [InlineData(1000)]
    [InlineData(333)]
    public void Trees_on_bins_fed_in_blocks_are_those_on_values(int block)
    {
        var (matrix, more) = (Matrix(5000, seed: 1), Matrix(700, seed: 2));
        var weights = Enumerable.Range(0, 5000).Select(r => r % 3 + 0.5f).ToArray();
        using var values = DMatrix.Of(matrix, Columns).WithLabels(Labels(matrix)).WithWeights(weights);
        using var bins = Bins(matrix, block, weights).WithLabels(Labels(matrix));
        using var watched = Bins(more, block, like: bins).WithLabels(Labels(more));
        using var unseen = DMatrix.Of(more, Columns).WithLabels(Labels(more));
        using var ours = Plain();
        using var theirs = Plain();
        ours.Train(bins, 20, []);
        theirs.Train(values, 20, []);

        Assert.Equal(theirs.Predict(unseen), ours.Predict(unseen));
        Assert.Equal(ours.Measure(19, [("x", unseen)])[0].Value, ours.Measure(19, [("x", watched)])[0].Value, 1e-6);
    }

    [Fact]
    public void What_the_rows_throw_comes_out_whichever_block_and_pass_it_is()
    {
        var matrix = Matrix(1000, seed: 1);
        for (var at = 1; at <= 40; at++)
        {
            var left = at;
            var thrown = Record.Exception(() => DMatrix.Bins(1000, Columns, 100, (from, into) =>
            {
                if (--left == 0) throw new TimeZoneNotFoundException($"call {at}");
                matrix.AsMemory(from * Columns, into.Length).CopyTo(into);
            }).Dispose());
            if (left > 0) break;        // it was not asked for so often
            Assert.Equal($"call {at}", Assert.IsType<TimeZoneNotFoundException>(thrown).Message);
        }
    }

    [Fact]
    public void An_infinite_value_is_refused_by_row_and_column()
    {
        var matrix = Matrix(1000, seed: 1);
        matrix[4321] = float.PositiveInfinity;

        Assert.Equal("row 865 has an infinite value in column 2", Assert.Throws<NativeException>(() => Bins(matrix, 100)).Reason);
    }

    [Fact]
    public void A_round_on_a_gradient_of_ones_own_is_that_of_the_objective()
    {
        var matrix = Matrix(2000, seed: 1);
        var labels = Labels(matrix);
        using var bins = Bins(matrix, 500).WithLabels(labels);
        using var values = DMatrix.Of(matrix, Columns);
        using var ours = Plain(("base_score", "0"));
        using var theirs = Plain(("base_score", "0"));
        var ones = Enumerable.Repeat(1f, 2000).ToArray();
        theirs.Train(bins, 1, []);
        ours.Boost(bins, Array.ConvertAll(labels, l => -l), ones);
        Assert.Equal(theirs.Predict(values), ours.Predict(values));

        theirs.Train(bins, 1, []);
        ours.Boost(bins, [.. ours.Predict(values).Zip(labels, (p, l) => p - l)], ones);

        Assert.All(theirs.Predict(values).Zip(ours.Predict(values)), p => Assert.Equal(p.First, p.Second, 1e-4f));
        Assert.Equal(2, ours.Rounds);
        Assert.Throws<ArgumentException>(() => ours.Boost(bins, [1f], [1f]));
    }

    [Fact]
    public void A_slice_has_the_rounds_asked_for()
    {
        var matrix = Matrix(2000, seed: 1);
        using var rows = DMatrix.Of(matrix, Columns).WithLabels(Labels(matrix));
        using var whole = Plain(("base_score", "0"));
        using var begun = Plain(("base_score", "0"));
        whole.Train(rows, 10, []);
        begun.Train(rows, 4, []);

        using var first = whole.Slice(0, 4);
        using var rest = whole.Slice(4, 10);

        Assert.Equal(begun.Predict(rows), first.Predict(rows));
        Assert.All(whole.Predict(rows).Zip(first.Predict(rows).Zip(rest.Predict(rows))), p => Assert.Equal(p.First, p.Second.First + p.Second.Second, 1e-4f));
        Assert.Equal((4, 6), (first.Rounds, rest.Rounds));
        Assert.Throws<ArgumentOutOfRangeException>(() => whole.Slice(4, 11));
    }

    [Theory]
    [InlineData("reg:squarederror", 1)]
    [InlineData("binary:logistic", 1)]
    [InlineData("multi:softprob", 3)]
    public void Contributions_sum_to_the_margin(string objective, int outputs)
    {
        var matrix = Matrix(3000, seed: 1);
        var labels = Labels(matrix);
        if (objective == "binary:logistic") labels = [.. labels.Select(l => l > 2 ? 1f : 0f)];
        if (outputs == 3) labels = [.. labels.Select(l => MathF.Min(2, MathF.Floor(l)))];
        using var rows = DMatrix.Of(matrix, Columns).WithLabels(labels);
        using var booster = Booster.Of([("objective", objective), ("tree_method", "hist"), ("nthread", "1"),
            .. outputs == 3 ? [("num_class", "3")] : Array.Empty<(string, string)>()]);
        booster.Train(rows, 20, []);
        using var loaded = Booster.Load(booster.Save(BoosterFormat.Ubj));
        var margins = booster.Predict(rows, PredictionKind.Margin);

        foreach (var approximate in new[] { false, true })
        {
            var contributions = loaded.Contributions(rows, approximate);

            Assert.Equal(3000 * outputs * (Columns + 1), contributions.Length);
            for (var i = 0; i < margins.Length; i++)
                Assert.Equal(margins[i], contributions.AsSpan(i * (Columns + 1), Columns + 1).ToArray().Sum(), 1e-4f);
        }
        // Columns 3 and 4 say nothing about the label, 0 says the most.
        var sizes = Enumerable.Range(0, Columns).Select(c => loaded.Contributions(rows).Where((_, i) => i % (Columns + 1) == c).Sum(Math.Abs)).ToArray();
        Assert.Equal(0, Array.IndexOf(sizes, sizes.Max()));
    }
}
