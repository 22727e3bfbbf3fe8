using System.Diagnostics;
using Kumiki.Store;
using Microsoft.Playwright;

namespace Kumiki.Bench;

/// <summary>Each page, three times, each time in a browser that holds nothing of it: all bytes over the wire, and the time from asking for the address until
/// the page has its heading and waits for nothing.</summary>
static class Pages
{
    const int Versions = 10_000;
    const int Runs = 100_000;
    const int Rounds = 3;

    public static async Task RunAsync(Figures figures, CancellationToken stop)
    {
        await Checkout.InFolderAsync(async folder =>
        {
            var filling = Stopwatch.GetTimestamp();
            IReadOnlyList<RunRecord> models;
            await using (var data = DataFolder.Open(folder, TimeProvider.System))
            {
                await FilledStore.FillAsync(data.Metadata, Versions, Runs, stop);
                models = await data.Metadata.RunsAsync("model-03", RunState.Made, 2, null, stop);
            }
            figures.Print("filled", Stopwatch.GetElapsedTime(filling));

            var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--project", "src/3-doors/Program", "--data", folder], said: _ => { },
                TimeSpan.FromMinutes(2), stop);
            await using (server)
            {
                using var playwright = await Playwright.CreateAsync();
                await using var browser = await playwright.Chromium.LaunchAsync(
                    new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
                await LookAsync(browser, server.Port, "#/", stop);      // the browser's and the server's own first steps are no page's
                foreach (var (name, address) in Addresses(models))
                {
                    List<double> kilobytes = [], milliseconds = [];
                    for (var round = 0; round < Rounds; round++)
                    {
                        var (bytes, took) = await LookAsync(browser, server.Port, address, stop);
                        kilobytes.Add(bytes / 1000.0);
                        milliseconds.Add(took.TotalMilliseconds);
                    }
                    figures.Print($"{name}.weight", kilobytes.Max(), "kB");
                    figures.Print($"{name}.ready", milliseconds, "ms");
                }
                await server.StopAsync(stop);
            }
        });
    }

    static (string Name, string Address)[] Addresses(IReadOnlyList<RunRecord> models) =>
    [
        ("overview", "#/"),
        ("graph", "#/graph"),
        ("assets", "#/assets"),
        ("asset", "#/assets/model-03"),
        ("version", "#/versions/model-03/50"),
        ("dataset", "#/versions/sales-03/50"),
        ("diff", "#/diff/model-03@49/model-03@50"),
        ("runs", "#/runs"),
        ("runs-failed", "#/runs?asset=model-03&state=failed"),
        ("run", $"#/runs/{models[0].Id}"),
        ("compare", $"#/compare?runs={models[0].Id},{models[1].Id}"),
        ("releases", "#/releases"),
        ("release", "#/releases/30"),
        ("api", "#/api"),
    ];

    /// <returns>Bytes over the wire, headers and all, and the time until the page was ready.</returns>
    static async Task<(long Bytes, TimeSpan Took)> LookAsync(IBrowser browser, int port, string address, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        await using var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1400, Height = 900 } });
        var page = await context.NewPageAsync();
        var wire = await context.NewCDPSessionAsync(page);
        await wire.SendAsync("Network.enable");
        var bytes = 0L;
        wire.Event("Network.loadingFinished").OnEvent += (_, told) =>
            Interlocked.Add(ref bytes, (long)told!.Value.GetProperty("encodedDataLength").GetDouble());

        var started = Stopwatch.GetTimestamp();
        await page.GotoAsync($"http://127.0.0.1:{port}/{address}", new() { WaitUntil = WaitUntilState.Commit });
        await page.WaitForFunctionAsync("() => document.querySelector('h1') && !document.querySelector('.loading')", null,
            new() { PollingInterval = 5, Timeout = 60_000 });
        var took = Stopwatch.GetElapsedTime(started);
        if (await page.Locator(".failed").CountAsync() is > 0)
            throw new BenchmarkException($"{address} failed: {await page.Locator(".failed").First.TextContentAsync()}");
        return (Interlocked.Read(ref bytes), took);
    }
}
