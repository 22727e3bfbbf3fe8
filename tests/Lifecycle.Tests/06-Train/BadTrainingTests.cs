using Kumiki.Tables;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class BadTrainingTests
{
    static readonly Trees<ToyRow> Trees = new();
    static readonly Linear<ToyRow> Linear = new();
    static readonly ZeroRules<ToyRow> ZeroRule = new();

    static ToyRow[] Rows(Func<ToyRow, ToyRow>? change = null) => [.. Toy.Rows(60, seed: 1).Select(change ?? (r => r))];

    static string Says(IReadOnlyList<ToyRow> rows, Algorithm algorithm, int[]? train = null)
    {
        using var world = new ToyWorld(rows);
        return Assert.Throws<KumikiException>(() => world.Train(algorithm, Toy.Raw, train)).Says.In("en");
    }

    static ColumnSchema Weight => Toy.Schema.Find("weight")!;

    [Fact]
    public void Targets_that_leave_nothing_to_learn_are_refused_by_column()
    {
        Assert.Equal("The target returned has the one class false in all training rows; load rows of another class, or split otherwise.",
            Says(Rows(r => r with { Returned = false }), Trees.Binary(r => r.Returned)));
        Assert.Equal("The target sold is 2.5 in every training row, so there is nothing to learn; name another target, or load rows in which it varies.",
            Says(Rows(r => r with { Sold = 2.5 }), Trees.Regression(r => r.Sold)));
        Assert.Equal("There is one training row with the target sold, from which nothing can be learnt; load more data.",
            Says(Rows(), Linear.Ridge(r => r.Sold), train: [7]));
        Assert.Equal("The target sold is missing in every training row; mend its source, or name another target.",
            Says(Rows(), Linear.Ridge(r => r.Sold), train: []));
        Assert.Equal("The target mood is missing in every training row; mend its source, or name another target.",
            Says(Rows(), Trees.MultiClass(r => r.Mood), train: []));
        Assert.Equal("The target price is missing in every training row; mend its source, or name another target.", Missing());

        static string Missing()
        {
            using var world = new ToyWorld(Rows(r => r with { Price = null }));
            var target = TargetColumn.Of(Trees.Regression(r => r.Price), world.Frame, world.All);
            return Assert.Throws<KumikiException>(() =>
                target.Check(Trees.Regression(r => r.Price), [.. world.All.Where(r => !double.IsNaN(target.Values[r]))])).Says.In("en");
        }
    }

    [Fact]
    public void A_zero_rule_takes_what_never_changes()
    {
        using var world = new ToyWorld(Rows(r => r with { Sold = 2.5 }));

        Assert.All(world.Score(world.Train(ZeroRule.Mean(r => r.Sold), Toy.Raw).Graph), s => Assert.Equal(2.5f, s));
    }

    [Fact]
    public void Classes_that_do_not_fit_are_refused_by_column()
    {
        Assert.Equal("The target mood has 3 classes, but Binary and Logistic take two; use MultiClass.", Says(Rows(), Trees.Binary(r => r.Mood)));
        Assert.Equal("The target size has no class Huge in its training rows to be the positive one; name one of Small, Large.",
            Says(Rows(r => r with { Size = r.Size == Size.Middle ? Size.Small : r.Size }), Linear.Logistic(r => r.Size, positive: "Huge")));
        Assert.Equal("ClassWeights names the class great, which the target mood does not have in its training rows; name only bad, fair, good.",
            Says(Rows(), Trees.MultiClass(r => r.Mood) with { ClassWeights = new Dictionary<string, double> { ["great"] = 2 } }));
        var number = 0;
        Assert.Equal("The target code has 1001 classes, more than 1000; join rare ones, or train a regression.",
            Says([.. Toy.Rows(1001, seed: 1).Select(r => r with { Code = number++ })], Trees.MultiClass(r => r.Code)));
    }

    [Fact]
    public void Values_that_no_model_can_hold_are_refused_by_column_and_row()
    {
        var number = 0;
        Assert.Equal("The target sold is 1E+39 in row 5, beyond what a model can hold; correct it or leave it empty.",
            Says(Rows(r => ++number == 5 ? r with { Sold = 1e39 } : r), Trees.Regression(r => r.Sold)));
        number = 0;
        Assert.Equal("The target sold is -1 in row 9, which the loss Poisson does not allow; correct the row, or take the loss Squared.",
            Says(Rows(r => ++number == 9 ? r with { Sold = -1 } : r), Trees.Regression(r => r.Sold, loss: TreeLoss.Poisson)));
        number = 0;
        Assert.StartsWith("The target sold is 0 in row 3, which the loss Gamma",
            Says(Rows(r => r with { Sold = ++number == 3 ? 0 : r.Sold + 1 }), Trees.Regression(r => r.Sold, loss: TreeLoss.Gamma)), StringComparison.Ordinal);
        number = 0;
        Assert.Equal("Column price has a number too large for a model in row 33 (Infinity); correct it or leave it empty.",
            Says(Rows(r => ++number == 33 ? r with { Price = 1e300 } : r), Trees.Regression(r => r.Sold)));
    }

    [Fact]
    public void Weights_that_cannot_be_counted_with_are_refused_by_column()
    {
        var number = 0;
        Assert.Equal("The weight weight is -0.5 in row 4; weights are finite numbers of 0 or more, so correct the row or leave it out.",
            Says(Rows(r => ++number == 4 ? r with { Weight = -0.5 } : r), Trees.Regression(r => r.Sold) with { Weights = Weight }));
        Assert.Equal("The weights of weight sum to 0 over the training rows, so that no row counts; give some row a weight above 0.",
            Says(Rows(r => r with { Weight = 0 }), Linear.Ridge(r => r.Sold) with { Weights = Weight }));
        Assert.Equal("The weights of mood sum to 0 over the training rows, so that no row counts; give some row a weight above 0.",
            Says(Rows(), Trees.MultiClass(r => r.Mood) with { ClassWeights = new Dictionary<string, double> { ["bad"] = 0, ["fair"] = 0, ["good"] = 0 } }));
    }

    public static TheoryData<string, string> Settings { get; } = new()
    {
        { "rounds", "BoostedTrees: Rounds is 0, but has to be in [1, 100000]; give it a value in that range." },
        { "depth", "BoostedTrees: Depth is 31, but has to be in [1, 30]; give it a value in that range." },
        { "learning rate", "BoostedTrees: LearningRate is 0, but has to be in (0, 1]; give it a value in that range." },
        { "NaN", "BoostedTrees: LearningRate is NaN, but has to be in (0, 1]; give it a value in that range." },
        { "subsample", "BoostedTrees: Subsample is 1.5, but has to be in (0, 1]; give it a value in that range." },
        { "lambda", "BoostedTrees: Lambda is -1, but has to be in [0, ∞); give it a value in that range." },
        { "bins", "BoostedTrees: MaxBins is 1, but has to be in [2, 65535]; give it a value in that range." },
        { "stopping", "BoostedTrees: EarlyStopping is 0, but has to be in [1, ∞); give it a value in that range." },
        { "tweedie", "BoostedTrees: TweediePower is 2, but has to be in (1, 2); give it a value in that range." },
        { "quantile", "BoostedTrees: Quantiles[1] is 0.2, but has to be in (0.5, 1); give it a value in that range." },
        { "no quantile", "BoostedTrees: Quantiles.Count is 0, but has to be in [1, 99]; give it a value in that range." },
        { "interval", "Ridge: Interval is 1, but has to be in (0, 1); give it a value in that range." },
        { "alpha", "ElasticNet: Alpha is -0.1, but has to be in [0, ∞); give it a value in that range." },
        { "share", "ElasticNet: L1Share is 2, but has to be in [0, 1]; give it a value in that range." },
        { "penalty", "LogisticRegression: Penalty is Infinity, but has to be in [0, ∞); give it a value in that range." },
        { "iterations", "LogisticRegression: MaxIterations is 0, but has to be in [1, ∞); give it a value in that range." },
        { "class weight", "BoostedTrees: ClassWeights[bad] is -1, but has to be in [0, ∞); give it a value in that range." },
        { "text", "The target mood is string, but a regression needs a number; train Binary or MultiClass for classes, or name a column of numbers." },
        { "flag", "The target returned is bool, but a regression needs a number; train Binary or MultiClass for classes, or name a column of numbers." },
        { "real classes", "The target sold is double, which has no classes; take a text, an enum, a flag or a whole number, or train a regression." },
        { "weights of text", "The weights place are string?, but have to be numbers; name a column of numbers." },
        { "weights of target", "The weights sold are the target itself; name another column." },
        { "interval of classes", "An Interval is of a number, but the target mood is predicted as classes; take the Interval away, or train a regression." },
        { "balanced numbers", "Class weights are of classes, but the target sold is predicted as a number; give row weights by Weights instead." },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Settings_out_of_range_and_wrong_types_are_refused_before_anything_runs(string what, string says)
    {
        var regression = Trees.Regression(r => r.Sold);
        Algorithm algorithm = what switch
        {
            "rounds" => Trees.Regression(r => r.Sold, rounds: 0),
            "depth" => Trees.Regression(r => r.Sold, depth: 31),
            "learning rate" => Trees.Regression(r => r.Sold, learningRate: 0),
            "NaN" => Trees.Regression(r => r.Sold, learningRate: double.NaN),
            "subsample" => regression with { Subsample = 1.5 },
            "lambda" => regression with { Lambda = -1 },
            "bins" => regression with { MaxBins = 1 },
            "stopping" => regression with { EarlyStopping = 0 },
            "tweedie" => regression with { TweediePower = 2 },
            "quantile" => Trees.Quantiles(r => r.Sold, [0.5, 0.2]),
            "no quantile" => Trees.Quantiles(r => r.Sold, []),
            "interval" => Linear.Ridge(r => r.Sold) with { Interval = 1 },
            "alpha" => Linear.Lasso(r => r.Sold, -0.1),
            "share" => Linear.ElasticNet(r => r.Sold, 1, 2),
            "penalty" => Linear.Logistic(r => r.Returned, double.PositiveInfinity),
            "iterations" => Linear.Logistic(r => r.Returned) with { MaxIterations = 0 },
            "class weight" => Trees.MultiClass(r => r.Mood) with { ClassWeights = new Dictionary<string, double> { ["bad"] = -1 } },
            "text" => Trees.Regression(r => r.Mood),
            "flag" => Linear.Ridge(r => r.Returned),
            "real classes" => Trees.MultiClass(r => r.Sold),
            "weights of text" => regression with { Weights = Toy.Schema.Find("place") },
            "weights of target" => regression with { Weights = Toy.Schema.Find("sold") },
            "interval of classes" => Trees.MultiClass(r => r.Mood) with { Interval = 0.9 },
            _ => regression with { Balanced = true },
        };

        Assert.Equal(says, Assert.Single(algorithm.Check()).In("en"));
    }
}
