using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Bench;

/// <summary>JSON lines to checked Parquet, beside bare DuckDB's read_json doing the same with the same file, threads and memory in the same process.</summary>
/// <remarks>Bare DuckDB reads with the types given, drops lines that do not parse (ignore_errors) and rows its filter finds at fault, and copies to Parquet with
/// zstd. It does less: it reads "7" and 7.5 into an INTEGER, tells nothing of what it dropped, and takes no digest of what it read.</remarks>
static class JsonToTable
{
    const string Types = "{'date': 'DATE', 'store': 'VARCHAR', 'item': 'VARCHAR', 'units': 'INTEGER', 'amount': 'DECIMAL(18,4)', 'score': 'DOUBLE'}";

    internal static Task RunAsync(Figures figures, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("kumiki-bench-").FullName;
        try
        {
            using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
            var json = Path.Combine(folder, "rows.jsonl");
            Make(json, rows: 4_000_000);
            var megabytes = new FileInfo(json).Length / 1e6;
            var rounds = Enumerable.Range(0, 6).Select(_ => Measure(engine, json, folder, cancellation)).Skip(1).ToArray();
            figures.Print("file", megabytes, "MB");
            figures.Print("kumiki", [.. rounds.Select(r => megabytes / r.Ours.Wall)], "MB/s");
            figures.Print("duckdb", [.. rounds.Select(r => megabytes / r.Bare.Wall)], "MB/s");
            figures.Print("kumiki.cpu", [.. rounds.Select(r => megabytes / r.Ours.Cpu)], "MB/s");
            figures.Print("duckdb.cpu", [.. rounds.Select(r => megabytes / r.Bare.Cpu)], "MB/s");
            figures.Print("ratio", [.. rounds.Select(r => r.Ours.Wall / r.Bare.Wall)], "x");
            figures.Print("ratio.cpu", [.. rounds.Select(r => r.Ours.Cpu / r.Bare.Cpu)], "x");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return Task.CompletedTask;
    }

    static void Make(string path, int rows)
    {
        using var database = DuckDbDatabase.OpenInMemory(1L << 30, Environment.ProcessorCount, null);
        using var connection = database.Connect();
        connection.Execute($"""
            COPY (SELECT DATE '2020-01-01' + (i % 640)::INT AS date, 'shop_' || hash(i * 7) % 100 AS store, 'item_' || hash(i * 13) % 500 AS item,
                         hash(i * 3) % 1000 AS units, (hash(i * 5) % 1000000)::DECIMAL(18,4) / 100 AS amount, (hash(i * 11) % 100000000) / 1000.0 AS score
                  FROM range({rows}) t(i)) TO {SqlText.Quote(path)} (FORMAT json)
            """);
    }

    static (CsvToTable.Spent Ours, CsvToTable.Spent Bare) Measure(TableEngine engine, string json, string folder, CancellationToken cancellation)
    {
        var ours = Path.Combine(folder, "ours");
        var spent = CsvToTable.Timed(() => SourceLoad.Run(engine, Source.JsonLines(json), RowSchema.Of<CsvToTable.Row>(), folder, ours, null, cancellation).Rows);
        Directory.Delete(ours, recursive: true);

        var bare = Path.Combine(folder, "bare.parquet");
        using var database = DuckDbDatabase.OpenInMemory(engine.MemoryBytes, engine.Threads, engine.SpillFolder);
        using var connection = database.Connect();
        var other = CsvToTable.Timed(() => (long)connection.Scalar($"""
            COPY (SELECT * FROM read_json({SqlText.Quote(json)}, columns = {Types}, format = 'newline_delimited', ignore_errors = true)
                  WHERE date IS NOT NULL AND store IS NOT NULL AND item IS NOT NULL AND units BETWEEN 0 AND 100000 AND amount IS NOT NULL AND isfinite(score))
            TO {SqlText.Quote(bare)} (FORMAT parquet, COMPRESSION zstd)
            """, cancellation)!);
        File.Delete(bare);
        if (spent.Rows != other.Rows) throw new BenchmarkException($"{spent.Rows} rows here, {other.Rows} by DuckDB.");
        return (spent, other);
    }
}
