using Kumiki.Host.Tests.Endpoints;
using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>What endpoints answered, one answer from request to decision, and SQL over them, in a real browser.</summary>
public sealed class PredictionPageTests(Browser browser) : IClassFixture<Browser>
{
    static async Task OutcomeAsync(EndpointWorld world, string body)
    {
        using var response = await world.Http.PostAsync("/api/endpoints/verdict/outcomes",
            new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_prediction_is_followed_from_its_row_to_its_decision_and_what_became_of_it()
    {
        await using var world = await EndpointWorld.StartAsync();
        var release = await world.ReleaseAsync(0);
        await world.AnswerAsync("""{"x": 0.45, "place": "street", "count": 3}""", ("Kumiki-Prediction-Id", "order-7"));
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/endpoints/verdict");
        var page = visit.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "Last predictions" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "order-7" })).ToContainTextAsync("unsure 0.45");
        await page.GetByRole(AriaRole.Link, new() { Name = "order-7" }).ClickAsync();
        await visit.SeesAsync("order-7");

        await Assertions.Expect(page.Locator(".big")).ToHaveTextAsync("unsure");
        foreach (var version in new[] { "model@1", "cut@1", $"Release {release}" })
            await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = version, Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Where its time went" }).GetByRole(AriaRole.Row)).ToHaveCountAsync(5);
        await Assertions.Expect(page.Locator("pre.json").First).ToContainTextAsync("\"place\": \"street\"");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "What the adapter gave the model" })).ToContainTextAsync("x0.45placestreet");
        await Assertions.Expect(page.Locator(".zones-said .lit")).ToHaveTextAsync("unsure: from 0.4 to below 0.5.");
        await Assertions.Expect(page.Locator(".empty")).ToContainTextAsync("Nobody has told what became of it.");
        Assert.Equal("", await visit.AxeAsync());

        await OutcomeAsync(world, """{"id": "order-7", "value": true, "note": "paid back"}""");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Outcome" })).ToContainTextAsync("true counts");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Outcome" })).ToContainTextAsync("paid back");
    }

    [Fact]
    public async Task What_an_offline_runner_answered_bears_its_mark()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(0);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/edge/logs")
        {
            Headers = { { "Kumiki-Device", "till-7" } },
            Content = new ByteArrayContent("""{"id":"sold-1","at":"2026-02-03T04:05:06Z","endpoint":"verdict@1","release":1,"took_us":870,"model":"model@1","answer":"high","score":0.75,"input":{"x":0.75}}"""u8.ToArray()),
        };
        request.Content.Headers.ContentType = new("application/jsonl");
        using var sent = await world.Http.SendAsync(request);
        Assert.True(sent.IsSuccessStatusCode, await sent.Content.ReadAsStringAsync());
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/endpoints/verdict/predictions");
        var page = visit.Page;

        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "sold-1" }).Locator(".badge")).ToHaveTextAsync("Device");
        await page.GetByRole(AriaRole.Link, new() { Name = "sold-1" }).ClickAsync();
        await visit.SeesAsync("sold-1");
        await Assertions.Expect(page.Locator("dl").First).ToContainTextAsync("till-7");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Where its time went" }).GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        Assert.Equal("", await visit.AxeAsync());
    }

    [Fact]
    public async Task The_list_grows_by_itself_goes_on_to_older_ones_and_says_what_failed()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(0, model: [1, 2, 3]);
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/endpoints/verdict/predictions");
        var page = visit.Page;
        var rows = page.Locator("tbody tr");
        await Assertions.Expect(page.Locator(".empty")).ToContainTextAsync("Nothing was logged of this endpoint yet.");

        await world.RefusedAsync("""{"x": "no number"}""", headers: ("Kumiki-Prediction-Id", "refused"));
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "refused" })).ToContainTextAsync("✕ endpoint.not-number");
        await world.ReleaseAsync(1);
        await world.AnswerAsync($$"""{"rows": [{{string.Join(',', Enumerable.Repeat("""{"x": 1}""", 60))}}]}""", ("Kumiki-Release-At-Least", "2"));
        await Assertions.Expect(rows).ToHaveCountAsync(50);
        await page.GetByRole(AriaRole.Button, new() { Name = "Older" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(61);
        Assert.Equal("", await visit.AxeAsync());
    }

    [Fact]
    public async Task SQL_is_asked_by_keyboard_answered_as_a_table_and_a_plot_and_kept_in_the_address()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(0);
        for (var i = 0; i < 12; i++) await world.AnswerAsync($$"""{"x": {{i / 10.0}}}""");
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/predictions", refusals: true);
        var page = visit.Page;
        var (sql, answer) = (page.GetByLabel("SELECT"), page.GetByRole(AriaRole.Region, new() { Name = "Rows" }));

        await page.GetByText("predictions_verdict", new() { Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "feature_x" })).ToBeVisibleAsync();
        await sql.FillAsync("SELECT decision, count(*) AS n FROM predictions_verdict GROUP BY decision ORDER BY n DESC, decision");
        await sql.PressAsync("Control+Enter");
        await Assertions.Expect(answer.Locator("tbody tr")).ToHaveTextAsync(["high7", "low4", "unsure1"]);
        Assert.Contains("sql=SELECT+decision", page.Url, StringComparison.Ordinal);

        await sql.FillAsync("SELECT time, score FROM predictions_verdict ORDER BY time");
        await sql.PressAsync("Control+Enter");
        await page.GetByText("Draw two columns").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { Name = "score over time" })).ToBeVisibleAsync();
        Assert.Equal("", await visit.AxeAsync());

        await page.ReloadAsync();
        await Assertions.Expect(answer.Locator("tbody tr")).ToHaveCountAsync(12);
        await page.GetByLabel("At most rows").SelectOptionAsync("100");
        await sql.FillAsync("SELECT i FROM range(1000) r(i)");
        await sql.PressAsync("Control+Enter");
        await Assertions.Expect(page.GetByText("There are more: only the first 100 are here.")).ToBeVisibleAsync();

        await sql.FillAsync("SELECT * FROM read_csv('/etc/passwd')");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert))
            .ToContainTextAsync("The SQL reaches for something other than the log: read_csv(). Leave it out");
    }

    [Fact]
    public async Task SQL_that_takes_long_is_cancelled_and_another_is_answered()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(0);
        await world.AnswerAsync("""{"x": 1}""");
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/predictions");
        var page = visit.Page;
        var sql = page.GetByLabel("SELECT");

        await sql.FillAsync("SELECT sum(hash(a.i * b.i)) FROM range(10000000) a(i), range(10000000) b(i)");
        await sql.PressAsync("Control+Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Cancelled.")).ToBeVisibleAsync();
        await sql.FillAsync("SELECT count(*) AS n FROM predictions_verdict");
        await sql.PressAsync("Control+Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Rows" }).Locator("tbody tr")).ToHaveTextAsync(["1"]);
    }

    [Theory]
    [InlineData("#/endpoints/verdict/predictions")]
    [InlineData("#/predictions/order-7")]
    [InlineData("#/predictions?sql=SELECT+time,+score,+decision,+inputs+FROM+predictions_verdict+ORDER+BY+time")]
    public async Task Each_page_is_clean_and_fits_a_telephone_and_a_wide_screen_in_dark_and_Japanese(string address)
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(0);
        await world.AnswerAsync("""{"x": 0.45, "place": "street"}""", ("Kumiki-Prediction-Id", "order-7"));
        await world.AnswerAsync("""{"x": 3, "place": "garden"}""");
        await OutcomeAsync(world, """{"id": "order-7", "value": 1}""");
        foreach (var (width, scheme, language) in new[] { (400, ColorScheme.Dark, "ja-JP"), (1920, ColorScheme.Light, "en-US") })
        {
            await using var visit = await browser.VisitAsync(world.Server.Address, address, width, scheme, language);
            Assert.Equal("", await visit.AxeAsync());
            Assert.True(await visit.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"),
                $"{address} scrolls sideways at {width} px.");
        }
    }
}
