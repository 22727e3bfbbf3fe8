using System.Globalization;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class IntervalTests
{
    static readonly Trees<ToyRow> Trees = new();

    [Fact]
    public void The_margin_is_the_right_rank_of_the_misses()
    {
        // 9 misses 1 … 9; 0.8 of 10 is the 8th.
        double[] truth = [1, -2, 3, -4, 5, -6, 7, -8, 9];

        Assert.Equal(8f, Conformal.Margin(new float[9], 1, truth, 0.8, "y"));
        Assert.Equal(9f, Conformal.Margin(new float[9], 1, truth, 0.9, "y"));
        Assert.Equal("An Interval that holds a share of 0.91 needs at least 11 validation rows with the target y, but there are 9; validate on more rows, or ask for a smaller share.",
            Assert.Throws<KumikiException>(() => Conformal.Margin(new float[9], 1, truth, 0.91, "y")).Says.In("en"));
        // Of quantiles [−10, 10], which are too wide, the margin is below 0.
        Assert.Equal(-2f, Conformal.Margin([.. Enumerable.Range(0, 9).SelectMany(_ => new[] { -10f, 10f })], 2, truth, 0.8, "y"));
    }

    [Fact]
    public void Intervals_on_planted_truth_hold_what_was_asked_for()
    {
        // Mean and spread depend on x; over many draws of calibration rows the coverage of new rows is the share, within what chance allows.
        var random = new Random(5);
        var (single, pair) = (new List<double>(), new List<double>());
        for (var draw = 0; draw < 200; draw++)
        {
            var calibration = Draw(200);
            var unseen = Draw(500);
            var margin = Conformal.Margin(calibration.Points, 1, calibration.Truth, 0.8, "y");
            single.Add(Enumerable.Range(0, 500).Count(i => Math.Abs(unseen.Points[i] - unseen.Truth[i]) <= margin) / 500.0);
            var wider = Conformal.Margin(calibration.Bounds, 2, calibration.Truth, 0.8, "y");
            pair.Add(Enumerable.Range(0, 500).Count(i =>
                unseen.Bounds[2 * i] - wider <= unseen.Truth[i] && unseen.Truth[i] <= unseen.Bounds[2 * i + 1] + wider) / 500.0);
        }
        // Exact coverage is ⌈201 · 0.8⌉ / 201 = 0.801; 200 draws have a standard error of about 0.0023.
        Assert.InRange(single.Average(), 0.793, 0.809);
        Assert.InRange(pair.Average(), 0.793, 0.809);

        (float[] Points, float[] Bounds, double[] Truth) Draw(int count)
        {
            double[] x = [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
            return ([.. x.Select(v => (float)(3 * v))], [.. x.SelectMany(v => new[] { (float)(3 * v - 0.5), (float)(3 * v + 0.5) })],
                [.. x.Select(v => 3 * v + (0.2 + v) * Toy.Normal(random))]);
        }
    }

    [Fact]
    public void Quantile_trees_find_planted_quantiles_and_never_cross()
    {
        using var world = new ToyWorld(Toy.Rows(20_000, seed: 3));
        double[] quantiles = [0.05, 0.25, 0.5, 0.75, 0.95];
        var (graph, _, target) = world.Train(Trees.Quantiles(r => r.Sold, quantiles, 150, 4), Toy.Raw, train: [.. Enumerable.Range(0, 12_000)]);

        var scores = world.Score(graph);

        for (var q = 0; q < quantiles.Length; q++)
        {
            var below = Enumerable.Range(12_000, 8000).Count(r => target.Values[r] <= scores[r * 5 + q]) / 8000.0;
            Assert.InRange(below, quantiles[q] - 0.025, quantiles[q] + 0.025);
        }
        for (var row = 0; row < 20_000; row++)
            for (var q = 1; q < 5; q++) Assert.True(scores[row * 5 + q] >= scores[row * 5 + q - 1]);
        // They follow the spread of each row, which one number cannot: the pinball loss is well below that of the quantiles of all rows.
        var whole = quantiles.Select(q => (float)Quantile.Of(target.Values.AsSpan(0, 12_000).ToArray(), [], q)).ToArray();
        Assert.True(Pinball((r, q) => scores[r * 5 + q]) < 0.75 * Pinball((_, q) => whole[q]),
            $"{Pinball((r, q) => scores[r * 5 + q])} against {Pinball((_, q) => whole[q])}");

        double Pinball(Func<int, int, double> predicted) => Enumerable.Range(12_000, 8000).Sum(r => Enumerable.Range(0, 5).Sum(q =>
        {
            var above = target.Values[r] - predicted(r, q);
            return (above > 0 ? quantiles[q] : quantiles[q] - 1) * above;
        }));
    }

    [Fact]
    public void Quantile_trees_stop_early_and_keep_the_best_round()
    {
        using var world = new ToyWorld(Toy.Rows(3000, seed: 4));
        var (losses, facts) = (new List<double>(), new Dictionary<string, string>());
        var course = new TrainingCourse(0, default) { Metric = (name, value, _) => { if (name == "pinball.validation") losses.Add(value); }, Fact = facts.Add };
        int[] train = [.. Enumerable.Range(0, 1000)], validation = [.. Enumerable.Range(1000, 2000)];

        var (graph, _, target) = world.Train(Trees.Quantiles(r => r.Sold, [0.1, 0.9], 500, 6, 0.3) with { EarlyStopping = 10 }, Toy.Raw, train, validation,
            course);

        var best = losses.IndexOf(losses.Min()) + 1;
        Assert.Equal($"{best}", facts["rounds.best"]);
        Assert.Equal(best + 10, losses.Count);
        var scores = world.Score(graph);
        var loss = validation.Average(r => new[] { 0.1, 0.9 }.Select((q, o) =>
            target.Values[r] - scores[r * 2 + o] is var above && above > 0 ? q * above : (q - 1) * above).Average());
        Assert.Equal(losses.Min(), loss, 1e-3);      // what crossed is in order now
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.5)]
    public void Conformalised_quantile_trees_hold_their_share_of_real_rows(double share)
    {
        // Abalone: rings by size, in 20 random thirds; rows are exchangeable.
        var lines = File.ReadAllLines(Path.Combine(SharedData.Folder("tabular-small"), "abalone.csv")).Select(l =>
            l.Split(',')[1..].Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray()).ToArray();
        var (random, covered, covered2, rows) = (new Random(1), 0, 0, 0);
        for (var round = 0; round < 10; round++)
        {
            random.Shuffle(lines);
            var trees = Trees.Quantiles(r => r.Sold, [(1 - share) / 2, (1 + share) / 2], 30, 4, 0.2);
            var trained = Trainer.Train(trees, Part(0, 1500), new(FeatureRows.Of([], 7), [], null), 0, new(0, default));
            var squared = Trainer.Train(Trees.Regression(r => r.Sold, 30, 4, 0.2), Part(0, 1500), new(FeatureRows.Of([], 7), [], null), 0, new(0, default));
            covered += Covered(trained.Learner);
            covered2 += Covered(squared.Learner);
            rows += lines.Length - 2800;
        }
        Assert.InRange((double)covered / rows, share - 0.02, share + 0.03);
        Assert.InRange((double)covered2 / rows, share - 0.02, share + 0.03);

        TrainingRows Part(int from, int to) => new(FeatureRows.Of([.. lines[from..to].SelectMany(l => l[..7]).Select(v => (float)v)], 7),
            [.. lines[from..to].Select(l => l[7])], null);

        int Covered(OnnxModel learner)
        {
            var (calibration, unseen) = (Part(1500, 2800), Part(2800, lines.Length));
            var points = Run(learner, calibration);
            var scores = Run(Learners.Interval(learner, Conformal.Margin(points, points.Length / 1300, calibration.Target, share, "rings")), unseen);
            var width = scores.Length / unseen.Count;
            return Enumerable.Range(0, unseen.Count).Count(r =>
                scores[r * width + width - 2] <= unseen.Target[r] && unseen.Target[r] <= scores[r * width + width - 1]);
        }
    }

    static float[] Run(OnnxModel model, TrainingRows rows)
    {
        using var session = OnnxSession.Open(model.ToBytes());
        using var input = OnnxTensor.Of(TensorType.Float, rows.Count, rows.Features.Width);
        rows.Features.ToArray().CopyTo(input.Values<float>());
        using var output = session.Run([input])[0];
        return output.Values<float>().ToArray();
    }
}
