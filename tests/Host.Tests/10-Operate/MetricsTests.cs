using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Endpoints;
using Kumiki.Host.Tests.Inference;
using Kumiki.Host.Tests.Serve;
using Kumiki.Hosting;
using Kumiki.Onnx;
using Kumiki.Queues;
using Kumiki.Serving;
using Kumiki.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kumiki.Host.Tests.Operate;

public sealed class MetricsTests
{
    const string AsPrometheusAsks = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    static async Task<(string? Type, string Text)> ScrapeAsync(InferenceWorld world, string? accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await world.Http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode);
        return (answer.Content.Headers.ContentType?.ToString(), await answer.Content.ReadAsStringAsync());
    }

    /// <summary>What Prometheus' own parser makes of it.</summary>
    internal static async Task<string[]> ReadAsync(string format, string text)
    {
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", [Ground.Tests.Onnx.World.Above("tests/Host.Tests/10-Operate/metrics_read.py"), format])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (said, errors) = (python.StandardOutput.ReadToEndAsync(), python.StandardError.ReadToEndAsync());
        await python.StandardInput.WriteAsync(text);
        python.StandardInput.Close();
        await python.WaitForExitAsync();
        Assert.True(python.ExitCode == 0, await errors);
        return (await said).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("text/plain;version=0.0.4", false)]
    [InlineData("text/plain, application/openmetrics-text;q=0.5", false)]
    [InlineData("application/openmetrics-text;q=0, */*", false)]
    [InlineData("application/openmetrics-text; version=1.0.0", true)]
    [InlineData(AsPrometheusAsks, true)]
    public async Task The_format_is_the_one_that_is_asked_for_and_each_is_read_by_its_own_parser(string? accept, bool open)
    {
        await using var world = await InferenceWorld.StartAsync(models: ("shop", InferenceWorld.Shop));
        await world.InferAsync("shop", InferenceWorld.ShopRequest(2, 1, 0, 2));

        var (type, text) = await ScrapeAsync(world, accept);
        var read = await ReadAsync(open ? "open" : "plain", text);

        Assert.Equal(open ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8", type);
        Assert.Equal(open, text.EndsWith("\n# EOF\n", StringComparison.Ordinal));
        Assert.Contains("family kumiki_inference_requests counter 9", read);
        Assert.Contains($"family kumiki_inference_duration_seconds histogram {ModelFigures.Seconds.Count + 3}", read);
        Assert.Contains($"family nv_inference_count {(open ? "unknown" : "counter")} 1", read);
        Assert.Contains("family process_resident_memory_bytes gauge 1", read);
    }

    [Fact]
    public async Task Both_formats_have_the_same_series()
    {
        await using var world = await InferenceWorld.StartAsync(models: ("shop", InferenceWorld.Shop));
        await world.InferAsync("shop", InferenceWorld.ShopRequest(2, 1, 0, 2));
        static IEnumerable<string> Names(string text) => text.Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => l[..l.IndexOf(' ', StringComparison.Ordinal)]);

        Assert.Equal(Names((await ScrapeAsync(world, null)).Text), Names((await ScrapeAsync(world, AsPrometheusAsks)).Text));
    }

    [Fact]
    public async Task The_process_is_measured()
    {
        await using var world = await InferenceWorld.StartAsync();
        async Task<double> OfAsync(string name) => double.Parse((await ScrapeAsync(world, null)).Text.Split('\n').Single(l =>
            l.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..], CultureInfo.InvariantCulture);
        var (cpu, files) = (await OfAsync("process_cpu_seconds_total"), await OfAsync("process_open_fds"));
        var before = Environment.CpuUsage.TotalTime;
        var random = new Random(1);
        while ((Environment.CpuUsage.TotalTime - before).TotalSeconds < 0.2) random.NextDouble();

        Assert.True(await OfAsync("process_cpu_seconds_total") >= cpu + 0.2);
        Assert.InRange(files, 20, await OfAsync("process_max_fds"));
        Assert.InRange(await OfAsync("process_resident_memory_bytes"), 20 << 20, 20L << 30);
        using var self = Process.GetCurrentProcess();
        Assert.Equal(new DateTimeOffset(self.StartTime).ToUnixTimeSeconds(), await OfAsync("process_start_time_seconds"), 1.0);
        Assert.InRange(await OfAsync("process_threads"), 3, 10_000);
        Assert.InRange(await OfAsync("kumiki_connections"), 1, 100);
        Assert.Equal(10_000, await OfAsync("kumiki_connections_limit"));
    }

    [Fact]
    public async Task What_reaches_no_model_and_what_cannot_be_loaded_is_counted()
    {
        await using var world = await InferenceWorld.StartAsync(models: ("broken", "no model"u8.ToArray()));
        await world.RefusedAsync("none", "{}");
        await world.RefusedAsync("broken", "{}");
        await world.RefusedAsync("broken", "{}");

        var text = (await ScrapeAsync(world, null)).Text;

        Assert.Contains("\nkumiki_inference_refused_total{code=\"not_found\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\nkumiki_inference_refused_total{code=\"unavailable\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("\nkumiki_model_load_failures_total{model=\"broken\",version=\"1\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\nkumiki_model_unloadable{model=\"broken\",version=\"1\"} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Series_stay_few_however_many_versions_were_asked_and_those_asked_last_have_theirs()
    {
        await using var world = await InferenceWorld.StartAsync();
        await using var shelf = new ModelShelf(world.World.Metadata, world.World.Artifacts, null, new(), TimeProvider.System);
        await using var operations = new Operations(new(), TimeProvider.System, NullLogger.Instance);
        for (var i = 0; i < 3 * MetricsDoor.MostVersions; i++) shelf.FiguresOf(new("old", i + 1)).Ran(1, TimeSpan.Zero);
        shelf.FiguresOf(new("new", 1)).Answer(1, TimeSpan.Zero, TimeSpan.Zero);
        var http = new DefaultHttpContext();
        using var body = new MemoryStream();
        (http.Request.Path, http.Request.Method, http.Response.Body) = ("/metrics", "GET", body);

        await new MetricsDoor(shelf, null, null, operations).Of(http, _ => Task.CompletedTask);

        var text = System.Text.Encoding.UTF8.GetString(body.ToArray());
        var answered = text.Split('\n').Where(l => l.StartsWith("kumiki_inference_requests_total{", StringComparison.Ordinal) && l.Contains("code=\"ok\"", StringComparison.Ordinal)).ToList();
        Assert.Equal(MetricsDoor.MostVersions, answered.Count);
        Assert.Contains("kumiki_inference_requests_total{model=\"new\",version=\"1\",code=\"ok\"} 1", answered);
        Assert.InRange(text.Split('\n').Length, 1, 120 * MetricsDoor.MostVersions);
    }

    // ── what is shipped beside ──

    static async Task<InferenceWorld> BusyAsync()
    {
        var world = await InferenceWorld.StartAsync(operating: new() { AccessLog = Path.GetTempFileName() },
            models: [("shop", InferenceWorld.Shop), ("broken", "no model"u8.ToArray())]);
        await world.InferAsync("shop", InferenceWorld.ShopRequest(2, 1, 0, 2));
        await world.RefusedAsync("broken", "{}");
        await FillAsync(world);
        return world;
    }

    /// <summary>Whatever has series of its own: an endpoint with a fallback and with rows computed before, a queue, a stream.</summary>
    internal static async Task FillAsync(InferenceWorld world)
    {
        using var folder = new TemporaryFolder();
        // Its model's score is infinite, so that a fallback answers.
        var model = await world.World.MakeAsync("model", AssetKind.Model, contents: [("model.onnx", EndpointWorld.Model(0, 3e38f))]);
        var cut = await world.World.MakeAsync("cut", AssetKind.Threshold, [(model, EdgeKind.Fit)], contents: [("parts/choice.json", "1"u8.ToArray())]);
        var (rows, computed) = await PrecomputedTests.MakeAsync(world.World, folder.Path);
        var plan = (EndpointWorld.Plan(0.5, new PlannedFallback.Always("unsure", null)) with { Precomputed = computed }).ToBytes();
        var endpoint = await world.World.MakeAsync("verdict", AssetKind.Endpoint, [(model, EdgeKind.Fit), (cut, EdgeKind.Fit), (rows, EdgeKind.Source)],
            contents: [("endpoint.json", plan)]);
        var release = await world.World.ReleaseAsync([model, cut, rows, endpoint], "", []);
        using var answer = await world.AskAsync(HttpMethod.Post, "/api/endpoints/verdict/predict", """{"x": 3}"""u8.ToArray(), ("Kumiki-Release-At-Least", $"{release.Number}"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        Assert.True((await world.Http.GetAsync("/api/endpoints/verdict/precomputed?place=garden&some_day=2026-03-02")).IsSuccessStatusCode);

        var queue = DataFolder.Queues(world.World.Metadata, new());
        await queue.PutAsync(QueueName.Of("in"), [new("a", "{}"u8.ToArray())], default);
        var now = DateTimeOffset.UtcNow;
        await queue.SignAsync(new("stream-1", "verdict", "in", "out", null, "here", 7, now, now, 1, 0, 0, 0, null, null, false), default);
        Assert.True((await world.Http.GetAsync("/api/queues")).IsSuccessStatusCode);
    }

    static void Holds(Dictionary<string, HashSet<string>> scrape, string expression)
    {
        string[] given = ["job", "instance"];       // Prometheus' own
        var named = Series.OfExpression(expression).ToList();
        Assert.NotEmpty(named);
        foreach (var (name, labels) in named.Where(n => n.Name != "up"))
        {
            Assert.True(scrape.ContainsKey(name), $"{name} is not in /metrics: {expression}");
            Assert.Empty(labels.Except(given).Except(scrape[name]));
        }
        Assert.Empty(Series.GroupedBy(expression).Except(given).Except(named.SelectMany(n => n.Name == "up" ? [] : scrape[n.Name])));
    }

    [Fact]
    public async Task Every_metric_and_label_of_the_dashboard_is_there()
    {
        await using var world = await BusyAsync();
        var scrape = Series.OfScrape((await ScrapeAsync(world, null)).Text);
        var expressions = Dashboard.Expressions();

        Assert.InRange(expressions.Count, 55, 120);
        foreach (var expression in expressions) Holds(scrape, expression);
    }

    /// <summary>What Grafana demands of a file that is imported, as far as it can be held without it.</summary>
    [Fact]
    public void The_dashboards_panels_have_ids_of_their_own_lie_beside_each_other_and_say_what_they_show()
    {
        var board = Dashboard.Read();
        var panels = board["panels"]!.AsArray().Select(p => p!).ToList();
        Assert.True((int)board["schemaVersion"]! >= 36);
        Assert.Equal(panels.Count, panels.Select(p => (int)p["id"]!).Distinct().Count());
        Assert.Equal(panels.Count, panels.Select(p => $"{p["type"]} {p["title"]}").Distinct().Count());
        var taken = new HashSet<(int X, int Y)>();
        foreach (var panel in panels)
        {
            var (at, title) = (panel["gridPos"]!, (string)panel["title"]!);
            var (x, y, w, h) = ((int)at["x"]!, (int)at["y"]!, (int)at["w"]!, (int)at["h"]!);
            Assert.True(x >= 0 && w > 0 && x + w <= 24 && y >= 0 && h > 0, title);
            for (var i = 0; i < w * h; i++) Assert.True(taken.Add((x + (i % w), y + (i / w))), $"{title} lies over another panel.");
            if ((string)panel["type"]! == "row") continue;
            Assert.Contains((string)panel["type"]!, new[] { "stat", "timeseries" });
            Assert.NotEqual("", (string?)panel["description"] ?? "");
            Assert.Equal("${datasource}", (string)panel["datasource"]!["uid"]!);
            Assert.NotNull(panel["fieldConfig"]!["defaults"]!["unit"]);
            var targets = panel["targets"]!.AsArray();
            Assert.NotEmpty(targets);
            Assert.Equal(targets.Count, targets.Select(t => (string)t!["refId"]!).Distinct().Count());
            Assert.All(targets, t => Assert.NotEqual("", (string)t!["legendFormat"]!));
        }
        var variables = board["templating"]!["list"]!.AsArray().Select(v => (string)v!["name"]!).ToList();
        Assert.Equal(variables.Count, variables.Distinct().Count());
        string[] grafanas = ["__rate_interval"];
        foreach (var expression in Dashboard.Expressions())
            Assert.Empty(System.Text.RegularExpressions.Regex.Matches(expression, @"\$\{?(\w+)").Select(m => m.Groups[1].Value).Except(variables).Except(grafanas));
    }

    [Fact]
    public async Task Every_metric_and_label_of_the_rules_is_there()
    {
        await using var world = await BusyAsync();
        var scrape = Series.OfScrape((await ScrapeAsync(world, null)).Text);
        var rules = await File.ReadAllTextAsync(Ground.Tests.Onnx.World.Above("docs/operations/kumiki.rules.yml"));
        var expressions = rules.Split("expr:").Skip(1).Select(r => r[..r.IndexOf("labels:", StringComparison.Ordinal)]).ToList();

        Assert.Equal(16, expressions.Count);
        foreach (var expression in expressions) Holds(scrape, expression);
    }
}

static class Dashboard
{
    public static JsonNode Read() => JsonNode.Parse(File.ReadAllText(Ground.Tests.Onnx.World.Above("docs/operations/grafana-dashboard.json")))!;

    /// <summary>The expressions of every panel and of every variable.</summary>
    public static IReadOnlyList<string> Expressions()
    {
        var board = Read();
        var panels = board["panels"]!.AsArray().SelectMany(p => p!["targets"]?.AsArray() ?? []).Select(t => (string)t!["expr"]!);
        var variables = board["templating"]!["list"]!.AsArray().Where(v => (string?)v!["type"] == "query").Select(v => (string)v!["query"]!["query"]!);
        return [.. panels, .. variables];
    }
}
