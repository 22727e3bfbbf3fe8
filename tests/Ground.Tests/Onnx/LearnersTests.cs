using System.Text;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class LearnersTests
{
    const int Features = 12;

    static float[] Matrix(int rows, int seed)
    {
        var random = new Random(seed);
        float Number() => (float)Math.Round(random.NextDouble() * 40 - 20, random.Next(3));
        return [.. Enumerable.Range(0, rows * Features).Select(_ => random.Next(10) == 0 ? float.NaN : Number())];
    }

    static float Target(ReadOnlySpan<float> row) =>
        (float.IsNaN(row[0]) ? -7 : row[0]) * (float.IsNaN(row[1]) ? 2 : MathF.Sign(row[1])) + (row[2] > row[3] ? 9 : 0);

    static Booster Train(string objective, int rounds, params (string, string)[] more)
    {
        var matrix = Matrix(5000, seed: 1);
        float[] labels = [.. Enumerable.Range(0, 5000).Select(r => Target(matrix.AsSpan(r * Features, Features)))];
        if (objective.EndsWith("logistic", StringComparison.Ordinal)) labels = [.. labels.Select(l => l > 3 ? 1f : 0f)];
        using var train = DMatrix.Of(matrix, Features).WithLabels(labels);
        var booster = Booster.Of([("objective", objective), ("nthread", "1"), ("tree_method", "hist"), .. more]);
        booster.Train(train, rounds, []);
        return booster;
    }

    static float[] Run(OnnxModel model, float[] matrix)
    {
        using var session = OnnxSession.Open(model.ToBytes());
        using var input = OnnxTensor.Of(TensorType.Float, matrix.Length / Features, Features);
        matrix.CopyTo(input.Values<float>());
        using var output = session.Run([input])[0];
        return output.Values<float>().ToArray();
    }

    [Theory]
    [InlineData("reg:squarederror", "max_depth=6")]
    [InlineData("reg:squarederror", "max_depth=6 base_score=-3.25 gamma=2")]
    [InlineData("reg:squarederror", "grow_policy=lossguide max_leaves=40 max_depth=0")]
    [InlineData("reg:squarederror", "tree_method=exact max_depth=4 gamma=5 num_parallel_tree=2 subsample=0.7")]
    [InlineData("reg:absoluteerror", "max_depth=3")]
    [InlineData("binary:logistic", "max_depth=5")]
    [InlineData("binary:logistic", "max_depth=3 base_score=0.2")]
    [InlineData("reg:logistic", "max_depth=3")]
    public void The_graph_of_trees_gives_xgboosts_own_predictions_on_100_000_rows_with_missing_values(string objective, string parameters)
    {
        using var booster = Train(objective, 60, [.. parameters.Split(' ').Select(p => (p.Split('=')[0], p.Split('=')[1]))]);
        var matrix = Matrix(100_000, seed: 2);
        using var rows = DMatrix.Of(matrix, Features);
        var expected = booster.Predict(rows);

        var scores = Run(Learners.XGBoost(booster.Save()), matrix);

        for (var i = 0; i < expected.Length; i++)
            if (!(Math.Abs(expected[i] - scores[i]) <= 1e-5 * Math.Max(1, Math.Abs(expected[i])))) Assert.Fail($"Row {i}: {scores[i]}, not {expected[i]}");
        Assert.True(expected.Distinct().Count() > 50);
    }

    [Fact]
    public void Trees_of_a_single_leaf_are_kept()
    {
        using var booster = Train("reg:squarederror", 3, ("gamma", "1e12"));
        var matrix = Matrix(50, seed: 3);
        using var rows = DMatrix.Of(matrix, Features);

        Assert.Equal(booster.Predict(rows), Run(Learners.XGBoost(booster.Save()), matrix));
    }

    [Fact]
    public void A_linear_model_is_the_sum_worked_out_by_hand()
    {
        float[] weights = [.. Enumerable.Range(0, Features).Select(i => i - 5.5f)];
        float[] row = [.. Enumerable.Range(0, Features).Select(i => (float)i * i)];

        Assert.Equal([weights.Zip(row).Sum(p => p.First * p.Second) + 0.25f], Run(Learners.Linear(weights, 0.25f), row));
    }

    [Fact]
    public void A_weight_that_is_no_number_is_refused()
    {
        Assert.Equal("onnx.weight", Assert.Throws<KumikiException>(() => Learners.Linear([1, float.NaN], 0)).Says.Id);
        Assert.Equal("onnx.weight", Assert.Throws<KumikiException>(() => Learners.Linear([1], float.PositiveInfinity)).Says.Id);
    }

    [Theory]
    [InlineData("objective=count:poisson", "objective=count:poisson")]
    [InlineData("booster=dart", "booster=dart")]
    [InlineData("booster=gblinear", "booster=gblinear")]
    public void What_cannot_be_converted_is_named(string parameter, string named)
    {
        var matrix = Matrix(200, seed: 1);
        using var train = DMatrix.Of(matrix, Features).WithLabels(Enumerable.Repeat(1f, 200).ToArray());
        using var booster = Booster.Of([(parameter.Split('=')[0], parameter.Split('=')[1])]);
        booster.Train(train, 1, []);

        var e = Assert.Throws<KumikiException>(() => Learners.XGBoost(booster.Save()));

        Assert.Equal(("onnx.xgboost-not-converted", named), (e.Says.Id, e.Says.Values["what"]));
    }

    [Fact]
    public void Many_classes_are_refused()
    {
        var matrix = Matrix(200, seed: 1);
        using var train = DMatrix.Of(matrix, Features).WithLabels([.. Enumerable.Range(0, 200).Select(i => (float)(i % 3))]);
        using var booster = Booster.Of([("objective", "multi:softprob"), ("num_class", "3")]);
        booster.Train(train, 1, []);

        Assert.Equal("objective=multi:softprob", Assert.Throws<KumikiException>(() => Learners.XGBoost(booster.Save())).Says.Values["what"]);
    }

    [Fact]
    public void A_booster_without_trees_is_refused()
    {
        using var booster = Train("reg:squarederror", 0);

        Assert.StartsWith("onnx.xgboost-", Assert.Throws<KumikiException>(() => Learners.XGBoost(booster.Save())).Says.Id, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{"learner": {"objective": {}}}""")]
    [InlineData("""{"learner": 3}""")]
    public void What_is_no_xgboost_json_is_refused(string json) =>
        Assert.Equal("onnx.xgboost-unreadable", Assert.Throws<KumikiException>(() => Learners.XGBoost(Encoding.UTF8.GetBytes(json))).Says.Id);
}
