using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using Kumiki.Hosting;
using Kumiki.Native.OnnxRuntime;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

/// <summary>Calls over HTTP/2 as any gRPC client makes them, with messages written field by field.</summary>
public sealed class GrpcTests : IAsyncLifetime
{
    const string Service = "inference.GRPCInferenceService";

    InferenceWorld world = null!;

    public async Task InitializeAsync() =>
        world = await InferenceWorld.StartAsync(models: [("two", Graphs.Two(3)), ("shop", InferenceWorld.Shop), ("slow", Graphs.Slow(400)), ("mean", PictureTests.Small),
            .. Types.Select(t => ($"echo-{(int)t}", Graphs.Echo(t)))]);

    public async Task DisposeAsync() => await world.DisposeAsync();

    static readonly TensorType[] Types =
    [
        TensorType.Bool, TensorType.UInt8, TensorType.UInt16, TensorType.UInt32, TensorType.UInt64, TensorType.Int8, TensorType.Int16, TensorType.Int32,
            TensorType.Int64, TensorType.Double, TensorType.Text,
        TensorType.Float16,
    ];

    // ── messages ──

    static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }

    internal static byte[] Field(int field, byte[] bytes) => [.. Varint(((ulong)field << 3) | 2), .. Varint((ulong)bytes.Length), .. bytes];

    internal static byte[] Field(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));

    static byte[] Field(int field, ulong value) => [.. Varint((ulong)field << 3), .. Varint(value)];

    internal static byte[] Input(string name, string type, long[] shape, byte[]? contents = null) =>
        Field(5, [.. Field(1, name), .. Field(2, type), .. Field(3, [.. shape.SelectMany(d => Varint((ulong)d))]), .. contents is null ? []
            : Field(5, contents)]);

    internal static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    static byte[] AskTwo(bool raw) => raw
        ? [.. Field(1, "two"), .. Field(3, "id-7"), .. Input("a", "FP32", [1, 2]), .. Input("b", "FP32", [1, 1]), .. Field(6, Field(1, "times")),
            .. Field(7, Floats(1, 2)), .. Field(7, Floats(10))]
        : [.. Input("a", "FP32", [1, 2], Field(6, Floats(1, 2))), .. Input("b", "FP32", [1, 1], Field(6, Floats(10))), .. Field(6, Field(1, "times")),
            .. Field(1, "two"), .. Field(3, "id-7")];

    /// <summary>The frame of a request for the model <see cref="Graphs.Two"/>, kept under some name.</summary>
    internal static byte[] Asked(string name) => Frame([.. Field(1, name), .. Input("a", "FP32", [1, 2]), .. Input("b", "FP32", [1, 1]), .. Field(7, Floats(1, 2)),
        .. Field(7, Floats(10))]);

    /// <summary>The fields of a message, of each its bytes or its number.</summary>
    static List<(int Field, byte[] Bytes, ulong Number)> Read(byte[] message)
    {
        var fields = new List<(int, byte[], ulong)>();
        var reader = new WireReader(message, 0, message.Length);
        while (reader.Next())
        {
            if (reader.Form == 2) fields.Add((reader.Field, reader.Bytes().ToArray(), 0));
            else fields.Add((reader.Field, [], reader.Int()));
        }
        return fields;
    }

    static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Read(message).Single(f => f.Field == field).Bytes);

    internal static byte[] Frame(byte[] message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    Task<(int Status, string Says, List<byte[]> Messages, HttpResponseMessage Response)> CallAsync(string method, byte[] body,
        params (string Name, string Value)[] headers) => CallAsync(world, method, new ByteArrayContent(body), headers);

    internal static async Task<(int Status, string Says, List<byte[]> Messages, HttpResponseMessage Response)> CallAsync(
        InferenceWorld world, string method, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            new Uri(new Uri($"http://127.0.0.1:{world.GrpcPort}"), method.StartsWith('/') ? method : $"/{Service}/{method}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        var response = await world.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var messages = new List<byte[]>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 1));
            var message = bytes[(at + 5)..(at + 5 + length)];
            if (bytes[at] == 1)
            {
                using var stream = new GZipStream(new MemoryStream(message), CompressionMode.Decompress);
                using var unpacked = new MemoryStream();
                await stream.CopyToAsync(unpacked);
                message = unpacked.ToArray();
            }
            messages.Add(message);
            at += 5 + length;
        }
        var says = response.TrailingHeaders.TryGetValues("grpc-message", out var said) ? Uri.UnescapeDataString(said.Single()) : "";
        return (int.Parse(response.TrailingHeaders.GetValues("grpc-status").Single(), null), says, messages, response);
    }

    async Task<byte[]> AnswerAsync(string method, byte[] message)
    {
        var (status, says, messages, _) = await CallAsync(method, Frame(message));
        Assert.True(status == 0, $"{status}: {says}");
        return messages.Single();
    }

    // ── tests ──

    [Fact]
    public async Task A_picture_comes_raw_or_typed()
    {
        var photo = PictureTests.Photo(6);
        var wanted = Floats(PictureTests.Bare(PictureTests.Small, 0, photo));

        var raw = await AnswerAsync("ModelInfer",
            [.. Field(1, "mean"), .. Input("image", "BYTES", [1]), .. Field(7, [.. BitConverter.GetBytes(photo.Length), .. photo])]);
        Assert.Equal(wanted, Read(raw).Single(f => f.Field == 6).Bytes);

        var typed = await AnswerAsync("ModelInfer", [.. Field(1, "mean"), .. Input("image", "BYTES", [1, 1], Field(8, photo))]);
        var output = Read(typed).Single(f => f.Field == 5).Bytes;
        Assert.Equal(wanted, Read(Read(output).Single(f => f.Field == 5).Bytes).Single(f => f.Field == 6).Bytes);

        var (status, says, _, _) = await CallAsync("ModelInfer", Frame([.. Field(1, "mean"), .. Input("image", "BYTES", [1], Field(8, "no photo"))]));
        Assert.Equal((3, "Input 'image', row 1: these 8 bytes are no JPEG, PNG or WebP picture; send one of these formats, encoded and whole."), (status, says));
    }

    [Fact]
    public async Task The_server_and_its_health_answer()
    {
        Assert.Equal((byte[])[8, 1], await AnswerAsync("ServerLive", []));
        Assert.Equal((byte[])[8, 1], await AnswerAsync("ServerReady", []));
        Assert.Equal("kumiki", Text(await AnswerAsync("ServerMetadata", []), 1));
        Assert.Equal((byte[])[8, 1], await AnswerAsync("ModelReady", Field(1, "two")));
        Assert.Empty(await AnswerAsync("ModelReady", Field(1, "none")));
        Assert.Equal((byte[])[8, 1], await AnswerAsync("/grpc.health.v1.Health/Check", []));
        Assert.Equal(5, (await CallAsync("/grpc.health.v1.Health/Check", Frame(Field(1, "other")))).Status);
        Assert.Equal(12, (await CallAsync("Nothing", Frame([]))).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_goes_in_the_form_of_the_request(bool raw)
    {
        var answer = await AnswerAsync("ModelInfer", AskTwo(raw));

        Assert.Equal(("two", "1", "id-7"), (Text(answer, 1), Text(answer, 2), Text(answer, 3)));
        var output = Read(answer).Single(f => f.Field == 5).Bytes;
        Assert.Equal(("times", "FP32"), (Text(output, 1), Text(output, 2)));
        var data = raw ? Read(answer).Single(f => f.Field == 6).Bytes : Read(Read(output).Single(f => f.Field == 5).Bytes).Single(f => f.Field == 6).Bytes;
        Assert.Equal([3f, 6f], MemoryMarshal.Cast<byte, float>(data).ToArray());
    }

    [Theory]
    [InlineData(TensorType.Bool, 1, new ulong[] { 0, 1 })]
    [InlineData(TensorType.UInt8, 4, new ulong[] { 0, 255 })]
    [InlineData(TensorType.UInt16, 4, new ulong[] { 0, 65535 })]
    [InlineData(TensorType.UInt32, 4, new ulong[] { 7, uint.MaxValue })]
    [InlineData(TensorType.UInt64, 5, new ulong[] { 7, ulong.MaxValue })]
    [InlineData(TensorType.Int8, 2, new ulong[] { 7, unchecked((ulong)-128L) })]
    [InlineData(TensorType.Int16, 2, new ulong[] { 7, unchecked((ulong)-32768L) })]
    [InlineData(TensorType.Int32, 2, new ulong[] { 7, unchecked((ulong)int.MinValue) })]
    [InlineData(TensorType.Int64, 3, new ulong[] { 7, unchecked((ulong)long.MinValue) })]
    public async Task Every_type_of_whole_number_goes_through(TensorType type, int field, ulong[] values)
    {
        var name = Kumiki.Serving.TensorTypes.NameOf(type);
        byte[] packed = Field(field, [.. values.SelectMany(Varint)]), single = [.. values.SelectMany(v => Field(field, v))];
        foreach (var contents in new[] { packed, single })
        {
            var answer = await AnswerAsync("ModelInfer", [.. Field(1, $"echo-{(int)type}"), .. Input("in", name, [1, 2], contents)]);

            var back = Read(Read(answer).Single(f => f.Field == 5).Bytes).Single(f => f.Field == 5).Bytes;
            Assert.Equal(packed, back);
        }
    }

    [Fact]
    public async Task Texts_doubles_and_halves_go_through()
    {
        byte[] texts = [.. Field(8, "組木"), .. Field(8, "")], doubles = Field(7, MemoryMarshal.AsBytes<double>([0.1, -1e300]).ToArray());

        Assert.Equal(texts, Read(Read(await AnswerAsync("ModelInfer",
            [.. Field(1, $"echo-{(int)TensorType.Text}"), .. Input("in", "BYTES", [1, 2], texts)])).Single(f => f.Field == 5).Bytes).Single(f =>
                f.Field == 5).Bytes);
        Assert.Equal(doubles, Read(Read(await AnswerAsync("ModelInfer",
            [.. Field(1, $"echo-{(int)TensorType.Double}"), .. Input("in", "FP64", [1, 2], doubles)])).Single(f => f.Field == 5).Bytes).Single(f =>
                f.Field == 5).Bytes);
        Assert.Equal([1, 2, 3, 4], Read(await AnswerAsync("ModelInfer",
            [.. Field(1, $"echo-{(int)TensorType.Float16}"), .. Input("in", "FP16", [1, 2]), .. Field(7, [1, 2, 3, 4])])).Single(f => f.Field == 6).Bytes);
    }

    [Fact]
    public async Task What_is_wrong_has_its_status_and_its_sentence()
    {
        async Task<(int, string)> FailAsync(byte[] message, params (string, string)[] headers)
        {
            var (status, says, _, _) = await CallAsync("ModelInfer", Frame(message), headers);
            return (status, says);
        }

        Assert.Equal((5, "There is no model none; POST /v2/repository/index lists those there are."), await FailAsync(Field(1, "none")));
        Assert.Equal(5, (await FailAsync([.. AskTwo(true), .. Field(2, "9")])).Item1);
        Assert.Equal((3, "The message is no protobuf of this call; send what the package inference says."), await FailAsync([0xFF, 0xFF]));
        Assert.Equal((3, "The request has no inputs; the model takes a, b."), await FailAsync(Field(1, "two")));
        Assert.Equal((3, "Input b is missing; the model takes a, b."),
            await FailAsync([.. Field(1, "two"), .. Input("a", "FP32", [1, 2], Field(6, Floats(1, 2)))]));
        Assert.Equal((3, "Input a has 4 bytes, but FP32 of shape [1,2] takes 8; send exactly these."),
            await FailAsync([.. Field(1, "two"), .. Input("a", "FP32", [1, 2], Field(6, Floats(1)))]));
        Assert.Equal((3, "The request has 1 raw_input_contents for 2 inputs; send one for each input, in their order, or none."),
            await FailAsync([.. Field(1, "two"), .. Input("a", "FP32", [1, 2]), .. Input("b", "FP32", [1, 1]), .. Field(7, Floats(1, 2))]));
        Assert.Equal((3, "Input a has contents although the request has raw_input_contents; send one of them."),
            await FailAsync([.. Field(1, "two"), .. Input("a", "FP32", [1, 2], Field(6, Floats(1, 2))), .. Field(7, Floats(1, 2))]));
        Assert.Equal((3, "The contents of input a are in a field of another type than its FP32; use that type's field, or raw_input_contents."),
            await FailAsync([.. Field(1, "two"), .. Input("a", "FP32", [1, 2], Field(7, new byte[16]))]));
        Assert.Equal((3, "Input in has 300, which is no UINT8; send one that fits."),
            await FailAsync([.. Field(1, $"echo-{(int)TensorType.UInt8}"), .. Input("in", "UINT8", [1, 2], Field(4, [.. Varint(300), 0]))]));
        Assert.Equal(3, (await CallAsync("ModelInfer", [0, 0, 0, 0, 9, 1])).Status);
        Assert.Equal(8, (await CallAsync("ModelInfer", [0, 0xFF, 0, 0, 9, 1])).Status);
        Assert.Equal(3, (await CallAsync("ModelInfer", Frame([1, 2, 3], flag: 1))).Status);
        var rows = Enumerable.Repeat(0.5f, 256 * 768).ToArray();
        byte[] slow = [.. Field(1, "slow"), .. Input("in", "FP32", [256, 768]), .. Field(7, Floats(rows))];
        Assert.Equal((4, "slow@1 did not answer within the 40 ms of the request; allow more time, or send fewer rows."),
            await FailAsync(slow, ("grpc-timeout", "40m")));
    }

    [Fact]
    public async Task Messages_may_be_packed()
    {
        var rows = Enumerable.Range(0, 2000).Select(i => (float)i).ToArray();
        byte[] message = [.. Field(1, "two"), .. Input("a", "FP32", [1000, 2]), .. Input("b", "FP32", [1000, 1]), .. Field(6, Field(1, "times")),
            .. Field(7, Floats(rows)), .. Field(7, Floats(new float[1000]))];
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest, true)) stream.Write(message);

        var (status, says, messages, response) = await CallAsync("ModelInfer", Frame(packed.ToArray(), flag: 1), ("grpc-encoding", "gzip"));

        Assert.True(status == 0, says);
        Assert.Equal("gzip", response.Headers.GetValues("grpc-encoding").Single());
        Assert.Equal(rows.Select(v => v * 3), MemoryMarshal.Cast<byte, float>(Read(messages.Single()).Single(f => f.Field == 6).Bytes).ToArray());
    }

    [Fact]
    public async Task A_stream_answers_each_request_in_turn_and_goes_on_after_one_that_fails()
    {
        var (status, _, messages, _) = await CallAsync("ModelStreamInfer", [.. Frame(AskTwo(true)), .. Frame(Field(1, "none")), .. Frame(AskTwo(false))]);

        Assert.Equal((0, 3), (status, messages.Count));
        Assert.Equal(["two", "two"], new[] { messages[0], messages[2] }.Select(m => Text(Read(m).Single(f => f.Field == 2).Bytes, 1)));
        Assert.Equal("There is no model none; POST /v2/repository/index lists those there are.", Text(messages[1], 1));
    }

    [Fact]
    public async Task Requests_of_a_stream_are_under_way_together_and_answered_in_their_order()
    {
        static byte[] Echo(int n) => [.. Field(1, $"echo-{(int)TensorType.Int64}"), .. Field(3, $"{n}"), .. Input("in", "INT64", [1, 2]),
            .. Field(7, BitConverter.GetBytes((long)n).Concat(BitConverter.GetBytes(-(long)n)).ToArray())];
        byte[] slow = [.. Field(1, "slow"), .. Field(3, "slow"), .. Input("in", "FP32", [64, 768]), .. Field(7, new byte[64 * 768 * 4])];

        var (status, says, messages, _) = await CallAsync("ModelStreamInfer",
            [.. Frame(slow), .. Enumerable.Range(0, 300).SelectMany(n => Frame(n % 50 == 7 ? Field(1, "none") : Echo(n)))]);

        Assert.True(status == 0, says);
        Assert.Equal(["slow", .. Enumerable.Range(0, 300).Select(n => n % 50 == 7 ? "" : $"{n}")], messages.Select(m =>
            Read(m).SingleOrDefault(f => f.Field == 2).Bytes is { } answer ? Text(answer, 3) : ""));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_told_so_after_the_answers_of_what_came_before()
    {
        var (status, says, messages, _) = await CallAsync("ModelStreamInfer", [.. Frame(AskTwo(true)), .. Frame(AskTwo(true)), 0, 0, 0, 0, 9, 1]);

        Assert.Equal((3, 2, "The message is no protobuf of this call; send what the package inference says."), (status, messages.Count, says));
    }

    [Fact]
    public async Task Another_client_gets_the_same_answers()
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Ground.Tests.Onnx.World.Above("tests/Host.Tests/Inference/grpc_client.py"), $"{world.GrpcPort}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var python = Process.Start(start)!;
        var errors = python.StandardError.ReadToEndAsync();
        var said = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();

        Assert.True(python.ExitCode == 0, await errors);
        Assert.Equal("""
            live 0801
            health 0801
            infer True
            unknown NOT_FOUND There is no model none; POST /v2/repository/index lists those there are.
            method UNIMPLEMENTED
            late DEADLINE_EXCEEDED
            stream 3 True True
            together 1000
            large True
            watch 0801
            packed True
            packed True

            """, said);
    }

    [Fact]
    public async Task The_repository_lists_loads_and_unloads()
    {
        await AnswerAsync("RepositoryModelLoad", Field(2, "two"));
        var ready = Read(await AnswerAsync("RepositoryIndex", Field(2, 1))).Select(f => $"{Text(f.Bytes, 1)} {Text(f.Bytes, 3)}");
        Assert.Equal(["two READY"], ready);

        await AnswerAsync("RepositoryModelUnload", Field(2, "two"));
        var (status, says, _, _) = await CallAsync("ModelInfer", Frame(AskTwo(true)));

        Assert.Equal((14, "two was unloaded; load it by POST /v2/repository/models/two/load."), (status, says));
        var metadata = await AnswerAsync("ModelMetadata", Field(1, "shop"));
        Assert.Equal(["price", "units", "day", "discount", "store"], Read(metadata).Where(f => f.Field == 4).Select(f => Text(f.Bytes, 1)));
    }
}
