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
        if (objective is "count:poisson" or "reg:gamma" or "reg:tweedie") labels =
            [.. labels.Select(l => MathF.Max(0, MathF.Round(l)) + (objective == "reg:gamma" ? 1 : 0))];
        if (objective == "multi:softprob") labels = [.. labels.Select(l => l > 9 ? 2f : l > 0 ? 1f : 0f)];
        using var train = DMatrix.Of(matrix, Features).WithLabels(labels);
        var booster = Booster.Of([("objective", objective), ("nthread", "1"), ("tree_method", "hist"), .. more]);
        // XGBoost has no loss for many numbers at once: their gradients are given.
        if (objective == "reg:squarederror" && more.Contains(("num_class", "3")))
            for (var round = 0; round < rounds; round++)
                booster.Boost(train, [.. labels.SelectMany(l => Enumerable.Range(0, 3).Select(o => MathF.Sin(l + o * round)))],
                    Enumerable.Repeat(1f, 15000).ToArray());
        else booster.Train(train, rounds, []);
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
    [InlineData("reg:pseudohubererror", "max_depth=5 huber_slope=3 base_score=2")]
    [InlineData("reg:squarederror", "max_depth=4 num_class=3 base_score=1.5")]
    [InlineData("count:poisson", "max_depth=5 base_score=3.5")]
    [InlineData("reg:gamma", "max_depth=4 base_score=3.5")]
    [InlineData("reg:tweedie", "max_depth=4 tweedie_variance_power=1.3 base_score=2")]
    [InlineData("multi:softprob", "max_depth=4 num_class=3")]
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
    [InlineData("objective=binary:hinge", "objective=binary:hinge")]
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
    public void A_linear_model_of_many_outputs_is_the_sum_worked_out_by_hand()
    {
        float[] row = [.. Enumerable.Range(0, Features).Select(i => 1000f + i)];
        float[] centres = [.. row.Select(x => x - 0.5f)];
        float[] weights = [.. Enumerable.Range(0, Features).SelectMany(i => new[] { i * 0.01f, -i * 0.02f })];
        double[] sums = [0.5 * Enumerable.Range(0, Features).Sum(i => i * 0.01) + 0.1, 0.5 * Enumerable.Range(0, Features).Sum(i => -i * 0.02) + 0.2];

        Near(sums, Run(Learners.Linear(weights, [0.1f, 0.2f], centres, Link.Identity), row));
        Near([.. sums.Select(Math.Exp)], Run(Learners.Linear(weights, [0.1f, 0.2f], centres, Link.Exponential), row));
        Near([.. sums.Select(s => 1 / (1 + Math.Exp(-s)))], Run(Learners.Linear(weights, [0.1f, 0.2f], centres, Link.Logistic), row));
        Near([.. sums.Select(s => Math.Exp(s) / sums.Sum(Math.Exp))], Run(Learners.Linear(weights, [0.1f, 0.2f], centres, Link.Softmax), row));

        static void Near(double[] expected, float[] found) => Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, 1e-6));
    }

    [Fact]
    public void A_constant_answers_every_row_whatever_is_missing()
    {
        var rows = Enumerable.Repeat(float.NaN, 3 * Features).ToArray();

        Assert.Equal([0.25f, 0.75f, 0.25f, 0.75f, 0.25f, 0.75f], Run(Learners.Constant(Features, [0.25f, 0.75f]), rows));
        Assert.Equal([7f], Run(Learners.Constant(Features, [7]), new float[Features]));
        Assert.Equal("onnx.weight", Assert.Throws<KumikiException>(() => Learners.Constant(2, [float.NaN])).Says.Id);
    }

    [Fact]
    public void Outputs_can_be_put_in_order_and_given_an_interval()
    {
        var crossing = Learners.Constant(Features, [3, 1, 2]);

        Assert.Equal([1f, 2f, 3f], Run(Learners.Rising(crossing), new float[Features]));
        Assert.Equal([1f, 2f, 3f, 0.5f, 3.5f], Run(Learners.Interval(Learners.Rising(crossing), 0.5f), new float[Features]));
        Assert.Equal([7f, 5f, 9f], Run(Learners.Interval(Learners.Constant(Features, [7]), 2), new float[Features]));
        // A margin that would turn the interval round.
        Assert.Equal([1f, 2f, 3f, 1f, 3f], Run(Learners.Interval(Learners.Rising(crossing), -2), new float[Features]));
    }

    [Fact]
    public void What_a_models_outputs_are_is_read_from_its_file()
    {
        var model = World.Transform.Append(Learners.Constant((int)World.Transform.Outputs[0].Shape[1], [0.25f, 0.75f]));

        using var scorer = Scorer.Open(new ModelOutputs(["no", "はい"], ["no", "はい"]).On(model).ToBytes());
        using var silent = Scorer.Open(World.Model.ToBytes());

        Assert.Equal(["no", "はい"], ModelOutputs.Of(scorer).Names);
        Assert.Equal(["no", "はい"], ModelOutputs.Of(scorer).Classes);
        Assert.Equal(2, scorer.Width);
        Assert.Same(ModelOutputs.Single, ModelOutputs.Of(silent));
        Assert.Throws<ArgumentException>(() => ModelOutputs.Single.On(model));
    }

    [Fact]
    public void Coded_texts_score_as_texts_do_and_unknown_ones_are_counted()
    {
        var rows = World.Rows(500, seed: 5);
        string?[] stores = [.. Enumerable.Range(0, 500).Select(r => r % 7 == 0 ? null : r % 5 == 0 ? "new" : World.Stores[r % 3])];
        string[] distinct = ["new", "東京", "North", "South", ""];
        Column[] plain = [.. rows[..4], Column.Of<string?>("store", stores)];
        Column[] coded = [.. rows[..4], Column.Of("store", stores.Select(s => s is null ? -1 : Array.IndexOf(distinct, s)).ToArray(), distinct)];
        using var scorer = Scorer.Open(World.Model.ToBytes(), new ScorerOptions { BlockRows = 64 });

        Assert.Equal(scorer.Score(plain), scorer.Score(coded));
        Assert.Equal(scorer.CountUnknown(plain), scorer.CountUnknown(coded));
        Assert.Equal(scorer.Score([.. plain.Select(c => c.Slice(100, 50))]), scorer.Score([.. coded.Select(c => c.Slice(100, 50))]));
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
