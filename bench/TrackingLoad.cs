using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Store;
using Kumiki.Tracking;

namespace Kumiki.Bench;

/// <summary>A tracking server under load by clients of its REST API, beside a bare SQLite or PostgreSQL that writes the same rows and, for large files, beside the machine's
/// own limits; all on one machine, the clients too.</summary>
static class TrackingLoad
{
    const int Keys = 20, Runs = 100_000, FewRuns = 1_000, Points = 100_000;
    static readonly int[] Clients = [1, 8, 20], BatchSizes = [1, 10, 100, 1000];
    static readonly TimeSpan Time = TimeSpan.FromSeconds(5);

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        await BareSqliteAsync(figures, folder, stop);
        await LoadAsync(figures, folder, null, stop);
        await MemoryAsync(figures, Path.Combine(folder, "memory"), stop);
    });

    public static Task PostgresAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        await using var postgres = await PostgresCluster.StartAsync(stop);
        await BarePostgresAsync(figures, postgres, stop);
        await LoadAsync(figures, folder, postgres.Address, stop);
    });

    /// <param name="metadata">Where the metadata is kept; null for the data folder's own SQLite.</param>
    static async Task LoadAsync(Figures figures, string folder, string? metadata, CancellationToken stop)
    {
        var data = Path.Combine(folder, "data");
        var (few, many) = await FillAsync(figures, data, metadata, stop);
        string[] serve = metadata is null ? ["serve", "--data", data] : ["serve", "--data", data, "--metadata", metadata];
        var (server, _) = await Server.StartAsync(Checkout.Root, serve, said: _ => { }, TimeSpan.FromMinutes(1), stop);
        await using (server)
        {
            using var client = new Client(server.Port);
            await WritesAsync(figures, client, stop);
            await ReadsAsync(figures, client, few, many, stop);
            await HistoryAsync(figures, client, stop);
        }
    }

    /// <summary>The files of runs: small ones by several clients, and one of 1 GiB.</summary>
    public static Task FilesAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", Path.Combine(folder, "data")], said: _ => { }, TimeSpan.FromMinutes(1), stop);
        await using (server)
        {
            using var client = new Client(server.Port);
            await SmallFilesAsync(figures, client, stop);
            await LargeFileAsync(figures, client, server, folder, stop);
        }
    });

    // ── writes ──

    static async Task WritesAsync(Figures figures, Client client, CancellationToken stop)
    {
        foreach (var clients in Clients)
        {
            var created = await Loaded.OfAsync(clients, Time, (_, _) => client.PostAsync("runs/create",
                $$"""{"experiment_id":"0","start_time":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}},"user_id":"bench"}""", stop), stop);
            created.Print(figures, $"create-run.{clients}");
        }
        foreach (var metrics in BatchSizes)
            foreach (var clients in Clients)
            {
                var runs = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => client.CreateRunAsync("0", stop)));
                var loaded = await Loaded.OfAsync(clients, Time,
                    (at, i) => metrics == 1 ? $$"""{"run_id":"{{runs[at]}}",{{Point("m0", i)}}}""" : Batch(runs[at], metrics, i),
                    body => client.PostAsync(metrics == 1 ? "runs/log-metric" : "runs/log-batch", body, stop), stop);
                loaded.Print(figures, metrics == 1 ? $"log-metric.{clients}" : $"log-batch.{metrics}.{clients}");
            }
    }

    static async Task BareSqliteAsync(Figures figures, string folder, CancellationToken stop)
    {
        using var bare = new BareSqlite(folder);
        (await Loaded.OfAsync(1, Time, (_, _) => Done(bare.CreateRun), stop)).Print(figures, "bare.create-run");
        foreach (var metrics in BatchSizes)
        {
            var keys = Enumerable.Range(0, metrics).Select(k => $"m{k}").ToList();
            var step = metrics * 1_000_000L;
            (await Loaded.OfAsync(1, Time, (_, _) => Done(() => bare.LogMetrics(keys, step++)), stop)).Print(figures, $"bare.log.{metrics}");
        }

        static Task Done(Action work)
        {
            work();
            return Task.CompletedTask;
        }
    }

    static async Task BarePostgresAsync(Figures figures, PostgresCluster postgres, CancellationToken stop)
    {
        await using var bare = await BarePostgres.OpenAsync(postgres, stop);
        (await Loaded.OfAsync(1, Time, (_, _) => bare.CreateRunAsync(stop), stop)).Print(figures, "bare.create-run");
        foreach (var metrics in BatchSizes)
        {
            var keys = Enumerable.Range(0, metrics).Select(k => $"m{k}").ToArray();
            var step = metrics * 1_000_000L;
            (await Loaded.OfAsync(1, Time, (_, _) => bare.LogMetricsAsync(keys, step++, stop), stop)).Print(figures, $"bare.log.{metrics}");
        }
    }

    static string Point(string key, int step) => string.Create(CultureInfo.InvariantCulture,
        $"\"key\":\"{key}\",\"value\":{step * 0.37 + 0.25},\"timestamp\":{1_700_000_000_000 + step},\"step\":{step}");

    static string Batch(string run, int metrics, int step)
    {
        var body = new StringBuilder($$"""{"run_id":"{{run}}","metrics":[""");
        for (var k = 0; k < metrics; k++) body.Append(k == 0 ? "{" : ",{").Append(Point($"m{k}", step)).Append('}');
        return body.Append("]}").ToString();
    }

    // ── searches ──

    /// <summary>Runs of twenty metrics and twenty parameters; of each hundred runs, ten have one value of a parameter.</summary>
    static async Task<(string Few, string Many)> FillAsync(Figures figures, string data, string? metadata, CancellationToken stop)
    {
        await using var folder = DataFolder.Open(data, TimeProvider.System, new() { Metadata = metadata });
        var tracking = folder.Tracking ?? throw new BenchmarkException("This store tracks nothing.");
        var spent = Stopwatch.GetTimestamp();
        var few = await ExperimentAsync("few", FewRuns);
        var many = await ExperimentAsync("many", Runs);
        figures.Print("fill", (Runs + FewRuns) / Stopwatch.GetElapsedTime(spent).TotalSeconds, "runs/s, 64 at once, each created and logged to");
        return (few, many);

        async Task<string> ExperimentAsync(string name, int runs)
        {
            var id = await tracking.CreateExperimentAsync(name, null, [], stop);
            await Parallel.ForEachAsync(Enumerable.Range(0, runs), new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = stop }, async (i, until) =>
            {
                var random = new Random(i);
                var run = await tracking.CreateRunAsync(new(id, $"run-{i}", "bench", 1_700_000_000_000 + i, []), until);
                await tracking.LogAsync(run.Info.Id, new(
                    [.. Enumerable.Range(0, Keys).Select(k => new LoggedMetric($"m{k}", random.NextDouble(), 1_700_000_000_000, 1, null, null, null))],
                    [.. Enumerable.Range(0, Keys).Select(k => new Entry($"p{k}", $"v{random.Next(10)}"))], []), until);
            });
            return id.ToString(CultureInfo.InvariantCulture);
        }
    }

    static async Task ReadsAsync(Figures figures, Client client, string few, string many, CancellationToken stop)
    {
        var one = (string)JsonNode.Parse(await client.PostAsync("runs/search", Search(many, "", "", 1), stop))!["runs"]![0]!["info"]!["run_id"]!;
        foreach (var clients in Clients) (await Loaded.OfAsync(clients, Time, (_, _) => client.GetAsync($"runs/get?run_id={one}", stop), stop)).Print(figures, $"get-run.{clients}");
        foreach (var (name, experiment) in ((string, string)[])[("1k", few), ("100k", many)])
        {
            foreach (var clients in Clients)
                await AskAsync($"search.{name}.{clients}", clients, (at, i) => Search(experiment,
                    $"metrics.m{(at + i) % Keys} > 0.{5 + (i % 4)} AND params.p{(at + 3 * i) % Keys} = 'v{i % 10}'", $"metrics.m{(at + 7 * i) % Keys} DESC", 50));
            await AskAsync($"search.{name}.page-of-1000", 1, (_, _) => Search(experiment, "", "", 1000));
            await AskAsync($"search.{name}.newest-50", 1, (_, _) => Search(experiment, "", "", 50));
            await AskAsync($"search.{name}.name", 1, (_, i) => Search(experiment, $"attributes.run_name = 'run-{i % FewRuns}'", "", 50));
            await AskAsync($"search.{name}.rare-together", 1, (_, i) => Search(experiment,
                $"metrics.m1 > 0.5 AND metrics.m2 > 0.5 AND params.p3 = 'v1' AND params.p4 = 'v2' AND metrics.m5 < 0.001 AND metrics.m6 > 0.5 AND metrics.m7 > 0.{i % 10}", "", 50));
            await AskAsync($"search.{name}.none", 1, (_, i) => Search(experiment, $"params.p1 = 'v1' AND params.p2 = 'v2' AND params.p1 != 'v1' AND metrics.m1 > 0.{i % 5}", "", 50));
        }

        async Task AskAsync(string figure, int clients, Func<int, int, string> search) =>
            (await Loaded.OfAsync(clients, Time, (at, i) => client.PostAsync("runs/search", search(at, i), stop), stop)).Print(figures, figure);

        static string Search(string experiment, string filter, string order, int most) => new JsonObject
        {
            ["experiment_ids"] = new JsonArray(experiment),
            ["filter"] = filter,
            ["order_by"] = order.Length == 0 ? [] : new JsonArray(order),
            ["max_results"] = most,
        }.ToJsonString();
    }

    static async Task HistoryAsync(Figures figures, Client client, CancellationToken stop)
    {
        foreach (var (name, points) in ((string, int)[])[("1k", 1_000), ("100k", Points)])
        {
            var run = await client.CreateRunAsync("0", stop);
            for (var from = 0; from < points; from += 1000)
            {
                var body = new StringBuilder($$"""{"run_id":"{{run}}","metrics":[""");
                for (var i = from; i < from + 1000; i++) body.Append(i == from ? "{" : ",{").Append(Point("loss", i)).Append('}');
                await client.PostAsync("runs/log-batch", body.Append("]}").ToString(), stop);
            }
            (await Loaded.OfAsync(1, Time, (_, _) => client.GetAsync($"metrics/get-history?run_id={run}&metric_key=loss", stop), stop)).Print(figures, $"history.{name}");
            (await Loaded.OfAsync(1, Time, (_, _) => client.GetAsync($"metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss&max_results=320", stop), stop))
                .Print(figures, $"history.{name}.sampled");
        }
    }

    // ── files ──

    static async Task SmallFilesAsync(Figures figures, Client client, CancellationToken stop)
    {
        var bytes = new byte[1024];
        foreach (var clients in Clients)
        {
            var files = 0;
            (await Loaded.OfAsync(clients, Time, async (_, _) =>
            {
                var own = new byte[bytes.Length];
                Random.Shared.NextBytes(own);
                await client.PutAsync($"0/bench/artifacts/{Interlocked.Increment(ref files)}.bin", new MemoryStream(own), stop);
            }, stop)).Print(figures, $"1k.upload.{clients}");
            (await Loaded.OfAsync(clients, Time, async (_, i) => await client.FetchAsync($"0/bench/artifacts/{(i % files) + 1}.bin", stop), stop))
                .Print(figures, $"1k.download.{clients}");
        }
    }

    static async Task LargeFileAsync(Figures figures, Client client, Server server, string folder, CancellationToken stop)
    {
        const long Bytes = 1L << 30;
        const int Rounds = 3;
        var file = Path.Combine(folder, "large");
        List<double> up = [], down = [], loopback = [], hash = [], copy = [];
        var (before, most) = (server.MemoryMiB(shared: false), 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            await WriteRandomAsync(file, Bytes, stop);
            loopback.Add(Bytes / 1e6 / await SecondsAsync(() => LoopbackAsync(Bytes, stop)));
            hash.Add(Bytes / 1e6 / await SecondsAsync(async () =>
            {
                await using var bytes = File.OpenRead(file);
                await SHA256.HashDataAsync(bytes, stop);
            }));
            // To a new file, as the server's is: pages that another file has just given back are written faster.
            copy.Add(Bytes / 1e6 / await SecondsAsync(() => CopyAsync(file, $"{file}.copy-{round}", stop)));
            using var ended = new CancellationTokenSource();
            var watched = WatchAsync(ended.Token);
            up.Add(Bytes / 1e6 / await SecondsAsync(async () =>
            {
                await using var bytes = File.OpenRead(file);
                await client.PutAsync($"0/bench/artifacts/large-{round}.bin", bytes, stop);
            }));
            down.Add(Bytes / 1e6 / await SecondsAsync(async () =>
            {
                if (await client.FetchAsync($"0/bench/artifacts/large-{round}.bin", stop) is var got && got != Bytes) throw new BenchmarkException($"Of {Bytes} bytes {got} came.");
            }));
            await ended.CancelAsync();
            most = Math.Max(most, await watched);
        }
        var limit = new[] { loopback, hash, copy }.Min(l => l.Median(v => v));
        figures.Print("1g.loopback", loopback, "MB/s");
        figures.Print("1g.sha256", hash, "MB/s");
        figures.Print("1g.copy-fsync", copy, "MB/s");
        figures.Print("1g.upload", up, "MB/s");
        figures.Print("1g.upload.of-slowest", up.Median(v => v) / limit, "of the slowest of the three");
        figures.Print("1g.download", down, "MB/s");
        figures.Print("1g.download.of-slowest", down.Median(v => v) / limit, "of the slowest of the three");
        figures.Print("1g.memory.before", before, "MiB");
        figures.Print("1g.memory.most", most, "MiB");

        async Task<double> WatchAsync(CancellationToken ended)
        {
            var peak = 0.0;
            while (!ended.IsCancellationRequested)
            {
                peak = Math.Max(peak, server.MemoryMiB(shared: false));
                await Task.Delay(20, CancellationToken.None);
            }
            return peak;
        }
    }

    static async Task<double> SecondsAsync(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    static async Task WriteRandomAsync(string file, long bytes, CancellationToken stop)
    {
        var block = new byte[1 << 20];
        await using var to = File.Create(file);
        for (var at = 0L; at < bytes; at += block.Length)
        {
            Random.Shared.NextBytes(block);
            await to.WriteAsync(block, stop);
        }
    }

    /// <summary>Bytes through a socket of this machine and back, in blocks as large as the server's.</summary>
    static async Task LoopbackAsync(long bytes, CancellationToken stop)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var near = new TcpClient();
        var accepting = listener.AcceptTcpClientAsync(stop);
        await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint, stop);
        using var far = await accepting;
        var (mine, others) = (near.GetStream(), far.GetStream());
        await Task.WhenAll(EchoAsync(), SendAsync(), ReceiveAsync());

        async Task EchoAsync()
        {
            var block = new byte[256 * 1024];
            for (int read; (read = await others.ReadAsync(block, stop)) > 0;) await others.WriteAsync(block.AsMemory(0, read), stop);
        }

        async Task SendAsync()
        {
            var block = new byte[256 * 1024];
            for (var at = 0L; at < bytes; at += block.Length) await mine.WriteAsync(block, stop);
            near.Client.Shutdown(SocketShutdown.Send);
        }

        async Task ReceiveAsync()
        {
            var block = new byte[256 * 1024];
            for (var left = bytes; left > 0;) left -= await mine.ReadAsync(block, stop);
        }
    }

    static async Task CopyAsync(string from, string to, CancellationToken stop)
    {
        await using var source = File.OpenRead(from);
        await using var target = new FileStream(to, FileMode.Create);
        await source.CopyToAsync(target, 256 * 1024, stop);
        target.Flush(flushToDisk: true);
    }

    // ── memory ──

    /// <summary>What the server holds when a million points have been logged and a hundred pages look on.</summary>
    static async Task MemoryAsync(Figures figures, string data, CancellationToken stop)
    {
        var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", data], said: _ => { }, TimeSpan.FromMinutes(1), stop);
        await using (server)
        {
            using var client = new Client(server.Port);
            var run = await client.CreateRunAsync("0", stop);
            figures.Print("memory.start", server.MemoryMiB(shared: false), "MiB");
            var pages = new List<Stream>();
            try
            {
                for (var i = 0; i < 100; i++) pages.Add(await client.OpenAsync("/api/changes", stop));
                for (var i = 0; i < 1000; i++) await client.PostAsync("runs/log-batch", Batch(run, 1000, i), stop);
                figures.Print("memory.after-million-points", server.MemoryMiB(shared: false), "MiB");
                await Task.Delay(TimeSpan.FromSeconds(10), stop);
                figures.Print("memory.ten-seconds-later", server.MemoryMiB(shared: false), "MiB");
            }
            finally
            {
                foreach (var page in pages) await page.DisposeAsync();
            }
        }
    }

    /// <summary>A client of the tracking API that reads each answer whole.</summary>
    sealed class Client : IDisposable
    {
        readonly HttpClient http;

        public Client(int port) => http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 200 })
        {
            BaseAddress = new($"http://127.0.0.1:{port}"),
            Timeout = TimeSpan.FromMinutes(5),
        };

        public async Task<string> CreateRunAsync(string experiment, CancellationToken stop) =>
            (string)JsonNode.Parse(await PostAsync("runs/create", $$"""{"experiment_id":"{{experiment}}"}""", stop))!["run"]!["info"]!["run_id"]!;

        public async Task<string> PostAsync(string call, string body, CancellationToken stop)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync($"/api/2.0/mlflow/{call}", content, stop);
            return await ReadAsync(answer, stop);
        }

        public async Task<string> GetAsync(string call, CancellationToken stop)
        {
            using var answer = await http.GetAsync($"/api/2.0/mlflow/{call}", stop);
            return await ReadAsync(answer, stop);
        }

        public async Task PutAsync(string path, Stream bytes, CancellationToken stop)
        {
            using var content = new StreamContent(bytes, 256 * 1024);
            using var answer = await http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/{path}", content, stop);
            await ReadAsync(answer, stop);
        }

        /// <returns>How many bytes came.</returns>
        public async Task<long> FetchAsync(string path, CancellationToken stop)
        {
            await using var bytes = await OpenAsync($"/api/2.0/mlflow-artifacts/artifacts/{path}", stop);
            var (block, all) = (new byte[256 * 1024], 0L);
            for (int read; (read = await bytes.ReadAsync(block, stop)) > 0;) all += read;
            return all;
        }

        public async Task<Stream> OpenAsync(string address, CancellationToken stop)
        {
            var answer = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, stop);
            if (!answer.IsSuccessStatusCode) throw new BenchmarkException($"{address}: {await ReadAsync(answer, stop)}");
            return await answer.Content.ReadAsStreamAsync(stop);
        }

        static async Task<string> ReadAsync(HttpResponseMessage answer, CancellationToken stop)
        {
            var text = await answer.Content.ReadAsStringAsync(stop);
            return answer.IsSuccessStatusCode ? text : throw new BenchmarkException($"{answer.RequestMessage?.RequestUri}: {(int)answer.StatusCode} {text}");
        }

        public void Dispose() => http.Dispose();
    }
}
