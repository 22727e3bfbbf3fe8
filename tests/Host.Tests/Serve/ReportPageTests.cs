using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>Reports and thresholds as people look into them, in a real browser and by the API.</summary>
public sealed class ReportPageTests(LendingWorld world, Browser browser) : IClassFixture<LendingWorld>, IClassFixture<Browser>
{
    [Fact]
    public async Task Who_only_clicks_finds_the_column_that_gives_the_target_away()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/graph");
        var page = visit.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "Assets", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "applications-report", Exact = true }).First.ClickAsync();
        await visit.SeesAsync("applications-report");
        await page.GetByRole(AriaRole.Link, new() { Name = "applications-report@1" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Open the report" }).ClickAsync();
        await Assertions.Expect(page.Locator(".findings-list li").First).ToContainTextAsync("collection_calls alone predicts defaulted almost perfectly");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show collection_calls" }).First.ClickAsync();

        var column = page.Locator("td.below");
        await Assertions.Expect(column.GetByRole(AriaRole.Img, new() { Name = "Histogram of collection_calls" })).ToBeVisibleAsync();
        await Assertions.Expect(column.GetByRole(AriaRole.Img, new() { Name = "Share of defaulted = true by collection_calls" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "decides the target alone" })).ToContainTextAsync("collection_calls");
    }

    [Fact]
    public async Task Who_only_clicks_finds_why_a_model_may_not_go_to_production()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/graph");
        var page = visit.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "Assets", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "default-report", Exact = true }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "default-report@1" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Open the report" }).ClickAsync();

        var verdict = page.Locator(".verdict");
        await Assertions.Expect(verdict).ToContainTextAsync("NO-GO");
        await Assertions.Expect(verdict).ToContainTextAsync("JPY, at worst");
        await Assertions.Expect(page.Locator(".tile").Filter(new() { HasText = "Target" })).ToContainTextAsync("30,000 JPY");
    }

    [Fact]
    public async Task A_slice_opens_to_its_errors_and_its_worst_rows_as_the_data_has_them()
    {
        var answer = await JsonAsync("api/versions/default-report/1/report");
        var slice = answer["report"]!["slices"]!["declared"]!.AsArray().First(s => (string)s!["name"]! == "employment = SelfEmployed")!;
        var worst = slice["errors"]!["worst"]!.AsArray();
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/reports/default-report/1");
        var page = visit.Page;
        var declared = page.GetByRole(AriaRole.Region, new() { Name = "Declared slices" });

        await declared.GetByRole(AriaRole.Button, new() { Name = "Rows" }).ClickAsync();
        await Assertions.Expect(declared.GetByRole(AriaRole.Columnheader, new() { Name = "Rows" })).ToHaveAttributeAsync("aria-sort", "descending");
        var sizes = await declared.Locator("tbody tr td:nth-child(2)").AllTextContentsAsync();
        Assert.Equal(sizes.Select(Number).OrderDescending(), sizes.Select(Number));

        await declared.GetByRole(AriaRole.Button, new() { Name = "employment = SelfEmployed" }).PressAsync("Enter");
        var rows = declared.Locator("td.below").GetByRole(AriaRole.Region, new() { Name = $"The {worst.Count} worst rows" }).Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(worst.Count);
        await Assertions.Expect(rows.First).ToContainTextAsync(((int)worst[0]!["row"]! + 1).ToString("N0", CultureInfo.InvariantCulture));
        foreach (var row in await rows.AllTextContentsAsync()) Assert.Contains("SelfEmployed", row, StringComparison.Ordinal);
        Assert.Equal((int)slice["rows"]!, slice["errors"]!["counts"]!.AsArray().Sum(c => (int)c!));
    }

    [Fact]
    public async Task The_threshold_moves_by_keyboard_and_by_buttons_and_shows_what_it_would_cost()
    {
        var among = await JsonAsync("api/versions/decline-above/1/thresholds");
        var (points, costs) = (among["points"]!.AsArray(), among["choice"]!["costs"]!["costs"]!);
        var chosen = points.Index().Single(p => (double)p.Item!["value"]! == (double)among["choice"]!["value"]!).Index;
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/graph");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Assets", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "decline-above", Exact = true }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "decline-above@1" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Move the threshold" }).ClickAsync();
        var slider = page.GetByRole(AriaRole.Slider);
        var total = page.Locator(".tile").Filter(new() { HasText = "Cost of all" });

        await ShowsAsync(chosen);
        Assert.Equal((double)among["choice"]!["cost"]!, Cost(chosen), 1e-6);
        await slider.PressAsync("ArrowRight");
        await ShowsAsync(chosen - 1);
        await slider.PressAsync("Home");
        await ShowsAsync(points.Count - 1);
        await Assertions.Expect(page.Locator(".tile").Filter(new() { HasText = "Recall" }).Locator("b")).ToHaveTextAsync("100%");
        await page.GetByRole(AriaRole.Button, new() { Name = "Go to the cheapest" }).ClickAsync();
        await ShowsAsync(Enumerable.Range(0, points.Count).MinBy(Cost));
        await slider.PressAsync("End");
        await ShowsAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Back to the chosen one" }).ClickAsync();
        await ShowsAsync(chosen);

        double Cost(int place)
        {
            var (above, hits, rows, highs) = ((int)points[place]!["above"]!, (int)points[place]!["hits"]!, (int)among["rows"]!, (int)among["highs"]!);
            return hits * (double)costs[0]![0]! + (highs - hits) * (double)costs[0]![1]! + (above - hits) * (double)costs[1]![0]! + (rows - highs - above + hits) * (double)costs[1]![1]!;
        }

        Task ShowsAsync(int place) => Assertions.Expect(total.Locator("b")).ToHaveTextAsync($"{Cost(place).ToString("N0", CultureInfo.InvariantCulture)} JPY");
    }

    [Fact]
    public async Task A_zone_left_to_people_has_two_bounds_that_move_on_their_own_by_keyboard()
    {
        var among = await JsonAsync("api/versions/decline-above/1/thresholds");
        var (points, costs, rows, highs) = (among["points"]!.AsArray(), among["choice"]!["costs"]!["costs"]!, (int)among["rows"]!, (int)among["highs"]!);
        var chosen = points.Index().Single(p => (double)p.Item!["value"]! == (double)among["choice"]!["value"]!).Index;
        Assert.Equal(32_000, (double)among["personCost"]!);
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/thresholds/decline-above/1");
        var page = visit.Page;
        var total = page.Locator(".tile").Filter(new() { HasText = "Cost of all" }).Locator("b");

        await page.GetByLabel("Leave a zone of scores to people").CheckAsync();
        var (upper, lower) = (page.GetByRole(AriaRole.Slider, new() { Name = "Decided “decline” from" }), page.GetByRole(AriaRole.Slider, new() { Name = "Left to people from" }));
        await ShowsAsync(chosen, chosen, 32_000);
        await lower.PressAsync("ArrowLeft");
        await lower.PressAsync("ArrowLeft");
        await ShowsAsync(chosen, chosen + 2, 32_000);
        await upper.PressAsync("ArrowRight");
        await ShowsAsync(chosen - 1, chosen + 2, 32_000);
        await upper.PressAsync("Home");      // stops at the other bound
        await ShowsAsync(chosen + 2, chosen + 2, 32_000);
        await upper.PressAsync("End");
        await page.GetByLabel("A person's decision costs").FillAsync("1000");
        await ShowsAsync(0, chosen + 2, 1_000);
        var people = (int)points[chosen + 2]!["above"]! - (int)points[0]!["above"]!;
        await Assertions.Expect(page.Locator(".tile").Filter(new() { HasText = "Left to people" })).ToContainTextAsync($"{people.ToString("N0", CultureInfo.InvariantCulture)} / ");
        await Assertions.Expect(page.Locator("table.cells thead th")).ToHaveTextAsync(["Truth ↓ Decision →", "decline", "to people", "grant"]);
        Assert.Equal("", await visit.AxeAsync());

        await page.GetByRole(AriaRole.Button, new() { Name = "Go to the cheapest" }).ClickAsync();
        var best = Enumerable.Range(0, points.Count).SelectMany(u => Enumerable.Range(u, points.Count - u).Select(l => Cost(u, l, 1_000))).Min();
        await Assertions.Expect(total).ToHaveTextAsync($"{best.ToString("N0", CultureInfo.InvariantCulture)} JPY");
        await page.GetByLabel("A person's decision costs").FillAsync("-1");
        await Assertions.Expect(page.GetByText("Give a number of 0 or more.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Back to the chosen one" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Slider)).ToHaveCountAsync(1);

        Task ShowsAsync(int from, int until, double review) =>
            Assertions.Expect(total).ToHaveTextAsync($"{Cost(from, until, review).ToString("N0", CultureInfo.InvariantCulture)} JPY");

        // Counted from the definition: each row is decided as high, as low, or rightly by a person.
        double Cost(int from, int until, double review)
        {
            var ((above, hits), (seen, found)) = (Cut(from), Cut(until));
            return Money(0, 0) * hits + Money(1, 0) * (above - hits) + Money(0, 1) * (highs - found) + Money(1, 1) * (rows - seen - (highs - found))
                + (found - hits) * (Math.Min(Money(0, 0), Money(0, 1)) + review)
                + (seen - above - (found - hits)) * (Math.Min(Money(1, 0), Money(1, 1)) + review);
        }

        double Money(int truth, int decision) => (double)costs[truth]![decision]!;

        (int Above, int Hits) Cut(int place) => ((int)points[place]!["above"]!, (int)points[place]!["hits"]!);
    }

    [Fact]
    public async Task A_stored_page_is_shown_in_a_sandbox_only()
    {
        using var page = await world.Http.GetAsync("api/versions/default-report/1/pages/card.html");
        using var missing = await world.Http.GetAsync("api/versions/default-report/1/pages/report.json");

        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("sandbox; default-src 'none';", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Theory]
    [InlineData("api/versions/applications/1/report", 404, "views.no-report")]
    [InlineData("api/versions/default-model/1/thresholds", 404, "views.no-threshold")]
    [InlineData("api/versions/default-report/9/report", 404, "making.no-version")]
    [InlineData("api/versions/default-report/1/report/rows?at=1,x", 400, "views.bad-rows")]
    [InlineData("api/versions/default-report/1/report/rows?at=-1", 400, "views.bad-rows")]
    public async Task What_cannot_be_shown_is_refused_in_one_sentence(string path, int status, string id)
    {
        using var response = await world.Http.GetAsync(path);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.Equal((status, id), ((int)response.StatusCode, (string)problem["id"]!));
    }

    [Fact]
    public async Task Sentences_of_a_report_come_in_the_readers_language()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/versions/applications-report/1/report");
        request.Headers.AcceptLanguage.ParseAdd("ja");
        using var response = await world.Http.SendAsync(request);
        var finding = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["report"]!["findings"]![0]!["says"]!;

        Assert.Equal("analysis.find-predicts", (string)finding["id"]!);
        Assert.Contains("だけで", (string)finding["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_goal_says_what_it_costs_who_is_hurt_what_is_answered_and_whether_it_is_met()
    {
        var goal = await JsonAsync("api/goals/credit-goal");
        Assert.Equal(("credit-goal@1", 30_000, 0), ((string)goal["version"]!, (double)goal["statement"]!["target"]!, goal["openEthics"]!.AsArray().Count));
        var point = Assert.Single(goal["time"]!.AsArray())!["reading"]!;
        Assert.Equal((double)goal["readings"]![0]!["value"]!, (double)point["value"]!);
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/assets/credit-goal");
        var page = visit.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "Open the goal" }).ClickAsync();
        await Assertions.Expect(page.GetByText("A lender grants small loans")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("dl.values").First).ToContainTextAsync("2027-04-01");
        var costs = page.GetByRole(AriaRole.Region, new() { Name = "What decisions cost" });
        await Assertions.Expect(costs.GetByRole(AriaRole.Row).Filter(new() { HasText = "defaults" })).ToContainTextAsync("400,000");
        await Assertions.Expect(costs.GetByRole(AriaRole.Row).Filter(new() { HasText = "repays" })).ToContainTextAsync("hurts: the applicant");
        await Assertions.Expect(page.GetByText("A person's decision costs 32,000 JPY.")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Every question is answered.")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".card")).ToContainTextAsync("missed");
        await page.Locator(".card").GetByRole(AriaRole.Link, new() { Name = "NO-GO" }).ClickAsync();
        await visit.SeesAsync("default-report@1");
    }

    [Fact]
    public async Task A_goal_that_is_not_there_is_one_sentence()
    {
        using var response = await world.Http.GetAsync("api/goals/default-model");

        Assert.Equal((HttpStatusCode.NotFound, "serve.no-goal"), (response.StatusCode, (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["id"]!));
    }

    public static TheoryData<string> Pages =>
        ["#/reports/default-report/1", "#/reports/applications-report/1", "#/thresholds/decline-above/1", "#/goals/credit-goal"];

    [Theory, MemberData(nameof(Pages))]
    public async Task Every_page_is_readable_for_all_in_light_and_dark_on_a_telephone_and_a_wide_screen(string address)
    {
        foreach (var (width, scheme, language) in new[] { (400, ColorScheme.Dark, "ja-JP"), (1920, ColorScheme.Light, "en-US") })
        {
            await using var visit = await browser.VisitAsync(world.Server.Address, address, width, scheme, language);
            if (await visit.Page.Locator("button.open").CountAsync() > 0) await visit.Page.Locator("button.open").First.ClickAsync();

            Assert.Equal("", await visit.AxeAsync());
            Assert.Equal(0, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
            Assert.Equal("", await visit.Page.EvaluateAsync<string>("[...document.querySelectorAll('.badge, .tile, button, nav a, h1, h2, dt')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent).join('; ')"));
        }
    }

    [Fact]
    public async Task Each_page_weighs_less_than_300_KB_with_all_its_scripts()
    {
        foreach (var address in Pages)
        {
            await using var visit = await browser.VisitAsync(world.Server.Address, address);
            var sent = await visit.Page.EvaluateAsync<long>("performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource')).reduce((sum, e) => sum + e.encodedBodySize, 0)");

            Assert.InRange(sent, 40_000, 300_000);
        }
    }

    async Task<JsonNode> JsonAsync(string path) => JsonNode.Parse(await world.Http.GetStringAsync(path))!;

    static double Number(string text) => double.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
}
