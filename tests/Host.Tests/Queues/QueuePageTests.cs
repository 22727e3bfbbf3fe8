using System.Text;
using Kumiki.Host.Tests.Endpoints;
using Kumiki.Host.Tests.Serve;
using Kumiki.Queues;
using Kumiki.Store;
using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Queues;

/// <summary>Queues, streams and what the server did, as people see them in a real browser.</summary>
public sealed class QueuePageTests(Browser browser) : IClassFixture<Browser>
{
    static readonly QueueName In = QueueName.Of("in");

    static async Task<EndpointWorld> FilledAsync(bool readOnly = false)
    {
        var world = await EndpointWorld.StartAsync(readOnly: readOnly);
        await world.ReleaseAsync(0);
        await world.AnswerAsync("""{"x": 1}""");
        var queue = DataFolder.Queues(world.World.Metadata, new());
        await queue.PutAsync(In, [.. "abc".Select(k => new QueueMessage($"row-{k}", Encoding.UTF8.GetBytes($$"""{"x": "{{k}}"}""")))], default);
        foreach (var one in await queue.TakeAsync(In, 2, TimeSpan.FromMinutes(5), TimeSpan.Zero, default))
            await queue.SettleAsync([new Settlement.Dead(one, Message.Of("endpoint.not-number", ("row", 1), ("field", "x"), ("found", one.Key)))], default);
        var now = DateTimeOffset.UtcNow;
        var failure = Message.Of("queue.never-settled", ("count", 5));
        await queue.SignAsync(new("s1", "verdict", "in", "out", null, "mill", 7, now, now, 40, 2, 0, 0, null, failure, false), default);
        return world;
    }

    [Fact]
    public async Task A_dead_letter_is_put_back_or_dropped_once_somebody_is_sure()
    {
        await using var world = await FilledAsync();
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/endpoints");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Queues", Exact = true }).ClickAsync();
        var row = page.GetByRole(AriaRole.Region, new() { Name = "Queues", Exact = true }).GetByRole(AriaRole.Row)
            .Filter(new() { Has = page.GetByRole(AriaRole.Link, new() { Name = "in", Exact = true }) });
        await Assertions.Expect(row.Locator("td.number").Nth(3)).ToHaveTextAsync("2");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Streams" })).ToContainTextAsync("in → out");
        await row.GetByRole(AriaRole.Link).ClickAsync();

        var letters = page.GetByRole(AriaRole.Region, new() { Name = "Dead letters" });
        await Assertions.Expect(letters).ToContainTextAsync("The field x of row 1 is row-a, but a number is wanted.");
        await letters.GetByRole(AriaRole.Button, new() { Name = "Put back row-a" }).ClickAsync();
        await Assertions.Expect(letters).ToContainTextAsync("Put row-a back at the end of the queue?");
        Assert.Equal("", await visit.AxeAsync());
        await letters.GetByRole(AriaRole.Group).GetByRole(AriaRole.Button, new() { Name = "Put back" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Front of the queue" })).ToContainTextAsync("row-a");
        await page.GetByRole(AriaRole.Button, new() { Name = "Drop all" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Leave" }).ClickAsync();
        await Assertions.Expect(letters).ToContainTextAsync("row-b");
        await page.GetByRole(AriaRole.Button, new() { Name = "Drop all" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Assertions.Expect(page.GetByText("None: every message could be answered.")).ToBeVisibleAsync();

        var left = (await DataFolder.Queues(world.World.Metadata, new()).FiguresAsync([In], default))[0];
        Assert.Equal((2L, 0L), (left.Ready, left.Dead));
    }

    [Fact]
    public async Task A_server_that_only_shows_moves_nothing()
    {
        await using var world = await FilledAsync(readOnly: true);
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/queues/in");

        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Drop all" })).ToBeDisabledAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Put back row-a" })).ToBeDisabledAsync();
    }

    [Fact]
    public async Task Where_nothing_was_ever_put_the_page_says_how_to_begin()
    {
        await using var world = await EndpointWorld.StartAsync();
        await using var visit = await browser.VisitAsync(world.Server.Address, "#/queues");

        await Assertions.Expect(visit.Page.Locator(".empty")).ToContainTextAsync("kumiki queue put applications rows.jsonl --key id");
    }

    [Theory]
    [InlineData("#/queues")]
    [InlineData("#/queues/in")]
    [InlineData("#/operations")]
    public async Task Each_page_is_clean_and_fits_a_telephone_and_a_wide_screen_in_dark_and_Japanese(string address)
    {
        await using var world = await FilledAsync();
        foreach (var (width, scheme, language) in new[] { (400, ColorScheme.Dark, "ja-JP"), (1920, ColorScheme.Light, "en-US") })
        {
            await using var visit = await browser.VisitAsync(world.Server.Address, address, width, scheme, language);
            if (address == "#/operations") await Assertions.Expect(visit.Page.Locator(".plot").First).ToBeVisibleAsync(new() { Timeout = 60_000 });
            Assert.Equal("", await visit.AxeAsync());
            Assert.True(await visit.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"),
                $"{address} scrolls sideways at {width} px.");
        }
    }
}
