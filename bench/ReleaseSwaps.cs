using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kumiki.Onnx;
using Kumiki.Releasing;
using Kumiki.Store;

namespace Kumiki.Bench;

/// <summary>A release every second under load: model n answers x + n, and its threshold and endpoint stand at n + 0.5, so every answer shows whether what
/// made it belongs together.</summary>
/// <remarks>For KUMIKI_BENCH_MINUTES, five by default. An error or a mixed answer fails the benchmark.</remarks>
static class ReleaseSwaps
{
    const int Sets = 8, ModelClients = 4, EndpointClients = 4;

    sealed class Tally
    {
        public long Answered, Failed, Mixed;
        public readonly HashSet<int> Releases = [];
    }

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var minutes = double.TryParse(Environment.GetEnvironmentVariable("KUMIKI_BENCH_MINUTES"), NumberStyles.Float, CultureInfo.InvariantCulture, out var given) ? given : 5;
        var data = Path.Combine(folder, "data");
        await using var store = DataFolder.Open(data, TimeProvider.System);
        var sets = new List<List<VersionRecord>>();
        for (var n = 0; n < Sets; n++)
        {
            var model = await store.KeepAsync("model", AssetKind.Model, "model.onnx", Model(n), [], stop);
            var cut = await store.KeepAsync("cut", AssetKind.Threshold, "parts/choice.json", Encoding.UTF8.GetBytes(Text(n)), [model], stop);
            sets.Add([model, cut, await store.KeepAsync("verdict", AssetKind.Endpoint, "endpoint.json", Plan(n + 0.5).ToBytes(), [model, cut], stop)]);
        }
        var releases = new Releases(store.Metadata, store.Artifacts, TimeProvider.System, "bench");
        await ReleaseAsync(0);
        var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", data], said: _ => { }, TimeSpan.FromMinutes(1), stop);
        await using (server)
        {
            var address = new Uri($"http://127.0.0.1:{Text(server.Port)}/");
            using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address };
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var (models, endpoints) = (new Tally(), new Tally());
            var clients = Enumerable.Range(0, ModelClients + EndpointClients).Select(client => Task.Run(() =>
                client < ModelClients ? LoopAsync(http, "v2/models/model/infer", AskModel, models, IsOfOneVersion) : LoopAsync(http, "api/endpoints/verdict/predict", AskEndpoint, endpoints, IsOfOneRelease), stop)).ToList();
            var began = Stopwatch.GetTimestamp();
            var made = 0;
            while (Stopwatch.GetElapsedTime(began).TotalMinutes < minutes)
            {
                await ReleaseAsync(++made % Sets);
                var next = TimeSpan.FromSeconds(made) - Stopwatch.GetElapsedTime(began);
                if (next > TimeSpan.Zero) await Task.Delay(next, stop);
            }
            await over.CancelAsync();
            await Task.WhenAll(clients);
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            figures.Print("releases", made, "releases");
            foreach (var (name, tally) in new[] { ("model", models), ("endpoint", endpoints) })
            {
                figures.Print($"{name}.rate", tally.Answered / seconds, "/s");
                figures.Print($"{name}.answered", tally.Answered, "requests");
                figures.Print($"{name}.seen", tally.Releases.Count, name == "model" ? "versions" : "releases");
                figures.Print($"{name}.failed", tally.Failed, "requests");
                figures.Print($"{name}.mixed", tally.Mixed, "requests");
            }
            await server.StopAsync(stop);
            if (models.Failed + models.Mixed + endpoints.Failed + endpoints.Mixed > 0) throw new BenchmarkException("A release was felt: the figures above say how.");

            async Task LoopAsync(HttpClient http, string path, string body, Tally tally, Func<JsonElement, (bool Whole, int Of)> check)
            {
                while (!over.IsCancellationRequested)
                {
                    using var content = new StringContent(body, Encoding.UTF8, "application/json");
                    using var answer = await http.PostAsync(path, content, stop);
                    var said = await answer.Content.ReadAsStringAsync(stop);
                    if (!answer.IsSuccessStatusCode)
                    {
                        if (Interlocked.Increment(ref tally.Failed) == 1) Console.Error.WriteLine($"{path}: {(int)answer.StatusCode} {said}");
                        continue;
                    }
                    using var json = JsonDocument.Parse(said);
                    var (whole, of) = check(json.RootElement);
                    if (!whole && Interlocked.Increment(ref tally.Mixed) == 1) Console.Error.WriteLine($"{path}: {said}");
                    Interlocked.Increment(ref tally.Answered);
                    lock (tally) tally.Releases.Add(of);
                }
            }
        }

        async Task ReleaseAsync(int set)
        {
            var end = await releases.ReleaseAsync(new() { Set = [.. sets[set].Select(v => v.Name.ToString())] }, stop);
            if (end is not ReleaseEnd.Live) throw new BenchmarkException($"A set was not released: {end}");
        }

        // Version n + 1 of the model adds n.
        static (bool, int) IsOfOneVersion(JsonElement answer)
        {
            var version = int.Parse(answer.GetProperty("model_version").GetString()!, CultureInfo.InvariantCulture);
            return (answer.GetProperty("outputs")[0].GetProperty("data")[0].GetSingle() == 0.75f + version - 1, version);
        }

        static (bool, int) IsOfOneRelease(JsonElement answer)
        {
            var number = int.Parse(answer.GetProperty("model").GetString()!.Split('@')[1], CultureInfo.InvariantCulture);
            var whole = answer.GetProperty("threshold").GetString() == $"cut@{Text(number)}" && answer.GetProperty("endpoint").GetString() == $"verdict@{Text(number)}"
                && answer.GetProperty("score").GetSingle() == 0.75f + number - 1 && answer.GetProperty("answer").GetString() == "high";
            return (whole, answer.GetProperty("release").GetInt32());
        }
    });

    const string AskModel = """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[0.75]}]}""", AskEndpoint = """{"x":0.75}""";

    static byte[] Model(float offset) => TransformGraph.Of([new("x", ColumnKind.Number)]).Append(Learners.Linear([1], offset)).ToBytes();

    /// <summary>High from x = 0.5 on, whichever release answers, if it is one.</summary>
    static EndpointPlan Plan(double threshold) => new()
    {
        Input = "Post",
        Output = "Verdict",
        Fields = [new() { Name = "x", Kind = FieldKind.Number, IsRead = true, Min = -1000, Max = 1000 }],
        Decision = new("model", "cut", new DecisionRule.AtThreshold(threshold, threshold - 0.1, "high", "unsure", "low")),
        Fallbacks = [],
    };

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
