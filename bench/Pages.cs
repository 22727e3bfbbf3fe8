using System.Diagnostics;
using Kumiki.Store;
using Microsoft.Playwright;

namespace Kumiki.Bench;

/// <summary>Each page, three times, each time in a browser that holds nothing of it: all bytes over the wire, and the time from asking for the address until
/// the page has its heading and waits for nothing. Then a graph of a thousand nodes that is moved, zoomed and pointed at, frame by frame.</summary>
/// <remarks>Lists stand on a store of 10,000 versions and 100,000 runs; reports, thresholds, goals, boards and schedules on the reference systems, which are
/// made first.</remarks>
static class Pages
{
    const int Versions = 10_000;
    const int Runs = 100_000;
    const int Generations = 50;
    const int Nodes = 1_000;
    const int Rounds = 3;
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(Figures figures, CancellationToken stop)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
        await Checkout.InFolderAsync(folder => LargeStoreAsync(figures, browser, folder, stop));
        await Checkout.InFolderAsync(folder => LendingAsync(figures, browser, folder, stop));
        await Checkout.InFolderAsync(folder => DemandAsync(figures, browser, folder, stop));
        await Checkout.InFolderAsync(folder => FramesAsync(figures, browser, folder, stop));
    }

    static async Task LargeStoreAsync(Figures figures, IBrowser browser, string folder, CancellationToken stop)
    {
        var filling = Stopwatch.GetTimestamp();
        IReadOnlyList<RunRecord> models;
        await using (var data = DataFolder.Open(folder, TimeProvider.System))
        {
            await FilledStore.FillAsync(data.Metadata, Versions, Runs, Generations, stop);
            models = await data.Metadata.RunsAsync("model-03", RunState.Made, 2, null, stop);
        }
        figures.Print("filled", Stopwatch.GetElapsedTime(filling));
        var (server, _) = await Server.StartAsync(
            Checkout.Root, ["serve", "--project", "src/3-doors/Program", "--data", folder], said: _ => { }, Limit, stop);
        await EachAsync(figures, browser, server,
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
            ("release", $"#/releases/{FilledStore.Releases}"),
            ("api", "#/api"),
        ], stop);
    }

    static async Task LendingAsync(Figures figures, IBrowser browser, string folder, CancellationToken stop)
    {
        const string system = "systems/CreditRisk";
        await KumikiAsync(system, folder, stop, "generate-applications", "--rows", "8000");
        await KumikiAsync(system, folder, stop, "make", "default-report", "--upstream", "--stage");
        await KumikiAsync(system, folder, stop, "make", "applications-report", "--stage");
        await EachAsync(figures, browser, await ServeAsync(system, folder, stop),
        [
            ("report", "#/reports/default-report/1"),
            ("analysis", "#/reports/applications-report/1"),
            ("threshold", "#/thresholds/decline-above/1"),
            ("goal", "#/goals/credit-goal"),
        ], stop);
    }

    static async Task DemandAsync(Figures figures, IBrowser browser, string folder, CancellationToken stop)
    {
        const string system = "systems/DemandForecast";
        await KumikiAsync(system, folder, stop, "generate-sales", "--from", "2023-06-05", "--to", "2025-05-04", "--stores", "5", "--items", "8");
        await KumikiAsync(system, folder, stop, "make", "demand-forecasts", "--upstream", "--stage");
        await KumikiAsync(system, folder, stop, "make", "forecast-accuracy", "--stage");
        await EachAsync(figures, browser, await ServeAsync(system, folder, stop),
        [
            ("boards", "#/boards"),
            ("board-sales", "#/boards/demand-board"),
            ("board-forecast", "#/boards/demand-board/forecast"),
            ("board-errors", "#/boards/demand-board/errors"),
            ("board-changes", "#/boards/demand-board/changes"),
            ("board-goal", "#/boards/demand-board/goal"),
            ("goal-weeks", "#/goals/demand-goal"),
            ("schedules", "#/schedules"),
            ("schedule", "#/schedules/weekly-forecast"),
        ], stop);
    }

    /// <summary>What a thousand nodes cost while they are looked at: the time between frames, which other programs lengthen, and the processor time that the
    /// page's own thread took for one, which they do not.</summary>
    static async Task FramesAsync(Figures figures, IBrowser browser, string folder, CancellationToken stop)
    {
        await using (var data = DataFolder.Open(folder, TimeProvider.System))
            await FilledStore.FillAsync(data.Metadata, Nodes, Nodes, 1, stop);
        var (server, _) = await Server.StartAsync(
            Checkout.Root, ["serve", "--project", "src/3-doors/Program", "--data", folder], said: _ => { }, Limit, stop);
        await using (server)
        {
            await using var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1400, Height = 900 } });
            var page = await context.NewPageAsync();
            await ReadyAsync(page, server.Port, "#/graph");
            var inside = await context.NewCDPSessionAsync(page);
            await inside.SendAsync("Performance.enable", new() { ["timeDomain"] = "threadTicks" });
            foreach (var (name, script) in Moves)
            {
                var before = await SpentAsync(inside);
                var frames = await page.EvaluateAsync<double[]>(Timed.Replace("ACT", script, StringComparison.Ordinal));
                figures.Print($"graph-1000.{name}.processor", 1000 * (await SpentAsync(inside) - before) / frames.Length, "ms");
                var sorted = frames.Order().ToArray();
                figures.Print($"graph-1000.{name}.frame", sorted.Median(f => f), "ms");
                figures.Print($"graph-1000.{name}.frame.95th", sorted[(int)(sorted.Length * 0.95)], "ms");
                figures.Print($"graph-1000.{name}.frame.max", sorted[^1], "ms");
            }
            figures.Print("graph-1000.drawn", await page.Locator(".drawing li").CountAsync(), "");
            await server.StopAsync(stop);
        }
    }

    /// <returns>Seconds of processor time of the page's thread so far: scripts, styles, layout and painting.</returns>
    static async Task<double> SpentAsync(ICDPSession inside)
    {
        var metrics = (await inside.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics");
        return metrics.EnumerateArray().First(m => m.GetProperty("name").GetString() == "TaskDuration").GetProperty("value").GetDouble();
    }

    /// <summary>Does one step a frame and tells how long each frame took.</summary>
    const string Timed = """
        async () => {
          const box = document.querySelector(".drawing-box");
          const at = box.getBoundingClientRect();
          const zoom = by => box.dispatchEvent(new WheelEvent("wheel", {
            deltaY: by, ctrlKey: true, bubbles: true, cancelable: true, clientX: at.left + 500, clientY: at.top + 300,
          }));
          const point = i => {
            const nodes = document.querySelectorAll(".drawing li > *");
            nodes[i % nodes.length].dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
          };
          const frame = () => new Promise(requestAnimationFrame);
          const took = [];
          for (let i = 0, last = await frame(); i < 120; i++) {
            ACT;
            const now = await frame();
            took.push(now - last);
            last = now;
          }
          return took;
        }
        """;

    /// <summary>The last zooms out until all is seen, and moves the whole.</summary>
    static readonly (string Name, string Script)[] Moves =
    [
        ("pan", "box.scrollBy(i < 60 ? 12 : -12, i < 60 ? 90 : -70)"),
        ("hover", "point(i)"),
        ("zoom", "zoom(i % 60 < 30 ? 24 : -24)"),
        ("far", "i < 40 ? zoom(40) : (box.scrollBy(0, i < 80 ? 20 : -20), point(i * 7))"),
    ];

    static async Task EachAsync(Figures figures, IBrowser browser, Server server, (string Name, string Address)[] pages, CancellationToken stop)
    {
        await using (server)
        {
            await LookAsync(browser, server.Port, "#/", stop);      // the browser's and the server's own first steps are no page's
            foreach (var (name, address) in pages)
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
    }

    static async Task<Server> ServeAsync(string system, string folder, CancellationToken stop) => (await Server.StartAsync(
        Checkout.Root, ["serve", "--project", Path.Combine(Checkout.Root, system)], said: _ => { }, Limit, stop, folder)).Server;

    /// <summary>Runs a verb of a system in a folder, as someone would in a clone.</summary>
    static async Task KumikiAsync(string system, string folder, CancellationToken stop, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Checkout.Root, "kumiki"), ["--project", Path.Combine(Checkout.Root, system), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0) throw new BenchmarkException($"./kumiki {string.Join(' ', arguments)} ended with code {process.ExitCode}: {await said}{await complained}");
    }

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
        await ReadyAsync(page, port, address);
        return (Interlocked.Read(ref bytes), Stopwatch.GetElapsedTime(started));
    }

    static async Task ReadyAsync(IPage page, int port, string address)
    {
        await page.GotoAsync($"http://127.0.0.1:{port}/{address}", new() { WaitUntil = WaitUntilState.Commit });
        await page.WaitForFunctionAsync("() => document.querySelector('h1') && !document.querySelector('.loading')", null,
            new() { PollingInterval = 5, Timeout = 60_000 });
        if (await page.Locator("main .failed[role=alert]").CountAsync() is > 0)
            throw new BenchmarkException($"{address} failed: {await page.Locator("main .failed[role=alert]").First.TextContentAsync()}");
    }
}
