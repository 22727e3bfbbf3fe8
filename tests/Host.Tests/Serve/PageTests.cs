using Microsoft.Playwright;
using Xunit;
using Xunit.Abstractions;

namespace Kumiki.Host.Tests.Serve;

/// <summary>The pages in a real browser, as someone who sees them for the first time.</summary>
public sealed class PageTests(ServedWorld served, Browser browser, ITestOutputHelper says) : IClassFixture<ServedWorld>, IClassFixture<Browser>
{
    [Fact]
    public async Task A_newcomer_walks_from_the_graph_to_an_asset_a_version_its_run_and_the_release_history()
    {
        await using var visit = await browser.VisitAsync(served);
        var page = visit.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "Graph", Exact = true }).ClickAsync();
        await visit.SeesAsync("Graph");
        await page.GetByRole(AriaRole.Link, new() { Name = "demand-model", Exact = true }).First.ClickAsync();
        await visit.SeesAsync("demand-model");
        await page.GetByRole(AriaRole.Row).Filter(new() { HasText = "11.872" }).GetByRole(AriaRole.Link, new() { Name = "demand-model@2" }).ClickAsync();
        await visit.SeesAsync("demand-model@2");
        await page.GetByRole(AriaRole.Link, new() { Name = "run-7" }).ClickAsync();
        await visit.SeesAsync("run-7");
        await Assertions.Expect(page.GetByText("37.4 sec").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Releases" }).ClickAsync();
        await visit.SeesAsync("Releases");
        await Assertions.Expect(page.GetByText("Too many orders for fresh goods").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Lineage_is_walked_up_and_down_by_links()
    {
        await using var visit = await browser.VisitAsync(served, "#/versions/weekly-demand/2");
        var page = visit.Page;

        await page.GetByRole(AriaRole.Table).GetByRole(AriaRole.Link, new() { Name = "sales@2" }).ClickAsync();
        await visit.SeesAsync("sales@2");
        await page.Locator(".drawing").GetByRole(AriaRole.Link, new() { Name = "reorder-endpoint@2" }).ClickAsync();
        await visit.SeesAsync("reorder-endpoint@2");
    }

    [Fact]
    public async Task A_mark_says_on_a_click_why_a_version_is_out_of_date_and_goes_on_escape()
    {
        await using var visit = await browser.VisitAsync(served, "#/graph");
        var mark = visit.Page.GetByRole(AriaRole.Button, new() { Name = "weekly-demand: out of date" });
        var bubble = visit.Page.Locator(".bubble");

        await mark.ClickAsync();
        await Assertions.Expect(bubble).ToContainTextAsync("it was made from sales@2; sales@3 is in use now");
        await Assertions.Expect(bubble).ToContainTextAsync("kumiki make weekly-demand");
        await mark.PressAsync("Escape");
        await Assertions.Expect(bubble).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_graph_is_filtered_and_what_is_hidden_is_still_led_over()
    {
        await using var visit = await browser.VisitAsync(served, "#/graph");
        var (page, drawing) = (visit.Page, visit.Page.Locator(".drawing"));

        await page.GetByLabel("Kind").SelectOptionAsync("model");
        await Assertions.Expect(drawing.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(1);
        await page.GetByLabel("Kind").SelectOptionAsync("");
        await page.GetByRole(AriaRole.Searchbox).FillAsync("REORDER");
        await Assertions.Expect(drawing.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(2);
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByText("2 of 9")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync("nothing-like-it");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all again" }).ClickAsync();
        await page.GetByLabel("State").SelectOptionAsync("production");
        await Assertions.Expect(page.GetByText("6 of 9")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_graph_is_zoomed_by_keys_and_wheel_and_dragged_by_its_ground()
    {
        await using var visit = await browser.VisitAsync(served.Server.Address, "#/graph", width: 500);
        var page = visit.Page;
        var box = page.GetByRole(AriaRole.Region, new() { Name = "Graph" });
        var zoom = page.Locator(".zoom output");

        await box.FocusAsync();
        await page.Keyboard.PressAsync("+");
        await Assertions.Expect(zoom).ToHaveTextAsync("125 %");
        await page.Keyboard.PressAsync("0");
        await Assertions.Expect(zoom).Not.ToHaveTextAsync("125 %");
        await page.GetByRole(AriaRole.Button, new() { Name = "Zoom in" }).ClickAsync(new() { ClickCount = 3 });
        var before = await zoom.TextContentAsync();
        await box.HoverAsync();
        await page.Keyboard.DownAsync("Control");
        await page.Mouse.WheelAsync(0, -300);
        await page.Keyboard.UpAsync("Control");
        await Assertions.Expect(zoom).Not.ToHaveTextAsync(before!);

        var place = (await box.BoundingBoxAsync())!;
        await box.EvaluateAsync("b => b.scrollTo(60, 60)");
        await page.Mouse.MoveAsync(place.X + 4, place.Y + 4);       // the ground beside the nodes
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(place.X + 44, place.Y + 34);
        await page.Mouse.UpAsync();
        Assert.Equal("20 30", await box.EvaluateAsync<string>("b => `${b.scrollLeft} ${b.scrollTop}`"));
    }

    [Fact]
    public async Task Of_a_large_graph_only_what_is_seen_is_drawn_and_every_node_is_reached_by_keyboard()
    {
        using var folder = new TemporaryFolder();
        await using var world = await DemoWorld.EmptyAsync(folder.Path);
        var hub = await world.MakeAsync("hub", AssetKind.Dataset);
        for (var i = 0; i < 240; i++) await world.MakeAsync($"leaf-{i:000}", AssetKind.Model, [(hub, EdgeKind.Source)]);
        await using var server = await Kumiki.Hosting.KumikiServer.StartAsync(ServedWorld.Of(world), Kumiki.Hosting.ServeAddress.Of("127.0.0.1", 0), default);
        await using var visit = await browser.VisitAsync(server.Address, "#/graph");
        var (page, nodes) = (visit.Page, visit.Page.Locator(".drawing li"));
        var first = page.Locator(".drawing").GetByRole(AriaRole.Link, new() { Name = "leaf-000" });
        var last = page.Locator(".drawing").GetByRole(AriaRole.Link, new() { Name = "leaf-239" });

        await Assertions.Expect(first).ToBeVisibleAsync();
        Assert.InRange(await nodes.CountAsync(), 5, 60);
        await Assertions.Expect(nodes.First).ToHaveAttributeAsync("aria-setsize", "241");
        await page.Locator(".drawing-box").EvaluateAsync("b => b.scrollTo(0, b.scrollHeight)");
        await Assertions.Expect(last).ToBeVisibleAsync();
        await Assertions.Expect(first).ToHaveCountAsync(0);
        Assert.InRange(await nodes.CountAsync(), 5, 60);

        await last.FocusAsync();
        for (var back = 239; back > 200; back--) await page.Keyboard.PressAsync("Shift+Tab");
        await Assertions.Expect(page.Locator(".drawing").GetByRole(AriaRole.Link, new() { Name = "leaf-200" })).ToBeFocusedAsync();
        await Assertions.Expect(page.Locator(".drawing .lit")).ToHaveCountAsync(1);

        await page.GetByRole(AriaRole.Button, new() { Name = "Show all", Exact = true }).ClickAsync();
        await Assertions.Expect(nodes).ToHaveCountAsync(241);
        Assert.Equal("", await visit.AxeAsync());
        await page.Locator(".drawing").GetByRole(AriaRole.Link, new() { Name = "hub" }).PressAsync("Enter");
        await visit.SeesAsync("hub");
    }

    [Fact]
    public async Task Everything_is_reached_and_opened_by_keyboard_alone()
    {
        await using var visit = await browser.VisitAsync(served, "#/graph");
        var page = visit.Page;

        for (var presses = 0; presses < 40 && await page.EvaluateAsync<string>("document.activeElement.getAttribute('aria-label') ?? ''") != "weekly-demand: out of date"; presses++)
            await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.Locator(".bubble")).ToContainTextAsync("sales@3 is in use now");
        await page.Keyboard.PressAsync("Shift+Tab");
        await page.Keyboard.PressAsync("Enter");
        await visit.SeesAsync("weekly-demand");
    }

    [Fact]
    public async Task The_pages_speak_Japanese_when_asked_and_remember_it()
    {
        await using var visit = await browser.VisitAsync(served, "#/assets/weekly-demand");
        var page = visit.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "日本語" }).ClickAsync();
        await Assertions.Expect(page.GetByText("sales@2 から作られましたが、現在は sales@3 が使われています")).ToBeVisibleAsync();
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "リリース" })).ToBeVisibleAsync();
        Assert.Equal("ja", await page.EvaluateAsync<string>("document.documentElement.lang"));
    }

    [Fact]
    public async Task A_line_written_while_the_page_is_open_appears_by_itself()
    {
        var run = await served.World.BeginAsync("sales", [], []);
        await using var visit = await browser.VisitAsync(served, $"#/runs/{run}");
        await Assertions.Expect(visit.Page.GetByText("The run has written nothing yet.")).ToBeVisibleAsync();

        await served.World.Metadata.AppendLogAsync(run, [new(0, DateTimeOffset.UnixEpoch, "info", "reading the first file")], default);
        await served.World.Metadata.AppendMetricsAsync(run, [new("rows", 1, 1000, DateTimeOffset.UnixEpoch), new("rows", 2, 2500, DateTimeOffset.UnixEpoch)], default);

        await Assertions.Expect(visit.Page.GetByText("reading the first file")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.Locator(".chart")).ToContainTextAsync("2,500");
    }

    [Fact]
    public async Task An_empty_store_shows_the_command_that_fills_it_on_every_page()
    {
        using var folder = new TemporaryFolder();
        await using var world = await DemoWorld.EmptyAsync(folder.Path);
        await using var server = await Kumiki.Hosting.KumikiServer.StartAsync(ServedWorld.Of(world), Kumiki.Hosting.ServeAddress.Of("127.0.0.1", 0), default);
        foreach (var (address, command) in new[] { ("#/", "kumiki release NAME@N"), ("#/graph", "kumiki make NAME"), ("#/assets", "kumiki make NAME"),
            ("#/runs", "kumiki make NAME"), ("#/releases", "kumiki release NAME@N") })
        {
            await using var visit = await browser.VisitAsync(server.Address, address);
            await Assertions.Expect(visit.Page.Locator(".empty").First).ToContainTextAsync(command);
        }
    }

    [Fact]
    public async Task The_API_is_described_in_place_and_an_address_can_be_tried()
    {
        await using var visit = await browser.VisitAsync(served);
        var page = visit.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "REST API" }).ClickAsync();
        await visit.SeesAsync("REST API");
        var releases = page.Locator("details").Filter(new() { HasText = "POST /api/releases Releases a set" });
        await releases.First.Locator("summary").ClickAsync();
        await Assertions.Expect(releases.First).ToContainTextAsync("dryRun?: boolean");
        var runs = page.Locator("details").Filter(new() { HasText = "/api/runs Runs, newest first" });
        await runs.Locator("summary").ClickAsync();
        await runs.GetByLabel("limit").FillAsync("1");
        await runs.GetByRole(AriaRole.Button, new() { Name = "Try it" }).ClickAsync();
        await Assertions.Expect(runs.GetByRole(AriaRole.Status)).ToContainTextAsync("\"asset\": \"demand-model\"");
    }

    [Fact]
    public async Task What_is_not_there_is_said_with_a_way_on()
    {
        await using var visit = await browser.VisitAsync(served, "#/versions/sales/99", refusals: true);

        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("sales@99 does not exist");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();
    }

    public static TheoryData<string> Pages =>
        ["#/", "#/graph", "#/assets", "#/assets/demand-model", "#/versions/sales/2", "#/versions/demand-model/2", "#/diff/demand-model@1/demand-model@2",
        "#/runs", "#/compare?runs=run-4,run-7", "#/compare", "#/runs/run-7", "#/releases", "#/releases/1", "#/schedules", "#/api"];

    /// <summary>All bytes over the wire to a browser that holds nothing yet: files, answers and their headers.</summary>
    [Theory, MemberData(nameof(Pages))]
    public async Task Every_page_weighs_less_than_300_kB_in_all(string address)
    {
        var weight = await browser.WeightAsync(served.Server.Address, address);
        says.WriteLine($"{address}: {weight / 1000.0:0.0} kB");

        Assert.InRange(weight, 10_000, 300_000);
    }

    [Theory, MemberData(nameof(Pages))]
    public async Task Every_page_is_readable_for_all_in_light_and_dark_on_a_telephone_and_a_wide_screen(string address)
    {
        foreach (var (width, scheme, language) in new[] { (400, ColorScheme.Light, "ja-JP"), (400, ColorScheme.Dark, "en-US"), (1920, ColorScheme.Light, "en-US"), (1400, ColorScheme.Dark, "ja-JP") })
        {
            await using var visit = await browser.VisitAsync(served.Server.Address, address, width, scheme, language);

            Assert.Equal("", await visit.AxeAsync());
            Assert.Equal(0, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
            Assert.Equal("", await visit.Page.EvaluateAsync<string>("[...document.querySelectorAll('.badge, .node-kind, .node-marks, button, nav a, h1, h2, dt')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent).join('; ')"));
        }
    }
}
