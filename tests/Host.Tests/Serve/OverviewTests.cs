using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>The first page: what is in production, how good it is, and what needs a hand.</summary>
public sealed class OverviewTests(ServedWorld served, Browser browser) : IClassFixture<ServedWorld>, IClassFixture<Browser>
{
    [Fact]
    public async Task Every_room_holds_its_assets_and_a_family_is_one_of_them()
    {
        var rooms = (await served.GetAsync("api/overview"))["rooms"]!.AsArray();

        Assert.Equal(Enumerable.Range(1, 10), rooms.Select(r => (int)r!["number"]!));
        Assert.Equal(
            ["plan: demand-goal", "collect: weekly-demand, sales", "analyze: stock-report", "train: demand-model", "test: reorder-threshold",
                "deploy: demand-forecast, reorder-endpoint"],
            rooms.Where(r => (int)r!["count"]! > 0).Select(r => $"{r!["name"]}: {string.Join(", ", r["items"]!.AsArray().Select(i => (string)i!["name"]!))}"));
        var family = rooms[2]!["items"]![0]!;
        Assert.Equal((2, true), ((int)family["members"]!, (bool)family["isFamily"]!));
        Assert.Equal(["rows 199480", "rows.rejected 31"], rooms[1]!["items"]![1]!["figures"]!.AsArray().Select(f => $"{f!["name"]} {f["value"]}"));
    }

    [Fact]
    public async Task What_is_live_is_said_with_its_release_and_what_needs_a_hand_with_its_mend()
    {
        var overview = await served.GetAsync("api/overview");

        Assert.Equal(3, (int)overview["live"]!["number"]!);
        Assert.Equal(
            ["weekly-demand@2 is out of date, and 6 made from it: it was made from sales@2; sales@3 is in use now",
            "1 staged, but not in production: sales@3."],
            overview["attention"]!.AsArray().Select(a => (string)a!["says"]!["text"]!));
        Assert.Equal(["kumiki make weekly-demand", "kumiki release --dry-run"], overview["attention"]!.AsArray().Select(a => (string)a!["mends"]![0]!));
    }

    [Fact]
    public async Task A_goal_shows_what_the_report_of_the_model_in_production_measured()
    {
        using var folder = new TemporaryFolder();
        await using var world = await DemoWorld.TestedAsync(folder.Path, go: true);
        await using var server = await KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", 0), default);
        using var http = new HttpClient { BaseAddress = server.Address };

        var goal = JsonNode.Parse(await http.GetStringAsync("api/overview"))!["goals"]![0]!;

        var reading = Assert.Single(goal["readings"]!.AsArray())!;
        Assert.Equal((11.5, 10.75, 12.25, 13.0), ((double)reading["value"]!, (double)reading["low"]!, (double)reading["high"]!, (double)reading["target"]!));
        Assert.Equal("demand-report@1 demand-model@1 true true true",
            $"{reading["report"]} {reading["model"]} {reading["go"]} {reading["met"]} {reading["inProduction"]}".ToLowerInvariant());
    }

    [Fact]
    public async Task A_failed_gate_is_found_by_clicks_alone()
    {
        using var folder = new TemporaryFolder();
        await using var world = await DemoWorld.TestedAsync(folder.Path, go: false);
        await using var server = await KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", 0), default);
        await using var visit = await browser.VisitAsync(server.Address, "#/");
        var hand = visit.Page.Locator(".card").Filter(new() { HasText = "Needs a hand" });

        await Assertions.Expect(hand).ToContainTextAsync("demand-report@1 says NO-GO for demand-model@1");
        await Assertions.Expect(visit.Page.Locator(".card").Filter(new() { HasText = "How good it is" })).ToContainTextAsync("Target 11 units is missed.");
        await hand.GetByRole(AriaRole.Link, new() { Name = "demand-report@1" }).ClickAsync();
        await visit.SeesAsync("demand-report@1");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "target" })).ToContainTextAsync("failed");
    }

    [Fact]
    public async Task A_model_that_is_out_of_date_is_found_by_clicks_alone_down_to_what_changed()
    {
        await using var visit = await browser.VisitAsync(served);
        var page = visit.Page;

        await page.Locator(".room").Filter(new() { HasText = "Train" }).GetByRole(AriaRole.Link, new() { Name = "out of date" }).ClickAsync();
        await visit.SeesAsync("demand-model");
        await Assertions.Expect(page.Locator(".warning")).ToContainTextAsync("weekly-demand");
        await page.GetByRole(AriaRole.Link, new() { Name = "weekly-demand", Exact = true }).First.ClickAsync();
        await visit.SeesAsync("weekly-demand");
        await Assertions.Expect(page.Locator(".warning")).ToContainTextAsync("it was made from sales@2; sales@3 is in use now");
    }
}
