using System.Linq.Expressions;
using System.Text;
using Kumiki.Analyzing;
using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Lifecycle.Tests.Analyzing;

public sealed class SalesReport(Sales sales) : Analysis<Sale>
{
    public override Expression<Func<Sale, object?>> Target => s => s.Units;

    public override Expression<Func<Sale, object?>> Time => s => s.Date;

    protected override bool Hides(ColumnSchema column) => column.Name == "store";
}

public sealed class OddReport(Sales sales) : Analysis<Sale>
{
    public override Expression<Func<Sale, object?>> Time => s => s.Date.Year;
}

public sealed class AnalysisAssetTests
{
    static MakingWorld World(params Type[] types)
    {
        var world = new MakingWorld([typeof(Sales), .. types]);
        var csv = Directory.GetFiles(SharedData.Folder("beverage-sales"), "item_sale_records_*.csv")[0];
        File.Copy(csv, Path.Combine(world.Root, Path.GetFileName(csv)));
        return world;
    }

    static async Task<VersionRecord> MakeAsync(MakingWorld world, params string[] settings)
    {
        var end = (await world.MakeAsync(new MakeOrder("sales-report") { Upstream = true }, settings))[^1];
        Assert.True(end.Result is not null, end is MakingEnd.Failed f ? f.Why.In("en") : end.ToString());
        return end.Result;
    }

    static async Task<byte[]> BytesAsync(MakingWorld world, VersionRecord version, string path) =>
        await File.ReadAllBytesAsync(await world.Artifacts.PathAsync(version.Files.Single(f => f.Path == path).Content, default));

    [Fact]
    public async Task A_report_is_an_asset_with_data_and_a_page_and_is_made_again_only_for_other_rows()
    {
        await using var world = World(typeof(SalesReport));

        var version = await MakeAsync(world, "sales-report.language=en");

        Assert.Equal((AssetKind.Report, EdgeKind.Source, "sales@1"), (version.Kind, version.Inputs.Single().Edge, version.Inputs.Single().Version.ToString()));
        var report = AnalysisReport.FromJson(await BytesAsync(world, version, "report.json"));
        Assert.Equal((63_900L, "sales", TargetTask.Number, true), (report.Rows, report.Dataset, report.Target!.Task, report.Column("store").Hidden));
        Assert.Equal(["unique-date-store-item"], report.Expectations.Select(e => e.Name));
        var page = Encoding.UTF8.GetString(await BytesAsync(world, version, "report.html"));
        Assert.Contains("<title>sales@1</title>", page, StringComparison.Ordinal);
        Assert.Contains("What to look at", page, StringComparison.Ordinal);
        Assert.All(await world.MakeAsync(new MakeOrder("sales-report") { Upstream = true }, "sales-report.language=en"), e =>
            Assert.IsType<MakingEnd.Reused>(e));
        Assert.Equal(version.Files, (await world.Maker("sales-report.language=en").RepeatAsync(version.MadeBy, null, default)).Files);
    }

    [Fact]
    public async Task In_Japanese_the_page_differs_and_the_data_do_not()
    {
        await using var world = World(typeof(SalesReport));
        var english = await MakeAsync(world, "sales-report.language=en");

        var japanese = await MakeAsync(world, "sales-report.language=ja");

        Assert.Equal(english.Files.Single(f => f.Path == "report.json"), japanese.Files.Single(f => f.Path == "report.json"));
        var page = Encoding.UTF8.GetString(await BytesAsync(world, japanese, "report.html"));
        Assert.Contains("確認すること", page, StringComparison.Ordinal);
        Assert.Contains("<html lang=\"ja\">", page, StringComparison.Ordinal);
        Assert.DoesNotContain("What to look at", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_column_or_no_language_is_refused_before_anything_is_made()
    {
        await using var world = World(typeof(OddReport), typeof(SalesReport));

        Assert.Contains("is not a column of Sale", Refused(world.Graph())[0], StringComparison.Ordinal);
        Assert.Contains("sales-report has the language 'fr', which there is not; choose one of en, ja.", Refused(world.Graph("sales-report.language=fr")));
    }

    static string[] Refused(ProjectGraph graph) => [.. graph.Findings.Where(f => f.Rule == "analysis").Select(f => f.Says.In("en"))];
}
