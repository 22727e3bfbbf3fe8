using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Inference;
using Kumiki.Host.Tests.Serve;
using Xunit;

namespace Kumiki.Host.Tests.Operate;

/// <summary>Debian's Prometheus and Alertmanager beside a real server, with the rules and the dashboard that are shipped.</summary>
public sealed class PrometheusTests
{
    static readonly string Shipped = Path.GetDirectoryName(Ground.Tests.Onnx.World.Above("docs/operations/kumiki.rules.yml"))!;

    static async Task<(int Code, string Said)> RunAsync(string program, params string[] arguments)
    {
        Assert.True(File.Exists($"/usr/bin/{program}"), $"{program} is missing: ./kumiki setup --tests installs it.");
        using var process = Process.Start(new ProcessStartInfo($"/usr/bin/{program}", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await said + await errors);
    }

    [Fact]
    public async Task The_configuration_and_the_rules_that_are_shipped_are_sound_and_do_on_made_up_series_what_they_say()
    {
        var (code, said) = await RunAsync("promtool", "check", "config", $"{Shipped}/prometheus.yml");
        Assert.True(code == 0, said);
        (code, said) = await RunAsync("promtool", "test", "rules", $"{Shipped}/kumiki.rules.test.yml");
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task A_server_that_fails_is_called_about_and_the_call_ends_when_it_is_mended()
    {
        using var folder = new TemporaryFolder();
        await using var world = await InferenceWorld.StartAsync(models: [("inverse", Graphs.Inverse), ("broken", "no model"u8.ToArray()), ("shop", InferenceWorld.Shop)]);
        await using var webhook = new Webhook();
        await using var tools = await Tools.StartAsync(folder.Path, world.Server.Address.Port, webhook.Address);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        async Task AskAsync(int number) => await world.SendAsync(HttpMethod.Post, "/v2/models/inverse/infer",
            $$"""{"inputs":[{"name":"in","datatype":"FP32","shape":[1,1],"data":[{{number}}]}]}""");

        await AskAsync(1);
        await world.InferAsync("shop", InferenceWorld.ShopRequest(1, 1, 0, 1));
        await world.RefusedAsync("broken", "{}");
        await MetricsTests.FillAsync(world);
        while (!webhook.Has("KumikiErrors inverse firing"))
        {
            await AskAsync(0);      // 1/0 is no number
            await Task.Delay(50, limit.Token);
        }
        while (!webhook.Has("KumikiModelUnloadable broken firing")) await Task.Delay(50, limit.Token);
        Assert.DoesNotContain(webhook.All, a => a.Contains(" shop ", StringComparison.Ordinal));

        // Every panel can be drawn from what was scraped.
        foreach (var expression in Dashboard.Expressions().Where(e => !e.StartsWith("label_values", StringComparison.Ordinal)))
        {
            var asked = expression.Replace("$job", "kumiki", StringComparison.Ordinal).Replace("$model", ".*", StringComparison.Ordinal)
                .Replace("$__rate_interval", "10s", StringComparison.Ordinal)
                .Replace("$endpoint", ".*", StringComparison.Ordinal).Replace("$queue", ".*", StringComparison.Ordinal);
            var result = await tools.QueryAsync(asked);
            Assert.True((string?)result["status"] == "success", $"{asked}: {result}");
            Assert.True(result["data"]!["result"]!.AsArray().Count > 0 || asked.Contains("access_log", StringComparison.Ordinal), $"Nothing comes of {asked}");
        }

        while (!webhook.Has("KumikiErrors inverse resolved"))
        {
            await AskAsync(4);
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Takes what Alertmanager sends.</summary>
    sealed class Webhook : IAsyncDisposable
    {
        readonly HttpListener listener = new();
        readonly Task taking;
        readonly ConcurrentQueue<string> all = new();

        public Webhook()
        {
            Address = $"http://127.0.0.1:{InferenceWorld.FreePort()}/";
            listener.Prefixes.Add(Address);
            listener.Start();
            taking = Task.Run(TakeAsync);
        }

        public string Address { get; }
        public IEnumerable<string> All => all;
        public bool Has(string alert) => all.Contains(alert);

        async Task TakeAsync()
        {
            while (true)
            {
                HttpListenerContext http;
                try
                {
                    http = await listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;     // it is closed
                }
                foreach (var alert in JsonNode.Parse(http.Request.InputStream)!["alerts"]!.AsArray())
                    all.Enqueue($"{alert!["labels"]!["alertname"]} {alert["labels"]!["model"]} {alert["status"]}");
                http.Response.Close();
            }
        }

        public async ValueTask DisposeAsync()
        {
            listener.Close();
            await taking;
        }
    }

    /// <summary>Prometheus and Alertmanager on loopback; the shipped rules with seconds for minutes.</summary>
    sealed class Tools(Process prometheus, Process manager, int port) : IAsyncDisposable
    {
        static readonly HttpClient Http = new();

        public static async Task<Tools> StartAsync(string folder, int scraped, string webhook)
        {
            var (port, managerPort) = (InferenceWorld.FreePort(), InferenceWorld.FreePort());
            var rules = (await File.ReadAllTextAsync($"{Shipped}/kumiki.rules.yml")).Replace("[5m]", "[5s]", StringComparison.Ordinal).Replace("[1m]", "[5s]", StringComparison.Ordinal)
                .Replace("for: 1m", "for: 1s", StringComparison.Ordinal).Replace("for: 2m", "for: 1s", StringComparison.Ordinal).Replace("for: 5m", "for: 1s", StringComparison.Ordinal);
            var config = (await File.ReadAllTextAsync($"{Shipped}/prometheus.yml")).Replace("15s", "1s", StringComparison.Ordinal)
                .Replace("127.0.0.1:9093", $"127.0.0.1:{managerPort}", StringComparison.Ordinal).Replace("127.0.0.1:5080", $"127.0.0.1:{scraped}", StringComparison.Ordinal);
            await File.WriteAllTextAsync($"{folder}/kumiki.rules.yml", rules);
            await File.WriteAllTextAsync($"{folder}/prometheus.yml", config);
            await File.WriteAllTextAsync($"{folder}/alertmanager.yml", $$"""
                route: {receiver: hook, group_by: [alertname, model], group_wait: 1s, group_interval: 1s}
                receivers:
                  - name: hook
                    webhook_configs: [{url: "{{webhook}}", send_resolved: true}]
                """);
            var manager = Start("prometheus-alertmanager", $"--config.file={folder}/alertmanager.yml", $"--storage.path={folder}/am",
                $"--web.listen-address=127.0.0.1:{Text(managerPort)}", "--cluster.listen-address=");
            var prometheus = Start("prometheus", $"--config.file={folder}/prometheus.yml", $"--storage.tsdb.path={folder}/prom", $"--web.listen-address=127.0.0.1:{Text(port)}");
            return new(prometheus, manager, port);
        }

        static Process Start(string program, params string[] arguments)
        {
            Assert.True(File.Exists($"/usr/bin/{program}"), $"{program} is missing: ./kumiki setup --tests installs it.");
            var process = Process.Start(new ProcessStartInfo($"/usr/bin/{program}", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            // read away: a full pipe would hold it up
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return process;
        }

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

        public async Task<JsonNode> QueryAsync(string expression)
        {
            using var content = new FormUrlEncodedContent([new("query", expression)]);
            using var answer = await Http.PostAsync($"http://127.0.0.1:{Text(port)}/api/v1/query", content);
            return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var process in new[] { prometheus, manager })
            {
                process.Kill();
                await process.WaitForExitAsync();
                process.Dispose();
            }
        }
    }
}
