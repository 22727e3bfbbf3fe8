using System.Diagnostics;
using System.Globalization;
using Kumiki.Store;
using Kumiki.Store.Sqlite;

namespace Kumiki.StoreProbe;

/// <summary>How fast the embedded stores are on this machine's disk, beside what the disk itself takes for an fsync.</summary>
public static class StoreSpeed
{
    static readonly CancellationToken Go = CancellationToken.None;

    /// <summary>Measures in new folders under <paramref name="folder"/> and prints <c>store.figure = value unit</c>.</summary>
    public static async Task PrintAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        Print("disk-fsync", FsyncMs(folder), "ms");
        foreach (var writers in new[] { 1, 8, 64 })
        {
            var (writes, commits) = await WritesAsync(Path.Combine(folder, $"writers-{writers}"), writers, TimeSpan.FromSeconds(3));
            Print($"writes-with-{writers}-writers", writes / 3.0, "1/s");
            Print($"fsyncs-per-write-with-{writers}-writers", commits / (double)writes, "");
        }
        await MakesAsync(Path.Combine(folder, "makes"));
        await MetricsAsync(Path.Combine(folder, "metrics"));
        await ReadsAsync(Path.Combine(folder, "reads"));
        await PutAsync(Path.Combine(folder, "puts"));
    }

    static void Print(string figure, double value, string unit) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"store.{figure} = {value:0.####} {unit}").TrimEnd());

    /// <summary>Median time of appending 4 KB to a file and syncing it.</summary>
    static double FsyncMs(string folder)
    {
        using var file = new FileStream(Path.Combine(folder, "fsync"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        var times = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            file.Write(block);
            var start = Stopwatch.GetTimestamp();
            file.Flush(flushToDisk: true);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return times.Order().ElementAt(times.Count / 2);
    }

    static async Task<(long Writes, long Commits)> WritesAsync(string folder, int writers, TimeSpan time)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        var store = (SqliteMetadataStore)data.Metadata;
        var run = ((RunBegun.Started)await store.BeginRunAsync("beans", Life.Plan("a"), LivingProcess.Current, Go)).Run;
        var (before, writes, start) = (store.Commits, 0L, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                await store.AppendLogAsync(run, [new(0, TimeProvider.System.GetUtcNow(), "info", "a line of a log")], Go);
                Interlocked.Increment(ref writes);
            }
        }));
        return (writes, store.Commits - before);
    }

    static async Task MakesAsync(string folder)
    {
        const int makes = 300;
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        var store = (SqliteMetadataStore)data.Metadata;
        for (var i = 0; i < 300; i++) await Life.MakeAsync(data, "warm", $"warm {i}");
        var (files, commits, start) = (FolderStore.Fsyncs, store.Commits, Stopwatch.GetTimestamp());
        for (var i = 0; i < makes; i++) await Life.MakeAsync(data, "beans", $"content {i}");
        Print("make", Stopwatch.GetElapsedTime(start).TotalMilliseconds / makes, "ms");
        Print("fsyncs-of-files-and-folders-per-make", (FolderStore.Fsyncs - files) / (double)makes, "");
        Print("fsyncs-of-the-database-per-make", (store.Commits - commits) / (double)makes, "");
    }

    static async Task MetricsAsync(string folder)
    {
        const int points = 1_000_000, batch = 10_000;
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        var run = ((RunBegun.Started)await data.Metadata.BeginRunAsync("beans", Life.Plan("a"), LivingProcess.Current, Go)).Run;
        var at = TimeProvider.System.GetUtcNow();
        MetricPoint Point(int step) => new(step % 2 == 0 ? "loss" : "accuracy", step, 1.0 / (step + 1), at);
        var (start, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        for (var i = 0; i < points; i += batch) await data.Metadata.AppendMetricsAsync(run, [.. Enumerable.Range(i, batch).Select(Point)], Go);
        Print("metric-points-appended", points / Stopwatch.GetElapsedTime(start).TotalSeconds, "1/s");
        Print("metric-points-appended-cpu", (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / points, "us a point");
        start = Stopwatch.GetTimestamp();
        var read = await data.Metadata.MetricsAsync(run, null, Go);
        Print("metric-points-read", read.Count / Stopwatch.GetElapsedTime(start).TotalSeconds, "1/s");
    }

    /// <summary>What a reuse check of a 1,000-asset graph reads, with 10 versions an asset and 100,000 runs beside.</summary>
    static async Task ReadsAsync(string folder)
    {
        const int assets = 1000, versions = 10, runs = 100_000;
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        var store = data.Metadata;
        await Task.WhenAll(Enumerable.Range(0, assets).Select(async a =>
        {
            for (var v = 0; v < versions; v++)
            {
                var run = (RunBegun.Started)await store.BeginRunAsync($"asset-{a}", Life.Plan($"{a} {v}"), LivingProcess.Current, Go);
                await store.CommitAsync(run.Run, 1, new(Life.Version($"asset-{a}", $"{a} {v}", new(Digest.Of($"{a} {v}"), 1))), Life.NoCost, 0, Go);
            }
            await store.MoveStagesAsync([($"asset-{a}", "staging", versions)], "probe", "made", Go);
        }));
        var failed = Message.Of("store.no-run", ("run", "run-1"));
        foreach (var chunk in Enumerable.Range(0, runs - assets * versions).Chunk(500))
            await Task.WhenAll(chunk.Select(async i =>
            {
                var run = (RunBegun.Started)await store.BeginRunAsync($"asset-{i % 7}", Life.Plan($"failed {i}"), LivingProcess.Current, Go);
                await store.EndRunAsync(run.Run, 1, RunState.Failed, failed, null, Go);
            }));

        for (var round = 0; round < 3; round++)
        {
            var (start, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            var stages = await store.StagesAsync(Go);
            await store.NewestAsync(Go);
            var staged = await store.VersionsAsync([.. stages.Select(s => new VersionName(s.Asset, s.Number))], Go);
            foreach (var version in staged.Values) await store.MakingsAsync(version.Asset, version.RecipeKey, 10, Go);
            var ms = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (round == 0) continue;
            Print("reuse-reads-per-asset", ms / assets, "ms");
            Print("reuse-reads-per-asset-cpu", (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / assets, "ms");
        }
        async Task Page<T>(string what, Func<Task<T>> read)
        {
            await read();
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < 20; i++) await read();
            Print(what, Stopwatch.GetElapsedTime(start).TotalMilliseconds / 20, "ms");
        }
        await Page("page-of-50-runs", () => store.RunsAsync(null, null, 50, new(50_000), Go));
        await Page("page-of-50-made-runs-of-an-asset", () => store.RunsAsync("asset-3", RunState.Made, 50, null, Go));
        await Page("page-of-50-versions", () => store.VersionsAsync(null, 50, new(9_000), Go));
        await Page("newest-of-1000-assets", () => store.NewestAsync(Go));
        await Page("referenced-blobs", () => store.ReferencedAsync(Go));
    }

    static async Task PutAsync(string folder)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        var bytes = new byte[512 << 20];
        Random.Shared.NextBytes(bytes);
        var start = Stopwatch.GetTimestamp();
        var blob = await data.Artifacts.PutAsync(new MemoryStream(bytes), Go);
        Print("put-512-MB", bytes.Length / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds, "MB/s");
        start = Stopwatch.GetTimestamp();
        await data.Artifacts.RehashAsync(blob.Content, Go);
        Print("rehash-512-MB", bytes.Length / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds, "MB/s");
    }
}
