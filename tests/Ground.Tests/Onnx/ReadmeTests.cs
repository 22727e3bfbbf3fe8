using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class ReadmeTests
{
    [Fact]
    public void The_sample_of_the_readme_trains_saves_and_scores()
    {
        var random = new Random(1);
        string[] stores = ["North", "South"];
        double?[] prices = [.. Enumerable.Range(0, 400).Select(i => i % 9 == 0 ? (double?)null : random.NextDouble() * 10)];
        string[] sold = [.. Enumerable.Range(0, 400).Select(_ => stores[random.Next(2)])];
        float[] units = [.. prices.Zip(sold).Select(r => (float)(100 - 5 * (r.First ?? 5) + (r.Second == "North" ? 20 : 0)))];
        Column[] rows = [Column.Of("price", prices), Column.Of("store", sold)];
        var (median, mean, deviation) = (5.0, 5.0, 2.7);
        var progress = new List<RoundFigure>();

        // 1. What was fitted on the training rows becomes the first part of the graph.
        var transform = TransformGraph.Of(
        [
            new("price", ColumnKind.Number, new FittedStep.Impute(median, Indicator: true), new FittedStep.Scale(mean, deviation)),
            new("store", ColumnKind.Text, new FittedStep.OneHot(stores)),
        ]);

        // 2. The learner trains on what that part makes of the training rows.
        using var features = Scorer.Open(transform.ToBytes());
        using var train = DMatrix.Of(features.Score(rows), features.Width).WithLabels(units);
        using var booster = Booster.Of([("objective", "reg:squarederror"), ("tree_method", "hist")]);
        booster.Train(train, rounds: 50, watched: [("train", train)], onRound: figures => { progress.AddRange(figures); return true; });

        // 3. Both are one model, one file.
        var model = transform.Append(Learners.XGBoost(booster.Save()));
        var file = model.ToBytes();

        // 4. Anybody with the file scores table columns.
        using var scorer = Scorer.Open(file);
        float[] scores = scorer.Score(rows);

        Assert.All(scores.Zip(booster.Predict(train)), p => Assert.Equal(p.First, p.Second, 1e-3));
        Assert.All(scores.Zip(units), p => Assert.InRange(p.First, p.Second - 3, p.Second + 3));
        Assert.Equal(50, progress.Count);
    }

    [Fact]
    public void The_sample_in_the_readme_is_the_code_of_this_test()
    {
        static IEnumerable<string> Lines(string text) => text.Split('\n').Select(l => l.Trim()).Where(l => l != "");
        var readme = File.ReadAllText(World.Above("src/1-ground/Onnx/README.md"));
        var sample = readme[(readme.IndexOf("```csharp", StringComparison.Ordinal) + 9)..];
        var code = Lines(File.ReadAllText(World.Above("tests/Ground.Tests/Onnx/ReadmeTests.cs"))).ToHashSet();

        Assert.All(Lines(sample[..sample.IndexOf("```", StringComparison.Ordinal)]), line => Assert.Contains(line, code));
    }
}
