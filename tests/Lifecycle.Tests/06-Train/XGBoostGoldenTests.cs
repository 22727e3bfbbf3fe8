using System.Globalization;
using System.Text.Json;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Native.XGBoost;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class XGBoostGoldenTests
{
    static readonly JsonElement Root = Golden.File("06-Train/golden/trees.json");

    public static TheoryData<int> Cases { get; } = [.. Enumerable.Range(0, Root.GetProperty("cases").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Trees_are_those_of_xgboost_called_from_python(int number)
    {
        var of = Root.GetProperty("cases")[number];
        var loss = Enum.Parse<TreeLoss>(of.GetProperty("loss").GetString()!);
        var settings = of.GetProperty("settings");
        var lines = File.ReadAllLines(Path.Combine(SharedData.Folder("tabular-small"), "abalone.csv")).Select(l => l.Split(',')).ToArray();
        float[] features = [.. lines.SelectMany((l, row) =>
            l[1..8].Select((v, c) => c == 2 && row % 17 == 0 ? float.NaN : float.Parse(v, CultureInfo.InvariantCulture)))];
        double[] target = [.. lines.Select(l => loss switch { TreeLoss.Softmax => "FIM".IndexOf(l[0], StringComparison.Ordinal), TreeLoss.Logistic =>
            int.Parse(l[8], CultureInfo.InvariantCulture) > 9 ? 1 : 0, _ => double.Parse(l[8], CultureInfo.InvariantCulture) })];
        var weights = of.GetProperty("weighted").GetBoolean() ? Enumerable.Range(0, lines.Length).Select(i => 0.5 + i % 4).ToArray() : null;
        var trees = new BoostedTrees(Toy.Schema.Columns[0], loss, 40, (int)Setting("max_depth", 6), 0.1)
        {
            Subsample = Setting("subsample", 1),
            FeatureSample = Setting("colsample_bytree", 1),
            Lambda = Setting("lambda", 1),
            Alpha = Setting("alpha", 0),
            Gamma = Setting("gamma", 0),
            MinChildWeight = Setting("min_child_weight", 1),
            MaxBins = (int)Setting("max_bin", 256),
            HuberSlope = Setting("huber_slope", 1),
            TweediePower = Setting("tweedie_variance_power", 1.5),
        };

        var trained = Trainer.Train(trees, new(FeatureRows.Of(features, 7), target, weights), new(FeatureRows.Of([], 7), [], null), 3,
            new TrainingCourse((long)Setting("seed", 0), default));

        float[] some = [.. Enumerable.Range(0, lines.Length).Where(r => r % Root.GetProperty("every").GetInt32() == 0).SelectMany(r =>
            features[(r * 7)..(r * 7 + 7)])];
        using var rows = DMatrix.Of(some, 7);
        using var booster = Booster.Load(trained.Booster!);
        Near(booster.Predict(rows), 1e-6);
        using var session = OnnxSession.Open(trained.Learner.ToBytes());
        using var input = OnnxTensor.Of(TensorType.Float, some.Length / 7, 7);
        some.CopyTo(input.Values<float>());
        using var output = session.Run([input])[0];
        Near(output.Values<float>().ToArray(), 2e-6);

        void Near(float[] found, double by)
        {
            var expected = Golden.Numbers(of.GetProperty("predicted"));
            Assert.Equal(expected.Length, found.Length);
            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - found[i]) <= by * Math.Max(1, Math.Abs(expected[i])),
                    $"{loss}, {settings}: {found[i]:R} instead of {expected[i]:R} at {i}");
        }

        double Setting(string name, double otherwise) => settings.TryGetProperty(name, out var value) ? value.GetDouble() : otherwise;
    }
}
