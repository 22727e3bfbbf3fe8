using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kumiki.Ground.Tests.Onnx;
using Kumiki.Onnx;
using Kumiki.Releasing;
using Kumiki.Store;

namespace Kumiki.Bench;

/// <summary>A release every second under load: model n answers x + n, and its threshold and endpoint stand at n + 0.5, so every answer shows whether what
/// made it belongs together.</summary>
/// <remarks>For KUMIKI_BENCH_MINUTES, five by default. An error or a mixed answer fails the benchmark.</remarks>
static class ReleaseSwaps
{
    const int Sets = 8, Heads = 4, ModelClients = 4, EndpointClients = 4;
    const string Json = "application/json";

    sealed class Tally
    {
        public long Answered, Failed, Mixed;
        public readonly HashSet<int> Releases = [];
    }

    /// <summary>What some clients ask all the while.</summary>
    /// <param name="Check">Whether what made an answer belongs together, and the number of its release or version.</param>
    sealed record Question(string Name, int Clients, string Path, byte[] Body, string Type, Func<JsonElement, (bool Whole, int Of)> Check)
    {
        public Tally Tally { get; } = new();
    }

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var data = Path.Combine(folder, "data");
        await using var store = DataFolder.Open(data, TimeProvider.System);
        var sets = new List<VersionRecord[]>();
        for (var n = 0; n < Sets; n++)
        {
            var model = await store.KeepAsync("model", AssetKind.Model, "model.onnx", Model(n), [], stop);
            var cut = await store.KeepAsync("cut", AssetKind.Threshold, "parts/choice.json", Encoding.UTF8.GetBytes(Text(n)), [model], stop);
            sets.Add([model, cut, await store.KeepAsync("verdict", AssetKind.Endpoint, "endpoint.json", Plan(n + 0.5).ToBytes(), [model, cut], stop)]);
        }
        await SwapAsync(figures, store, data, sets, _ => Task.FromResult<Question[]>(
        [
            new("model", ModelClients, "v2/models/model/infer", Encoding.UTF8.GetBytes(AskModel), Json, IsOfOneVersion),
            new("endpoint", EndpointClients, "api/endpoints/verdict/predict", Encoding.UTF8.GetBytes(AskEndpoint), Json, IsOfOneRelease),
        ]), stop);

        // Version n + 1 of the model adds n.
        static (bool, int) IsOfOneVersion(JsonElement answer)
        {
            var version = VersionOf(answer);
            return (ScoreOf(answer) == 0.75f + version - 1, version);
        }

        static (bool, int) IsOfOneRelease(JsonElement answer)
        {
            var number = int.Parse(answer.GetProperty("model").GetString()!.Split('@')[1], CultureInfo.InvariantCulture);
            var whole = answer.GetProperty("threshold").GetString() == $"cut@{Text(number)}" && answer.GetProperty("endpoint").GetString() == $"verdict@{Text(number)}"
                && answer.GetProperty("score").GetSingle() == 0.75f + number - 1 && answer.GetProperty("answer").GetString() == "high";
            return (whole, answer.GetProperty("release").GetInt32());
        }
    });

    /// <summary>The same with models of some megabytes: heads on the image backbone, asked by an encoded picture. Each is asked by its number beforehand; what
    /// production answers has to have the bits of the version that it names.</summary>
    public static Task ImagesAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var data = Path.Combine(folder, "data");
        await using var store = DataFolder.Open(data, TimeProvider.System);
        var sets = new List<VersionRecord[]>();
        for (var n = 1; n <= Heads; n++) sets.Add([await store.KeepAsync("head", AssetKind.Model, "model.onnx", BackbonePackage.Head(n).ToBytes(), [], stop)]);
        await SwapAsync(figures, store, data, sets, async http =>
        {
            var scores = new Dictionary<int, float>();
            for (var n = 1; n <= Heads; n++)
            {
                using var content = new ByteArrayContent(ImagesLoad.Picture) { Headers = { ContentType = new("image/png") } };
                using var answer = await http.PostAsync($"v2/models/head/versions/{Text(n)}/infer", content, stop);
                var said = await answer.Content.ReadAsStringAsync(stop);
                if (!answer.IsSuccessStatusCode) throw new BenchmarkException(said);
                scores[n] = ScoreOf(JsonDocument.Parse(said).RootElement);
            }
            if (scores.Values.Distinct().Count() < Heads) throw new BenchmarkException("Two heads answer alike, so that nobody could tell them apart.");
            return [new("head", ModelClients, "v2/models/head/infer", ImagesLoad.Picture, "image/png", answer => (ScoreOf(answer) == scores[VersionOf(answer)], VersionOf(answer)))];
        }, stop);
    });

    static int VersionOf(JsonElement answer) => int.Parse(answer.GetProperty("model_version").GetString()!, CultureInfo.InvariantCulture);

    static float ScoreOf(JsonElement answer) => answer.GetProperty("outputs")[0].GetProperty("data")[0].GetSingle();

    static async Task SwapAsync(
        Figures figures, DataFolder store, string data, IReadOnlyList<VersionRecord[]> sets, Func<HttpClient, Task<Question[]>> ask, CancellationToken stop)
    {
        var asked = Environment.GetEnvironmentVariable("KUMIKI_BENCH_MINUTES");
        var minutes = double.TryParse(asked, NumberStyles.Float, CultureInfo.InvariantCulture, out var given) ? given : 5;
        var releases = new Releases(store.Metadata, store.Artifacts, TimeProvider.System, "bench");
        await ReleaseAsync(0);
        var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", data], said: _ => { }, TimeSpan.FromMinutes(1), stop);
        await using (server)
        {
            using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri($"http://127.0.0.1:{Text(server.Port)}/") };
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var questions = await ask(http);
            var clients = questions.SelectMany(q => Enumerable.Range(0, q.Clients).Select(_ => Task.Run(() => LoopAsync(q), stop))).ToList();
            var began = Stopwatch.GetTimestamp();
            var made = 0;
            while (Stopwatch.GetElapsedTime(began).TotalMinutes < minutes)
            {
                await ReleaseAsync(++made % sets.Count);
                var next = TimeSpan.FromSeconds(made) - Stopwatch.GetElapsedTime(began);
                if (next > TimeSpan.Zero) await Task.Delay(next, stop);
            }
            await over.CancelAsync();
            await Task.WhenAll(clients);
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            figures.Print("releases", made, "releases");
            foreach (var question in questions)
            {
                var (name, tally) = (question.Name, question.Tally);
                figures.Print($"{name}.rate", tally.Answered / seconds, "/s");
                figures.Print($"{name}.answered", tally.Answered, "requests");
                figures.Print($"{name}.seen", tally.Releases.Count, name == "endpoint" ? "releases" : "versions");
                figures.Print($"{name}.failed", tally.Failed, "requests");
                figures.Print($"{name}.mixed", tally.Mixed, "requests");
            }
            await server.StopAsync(stop);
            if (questions.Any(q => q.Tally.Failed + q.Tally.Mixed > 0)) throw new BenchmarkException("A release was felt: the figures above say how.");

            async Task LoopAsync(Question question)
            {
                var tally = question.Tally;
                while (!over.IsCancellationRequested)
                {
                    using var content = new ByteArrayContent(question.Body) { Headers = { ContentType = new(question.Type) } };
                    using var answer = await http.PostAsync(question.Path, content, stop);
                    var said = await answer.Content.ReadAsStringAsync(stop);
                    if (!answer.IsSuccessStatusCode)
                    {
                        if (Interlocked.Increment(ref tally.Failed) == 1) Console.Error.WriteLine($"{question.Path}: {(int)answer.StatusCode} {said}");
                        continue;
                    }
                    using var json = JsonDocument.Parse(said);
                    var (whole, of) = question.Check(json.RootElement);
                    if (!whole && Interlocked.Increment(ref tally.Mixed) == 1) Console.Error.WriteLine($"{question.Path}: {said}");
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
    }

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
