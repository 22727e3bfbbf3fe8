using System.Text.Json;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class LinearTests
{
    static readonly JsonElement Root = Golden.File("06-Train/golden/linear.json");

    static readonly float[] Features = Array.ConvertAll(Golden.Numbers(Root.GetProperty("features")), v => (float)v);

    static int Width => Root.GetProperty("width").GetInt32();

    public static TheoryData<int> Models { get; } = [.. Enumerable.Range(0, Root.GetProperty("models").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Models))]
    public void Weights_are_scikit_learns(int number)
    {
        var model = Root.GetProperty("models")[number];
        var (kind, of) = (model.GetProperty("kind").GetString(), model.GetProperty("of").GetString()!);
        var (alpha, share) = (model.GetProperty("alpha").GetDouble(), model.GetProperty("share").GetDouble());
        var target = Golden.Numbers(Root.GetProperty(of));
        var weights = model.GetProperty("weighted").GetBoolean() ? Golden.Numbers(Root.GetProperty("weights")) : null;
        if (model.GetProperty("balanced").GetBoolean())
        {
            var counts = target.CountBy(t => t).ToDictionary();
            weights = [.. target.Select((t, i) => (weights?[i] ?? 1) * target.Length / (counts.Count * (double)counts[t]))];
        }
        var rows = new TrainingRows(FeatureRows.Of(Features, Width), target, weights);
        var column = Toy.Schema.Columns[0];
        var warned = new List<Message>();
        var course = new TrainingCourse(0, default) { Warn = warned.Add };

        var fit = kind switch
        {
            "ridge" => LeastSquares.Ridge(rows, alpha, course),
            "net" => LeastSquares.ElasticNet(new(column, alpha, share), rows, course),
            _ => LogisticFit.Train(new(column, of == "classes", alpha, share), rows, of == "classes" ? 3 : 2, course),
        };

        Assert.Empty(warned);
        var expected = Golden.Numbers(model.GetProperty("weights"));
        for (var w = 0; w < expected.Length; w++) Near($"weight {w}", expected[w], fit.Weights[w]);
        var intercepts = Golden.Numbers(model.GetProperty("intercepts"));
        // Of a softmax only the differences between intercepts mean something.
        var shift = intercepts.Length == 1 ? 0 : intercepts.Average() - Enumerable.Range(0, intercepts.Length).Average(fit.InterceptAtZero);
        for (var o = 0; o < intercepts.Length; o++) Near($"intercept {o}", intercepts[o], fit.InterceptAtZero(o) + shift);

        void Near(string what, double wanted, double found) =>
            Assert.True(Math.Abs(wanted - found) <= 1e-6 * Math.Max(1, Math.Abs(wanted)),
                $"{kind} of {of}, alpha {alpha}, share {share}, {what}: {found:R} instead of {wanted:R}");
    }

    [Fact]
    public void A_step_too_few_is_a_warning_that_names_the_iterations_and_the_mend()
    {
        var rows = new TrainingRows(FeatureRows.Of(Features, Width), Golden.Numbers(Root.GetProperty("target")), null);
        var flags = rows with { Target = Golden.Numbers(Root.GetProperty("flags")) };
        var warned = new List<Message>();
        var course = new TrainingCourse(0, default) { Warn = warned.Add };

        LeastSquares.ElasticNet(new(Toy.Schema.Columns[0], 0.01, 1) { MaxIterations = 2 }, rows, course);
        LogisticFit.Train(new(Toy.Schema.Columns[0], false, 1, 0) { MaxIterations = 1 }, flags, 2, course);

        Assert.Equal(
        [
            "ElasticNet stopped after 2 iterations before its weights had settled; raise MaxIterations, add Scale to the features, or give a larger Alpha.",
            "LogisticRegression stopped after 1 iterations before its weights had settled; raise MaxIterations, add Scale to the features, or give a larger Penalty.",
        ], warned.Select(w => w.In("en")));
    }

    [Fact]
    public void Rows_that_a_line_separates_have_no_best_weights_without_a_penalty_and_that_is_told()
    {
        var rows = new TrainingRows(FeatureRows.Of([1, 2, 3, 4], 1), [0, 0, 1, 1], null);
        var warned = new List<Message>();

        var fit = LogisticFit.Train(new(Toy.Schema.Columns[0], false, 0, 0) { MaxIterations = 12 }, rows, 2,
            new TrainingCourse(0, default) { Warn = warned.Add });

        Assert.Equal("training.not-converged", Assert.Single(warned).Id);
        Assert.True(fit.Predict([2])[0] < 0.01 && fit.Predict([3])[0] > 0.99);
    }

    [Fact]
    public void A_constant_feature_gets_no_weight_under_a_penalty()
    {
        float[] features = [1, 5, 2, 5, 3, 5, 4, 5];
        var rows = new TrainingRows(FeatureRows.Of(features, 2), [1, 2, 3, 4.5], null);

        Assert.Equal(0, LeastSquares.Ridge(rows, 1, new(0, default)).Weights[1], 1e-12);
        Assert.Equal(0, LeastSquares.ElasticNet(new(Toy.Schema.Columns[0], 0.1, 0.5), rows, new(0, default)).Weights[1]);
        Assert.Equal(0, LogisticFit.Train(new(Toy.Schema.Columns[0], false, 1, 0), rows with { Target = [0, 1, 0, 1] }, 2, new(0, default)).Weights[1], 1e-12);
        Assert.Equal(0, LogisticFit.Train(new(Toy.Schema.Columns[0], false, 0.1, 1), rows with { Target = [0, 1, 0, 1] }, 2, new(0, default)).Weights[1],
            1e-12);
    }

    [Fact]
    public void A_missing_feature_is_named_and_dependent_features_are_told()
    {
        TrainingRows Rows(float[] values, int width, params double[] target) =>
            new(FeatureRows.Of(values, width, [.. Enumerable.Range(0, width).Select(f => $"price {f}")]), target, null);

        Assert.Equal("The feature price 1 has a missing or infinite value, with which Ridge cannot count; add Impute to its column.",
            Says(() => LeastSquares.Ridge(Rows([1, float.NaN, 2, 3], 2, 1, 2), 1, new(0, default))));
        Assert.StartsWith("The feature price 0 has",
            Says(() => LogisticFit.Train(new(Toy.Schema.Columns[0], false, 1, 0), Rows([float.PositiveInfinity, 1], 1, 0, 1), 2, new(0, default))),
            StringComparison.Ordinal);
        Assert.StartsWith("The features depend on each other", Says(() => LeastSquares.Ridge(Rows([1, 2, 2, 4, 3, 6], 2, 1, 2, 3), 0, new(0, default))),
            StringComparison.Ordinal);

        static string Says(Action act) => Assert.Throws<KumikiException>(act).Says.In("en");
    }
}
