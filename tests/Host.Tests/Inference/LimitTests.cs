using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

public sealed class LimitTests
{
    [Fact]
    public async Task Requests_that_wait_are_run_together_and_keep_their_bits()
    {
        var settings = new ServingSettings { Limits = new() { BatchWait = TimeSpan.FromMilliseconds(200), BatchRows = 32, Runs = 1 } };
        await using var world = await InferenceWorld.StartAsync(settings, models: ("shop", InferenceWorld.Shop));
        var (_, scores) = InferenceWorld.ShopRows(96, seed: 11);

        var answers = await Task.WhenAll(Enumerable.Range(0, 96).Select(row => world.InferAsync("shop", InferenceWorld.ShopRequest(96, 11, row, 1))));

        Assert.Equal(scores, answers.Select(a => InferenceWorld.Data(a).Single()));
        var stats = (await world.GetAsync("/v2/models/shop/stats"))["model_stats"]![0]!;
        Assert.Equal(96, (int)stats["inference_count"]!);
        Assert.InRange((int)stats["execution_count"]!, 3, 48);
    }

    [Fact]
    public async Task Rows_of_a_model_that_looks_at_all_of_them_are_never_run_together()
    {
        var settings = new ServingSettings { Limits = new() { BatchWait = TimeSpan.FromMilliseconds(50), Runs = 1 } };
        await using var world = await InferenceWorld.StartAsync(settings, models: ("coupled", Graphs.Coupled));

        var answers = await Task.WhenAll(Enumerable.Range(1, 20).Select(n =>
            world.InferAsync("coupled", $$"""{"inputs":[{"name":"in","datatype":"FP32","shape":[1,1],"data":[{{n}}]}]}""")));

        Assert.False((bool)(await world.GetAsync("/v2/models/coupled"))["parameters"]!["batches"]!);
        Assert.All(answers, a => Assert.Equal([0f], InferenceWorld.Data(a)));
    }

    [Fact]
    public async Task One_request_that_a_model_fails_on_does_not_touch_those_run_with_it()
    {
        var settings = new ServingSettings { Limits = new() { BatchWait = TimeSpan.FromMilliseconds(200), Runs = 1 } };
        await using var world = await InferenceWorld.StartAsync(settings, models: [("table", Graphs.Table), ("inverse", Graphs.Inverse)]);

        var table = await Task.WhenAll(new[] { 0, 7, 2 }.Select(n => world.SendAsync(HttpMethod.Post, "/v2/models/table/infer",
            $$"""{"inputs":[{"name":"at","datatype":"INT64","shape":[1],"data":[{{n}}]}]}""")));
        var inverse = await Task.WhenAll(new[] { 1, 0, 4 }.Select(n => world.SendAsync(HttpMethod.Post, "/v2/models/inverse/infer",
            $$"""{"inputs":[{"name":"in","datatype":"FP32","shape":[1,1],"data":[{{n}}]}]}""")));

        Assert.Equal([200, 500, 200], table.Select(t => t.Status));
        Assert.Equal([10f, 30f], [.. InferenceWorld.Data(table[0].Body), .. InferenceWorld.Data(table[2].Body)]);
        Assert.Contains("table@1 failed on this request", (string)table[1].Body["error"]!, StringComparison.Ordinal);
        Assert.Equal([200, 500, 200], inverse.Select(t => t.Status));
        Assert.Equal([1f, 0.25f], [.. InferenceWorld.Data(inverse[0].Body), .. InferenceWorld.Data(inverse[2].Body)]);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_says_when_to_come_again()
    {
        var settings = new ServingSettings { Limits = new() { Runs = 1, Queue = 2 } };
        await using var world = await InferenceWorld.StartAsync(settings, models: ("slow", Graphs.Slow(2000)));
        var body = Encoding.UTF8.GetBytes(Graphs.SlowRequest(1024));
        using var over = new CancellationTokenSource();
        Task<HttpResponseMessage> SendAsync() => world.Http.PostAsync("/v2/models/slow/infer", new ByteArrayContent(body), over.Token);
        async Task UntilAsync(string metric, string value)
        {
            while (await MetricAsync(world, metric + "{model=\"slow\",version=\"1\"}") != value) await Task.Delay(5);
        }

        List<Task<HttpResponseMessage>> taken = [SendAsync()];
        await UntilAsync("kumiki_inference_running", "1");
        taken.AddRange([SendAsync(), SendAsync()]);
        await UntilAsync("kumiki_inference_waiting", "2");
        using var refused = await world.AskAsync(HttpMethod.Post, "/v2/models/slow/infer", body);

        Assert.Equal((429, "1"), ((int)refused.StatusCode, refused.Headers.RetryAfter!.ToString()));
        Assert.Contains("slow@1 has 2 requests waiting", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await over.CancelAsync();
        foreach (var one in taken) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        await UntilAsync("kumiki_inference_waiting", "0");
    }

    [Theory]
    [InlineData("\"parameters\":{\"timeout\":30000},", null)]
    [InlineData("", "30")]
    public async Task A_deadline_ends_the_run_and_the_next_request_is_answered(string parameters, string? header)
    {
        var settings = new ServingSettings { Limits = new() { Runs = 1 } };
        await using var world = await InferenceWorld.StartAsync(settings, models: ("slow", Graphs.Slow(400)));
        await world.SendAsync(HttpMethod.Get, "/v2/models/slow");

        using var late = await world.AskAsync(HttpMethod.Post, "/v2/models/slow/infer", Encoding.UTF8.GetBytes(Graphs.SlowRequest(256, parameters)),
            header is null ? [] : [("Kumiki-Timeout-Ms", header)]);
        using var next = await world.AskAsync(HttpMethod.Post, "/v2/models/slow/infer", Encoding.UTF8.GetBytes(Graphs.SlowRequest(1)));

        Assert.Equal((504, "slow@1 did not answer within the 30 ms of the request; allow more time, or send fewer rows."),
            ((int)late.StatusCode, (string)JsonNode.Parse(await late.Content.ReadAsStringAsync())!["error"]!));
        Assert.Equal(200, (int)next.StatusCode);
    }

    [Fact]
    public async Task A_run_that_takes_too_long_is_stopped()
    {
        var settings = new ServingSettings { Models = new Dictionary<string, ModelLimits> { ["slow"] = new() { RunTime = TimeSpan.FromMilliseconds(60) } } };
        await using var world = await InferenceWorld.StartAsync(settings, models: ("slow", Graphs.Slow(400)));

        var refused = await world.RefusedAsync("slow", Graphs.SlowRequest(256));

        Assert.Equal((500, "slow@1 ran for more than 0.06 s and was stopped; send less, or raise its seconds in --model-limits."), refused);
    }

    [Fact]
    public async Task A_client_that_goes_away_frees_the_engine()
    {
        var settings = new ServingSettings { Limits = new() { Runs = 1 } };
        await using var world = await InferenceWorld.StartAsync(settings, models: ("slow", Graphs.Slow(2000)));
        await world.SendAsync(HttpMethod.Get, "/v2/models/slow");
        using var content = new StringContent(Graphs.SlowRequest(1024), Encoding.UTF8, "application/json");
        using var gone = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.Http.PostAsync("/v2/models/slow/infer", content, gone.Token));

        // the run that was left takes a minute; with one run at a time, this one is answered only when that was stopped
        using var next = await world.AskAsync(HttpMethod.Post, "/v2/models/slow/infer",
            Encoding.UTF8.GetBytes(Graphs.SlowRequest(1, "\"parameters\":{\"timeout\":20000000},")));
        Assert.Equal(200, (int)next.StatusCode);
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_refused_as_it_is_sent_and_as_it_is_unpacked()
    {
        await using var world = await InferenceWorld.StartAsync(new() { MostBodyBytes = 10_000 }, models: ("shop", InferenceWorld.Shop));
        using var packed = new MemoryStream();
        using (var stream = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Optimal,
            true)) stream.Write(new byte[10_000_000]);

        using var said = await world.AskAsync(HttpMethod.Post, "/v2/models/shop/infer", new byte[20_000]);
        using var unpacked = await world.AskAsync(HttpMethod.Post, "/v2/models/shop/infer", packed.ToArray(), ("Content-Encoding", "gzip"));
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
        var promised = await HeadAsync(tcp, "POST /v2/models/shop/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741824\r\n\r\n");

        Assert.Equal((413, 413), ((int)said.StatusCode, (int)unpacked.StatusCode));
        Assert.StartsWith("HTTP/1.1 413", promised, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_sends_too_slowly_is_told_so()
    {
        await using var world = await InferenceWorld.StartAsync(new() { SlowestBody = TimeSpan.FromMilliseconds(200) }, models: ("shop", InferenceWorld.Shop));
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);

        var head = await HeadAsync(tcp, "POST /v2/models/shop/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{\"inputs\"");

        Assert.StartsWith("HTTP/1.1 408", head, StringComparison.Ordinal);
        Assert.Single(InferenceWorld.Data(await world.InferAsync("shop", InferenceWorld.ShopRequest(1, 1, 0, 1))));
    }

    static async Task<string> HeadAsync(TcpClient tcp, string request)
    {
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        var bytes = new byte[64];
        await stream.ReadAtLeastAsync(bytes, 12);
        return Encoding.ASCII.GetString(bytes);
    }

    [Fact]
    public async Task What_was_asked_is_answered_while_the_server_stops_and_what_comes_later_is_refused()
    {
        await using var world = await InferenceWorld.StartAsync(models: ("slow", Graphs.Slow(60)));
        await world.SendAsync(HttpMethod.Get, "/v2/models/slow");
        var asked = world.AskAsync(HttpMethod.Post, "/v2/models/slow/infer", Encoding.UTF8.GetBytes(Graphs.SlowRequest(128)));
        while ((await MetricAsync(world, "kumiki_inference_running{model=\"slow\",version=\"1\"}")) is not "1") await Task.Delay(5);

        var stopping = world.StopServerAsync();
        using var answer = await asked;
        Assert.Equal(200, (int)answer.StatusCode);
        await stopping;
        await Assert.ThrowsAsync<HttpRequestException>(() => world.Http.GetAsync("/v2/health/live"));
    }

    static async Task<string?> MetricAsync(InferenceWorld world, string name) =>
        (await world.Http.GetStringAsync("/metrics")).Split('\n').FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal))?[(name.Length + 1)..];

    [Fact]
    public async Task Metrics_count_what_was_answered_and_what_was_not()
    {
        await using var world = await InferenceWorld.StartAsync(models: ("shop", InferenceWorld.Shop));
        for (var i = 0; i < 3; i++) await world.InferAsync("shop", InferenceWorld.ShopRequest(2, 1, 0, 2));
        await world.RefusedAsync("shop", "{}");

        Assert.Equal("3", await MetricAsync(world, "kumiki_inference_requests_total{model=\"shop\",version=\"1\",code=\"ok\"}"));
        Assert.Equal("1", await MetricAsync(world, "kumiki_inference_requests_total{model=\"shop\",version=\"1\",code=\"bad_request\"}"));
        Assert.Equal("3", await MetricAsync(world, "kumiki_inference_duration_seconds_count{model=\"shop\",version=\"1\"}"));
        Assert.Equal("3", await MetricAsync(world, "kumiki_inference_batch_rows_bucket{model=\"shop\",version=\"1\",le=\"2.0\"}"));
        Assert.Equal("0", await MetricAsync(world, "kumiki_inference_batch_rows_bucket{model=\"shop\",version=\"1\",le=\"1.0\"}"));
        Assert.Equal("6", await MetricAsync(world, "nv_inference_count{model=\"shop\",version=\"1\"}"));
        Assert.Equal("1", await MetricAsync(world, "kumiki_models_in_memory"));
        using var response = await world.Http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
    }
}
