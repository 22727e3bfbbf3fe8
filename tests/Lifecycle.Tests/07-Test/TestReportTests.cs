using Kumiki.Making;
using Kumiki.Testing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class TestReportTests
{
    [Fact]
    public async Task A_report_holds_input_process_and_output_and_says_GO_where_every_check_holds()
    {
        await using var world = ReportWorld.Of();
        var (made, report) = await ReportWorld.MakeAsync(world);

        Assert.True(report.Verdict.Go, string.Join('\n', report.Verdict.Checks.Where(c => !c.Held).Select(c => c.Says.In("en"))));
        Assert.Equal("GO", made["loan-report"].Facts["verdict"]);
        Assert.Equal(
            ["better-than-always-above", "better-than-never-above", "better-than-people", "better-than-random", "cross-validation", "leak-copies", "target", "today", "worth"], report.Verdict.Checks.Select(c => c.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["loan-goal@1 Source", "loan-model@1 Fit", "loan-threshold@1 Fit"], made["loan-report"].Inputs.Select(i => $"{i.Version} {i.Edge}"));

        Assert.Equal([("train", 750), ("validation", 300), ("test", 450)], report.Input.Parts.Select(p => (p.Name, p.Rows)));
        Assert.Equal(["age", "debt", "income", "noise", "region"], report.Input.Columns.Select(c => c.Name).Order(StringComparer.Ordinal));
        Assert.InRange(report.Input.Columns.Single(c => c.Name == "debt").Missing["train"], 0.03, 0.08);
        Assert.Equal("BoostedTrees", report.Process.Algorithm);
        Assert.Contains(report.Process.Curves, c => c.Name == "logloss.train");
        Assert.Equal(3, report.Process.Folds.Single(f => f.Figure == "log_loss").Values.Count);
        Assert.True(report.Process.Cost.WallSeconds > 0);

        Assert.Equal(["model", "random", "prior", "always-above", "never-above", "people"], report.Output.Contestants.Select(c => c.Name));
        var model = report.Output.Contestants[0].Figures.ToDictionary(f => f.Name);
        Assert.Equal(made["loan-model"].Metrics["roc_auc.test"], model["roc_auc"].Value, 1e-12);
        Assert.All(model.Values.Where(f => f.Name != "share_reviewed"), f => Assert.True(f.Low <= f.Value && f.Value <= f.High && f.Low < f.High, f.ToString()));
        Assert.Equal(450, report.Output.Confusion!.Cells.Sum(row => row.Sum()));
        Assert.Equal(["bad", "good", "refuse", "grant"], report.Output.Confusion.Truths.Concat(report.Output.Confusion.Decisions));
        Assert.Equal(450, report.Output.Calibration!.Bins.Sum(b => b.Weight));
        Assert.InRange(report.Output.Roc!.Xs.Count, 10, 450);

        var goal = report.GoalCheck!;
        Assert.Equal(("JPY", 30, 60), (goal.Unit, goal.Target, goal.Today));
        Assert.Equal(goal.Figure.Value * 1000 + 500, goal.PerPeriod!.Value, 1e-6);
        Assert.Equal(goal.Figure, model["cost_per_decision"]);
    }

    [Fact]
    public async Task A_report_made_again_has_the_same_bytes()
    {
        await using var world = ReportWorld.Of(600);
        var (made, report) = await ReportWorld.MakeAsync(world);

        var again = await world.Maker().RepeatAsync(made["loan-report"].MadeBy, null, default);

        Assert.Equal(made["loan-report"].Files, again.Files);
        Assert.Equal(report.ToJson(), ReportData.FromJson(report.ToJson()).ToJson());
    }

    [Fact]
    public async Task A_target_that_only_the_estimate_meets_is_NO_GO_and_keeps_the_model_back()
    {
        await using var world = ReportWorld.Of();
        var (first, sure) = await ReportWorld.MakeAsync(world);
        var target = (sure.GoalCheck!.Figure.Value + sure.GoalCheck.Figure.High) / 2;

        var (made, report) = await ReportWorld.MakeAsync(world, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"loan-goal.aim={target:R}"));

        Assert.True(report.GoalCheck!.Figure.Value < target && report.GoalCheck.Figure.High > target);
        Assert.False(report.Verdict.Checks.Single(c => c.Name == "target").Held);
        Assert.Equal("NO-GO", made["loan-report"].Facts["verdict"]);
        var shelf = made.Values.Append(first["loan-goal"]).ToDictionary(v => v.Name);
        var refused = ReleaseCheck.Of(shelf, Production.Empty, ReleaseRequest.Of([.. made.Values.Select(v => v.Name)])).Where(f => f.Severity == Severity.Refusal).ToList();
        Assert.All(refused, f => Assert.Equal("gate", f.Rule));
        Assert.Contains(refused, f => f.Says.In("en").Contains("does not surely reach the target", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_that_knows_nothing_is_no_better_than_what_needs_none()
    {
        var random = new Random(3);
        var truth = Enumerable.Range(0, 1500).Select(_ => random.NextDouble() < 0.3).ToArray();
        await using var world = ReportWorld.Of(bad: i => truth[i]);

        var (_, report) = await ReportWorld.MakeAsync(world);

        Assert.False(report.Verdict.Go);
        Assert.False(report.Verdict.Checks.Single(c => c.Name == "better-than-never-above").Held);
        Assert.False(report.Verdict.Checks.Single(c => c.Name == "target").Held);
    }

    [Fact]
    public async Task A_report_and_a_threshold_fit_one_version_of_the_model_only()
    {
        await using var world = ReportWorld.Of(600);
        var (made, _) = await ReportWorld.MakeAsync(world);
        await world.StageAsync("loans@1", "loan-goal@1", "loan-threshold@1");
        var other = (await world.MakeAsync("loan-model", "loan-model.rounds=10")).Result!;
        await world.StageAsync("loan-model@2");

        var why = Assert.IsType<MakingEnd.Failed>(await world.MakeAsync("loan-report", "loan-model.rounds=10")).Why.In("en");
        Assert.Equal("loan-threshold@1 was chosen on loan-model@1, not on loan-model@2; make it again: kumiki make loan-threshold.", why);

        var shelf = made.Values.Append(other).ToDictionary(v => v.Name);
        var findings = ReleaseCheck.Of(shelf, Production.Empty, ReleaseRequest.Of(other.Name, made["loan-report"].Name, made["loan-threshold"].Name));
        Assert.Equal(2, findings.Count(f => f.Rule == "fit"));
    }

    [Fact]
    public async Task A_column_that_is_the_target_is_found_and_is_a_gate()
    {
        await using var world = ReportWorld.Of(600);

        var (made, report) = await ReportWorld.MakeAsync(world, "loan-model.leaky=true");

        var leak = made["loan-report"].Checks.Single(c => c.Name == "leak-copy-copy");
        Assert.Equal((false, CheckKind.Test), (leak.Held, leak.Kind));
        Assert.Equal("The column copy alone decides bad (strength 1 of 1); make sure it is known before the answer, or take it out.", leak.Says.In("en"));
        Assert.False(report.Verdict.Go);
    }

    [Fact]
    public async Task A_slice_of_few_rows_is_shown_as_too_small()
    {
        await using var world = ReportWorld.Of();
        var (_, report) = await ReportWorld.MakeAsync(world);

        var slices = report.Slices.Declared.ToDictionary(s => s.Name);
        Assert.Equal(["age 25 … < 40", "age 40 … < 60", "age < 25", "age ≥ 60", "new customers", "region = east", "region = north", "region = south", "three rows"], slices.Keys.Order(StringComparer.Ordinal));
        Assert.True(slices["three rows"].TooSmall);
        Assert.InRange(slices["three rows"].Rows, 0, 10);
        Assert.Null(slices["three rows"].Loss);
        Assert.Equal(450, slices["region = east"].Rows + slices["region = north"].Rows + slices["region = south"].Rows);
        Assert.All(slices.Values.Where(s => !s.TooSmall), s => Assert.True(s.Low <= s.Loss && s.Loss <= s.High && s.PAdjusted is >= 0 and <= 1, s.ToString()));
    }

    [Fact]
    public async Task Weights_count_rows_and_those_that_sum_to_nothing_are_refused_by_column()
    {
        await using var world = ReportWorld.Of(600, weight: 2);
        var (_, plain) = await ReportWorld.MakeAsync(world);
        var (_, weighted) = await ReportWorld.MakeAsync(world, "loan-report.weighted=true");
        Assert.Equal(plain.GoalCheck!.Figure.Value, weighted.GoalCheck!.Figure.Value, 1e-9);
        Assert.Equal(2 * plain.Output.Confusion!.Cells[0][0], weighted.Output.Confusion!.Cells[0][0]);

        await using var none = ReportWorld.Of(600, weight: 0);
        Assert.Equal("loan-report: the weights in column weight sum to 0 over the 180 rows; give some rows a weight.", await ReportWorld.WhyAsync(none, "loan-report.weighted=true"));
        await using var negative = ReportWorld.Of(600, weight: -1);
        Assert.Matches("^loan-report: row [0-9]+ has the weight -1 in column weight; weights are 0 or more\\.$", await ReportWorld.WhyAsync(negative, "loan-report.weighted=true"));
    }

    [Fact]
    public async Task A_figure_that_the_task_does_not_have_is_refused_with_those_it_has()
    {
        await using var world = ReportWorld.Of(600);

        Assert.StartsWith("loan-report: loan-goal measures MeanAbsoluteError, which a model of the task Binary does not have; name one of: roc_auc,", await ReportWorld.WhyAsync(world, "loan-goal.figure=MeanAbsoluteError"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_in_production_is_measured_on_the_same_rows()
    {
        await using var world = ReportWorld.Of();
        var (made, _) = await ReportWorld.MakeAsync(world, "loan-model.rounds=3");
        var releases = new Kumiki.Releasing.Releases(world.Store, world.Artifacts, world.Clock, "test");
        var end = await releases.ReleaseAsync(new Kumiki.Releasing.ReleaseOrder { Set = ["loan-model@1", "loan-threshold@1"], Reason = "first" });
        Assert.IsType<Kumiki.Releasing.ReleaseEnd.Live>(end);

        var (_, report) = await ReportWorld.MakeAsync(world);

        var older = report.Output.Contestants.Single(c => c.Kind == ContestantKind.Existing);
        Assert.Equal("loan-model@1", older.Name);
        Assert.Equal(made["loan-model"].Metrics["log_loss.test"], older.Figures.Single(f => f.Name == "log_loss").Value, 1e-6);
        Assert.True(older.Differences.Single(d => d.Name == "log_loss").High < 0);
        Assert.DoesNotContain(report.Verdict.Checks, c => c.Name.Contains("loan-model", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_without_a_report_is_noted()
    {
        await using var world = ReportWorld.Of(10);
        Assert.DoesNotContain(world.Graph().Findings, f => f.Rule == "report");
        await using var bare = new Kumiki.Ground.Tests.Making.MakingWorld(typeof(Loans), typeof(LoanModel));

        var finding = Assert.Single(bare.Graph().Findings);

        Assert.Equal((Severity.Note, "loan-model has no test report; declare one: class … : TestReport<…>(model)."), (finding.Severity, finding.Says.In("en")));
    }
}
