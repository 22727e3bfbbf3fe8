using System.Text.Json;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Statistics;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class CalibratorTests
{
    static readonly JsonElement Root = Golden.File("06-Train/golden/calibration.json");

    static float[] Floats(JsonElement numbers) => Array.ConvertAll(Golden.Numbers(numbers), v => (float)v);

    static float[] Run(OnnxModel model, float[] rows, int width)
    {
        using var session = OnnxSession.Open(model.ToBytes());
        using var input = OnnxTensor.Of(TensorType.Float, rows.Length / width, width);
        rows.CopyTo(input.Values<float>());
        using var output = session.Run([input])[0];
        return output.Values<float>().ToArray();
    }

    /// <summary>A learner that answers with its features.</summary>
    static OnnxModel Same(int width)
    {
        var weights = new float[width * width];
        for (var c = 0; c < width; c++) weights[c * width + c] = 1;
        return Learners.Linear(weights, new float[width], [], Link.Identity);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Calibrations_of_two_classes_are_scikit_learns(int number)
    {
        var fit = Root.GetProperty("fits")[number];
        var (scores, truth) = (Floats(Root.GetProperty("scores")), Golden.Numbers(Root.GetProperty("truth")));
        var weights = fit.GetProperty("weighted").GetBoolean() ? Golden.Numbers(Root.GetProperty("weights")) : null;

        var (power, factor) = ProbabilityCalibration.Platt(scores, truth, weights);
        var temperature = ProbabilityCalibration.Temperature(scores, 1, truth, weights);
        var (from, to) = ProbabilityCalibration.Isotonic(scores, truth, weights);

        // scikit-learn's own search ends where the slope is below 1e-5.
        Assert.Equal(fit.GetProperty("power").GetDouble(), power, 1e-4);
        Assert.Equal(fit.GetProperty("shift").GetDouble(), -Math.Log(factor), 1e-4);
        Assert.Equal(fit.GetProperty("temperature").GetDouble(), temperature, 1e-6);
        var tried = Floats(Root.GetProperty("tried"));
        Assert.Equal(Golden.Numbers(fit.GetProperty("isotonic")), Run(Learners.Through(Same(1), from, to), tried, 1).Select(v => (double)v), (e, f) => Math.Abs(e - f) < 1e-6);
        // The graph does what the numbers say.
        var changed = Run(Learners.WithOdds(Same(1), (float)power, (float)factor), tried, 1);
        foreach (var (score, found) in tried.Zip(changed)) Assert.Equal(1 / (1 + factor * Math.Pow((1.0 - score) / score, power)), found, 2e-6);
        Assert.Equal((0, 1), (changed[0], changed[^1]));
    }

    [Fact]
    public void The_temperature_of_many_classes_is_the_one_scipy_finds_and_keeps_the_likeliest()
    {
        var many = Root.GetProperty("many");
        var scores = Floats(many.GetProperty("scores"));

        var power = ProbabilityCalibration.Temperature(scores, 3, Golden.Numbers(many.GetProperty("truth")), null);

        Assert.Equal(many.GetProperty("temperature").GetDouble(), power, 1e-6);
        Assert.InRange(power, 0.25, 0.45);      // three times too sure
        var sharpened = Run(Learners.Sharpened(Same(3), (float)power), scores, 3);
        for (var row = 0; row < scores.Length; row += 3)
        {
            var (before, after) = (scores.AsSpan(row, 3).ToArray(), sharpened.AsSpan(row, 3).ToArray());
            Assert.Equal(1, after.Sum(), 1e-6);
            Assert.Equal(Array.IndexOf(before, before.Max()), Array.IndexOf(after, after.Max()));
        }
    }

    [Theory]
    [InlineData(Calibrator.Platt)]
    [InlineData(Calibrator.Isotonic)]
    [InlineData(Calibrator.Temperature)]
    public void A_model_that_is_too_sure_is_mended_in_its_graph_and_a_row_has_the_same_bits_alone(Calibrator by)
    {
        // 600 rows, 200 deep trees: learnt by heart.
        using var world = new ToyWorld(Toy.Rows(9000, seed: 12));
        var (raw, calibrated) = (Fit(null), Fit(by));
        int[] test = [.. Enumerable.Range(4600, 4400)];
        var target = TargetColumn.Of(raw.Algorithm, world.Frame, world.All);

        var (before, after) = (raw.Fit.Score(world.Frame, target, test, new(0, default)),
            calibrated.Fit.Score(world.Frame, target, test, new(0, default)));

        // Drawn once and known to the third place; the rule that says the positive share of every row has 0.67.
        Assert.InRange(Classification.LogLoss(before.Scores, before.Truth), 0.8, 3);
        Assert.InRange(Classification.LogLoss(after.Scores, after.Truth), 0.4, 0.68);
        using var scorer = Scorer.Open(calibrated.Fit.Graph.ToBytes());
        Assert.Equal(after.Scores[..300], test[..300].Select(row => (double)FeatureRows.Of(scorer, world.Frame, [row], default).ToArray()[0]));

        (ModelFit Fit, Algorithm Algorithm) Fit(Calibrator? by)
        {
            var learner = new Features<ToyRow>([]).Number(r => r.Price).OneHot(r => r.Place).Number(r => r.Day).Number(r => r.Discount)
                .Then(new Trees<ToyRow>().Binary(r => r.Returned, rounds: 200, depth: 10, learningRate: 0.3) with { MinChildWeight = 0.01, Calibrated = by });
            var of = TargetColumn.Of(learner.Algorithm, world.Frame, world.All);
            return (ModelFit.Of("toy", learner, world.Frame, of, world.All[..600], world.All[600..4600], new(0, default)), learner.Algorithm);
        }
    }

    [Fact]
    public void Many_classes_are_calibrated_by_temperature_alone()
    {
        using var world = new ToyWorld(Toy.Rows(3000, seed: 12));
        var learner = new Features<ToyRow>([]).Number(r => r.Price).OneHot(r => r.Place).Number(r => r.Day)
            .Then(new Trees<ToyRow>().MultiClass(r => r.Mood, rounds: 80, depth: 8, learningRate: 0.3) with { Calibrated = Calibrator.Temperature });
        var target = TargetColumn.Of(learner.Algorithm, world.Frame, world.All);
        var told = new Dictionary<string, double>();

        var fit = ModelFit.Of("toy", learner, world.Frame, target, world.All[..500], world.All[500..2500], new(0, default) { Metric = (name, value, _) => told[name] = value });

        Assert.InRange(told["calibration.power"], 0.05, 0.7);
        var scored = fit.Score(world.Frame, target, world.All[2500..], new(0, default));
        Assert.All(scored.Scores.Chunk(3), s => Assert.Equal(1, s.Sum(), 1e-5));
    }

    [Fact]
    public void A_class_whose_rows_count_nothing_is_not_there()
    {
        var error = Assert.Throws<KumikiException>(() =>
            ProbabilityCalibration.Of(Calibrator.Isotonic, Same(1), [0.2f, 0.4f, 0.6f], 1, [0, 1, 1], [0, 1, 1], "returned", new(0, default)));

        Assert.Equal("training.calibrate-class", error.Says.Id);
    }

    [Fact]
    public void What_cannot_be_calibrated_is_refused_by_column()
    {
        var trees = new Trees<ToyRow>();

        Assert.Equal("Calibrated is of probabilities, but the target sold is predicted as a number; take Calibrated away, or name an Interval.",
            Assert.Single((trees.Regression(r => r.Sold) with { Calibrated = Calibrator.Platt }).Check()).In("en"));
        Assert.Equal("Isotonic calibrates two classes, but the target mood is predicted as many; take Temperature.",
            Assert.Single((trees.MultiClass(r => r.Mood) with { Calibrated = Calibrator.Isotonic }).Check()).In("en"));
        using var world = new ToyWorld([.. Toy.Rows(200, seed: 1).Select((r, i) => i < 100 ? r : r with { Returned = true })]);
        Assert.Equal("The 100 validation rows that are to calibrate are of one class of returned, which says nothing of the other; take more validation rows.", Says(100));
        Assert.Equal("toy: Calibrated needs validation rows, but the split gives none; give the split some, or take Calibrated away.", Says(0));

        string Says(int validation)
        {
            var learner = new Features<ToyRow>([]).Number(r => r.Price).Then(trees.Binary(r => r.Returned, 5) with { Calibrated = Calibrator.Platt });
            var target = TargetColumn.Of(learner.Algorithm, world.Frame, world.All[..100]);
            return Assert.Throws<KumikiException>(() =>
                ModelFit.Of("toy", learner, world.Frame, target, world.All[..100], world.All[100..(100 + validation)], new(0, default))).Says.In("en");
        }
    }
}
