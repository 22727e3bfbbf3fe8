using System.Globalization;
using System.Text;
using Xunit;

namespace Kumiki.Journeys;

/// <summary>Sales that come in pieces, late, twice, corrected and wrong: what is right goes on, and each fault is one sentence.</summary>
public sealed class SalesRegistrationTests : IDisposable
{
    const string Header = "date,day_of_week,week_of_year,store,item,sales,total_sales_amount\n";

    readonly Demo demo = new();

    public void Dispose() => demo.Dispose();

    [Fact]
    public async Task Files_may_overlap_correct_each_other_and_hold_faults_and_the_rest_goes_on()
    {
        // Three weeks around a new year: 2020-W52, 2020-W53 and 2021-W01.
        demo.Masters("id,name,region\n1,north,east\n2,south,nowhere\n", "stores.csv");
        demo.Masters("id,name\n1,east\n", "regions.csv");
        demo.Masters("id,name\n1,tea\n", "items.csv");
        demo.Masters("id,item_name,price,applied_from,applied_to\n1,tea,100,2020-01-01,2099-12-31\n2,tea,90,2021-01-04,2021-01-10\n", "item_prices.csv");
        demo.Sales(Header + Days(new(2020, 12, 21), new(2021, 1, 3), _ => 10), "sales_1.csv");
        // The newest week, which overlaps; a correction on 12-30; two lines for one day; a store and an item nobody knows; too many, too few and none; a day
        // missing in the south.
        demo.Sales(Header + Days(new(2020, 12, 28), new(2021, 1, 10), day => day == new DateOnly(2020, 12, 30) ? 12 : 10, skip: (new(2021, 1, 7), "south"))
            + "2021-01-02,SAT,53,north,tea,11,1100\n2021-01-05,TUE,1,atlantis,tea,1,100\n2021-01-05,TUE,1,north,coffee,1,100\n2021-01-11,MON,2,north,tea,-3,0\n2021-01-11,MON,2,south,tea,,0\n"
            + "2021-01-12,TUE,2,south,tea,99999,100\n", "sales_2.csv");

        var said = await demo.MustAsync("make", "sales-findings", "--upstream", "--stage");
        await demo.MustAsync("make", "weekly-sales", "--upstream", "--stage");

        string[] sentences =
        [
            "  sales: column sales is outside [0, 100000] (rows kept aside: 1).", "  sales: column sales is missing where int is needed (rows kept aside: 1).",
            "  Sales of 99999 of tea in south on 2021-01-12 are more than fifty times its usual day (10.0): the line is kept out; correct it.",
            "  The file sales_2.csv says two things of tea in north on 2021-01-02: both lines are kept out; leave the right one.",
            "  The file sales_2.csv corrects what earlier files said (days, stores and items: 2, from 2020-12-30 on); what they said is kept in the sales.",
            "  The store south has no sales from 2021-01-07 to 2021-01-07 (days: 1): they count as closed; load what is missing if it was open.",
            "  The item tea has two prices from 2021-01-04 on, 100.0000 and 90.0000 (days: 7): the one that began later holds, of two that began together the higher; correct their days.",
            "  The item coffee is not among the items: its lines (1, from 2021-01-05 on) are kept out; add it to the items, or correct the files.",
            "  The store south is in the region nowhere, which is not among the regions; add it there, or correct the store.",
            "  The store atlantis is not among the stores: its lines (1, from 2021-01-05 on) are kept out; add it to the stores, or correct the files.",
        ];
        foreach (var sentence in sentences) Assert.Contains(sentence, said.Lines);
        Assert.Contains(" が食い違う 2 行以上あります。", (await demo.MustAsync("print-rows", "sales-findings")).Out, StringComparison.Ordinal);

        // A new year: the last days of 2020 and the first of 2021 are one week, of 2020. A missing day is no fall: 60 in six days are a rate of 70.
        Assert.Equal(
        [
            "week,store,item,iso_year,iso_week,units,open_days,rate",
            "2020-12-21,north,tea,2020,52,70,7,70", "2020-12-21,south,tea,2020,52,70,7,70", "2020-12-28,north,tea,2020,53,72,7,72",
                "2020-12-28,south,tea,2020,53,72,7,72",
            "2021-01-04,north,tea,2021,1,70,7,70", "2021-01-04,south,tea,2021,1,60,6,70",
        ], (await demo.MustAsync("print-rows", "weekly-sales")).Lines);
        // What was known then: both statements are there, each with its file.
        var corrected = (await demo.MustAsync("print-rows", "sales")).Lines.Where(l => l.StartsWith("2020-12-30,north,", StringComparison.Ordinal));
        Assert.Equal(["2020-12-30,north,tea,10,1000.0000,sales_1.csv", "2020-12-30,north,tea,12,1200.0000,sales_2.csv"],
            corrected.Order(StringComparer.Ordinal));

        // The same file once more changes nothing of what was sold; nor does a late one with days that are known.
        File.Copy(demo.PathOf("data/sales/sales_2.csv"), demo.PathOf("data/sales/sales_3.csv"));
        demo.Sales(Header + Days(new(2020, 12, 23), new(2020, 12, 24), _ => 10), "sales_0_late.csv");
        await demo.MustAsync("make", "weekly-sales", "--upstream", "--stage");

        Assert.Equal(await RowsAsync("weekly-sales@1"), await RowsAsync("weekly-sales@2"));

        async Task<string> RowsAsync(string version) => (await demo.JsonAsync("show", version)).GetProperty("version").GetProperty("files").EnumerateArray()
            .Single(f => f.GetProperty("path").GetString()!.StartsWith("rows/", StringComparison.Ordinal)).GetProperty("content").GetString()!;
    }

    [Fact]
    public async Task Prices_that_hold_later_closed_stores_and_days_of_the_calendar_are_known_to_the_forecast()
    {
        await demo.MustAsync("generate-sales", "--from", "2024-01-01", "--to", "2025-06-29", "--stores", "4", "--items", "4", "--breaks", "0");
        demo.Masters("store,closed_from,closed_to\nasahikawa,2025-07-07,\nchiba,2025-06-30,2025-07-02\n", "closures.csv");

        await demo.MustAsync("make", "upcoming-demand", "--upstream", "--stage");

        var lines = (await demo.MustAsync("print-rows", "upcoming-demand")).Lines;
        var head = lines[0].Split(',').Index().ToDictionary(c => c.Item, c => c.Index);
        var rows = lines.Skip(1).Select(l => l.Split(',')).Where(r => r[head["units"]].Length == 0).ToList();
        // After the last Sunday a store that closes for good is forecast until it does.
        Assert.Equal(["2025-06-30"], rows.Where(r => r[head["store"]] == "asahikawa").Select(r => r[head["week"]]).Distinct());
        Assert.Equal(8, rows.Where(r => r[head["store"]] == "chiba").Select(r => r[head["week"]]).Distinct().Count());
        // Four of seven days: what is usual is four sevenths of the next week's, but for the season.
        double Usual(string week) => rows.Where(r => r[head["store"]] == "chiba" && r[head["week"]] == week).Sum(r => double.Parse(r[head["usual"]],
            CultureInfo.InvariantCulture));
        Assert.InRange(Usual("2025-06-30") / Usual("2025-07-07"), 0.45, 0.7);
        // An offer comes in one week of eight, a fifth cheaper.
        var offers = rows.Count(r => r[head["price_change"]] is { Length: > 0 } change && double.Parse(change, CultureInfo.InvariantCulture) < -0.2);
        Assert.InRange(offers / (double)rows.Count, 0.08, 0.2);
        // 13 to 15 August are holidays.
        Assert.All(rows.Where(r => r[head["week"]] == "2025-08-11"), r => Assert.True(int.Parse(r[head["special_days"]], CultureInfo.InvariantCulture) >= 3));
        Assert.All(rows, r => Assert.Equal("2025-06-29", r[head["known_until"]]));
    }

    static string Days(DateOnly from, DateOnly to, Func<DateOnly, int> units, (DateOnly Day, string Store)? skip = null)
    {
        var text = new StringBuilder();
        for (var day = from; day <= to; day = day.AddDays(1))
            foreach (var store in (string[])["north", "south"])
                if (skip != (day, store)) text.Append(CultureInfo.InvariantCulture,
                    $"{day:yyyy-MM-dd},{day.DayOfWeek.ToString()[..3].ToUpperInvariant()},{ISOWeek.GetWeekOfYear(day.ToDateTime(default))},{store},tea,{units(day)},{units(day) * 100}\n");
        return text.ToString();
    }
}
