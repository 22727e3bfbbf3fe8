using System.Diagnostics;
using System.Globalization;
using System.Text;
using Kumiki.Hosting;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Serving;
using Kumiki.Store;

namespace Kumiki.Bench;

/// <summary>Where the time of one request goes. First its steps, called in this process one after another by one thread; then the server's processor time a
/// request, in its own code and in the kernel, by door and number of clients, beside that of a Kestrel that echoes.</summary>
/// <remarks>Times of steps are the least of many short batches, and processor time is what a process took, so what else the machine does hardly
/// counts.</remarks>
static class ServingProfile
{
    const int Batches = 60, BatchOf = 500, Turns = 5;
    static readonly int[] Clients = [1, 8, 64];
    static readonly TimeSpan Warm = TimeSpan.FromSeconds(1), Turn = TimeSpan.FromSeconds(0.6);

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var (data, model) = (Path.Combine(folder, "data"), ServingLoad.Model());
        await PredictionLogLoad.ReleasedAsync(data, stop);
        await ServingLoad.KeepAsync(data, [("trees", model)], stop);
        await StepsAsync(figures, data, model, stop);

        var (grpc, echo, echo2) = (Server.FreePort(), Server.FreePort(), Server.FreePort());
        var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", data, "--grpc-port", Text(grpc), "--log-predictions", "off"],
            said: _ => { }, TimeSpan.FromMinutes(1), stop);
        await using (server)
        {
            await ServingLoad.BesideEchoAsync(echo, echo2, async echoing =>
            {
                foreach (var clients in Clients)
                    await DoorsAsync(figures, clients, server, grpc, echoing, echo, echo2, stop);
            }, stop);
        }
    });

    // ── the steps, without a socket ──

    static async Task StepsAsync(Figures figures, string folder, byte[] bytes, CancellationToken stop)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        await using var shelf = new ModelShelf(data.Metadata, data.Artifacts, null, new(), TimeProvider.System);
        var values = ServingLoad.Draws(1);
        var (json, proto) = (ServingLoad.Json(1, values), ServingLoad.Grpc(1, values)[5..]);
        var model = await shelf.UseAsync("trees", null, stop);
        using var sent = new PooledBuffer();

        // The same as a list in a list, which is read token by token.
        var nested = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json).Replace("\"data\":[", "\"data\":[[", StringComparison.Ordinal)
            .Replace("]}]}", "]]}]}", StringComparison.Ordinal));
        Step("read.json", () => Read(json).Dispose());
        Step("read.json.by-tokens", () => Read(nested).Dispose());
        Step("read.grpc", () => ReadProto(proto).Dispose());
        using var request = Read(json);
        Step("lane", () => Ask(request).Dispose());
        using var session = OnnxSession.Open(bytes);
        using OnnxTensor input = OnnxTensor.Of(TensorType.Float, 1, ServingLoad.Features), output = OnnxTensor.Of(TensorType.Float, 1, 1);
        values.CopyTo(input.Values<float>());
        Step("engine", () => session.Run([input], [output]));
        using var answer = Ask(request);
        var asked = new AskedOutputs();
        Step("write.json", () =>
        {
            sent.Clear();
            InferenceJson.Write(sent, answer, asked);
        });
        Step("write.grpc", () =>
        {
            sent.Clear();
            InferenceProto.Write(sent, answer, asked);
        });
        model.Release();

        InferenceRequest Read(byte[] body)
        {
            var into = new InferenceRequest(model.Signature);
            InferenceJson.Read(RequestBody.Over(body, body.Length), -1, into);
            into.Complete();
            return into;
        }

        InferenceRequest ReadProto(byte[] body)
        {
            var into = new InferenceRequest(model.Signature);
            InferenceProto.Read(RequestBody.Over(body, body.Length), into);
            into.Complete();
            return into;
        }

        // A thread that waited for one to end could be counted otherwise: one that asks alone is answered before the call returns.
        InferenceAnswer Ask(InferenceRequest request)
        {
            var answering = model.Lane.AskAsync(request, stop);
            return answering.IsCompletedSuccessfully ? answering.Result : answering.AsTask().GetAwaiter().GetResult();
        }

        void Step(string name, Action step)
        {
            // What ran often is compiled twice more, by another thread, before it is as fast as it gets.
            for (var round = 0; round < 20; round++)
            {
                for (var i = 0; i < BatchOf; i++) step();
                Thread.Sleep(100);
            }
            var (least, allocated) = (TimeSpan.MaxValue, 0L);
            for (var batch = 0; batch < Batches; batch++)
            {
                var (began, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
                for (var i = 0; i < BatchOf; i++) step();
                var took = Stopwatch.GetElapsedTime(began);
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                if (took < least) least = took;
            }
            figures.Print($"step.{name}", least.TotalMicroseconds / BatchOf, "µs");
            figures.Print($"step.{name}.allocated", allocated / (double)BatchOf, "B");
        }
    }

    // ── the whole server ──

    static async Task DoorsAsync(Figures figures, int clients, Server server, int grpc, int echoing, int echo, int echo2, CancellationToken stop)
    {
        var values = ServingLoad.Draws(1);
        var (json, (binary, head), proto) = (ServingLoad.Json(1, values), ServingLoad.Binary(1, values), ServingLoad.Grpc(1, values));
        var row = Encoding.UTF8.GetBytes(PredictionLogLoad.Row(3));
        var rest = $"http://127.0.0.1:{Text(server.Port)}";
        var doors = new (ServingDoor Door, bool IsEcho)[]
        {
            (new("echo", $"http://127.0.0.1:{Text(echo)}/v2/models/trees/infer", json, clients), true),
            (new("json", $"{rest}/v2/models/trees/infer", json, clients), false),
            (new("binary", $"{rest}/v2/models/trees/infer", binary, clients) { JsonLength = head }, false),
            (new("echo-http2", $"http://127.0.0.1:{Text(echo2)}/inference.GRPCInferenceService/ModelInfer", proto, clients) { IsGrpc = true }, true),
            (new("grpc", $"http://127.0.0.1:{Text(grpc)}/inference.GRPCInferenceService/ModelInfer", proto, clients) { IsGrpc = true }, false),
            (new("columns", $"{rest}/v2/models/model/infer", Columns(values), clients), false),
            (new("endpoint", $"{rest}/api/endpoints/decision/predict", row, clients), false),
        };
        try
        {
            foreach (var (door, _) in doors) await door.LoadAsync(Warm, stop);
            var turns = new List<(double PerSecond, double User, double System)[]>();
            for (var turn = 0; turn < Turns; turn++)
            {
                var all = new (double, double, double)[doors.Length];
                for (var i = 0; i < doors.Length; i++)
                {
                    var (door, isEcho) = doors[(i + turn) % doors.Length];
                    var before = Processor(isEcho);
                    var loaded = await door.LoadAsync(Turn, stop);
                    var after = Processor(isEcho);
                    all[(i + turn) % doors.Length] =
                        (loaded.PerSecond, (after.User - before.User) / loaded.Asked * 1e6, (after.System - before.System) / loaded.Asked * 1e6);
                }
                turns.Add(all);
            }
            for (var i = 0; i < doors.Length; i++)
            {
                var name = $"{Text(clients)}.{doors[i].Door.Name}";
                figures.Print($"{name}.rate", turns.Median(t => t[i].PerSecond), "/s");
                figures.Print($"{name}.user", turns.Average(t => t[i].User), "µs/request");
                figures.Print($"{name}.system", turns.Average(t => t[i].System), "µs/request");
            }
            figures.Print($"{Text(clients)}.json.of-echo", [.. turns.Select(t => t[1].PerSecond / t[0].PerSecond)], "x");
            figures.Print($"{Text(clients)}.grpc.of-json", [.. turns.Select(t => t[4].PerSecond / t[1].PerSecond)], "x");
            figures.Print($"{Text(clients)}.grpc.of-echo-http2", [.. turns.Select(t => t[4].PerSecond / t[3].PerSecond)], "x");
            figures.Print($"{Text(clients)}.endpoint.of-columns", [.. turns.Select(t => t[6].PerSecond / t[5].PerSecond)], "x");
        }
        finally
        {
            foreach (var (door, _) in doors) door.Dispose();
        }

        (double User, double System) Processor(bool isEcho) => isEcho ? Server.ProcessorOf(echoing) : server.Processor;
    }

    /// <summary>A request of the endpoint's model: an input for each column.</summary>
    static byte[] Columns(float[] values) => Encoding.UTF8.GetBytes("{\"inputs\":[" + string.Join(',', values.Select((v, i) =>
        $$"""{"name":"f{{Text(i)}}","datatype":"FP32","shape":[1,1],"data":[{{v.ToString("R", CultureInfo.InvariantCulture)}}]}""")) + "]}");

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
