using Xunit;

namespace Kumiki.Journeys;

/// <summary>The real sales of a shop chain, made into a released forecast once; each journey sets out from a copy of it.</summary>
public sealed class ReleasedDemand : IAsyncLifetime
{
    internal Demo Demo { get; } = new();

    internal Said Made { get; private set; } = null!;

    internal Said Released { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Demo.Sales(await File.ReadAllBytesAsync(Checkout.Data("beverage-sales/item_sale_records_2020_2021q3.csv")), "item_sale_records_2020_2021q3.csv");
        Made = await Demo.MustAsync("make", "demand-forecasts", "--upstream", "--stage");
        Released = await Demo.MustAsync("release", "--message", "the first set");
    }

    public Task DisposeAsync()
    {
        Demo.Dispose();
        return Task.CompletedTask;
    }
}

public sealed class DemandJourney(ReleasedDemand released) : IClassFixture<ReleasedDemand>
{
    static readonly string[] Assets =
    [
        "closures", "daily-sales", "demand-forecasts", "demand-goal", "demand-model", "demand-predictions", "demand-series", "item-prices", "items", "sales", "special-days", "stores", "upcoming-demand", "weekly-demand", "weekly-sales",
    ];

    static readonly string[] Changing = ["demand-forecasts", "demand-model", "demand-predictions"];

    [Fact]
    public async Task The_sales_become_a_released_forecast_and_making_it_again_reuses_everything()
    {
        using var demo = await released.Demo.CopyAsync();

        var staged = released.Made.Lines.Single(l => l.StartsWith("Staged: ", StringComparison.Ordinal));
        Assert.Equal(Assets.Select(a => $"{a}@1"), staged["Staged: ".Length..].Split(", ").Order(StringComparer.Ordinal));
        Assert.Equal("Release 1 is live.", released.Released.Lines[0]);
        Assert.Equal(Assets.Select(a => (a, 1, 1, 1)), (await demo.JsonAsync("show")).EnumerateArray().Select(a =>
            (a.GetProperty("asset").GetString()!, a.GetProperty("newest").GetInt32(), a.GetProperty("staging").GetInt32(), a.GetProperty("production").GetInt32())));

        var again = await demo.MustAsync("make", "demand-forecasts", "--upstream");

        Assert.Equal(Assets.Select(a => $"= {a}@1: nothing changed since {a}@1 was made"), again.Lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_model_beats_its_baseline_and_forecasts_every_week_store_and_item()
    {
        var model = (await released.Demo.JsonAsync("show", "demand-model@1")).GetProperty("version");
        var metrics = model.GetProperty("metrics");

        Assert.True(metrics.GetProperty("mae.test").GetDouble() < metrics.GetProperty("mae.test.two-weeks-ago").GetDouble(), metrics.ToString());
        Assert.All(model.GetProperty("checks").EnumerateArray(), c => Assert.True(c.GetProperty("held").GetBoolean(), c.ToString()));
        // Eight weeks of ten items in ten stores; behind them, as they looked then, the eight weeks the model is tested on.
        Assert.Equal("800", await RowsAsync("demand-forecasts@1"));
        Assert.Equal("7200", await RowsAsync("upcoming-demand@1"));
        Assert.InRange(metrics.GetProperty("coverage.test").GetDouble(), 0.75, 0.88);

        async Task<string> RowsAsync(string version) => (await released.Demo.JsonAsync("show", version)).GetProperty("version").GetProperty("facts").GetProperty("rows").GetString()!;
    }

    [Fact]
    public async Task Every_version_comes_out_bit_equal_when_it_is_made_again()
    {
        using var demo = await released.Demo.CopyAsync();
        foreach (var asset in (string[])["sales", "stores", "weekly-sales", "weekly-demand", "demand-model", "demand-predictions", "demand-forecasts"])
        {
            var said = await demo.RunAsync("reproduce", $"{asset}@1");

            Assert.True(said.Code == 0, said.ToString());
            Assert.Equal($"✓ Every bit of {asset}@1 came out the same.", said.Lines[^1]);
        }
    }

    [Fact]
    public async Task After_the_sales_have_changed_the_model_still_comes_out_the_same_and_the_sales_say_what_differs()
    {
        using var demo = await released.Demo.CopyAsync();
        await File.AppendAllTextAsync(demo.PathOf("data/sales/item_sale_records_2020_2021q3.csv"), "2021-10-01,FRI,39,chiba,beer,17,3400\n");

        var model = await demo.RunAsync("reproduce", "demand-model@1");
        var sales = await demo.RunAsync("reproduce", "sales@1");

        Assert.Equal((0, "✓ Every bit of demand-model@1 came out the same."), (model.Code, model.Lines[^1]));
        Assert.Equal(1, sales.Code);
        Assert.Contains("✗ sales@1 came out different in ", sales.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^outside +\S*item_sale_records_2020_2021q3\.csv +[0-9a-f]{12} +[0-9a-f]{12}$", sales.Out);
        Assert.Matches(@"(?m)^facts +rows +\d+ +\d+$", sales.Out);
        var why = await demo.MustAsync("why", "sales");
        Assert.Contains("  · the file data/sales/item_sale_records_2020_2021q3.csv changed\n", why.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_making_in_its_own_process_gives_the_same_version()
    {
        using var demo = await released.Demo.CopyAsync();

        var said = await demo.MustAsync("make", "demand-model", "--own-process", "--anew");

        Assert.Equal("= demand-model@1: the output is identical to demand-model@1", said.Lines[^1]);
        Assert.Equal("Reused", (await demo.JsonAsync("runs", "demand-model"))[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_flipped_byte_is_found_and_the_versions_it_touches_are_named()
    {
        using var demo = await released.Demo.CopyAsync();
        var sound = await demo.RunAsync("verify");
        var file = (await demo.JsonAsync("show", "demand-model@1")).GetProperty("version").GetProperty("files")[0].GetProperty("content").GetString()!;
        var path = demo.Blob(file);
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        var said = await demo.RunAsync("verify");

        Assert.Equal(0, sound.Code);
        Assert.Equal(1, said.Code);
        Assert.Equal($"✗ Blob {file[..12]} was changed on the disk, which touches demand-model@1. Put back a backup of that file, or make those versions again.", said.Lines[0]);
        Assert.Matches(@"^Blobs hashed again: \d+ \(\d+ bytes\)\. Not as they were written: 1; each is listed with the versions it touches\.$", said.Lines[^1]);
    }

    [Fact]
    public async Task A_second_release_goes_live_as_a_whole_and_a_rollback_brings_the_first_one_back()
    {
        using var demo = await released.Demo.CopyAsync();
        var first = await ProductionAsync(demo);
        await demo.MustAsync("make", "demand-forecasts", "--upstream", "--stage", "--set", "demand-model.rounds=200");
        Assert.Equal(0, (await demo.RunAsync("release", "--dry-run")).Code);
        Assert.Equal(first, await ProductionAsync(demo));

        await demo.MustAsync("release", "--message", "fewer trees");
        var second = await ProductionAsync(demo);
        var again = await demo.RunAsync("release", "--message", "fewer trees");
        Assert.Equal((0, "nothing is staged that differs from production; 'kumiki stage NAME@N' puts a version there, or name what to release.\n"), (again.Code, again.Out));
        Assert.Equal((0, "production holds this set already; nothing would change.\n"), await OutAsync(demo, "release", "demand-model@2"));
        await demo.MustAsync("rollback", "--message", "too few");

        Assert.Equal(Assets.Select(a => $"{a}@1"), first);
        Assert.Equal(Assets.Select(a => $"{a}@{(Changing.Contains(a) ? 2 : 1)}"), second);
        Assert.Equal(first, await ProductionAsync(demo));
        Assert.Equal([(3, "too few"), (2, "fewer trees"), (1, "the first set")],
            (await demo.JsonAsync("history")).EnumerateArray().Select(r => (r.GetProperty("number").GetInt32(), r.GetProperty("reason").GetString()!)));
    }

    [Theory]
    [InlineData("There is no asset 'coffee'; 'kumiki graph' lists them.", "make", "coffee")]
    [InlineData("There is no asset 'demand-modl'; the nearest is: demand-model.", "make", "demand-modl")]
    [InlineData("'demand-model' is not a version; write it as demand-model@7.", "reproduce", "demand-model")]
    [InlineData("demand-model@9 does not exist; 'kumiki show' lists the versions there are.", "reproduce", "demand-model@9")]
    [InlineData("There is no run-99; 'kumiki runs' lists them.", "log", "run-99")]
    [InlineData("There is no asset, version or run 'coffee'; 'kumiki show' lists the assets.", "show", "coffee")]
    public async Task What_does_not_exist_is_refused_in_one_sentence(string sentence, params string[] command)
    {
        var said = await released.Demo.RunAsync(command);

        Assert.Equal((1, "", sentence + "\n"), (said.Code, said.Out, said.Error));
    }

    [Fact]
    public async Task A_language_that_there_is_not_is_refused_by_name()
    {
        var said = await released.Demo.RunAsync("show", "--lang", "fr");

        Assert.Equal(1, said.Code);
        Assert.Contains("'fr'", said.Error, StringComparison.Ordinal);
        Assert.Contains("'ja'", said.Error, StringComparison.Ordinal);
    }

    static async Task<(int, string)> OutAsync(Demo demo, params string[] command) => await demo.RunAsync(command) is var said ? (said.Code, said.Out) : default;

    static async Task<List<string>> ProductionAsync(Demo demo) =>
        [.. (await demo.JsonAsync("show")).EnumerateArray().Select(a => $"{a.GetProperty("asset").GetString()}@{a.GetProperty("production").GetInt32()}")];
}
