using System.Globalization;
using System.Text;
using Kumiki.Ground.Tests.Making;
using Kumiki.Statistics;
using Kumiki.Tables;
using Kumiki.Tuning;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class TuningModelTests
{
    public sealed record Reading(DateOnly Day, double A, double B, string Site, double Level);

    public sealed class Readings : Dataset<Reading>
    {
        public override Source Source => Source.Csv("readings.csv");
    }

    public sealed class TreeModel(Readings rows) : Model<Reading>
    {
        [Parameter(Min = 1, Max = 60)] public int Rounds { get; init; } = 30;
        [Parameter(Min = 1, Max = 6)] public int Depth { get; init; } = 3;
        [Parameter(Min = 0.01, Max = 1, Log = true)] public double LearningRate { get; init; } = 0.3;

        public override Split Split => Split.ByTime(rows, r => r.Day, validation: 10, test: 10);

        public override Learner Learner => Features.Number(r => r.A).Number(r => r.B).OneHot(r => r.Site).Then(Trees.Regression(r => r.Level, Rounds, Depth, LearningRate));
    }

    public sealed class StoppingModel(Readings rows) : Model<Reading>
    {
        [Parameter(Min = 1, Max = 6)] public int Depth { get; init; } = 3;

        public override Split Split => Split.ByTime(rows, r => r.Day, validation: 10, test: 10);

        public override Learner Learner => Features.Number(r => r.A).Number(r => r.B).Then(Trees.Regression(r => r.Level, 100, Depth) with { EarlyStopping = 5 });
    }

    public sealed class RidgeModel(Readings rows) : Model<Reading>
    {
        [Parameter(Min = 0.001, Max = 1000, Log = true)] public double Alpha { get; init; } = 1;

        public override Split Split => Split.ByTime(rows, r => r.Day, validation: 10, test: 10);

        public override Learner Learner => Features.Scale(r => r.A).Scale(r => r.B).Then(Linear.Ridge(r => r.Level, Alpha));
    }

    public sealed class UnvalidatedModel(Readings rows) : Model<Reading>
    {
        [Parameter(Min = 0.001, Max = 1000)] public double Alpha { get; init; } = 1;

        public override Split Split => Split.ByTime(rows, r => r.Day, validation: 0, test: 10);

        public override Learner Learner => Features.Number(r => r.A).Then(Linear.Ridge(r => r.Level, Alpha));
    }

    /// <param name="spoilt">The last ten days, which test, hold other numbers.</param>
    static async Task<MakingWorld> WorldAsync(bool spoilt = false)
    {
        var world = new MakingWorld(typeof(Readings), typeof(TreeModel), typeof(StoppingModel), typeof(RidgeModel), typeof(UnvalidatedModel));
        var random = new Random(5);
        var csv = new StringBuilder("day,a,b,site,level\n");
        for (var day = 0; day < 80; day++)
            for (var row = 0; row < 6; row++)
            {
                var (a, b, site) = (random.NextDouble(), random.NextDouble(), row % 3);
                var level = Math.Sin(6 * a) + b * b + site + 0.1 * Toy.Normal(random);
                if (spoilt && day >= 70) (a, b, site, level) = (1e6 * b, -a, 9, 1e9 * a);
                csv.Append(CultureInfo.InvariantCulture, $"{new DateOnly(2024, 1, 1).AddDays(day):yyyy-MM-dd},{a},{b},s{site},{level}\n");
            }
        File.WriteAllText(Path.Combine(world.Root, "readings.csv"), csv.ToString());
        await world.MakeAsync("readings");
        await world.StageAsync("readings@1");
        return world;
    }

    static Task<StudyEnd> RunAsync(MakingWorld world, StudyOrder order) => Study.RunAsync(world.Maker(), order, TimeProvider.System, null, default);

    [Theory]
    [InlineData("tree-model", null)]
    [InlineData("tree-model", 3)]
    [InlineData("stopping-model", null)]
    [InlineData("ridge-model", null)]
    public async Task What_chooses_parameters_does_not_look_at_test_rows(string model, int? folds)
    {
        await using var world = await WorldAsync();
        await using var spoilt = await WorldAsync(spoilt: true);
        var order = new StudyOrder(model) { Trials = 4, Folds = folds };

        var (before, after) = (await RunAsync(world, order), await RunAsync(spoilt, order));

        Assert.All(before.Trials, t => Assert.Null(t.Why));
        Assert.Equal(before.Trials.SelectMany(t => t.Figures.Select(f => (t.Number, f.Key, f.Value))), after.Trials.SelectMany(t => t.Figures.Select(f => (t.Number, f.Key, f.Value))));
        var test = (await world.MakeAsync(model)).Result!.Metrics["mae.test"];
        Assert.NotEqual(test, (await spoilt.MakeAsync(model)).Result!.Metrics["mae.test"]);
    }

    [Fact]
    public async Task A_trial_is_judged_by_the_model_its_parameters_make_on_that_models_validation_rows()
    {
        await using var world = await WorldAsync();
        var end = await RunAsync(world, new("tree-model") { Trials = 5 });

        Assert.Equal(["mae", "rmse"], end.Best!.Figures.Keys);
        var made = (await world.MakeAsync("tree-model", [.. end.Best.Parameters.Select(p => $"tree-model.{p.Key}={p.Value}")])).Result!;
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(world.Root, "spill") });
        var rows = ScoredRows.Read(engine, await world.Artifacts.PathAsync(made.Files.Single(f => f.Path == ScoredRows.Validation).Content, default), default);
        Assert.Equal(60, rows.Count);
        Assert.Equal(Regression.MeanAbsoluteError(rows.Truth, rows.Scores), end.Best.Figure);
        var present = end.Trials.Single(t => t.Number == 1);
        Assert.Equal("depth=3 learning-rate=0.3 rounds=30", present.Written);
        Assert.True(end.Best.Figure <= present.Figure);
    }

    [Fact]
    public async Task A_part_of_the_effort_is_a_part_of_the_rounds_or_of_the_training_rows()
    {
        await using var world = await WorldAsync();
        var part = await RunAsync(world, new("tree-model") { Method = SearchMethod.Halving, Trials = 3, Search = ["rounds=30,45,60"] });
        var whole = await RunAsync(world, new("tree-model") { Method = SearchMethod.Grid, Search = ["rounds=10,15,20"] });
        Assert.Equal(whole.Trials.OrderBy(t => t.Written).Select(t => t.Figure), part.Trials.Where(t => t.Share < 1).OrderBy(t => t.Written).Select(t => t.Figure));

        var linear = await RunAsync(world, new("ridge-model") { Method = SearchMethod.Halving, Trials = 9, Search = ["alpha=0.001..1000:log"] });
        Assert.Equal(3, linear.Trials.Select(t => t.Share).Distinct().Count());
        Assert.All(linear.Trials, t => Assert.InRange(t.Figure, 0.1, 1.2));
    }

    [Fact]
    public async Task Without_validation_rows_trials_are_judged_by_folds_or_refused()
    {
        await using var world = await WorldAsync();

        var refused = await Assert.ThrowsAnyAsync<KumikiException>(() => RunAsync(world, new("unvalidated-model") { Trials = 20 }));
        Assert.Equal("unvalidated-model has no validation rows to judge trials on; judge by cross-validation with --folds 5, or give its split validation rows.", refused.Says.In("en"));
        Assert.Empty(await world.Store.RunsAsync("unvalidated-model", null, 10, null, default));
        Assert.Equal(3, (await RunAsync(world, new("unvalidated-model") { Trials = 3, Folds = 5 })).Trials.Count(t => t.Figure > 0));
    }

    [Fact]
    public async Task The_figure_of_folds_is_the_mean_that_cross_validation_gives()
    {
        await using var world = await WorldAsync();
        var (five, four) = (await RunAsync(world, new("ridge-model") { Trials = 2, Folds = 5 }), await RunAsync(world, new("ridge-model") { Trials = 2, Folds = 4 }));

        Assert.Equal(["mae", "rmse"], five.Best!.Figures.Keys);
        Assert.NotEqual(five.Best.Figure, four.Best!.Figure);
        Assert.Contains("by mae over 5 folds", (await world.Store.RunAsync(five.Best.Run, default))!.Plan.Notes[0], StringComparison.Ordinal);
        Assert.Equal((4, 0), ((await world.Store.RunsAsync("ridge-model", RunState.Tried, 10, null, default)).Count, five.Trials.Count(t => t.Before)));
    }
}
