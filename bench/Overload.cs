using System.Diagnostics;
using System.Globalization;
using System.Text;
using Kumiki.Ground.Tests.Onnx;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;

namespace Kumiki.Bench;

/// <summary>A model of some milliseconds, run by one thread, one request a run. Its capacity is what eight clients get that ask as fast as they are
/// answered; then it is asked three times as
/// often, at fixed times that do not wait for answers, by a client for each request. Once as it stands, and once with a longest wait that somebody
/// set.</summary>
static class Overload
{
    const int Wide = 768, Layers = 120, Clients = 8, Times = 3;
    static readonly TimeSpan Time = TimeSpan.FromSeconds(15);

    public static Task RunAsync(Figures figures, CancellationToken stop)
    {
        var row = string.Join(',', Enumerable.Repeat("0.5", Wide));
        var body = Encoding.UTF8.GetBytes($$"""{"inputs":[{"name":"in","datatype":"FP32","shape":[1,{{Wide}}],"data":[{{row}}]}]}""");
        return RunAsync(figures, Model(), body, "application/json", stop);
    }

    /// <summary>The same with the image backbone, asked by encoded pictures.</summary>
    public static Task ImagesAsync(Figures figures, CancellationToken stop) => RunAsync(figures, BackbonePackage.Onnx, ImagesLoad.Picture, "image/png", stop);

    static Task RunAsync(Figures figures, byte[] model, byte[] body, string type, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var data = Path.Combine(folder, "data");
        await ServingLoad.KeepAsync(data, [("net", model)], stop);
        Loaded? known = null;
        foreach (var name in (string[])["default", "most-wait"])
        {
            // What may wait is what waits at capacity, the other clients, and a quarter more.
            var limits = known is { } measured ? $"rows=1,runs=1,most-wait-ms={Math.Ceiling(1250 * Clients / measured.PerSecond).ToString("F0", CultureInfo.InvariantCulture)}" : "rows=1,runs=1";
            figures.Print($"{name}.limits", limits);
            var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", data, "--model-limits", $"net:{limits}"], said: _ => { }, TimeSpan.FromMinutes(1), stop);
            await using (server)
            {
                var address = $"http://127.0.0.1:{server.Port.ToString(CultureInfo.InvariantCulture)}/v2/models/net/infer";
                using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2000 }) { Timeout = TimeSpan.FromMinutes(1) };
                // Both are held against the capacity of the first, where nobody is refused; the second is warmed up by one request.
                if (await AskAsync(http, address, body, type, stop) != 200) throw new BenchmarkException("The first request was not answered.");
                known ??= await CapacityAsync(figures, http, address, body, type, stop);
                await OpenAsync(figures, $"{name}.three-times", http, address, body, type, known.Value, stop);
            }
        }
    });

    static async Task<Loaded> CapacityAsync(Figures figures, HttpClient http, string address, byte[] body, string type, CancellationToken stop)
    {
        var capacity = await Loaded.OfAsync(Clients, Time, async (_, _) =>
        {
            if (await AskAsync(http, address, body, type, stop) is var status and not 200) throw new BenchmarkException($"{status} at capacity.");
        }, stop);
        capacity.Print(figures, "capacity");
        return capacity;
    }

    static async Task<int> AskAsync(HttpClient http, string address, byte[] body, string type, CancellationToken stop)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new(type) } };
        using var answer = await http.PostAsync(address, content, stop);
        await answer.Content.ReadAsByteArrayAsync(stop);
        return (int)answer.StatusCode;
    }

    static async Task OpenAsync(
        Figures figures, string name, HttpClient http, string address, byte[] body, string type, Loaded capacity, CancellationToken stop)
    {
        var rate = Times * capacity.PerSecond;
        var all = new List<Task<(int Status, double At, double Took)>>();
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < Time)
        {
            // All that are due by now; each is timed from when it was due, so that a late sender hides nothing.
            for (var due = (int)(Stopwatch.GetElapsedTime(began).TotalSeconds * rate); all.Count < due;) all.Add(OneAsync(all.Count / rate));
            await Task.Delay(1, stop);
        }
        var ends = await Task.WhenAll(all);
        // The first fifth brings the queue up.
        var counted = ends.Where(e => e.At > Time.TotalSeconds / 5).ToList();
        double P(int status, double share) => counted.Where(e => e.Status == status).Select(e => e.Took).Order().ToArray() is { Length: > 0 } sorted ? sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * share)] : 0;
        var answered = counted.Count(e => e.Status == 200);
        figures.Print($"{name}.offered", counted.Count / (Time.TotalSeconds * 0.8), "/s");
        figures.Print($"{name}.answered", answered / (Time.TotalSeconds * 0.8), "/s");
        figures.Print($"{name}.answered.median", P(200, 0.5), "ms");
        figures.Print($"{name}.answered.p99", P(200, 0.99), "ms");
        figures.Print($"{name}.answered.p99.of-capacity", P(200, 0.99) / capacity.P99, "x");
        figures.Print($"{name}.refused", counted.Count(e => e.Status == 429) / (Time.TotalSeconds * 0.8), "/s");
        figures.Print($"{name}.refused.median", P(429, 0.5), "ms");
        figures.Print($"{name}.refused.p99", P(429, 0.99), "ms");
        figures.Print($"{name}.otherwise", counted.Count(e => e.Status is not (200 or 429)), "requests");

        async Task<(int, double, double)> OneAsync(double at)
        {
            await Task.Yield();
            var status = await AskAsync(http, address, body, type, stop);
            return (status, at, (Stopwatch.GetElapsedTime(began).TotalSeconds - at) * 1000);
        }
    }

    /// <summary>Layers of a matrix and a tangent.</summary>
    static byte[] Model()
    {
        var random = new Random(1);
        var weights = new float[Wide * Wide];
        for (var i = 0; i < weights.Length; i++) weights[i] = (random.NextSingle() - 0.5f) / 16;
        return new OnnxModel(new("net", [new("in", TensorType.Float, [-1, Wide])], [new("out", TensorType.Float, [-1, Wide])],
            [.. Enumerable.Range(0, Layers).SelectMany(l => (OnnxNode[])
            [
                new("MatMul", [l == 0 ? "in" : $"h{l.ToString(CultureInfo.InvariantCulture)}", "w"], [$"m{l.ToString(CultureInfo.InvariantCulture)}"]),
                new("Tanh", [$"m{l.ToString(CultureInfo.InvariantCulture)}"], [l == Layers - 1 ? "out" : $"h{(l + 1).ToString(CultureInfo.InvariantCulture)}"]),
            ])], [OnnxConstant.Of("w", weights, Wide, Wide)], [])).ToBytes();
    }
}
