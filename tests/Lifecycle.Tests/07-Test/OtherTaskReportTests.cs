using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Kumiki.Testing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class DemandReport(DemandModel model) : TestReport<DemandRow>(model)
{
    protected override void Slices(Slices<DemandRow> slices) => slices.By(r => r.Store);
}

public sealed class RegionModel(Loans loans) : Model<Loan>
{
    public override Split Split => Split.Random(loans, validation: 0.2, test: 0.3);

    public override Learner Learner => Features.Number(r => r.Age).Number(r => r.Income).Number(r => r.Noise).Then(Linear.MultiClass(r => r.Region));
}

public sealed class RegionReport(RegionModel model) : TestReport<Loan>(model)
{
    protected override string Language => "ja";
}

/// <summary>Reports on numbers and on many classes, without goal and threshold.</summary>
public sealed class OtherTaskReportTests
{
    static async Task<(VersionRecord Version, ReportData Report)> MakeAsync(MakingWorld world, string asset)
    {
        var ends = await world.MakeAsync(new MakeOrder(asset) { Upstream = true });
        Assert.All(ends, e => Assert.True(e.Result is not null, e is MakingEnd.Failed f ? f.Why.In("en") : e.ToString()));
        return (ends[^1].Result!, ReportData.FromJson(await File.ReadAllBytesAsync(await ReportWorld.PathAsync(world, ends[^1].Result!, "report.json"))));
    }

    [Fact]
    public async Task Predicted_numbers_are_shown_by_time_with_residuals_beside_the_declared_baseline()
    {
        await using var world = new MakingWorld(typeof(Sales), typeof(WeeklyDemand), typeof(DemandModel), typeof(DemandReport));
        var csv = Directory.GetFiles(SharedData.Folder("beverage-sales"), "item_sale_records_*.csv")[0];
        File.Copy(csv, Path.Combine(world.Root, Path.GetFileName(csv)));

        var (version, report) = await MakeAsync(world, "demand-report");

        Assert.Equal(800, report.Input.Parts.Single(p => p.Name == "test").Rows);
        Assert.True(report.Input.Leaks.Single(l => l.Name == "time").Held);
        Assert.Equal(8, report.Output.ByTime.Count);
        Assert.Equal("2021-08-09", report.Output.ByTime[0].From);
        Assert.Equal(800, report.Output.Residuals!.Counts.Sum());
        var rule = report.Output.Contestants.Single(c => c.Kind == ContestantKind.Rule);
        Assert.Equal("two-weeks-ago", rule.Name);
        var apart = rule.Differences.Single(d => d.Name == "mae");
        Assert.True(apart.Low < apart.Value && apart.Value < apart.High, apart.ToString());
        Assert.Equal(apart.High < 0, version.Checks.Single(c => c.Name == "better-than-two-weeks-ago").Held);
        Assert.True(version.Checks.Single(c => c.Name == "better-than-mean").Held);
        Assert.Null(report.GoalCheck);
        Assert.Equal(10, report.Slices.Declared.Count);
        Assert.Equal("two_weeks_ago", report.Importance.Shap[0].Column);
        Assert.Contains(report.Importance.Shap, s => s.Column == "store" && s.Features.Count > 1);
    }

    [Fact]
    public async Task Many_classes_have_a_table_and_what_cannot_be_predicted_is_NO_GO()
    {
        await using var world = ReportWorld.Of(1200, more: [typeof(RegionModel), typeof(RegionReport)]);

        var (version, report) = await MakeAsync(world, "region-report");

        Assert.Equal(["east", "north", "south"], report.Output.ByClass.Select(c => c.Name));
        Assert.Equal(360, report.Output.Confusion!.Cells.Sum(row => row.Sum()));
        Assert.Equal("NO-GO", version.Facts["verdict"]);
        Assert.Equal("linear", report.Importance.ShapOf);
        Assert.Contains("判定", await File.ReadAllTextAsync(await ReportWorld.PathAsync(world, version, "report.html")), StringComparison.Ordinal);
    }
}
