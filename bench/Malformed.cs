using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Kumiki.Bench;

/// <summary>Sends requests that were cut, stretched and overwritten to a server, over its sockets: JSON, tensors behind JSON, protobuf, heads of HTTP/1.1
/// and frames of HTTP/2. The
/// draws are seeded; a request's bytes hang on the seed and its number alone.</summary>
/// <param name="seed">Of the draws; used up in a stable order only within one kind.</param>
sealed class Malformed(Uri rest, int grpcPort, int seed, string json, byte[] binary, int jsonLength, byte[] protobuf, string model) : IDisposable
{
    /// <summary>How long a server may take to end what cannot be answered.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "NaN", "-Infinity", "null", "true", "1e999", "-1", "99999999999999999999", "\"data\"", "\"shape\"", "\"inputs\"",
        "\\ud800", "\0", "\r\n", "[[[[[[[[[[[[[[[[", "\"parameters\":{\"timeout\":1},", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "é",
    ];

    readonly SocketsHttpHandler handler = new() { MaxConnectionsPerServer = 16, AllowAutoRedirect = false };
    readonly ConcurrentDictionary<string, long> outcomes = new(StringComparer.Ordinal);
    readonly ConcurrentQueue<string> wrong = new();
    HttpMessageInvoker? http;

    /// <summary>What became of the requests: <c>json 400</c>, <c>protobuf 3</c>, <c>head closed</c>, and how many.</summary>
    public IReadOnlyDictionary<string, long> Outcomes => outcomes;

    /// <summary>What a server must not do, with the request in hexadecimal; the first hundred.</summary>
    public IReadOnlyCollection<string> Wrong => wrong;

    /// <summary>Sends requests from one number up to another, some at once.</summary>
    public Task SendAsync(int from, int to, int together, CancellationToken stop)
    {
        http ??= new(handler);
        return Parallel.ForEachAsync(Enumerable.Range(from, to - from), new ParallelOptions { MaxDegreeOfParallelism = together, CancellationToken = stop },
            async (number, stopping) =>
            {
                var random = new Random(unchecked(seed * 1_000_003 + number));
                // Of twenty: eight JSON, four tensors, five protobuf, one head, two of HTTP/2's frames.
                switch (number % 20)
                {
                    case < 8: await JsonAsync(random, Encoding.UTF8.GetBytes(json), null, "json", stopping); break;
                    case < 12: await JsonAsync(random, binary, random.Next(3) == 0 ? Length(random) : jsonLength.ToString(CultureInfo.InvariantCulture), "binary", stopping); break;
                    case < 17: await ProtobufAsync(random, stopping); break;
                    case 17: await RawAsync(random, Head(), rest.Port, "head", stopping); break;
                    default: await RawAsync(random, Frames(), grpcPort, "frames", stopping); break;
                }
            });
    }

    static string Length(Random random) => random.Next(6) switch
    {
        0 => "-1",
        1 => "99999999999",
        2 => "x",
        3 => "",
        4 => "0",
        _ => random.Next(400).ToString(CultureInfo.InvariantCulture),
    };

    void Count(string kind, string outcome) => outcomes.AddOrUpdate($"{kind} {outcome}", 1, static (_, count) => count + 1);

    void Fail(string kind, string what, byte[] sent)
    {
        Count(kind, what);
        if (wrong.Count < 100) wrong.Enqueue($"{kind} {what}: {Convert.ToHexString(sent)}");
    }

    // ── requests whose envelope is sound ──

    async Task JsonAsync(Random random, byte[] whole, string? length, string kind, CancellationToken stop)
    {
        var body = Changed(whole, random);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(rest, $"/v2/models/{model}/infer")) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (length is not null) request.Headers.TryAddWithoutValidation("Inference-Header-Content-Length", length);
        try
        {
            using var answer = await http!.SendAsync(request, stop);
            var said = await answer.Content.ReadAsStringAsync(stop);
            var status = (int)answer.StatusCode;
            // 504 is promised: a changed request may ask for an answer within a microsecond.
            if (status is 200 or 400 or 413 or 429 or 504 && (status == 200 || said.StartsWith("{\"error\":\"", StringComparison.Ordinal))) Count(kind, $"{status}");
            else Fail(kind, $"{status}", body);
        }
        catch (HttpRequestException e)
        {
            Fail(kind, $"broke off: {e.Message}", body);
        }
    }

    async Task ProtobufAsync(Random random, CancellationToken stop)
    {
        var message = Changed(protobuf, random);
        var body = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), message.Length);
        message.CopyTo(body, 5);
        // Now and then the frame is a lie too.
        if (random.Next(8) == 0) body[random.Next(5)] = (byte)random.Next(256);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{grpcPort.ToString(CultureInfo.InvariantCulture)}/inference.GRPCInferenceService/{(random.Next(4) == 0 ? "ModelStreamInfer" : "ModelInfer")}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        try
        {
            using var answer = await http!.SendAsync(request, stop);
            await answer.Content.ReadAsByteArrayAsync(stop);
            var status = answer.TrailingHeaders.TryGetValues("grpc-status", out var said) ? said.Single() : $"none, {(int)answer.StatusCode}";
            // OK, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, RESOURCE_EXHAUSTED
            if (status is "0" or "3" or "4" or "5" or "8") Count("protobuf", status);
            else Fail("protobuf", status, body);
        }
        catch (HttpRequestException e)
        {
            Fail("protobuf", $"broke off: {e.Message}", body);
        }
    }

    // ── envelopes that are not ──

    byte[] Head() => [.. Encoding.ASCII.GetBytes(
        $"POST /v2/models/{model}/infer HTTP/1.1\r\nHost: 127.0.0.1:{rest.Port.ToString(CultureInfo.InvariantCulture)}\r\nContent-Type: application/json\r\nContent-Length: {json.Length.ToString(CultureInfo.InvariantCulture)}\r\nConnection: close\r\n\r\n"),
        .. Encoding.UTF8.GetBytes(json)];

    /// <summary>A whole conversation of HTTP/2: its opening, settings, and a call of gRPC as a head and its data.</summary>
    byte[] Frames()
    {
        // Heads as literals without a table (RFC 7541, 6.2.2).
        static byte[] Literal(string name, string value) => [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
        static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
        {
            var frame = new byte[9 + payload.Length];
            (frame[0], frame[1], frame[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
            (frame[3], frame[4]) = (type, flags);
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
            payload.CopyTo(frame, 9);
            return frame;
        }
        byte[] head = [.. Literal(":method", "POST"), .. Literal(":scheme", "http"), .. Literal(":path", "/inference.GRPCInferenceService/ModelInfer"), .. Literal(":authority", "127.0.0.1"),
            .. Literal("content-type", "application/grpc"), .. Literal("te", "trailers")];
        var data = new byte[5 + protobuf.Length];
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(1), protobuf.Length);
        protobuf.CopyTo(data, 5);
        return [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, []), .. Frame(1, 4, 1, head), .. Frame(8, 0, 1, [0, 0, 16, 0]), .. Frame(6, 0, 0, new byte[8]), .. Frame(0, 1, 1, data)];
    }

    /// <summary>Sends bytes, says that no more come, and reads until the server closes. It may answer or not; it may not leave the connection open.</summary>
    async Task RawAsync(Random random, byte[] whole, int port, string kind, CancellationToken stop)
    {
        var bytes = Changed(whole, random);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new(true, 0) };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        var answer = new byte[512];
        var read = 0;
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            await socket.SendAsync(bytes, limit.Token);
            socket.Shutdown(SocketShutdown.Send);
            for (int got; (got = await socket.ReceiveAsync(read < answer.Length ? answer.AsMemory(read) : new byte[4096], limit.Token)) > 0;)
                read = Math.Min(answer.Length, read + got);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted)
        {
            // closed the hard way: as good
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            Fail(kind, "was left open", bytes);
            return;
        }
        var status = kind == "head" && Encoding.ASCII.GetString(answer, 0, read) is var said && said.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && said.Length > 11 ? said[9..12] : "closed";
        if (status[0] == '5' && status is not ("501" or "504" or "505")) Fail(kind, status, bytes);
        else Count(kind, status);
    }

    static byte[] Changed(byte[] whole, Random random)
    {
        var bytes = whole.ToList();
        for (var changes = 1 + random.Next(4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                case 1 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)])); break;
                case 3: bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(12))); break;
                case 4: bytes.InsertRange(at, bytes[..at].TakeLast(random.Next(40)).ToList()); break;
                default: if (bytes.Count > 1 && at > 0) bytes.RemoveRange(at, bytes.Count - at); break;
            }
            if (bytes.Count == 0) bytes.Add(0);
        }
        return [.. bytes];
    }

    public void Dispose()
    {
        http?.Dispose();
        handler.Dispose();
    }
}
