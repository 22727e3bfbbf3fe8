using System.Globalization;
using System.Text.Json.Nodes;
using Kumiki.Making;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>What boards answer, against sales that are known to the bottle.</summary>
public sealed class BoardTests(BoardWorld world) : IClassFixture<BoardWorld>
{
    [Fact]
    public async Task The_list_names_each_board_that_can_be_drawn_and_the_graph_says_of_the_other_why_not()
    {
        var list = await world.GetAsync("api/boards");
        var graph = await world.GetAsync("api/graph");

        Assert.Equal(["bare-board", "crowd-board", "empty-board", "shop-board"], list["boards"]!.AsArray().Select(b => (string)b!["name"]!));
        var note = Assert.Single(graph["findings"]!.AsArray(), f => (string)f!["rule"]! == "view")!;
        Assert.Equal(("note", "keyless-board names 0 keys; name 1 to 4 with By, such as By(r => r.Store)."), ((string)note["severity"]!,
            (string)note["says"]!["text"]!));
        Assert.DoesNotContain(graph["nodes"]!.AsArray(), n => ((string)n!["name"]!).EndsWith("-board", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_board_says_what_it_holds()
    {
        var board = await world.GetAsync("api/boards/shop-board");

        Assert.Equal(("shop-sales@1", "shop-forecasts@2", "shop-errors@1"), ((string)board["versions"]!["actual"]!,
            (string)board["versions"]!["forecasts"]!, (string)board["versions"]!["accuracy"]!));
        Assert.Equal(("2025-01-06", "2025-05-28", 143 * 6), ((string)board["span"]!["from"]!, (string)board["span"]!["to"]!, (int)board["span"]!["rows"]!));
        Assert.Equal([2, 3], board["span"]!["aheads"]!.AsArray().Select(a => (int)a!));
        Assert.Equal(("2025-02-03", "2025-05-19"), ((string)board["span"]!["firstWeek"]!, (string)board["span"]!["lastWeek"]!));
        Assert.Equal((10.0, "bottles"), ((double)board["goal"]!["target"]!, (string)board["goal"]!["unit"]!));
    }

    [Fact]
    public async Task Keys_come_in_order_and_by_a_piece_of_them()
    {
        var all = await world.GetAsync("api/boards/shop-board/keys/store");
        var some = await world.GetAsync("api/boards/shop-board/keys/store?holds=AK&limit=2");
        var first = await world.GetAsync("api/boards/shop-board/keys/store?limit=2");

        Assert.Equal([("kobe", 286), ("nara", 286), ("osaka", 286)], all["values"]!.AsArray().Select(v => ((string)v!["value"]!, (int)v["rows"]!)));
        Assert.Equal(["osaka"], some["values"]!.AsArray().Select(v => (string)v!["value"]!));
        Assert.Equal((2, true), (first["values"]!.AsArray().Count, (bool)first["more"]!));
    }

    [Fact]
    public async Task Sales_are_summed_by_day_week_and_month_and_a_week_that_is_not_over_is_marked()
    {
        var days = await PointsAsync("grain=day&key.store=nara&key.item=tea");
        var weeks = await PointsAsync("grain=week&key.store=nara&key.item=tea");
        var months = await PointsAsync("grain=month&key.store=nara&key.item=tea");
        var bad = await PointsAsync("grain=week&key.store=kobe&from=2025-03-31&to=2025-04-06");

        Assert.Equal(143, days.Count);
        Assert.All(days, d => Assert.Equal((10, true), (d.Value, d.Whole)));
        Assert.Equal([(new DateOnly(2025, 5, 19), 70, true), (new(2025, 5, 26), 30, false)], weeks.Skip(19).Select(w => (w.From, w.Value, w.Whole)));
        Assert.Equal([(new DateOnly(2025, 1, 1), 260, false), (new(2025, 2, 1), 280, true), (new(2025, 3, 1), 310, true), (new(2025, 4, 1), 300, true),
            (new(2025, 5, 1), 280, false)], months.Select(m => (m.From, m.Value, m.Whole)));
        Assert.Equal([140 + 70 - 100 - 50.0], bad.Select(b => b.Value));
    }

    [Fact]
    public async Task Sales_split_by_a_key_sum_to_all_of_them()
    {
        var all = await PointsAsync("grain=week");
        var split = await PointsAsync("grain=week&by=store");

        Assert.Equal(["kobe", "nara", "osaka"], split.Select(p => p.Name!).Distinct().Order());
        Assert.Equal(all.Select(p => (p.From, p.Value)), split.GroupBy(p => p.From).Select(g => (g.Key, g.Sum(p => p.Value))));
    }

    [Fact]
    public async Task Errors_of_one_series_are_those_that_were_planted()
    {
        var rows = await ErrorsAsync("group=row&key.store=osaka&key.item=tea&ahead=2&sort=week&down=false");

        Assert.Equal(16, rows.Count);
        Assert.All(rows, r =>
        {
            Assert.Equal((73.0, 70.0, 3.0, 3.0), (Of(r, "prediction"), Of(r, "actual"), Of(r, "error"), Of(r, "mae")));
            Assert.Equal((63.0, 83.0, 1.0, 0.0), (Of(r, "lower"), Of(r, "upper"), Of(r, "inside"), Of(r, "baseline")));
        });
        Assert.Equal(["osaka", "tea", "2025-02-03"], rows[0]["names"]!.AsArray().Select(n => (string)n!));
        Assert.Equal(("2025-01-26", 2), ((string)rows[0]["knownUntil"]!, (int)rows[0]["ahead"]!));
    }

    [Fact]
    public async Task Grouped_errors_are_worked_out_as_by_hand()
    {
        var store = (await ErrorsAsync("group=store&ahead=2")).ToDictionary(r => (string)r["names"]![0]!);
        var kobe = store["kobe"];
        var week = (await ErrorsAsync("group=week&ahead=2&key.store=kobe"))[0];

        // 32 rows of kobe: 30 are off by 3, tea in the bad week by 103 and juice by 53.
        Assert.Equal(32.0, Of(kobe, "rows"));
        Assert.Equal((30 * 3 + 103 + 53) / 32.0, Of(kobe, "mae")!.Value, 1e-12);
        Assert.Equal((30 * 3 + 103 + 53) / 32.0, Of(kobe, "error")!.Value, 1e-12);
        Assert.Equal(Math.Sqrt((30 * 9 + 103 * 103 + 53 * 53) / 32.0), Of(kobe, "rmse")!.Value, 1e-12);
        Assert.Equal((30 * 3 + 103 + 53) / (16 * 210 - 150.0), Of(kobe, "wape")!.Value, 1e-12);
        Assert.Equal(30 / 32.0, Of(kobe, "inside")!.Value, 1e-12);
        // Two weeks ago is wrong twice: by the bad week, and by the week two weeks after it.
        Assert.Equal((2 * 100 + 2 * 50) / 32.0, Of(kobe, "baseline")!.Value, 1e-12);
        Assert.Equal((3.0, 3.0), (Of(store["nara"], "mae"), Of(store["osaka"], "mae")));
        Assert.Equal("2025-03-31", (string)week["names"]![0]!);
        Assert.Equal(78.0, Of(week, "mae")!.Value, 1e-12);
    }

    [Fact]
    public async Task Tables_are_sorted_and_paged_and_say_how_many_rows_there_are()
    {
        var all = await world.GetAsync("api/boards/shop-board/errors?group=row&sort=mae&limit=1000");
        var first = await world.GetAsync("api/boards/shop-board/errors?group=row&sort=mae&limit=5");
        var next = await world.GetAsync("api/boards/shop-board/errors?group=row&sort=mae&limit=5&offset=5");
        var beyond = await world.GetAsync("api/boards/shop-board/errors?group=row&sort=mae&limit=5&offset=5000");

        Assert.Equal((192, 192, 192), ((int)all["total"]!, (int)first["total"]!, (int)beyond["total"]!));
        Assert.Equal(all["rows"]!.AsArray().Take(10).Select(r => r!.ToJsonString()), first["rows"]!.AsArray().Concat(next["rows"]!.AsArray()).Select(r =>
            r!.ToJsonString()));
        Assert.Equal([106.0, 103, 56, 53], all["rows"]!.AsArray().Take(4).Select(r => (double)r!["mae"]!));
        Assert.Empty(beyond["rows"]!.AsArray());
    }

    [Fact]
    public async Task The_table_comes_as_CSV_whole_and_in_the_same_order()
    {
        using var response = await world.Http.GetAsync("api/boards/shop-board/errors.csv?group=row&sort=mae&ahead=2");
        var lines = (await response.Content.ReadAsStringAsync()).TrimStart('\uFEFF').Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("shop-board-errors-by-row.csv", response.Content.Headers.ContentDisposition!.FileNameStar);
        Assert.StartsWith("store,item,week,rows,actual,prediction,lower,upper,error,mean_absolute_error,", lines[0], StringComparison.Ordinal);
        Assert.Equal(97, lines.Length);
        Assert.Equal("kobe,tea,2025-03-31,1,40,143,133,153,103,103,103,2.575,0,100,2,2025-03-23", lines[1]);
    }

    [Fact]
    public async Task What_changed_since_the_forecasts_before_is_told_of_weeks_that_both_forecast()
    {
        var answer = await world.GetAsync("api/boards/shop-board/changes");
        var changes = answer["changes"]!;
        var rows = changes["rows"]!.AsArray();

        Assert.Equal(("2025-05-25", "2025-05-18", "shop-forecasts@1", 18), ((string)changes["now"]!, (string)changes["before"]!,
            (string)changes["beforeVersion"]!, (int)changes["total"]!));
        Assert.Equal(("osaka", "tea", "2025-06-02"), ((string)rows[0]!["names"]![0]!, (string)rows[0]!["names"]![1]!, (string)rows[0]!["week"]!));
        Assert.Equal((70.0, 90.0, 20.0, 20 / 70.0), ((double)rows[0]!["before"]!, (double)rows[0]!["now"]!, (double)rows[0]!["change"]!,
            (double)rows[0]!["share"]!));
        Assert.All(rows.Skip(1), r => Assert.Equal(0, (double)r!["change"]!));
        Assert.Equal(20, (double)changes["nowSum"]! - (double)changes["beforeSum"]!, 1e-9);
    }

    [Fact]
    public async Task Forecasts_by_week_go_on_into_the_weeks_to_come_and_only_a_single_series_has_an_interval()
    {
        var one = (await world.GetAsync("api/boards/shop-board/forecasts?key.store=osaka&key.item=tea&ahead=2"))["weeks"]!.AsArray();
        var all = (await world.GetAsync("api/boards/shop-board/forecasts?ahead=2"))["weeks"]!.AsArray();

        Assert.Equal(16 + 4, one.Count);
        Assert.Equal((73.0, 63.0, 83.0, 70.0), ((double)one[15]!["prediction"]!, (double)one[15]!["lower"]!, (double)one[15]!["upper"]!,
            (double)one[15]!["actual"]!));
        Assert.Equal(("2025-06-02", 90.0, null), ((string)one[17]!["week"]!, (double)one[17]!["prediction"]!, (double?)one[17]!["actual"]));
        Assert.Equal((6, null, 420.0, 438.0), ((int)all[15]!["series"]!, (double?)all[15]!["lower"], (double)all[15]!["actual"]!,
            (double)all[15]!["prediction"]!));
    }

    [Fact]
    public async Task The_goals_figure_stands_beside_its_target_week_by_week()
    {
        var goal = await world.GetAsync("api/boards/shop-board/goal?ahead=2");
        var weeks = goal["weeks"]!.AsArray();

        Assert.Equal(("shop-goal", "mae", "bottles", 10.0, 15), ((string)goal["asset"]!, (string)goal["figure"]!, (string)goal["unit"]!,
            (double)goal["target"]!, (int)goal["held"]!));
        Assert.Equal(16, weeks.Count);
        Assert.Equal([("2025-03-31", (4 * 3 + 103 + 53) / 6.0)], weeks.Where(w => (double)w!["value"]! > 10).Select(w => ((string)w!["week"]!,
            (double)w["value"]!)));
    }

    [Fact]
    public async Task Without_accuracy_forecasts_are_held_against_the_sums_of_the_rows()
    {
        var rows = (await world.GetAsync("api/boards/bare-board/errors?group=store"))["rows"]!.AsArray();
        var board = await world.GetAsync("api/boards/bare-board");

        Assert.Equal([("kobe", 32, (30 * 3 + 103 + 53) / 32.0), ("nara", 32, 3.0), ("osaka", 32, 3.0)], rows.Select(r => ((string)r!["names"]![0]!,
            (int)r["rows"]!, Math.Round((double)r["mae"]!, 10))));
        Assert.All(rows, r => Assert.Equal((null, null), ((double?)r!["inside"], (double?)r["baseline"])));
        Assert.Equal((false, false), ((bool)board["span"]!["hasInterval"]!, (bool)board["span"]!["hasBaseline"]!));
    }

    [Theory]
    [InlineData("api/boards/nope", 404, "board.no-board")]
    [InlineData("api/boards/shop-board/keys/colour", 400, "board.bad-key")]
    [InlineData("api/boards/shop-board/errors?key.colour=red", 400, "board.bad-key")]
    [InlineData("api/boards/shop-board/errors?group=colour", 400, "board.bad-choice")]
    [InlineData("api/boards/shop-board/errors?sort=mae;DROP", 400, "board.bad-choice")]
    [InlineData("api/boards/shop-board/actuals?grain=year", 400, "board.bad-choice")]
    [InlineData("api/boards/shop-board/actuals?from=31.3.2025", 400, "board.bad-day")]
    [InlineData("api/boards/shop-board/errors?ahead=two", 400, "serve.bad-number")]
    [InlineData("api/boards/shop-board/errors?use=mine", 400, "board.bad-choice")]
    [InlineData("api/boards/empty-board/actuals", 503, "board.no-rows")]
    [InlineData("api/boards/empty-board/forecasts", 503, "board.no-forecasts")]
    public async Task What_cannot_be_answered_is_refused_in_one_sentence(string path, int status, string id)
    {
        var refused = await world.RefusedAsync(path);

        Assert.Equal((status, id), (refused.Status, refused.Id));
        Assert.EndsWith(".", refused.Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_somebody_writes_is_a_value_and_never_SQL()
    {
        var rows = await ErrorsAsync($"group=row&key.store={Uri.EscapeDataString("kobe' OR '1'='1")}");

        Assert.Empty(rows);
    }

    [Fact]
    public void A_board_whose_asset_is_not_in_the_project_is_noted_and_keeps_nothing_from_being_made()
    {
        var project = new Project();
        project.Add<ShopSales>().Add(typeof(ShopBoard));
        var graph = ProjectGraph.Build(project);

        Assert.True(graph.IsSound);
        Assert.Empty(graph.Views);
        Assert.Equal("shop-board asks for 'forecasts', and the project has no single asset of the class ShopForecasts; add it to the project, or ask for another.", Assert.Single(graph.Findings).Says.In("en"));
    }

    sealed record Point(DateOnly From, string? Name, double Value, bool Whole);

    async Task<List<Point>> PointsAsync(string query) =>
        [.. (await world.GetAsync($"api/boards/shop-board/actuals?{query}"))["points"]!.AsArray().Select(p => new Point(DateOnly.Parse((string)p!["from"]!,
            CultureInfo.InvariantCulture), (string?)p["name"], (double)p["value"]!, (bool)p["whole"]!))];

    async Task<List<JsonNode>> ErrorsAsync(string query) =>
        [.. (await world.GetAsync($"api/boards/shop-board/errors?{query}&limit=1000"))["rows"]!.AsArray().Select(r => r!)];

    static double? Of(JsonNode row, string name) => (double?)row[name];
}
