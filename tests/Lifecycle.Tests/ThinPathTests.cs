using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Kumiki.Onnx;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class ThinPathTests
{
    /// <summary>A project on the real sales records.</summary>
    static MakingWorld Beverages(params Type[] more)
    {
        var world = new MakingWorld([typeof(Sales), typeof(WeeklyDemand), typeof(DemandModel), typeof(LinearModel), typeof(Forecast), .. more]);
        var csv = Directory.GetFiles(SharedData.Folder("beverage-sales"), "item_sale_records_*.csv")[0];
        File.Copy(csv, Path.Combine(world.Root, Path.GetFileName(csv)));
        return world;
    }

    static async Task<IReadOnlyDictionary<string, VersionRecord>> MakeAllAsync(MakingWorld world, string asset = "forecast", params string[] settings)
    {
        var ends = await world.MakeAsync(new MakeOrder(asset) { Upstream = true }, settings);
        Assert.All(ends, e => Assert.True(e.Result is not null, e is MakingEnd.Failed f ? f.Why.In("en") : e.ToString()));
        return ends.ToDictionary(e => e.Asset, e => e.Result!);
    }

    [Fact]
    public async Task Real_sales_become_a_checked_version_a_model_that_beats_two_weeks_ago_and_a_forecast()
    {
        await using var world = Beverages();

        var made = await MakeAllAsync(world);

        Assert.Equal(("63900", "0"), (made["sales"].Facts["rows"], made["sales"].Facts["rows.rejected"]));
        Assert.Equal(21, made["sales"].Files.Count(f => f.Path.StartsWith("rows/", StringComparison.Ordinal)));
        Assert.True(Assert.Single(made["sales"].Checks).Held);
        var model = made["demand-model"];
        Assert.Equal("2021-08-09 … 2021-09-27, 800 rows", model.Facts["split.test"]);
        Assert.True(model.Metrics["mae.test"] < model.Metrics["mae.test.two-weeks-ago"], $"{model.Metrics["mae.test"]} against {model.Metrics["mae.test.two-weeks-ago"]}");
        Assert.True(model.Checks.Single(c => c.Name == "beats-two-weeks-ago").Held);
        Assert.Equal(made["weekly-demand"].Facts["rows"], made["forecast"].Facts["rows"]);
        Assert.Equal([EdgeKind.Source, EdgeKind.Scored], made["forecast"].Inputs.OrderBy(i => i.Version.Asset).Select(i => i.Edge));
        Assert.All((await world.MakeAsync(new MakeOrder("forecast") { Upstream = true })), e => Assert.IsType<MakingEnd.Reused>(e));
    }

    [Fact]
    public async Task A_model_made_again_has_the_same_bits()
    {
        await using var world = Beverages();
        var made = await MakeAllAsync(world);
        await MakeAllAsync(world, "linear-model");

        foreach (var asset in made.Keys.Append("linear-model"))
        {
            var version = (await world.Store.VersionAsync(new(asset, 1), default))!;
            var again = await world.Maker().RepeatAsync(version.MadeBy, null, default);
            Assert.Equal(version.Files, again.Files);
            Assert.Equal(version.Content, again.Content);
        }
    }

    [Fact]
    public async Task A_forecast_equals_scoring_its_rows_one_by_one_to_the_last_bit()
    {
        await using var world = Beverages();
        var made = await MakeAllAsync(world);
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(world.Root, "spill") });
        using var scorer = Scorer.Open(await File.ReadAllBytesAsync(await PathAsync(world, made["demand-model"], "model.onnx")));
        var files = await Task.WhenAll(made["forecast"].Files.Select(f => world.Artifacts.PathAsync(f.Content, default)));
        Assert.Equal(4, files.Length);

        using var reader = new TableReader(engine, files, ["store", "item", "two_weeks_ago", "last_year", "prediction"]);
        var row = 0;
        while (reader.Next())
        {
            var (two, last) = (new double[reader.Batch.Rows], new double[reader.Batch.Rows]);
            reader.Batch.CopyDoubles(2, two);
            reader.Batch.CopyDoubles(3, last);
            for (var i = 0; i < reader.Batch.Rows; i++, row++)
            {
                if (row % 37 != 0) continue;
                var alone = scorer.Score([Column.Of("store", (string)reader.Batch[0].Value(i)!), Column.Of("item", (string)reader.Batch[1].Value(i)!), Column.Of("two_weeks_ago", two[i]), Column.Of("last_year", last[i])]);
                Assert.Equal(BitConverter.SingleToInt32Bits(reader.Batch[4].Values<float>()[i]), BitConverter.SingleToInt32Bits(alone[0]));
            }
        }
        Assert.Equal(made["forecast"].Facts["rows"], $"{row}");
    }

    [Fact]
    public async Task A_forecast_that_was_stopped_goes_on_where_it_stopped_and_gives_the_same_files()
    {
        await using var world = Beverages();
        var whole = (await MakeAllAsync(world))["forecast"];
        using var cancel = new CancellationTokenSource();
        var stopped = await world.Maker().MakeAsync(new MakeOrder("forecast") { UseNewest = true, Anew = true }, p =>
        {
            if (p is MakingProgress.Moved { Done: >= 6000 }) cancel.Cancel();
        }, cancel.Token);
        Assert.IsType<MakingEnd.Failed>(stopped[0]);
        var kept = Directory.GetFiles(Path.Combine(world.Root, "checkpoints"), "*.parquet", SearchOption.AllDirectories);
        Assert.Equal(["00001.parquet", "00002.parquet"], kept.Select(Path.GetFileName).Order());

        var again = await world.Maker().MakeAsync(new MakeOrder("forecast") { UseNewest = true, Anew = true }, null, default);

        Assert.Equal(whole.Files, again[0].Result!.Files);
        Assert.Equal(whole.Name, again[0].Result!.Name);
        Assert.Empty(Directory.GetFiles(Path.Combine(world.Root, "checkpoints"), "*.parquet", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_new_month_shares_the_files_of_all_older_ones_and_bad_rows_are_kept_with_their_place()
    {
        await using var world = Beverages();
        var csv = Path.Combine(world.Root, "sales.csv");
        var lines = File.ReadAllLines(Directory.GetFiles(SharedData.Folder("beverage-sales"), "item_sale_records_*.csv")[0]);
        File.WriteAllLines(csv, lines.Take(1).Concat(lines.Skip(1).Where(l => l.StartsWith("2020-01", StringComparison.Ordinal) || l.StartsWith("2020-02", StringComparison.Ordinal))));
        var files = $"sales.files={csv}";
        var first = (await MakeAllAsync(world, "sales", files))["sales"];

        File.AppendAllLines(csv, lines.Skip(1).Where(l => l.StartsWith("2020-03", StringComparison.Ordinal)).Append("2020-03-32,SUN,9,chiba,beer,11,2200").Append("2020-03-31,TUE,14,chiba,sake,-1,2200"));
        var second = (await MakeAllAsync(world, "sales", files))["sales"];

        Assert.Equal(first.Files, second.Files.Where(f => first.Files.Any(o => o.Path == f.Path)));
        Assert.Equal("2", second.Facts["rows.rejected"]);
        var rejects = Reject.Read(await PathAsync(world, second, "rejects.jsonl")).ToList();
        Assert.Equal([("date", "2020-03-32"), ("sales", "-1")], rejects.Select(r => (r.Column, r.Value)));
        Assert.Equal(File.ReadAllLines(csv).Length - 1, rejects[0].Line);
    }

    [Fact]
    public async Task A_family_has_a_model_for_each_store_and_a_new_store_appears_by_itself()
    {
        await using var world = Beverages(typeof(StoreModel));
        var csv = Path.Combine(world.Root, "sales.csv");
        var lines = File.ReadAllLines(Directory.GetFiles(SharedData.Folder("beverage-sales"), "item_sale_records_*.csv")[0]);
        var files = $"sales.files={csv}";
        File.WriteAllLines(csv, lines.Take(1).Concat(lines.Skip(1).Where(l => l.Contains(",chiba,", StringComparison.Ordinal))));
        var few = (await MakeAllAsync(world, "sales", files))["sales"];
        File.WriteAllLines(csv, lines);
        var all = (await MakeAllAsync(world, "sales", files))["sales"];

        Assert.Equal(["chiba"], (await KeysAsync(few)).Keys);
        var stores = await KeysAsync(all);
        Assert.Equal((10, 63900L), (stores.Count, stores.Values.Sum()));
        await world.TakeKeysAsync();
        Assert.Equal(stores.Keys.Select(s => $"store-model.{s}"), world.Graph().Nodes.Where(n => n.Family == "store-model").Select(n => n.Name));

        async Task<SortedDictionary<string, long>> KeysAsync(VersionRecord version) =>
            System.Text.Json.JsonSerializer.Deserialize<SortedDictionary<string, long>>(await File.ReadAllTextAsync(await PathAsync(world, version, "keys/store.json")))!;
    }

    [Fact]
    public async Task A_key_too_thin_for_a_model_of_its_own_is_predicted_by_the_model_of_all_keys()
    {
        await using var world = Beverages(typeof(OwnModel), typeof(FamilyForecast));
        var csv = Path.Combine(world.Root, "sales.csv");
        var lines = File.ReadAllLines(Directory.GetFiles(SharedData.Folder("beverage-sales"), "item_sale_records_*.csv")[0]);
        // Two stores with all their days, a third with days enough for the weeks, but too few for a model.
        File.WriteAllLines(csv, lines.Take(1).Concat(lines.Skip(1).Where(l => l.Contains(",chiba,", StringComparison.Ordinal) || l.Contains(",kobe,", StringComparison.Ordinal)
            || (l.Contains(",osaka,", StringComparison.Ordinal) && l.StartsWith("2021-0", StringComparison.Ordinal)))));
        var files = $"sales.files={csv}";
        await MakeAllAsync(world, "sales", files);
        await world.TakeKeysAsync();

        var made = await MakeAllAsync(world, "family-forecast", files);

        Assert.Equal(["own-model.chiba", "own-model.kobe"], made.Keys.Where(k => k.StartsWith("own-model.", StringComparison.Ordinal)).Order());
        var forecast = made["family-forecast"];
        Assert.Equal("demand-model@1 own-model.chiba@1 own-model.kobe@1", string.Join(' ', forecast.Facts["model"].Split(' ').Order()));
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(world.Root, "spill") });
        var paths = await Task.WhenAll(forecast.Files.Select(f => world.Artifacts.PathAsync(f.Content, default)));
        using var scorer = Scorer.Open(await File.ReadAllBytesAsync(await PathAsync(world, made["own-model.kobe"], "model.onnx")));
        using var reader = new TableReader(engine, paths, ["store", "item", "two_weeks_ago", "prediction", "predicted_by"]);
        var by = new SortedDictionary<string, long>(StringComparer.Ordinal);
        while (reader.Next())
        {
            var two = new double[reader.Batch.Rows];
            reader.Batch.CopyDoubles(2, two);
            for (var i = 0; i < reader.Batch.Rows; i++)
            {
                var pair = $"{reader.Batch[0].Value(i)} by {reader.Batch[4].Value(i)}";
                by[pair] = by.GetValueOrDefault(pair) + 1;
                if (!pair.StartsWith("kobe", StringComparison.Ordinal)) continue;
                var alone = scorer.Score([Column.Of("item", (string)reader.Batch[1].Value(i)!), Column.Of("two_weeks_ago", two[i])]);
                Assert.Equal(alone[0], reader.Batch[3].Values<float>()[i]);
            }
        }
        Assert.Equal(["chiba by own-model.chiba@1", "kobe by own-model.kobe@1", "osaka by demand-model@1"], by.Keys);
        Assert.Equal(forecast.Facts["rows"], $"{by.Values.Sum()}");
    }

    [Fact]
    public async Task A_key_without_a_model_is_named_where_no_model_stands_in_for_it()
    {
        await using var world = Beverages(typeof(OwnModel), typeof(OwnForecast));
        var none = await world.MakeAsync(new MakeOrder("own-forecast") { Upstream = true });
        Assert.Equal("own-forecast predicts by the family OwnModel, which has no member yet; make the dataset its keys come from, or ask for a model of all keys beside it.",
            Assert.IsType<MakingEnd.Failed>(none[^1]).Why.In("en"));
        await world.TakeKeysAsync();
        var csv = Path.Combine(world.Root, "more.csv");
        File.WriteAllText(csv, File.ReadAllText(Directory.GetFiles(world.Root, "item_sale_records_*.csv")[0]) + "2021-09-30,THU,9,naha,beer,11,2200\n");

        var ends = await world.MakeAsync(new MakeOrder("own-forecast") { Upstream = true }, $"sales.files={csv}");

        Assert.Matches("^own-forecast: row [0-9]+ has the store 'naha', for which there is no model; ask for a model of all keys beside the family, or make the family's member.$",
            Assert.IsType<MakingEnd.Failed>(ends[^1]).Why.In("en"));
    }

    static Task<string> PathAsync(MakingWorld world, VersionRecord version, string file) => world.Artifacts.PathAsync(version.Files.Single(f => f.Path == file).Content, default);
}
