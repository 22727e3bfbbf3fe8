using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Kumiki.Making;
using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Bench;

/// <summary>A whole dataset version from CSV (rows checked one by one, bad ones kept, expectations held, bytes hashed and durable in the store, committed), beside bare DuckDB
/// doing what it can of that with the same file, threads and memory in the same process, by turns.</summary>
/// <remarks>
/// Bare DuckDB reads with the types given and store_rejects, filters by the rules of the row, copies to Parquet with the same options, holds the expectations by one query, writes its rejects,
/// and the files are copied and made durable. It does less: no digest of the CSV or of what was written, no reason for rows its filter drops, no record of a run.
/// </remarks>
static class CsvToVersion
{
    const int Rows = 10_000_000, Rounds = 3;

    const string Types = "{'date': 'DATE', 'store': 'VARCHAR', 'item': 'VARCHAR', 'units': 'INTEGER', 'amount': 'DECIMAL(18,4)', 'score': 'DOUBLE'}";

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        foreach (var (name, bad) in (IReadOnlyList<(string, int)>)[("clean", 0), ("rejects", 1000)])
        {
            var root = Path.Combine(folder, name);
            Directory.CreateDirectory(root);
            var csv = Path.Combine(root, "sales.csv");
            CsvToTable.Make(csv, Rows, bad);
            await using var world = new World(root, typeof(ShopSales));
            var graph = world.Graph();
            List<Spent> ours = [], bare = [];
            for (var round = 0; round <= Rounds; round++)
            {
                File.SetLastWriteTimeUtc(csv, DateTime.UnixEpoch.AddDays(round));     // else its digest is known from the round before
                var (ends, spent) = await Spent.OfAsync(() => world.Maker(graph).MakeAsync(new MakeOrder("shop-sales") { Anew = true }, null, stop));
                var run = await world.RunOfAsync(ends[^1], stop);
                var (rows, other) = await Spent.OfAsync(() => Task.Run(() => Bare(engine, csv, root, stop), stop));
                var version = ends[^1].Result!;
                if (version.Facts["rows"] != rows.ToString(CultureInfo.InvariantCulture) || version.Checks.Any(c => !c.Held)) throw new BenchmarkException($"{version.Facts["rows"]} rows beside {rows}, or a check failed.");
                if (round == 0) continue;       // warms up
                ours.Add(spent);
                bare.Add(other);
                if (round == Rounds)
                    foreach (var (step, took) in run.Cost!.Steps) figures.Print($"{name}.step.{step}", took);
            }
            figures.Print($"{name}.kumiki", [.. ours.Select(s => s.Wall)], "s");
            figures.Print($"{name}.duckdb", [.. bare.Select(s => s.Wall)], "s");
            figures.Print($"{name}.ratio", [.. ours.Zip(bare, (o, b) => o.Wall / b.Wall)], "x");
            figures.Print($"{name}.kumiki.cpu", [.. ours.Select(s => s.Cpu)], "s");
            figures.Print($"{name}.duckdb.cpu", [.. bare.Select(s => s.Cpu)], "s");
            figures.Print($"{name}.ratio.cpu", [.. ours.Zip(bare, (o, b) => o.Cpu / b.Cpu)], "x");
            File.Delete(csv);
        }
    });

    static long Bare(TableEngine engine, string csv, string folder, CancellationToken stop)
    {
        var (parquet, rejects) = (Path.Combine(folder, "bare.parquet"), Path.Combine(folder, "bare-rejects.json"));
        using var database = DuckDbDatabase.OpenInMemory(engine.MemoryBytes, engine.Threads, engine.SpillFolder);
        using var connection = database.Connect();
        var rows = (long)connection.Scalar($"""
            COPY (SELECT * FROM read_csv({SqlText.Quote(csv)}, columns = {Types}, header = true, delim = ',', quote = '"', auto_detect = false, store_rejects = true)
                  WHERE date IS NOT NULL AND store IS NOT NULL AND item IS NOT NULL AND units BETWEEN 0 AND 100000 AND amount IS NOT NULL AND isfinite(score))
            TO {SqlText.Quote(parquet)} ({ParquetForm.Options})
            """, stop)!;
        connection.Execute($"COPY reject_errors TO {SqlText.Quote(rejects)} (FORMAT json)", stop);
        using (var statement = connection.Prepare($"""
            SELECT count(*), count_if(amount < 0 OR amount > 10000), count_if(NOT regexp_matches(store, '^shop_')), count_if(NOT (score >= 0 AND score < 100000)), max(date)
            FROM read_parquet({SqlText.Quote(parquet)})
            """))
        using (var result = statement.Execute(stop))
            if (!result.Next()) throw new BenchmarkException("Bare DuckDB said nothing of its expectations.");
        foreach (var file in (string[])[parquet, rejects])
        {
            File.Copy(file, file + ".kept");
            using (var kept = File.OpenHandle(file + ".kept", FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(kept);
            File.Delete(file);
            File.Delete(file + ".kept");
        }
        return rows;
    }

    internal sealed record Sale(DateOnly Date, string Store, string Item, [Range(0, 100_000)] int Units, decimal Amount, double Score);

    sealed class ShopSales : Dataset<Sale>
    {
        public override Source Source => Source.Csv("sales.csv");

        public override void Expect(Expectations<Sale> rows) =>
            rows.Range(s => s.Amount, 0m, 10_000m).Matches(s => s.Store, "^shop_").That("score below 100,000", s => s.Score >= 0 && s.Score < 100_000).NoOlderThan(s => s.Date, 100_000);
    }
}
