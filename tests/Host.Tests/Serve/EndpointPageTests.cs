using Kumiki.Host.Tests.Endpoints;
using Kumiki.Onnx;
using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>Released endpoints and the models in memory as people see and ask them, in a real browser.</summary>
public sealed class EndpointPageTests(Browser browser) : IClassFixture<Browser>
{
    static readonly DecisionRule Cut = new DecisionRule.AtThreshold(0.5, 0.4, "high", "unsure", "low");

    static readonly PlannedFallback[] Chain =
    [
        new PlannedFallback.Smaller(new("smaller", null, Cut)),
        new PlannedFallback.ByRule(new FieldRule.Compares("count", ">", 10), "high", null),
        new PlannedFallback.LastAnswer(60),
        new PlannedFallback.Always("unsure", null),
    ];

    [Fact]
    public async Task Who_asks_on_the_form_sees_the_decision_on_its_scale_with_every_version_that_made_it()
    {
        await using var world = await EndpointWorld.StartAsync();
        var release = await world.ReleaseAsync(0);
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/");
        var page = visit.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "Endpoints", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "verdict", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Try it" }).ClickAsync();
        await page.GetByLabel("x", new() { Exact = true }).FillAsync("0.45");
        await page.GetByLabel("place", new() { Exact = true }).FillAsync("garden");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask" }).ClickAsync();

        var answer = page.GetByRole(AriaRole.Region, new() { Name = "Answer" });
        await Assertions.Expect(answer.Locator(".big")).ToContainTextAsync("unsure");
        await Assertions.Expect(answer.GetByRole(AriaRole.Img)).ToHaveAttributeAsync("aria-label",
            "low: a score below 0.4. unsure: from 0.4 to below 0.5. high: from 0.5 on. The score is 0.45.");
        await Assertions.Expect(answer.Locator(".zones-said .lit")).ToHaveTextAsync("unsure: from 0.4 to below 0.5.");
        foreach (var version in new[] { "model@1", "cut@1", "verdict@1", $"Release {release}" })
            await Assertions.Expect(answer.GetByRole(AriaRole.Link, new() { Name = version, Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByLabel("curl")).ToContainTextAsync("\"x\": 0.45,");
        Assert.Equal("", await visit.AxeAsync());

        await page.GetByRole(AriaRole.Link, new() { Name = "What it does" }).ClickAsync();
        await Assertions.Expect(page.Locator(".tile").Filter(new() { HasText = "Requests answered" }).Locator("b")).ToHaveTextAsync("1");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "What was answered" })).ToContainTextAsync("unsure1100%");
        Assert.Equal(1, (int)(await world.GetAsync("api/endpoints/verdict"))["counts"]!["answers"]!["unsure"]!);
    }

    [Fact]
    public async Task A_wrong_field_is_told_beside_it_and_mended_there()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(0);
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/endpoints/verdict/try", refusals: true);
        var page = visit.Page;
        var (x, count) = (page.GetByLabel("x", new() { Exact = true }), page.GetByLabel("count", new() { Exact = true }));

        await x.FillAsync("-2000");
        await page.GetByText("6 more fields, which no model reads").ClickAsync();
        await count.FillAsync("1.5");
        await x.PressAsync("Enter");

        await Assertions.Expect(x).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(x).ToBeFocusedAsync();
        await Assertions.Expect(page.Locator("#try-x-more")).ToContainTextAsync("The field x of row 1 is -2000, outside of");
        await Assertions.Expect(page.Locator("#try-count-more")).ToContainTextAsync("The field count of row 1 is 1.5, but a whole number is wanted.");
        await Assertions.Expect(page.GetByText("2 fields are wrong")).ToBeVisibleAsync();
        Assert.Equal("", await visit.AxeAsync());

        await x.FillAsync("2");
        await Assertions.Expect(x).ToHaveAttributeAsync("aria-invalid", "false");
        await count.FillAsync("");
        await x.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Answer" }).Locator(".big")).ToHaveTextAsync("high");
    }

    [Fact]
    public async Task The_chain_shows_who_answered_in_the_models_place_and_what_rests()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(0, EndpointWorld.Model(0, 3e38f), EndpointWorld.Model(0), Chain);      // too large a number where x is 2
        for (var i = 0; i < 6; i++) await world.AnswerAsync("""{"x": 2}""");
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/endpoints/verdict");
        var steps = visit.Page.Locator(".chain > li");

        await Assertions.Expect(steps).ToHaveCountAsync(5);
        await Assertions.Expect(steps.Nth(0)).ToContainTextAsync("model@1 ! resting");
        await Assertions.Expect(steps.Nth(1)).ToContainTextAsync("else another modelsmaller@1");
        await Assertions.Expect(steps.Nth(1)).ToContainTextAsync("6 rows, 100%");
        await Assertions.Expect(steps.Nth(2)).ToContainTextAsync("count > 10 → high");
        await Assertions.Expect(steps.Nth(3)).ToContainTextAsync("at most 60 s old");
        await Assertions.Expect(steps.Nth(4)).ToContainTextAsync("else alwaysunsure");
        await Assertions.Expect(visit.Page.Locator(".tile").Filter(new() { HasText = "Answered in the model's place" }).Locator("b")).ToHaveTextAsync("100%");
        Assert.Equal("", await visit.AxeAsync());
    }

    [Fact]
    public async Task The_page_follows_a_release_and_the_requests_by_itself()
    {
        await using var world = await EndpointWorld.StartAsync();
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/endpoints");
        var page = visit.Page;
        await Assertions.Expect(page.Locator(".empty")).ToContainTextAsync("Nothing is released yet");

        await world.ReleaseAsync(0);
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "verdict" });
        await Assertions.Expect(row).ToContainTextAsync("model@1");
        await world.AnswerAsync("""{"rows": [{"x": 1}, {"x": 2}]}""");
        await world.AnswerAsync("""{"x": 0}""");
        await Assertions.Expect(row.Locator("td.number").First).ToHaveTextAsync("2");
        await world.ReleaseAsync(1);
        await Assertions.Expect(row).ToContainTextAsync("cut@2");
    }

    [Fact]
    public async Task A_program_is_told_every_field_with_type_and_range_and_what_comes_back()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(0);
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/endpoints/verdict/fields");
        var fields = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Fields of Post" });

        await Assertions.Expect(fields.GetByRole(AriaRole.Row).Filter(new() { HasText = "count" }))
            .ToContainTextAsync("whole number> 0may be left outnot read");
        await Assertions.Expect(fields.GetByRole(AriaRole.Row).Filter(new() { HasText = "some_day" })).ToContainTextAsync("date≥ 1970-01-01");
        await Assertions.Expect(fields.GetByRole(AriaRole.Row).Filter(new() { HasText = "size" })).ToContainTextAsync("small, large");
        await Assertions.Expect(visit.Page.GetByText("answer: \"high\" | \"unsure\" | \"low\"").First).ToBeVisibleAsync();
        Assert.Equal("", await visit.AxeAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Models_are_loaded_and_unloaded_where_the_server_may_change_things(bool readOnly)
    {
        await using var world = await EndpointWorld.StartAsync(readOnly: readOnly);
        await world.ReleaseAsync(0);
        if (readOnly) await world.AnswerAsync("""{"x": 1}""");
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/serving");
        var page = visit.Page;
        var (load, unload) = (page.GetByRole(AriaRole.Button, new() { Name = "Load model@1" }),
            page.GetByRole(AriaRole.Button, new() { Name = "Unload model@1" }));

        if (readOnly)
        {
            await Assertions.Expect(unload).ToBeDisabledAsync();
            return;
        }
        await Assertions.Expect(page.Locator(".empty")).ToContainTextAsync("No model is in memory");
        await load.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Models", Exact = true })).ToContainTextAsync("model@1");
        Assert.Equal("", await visit.AxeAsync());
        await unload.ClickAsync();
        await Assertions.Expect(load).ToBeVisibleAsync();
        Assert.Empty((await world.GetAsync("api/serving"))["models"]!.AsArray());
    }

    [Theory]
    [InlineData("#/endpoints")]
    [InlineData("#/endpoints/verdict")]
    [InlineData("#/endpoints/verdict/try")]
    [InlineData("#/endpoints/verdict/fields")]
    [InlineData("#/serving")]
    public async Task Each_page_is_clean_and_fits_a_telephone_and_a_wide_screen_in_dark_and_Japanese(string address)
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(0, null, EndpointWorld.Model(0), Chain);
        for (var i = 0; i < 30; i++) await world.AnswerAsync($$"""{"x": {{i}}}""");
        foreach (var (width, scheme, language) in new[] { (400, ColorScheme.Dark, "ja-JP"), (1920, ColorScheme.Light, "en-US") })
        {
            await using var visit = await browser.VisitAsync(world.Server.Address, address, width, scheme, language);
            Assert.Equal("", await visit.AxeAsync());
            Assert.True(await visit.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"),
                $"{address} scrolls sideways at {width} px.");
        }
    }
}
