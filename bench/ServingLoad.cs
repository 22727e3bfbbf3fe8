using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using Kumiki.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Kumiki.Bench;

/// <summary>A model of 100 trees over 28 numbers asked over the Open Inference Protocol, as JSON, as bytes and over gRPC, by 1, 8 and 64 clients; beside a
/// Kestrel of a process of its own that sends the
/// same bytes back, and beside the bare engine. All on one machine, the clients too.</summary>
static class ServingLoad
{
    internal const int Features = 28;
    const int Trees = 100, ManyRows = 64, Unloaded = 300;
    static readonly int[] Clients = [1, 8, 64];
    const int Turns = 5;
    static readonly TimeSpan Warm = TimeSpan.FromSeconds(1), Turn = TimeSpan.FromSeconds(0.6);

    /// <summary>A server that is asked nothing looks every five seconds whether it has memory to give back.</summary>
    static readonly TimeSpan Rest = TimeSpan.FromSeconds(15);

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var (data, model) = (Path.Combine(folder, "data"), Model());
        await KeepAsync(data, [("trees", model)], stop);
        Bare(figures, model, 1);
        Bare(figures, model, ManyRows);
        var grpc = Server.FreePort();
        var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", data, "--grpc-port", Text(grpc)], said: _ => { }, TimeSpan.FromMinutes(1),
            stop);
        await using (server)
        {
            var echo = Server.FreePort();
            await BesideEchoAsync(echo, Server.FreePort(), async _ =>
            {
                foreach (var rows in (int[])[1, ManyRows])
                    foreach (var clients in Clients)
                        await RoundAsync(figures, rows, clients, server.Port, grpc, echo, stop);
            }, stop);
        }
        await MemoryAsync(figures, Path.Combine(folder, "many"), model, stop);
    });

    /// <summary>The doors in turns, each warm, so that what else the machine does meets all alike; a ratio is the median of those of the turns.</summary>
    static async Task RoundAsync(Figures figures, int rows, int clients, int rest, int grpc, int echo, CancellationToken stop)
    {
        var values = Draws(rows);
        var (json, (binary, head), proto) = (Json(rows, values), Binary(rows, values), Grpc(rows, values));
        var infer = $"http://127.0.0.1:{Text(rest)}/v2/models/trees/infer";
        using var echoing = new ServingDoor("echo", $"http://127.0.0.1:{Text(echo)}/v2/models/trees/infer", json, clients);
        using var asJson = new ServingDoor("json", infer, json, clients);
        using var asBytes = new ServingDoor("binary", infer, binary, clients) { JsonLength = head };
        var call = $"http://127.0.0.1:{Text(grpc)}/inference.GRPCInferenceService/ModelInfer";
        using var overGrpc = new ServingDoor("grpc", call, proto, clients) { IsGrpc = true };
        ServingDoor[] doors = [echoing, asJson, asBytes, overGrpc];
        foreach (var door in doors) await door.LoadAsync(Warm, stop);
        var turns = new List<Loaded[]>();
        for (var turn = 0; turn < Turns; turn++)
        {
            var all = new Loaded[doors.Length];
            for (var i = 0; i < doors.Length; i++)
            {
                var next = (i + turn) % doors.Length;
                all[next] = await doors[next].LoadAsync(Turn, stop);
            }
            turns.Add(all);
        }
        var name = $"{rows}-row.{clients}";
        for (var i = 0; i < doors.Length; i++)
        {
            figures.Print($"{name}.{doors[i].Name}.rate", [.. turns.Select(t => t[i].PerSecond)], "/s");
            figures.Print($"{name}.{doors[i].Name}.median", turns.Median(t => t[i].Median), "ms");
            figures.Print($"{name}.{doors[i].Name}.p99", turns.Median(t => t[i].P99), "ms");
        }
        figures.Print($"{name}.json.of-echo", [.. turns.Select(t => t[1].PerSecond / t[0].PerSecond)], "x");
        figures.Print($"{name}.grpc.of-json", [.. turns.Select(t => t[3].PerSecond / t[1].PerSecond)], "x");
    }

    internal static byte[] Json(int rows, float[] values) => Encoding.UTF8.GetBytes(
        $$"""{"inputs":[{"name":"features","datatype":"FP32","shape":[{{rows}},{{Features}}],"data":[{{string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}}]}]}""");

    /// <returns>The body, and how long its JSON part is.</returns>
    internal static (byte[] Body, int Json) Binary(int rows, float[] values)
    {
        var head = Encoding.UTF8.GetBytes($$$"""{"inputs":[{"name":"features","datatype":"FP32","shape":[{{{rows}}},{{{Features}}}],"parameters":{"binary_data_size":{{{values.Length * 4}}}}}],"parameters":{"binary_data_output":true}}""");
        return ([.. head, .. MemoryMarshal.AsBytes<float>(values)], head.Length);
    }

    /// <summary>A ModelInferRequest with raw tensors, in its frame.</summary>
    internal static byte[] Grpc(int rows, float[] values)
    {
        byte[] shape = [.. Varint(rows), .. Varint(Features)], raw = MemoryMarshal.AsBytes<float>(values).ToArray();
        byte[] tensor = [.. Field(1, "features"u8), .. Field(2, "FP32"u8), .. Field(3, shape)],
            message = [.. Field(1, "trees"u8), .. Field(5, tensor), .. Field(7, raw)];
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;

        static byte[] Field(int field, ReadOnlySpan<byte> bytes) => [(byte)((field << 3) | 2), .. Varint(bytes.Length), .. bytes];
        static byte[] Varint(int value) => value < 128 ? [(byte)value] : [(byte)(value | 128), .. Varint(value >> 7)];
    }

    // ── beside ──

    /// <summary>The engine alone, on tensors that are ready, on one thread and on all.</summary>
    static void Bare(Figures figures, byte[] model, int rows)
    {
        using var session = OnnxSession.Open(model);
        foreach (var threads in (int[])[1, Environment.ProcessorCount])
        {
            var (started, runs) = (Stopwatch.GetTimestamp(), 0L);
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
            {
                using OnnxTensor input = OnnxTensor.Of(TensorType.Float, rows, Features), output = OnnxTensor.Of(TensorType.Float, rows, 1);
                Draws(rows).CopyTo(input.Values<float>());
                for (var own = 0; Stopwatch.GetElapsedTime(started).TotalSeconds < 2; own += 100)
                {
                    for (var i = 0; i < 100; i++) session.Run([input], [output]);
                    Interlocked.Add(ref runs, 100);
                }
            });
            figures.Print($"{rows}-row.engine.{threads}", runs / Stopwatch.GetElapsedTime(started).TotalSeconds, "/s");
        }
    }

    internal const string EchoVerb = "echo-server";

    /// <summary>A Kestrel that sends back what it gets, until it is ended; on its second port over HTTP/2, as gRPC's answers end.</summary>
    public static async Task EchoAsync(int port, int http2)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, at => at.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, http2, at => at.Protocols = HttpProtocols.Http2);
        });
        await using var app = builder.Build();
        app.UseWhen(http => http.Request.Protocol == "HTTP/2", calls => calls.Run(async http =>
        {
            http.Response.ContentType = "application/grpc";
            while (true)
            {
                var read = await http.Request.BodyReader.ReadAsync();
                if (!read.IsCompleted)
                {
                    http.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }
                foreach (var part in read.Buffer) http.Response.BodyWriter.Write(part.Span);
                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                break;
            }
            http.Response.AppendTrailer("grpc-status", "0");
        }));
        app.Run(async http =>
        {
            var length = (int)(http.Request.ContentLength ?? 0);
            var read = await http.Request.BodyReader.ReadAtLeastAsync(length);
            (http.Response.ContentType, http.Response.ContentLength) = ("application/json", length);
            foreach (var part in read.Buffer) await http.Response.BodyWriter.WriteAsync(part);
            http.Request.BodyReader.AdvanceTo(read.Buffer.End);
        });
        await app.RunAsync();
    }

    /// <summary>Works while a process of its own echoes.</summary>
    /// <param name="work">Gets the number of that process.</param>
    internal static async Task BesideEchoAsync(int port, int http2, Func<int, Task> work, CancellationToken stop)
    {
        using var echoing = Process.Start(new ProcessStartInfo("dotnet", [typeof(ServingLoad).Assembly.Location, EchoVerb, Text(port), Text(http2)]))!;
        try
        {
            await ListensAsync(port, stop);
            await work(echoing.Id);
        }
        finally
        {
            echoing.Kill();
            await echoing.WaitForExitAsync(CancellationToken.None);
        }
    }

    static async Task ListensAsync(int port, CancellationToken stop)
    {
        for (var left = 2000; ; left--)
        {
            using var tcp = new TcpClient();
            try
            {
                await tcp.ConnectAsync(IPAddress.Loopback, port, stop);
                return;
            }
            catch (SocketException) when (left > 0)
            {
                await Task.Delay(10, stop);     // not listening yet
            }
        }
    }

    /// <summary>What models cost that nobody asks.</summary>
    static async Task MemoryAsync(Figures figures, string data, byte[] model, CancellationToken stop)
    {
        await KeepAsync(data, [("trees-0", model)], stop);
        var few = await AtRestAsync();
        await KeepAsync(data, [.. Enumerable.Range(1, Unloaded).Select(i => ($"trees-{i}", model))], stop);
        figures.Print("unloaded.per-model", (await AtRestAsync() - few) * 1024 / Unloaded, "KiB");

        async Task<double> AtRestAsync()
        {
            var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", data], said: _ => { }, TimeSpan.FromMinutes(1), stop);
            await using (server)
            {
                using var http = new HttpClient();
                for (var i = 0; i < 20; i++)
                {
                    using var content = new StringContent("");
                    using var answer = await http.PostAsync($"http://127.0.0.1:{server.Port}/v2/repository/index", content, stop);
                    await answer.Content.ReadAsByteArrayAsync(stop);
                }
                await Task.Delay(Rest, stop);
                return server.MemoryMiB(shared: false);
            }
        }
    }

    // ── the model ──

    internal static float[] Draws(int rows)
    {
        var random = new Random(28);
        return [.. Enumerable.Range(0, rows * Features).Select(_ => random.NextSingle())];
    }

    internal static byte[] Model()
    {
        var values = Draws(20_000);
        var labels = Enumerable.Range(0, 20_000).Select(r => values[r * Features] * values[(r * Features) + 1] > 0.25f ? 1f : 0f).ToArray();
        using var train = DMatrix.Of(values, Features).WithLabels(labels);
        using var booster = Booster.Of([("objective", "binary:logistic"), ("max_depth", "6"), ("tree_method", "hist"), ("nthread", "1")]);
        booster.Train(train, Trees, []);
        return Learners.XGBoost(booster.Save()).ToBytes();
    }

    internal static async Task KeepAsync(string path, IReadOnlyList<(string Name, byte[] Model)> models, CancellationToken stop)
    {
        await using var data = DataFolder.Open(path, TimeProvider.System);
        foreach (var (name, model) in models) await data.KeepAsync(name, AssetKind.Model, "model.onnx", model, [], stop);
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
