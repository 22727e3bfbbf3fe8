using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

/// <summary>Each learner against its own predictions, on 100,000 rows with missing values and places it never saw.</summary>
public sealed class EmittedTests : IClassFixture<EmittedTests.Rows>
{
    public sealed class Rows : IDisposable
    {
        internal ToyWorld Known { get; } = new(Toy.Rows(4000, seed: 1));
        internal ToyWorld New { get; } = new(Toy.Rows(100_000, seed: 2, places: true));

        public void Dispose()
        {
            Known.Dispose();
            New.Dispose();
        }
    }

    readonly Rows rows;

    public EmittedTests(Rows rows) => this.rows = rows;

    static readonly Trees<ToyRow> Trees = new();
    static readonly Linear<ToyRow> Linear = new();
    static readonly ZeroRules<ToyRow> ZeroRule = new();

    public static TheoryData<string> Boosted { get; } =
        [.. new[] { "Squared", "Absolute", "PseudoHuber", "Poisson", "Gamma", "Tweedie", "binary flag", "binary text", "classes text", "classes enum",
            "classes code", "quantiles", "one quantile" }];

    static BoostedTrees TreesOf(string what) => what switch
    {
        "binary flag" => Trees.Binary(r => r.Returned, 50),
        "binary text" => Trees.Binary(r => r.Returned, 50, positive: "false"),
        "classes text" => Trees.MultiClass(r => r.Mood, 30),
        "classes enum" => Trees.MultiClass(r => r.Size, 30) with { Balanced = true },
        "classes code" => Trees.MultiClass(r => r.Code, 30) with { Weights = Toy.Schema.Find("weight"), Subsample = 0.8 },
        "quantiles" => Trees.Quantiles(r => r.Sold, [0.1, 0.5, 0.9], 40, 4),
        "one quantile" => Trees.Quantiles(r => r.Sold, [0.8], 40, 4) with { Weights = Toy.Schema.Find("weight") },
        "Gamma" => Trees.Regression(r => r.Weight, 50, loss: TreeLoss.Gamma),
        _ => Trees.Regression(r => r.Sold, 50, loss: Enum.Parse<TreeLoss>(what)),
    };

    [Theory]
    [MemberData(nameof(Boosted))]
    public void The_graph_of_trees_is_the_booster(string what)
    {
        var algorithm = TreesOf(what);
        var (graph, trained, _) = rows.Known.Train(algorithm, Toy.Raw);

        var scores = rows.New.Score(graph);

        using var booster = Booster.Load(trained.Booster!);
        using var scorer = Scorer.Open(TransformGraph.Of(Toy.Raw).ToBytes());
        using var matrix = DMatrix.Of(scorer.Score(rows.New.Frame.All()), scorer.Width, 2);
        var expected = booster.Predict(matrix, algorithm.Loss == TreeLoss.Quantile ? PredictionKind.Margin : PredictionKind.Value);
        if (algorithm.Loss == TreeLoss.Quantile)
            for (var row = 0; row < 100_000; row++) Array.Sort(expected, row * algorithm.Quantiles.Count, algorithm.Quantiles.Count);
        Near(expected, scores);
        Assert.True(scores.Distinct().Count() > 100);
    }

    public static TheoryData<string> Linears { get; } =
        [.. new[] { "least squares", "ridge", "lasso", "elastic net", "logistic", "logistic L1", "softmax", "softmax elastic" }];

    [Theory]
    [MemberData(nameof(Linears))]
    public void The_graph_of_a_linear_model_is_its_weights_in_double_precision(string what)
    {
        Algorithm algorithm = what switch
        {
            "least squares" => Linear.LeastSquares(r => r.Sold),
            "ridge" => Linear.Ridge(r => r.Sold),
            "lasso" => Linear.Lasso(r => r.Sold, 0.01),
            "elastic net" => Linear.ElasticNet(r => r.Sold, 0.02, 0.3),
            "logistic" => Linear.Logistic(r => r.Returned),
            "logistic L1" => Linear.Logistic(r => r.Returned, 3, 1, positive: "false"),
            "softmax" => Linear.MultiClass(r => r.Mood),
            _ => Linear.MultiClass(r => r.Size, 2, 0.5),
        };
        var (graph, _, target) = rows.Known.Train(algorithm, Toy.Fitted);

        var scores = rows.New.Score(graph);

        using var known = Scorer.Open(TransformGraph.Of(Toy.Fitted).ToBytes());
        var train = new TrainingRows(FeatureRows.Of(known, rows.Known.Frame, rows.Known.All, default), target.Values, null);
        var fit = algorithm switch
        {
            Ridge ridge => LeastSquares.Ridge(train, ridge.Alpha, new(0, default)),
            ElasticNet net => LeastSquares.ElasticNet(net, train, new(0, default)),
            _ => LogisticFit.Train((LogisticRegression)algorithm, train, target.Classes.Count, new(0, default)),
        };
        var features = known.Score(rows.New.Frame.All());
        Near([.. Enumerable.Range(0, 100_000).SelectMany(r => fit.Predict(features.AsSpan(r * known.Width, known.Width)).Select(p => (float)p))], scores);
    }

    [Fact]
    public void The_zero_rule_answers_with_what_it_counted()
    {
        var known = rows.Known.Rows;
        var mean = known.Average(r => r.Sold);
        var sorted = known.Select(r => r.Sold).Order().ToArray();
        string[] moods = ["bad", "fair", "good"];
        var shares = moods.Select(m => known.Count(r => r.Mood == m) / (float)known.Count).ToArray();

        Holds([(float)mean], ZeroRule.Mean(r => r.Sold));
        Holds([(float)((sorted[1999] + sorted[2000]) / 2)], ZeroRule.Median(r => r.Sold));
        Holds(shares, ZeroRule.Prior(r => r.Mood));
        Holds([.. shares.Select(s => s == shares.Max() ? 1f : 0f)], ZeroRule.MostFrequent(r => r.Mood));
        Holds([known.Count(r => r.Returned) / 4000f], ZeroRule.Prior(r => r.Returned, binary: true));

        void Holds(float[] expected, Algorithm algorithm)
        {
            var scores = rows.New.Score(rows.Known.Train(algorithm, Toy.Raw).Graph);
            Assert.Equal(100_000 * expected.Length, scores.Length);
            for (var i = 0; i < scores.Length; i++)
                if (Math.Abs(scores[i] - expected[i % expected.Length]) > 1e-6) Assert.Fail($"{algorithm.GetType().Name}: {scores[i]} instead of {expected[i % expected.Length]}");
        }
    }

    static void Near(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
            if (!(Math.Abs(expected[i] - found[i]) <= 1e-5 * Math.Max(1, Math.Abs(expected[i])))) Assert.Fail($"{i}: {found[i]:R}, not {expected[i]:R}");
    }
}
