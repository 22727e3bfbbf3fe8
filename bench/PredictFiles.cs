using System.Diagnostics;
using System.Globalization;
using Kumiki.Deploying;
using Kumiki.Making;
using Kumiki.Native.DuckDb;
using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Serving;
using Kumiki.Tables;

namespace Kumiki.Bench;

/// <summary>Rows from a file to a file with their predictions, beside bare DuckDB that reads the same file and writes it again, and beside scoring alone, in the
/// same process, by turns; and rows that were computed before, asked by key.</summary>
/// <remarks>The model is that of <see cref="BatchOverOnnx"/>: 300 trees of depth 5. The verb checks each value, digests its input, keeps what it finished durable
/// beside the output, and writes the key columns only; DuckDB alone writes all columns and syncs nothing.</remarks>
static class PredictFiles
{
    const int Rows = 1_000_000, Rounds = 3, Lookups = 2_000_000;

    static readonly string[] Keys = ["week", "store", "item"];

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        await using var world = new World(folder, typeof(BatchOverOnnx.Past), typeof(BatchOverOnnx.Coming), typeof(BatchOverOnnx.Demand));
        var ends = await world.Maker(world.Graph()).MakeAsync(new MakeOrder("demand") { Upstream = true }, null, stop);
        ends = [.. ends, .. await world.Maker(world.Graph()).MakeAsync(new MakeOrder("coming"), null, stop)];
        if (ends.FirstOrDefault(e => e is not MakingEnd.Made) is { } other) throw World.Unexpected(other);
        var rows = ends.Single(e => e.Asset == "coming").Result!.Files.Single(f => f.Path.StartsWith("rows/", StringComparison.Ordinal));
        var (parquet, csv) = (Path.Combine(folder, "coming.parquet"), Path.Combine(folder, "coming.csv"));
        File.Copy(await world.Artifacts.PathAsync(rows.Content, stop), parquet);
        Copy(parquet, csv, folder);

        using var tables = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        var model = ends.Single(e => e.Asset == "demand").Result!.Files.Single(f => f.Path == "model.onnx");
        using var scorer = Scorer.Open(await File.ReadAllBytesAsync(await world.Artifacts.PathAsync(model.Content, stop), stop));
        var inMemory = Frame.Read(tables, [parquet], scorer.Columns.ToDictionary(c => c.Name, c => c.Kind), stop).All();

        foreach (var (name, input) in new[] { ("csv", csv), ("parquet", parquet) })
        {
            var (ours, bare, scored) = (new List<Spent>(), new List<Spent>(), new List<Spent>());
            for (var round = 0; round <= Rounds; round++)
            {
                var output = Path.Combine(folder, $"out{round}.{name}");
                var order = new BatchOrder { Of = "demand", In = [input], Out = output, Keys = Keys };
                var (end, spent) = await Spent.OfAsync(() => BatchRun.RunAsync(order, world.Metadata, world.Artifacts, static _ => { }, stop));
                if (end.Rows != Rows || end.Rejected > 0) throw new BenchmarkException($"{end.Rows} rows were predicted and {end.Rejected} set aside.");
                var alone = await Spent.OfAsync(() => Task.Run(() => Copy(input, Path.Combine(folder, $"alone{round}.{name}"), folder), stop));
                var (_, score) = await Spent.OfAsync(() => Task.Run(() => scorer.Score(inMemory, stop), stop));
                File.Delete(output);
                File.Delete(Path.Combine(folder, $"alone{round}.{name}"));
                if (round == 0) continue;       // warms up
                ours.Add(spent);
                bare.Add(alone);
                scored.Add(score);
            }
            figures.Print($"{name}.predict", [.. ours.Select(s => Rows / s.Wall)], "rows/s");
            figures.Print($"{name}.copied", [.. bare.Select(s => Rows / s.Wall)], "rows/s, read and written by DuckDB alone");
            figures.Print($"{name}.scored", [.. scored.Select(s => Rows / s.Wall)], "rows/s, from columns in memory to scores in memory");
            figures.Print($"{name}.ratio", [.. ours.Index().Select(o => (bare[o.Index].Wall + scored[o.Index].Wall) / o.Item.Wall)], "x, copied and scored over predicted");
            figures.Print($"{name}.ratio.cpu", [.. ours.Index().Select(o => (bare[o.Index].Cpu + scored[o.Index].Cpu) / o.Item.Cpu)], "x");
            figures.Print($"{name}.predict.cpu", [.. ours.Select(s => s.Cpu)], "s");
            figures.Print($"{name}.copied.cpu", [.. bare.Select(s => s.Cpu)], "s");
            figures.Print($"{name}.scored.cpu", [.. scored.Select(s => s.Cpu)], "s");
        }
        figures.Print("peak", Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0, "MiB, of the whole process");
        Ask(figures, folder, stop);
    });

    /// <summary>Reads a file and writes its rows again, on all threads, as DuckDB does it by itself.</summary>
    static void Copy(string from, string to, string folder)
    {
        using var database = DuckDbDatabase.OpenInMemory(2L << 30, Environment.ProcessorCount, Path.Combine(folder, "spill"));
        using var connection = database.Connect();
        var rows = Path.GetExtension(from) == ".csv" ? $"read_csv({SqlText.Quote(from)})" : SqlText.Rows([from]);
        var form = Path.GetExtension(to) == ".csv" ? "FORMAT csv, HEADER" : "FORMAT parquet, COMPRESSION zstd";
        connection.Execute($"COPY (SELECT * FROM {rows}) TO {SqlText.Quote(to)} ({form})");
    }

    /// <summary>A million rows of 100 stores, 100 items and 100 weeks, held in memory and asked at random; one key in ten is of no row.</summary>
    static void Ask(Figures figures, string folder, CancellationToken stop)
    {
        var file = Path.Combine(folder, "computed.parquet");
        using (var database = DuckDbDatabase.OpenInMemory(1L << 30, Environment.ProcessorCount, Path.Combine(folder, "spill")))
        using (var connection = database.Connect())
            connection.Execute($"""
                COPY (SELECT 'store ' || i % 100 AS store, 'item ' || (i // 100) % 100 AS item, DATE '2026-01-05' + 7 * (i // 10000)::INTEGER AS week,
                             (hash(i) % 100000) / 100.0 AS prediction, (hash(i) % 90000) / 100.0 AS lower, (hash(i) % 110000) / 100.0 AS upper,
                             'demand-model@7' AS model
                      FROM range({Rows}) t(i)) TO {SqlText.Quote(file)} (FORMAT parquet)
                """, stop);
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        var began = Stopwatch.GetTimestamp();
        var version = new VersionName("demand-forecasts", 7);
        var table = PrecomputedTable.Read(engine, version, DateTimeOffset.UnixEpoch, [file], ["store", "item", "week"], new HashSet<string>(), stop);
        figures.Print("keys.load", Stopwatch.GetElapsedTime(began).TotalSeconds, "s, a million rows into memory");
        figures.Print("keys.bytes", table.Bytes / (double)table.Rows, "bytes a row, three keys and four values");

        var random = new Random(1);
        var asked = Enumerable.Range(0, 100_000).Select(_ => new[]
        {
            $"store {random.Next(110)}", $"item {random.Next(100)}",
            new DateOnly(2026, 1, 5).AddDays(7 * random.Next(100)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        }).ToArray();
        var answer = table.Column("prediction");
        var (found, sum) = (0, 0.0);
        foreach (var key in asked) sum += table.Find(key);       // warms up
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Lookups; i++)
        {
            var row = table.Find(asked[i % asked.Length]);
            if (row < 0) continue;
            found++;
            sum += answer.NumberOf(row)!.Value;
        }
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - bytes;
        if (found == 0 || sum == 0) throw new BenchmarkException("No key was found.");
        var each = new double[asked.Length];
        for (var i = 0; i < asked.Length; i++)
        {
            var from = Stopwatch.GetTimestamp();
            table.Find(asked[i]);
            each[i] = Stopwatch.GetElapsedTime(from).TotalMicroseconds;
        }
        Array.Sort(each);
        figures.Print("keys.lookups", Lookups / seconds, "lookups/s on one thread");
        figures.Print("keys.found", 100.0 * found / Lookups, "%");
        figures.Print("keys.p50", each[each.Length / 2], "µs");
        figures.Print("keys.p99", each[each.Length * 99 / 100], "µs");
        figures.Print("keys.allocated", allocated / (double)Lookups, "bytes a lookup");
    }
}
