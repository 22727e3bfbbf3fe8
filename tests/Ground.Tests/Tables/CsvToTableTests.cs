using Kumiki.Bench;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class CsvToTableTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public void The_benchmark_compares_like_with_like()
    {
        var csv = world.File("bench.csv");
        CsvToTable.Make(csv, rows: 20_000, badEvery: 100);

        var (ours, bare) = CsvToTable.Measure(world.Engine, csv, world.Folder, default);

        Assert.Equal((19_800, 19_800), (ours.Rows, bare.Rows));
    }

    [Fact]
    public void The_sample_of_the_readme_runs()
    {
        Directory.CreateDirectory(world.File("data/sales"));
        File.Copy(TableWorld.SharedData("beverage-sales/item_sale_records_2020_2021q3.csv"), world.File("data/sales/all.csv"));

        using var engine = new TableEngine(new() { SpillFolder = world.File("spill") });
        var loaded = SourceLoad.Run(engine, Source.Csv("sales/*.csv"), RowSchema.Of<Sale>(), root: world.File("data"), folder: world.File("new"));
        var files = loaded.Files.Select(f => f.Path).ToArray();

        var checks = new Expectations<Sale>()
            .Unique(s => (s.Date, s.Store, s.Item))
            .NoOlderThan(s => s.Date, days: 8)
            .Check(engine, files, TimeProvider.System);

        using var reader = new TableReader(engine, files, ["sales"]);
        var units = new double[2048];
        var sum = 0.0;
        while (reader.Next())
        {
            reader.Batch.CopyDoubles(0, units);
            sum += units.AsSpan(0, reader.Batch.Rows).ToArray().Sum();
        }

        Assert.Equal([true, false], checks.Select(c => c.Held));
        Assert.Equal(File.ReadLines(world.File("data/sales/all.csv")).Skip(1)
            .Sum(l => int.Parse(l.Split(',')[5], System.Globalization.CultureInfo.InvariantCulture)), sum);
    }
}
