using System.Text.Json;
using Kumiki.Statistics;
using Kumiki.Testing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class ContestTests
{
    internal static JsonElement Root { get; } = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Golden.Checkout(), "tests", "Lifecycle.Tests", "07-Test", "golden", "report.json"))).RootElement;

    static readonly CostMatrix Costs = CostMatrix.Of("JPY", ("bad", "good"), ("refuse", "grant"), new double[,] { { 0, 100 }, { 5, 0 } });

    static double[] Numbers(JsonElement of, string name) => Golden.Numbers(of.GetProperty(name));

    static void Equal(Contest contest, JsonElement golden, int contestant = 0)
    {
        var found = contest.Once();
        foreach (var figure in golden.GetProperty("figures").EnumerateObject())
            Assert.True(Math.Abs(figure.Value.GetDouble() - found[contestant * contest.Figures.Count + contest.Figures.ToList().IndexOf(figure.Name)]) <= 1e-9, figure.Name);
    }

    static BinaryContest Binary(bool weighted, (string, double[], Choice?)? existing = null, Choice? choice = null, double[]? scores = null, (bool, double)? held = null)
    {
        var root = Root.GetProperty("binary");
        var cut = root.GetProperty("threshold").GetDouble();
        return new(new Scored(scores ?? Numbers(root, "scores"), Numbers(root, "truth")), weighted ? Numbers(root, "weights") : null, 0.3, choice ?? new(cut, cut, 0, 0, 0, 400), Costs, 20, held ?? (true, 0.8), existing);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Figures_of_two_classes_are_scikit_learns_with_and_without_weights(bool weighted)
    {
        var golden = Root.GetProperty("binary").GetProperty("cases")[weighted ? 1 : 0];

        Equal(Binary(weighted), golden);
        // Beside another model the rows are resampled in their own order; nothing may change.
        var beside = Binary(weighted, ("older", [.. Numbers(Root.GetProperty("binary"), "scores").Reverse()], null));
        Equal(beside, golden);
        Equal(Binary(weighted, ("the same", Numbers(Root.GetProperty("binary"), "scores"), null)), JsonSerializer.SerializeToElement(new { figures = new { roc_auc = golden.GetProperty("figures").GetProperty("roc_auc").GetDouble() } }), contestant: 6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Figures_of_numbers_are_scikit_learns_with_and_without_weights(bool weighted)
    {
        var root = Root.GetProperty("numbers");
        var rows = new Scored(Numbers(root, "predicted"), Numbers(root, "truth"));
        var contest = new NumberContest(rows, "score", [(0.7, "score")], weighted ? Numbers(root, "weights") : null, rows.Truth, [], null, null, new Random(1));

        Equal(contest, root.GetProperty("cases")[weighted ? 1 : 0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Figures_of_many_classes_are_scikit_learns_with_and_without_weights(bool weighted)
    {
        var root = Root.GetProperty("classes");
        string[] names = ["a", "b", "c", "d"];
        var contest = new ClassContest(new Scored(Numbers(root, "scores"), Numbers(root, "truth")) { Names = names }, names, weighted ? Numbers(root, "weights") : null, [0.25, 0.25, 0.25, 0.25], null, null, null, new Random(1));

        Equal(contest, root.GetProperty("cases")[weighted ? 1 : 0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Beyond_a_million_scores_areas_are_the_same_and_have_no_interval(bool weighted)
    {
        // Each row so often that all weigh alike: what is measured once is what the golden rows give.
        var (root, times) = (Root.GetProperty("classes"), 800);
        string[] names = ["a", "b", "c", "d"];
        double[] Often(string name) => [.. Enumerable.Repeat(Numbers(root, name), times).SelectMany(v => v)];
        var contest = new ClassContest(
            new Scored(Often("scores"), Often("truth")) { Names = names }, names, weighted ? Often("weights") : null, [0.25, 0.25, 0.25, 0.25],
            null, null, null, new Random(1));

        Equal(contest, root.GetProperty("cases")[weighted ? 1 : 0]);
        var (found, counts) = (new double[contest.Contestants.Count * contest.Figures.Count], new byte[contest.Rows]);
        counts.AsSpan(1).Fill(1);
        contest.Measure(counts, found);
        var at = contest.Figures.ToList().IndexOf("macro_roc_auc");
        Assert.True(double.IsNaN(found[at]) && double.IsNaN(found[at + 1]));
        Assert.Equal([0.5, 0.5, 0.5, 0.5], Enumerable.Range(1, 2).SelectMany(c => found.AsSpan(c * contest.Figures.Count + at, 2).ToArray()));
    }

    [Fact]
    public void A_class_that_a_resample_lacks_leaves_its_areas_undefined()
    {
        string[] names = ["a", "b", "c"];
        var rows = new Scored([0.8, 0.1, 0.1, 0.3, 0.6, 0.1, 0.2, 0.2, 0.6], [0, 1, 2]) { Names = names };
        var contest = new ClassContest(rows, names, null, [0.4, 0.3, 0.3], null, null, null, new Random(1));
        var at = contest.Figures.ToList().IndexOf("macro_roc_auc");
        Assert.Equal(1, contest.Once()[at]);

        var found = new double[contest.Contestants.Count * contest.Figures.Count];
        contest.Measure([1, 2, 0], found);
        Assert.True(double.IsNaN(found[at]));
    }

    [Fact]
    public void A_percentage_is_taken_of_rows_whose_truth_is_not_0_and_the_others_are_counted()
    {
        double[] truth = [0, 10, -20, 0, 5], predicted = [7, 11, -15, 0, 5];
        var contest = new NumberContest(new Scored(predicted, truth), "score", [], null, truth, [], null, null, new Random(1));
        var mape = contest.Figures.ToList().IndexOf("mape");

        Assert.Equal(2, contest.ZeroTruths);
        Assert.Equal(Regression.MeanAbsolutePercentageError([10, -20, 5], [11, -15, 5]), contest.Once()[mape], 1e-12);
        Assert.Equal((0.1 + 0.25) / 3, contest.Once()[mape], 1e-12);
        var nothing = new NumberContest(new Scored([1, 2], [0, 0]), "score", [], null, [0, 0], [], null, null, new Random(1));
        Assert.Equal((2, true), (nothing.ZeroTruths, double.IsNaN(nothing.Once()[mape])));
    }

    [Fact]
    public void What_needs_no_model_costs_what_deciding_row_by_row_costs()
    {
        var root = Root.GetProperty("binary");
        var (scores, truth) = (Numbers(root, "scores"), Numbers(root, "truth"));
        var contest = Binary(weighted: false);
        var (found, at) = (contest.Once(), contest.Figures.ToList().IndexOf("cost_per_decision"));
        double Of(string name) => found[contest.Contestants.ToList().FindIndex(c => c.Name == name) * contest.Figures.Count + at];

        Assert.Equal(truth.Average(t => Costs.Of(t == 1, true)), Of("always-above"), 1e-9);
        Assert.Equal(truth.Average(t => Costs.Of(t == 1, false)), Of("never-above"), 1e-9);
        Assert.Equal(20, Of("people"), 1e-9);
        var share = scores.Count(s => s >= 0.42) / (double)scores.Length;
        Assert.Equal(share * Of("always-above") + (1 - share) * Of("never-above"), Of("random"), 1e-9);
        Assert.True(Of("model") < Of("never-above"));
    }

    [Fact]
    public void Rows_left_to_a_person_cost_the_review_and_are_decided_rightly()
    {
        var root = Root.GetProperty("binary");
        var (scores, truth) = (Numbers(root, "scores"), Numbers(root, "truth"));
        var contest = Binary(weighted: false, choice: new Choice(0.6, 0.3, 0, 0, 0, 400) { ReviewCost = 7 });
        var found = contest.Once();
        double Of(string name) => found[contest.Figures.ToList().IndexOf(name)];

        Assert.Equal(scores.Zip(truth).Average(r => r.First >= 0.6 ? Costs.Of(r.Second == 1, true) : r.First >= 0.3 ? 7 : Costs.Of(r.Second == 1, false)), Of("cost_per_decision"), 1e-9);
        Assert.Equal(scores.Zip(truth).Average(r => (r.First >= 0.3 && r.First < 0.6) || (r.First >= 0.6) == (r.Second == 1) ? 1.0 : 0), Of("accuracy"), 1e-9);
        Assert.Equal(scores.Count(s => s is >= 0.3 and < 0.6) / 400.0, Of("share_reviewed"), 1e-12);
    }

    [Fact]
    public void A_decision_among_many_is_the_one_whose_expected_cost_is_least()
    {
        // Of b and c one is nearly sure; acting on c costs little, missing it much.
        var costs = CostMatrix.Of("JPY", ["c", "b", "a"], ["wait", "act"], new double[,] { { 100, 1 }, { 0, 10 }, { 0, 10 } });
        string[] names = ["a", "b", "c"];
        var contest = new ClassContest(new Scored([0.8, 0.15, 0.05, 0.5, 0.3, 0.2, 0.1, 0.1, 0.8], [0, 1, 2]) { Names = names }, names, null, [0.4, 0.3, 0.3], costs, 3, null, new Random(1));
        var found = contest.Once();

        // Row 1: waiting costs 5, acting 9.55; row 2: 20 beside 8.2, so act; row 3: act.
        Assert.Equal((0 + 10 + 1) / 3.0, found[contest.Figures.Count - 1], 1e-12);
        Assert.Contains("do not name the class b", Assert.Throws<KumikiException>(() => new ClassContest(new Scored([1, 0, 0], [0]) { Names = names }, names, null, [1, 0, 0],
            CostMatrix.Of("JPY", ["a", "c"], ["wait", "act"], new double[2, 2]), null, null, new Random(1))).Says.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_baseline_that_answers_for_some_rows_is_compared_on_those()
    {
        double[] truth = [1, 2, 3, 4, 5, 6], predicted = [1, 2, 3, 4, 15, 6];
        var contest = new NumberContest(new Scored(predicted, truth), "score", [], null, truth, [("rule", [1, 2, 3, 5, double.NaN, 6])], null, null, new Random(1));
        var result = contest.Run(new BootstrapPlan { Resamples = 200 }, default);
        var rule = contest.Contestants.ToList().FindIndex(c => c.Name == "rule");

        Assert.Equal((5, 0.2), (contest.Contestants[rule].Rows, result.Of(rule, "mae").Value));
        Assert.Equal(-0.2, result.Difference(rule, "mae").Value, 1e-12);
        Assert.Equal(10 / 6.0, result.Of(0, "mae").Value, 1e-12);
    }

    [Fact]
    public void A_paired_difference_is_surer_than_two_intervals_apart()
    {
        var random = new Random(3);
        var truth = Enumerable.Range(0, 500).Select(_ => random.NextDouble() < 0.4 ? 1.0 : 0).ToArray();
        var good = truth.Select(t => Math.Clamp(0.4 + 0.25 * (t - 0.4) + 0.15 * (random.NextDouble() - 0.5), 0.01, 0.99)).ToArray();
        var worse = good.Select(g => Math.Clamp(g + 0.05 * (random.NextDouble() - 0.5), 0.01, 0.99)).ToArray();
        var result = new BinaryContest(new Scored(good, truth), null, 0.4, null, null, null, null, ("older", worse, null)).Run(new BootstrapPlan { Resamples = 400, Seed = 5 }, default);
        var older = result.Contest.Contestants.Count - 1;

        var (ours, theirs, difference) = (result.Of(0, "log_loss"), result.Of(older, "log_loss"), result.Difference(older, "log_loss"));
        Assert.Equal(ours.Value - theirs.Value, difference.Value, 1e-12);
        Assert.True(difference.Interval!.Value.High - difference.Interval.Value.Low < 0.5 * (ours.Interval!.Value.High - ours.Interval.Value.Low));
    }

    [Fact]
    public void One_class_leaves_gaps_and_a_score_that_is_no_number_is_named_by_row()
    {
        var one = new BinaryContest(new Scored([0.2, 0.4, 0.3], [0, 0, 0]), null, 0.3, null, null, null, null, null).Run(new BootstrapPlan { Resamples = 100 }, default);

        Assert.True(double.IsNaN(one.Of(0, "roc_auc").Value));
        Assert.NotNull(one.Of(0, "log_loss").Interval);
        Assert.Contains("NaN", Assert.Throws<KumikiException>(() => new BinaryContest(new Scored([0.2, double.NaN], [0, 1]), null, 0.3, null, null, null, null, null)).Says.In("en"), StringComparison.Ordinal);
    }
}
