using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>Making with other settings, and cancelling, by clicks alone.</summary>
public sealed class MakingPageTests(MakingWorld world, Browser browser) : IClassFixture<MakingWorld>, IClassFixture<Browser>
{
    [Fact]
    public async Task A_changed_parameter_is_checked_where_it_is_typed_and_leads_to_the_run_which_is_cancelled_there()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/assets/blend.mocha");
        var page = visit.Page;
        var form = page.GetByRole(AriaRole.Form, new() { Name = "Make with other settings …" });

        await page.GetByRole(AriaRole.Button, new() { Name = "Make with other settings …" }).ClickAsync();
        await Assertions.Expect(form.GetByText("now 10 · the version in use: 20 · 1 … 500")).ToBeVisibleAsync();
        await form.GetByLabel("rounds").FillAsync("5000");
        await form.GetByRole(AriaRole.Button, new() { Name = "Make it so" }).ClickAsync();
        await Assertions.Expect(form.GetByText("Give a value in 1 … 500. (now 10)")).ToBeVisibleAsync();
        await Assertions.Expect(form.GetByLabel("rounds")).ToBeFocusedAsync();
        await form.GetByLabel("rounds").FillAsync("77");
        await form.GetByLabel("degree").SelectOptionAsync("French");
        await form.GetByLabel("harvest").SelectOptionAsync("2");
        await Assertions.Expect(form.Locator(".command")).ToHaveTextAsync("kumiki make blend.mocha --set degree=French --set rounds=77 --use harvest@2");
        Assert.Equal("", await visit.AxeAsync());
        await form.GetByRole(AriaRole.Button, new() { Name = "Make it so" }).ClickAsync();

        await visit.SeesAsync("run-");
        await Assertions.Expect(page.Locator(".badge").First).ToContainTextAsync("running");
        await Assertions.Expect(page.Locator("dl").Filter(new() { HasText = "degree" }).Last).ToContainTextAsync("77");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel the making …" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Let it run" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel the making …" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel it" }).ClickAsync();
        await Assertions.Expect(page.Locator(".badge").First).ToContainTextAsync("cancelled", new() { Timeout = 30_000 });
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel the making …" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Members_of_a_family_are_found_chosen_and_made_together()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/assets/blend.mocha");
        var page = visit.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Make with other settings …" }).ClickAsync();
        await page.GetByLabel("this one and others I choose").CheckAsync();
        await page.GetByLabel("Find members").FillAsync("kili");
        await page.GetByLabel("kilimanjaro", new() { Exact = true }).CheckAsync();
        await Assertions.Expect(page.GetByText("2 chosen; 1 of 1 others shown.")).ToBeVisibleAsync();
        await page.GetByLabel("rounds").FillAsync("78");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it so" }).ClickAsync();
        var underWay = page.GetByText("Under way now:");
        await Assertions.Expect(underWay).ToContainTextAsync("blend.kilimanjaro");
        await underWay.GetByRole(AriaRole.Link).First.ClickAsync();
        await visit.SeesAsync("run-");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel the making …" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel it" }).ClickAsync();
        await Assertions.Expect(page.Locator(".badge").First).ToContainTextAsync("cancelled", new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task The_form_fits_a_telephone_and_is_readable_for_all()
    {
        foreach (var (width, scheme, language) in new[] { (400, ColorScheme.Light, "ja-JP"), (400, ColorScheme.Dark, "en-US"), (1400, ColorScheme.Dark, "en-US") })
        {
            await using var visit = await browser.VisitAsync(world.Server.Address, "#/assets/blend.mocha", width, scheme, language);
            await visit.Page.Locator(".make button").Last.ClickAsync();
            await visit.Page.Locator(".form input[type=radio]").Last.CheckAsync();
            await visit.Page.Locator("#make-rate").FillAsync("fast");

            Assert.Equal("", await visit.AxeAsync());
            Assert.Equal(0, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        }
    }
}
