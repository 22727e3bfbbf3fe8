using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Kumiki.Bench;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

/// <summary>What clients do that are broken, slow or many, and models that hang: others are answered as ever.</summary>
public sealed class MalformedTests
{
    const int Requests = 20_000;

    const string Two = """{"id":"x","parameters":{"timeout":5000000},"inputs":[{"name":"in","datatype":"INT64","shape":[2,2],"data":[[1,-2],[3,4]]}],"outputs":[{"name":"out"}]}""";

    static byte[] Field(int field, params byte[] bytes) => [(byte)((field << 3) | 2), (byte)bytes.Length, .. bytes];

    [Fact]
    public async Task Twenty_thousand_malformed_requests_break_nothing_and_nobody_else_notices()
    {
        await using var world = await InferenceWorld.StartAsync(models: [("echo", Graphs.Echo(TensorType.Int64)), ("shop", InferenceWorld.Shop)]);
        long[] values = [1, -2, 3, 4];
        var head = """{"inputs":[{"name":"in","datatype":"INT64","shape":[2,2],"parameters":{"binary_data_size":32}}]}"""u8.ToArray();
        byte[] input = [.. Field(1, "in"u8.ToArray()), .. Field(2, "INT64"u8.ToArray()), .. Field(3, 2, 2), .. Field(5, Field(3, 1, 7, 3, 4))];
        byte[] protobuf = [.. Field(1, "echo"u8.ToArray()), .. Field(3, "id"u8.ToArray()), .. Field(5, input), .. Field(6, Field(1, "out"u8.ToArray()))];
        using var malformed = new Malformed(world.Server.Address, world.GrpcPort, seed: 1, Two, [.. head, .. MemoryMarshal.AsBytes<long>(values)], head.Length, protobuf, "echo");
        var sending = malformed.SendAsync(0, Requests, together: 8, default);
        var (asked, rows) = (0, InferenceWorld.ShopRequest(3, 1, 0, 3));
        var first = InferenceWorld.Data(await world.InferAsync("shop", rows));
        for (; !sending.IsCompleted; asked++) Assert.Equal(first, InferenceWorld.Data(await world.InferAsync("shop", rows)));
        await sending;

        Assert.Empty(malformed.Wrong);
        Assert.Equal(Requests, malformed.Outcomes.Values.Sum());
        Assert.InRange(asked, 10, int.MaxValue);
        // What was sent was malformed indeed, in every way.
        foreach (var (outcome, least) in new[] { ("json 400", 4000), ("binary 400", 2000), ("protobuf 3", 2000), ("protobuf 5", 100), ("head 400", 200), ("frames closed", 2000) })
            Assert.InRange(malformed.Outcomes.GetValueOrDefault(outcome), least, Requests);
    }

    [Fact]
    public async Task Clients_that_never_end_their_heads_are_cut_off_and_others_are_answered_meanwhile()
    {
        await using var world = await InferenceWorld.StartAsync(operating: new() { SlowestHead = TimeSpan.FromSeconds(1) }, models: ("shop", InferenceWorld.Shop));
        var clients = new List<TcpClient>();
        for (var i = 0; i < 200; i++)
        {
            var tcp = new TcpClient();
            await tcp.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
            await tcp.GetStream().WriteAsync("POST /v2/models/shop/infer HTTP/1.1\r\nHost: local"u8.ToArray());
            clients.Add(tcp);
        }

        Assert.Single(InferenceWorld.Data(await world.InferAsync("shop", InferenceWorld.ShopRequest(1, 1, 0, 1))));
        foreach (var tcp in clients)
        {
            using (tcp)
            {
                var said = await new StreamReader(tcp.GetStream(), Encoding.ASCII).ReadToEndAsync();
                Assert.StartsWith("HTTP/1.1 408", said, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_connection_more_than_the_most_is_closed_and_those_there_are_go_on()
    {
        await using var world = await InferenceWorld.StartAsync(operating: new() { MostConnections = 5 }, models: ("shop", InferenceWorld.Shop));
        var request = Encoding.ASCII.GetBytes("GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        var clients = new List<TcpClient>();
        async Task<string> AskAsync(TcpClient tcp)
        {
            var bytes = new byte[12];
            try
            {
                await tcp.GetStream().WriteAsync(request);
                return Encoding.ASCII.GetString(bytes, 0, await tcp.GetStream().ReadAtLeastAsync(bytes, 12, throwOnEndOfStream: false));
            }
            catch (IOException)
            {
                return "";      // closed the hard way
            }
        }
        for (var i = 0; i < 6; i++)
        {
            clients.Add(new());
            await clients[i].ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
            Assert.Equal(i < 5 ? "HTTP/1.1 200" : "", await AskAsync(clients[i]));
        }

        clients[0].Dispose();
        string said;
        do
        {
            // until the server has heard that one is gone
            using var next = new TcpClient();
            await next.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
            said = await AskAsync(next);
        }
        while (said.Length == 0);
        Assert.Equal("HTTP/1.1 200", said);
        foreach (var one in clients) one.Dispose();
    }

    [Fact]
    public async Task Models_that_hang_do_not_hold_up_another()
    {
        await using var world = await InferenceWorld.StartAsync(models: [("slow", Graphs.Slow(4000)), ("other", Graphs.Slow(20))]);
        await world.SendAsync(HttpMethod.Get, "/v2/models/other");
        using var over = new CancellationTokenSource();
        var body = Graphs.SlowRequest(1024);
        var hanging = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => world.Http.PostAsync("/v2/models/slow/infer", new StringContent(body), over.Token)).ToList();
        async Task<string> RunningAsync() => (await world.Http.GetStringAsync("/metrics")).Split('\n').FirstOrDefault(l =>
            l.StartsWith("kumiki_inference_running{model=\"slow\"", StringComparison.Ordinal)) ?? "";
        var all = $" {Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)}";
        while (!(await RunningAsync()).EndsWith(all, StringComparison.Ordinal)) await Task.Delay(5);

        using var answer = await world.AskAsync(HttpMethod.Post, "/v2/models/other/infer", Encoding.UTF8.GetBytes(Graphs.SlowRequest(1)));

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.EndsWith(all, await RunningAsync(), StringComparison.Ordinal);       // all of them hang still
        await over.CancelAsync();
        foreach (var one in hanging) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
    }

    [Fact]
    public async Task A_request_that_would_wait_too_long_is_refused_at_once()
    {
        var settings = new ServingSettings { Limits = new() { Runs = 1, BatchRows = 1, MostWait = TimeSpan.FromSeconds(1) } };
        await using var world = await InferenceWorld.StartAsync(settings, models: ("slow", Graphs.Slow(200)));
        var body = Encoding.UTF8.GetBytes(Graphs.SlowRequest(64));
        using var over = new CancellationTokenSource();
        // The first tells how long a run takes; it runs alone.
        using (var first = await world.AskAsync(HttpMethod.Post, "/v2/models/slow/infer", body)) Assert.Equal(200, (int)first.StatusCode);

        List<Task<HttpResponseMessage>> all = [.. Enumerable.Range(0, 200).Select(_ => world.AskAsync(HttpMethod.Post, "/v2/models/slow/infer", body))];
        var ends = await Task.WhenAll(all);

        var refused = ends.Where(e => (int)e.StatusCode == 429).ToList();
        Assert.NotEmpty(refused);
        Assert.Contains(ends, e => (int)e.StatusCode == 200);
        Assert.All(ends, e => Assert.True((int)e.StatusCode is 200 or 429));
        Assert.All(refused, e => Assert.Equal("1", e.Headers.RetryAfter!.ToString()));
        Assert.Matches("^\\{\"error\":\"slow@1 has so many requests waiting that this one would wait some [0-9]+ ms, more than the 1000 ms it may; ask again later.\"\\}$",
            await refused[0].Content.ReadAsStringAsync());
    }
}
