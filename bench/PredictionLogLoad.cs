using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using Kumiki.Predictions;
using Kumiki.Releasing;
using Kumiki.Store;

namespace Kumiki.Bench;

/// <summary>An endpoint of 28 numbers and 100 trees, asked over HTTP by a server that logs and by one that does not, in turns; and the log alone, given
/// 10,000 of its rows a second.</summary>
static class PredictionLogLoad
{
    const int Fields = 28, Trees = 100, Clients = 8, Turns = 31, PerSecond = 10_000, Bodies = 1000;
    static readonly TimeSpan Turn = TimeSpan.FromSeconds(1), Steady = TimeSpan.FromSeconds(20);

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        await AloneAsync(figures, Path.Combine(folder, "alone"), stop);
        var (on, off) = (Path.Combine(folder, "on"), Path.Combine(folder, "off"));
        await ReleasedAsync(on, stop);
        await ReleasedAsync(off, stop);
        var (logging, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", on], said: _ => { }, TimeSpan.FromMinutes(1), stop);
        await using (logging)
        {
            var (silent, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", off, "--log-predictions", "off"], said: _ => { },
                TimeSpan.FromMinutes(1), stop);
            await using (silent) await TurnsAsync(figures, logging, silent, stop);
        }
    });

    /// <summary>In turns, and which begins too, so that what else the machine does meets both alike.</summary>
    static async Task TurnsAsync(Figures figures, Server logging, Server silent, CancellationToken stop)
    {
        byte[][] bodies = [.. Enumerable.Range(0, Bodies).Select(i => Encoding.UTF8.GetBytes(Row(i)))];
        for (var warm = 0; warm < 3; warm++)
            foreach (var server in (Server[])[logging, silent]) await LoadAsync(server, bodies, stop);
        var (with, without) = (new List<Turned>(), new List<Turned>());
        var before = logging.ProcessorTime;
        for (var turn = 0; turn < Turns; turn++)
        {
            var isFirst = turn % 2 == 0;
            foreach (var server in (Server[])(isFirst ? [logging, silent] : [silent, logging]))
                (server == logging ? with : without).Add(await LoadAsync(server, bodies, stop));
        }
        figures.Print("http.without", without.ConvertAll(t => t.Load.PerSecond), "/s");
        figures.Print("http.with", with.ConvertAll(t => t.Load.PerSecond), "/s");
        figures.Print("http.with.of-without", [.. with.Zip(without, (w, o) => w.Load.PerSecond / o.Load.PerSecond)], "x");
        figures.Print("http.without.p99", without.ConvertAll(t => t.Load.P99), "ms");
        figures.Print("http.with.p99", with.ConvertAll(t => t.Load.P99), "ms");
        figures.Print("http.without.cpu", without.ConvertAll(t => t.Microseconds), "µs/answer");
        figures.Print("http.with.cpu", with.ConvertAll(t => t.Microseconds), "µs/answer");
        figures.Print("http.with.cpu.of-without", [.. with.Zip(without, (w, o) => w.Microseconds / o.Microseconds)], "x");
        // Down to the files, in the time after the turns too.
        using var http = new HttpClient();
        var waiting = Stopwatch.GetTimestamp();
        string said;
        while (true)
        {
            said = await http.GetStringAsync($"http://127.0.0.1:{Text(logging.Port)}/api/predictions/log", stop);
            if ((int)JsonNode.Parse(said)!["waiting"]! <= 1) break;
            if (Stopwatch.GetElapsedTime(waiting) > TimeSpan.FromMinutes(5)) throw new BenchmarkException($"Segments wait and become no files: {said}");
            await Task.Delay(200, stop);
        }
        figures.Print("http.caught-up", Stopwatch.GetElapsedTime(waiting));
        figures.Print("http.with.cpu.to-files", (logging.ProcessorTime - before).TotalMicroseconds / with.Sum(t => t.Answers), "µs/answer");
        figures.Print("http.log", said.Replace('\n', ' '));
    }

    /// <param name="Microseconds">The server's processor time for an answer, of all its threads.</param>
    sealed record Turned(Loaded Load, double Microseconds, long Answers);

    static async Task<Turned> LoadAsync(Server server, byte[][] bodies, CancellationToken stop)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var (before, answers) = (server.ProcessorTime, 0L);
        var loaded = await Loaded.OfAsync(Clients, Turn, async (client, i) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post,
                $"http://127.0.0.1:{Text(server.Port)}/api/endpoints/decision/predict")
            { Content = new ByteArrayContent(bodies[(i + (client * Bodies / Clients)) % Bodies]) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var answer = await http.SendAsync(request, stop);
            if (!answer.IsSuccessStatusCode) throw new BenchmarkException($"The endpoint answered {answer.StatusCode}.");
            await answer.Content.ReadAsByteArrayAsync(stop);
            Interlocked.Increment(ref answers);
        }, stop);
        return new(loaded, (server.ProcessorTime - before).TotalMicroseconds / answers, answers);
    }

    /// <summary>The log alone: what taking a row costs its caller, and what all of it costs, down to the Parquet files.</summary>
    static async Task AloneAsync(Figures figures, string folder, CancellationToken stop)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        var log = PredictionLog.Open(folder, data.Metadata, data.Artifacts, new(), TimeProvider.System, e => figures.Print("trouble", e.Message));
        var plan = Plan();
        var schema = new EndpointSchema(plan.Fields);
        var shape = log.Of(new()
        {
            Endpoint = "decision",
            Version = 1,
            Release = 1,
            Models = ["model@1"],
            Inputs = [.. plan.Fields.Select(f => new LoggedInput(f.Name, f.Name, "DOUBLE"))],
            Numbers = [.. plan.Fields.Select(f => f.Name)],
        }, schema);
        List<EndpointRows> rows = [.. Enumerable.Range(0, Bodies).Select(i =>
        {
            var json = Encoding.UTF8.GetBytes(Row(i));
            return EndpointRows.Read(schema, json, json.Length, out _);
        })];
        for (var i = 0; i < 1000; i++) Add(log, shape, rows[i % Bodies], i);
        await log.ConvertNowAsync(stop);

        var (cpu, began, allocated) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp(), 0L);
        var (number, taking) = (1000, 0L);
        while (Stopwatch.GetElapsedTime(began) < Steady)
        {
            // A hundredth of a second's rows at a time.
            var (one, bytes) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
            for (var i = 0; i < PerSecond / 100; i++) Add(log, shape, rows[number % Bodies], number++);
            taking += Stopwatch.GetTimestamp() - one;
            allocated += GC.GetAllocatedBytesForCurrentThread() - bytes;
            var due = TimeSpan.FromSeconds((number - 1000) / (double)PerSecond) - Stopwatch.GetElapsedTime(began);
            if (due > TimeSpan.Zero) await Task.Delay(due, stop);
        }
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var spent = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        var (accepted, dropped) = log.Counts;
        figures.Print("alone.rate", (number - 1000) / seconds, "/s");
        figures.Print("alone.dropped", dropped, "predictions");
        figures.Print("alone.take", Stopwatch.GetElapsedTime(0, taking).TotalMicroseconds / (number - 1000), "µs");
        figures.Print("alone.allocated", allocated / (double)(number - 1000), "B/prediction");
        figures.Print("alone.cpu", spent / seconds / Environment.ProcessorCount, "of the machine");
        var ending = Stopwatch.GetTimestamp();
        await log.DisposeAsync();
        foreach (var row in rows) row.Dispose();
        figures.Print("alone.cpu.to-files", (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / (number - 1000), "µs/prediction");
        figures.Print("alone.end", Stopwatch.GetElapsedTime(ending));
        var (files, _) = await data.Metadata.PredictionFilesAsync(null, [], stop);
        if (files.Sum(f => f.Rows) != accepted) throw new BenchmarkException($"{accepted} predictions were taken, but {files.Sum(f => f.Rows)} are in files.");
        figures.Print("alone.parquet", files.Sum(f => f.Bytes) / (double)accepted, "B/prediction");
    }

    static void Add(PredictionLog log, LoggedAs shape, EndpointRows rows, int number)
    {
        Span<char> id = stackalloc char[16];
        number.TryFormat(id, out var length, provider: CultureInfo.InvariantCulture);
        log.TryAdd(new()
        {
            As = shape,
            Id = id[..length],
            At = PredictionLog.Microseconds(TimeProvider.System.GetUtcNow()),
            LatencyUs = 900,
            Rows = rows,
            Scores = [0.25f],
            Decision = "high"
        });
    }

    internal static async Task ReleasedAsync(string folder, CancellationToken stop)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        var model = await data.KeepAsync("model", AssetKind.Model, "model.onnx", Model(), [], stop);
        var cut = await data.KeepAsync("cut", AssetKind.Threshold, "parts/choice.json", "1"u8.ToArray(), [model], stop);
        var endpoint = await data.KeepAsync("decision", AssetKind.Endpoint, "endpoint.json", Plan().ToBytes(), [model, cut], stop);
        var releases = new Releases(data.Metadata, data.Artifacts, TimeProvider.System, "bench");
        if (await releases.ReleaseAsync(new ReleaseOrder { Set = [model.Name.ToString(), cut.Name.ToString(), endpoint.Name.ToString()], Reason = "bench" },
            stop) is not ReleaseEnd.Live)
            throw new BenchmarkException("The endpoint could not be released.");
    }

    static EndpointPlan Plan() => new()
    {
        Input = "Row",
        Output = "Verdict",
        Fields = [.. Enumerable.Range(0, Fields).Select(i => new EndpointField { Name = $"f{Text(i)}", Kind = FieldKind.Number, IsRead = true })],
        Decision = new("model", "cut", new DecisionRule.AtThreshold(0.5, 0.4, "high", "unsure", "low")),
        Fallbacks = [],
    };

    internal static string Row(int seed)
    {
        var random = new Random(seed);
        return "{" + string.Join(',', Enumerable.Range(0, Fields).Select(i =>
            $"\"f{Text(i)}\":{random.NextSingle().ToString("R", CultureInfo.InvariantCulture)}")) + "}";
    }

    static byte[] Model()
    {
        var random = new Random(28);
        float[] values = [.. Enumerable.Range(0, 5000 * Fields).Select(_ => random.NextSingle())];
        using var train = DMatrix.Of(values, Fields).WithLabels([.. Enumerable.Range(0, 5000).Select(r =>
            values[r * Fields] * values[(r * Fields) + 1] > 0.25f ? 1f : 0f)]);
        using var booster = Booster.Of([("objective", "binary:logistic"), ("max_depth", "6"), ("tree_method", "hist"), ("nthread", "1")]);
        booster.Train(train, Trees, []);
        return TransformGraph.Of([.. Enumerable.Range(0, Fields).Select(i => new FittedColumn($"f{Text(i)}",
            ColumnKind.Number))]).Append(Learners.XGBoost(booster.Save())).ToBytes();
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
