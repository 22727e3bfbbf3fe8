using Xunit;

namespace Kumiki.Journeys;

/// <summary>A chain of more series than the model learns from.</summary>
public sealed class LargeChainTests : IDisposable
{
    /// <summary>What a row says that hangs on its own series, its item, its store and the chain alone, not on which series are drawn.</summary>
    static readonly string[] Own =
    [
        "week", "store", "item", "known_until", "ahead", "evidence", "two_weeks_ago", "last_year", "seasonal_ratio", "price_change", "special_days",
        "special_days_change", "series_step", "item_step", "store_step",
    ];

    readonly Demo demo = new();

    public void Dispose() => demo.Dispose();

    [Fact]
    public async Task Drawn_series_are_learnt_from_and_all_are_forecast_from_the_same_past()
    {
        await demo.MustAsync("generate-sales", "--from", "2023-06-05", "--to", "2025-05-04", "--stores", "3", "--items", "3");
        var (_, all) = (await MakeAsync("weekly-demand", 10_000), await MakeAsync("upcoming-demand", 10_000));
        var (learnt, coming) = (await MakeAsync("weekly-demand", 2), await MakeAsync("upcoming-demand", 2));

        var drawn = Rows((await demo.MustAsync("print-rows", "demand-series")).Lines, ["store", "item", "drawn"]).Where(r => r[2] == "true").ToList();
        Assert.Equal(2, drawn.Count);
        Assert.Equal(drawn.Select(r => (r[0], r[1])).Order(), Rows(learnt, ["store", "item"]).Select(r => (r[0], r[1])).Distinct().Order());
        // Eight weeks of all nine, from the last Sunday; and eight known weeks of the two, each as it looked one to eight weeks before.
        Assert.Equal(9 * 8, Rows(coming, ["known_until"]).Count(r => r[0] == "2025-05-04"));
        Assert.Equal(2 * 64, Rows(coming, ["known_until"]).Count(r => r[0] != "2025-05-04"));
        // A series that is not drawn is read only so far back as a forecast looks, and looks the same.
        Assert.Equal(Rows(all, Own).Where(r => r[3] == "2025-05-04"), Rows(coming, Own).Where(r => r[3] == "2025-05-04"));
    }

    [Fact]
    public async Task What_sells_rarely_has_no_line_on_a_day_without_a_sale_and_a_row_in_every_week()
    {
        await demo.MustAsync("generate-sales", "--from", "2025-01-06", "--to", "2025-06-29", "--stores", "3", "--items", "3", "--units", "0.3");
        await demo.MustAsync("make", "weekly-sales", "--upstream", "--stage");

        var sold = Rows((await demo.MustAsync("print-rows", "sales")).Lines, ["sales"]);
        Assert.DoesNotContain(sold, r => r[0] == "0");
        Assert.InRange(sold.Count, 175 * 9 / 6, 175 * 9 / 2);
        var weekly = Rows((await demo.MustAsync("print-rows", "weekly-sales")).Lines, ["store", "item", "week", "units"]);
        Assert.All(weekly.GroupBy(r => (r[0], r[1])), weeks => Assert.Equal(Mondays(weeks.Min(r => r[2])!), weeks.Select(r => r[2])));
        Assert.Equal(sold.Sum(r => int.Parse(r[0])), weekly.Sum(r => int.Parse(r[3])));
    }

    static IEnumerable<string> Mondays(string first)
    {
        for (var monday = DateOnly.ParseExact(first, "yyyy-MM-dd"); monday <= new DateOnly(2025, 6, 23); monday = monday.AddDays(7))
            yield return monday.ToString("yyyy-MM-dd");
    }

    async Task<IReadOnlyList<string>> MakeAsync(string asset, int mostDrawn)
    {
        await demo.MustAsync("make", asset, "--upstream", "--stage", "--set", $"demand-series.most-drawn={mostDrawn}");
        return (await demo.MustAsync("print-rows", asset)).Lines;
    }

    static List<string[]> Rows(IReadOnlyList<string> lines, string[] columns)
    {
        var places = columns.Select(c => Array.IndexOf(lines[0].Split(','), c)).ToArray();
        return [.. lines.Skip(1).Select(l => l.Split(',')).Select(cells => places.Select(p => cells[p]).ToArray())];
    }
}
