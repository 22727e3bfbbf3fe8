using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Endpoints;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

/// <summary>What nobody should send, and models that nobody should serve, through each door; others are answered all the while.</summary>
public sealed class BadInputTests
{
    const long Gigabyte = 1L << 30;
    const int Wide = 768;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // ── models that an endpoint can have ──

    static byte[] Made(OnnxNode[] nodes, params OnnxConstant[] constants) =>
        TransformGraph.Of([new("x", ColumnKind.Number), new("place", ColumnKind.Text, new FittedStep.OneHot(["garden", "street"]))])
            .Append(new OnnxModel(new("made", [new(TransformGraph.Features, TensorType.Float, [OnnxModel.Free, 3])], [new("score", TensorType.Float, [OnnxModel.Free, 1])], nodes, constants, [])))
            .ToBytes();

    /// <summary>Some tenths of a millisecond of work for each row and each of so many layers.</summary>
    static byte[] Hanging(int layers)
    {
        var random = new Random(1);
        float[] Draws(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) / 16)];
        return Made(
            [
                new("MatMul", [TransformGraph.Features, "first"], ["h0"]),
                .. Enumerable.Range(0, layers).SelectMany(l => (OnnxNode[])[new("MatMul", [$"h{l}", "w"], [$"m{l}"]), new("Tanh", [$"m{l}"], [$"h{l + 1}"])]),
                new("MatMul", [$"h{layers}", "last"], ["score"]),
            ],
            OnnxConstant.Of("first", Draws(3 * Wide), 3, Wide), OnnxConstant.Of("w", Draws(Wide * Wide), Wide, Wide), OnnxConstant.Of("last", Draws(Wide), Wide, 1));
    }

    /// <summary>Takes x as a place in a table of three: the engine fails at other places.</summary>
    static byte[] Throwing { get; } = Made(
        [
            new("MatMul", [TransformGraph.Features, "only"], ["x"]),
            new("Cast", ["x"], ["at"]) { Attributes = [new OnnxAttribute.Int("to", (long)TensorType.Int64)] },
            new("Gather", ["table", "at"], ["score"]),
        ],
        OnnxConstant.Of("only", [1f, 0, 0], 3, 1), OnnxConstant.Of("table", [0f, 5f, 9f], 3));

    static string Rows(int count) => $"[{string.Join(',', Enumerable.Repeat("{\"x\": 0.5}", count))}]";

    // ── bodies that do not end, or do not come ──

    [Theory]
    [InlineData("/api/endpoints/verdict/predict")]
    [InlineData("/v2/models/model/infer")]
    public async Task A_gigabyte_that_is_streamed_is_cut_off_at_the_limit_and_others_are_answered_meanwhile(string path)
    {
        await using var world = await EndpointWorld.StartAsync(new() { MostBodyBytes = 8 << 20 });
        await world.ReleaseAsync(1);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
        var stream = tcp.GetStream();
        var reading = SaidAsync(stream);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"));
        byte[] chunk = [.. "10000\r\n"u8, .. Enumerable.Repeat((byte)'[', 0x10000), .. "\r\n"u8];

        var (sent, others) = (0L, 0);
        try
        {
            for (; sent < Gigabyte && !reading.IsCompleted; sent += 0x10000)
            {
                await stream.WriteAsync(chunk);
                if (sent % (1 << 20) == 0 && (string)(await world.AnswerAsync("""{"x": 1}"""))["answer"]! == "high") others++;
            }
        }
        catch (IOException)
        {
            // closed in the face of the sender
        }

        Assert.StartsWith("HTTP/1.1 413", await reading.WaitAsync(Patience), StringComparison.Ordinal);
        Assert.InRange(sent, 8 << 20, Gigabyte / 2);
        Assert.True(others >= 8);
        Assert.Equal("high", (string)(await world.AnswerAsync("""{"x": 1}"""))["answer"]!);
    }

    static async Task<string> SaidAsync(NetworkStream stream)
    {
        var bytes = new byte[12];
        return Encoding.ASCII.GetString(bytes, 0, await stream.ReadAtLeastAsync(bytes, 12, throwOnEndOfStream: false));
    }

    [Theory]
    [InlineData("/api/endpoints/verdict/predict")]
    [InlineData("/v2/models/model/infer")]
    public async Task Two_hundred_clients_that_send_too_slowly_are_told_so_and_others_are_answered_meanwhile(string path)
    {
        await using var world = await EndpointWorld.StartAsync(new() { SlowestBody = TimeSpan.FromSeconds(1) });
        await world.ReleaseAsync(1);
        var slow = new List<(TcpClient Tcp, Task<string> Said)>();
        for (var i = 0; i < 200; i++)
        {
            var tcp = new TcpClient();
            await tcp.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
            await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{{\"x\""));
            slow.Add((tcp, SaidAsync(tcp.GetStream())));
        }

        Assert.Equal("high", (string)(await world.AnswerAsync("""{"x": 1}"""))["answer"]!);
        foreach (var (tcp, said) in slow)
            using (tcp) Assert.Equal("HTTP/1.1 408", await said.WaitAsync(Patience));
        Assert.Equal("high", (string)(await world.AnswerAsync("""{"x": 1}"""))["answer"]!);
    }

    /// <summary>A few bytes, and for some seconds no more.</summary>
    sealed class Stalling(byte[] head) : Stream
    {
        int at;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(buffer.Length, head.Length - at);
            if (count == 0) await Task.Delay(TimeSpan.FromSeconds(6), cancellationToken);
            head.AsMemory(at, count).CopyTo(buffer);
            at += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    }

    [Fact]
    public async Task Over_gRPC_a_gigabyte_is_refused_by_its_length_and_a_message_that_stalls_by_its_time()
    {
        await using var world = await InferenceWorld.StartAsync(new() { SlowestBody = TimeSpan.FromSeconds(1) }, models: ("shop", InferenceWorld.Shop));
        byte[] gigabyte = [0, 0x40, 0, 0, 0, .. new byte[32_000]];
        await using var stalling = new Stalling([0, 0, 0, 1, 0, 0x0A, 4]);

        var (large, says, _, _) = await GrpcTests.CallAsync(world, "ModelInfer", new ByteArrayContent(gigabyte)).WaitAsync(Patience);
        var stalled = GrpcTests.CallAsync(world, "ModelInfer", new StreamContent(stalling));
        Assert.Single(InferenceWorld.Data(await world.InferAsync("shop", InferenceWorld.ShopRequest(1, 1, 0, 1))));
        var (slow, told, _, _) = await stalled.WaitAsync(Patience);

        Assert.Equal((8, true), (large, says.StartsWith("The body is longer than", StringComparison.Ordinal)));
        Assert.Equal((4, "The body did not come within 1 s; send it faster, or in smaller parts."), (slow, told));
        Assert.Single(InferenceWorld.Data(await world.InferAsync("shop", InferenceWorld.ShopRequest(1, 1, 0, 1))));
    }

    // ── what is in them ──

    public static TheoryData<string, byte[], string> Encoded => new()
    {
        { "UTF-16", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("""{"x": 1}""")], "400 endpoint.bad-json" },
        { "UTF-16 without a mark", Encoding.Unicode.GetBytes("""{"x": 1}"""), "400 endpoint.bad-json" },
        { "Latin-1", [.. "{\"x\": 1, \"place\": \"caf"u8, 0xE9, .. "\"}"u8], "400 endpoint.not-utf8" },
        { "Shift_JIS", [.. """{"x": 1, "place": """u8, (byte)'"', 0x93, 0x8C, 0x8B, 0x9E, (byte)'"', (byte)'}'], "400 endpoint.not-utf8" },
        { "a name in Latin-1", [.. "{\"caf"u8, 0xE9, .. "\": 1, \"x\": 1}"u8], "400 endpoint.unknown-field" },
        { "NaN", "{\"x\": NaN}"u8.ToArray(), "400 endpoint.bad-json" },
        { "Infinity", "{\"x\": -Infinity}"u8.ToArray(), "400 endpoint.bad-json" },
        { "a text of NaN", "{\"x\": \"NaN\"}"u8.ToArray(), "400 endpoint.not-number" },
        { "packed that is not", "{\"x\": 1}"u8.ToArray(), "400 inference.bad-packing" },
    };

    [Theory]
    [MemberData(nameof(Encoded))]
    public async Task Text_in_another_encoding_and_what_is_no_number_are_refused_by_an_endpoint(string what, byte[] body, string expected)
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        using var content = new ByteArrayContent(body);
        if (what.StartsWith("packed", StringComparison.Ordinal)) content.Headers.Add("Content-Encoding", "gzip");
        using var response = await world.Http.PostAsync("/api/endpoints/verdict/predict", content);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.Equal((what, expected), (what, $"{(int)response.StatusCode} {problem["errors"]?[0]?["id"] ?? problem["id"]}"));
    }

    /// <summary>The shop's columns, of which one is sent otherwise.</summary>
    static byte[] ShopMessage(string? column = null, byte[]? contents = null, string? type = null, long[]? shape = null, string? name = null)
    {
        (string Name, string Type, byte[] Contents)[] columns =
        [
            ("price", "FP32", GrpcTests.Field(6, GrpcTests.Floats(1))), ("units", "FP32", GrpcTests.Field(6, GrpcTests.Floats(2))), ("day", "FP32", GrpcTests.Field(6, GrpcTests.Floats(20_000))),
            ("discount", "FP32", GrpcTests.Field(6, GrpcTests.Floats(0))), ("store", "BYTES", GrpcTests.Field(8, Ground.Tests.Onnx.World.Stores[0])),
        ];
        return [.. GrpcTests.Field(1, "shop"), .. columns.SelectMany(c => c.Name == column
            ? GrpcTests.Input(name ?? c.Name, type ?? c.Type, shape ?? [1, 1], contents ?? c.Contents) : GrpcTests.Input(c.Name, c.Type, [1, 1], c.Contents))];
    }

    [Fact]
    public async Task Over_gRPC_each_wrong_thing_is_named_and_the_next_request_is_answered()
    {
        await using var world = await InferenceWorld.StartAsync(new() { Models = new Dictionary<string, ModelLimits> { ["slow"] = new() { Runs = 1, Queue = 1 } } },
            models: [("shop", InferenceWorld.Shop), ("table", Graphs.Table), ("inverse", Graphs.Inverse), ("broken", "no model"u8.ToArray()), ("slow", Graphs.Slow(2000))]);
        async Task<(int, string)> AskAsync(byte[] message)
        {
            var (status, says, _, _) = await GrpcTests.CallAsync(world, "ModelInfer", new ByteArrayContent(GrpcTests.Frame(message)));
            return (status, says);
        }
        async Task RefusedAsync(int status, string says, byte[] message)
        {
            var (found, said) = await AskAsync(message);
            Assert.True(found == status && said.Contains(says, StringComparison.Ordinal), $"{status} {says}: {found} {said}");
            Assert.Equal((0, ""), await AskAsync(ShopMessage()));
        }
        byte[] One(string model, string input, string type, byte[] contents) => [.. GrpcTests.Field(1, model), .. GrpcTests.Input(input, type, type == "INT64" ? [1] : [1, 1], contents)];

        await RefusedAsync(3, "no input prize", ShopMessage("price", name: "prize"));
        await RefusedAsync(3, "Input price has shape [1,2]", ShopMessage("price", GrpcTests.Field(6, GrpcTests.Floats(1, 2)), shape: [1, 2]));
        await RefusedAsync(3, "Input price has shape [1]", ShopMessage("price", shape: [1]));
        await RefusedAsync(3, "sent as FP64, but the model takes FP32", ShopMessage("price", type: "FP64"));
        await RefusedAsync(3, "price", ShopMessage("price", GrpcTests.Field(6, GrpcTests.Floats(1, 2)), shape: [2, 1]));
        await RefusedAsync(3, "Input price is infinite in row 1", ShopMessage("price", GrpcTests.Field(6, GrpcTests.Floats(float.PositiveInfinity))));
        await RefusedAsync(3, "Input store is \"Nowhere\" in row 1, which the model never saw", ShopMessage("store", GrpcTests.Field(8, "Nowhere")));
        await RefusedAsync(3, "store", ShopMessage("store", GrpcTests.Field(8, [0x93, 0x8C, 0x8B, 0x9E])));
        await RefusedAsync(13, "table@1 failed on this request", One("table", "at", "INT64", GrpcTests.Field(3, [7])));
        await RefusedAsync(13, "inverse@1", One("inverse", "in", "FP32", GrpcTests.Field(6, GrpcTests.Floats(0))));
        await RefusedAsync(14, "broken@1 cannot be loaded", One("broken", "in", "FP32", GrpcTests.Field(6, GrpcTests.Floats(0))));
        await RefusedAsync(5, "Model shop has no version, stage or alias canary that can be served", [.. ShopMessage(), .. GrpcTests.Field(2, "canary")]);
        Assert.Equal((0, ""), await AskAsync(ShopMessage("price", GrpcTests.Field(6, GrpcTests.Floats(float.NaN)))));       // a missing number

        byte[] slow = [.. GrpcTests.Field(1, "slow"), .. GrpcTests.Input("in", "FP32", [1024, Wide]), .. GrpcTests.Field(7, GrpcTests.Floats(Enumerable.Repeat(0.5f, 1024 * Wide).ToArray()))];
        using var over = new CancellationTokenSource();
        List<Task<HttpResponseMessage>> taken = [];
        for (var (n, metric) = (0, "kumiki_inference_running"); n < 2; n++, metric = "kumiki_inference_waiting")
        {
            taken.Add(world.Http.PostAsync("/v2/models/slow/infer", new StringContent(Graphs.SlowRequest(1024)), over.Token));
            while (!(await world.Http.GetStringAsync("/metrics")).Contains($"{metric}{{model=\"slow\",version=\"1\"}} 1", StringComparison.Ordinal)) await Task.Delay(5);
        }
        await RefusedAsync(8, "slow@1 has 1 requests waiting", slow);
        await over.CancelAsync();
        foreach (var one in taken) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
    }

    // ── models ──

    [Fact]
    public async Task An_endpoint_whose_model_throws_or_cannot_be_read_says_so_and_others_are_answered()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1, Throwing);

        Assert.Equal("high", (string)(await world.AnswerAsync("""{"x": 1}"""))["answer"]!);
        var ends = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            using var response = await world.SendAsync($$"""{"x": {{(i % 4 == 3 ? 7 : i % 3)}} }""");
            return ((int)response.StatusCode, (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())![i % 4 == 3 ? "id" : "answer"]);
        }));
        foreach (var (i, end) in ends.Index()) Assert.Equal(i % 4 == 3 ? (500, "inference.model-failed") : (200, i % 3 == 0 ? "low" : "high"), end);

        var release = await world.ReleaseAsync(2, "no model"u8.ToArray());
        Assert.Equal("503 inference.unloadable", await world.RefusedAsync("""{"x": 1}""", headers: ("Kumiki-Release", $"{release}")));
        Assert.Equal("high", (string)(await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Release", "1")))["answer"]!);
    }

    [Fact]
    public async Task An_endpoint_whose_model_hangs_answers_by_the_callers_time_and_refuses_when_its_queue_is_full_and_others_are_answered()
    {
        await using var world = await EndpointWorld.StartAsync(new() { Models = new Dictionary<string, ModelLimits> { ["model"] = new() { Runs = 1, Queue = 1 } } });
        await world.World.MakeAsync("quick", AssetKind.Model, contents: [("model.onnx", EndpointWorld.Model(3))]);
        await world.ReleaseAsync(1, Hanging(2000));
        Task<(int Status, JsonNode Body)> QuickAsync() => SendAsync(world, "/v2/models/quick/infer",
            """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]},{"name":"place","datatype":"BYTES","shape":[1,1],"data":["street"]}]}""", default);
        Assert.Equal(200, (await QuickAsync()).Status);
        Assert.StartsWith("200", $"{(await SendAsync(world, Verdict, Rows(1), default)).Status}", StringComparison.Ordinal);

        Assert.Equal("504 inference.deadline", await world.RefusedAsync(Rows(1000), headers: ("Kumiki-Timeout-Ms", "100")));
        using var over = new CancellationTokenSource();
        List<Task> hanging = [];
        for (var (n, metric) = (0, "kumiki_inference_running"); n < 2; n++, metric = "kumiki_inference_waiting")
        {
            hanging.Add(SendAsync(world, Verdict, Rows(1000), over.Token));
            while (!(await world.Http.GetStringAsync("/metrics")).Contains($"{metric}{{model=\"model\",version=\"1\"}} 1", StringComparison.Ordinal)) await Task.Delay(5);
        }
        using (var full = await world.SendAsync(Rows(1)))
        {
            Assert.Equal((429, true), ((int)full.StatusCode, full.Headers.RetryAfter is not null));
            Assert.Equal("inference.queue-full", (string)JsonNode.Parse(await full.Content.ReadAsStringAsync())!["id"]!);
        }
        Assert.Equal(200, (await QuickAsync()).Status);

        // With a fallback the caller has an answer in time.
        var release = await world.ReleaseAsync(2, Hanging(1999), null, new PlannedFallback.Always("unsure", null));
        var answer = await world.AnswerAsync(Rows(1000), ("Kumiki-Timeout-Ms", "400"), ("Kumiki-Release", $"{release}"));
        Assert.All(answer["predictions"]!.AsArray(), p => Assert.Equal(("unsure", "constant"), ((string)p!["answer"]!, (string)p["fallback"]!)));
        await over.CancelAsync();
        foreach (var one in hanging) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
    }

    const string Verdict = "/api/endpoints/verdict/predict";

    static async Task<(int Status, JsonNode Body)> SendAsync(EndpointWorld world, string path, string body, CancellationToken stop)
    {
        using var response = await world.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), stop);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(stop))!);
    }
}
