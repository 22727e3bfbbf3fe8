using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Kumiki.Journeys;

/// <summary>The forecast as programs ask for it: by store, item and week from what was computed for all, with its age, and else from the model; a new release takes over while the server runs.</summary>
public sealed class DemandAnswerJourney
{
    [Fact]
    public async Task A_forecast_is_asked_for_by_store_item_and_week_and_a_new_release_takes_over()
    {
        using var demo = new Demo();
        await demo.SomeSalesAsync();
        await MakeAsync(rounds: 5);
        await demo.MustAsync("release");
        var forecasts = await RowsAsync("demand-forecasts");
        var upcoming = await RowsAsync("upcoming-demand");
        using var server = demo.Start([], ["serve", "--port", "0"]);
        using var http = new HttpClient { BaseAddress = new(Regex.Match(await server.LineAsync("http://"), @"http://\S+").Value) };

        // Every forecast, as it was written down.
        Assert.Equal(32, forecasts.Count);
        foreach (var row in forecasts)
        {
            var found = await AskAsync(http, row);
            Assert.Equal((Number(row, "prediction"), Number(row, "lower"), Number(row, "upper")), ((float)found["answer"]!, (float)found["lower"]!, (float)found["upper"]!));
            Assert.Equal(("demand-forecasts@1", false, "demand-answer@1", 1),
                ((string)found["precomputed"]!["version"]!, (bool)found["precomputed"]!["stale"]!, (string)found["endpoint"]!, (int)found["release"]!));
            Assert.Equal((row["store"], row["week"], "demand-model@1"),
                ((string)found["precomputed"]!["row"]!["store"]!, (string)found["precomputed"]!["row"]!["week"]!, (string)found["precomputed"]!["row"]!["model"]!));
            Assert.InRange((double)found["precomputed"]!["age_seconds"]!, 0, 3600);
        }

        // A week that nobody forecast: known by its whole row alone, of which the model says what it said of the week that it was taken from.
        var coming = upcoming.Where(r => r["units"].Length == 0).ToList();
        Assert.Equal(forecasts.Count, coming.Count);
        foreach (var row in coming.Take(4))
        {
            var said = forecasts.Single(f => f["store"] == row["store"] && f["item"] == row["item"] && f["week"] == row["week"]);
            var far = new Dictionary<string, string>(row) { ["week"] = DateOnly.Parse(row["week"], CultureInfo.InvariantCulture).AddDays(700).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) };
            using var none = await http.GetAsync(Query(far));
            Assert.Equal(404, (int)none.StatusCode);
            using var response = await http.PostAsync("/api/endpoints/demand-answer/precomputed", new StringContent(Json(far), Encoding.UTF8, "application/json"));
            var asked = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            Assert.True(response.IsSuccessStatusCode, asked.ToString());
            Assert.Equal("demand-model@1", (string)asked["model"]!);
            Assert.Equal(Number(said, "prediction"), (float)asked["answer"]!, 0.001);     // the row was printed with ten digits behind the point
        }

        await MakeAsync(rounds: 10);
        await demo.MustAsync("release");
        var newer = await RowsAsync("demand-forecasts");
        Assert.NotEqual(forecasts.Select(r => r["prediction"]), newer.Select(r => r["prediction"]));
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((int)(await AskAsync(http, newer[0]))["release"]! == 1) await Task.Delay(50, limit.Token);
        foreach (var row in newer)
        {
            var found = await AskAsync(http, row);
            Assert.Equal((Number(row, "prediction"), "demand-forecasts@2", "demand-answer@2", 2),
                ((float)found["answer"]!, (string)found["precomputed"]!["version"]!, (string)found["endpoint"]!, (int)found["release"]!));
        }
        await server.SignalAsync("TERM");
        Assert.Equal(0, (await server.EndAsync()).Code);

        async Task MakeAsync(int rounds)
        {
            string[] set = ["--upstream", "--stage", "--set", $"demand-model.rounds={rounds}"];
            await demo.MustAsync(["make", "demand-forecasts", .. set]);
            await demo.MustAsync(["make", "demand-answer", .. set]);
        }

        async Task<List<Dictionary<string, string>>> RowsAsync(string dataset)
        {
            var lines = (await demo.MustAsync("print-rows", dataset)).Lines;
            var head = lines[0].Split(',');
            return [.. lines.Skip(1).Select(l => head.Zip(l.Split(',')).ToDictionary(c => c.First, c => c.Second))];
        }
    }

    static string Query(Dictionary<string, string> row) =>
        $"/api/endpoints/demand-answer/precomputed?store={Uri.EscapeDataString(row["store"])}&item={Uri.EscapeDataString(row["item"])}&week={row["week"]}";

    static async Task<JsonNode> AskAsync(HttpClient http, Dictionary<string, string> row)
    {
        using var response = await http.GetAsync(Query(row));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonNode.Parse(body)!;
    }

    /// <summary>The model's own floats, which ten digits behind the point tell apart.</summary>
    static float Number(Dictionary<string, string> row, string column) => float.Parse(row[column], CultureInfo.InvariantCulture);

    static string Json(Dictionary<string, string> row) => JsonSerializer.Serialize(row.Where(c => c.Value.Length > 0)
        .ToDictionary(c => c.Key, c => double.TryParse(c.Value, CultureInfo.InvariantCulture, out var number) ? (object)number : c.Value));
}
