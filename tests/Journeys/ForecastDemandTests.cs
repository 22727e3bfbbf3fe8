using System.Globalization;
using Xunit;

namespace Kumiki.Journeys;

/// <summary>One week's forecast from a folder of files.</summary>
public sealed class ForecastDemandTests : IDisposable
{
    const string Sales = "item_sale_records_2020_2021q3.csv";

    static readonly string Real = Path.GetDirectoryName(Checkout.Data($"beverage-sales/{Sales}"))!;

    readonly Demo demo = new();

    public void Dispose() => demo.Dispose();

    [Fact]
    public async Task A_published_week_is_forecast_better_than_published_and_from_nothing_after_the_Sunday_two_weeks_before()
    {
        await demo.MustAsync("forecast-demand", "--data", Real, "--week", "2021-W32", "--out", "w32.csv");
        // The same with everything after Sunday 1 August cut off.
        var cut = demo.PathOf("cut");
        Directory.CreateDirectory(cut);
        foreach (var master in (string[])["items.csv", "item_prices.csv", "stores.csv"]) File.WriteAllBytes(Path.Combine(cut, master),
            await File.ReadAllBytesAsync(Path.Combine(Real, master)));
        await File.WriteAllLinesAsync(Path.Combine(cut, Sales), File.ReadLines(Path.Combine(Real, Sales)).Where(l => string.CompareOrdinal(l, 0, "2021-08-02",
            0, 10) < 0 || l.StartsWith("date", StringComparison.Ordinal)));
        await demo.MustAsync("forecast-demand", "--data", cut, "--week", "2021-W32", "--out", "cut.csv");

        var lines = await File.ReadAllLinesAsync(demo.PathOf("w32.csv"));
        Assert.Equal(lines, await File.ReadAllLinesAsync(demo.PathOf("cut.csv")));
        Assert.Equal("store,item,year,week,prediction,lower,upper", lines[0]);
        Assert.Equal(101, lines.Length);
        var sold = File.ReadLines(Path.Combine(Real, Sales)).Skip(1).Select(l => l.Split(',')).Where(f => string.CompareOrdinal(f[0], "2021-08-09") >= 0
            && string.CompareOrdinal(f[0], "2021-08-15") <= 0)
            .GroupBy(f => (f[3], f[4])).ToDictionary(g => g.Key, g => g.Sum(f => int.Parse(f[5], CultureInfo.InvariantCulture)));
        var rows = lines.Skip(1).Select(l => l.Split(',')).ToList();
        Assert.All(rows, r => Assert.Equal(("2021", "32"), (r[2], r[3])));
        var error = rows.Average(r => Math.Abs(Number(r[4]) - sold[(r[0], r[1])]));
        // The published forecast is off by 23.5 in that week, two weeks ago by 50.6.
        Assert.True(error < 23.5, $"off by {error}");
        Assert.All(rows, r => Assert.True(0 <= Number(r[5]) && Number(r[5]) <= Number(r[4]) && Number(r[4]) <= Number(r[6])));

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_generated_chain_is_forecast_over_a_new_year()
    {
        await demo.MustAsync("generate-sales", "--from", "2024-07-01", "--to", "2025-12-21", "--stores", "3", "--items", "3", "--out", "chain", "--masters",
            "chain", "--faults");

        var said = await demo.MustAsync("forecast-demand", "--data", "chain", "--week", "2026-W01", "--out", "forecast.csv", "--lang", "ja");

        // The first week of 2026 begins on 29 December 2025.
        Assert.Contains("2025-12-21 までの売上による 2 週先、2026-W01 の予測（行数: 9）。", said.Out, StringComparison.Ordinal);
        Assert.All((await File.ReadAllLinesAsync(demo.PathOf("forecast.csv"))).Skip(1), l => Assert.Contains(",2026,1,", l, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2021W3x", "'2021W3x' is no ISO week; write it as 2021-W32.")]
    [InlineData("2021-W53", "There is no week 2021-W53: the ISO year 2021 has the weeks 1 to 52; name one of them.")]
    [InlineData("2020-W10",
        "Up to 2020-02-23, what may be known for 2020-W10, there are 7 whole weeks of sales, but a forecast needs 12; load more, or name a later week.")]
    [InlineData("2021-W50", "The last whole week of sales is 2021-W38, so 2021-W50 is 12 weeks ahead, more than 8; load newer sales, or name an earlier week.")]
    public async Task A_week_that_cannot_be_forecast_is_refused_in_one_sentence(string week, string sentence)
    {
        var said = await demo.RunAsync("forecast-demand", "--data", Real, "--week", week, "--out", "out.csv");

        Assert.Equal((1, sentence + "\n"), (said.Code, said.Error));
        Assert.False(File.Exists(demo.PathOf("out.csv")));
    }

    [Fact]
    public async Task Files_that_are_missing_are_named_and_an_older_forecast_stays()
    {
        Directory.CreateDirectory(demo.PathOf("some"));
        await File.WriteAllTextAsync(demo.PathOf("some/items.csv"), "id,name\n");
        await File.WriteAllTextAsync(demo.PathOf("out.csv"), "older");

        var lacking = await demo.RunAsync("forecast-demand", "--data", "some", "--week", "2021-W32", "--out", "out.csv");
        var none = await demo.RunAsync("forecast-demand", "--data", "none", "--week", "2021-W32", "--out", "out.csv");
        var nowhere = await demo.RunAsync("forecast-demand", "--data", Real, "--week", "2021-W32", "--out", "no/where.csv");

        Assert.Equal((1, $"The folder {demo.PathOf("some")} lacks item_sale_records_*.csv, item_prices.csv, stores.csv; put it there, or name another folder.\n"), (lacking.Code, lacking.Error));
        Assert.Equal((1, $"The folder {demo.PathOf("none")} does not exist; name the one with the sales.\n"), (none.Code, none.Error));
        Assert.Equal((1, $"{demo.PathOf("no/where.csv")} cannot be written: name a file in a folder that exists.\n"), (nowhere.Code, nowhere.Error));
        Assert.Equal("older", await File.ReadAllTextAsync(demo.PathOf("out.csv")));
    }
}
