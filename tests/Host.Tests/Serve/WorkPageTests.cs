using Kumiki.Hosting;
using Kumiki.Journeys;
using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>Work done by clicks alone: making, staging, releasing, passing over a gate, bringing back, comparing, and reading rows.</summary>
public sealed class WorkPageTests(ServedWorld served, Browser browser) : IClassFixture<ServedWorld>, IClassFixture<Browser>
{
    [Fact]
    public async Task From_an_empty_folder_to_production_and_the_rows_behind_it_by_clicks()
    {
        using var demo = new Demo();
        await demo.SomeSalesAsync();
        using var serving = demo.Start([], ["serve", "--port", "0"]);
        var address = (await serving.LineAsync("http://")).Split(' ').First(w => w.StartsWith("http://", StringComparison.Ordinal));
        await using var visit = await browser.VisitAsync(new Uri(address + "/"), "#/", refusals: true);
        var page = visit.Page;

        // Nothing was made yet: the data, then the weeks of it.
        await page.Locator(".room").Filter(new() { HasText = "Collect" }).GetByRole(AriaRole.Link, new() { Name = "weekly-sales" }).ClickAsync();
        await visit.SeesAsync("weekly-sales");
        await Assertions.Expect(page.GetByText("systems/DemandForecast/WeeklySales.cs")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make with what it is made from" }).ClickAsync();
        await page.Locator(".make").GetByRole(AriaRole.Link).First.ClickAsync();
        await visit.SeesAsync("run-");       // several begin at once
        await page.GotoAsync($"{address}/#/versions/weekly-sales/1");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("weekly-sales@1");
        await UntilThereAsync(page);

        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Rows" })).ToContainTextAsync("open_days");
        await page.GetByRole(AriaRole.Button, new() { Name = "Last rows" }).ClickAsync();
        await Assertions.Expect(page.Locator(".pager")).ToContainTextAsync("376 … 400 of 400");      // 100 weeks of two stores and two items
        await page.GetByRole(AriaRole.Button, new() { Name = "Stage", Exact = true }).ClickAsync();
        await page.GetByLabel("Reason").FillAsync("the first weeks");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stage", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator(".badge.staging").First).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Releases" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Assertions.Expect(page.Locator(".fits")).ToContainTextAsync("weekly-sales @1");
        await page.GetByLabel("Reason").FillAsync("to begin with");
        await page.GetByRole(AriaRole.Button, new() { Name = "Release now" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Everything staged is in production.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Overview" }).ClickAsync();
        await Assertions.Expect(page.Locator(".card").Filter(new() { HasText = "In production" }).First).ToContainTextAsync("to begin with");
        await serving.SignalAsync("TERM");
        Assert.Equal(0, (await serving.EndAsync()).Code);
    }

    /// <summary>A version that is being made is not there yet; the page asks again when it is told to.</summary>
    static async Task UntilThereAsync(IPage page)
    {
        var alert = page.GetByRole(AriaRole.Alert);
        await Assertions.Expect(page.GetByText("SHA-256").Or(alert).First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Assertions.Expect(page.GetByText("SHA-256").First).ToBeVisibleAsync(new() { Timeout = 60_000 });
    }

    [Fact]
    public async Task A_failed_gate_is_said_with_its_mend_passed_over_by_name_and_taken_back_by_a_rollback()
    {
        using var folder = new TemporaryFolder();
        await using var world = await DemoWorld.TestedAsync(folder.Path, go: false);
        await using var server = await KumikiServer.StartAsync(ServedWorld.Of(world), ServeAddress.Of("127.0.0.1", 0), default);
        await using var visit = await browser.VisitAsync(server.Address, "#/versions/demand-report/1", refusals: true);
        var page = visit.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Stage", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stage", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Releases" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        var verdict = page.Locator(".failed");
        await Assertions.Expect(verdict).ToContainTextAsync("This does not fit: 1 to mend");
        await Assertions.Expect(verdict).ToContainTextAsync("the check 'target' did not hold");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pass over target" })).ToBeDisabledAsync();
        await verdict.GetByRole(AriaRole.Textbox).FillAsync("a trial week");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pass over target" }).ClickAsync();
        await Assertions.Expect(page.Locator(".fits")).ToContainTextAsync("demand-report @1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Release now" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Release 2" }).First).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Bring back what was live before" }).ClickAsync();
        await Assertions.Expect(page.Locator(".rollback")).ToContainTextAsync("demand-report @1");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Roll back" })).ToBeDisabledAsync();
        await page.Locator(".rollback").GetByLabel("Reason").FillAsync("worse than before");
        await page.GetByRole(AriaRole.Button, new() { Name = "Roll back" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Release 3" }).First).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("worse than before").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_is_taken_out_of_production_takes_with_it_what_was_cut_for_it_after_a_look()
    {
        using var folder = new TemporaryFolder();
        await using var world = await DemoWorld.FilledAsync(folder.Path);
        await using var server = await KumikiServer.StartAsync(ServedWorld.Of(world) with { Author = "aiko" }, ServeAddress.Of("127.0.0.1", 0), default);
        await using var visit = await browser.VisitAsync(server.Address, "#/releases", refusals: true);
        var page = visit.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Take out of production …" }).ClickAsync();
        var group = page.GetByRole(AriaRole.Group, new() { Name = "Take out of production …" });
        var check = group.GetByRole(AriaRole.Button, new() { Name = "Check what that would do" });
        await Assertions.Expect(check).ToBeDisabledAsync();
        await page.GetByLabel("Take demand-model out").CheckAsync();
        await check.ClickAsync();
        await Assertions.Expect(group.Locator(".failed")).ToContainTextAsync("reorder-endpoint@1");
        await Assertions.Expect(group.Locator(".failed")).ToContainTextAsync("--without demand-model --without reorder-endpoint --without reorder-threshold");
        Assert.Equal("", await visit.AxeAsync());
        await group.GetByRole(AriaRole.Button, new() { Name = "Take this mend and check again" }).First.ClickAsync();
        await Assertions.Expect(group.Locator(".fits")).ToContainTextAsync("reorder-threshold @1");
        await Assertions.Expect(group.GetByText("reorder-endpoint is taken out of production too.")).ToBeVisibleAsync();
        Assert.Equal(3, (await world.Metadata.ProductionAsync(default)).Release);

        var act = group.GetByRole(AriaRole.Button, new() { Name = "Take out now" });
        await Assertions.Expect(act).ToBeDisabledAsync();
        await Assertions.Expect(group.GetByLabel("By")).ToHaveValueAsync("aiko");
        await group.GetByLabel("Reason").FillAsync("orders by hand again");
        await group.GetByLabel("By").FillAsync("kenji");
        await act.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Release 4" }).First).ToBeVisibleAsync();
        var release = (await world.Metadata.ReleaseAsync(4, default))!;
        Assert.Equal(("kenji", "orders by hand again"), (release.Author, release.Reason));
        Assert.Equal(["demand-goal", "sales", "weekly-demand"], release.Set.Keys.Order());
    }

    [Fact]
    public async Task A_schedule_that_bad_data_stopped_is_found_from_the_overview_by_clicks()
    {
        using var demo = new Demo();
        await demo.SomeSalesAsync();
        await demo.MustAsync("make", "demand-forecasts", "--upstream", "--stage");
        await demo.MustAsync("release", "--message", "the first", "--waive", "demand-model@1:beats-usual=two stores are too few to learn much from");
        demo.Sales("date,store,item,sales,total_sales_amount\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"2025-05-05,chiba,item-{i},-4,100\n")),
            "late.csv");
        using var serving = demo.Start([], ["serve", "--port", "0"]);
        var address = (await serving.LineAsync("http://")).Split(' ').First(w => w.StartsWith("http://", StringComparison.Ordinal));
        await using var visit = await browser.VisitAsync(new Uri(address + "/"), "#/", refusals: true);     // it is ended while the page is open
        var page = visit.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "Schedules" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Run now" }).ClickAsync();
        await Assertions.Expect(page.Locator(".occurrence .badge").First).ToContainTextAsync("stopped by the data", new() { Timeout = 60_000 });
        await page.GetByRole(AriaRole.Link, new() { Name = "Overview" }).ClickAsync();
        var hand = page.Locator(".card").Filter(new() { HasText = "Needs a hand" });
        await hand.GetByRole(AriaRole.Link, new() { Name = "weekly-forecast" }).First.ClickAsync();
        await visit.SeesAsync("weekly-forecast");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("sales");
        await Assertions.Expect(page.Locator(".step-line .bad")).ToContainTextAsync("check");
        Assert.Equal("", await visit.AxeAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Assertions.Expect(page.GetByText("paused by tester since")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pause" })).ToBeVisibleAsync();
        await serving.SignalAsync("TERM");
        Assert.Equal(0, (await serving.EndAsync()).Code);
    }

    [Fact]
    public async Task Runs_are_chosen_from_the_list_and_compared_with_their_curves()
    {
        await using var visit = await browser.VisitAsync(served, "#/runs?asset=demand-model");
        var page = visit.Page;

        await page.GetByLabel("Compare run-4").CheckAsync();
        await page.GetByLabel("Compare run-7").CheckAsync();
        await page.GetByLabel($"Compare {served.World.Running}").CheckAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Compare runs" }).ClickAsync();
        await visit.SeesAsync("Compare runs");
        await Assertions.Expect(
            page.GetByRole(AriaRole.Region, new() { Name = "Parameters", Exact = true }).GetByRole(AriaRole.Row).Filter(new() { HasText = "rounds" }))
            .ToHaveTextAsync("rounds300300500");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Metrics", Exact = true })).ToContainTextAsync("11.872");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Data and other inputs", Exact = true })).ToContainTextAsync("weekly-demand@1");
        await Assertions.Expect(page.Locator(".chart")).ToHaveCountAsync(2);
        await Assertions.Expect(page.Locator(".chart").First).ToContainTextAsync("run-7");
    }

    [Fact]
    public async Task Two_versions_are_compared_by_what_changed_and_others_are_chosen_in_place()
    {
        await using var visit = await browser.VisitAsync(served, "#/assets/sales");
        var page = visit.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "with @1" }).ClickAsync();
        await visit.SeesAsync("Compare");
        await page.Locator(".pair select").Nth(1).SelectOptionAsync("sales@3");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "facts" })).ToContainTextAsync("199480");
        await page.GotoAsync($"{served.Server.Address}#/diff/demand-model@1/demand-model@2");
        var metric = page.GetByRole(AriaRole.Region, new() { Name = "Metrics" }).GetByRole(AriaRole.Row).Filter(new() { HasText = "test.mae" });
        await Assertions.Expect(metric).ToHaveTextAsync("test.mae14.3111.872-2.438-17");
        await Assertions.Expect(page.Locator(".chart").First).ToContainTextAsync("demand-model@2");
    }

    [Fact]
    public async Task A_server_that_only_shows_has_no_button_that_changes_anything()
    {
        using var folder = new TemporaryFolder();
        await using var world = await DemoWorld.FilledAsync(folder.Path);
        await using var server = await KumikiServer.StartAsync(ServedWorld.Of(world) with { ReadOnly = true }, ServeAddress.Of("127.0.0.1", 0), default);
        foreach (var address in new[] { "#/assets/sales", "#/versions/sales/1", "#/releases" })
        {
            await using var visit = await browser.VisitAsync(server.Address, address);
            await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^(Make|Stage|Check|Release|Bring)") })).ToHaveCountAsync(0);
        }
    }
}
