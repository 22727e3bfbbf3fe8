using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Bench;

/// <summary>CSV to checked Parquet, beside bare DuckDB doing the same with the same file, threads and memory in the same process.</summary>
/// <remarks>
/// Bare DuckDB reads with the types given and store_rejects, filters by the same rules as SQL (no nulls, the range, finite numbers) and copies to Parquet with
/// zstd. It does less: it accepts 1.5 for an INTEGER, gives no
/// reason for rows its filter drops, and takes no digest of what it read.
/// </remarks>
static class CsvToTable
{
    internal sealed record Row(DateOnly Date, string Store, string Item, [Range(0, 100_000)] int Units, decimal Amount, double Score);

    const string Types = "{'date': 'DATE', 'store': 'VARCHAR', 'item': 'VARCHAR', 'units': 'INTEGER', 'amount': 'DECIMAL(18,4)', 'score': 'DOUBLE'}";

    internal static Task RunAsync(Figures figures, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("kumiki-bench-").FullName;
        try
        {
            using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
            foreach (var (name, bad) in (ReadOnlySpan<(string, int)>)[("clean", 0), ("rejects", 1000)])
            {
                var csv = Path.Combine(folder, $"{name}.csv");
                Make(csv, rows: 10_000_000, badEvery: bad);
                var rounds = Enumerable.Range(0, 6).Select(_ => Measure(engine, csv, folder, cancellation)).Skip(1).ToArray();
                figures.Print($"{name}.kumiki", [.. rounds.Select(r => r.Ours.Wall)], "s");
                figures.Print($"{name}.duckdb", [.. rounds.Select(r => r.Bare.Wall)], "s");
                figures.Print($"{name}.ratio", [.. rounds.Select(r => r.Ours.Wall / r.Bare.Wall)], "x");
                figures.Print($"{name}.ratio.cpu", [.. rounds.Select(r => r.Ours.Cpu / r.Bare.Cpu)], "x");
                File.Delete(csv);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return Task.CompletedTask;
    }

    internal readonly record struct Spent(double Wall, double Cpu, long Rows);

    /// <summary>Six columns of an invented chain of shops, about 50 bytes a row.</summary>
    /// <param name="badEvery">Every so many rows one has a unit that is no number; 0: none.</param>
    internal static void Make(string path, int rows, int badEvery)
    {
        using var database = DuckDbDatabase.OpenInMemory(1L << 30, Environment.ProcessorCount, null);
        using var connection = database.Connect();
        var units = badEvery == 0 ? "hash(i * 3) % 1000" : $"CASE WHEN i % {badEvery} = {badEvery / 2} THEN 'x' ELSE (hash(i * 3) % 1000)::VARCHAR END";
        connection.Execute($"""
            COPY (SELECT DATE '2020-01-01' + (i % 640)::INT AS date, 'shop_' || hash(i * 7) % 100 AS store, 'item_' || hash(i * 13) % 500 AS item,
                         {units} AS units, (hash(i * 5) % 1000000)::DECIMAL(18,4) / 100 AS amount, (hash(i * 11) % 100000000) / 1000.0 AS score
                  FROM range({rows}) t(i)) TO {SqlText.Quote(path)} (HEADER)
            """);
    }

    /// <summary>One of each, on the same file.</summary>
    internal static (Spent Ours, Spent Bare) Measure(TableEngine engine, string csv, string folder, CancellationToken cancellation)
    {
        var ours = Path.Combine(folder, "ours");
        var spent = Timed(() => SourceLoad.Run(engine, Source.Csv(csv), RowSchema.Of<Row>(), folder, ours, null, cancellation).Rows);
        Directory.Delete(ours, recursive: true);

        var bare = Path.Combine(folder, "bare.parquet");
        using var database = DuckDbDatabase.OpenInMemory(engine.MemoryBytes, engine.Threads, engine.SpillFolder);
        using var connection = database.Connect();
        var other = Timed(() => (long)connection.Scalar($"""
            COPY (SELECT * FROM read_csv({SqlText.Quote(csv)}, columns = {Types}, header = true, delim = ',', quote = '"',
                                         auto_detect = false, store_rejects = true)
                  WHERE date IS NOT NULL AND store IS NOT NULL AND item IS NOT NULL AND units BETWEEN 0 AND 100000 AND amount IS NOT NULL AND isfinite(score))
            TO {SqlText.Quote(bare)} (FORMAT parquet, COMPRESSION zstd)
            """, cancellation)!);
        File.Delete(bare);
        return (spent, other);
    }

    internal static Spent Timed(Func<long> work)
    {
        var process = Process.GetCurrentProcess();
        var (clock, cpu) = (Stopwatch.StartNew(), process.TotalProcessorTime);
        var rows = work();
        clock.Stop();
        process.Refresh();
        return new(clock.Elapsed.TotalSeconds, (process.TotalProcessorTime - cpu).TotalSeconds, rows);
    }
}
