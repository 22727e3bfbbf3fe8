using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>Debian's Chromium without a window.</summary>
public sealed class Browser : IAsyncLifetime
{
    IPlaywright? playwright;
    IBrowser? chromium;

    public async Task InitializeAsync()
    {
        playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(20_000);     // as long as all else here waits: a busy machine fails no test
        chromium = await LaunchAsync();
    }

    Task<IBrowser> LaunchAsync() => playwright!.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-dev-shm-usage"] });

    internal Task<Visit> VisitAsync(ServedWorld served, string address = "#/", bool refusals = false) => VisitAsync(served.Server.Address, address, refusals: refusals);

    /// <param name="refusals">Whether requests may be refused on this visit; the browser writes each to its console as an error.</param>
    internal async Task<Visit> VisitAsync(Uri server, string address, int width = 1280, ColorScheme scheme = ColorScheme.Light, string language = "en-US", bool refusals = false)
    {
        if (!chromium!.IsConnected) chromium = await LaunchAsync();     // a browser that died failed the test it died in, and no other
        var context = await chromium.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme, Locale = language, TimezoneId = "Asia/Tokyo" });
        context.SetDefaultTimeout(20_000);
        var visit = new Visit(context, await context.NewPageAsync(), refusals);
        await visit.Page.GotoAsync($"{server}{address}");
        await visit.Page.Locator("h1").WaitForAsync();
        await Assertions.Expect(visit.Page.Locator(".loading")).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        return visit;
    }

    /// <summary>A browser that holds nothing yet, for looks that no visit describes.</summary>
    internal async Task<IBrowserContext> ContextAsync()
    {
        if (!chromium!.IsConnected) chromium = await LaunchAsync();
        var context = await chromium.NewContextAsync(new() { Locale = "en-US" });
        context.SetDefaultTimeout(20_000);
        return context;
    }

    /// <returns>Bytes over the wire until the page is ready, in a browser that holds nothing yet.</returns>
    internal async Task<long> WeightAsync(Uri server, string address)
    {
        if (!chromium!.IsConnected) chromium = await LaunchAsync();
        await using var context = await chromium.NewContextAsync();
        context.SetDefaultTimeout(20_000);
        var page = await context.NewPageAsync();
        var wire = await context.NewCDPSessionAsync(page);
        await wire.SendAsync("Network.enable");
        var bytes = 0L;
        wire.Event("Network.loadingFinished").OnEvent += (_, told) =>
            Interlocked.Add(ref bytes, (long)told!.Value.GetProperty("encodedDataLength").GetDouble());
        await page.GotoAsync($"{server}{address}");
        await page.Locator("h1").WaitForAsync();
        await Assertions.Expect(page.Locator(".loading")).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        return Interlocked.Read(ref bytes);
    }

    public async Task DisposeAsync()
    {
        if (chromium is not null) await chromium.DisposeAsync();
        playwright?.Dispose();
    }
}

/// <summary>One person's look at the pages; ends with nothing having gone wrong in the browser.</summary>
sealed class Visit : IAsyncDisposable
{
    static readonly string Axe = File.ReadAllText(Path.Combine(Checkout(), "web", "node_modules", "axe-core", "axe.min.js"));

    readonly IBrowserContext context;
    readonly List<string> errors = [];

    public Visit(IBrowserContext context, IPage page, bool refusals)
    {
        (this.context, Page) = (context, page);
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !(refusals && message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))) errors.Add(message.Text);
        };
    }

    public IPage Page { get; }

    /// <summary>Waits for the page with this heading.</summary>
    public Task SeesAsync(string heading) => Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(heading);

    /// <summary>What axe finds against WCAG and its own good practice, one line each; "" is clean.</summary>
    public async Task<string> AxeAsync()
    {
        await Page.EvaluateAsync(Axe);
        return await Page.EvaluateAsync<string>("async () => (await axe.run()).violations.map(v => `${v.id}: ${v.nodes.map(n => n.html).join(' ')}`).join('\\n')");
    }

    static string Checkout()
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (File.Exists(Path.Combine(up.FullName, "Kumiki.slnx"))) return up.FullName;
        throw new InvalidOperationException("These tests run from a checkout.");
    }

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.Equal([], errors);
    }
}
