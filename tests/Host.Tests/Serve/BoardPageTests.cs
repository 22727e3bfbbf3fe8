using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>A board as a planner sees it for the first time, in a real browser.</summary>
public sealed class BoardPageTests(BoardWorld world, Browser browser) : IClassFixture<BoardWorld>, IClassFixture<Browser>
{
    [Fact]
    public async Task Who_only_clicks_finds_the_bad_week_of_one_store()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/");
        var page = visit.Page;
        var table = page.GetByRole(AriaRole.Region, new() { Name = "Where forecasts were worst" });

        await page.GetByRole(AriaRole.Link, new() { Name = "Boards" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "shop-board" }).ClickAsync();
        await visit.SeesAsync("shop-board");
        await page.GetByRole(AriaRole.Link, new() { Name = "Where it was worst" }).ClickAsync();
        var worst = table.Locator("tbody tr").First;
        await Assertions.Expect(worst).ToContainTextAsync("kobe");
        await worst.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(worst).ToContainTextAsync("2025-03-31 (W14)");
        await Assertions.Expect(worst).ToContainTextAsync("78");
        await worst.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(table.Locator("tbody tr")).ToHaveCountAsync(2);
        await Assertions.Expect(worst).ToContainTextAsync("tea");
        await Assertions.Expect(worst).ToContainTextAsync("outside");
        await Assertions.Expect(worst).ToContainTextAsync("103");
        await worst.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { Name = "Forecast of units against what happened" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "2025-03-31" })).ToContainTextAsync("+103");
        await page.GoBackAsync();
        await Assertions.Expect(worst).ToContainTextAsync("tea");
    }

    [Fact]
    public async Task Sales_are_seen_by_day_week_and_month_and_of_one_store()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/boards/shop-board");
        var page = visit.Page;
        var rows = page.GetByRole(AriaRole.Region, new() { Name = "Actual units" }).Locator("tbody tr");

        await Assertions.Expect(rows.First).ToContainTextAsync("not over");
        await Assertions.Expect(rows.Nth(1)).ToContainTextAsync("420");
        await page.GetByRole(AriaRole.Combobox, new() { Name = "store", Exact = true }).SelectOptionAsync("nara");
        await Assertions.Expect(rows.Nth(1)).ToContainTextAsync("105");
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Sums by" }).SelectOptionAsync("month");
        await Assertions.Expect(rows.Filter(new() { HasText = "2025-04-01" })).ToContainTextAsync("450");
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Split by" }).SelectOptionAsync("item");
        await Assertions.Expect(rows.Filter(new() { HasText = "2025-04-01" })).ToHaveTextAsync("2025-04-01150300");
        await page.ReloadAsync();
        await Assertions.Expect(rows.Filter(new() { HasText = "2025-04-01" })).ToHaveTextAsync("2025-04-01150300");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        // All stores: 4 × 5 juice and 4 × 10 tea a day, less what the festival did not sell from the first of April on.
        await Assertions.Expect(rows.Filter(new() { HasText = "2025-04-01" })).ToHaveTextAsync("2025-04-015601,120");
    }

    [Fact]
    public async Task What_changed_is_seen_largest_first_and_leads_to_the_series()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/boards/shop-board");
        var page = visit.Page;
        var first = page.GetByRole(AriaRole.Region, new() { Name = "What changed since the forecasts before" }).Locator("tbody tr").First;

        await page.GetByRole(AriaRole.Link, new() { Name = "What changed" }).ClickAsync();
        await Assertions.Expect(first).ToContainTextAsync("osaka");
        await Assertions.Expect(first).ToContainTextAsync("+20");
        await Assertions.Expect(page.GetByText("1 … 18 of 18")).ToBeVisibleAsync();
        await first.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "item", Exact = true })).ToHaveValueAsync("tea");
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "2025-06-02" })).ToContainTextAsync("80 … 100");
    }

    [Fact]
    public async Task The_goal_is_seen_week_by_week_and_a_missed_week_leads_to_its_rows()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/boards/shop-board/goal");
        var page = visit.Page;

        await Assertions.Expect(page.Locator(".tile").Filter(new() { HasText = "Weeks that reached it" })).ToContainTextAsync("15 / 16");
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "2025-03-31" })).ToContainTextAsync("missed");
        await page.GetByRole(AriaRole.Button, new() { Name = "2025-03-31" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Where forecasts were worst" }).Locator("tbody tr")).ToHaveCountAsync(6);
    }

    [Fact]
    public async Task The_table_is_sorted_and_downloaded_by_keyboard_alone()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/boards/shop-board/errors?group=week");
        var page = visit.Page;
        var table = page.GetByRole(AriaRole.Region, new() { Name = "Where forecasts were worst" });

        await table.GetByRole(AriaRole.Button, new() { Name = "Mean absolute error" }).PressAsync("Enter");
        await Assertions.Expect(table.GetByRole(AriaRole.Columnheader, new() { Name = "Mean absolute error" })).ToHaveAttributeAsync("aria-sort", "ascending");
        await Assertions.Expect(table.Locator("tbody tr").Last).ToContainTextAsync("2025-03-31");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download as CSV" }).PressAsync("Enter"));

        Assert.Equal("shop-board-errors-by-week.csv", download.SuggestedFilename);
        Assert.Equal(17, (await File.ReadAllLinesAsync((await download.PathAsync())!)).Length);
    }

    [Fact]
    public async Task A_board_without_rows_says_how_to_make_them_and_an_empty_choice_says_so()
    {
        await using var empty = await browser.VisitAsync(world.Server.Address, "#/boards/empty-board", refusals: true);
        await Assertions.Expect(empty.Page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("kumiki make empty-sales --upstream");

        await using var visit = await browser.VisitAsync(world.Server.Address, "#/boards/shop-board/errors?from=2030-01-01");
        await Assertions.Expect(visit.Page.GetByText("There is nothing for this choice")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task One_of_ten_thousand_stores_is_found_by_typing_and_chosen_by_keyboard_alone()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/boards/crowd-board");
        var page = visit.Page;
        var box = page.GetByRole(AriaRole.Combobox, new() { Name = "store", Exact = true });
        var list = page.GetByRole(AriaRole.Listbox, new() { Name = "store" });

        await box.FillAsync("store 0987");
        await Assertions.Expect(list.GetByRole(AriaRole.Option)).ToHaveCountAsync(10);
        await Assertions.Expect(list.GetByRole(AriaRole.Option).First).ToHaveTextAsync("Store 09870");
        Assert.Equal("", await visit.AxeAsync());
        await box.PressAsync("ArrowDown");
        await box.PressAsync("ArrowDown");
        await Assertions.Expect(list.GetByRole(AriaRole.Option, new() { Name = "Store 09871" })).ToHaveAttributeAsync("aria-selected", "true");
        await box.PressAsync("Enter");
        await Assertions.Expect(list).ToBeHiddenAsync();
        Assert.Contains("key.store=Store+09871", page.Url, StringComparison.Ordinal);
        await Assertions.Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "store", Exact = true })).ToHaveValueAsync("Store 09871");

        await box.FillAsync("no such store");
        await Assertions.Expect(list).ToContainTextAsync("nothing holds that");
        await box.PressAsync("Escape");
        await Assertions.Expect(box).ToHaveValueAsync("Store 09871");
        await box.FillAsync("");
        await box.PressAsync("Enter");
        await Assertions.Expect(box).ToHaveValueAsync("");
        Assert.DoesNotContain("key.store", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_board_whose_forecasts_were_not_made_yet_says_so_and_how()
    {
        foreach (var tab in new[] { "forecast", "errors", "changes", "goal" })
        {
            await using var visit = await browser.VisitAsync(world.Server.Address, $"#/boards/crowd-board/{tab}");
            await Assertions.Expect(visit.Page.Locator(".empty")).ToContainTextAsync("There are no forecasts yet");
            await Assertions.Expect(visit.Page.Locator(".empty .command")).ToHaveTextAsync("kumiki make late-forecasts --upstream");
        }
        await using var bare = await browser.VisitAsync(world.Server.Address, "#/boards/bare-board/errors?from=2030-01-01");
        await Assertions.Expect(bare.Page.GetByText("There is nothing for this choice")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_goal_shows_what_it_states_and_its_weeks_on_the_board()
    {
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/");
        var page = visit.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "shop-goal" }).First.ClickAsync();
        await visit.SeesAsync("shop-goal");
        await Assertions.Expect(page.Locator("dl.values").First).ToContainTextAsync("10 bottles");
        await Assertions.Expect(page.GetByText("6 of 6 questions are open")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("No test report reads this goal yet.")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".tile").Filter(new() { HasText = "Weeks that reached it" })).ToContainTextAsync("15 / 16");
        await page.GetByRole(AriaRole.Link, new() { Name = "Open the board" }).ClickAsync();
        await visit.SeesAsync("shop-board");
    }

    public static TheoryData<string> Pages =>
    [
        "#/goals/shop-goal", "#/boards/crowd-board/forecast",
        "#/boards", "#/boards/shop-board", "#/boards/shop-board/sales?by=store&grain=day", "#/boards/shop-board/forecast?key.store=kobe&key.item=tea",
            "#/boards/shop-board/errors", "#/boards/shop-board/errors?group=row",
        "#/boards/shop-board/changes", "#/boards/shop-board/goal",
    ];

    [Theory, MemberData(nameof(Pages))]
    public async Task Every_page_is_readable_for_all_in_light_and_dark_on_a_telephone_and_a_wide_screen(string address)
    {
        foreach (var (width, scheme, language) in new[] { (400, ColorScheme.Dark, "ja-JP"), (1920, ColorScheme.Light, "en-US") })
        {
            await using var visit = await browser.VisitAsync(world.Server.Address, address, width, scheme, language);

            Assert.Equal("", await visit.AxeAsync());
            Assert.Equal(0, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
            Assert.Equal("", await visit.Page.EvaluateAsync<string>("[...document.querySelectorAll('.badge, .tile, button, nav a, h1, h2, dt, label')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent).join('; ')"));
            Assert.InRange(await visit.Page.EvaluateAsync<long>("performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource')).reduce((sum, e) => sum + e.encodedBodySize, 0)"), 30_000, 300_000);
        }
    }
}
