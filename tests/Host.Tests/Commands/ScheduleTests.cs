using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kumiki.Journeys;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Commands;

/// <summary>The demo's weekly schedule as a person and a server run it.</summary>
public sealed class ScheduleTests : IDisposable
{
    const string Weekly = "weekly-forecast";
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    readonly Demo demo = new();

    public void Dispose() => demo.Dispose();

    static readonly string[] Stores = ["asahikawa", "chiba", "fukuoka", "kobe", "morioka", "nagoya"];
    static readonly string[] Items = ["apple-juice", "barley-tea", "beer", "coffee", "fruit-juice", "green-tea"];

    /// <summary>Sales of which a model learns enough to be released.</summary>
    Task SalesAsync() => demo.MustAsync("generate-sales", "--from", "2024-01-01", "--to", "2025-09-07", "--stores", "6", "--items", "6");

    /// <summary>Lets a time of the schedule have come, as it would on a Monday.</summary>
    async Task DueAsync()
    {
        await using var data = DataFolder.Open(demo.PathOf(".kumiki"), TimeProvider.System);
        var kept = await data.Metadata.KeepScheduleAsync(Weekly, default);
        Assert.NotNull(await data.Metadata.PlanOccurrenceAsync(Weekly, kept.Considered, kept.Considered.AddTicks(1), kept.Considered, OccurrenceCause.Due, 0,
            default));
    }

    /// <summary>Lets the schedule have been seen weeks ago.</summary>
    async Task SeenAsync(int weeksAgo)
    {
        await using var data = DataFolder.Open(demo.PathOf(".kumiki"), new Earlier(TimeSpan.FromDays(7 * weeksAgo)));
        await data.Metadata.KeepScheduleAsync(Weekly, default);
    }

    sealed class Earlier(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - by;
    }

    /// <summary>Twenty weeks in which each day's sales are those of two weeks before: no model beats that guess.</summary>
    void Calm()
    {
        var lines = new List<string> { "date,store,item,sales,total_sales_amount" };
        for (var day = new DateOnly(2025, 9, 8); day < new DateOnly(2026, 1, 26); day = day.AddDays(1))
            foreach (var (s, store) in Stores.Index())
                foreach (var (i, item) in Items.Index())
                    lines.Add(string.Create(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd},{store},{item},{200 + 90 * s + 37 * i},{(200 + 90 * s + 37 * i) * 100}"));
        demo.Sales(string.Join('\n', lines) + "\n", "calm.csv");
    }

    async Task<string> ProductionAsync() => string.Join(' ', (await demo.JsonAsync("show")).EnumerateArray()
        .Where(a => a.TryGetProperty("production", out var live) && live.ValueKind == JsonValueKind.Number)
            .Select(a => $"{a.GetProperty("asset").GetString()}@{a.GetProperty("production").GetInt32()}"));

    [Fact]
    public async Task Week_by_week_the_good_goes_live_the_bad_keeps_the_old_release_and_late_data_are_said()
    {
        await SalesAsync();
        await SeenAsync(weeksAgo: 5);

        // The server was off for five weeks: the newest Monday is made up for, the others are counted.
        var first = await demo.MustAsync("schedules", "run", Weekly);
        Assert.Contains($"{Weekly} #1, due ", first.Out, StringComparison.Ordinal);
        Assert.Contains("release 1 is live: ", first.Lines[^1], StringComparison.Ordinal);
        var live = await ProductionAsync();
        Assert.Contains("demand-model@1", live, StringComparison.Ordinal);
        var status = (await demo.JsonAsync("schedules"))[0];
        Assert.Equal(("Released", "CaughtUp"),
            (status.GetProperty("last").GetProperty("state").GetString(), status.GetProperty("last").GetProperty("cause").GetString()));
        Assert.InRange(status.GetProperty("last").GetProperty("missed").GetInt32(), 3, 4);

        // A model that does not beat the guess of two weeks ago: NO-GO, and the old one forecasts the new weeks.
        Calm();
        await DueAsync();
        var bad = await demo.RunAsync("schedules", "run", Weekly);
        Assert.Equal(1, bad.Code);
        Assert.StartsWith($"NO-GO for {Weekly}, and release 1 stays: demand-model@2: ", bad.Error, StringComparison.Ordinal);
        var shown = await demo.MustAsync("schedules");
        Assert.Contains("#2 NO-GO", shown.Out, StringComparison.Ordinal);
        Assert.Contains($"✗ ", shown.Lines[^1], StringComparison.Ordinal);
        Assert.Contains("NO-GO for weekly-forecast, and release 1 stays", shown.Lines[^1], StringComparison.Ordinal);
        Assert.Contains("demand-model@1", await ProductionAsync(), StringComparison.Ordinal);
        Assert.Equal("sales@1 weekly-demand@1", string.Join(' ', (await ProductionAsync()).Split(' ').Where(v => v is "sales@1" or "weekly-demand@1")));
        var history = (await demo.JsonAsync("schedules", "history", Weekly))[0];
        Assert.Equal("made from production", history.GetProperty("progress").GetProperty("steps").EnumerateArray().Last().GetProperty("says")
            .GetProperty("text").GetString()![..20]);
        Assert.True(history.GetProperty("progress").GetProperty("afterwards").GetArrayLength() > 0);

        // Next Monday nothing has come.
        await DueAsync();
        var late = await demo.RunAsync("schedules", "run", Weekly);
        Assert.Equal(1, late.Code);
        Assert.Contains("stopped before training, and release 2 stays: sales holds nothing new since sales@2 of ", late.Error, StringComparison.Ordinal);
        Assert.Equal(["stopped", "NO-GO", "released"], (await demo.MustAsync("schedules", "history", Weekly)).Lines.Skip(1)
            .Select(l => l.Split("  ", StringSplitOptions.RemoveEmptyEntries)[2].Trim()));
    }

    [Fact]
    public async Task A_server_runs_what_is_asked_for_each_making_in_a_process_of_its_own_and_a_killed_one_is_taken_up()
    {
        await SalesAsync();
        using var limit = new CancellationTokenSource(Patience);
        using (var first = demo.Start([], ["serve", "--port", "0"]))
        {
            using var http = new HttpClient { BaseAddress = Address(await first.LineAsync("http://127.0.0.1:")) };
            using var asked = await http.PostAsJsonAsync($"api/schedules/{Weekly}/run", new { }, limit.Token);
            Assert.Equal(System.Net.HttpStatusCode.Accepted, asked.StatusCode);
            await UntilAsync(http, o => (string)o["state"]! == "running", limit.Token);
            await first.SignalAsync("KILL");
            Assert.Equal(137, (await first.EndAsync()).Code);
        }

        using var second = demo.Start([], ["serve", "--port", "0"]);
        using var again = new HttpClient { BaseAddress = Address(await second.LineAsync("http://127.0.0.1:")) };
        var one = await UntilAsync(again, o => o["ended"] is not null, limit.Token);
        await second.SignalAsync("TERM");
        var said = await second.EndAsync();

        Assert.Equal((1, "released", 2, 1), ((int)one["number"]!, (string)one["state"]!, (int)one["attempt"]!, (int)one["release"]!));
        Assert.Equal(0, said.Code);
        Assert.Contains($"{Weekly} #1 Released: release 1 is live: ", said.Error, StringComparison.Ordinal);
        Assert.DoesNotContain((await demo.JsonAsync("runs")).EnumerateArray(), r => r.GetProperty("state").GetString() == "Running");
        Assert.Contains("schedule weekly-forecast #1", (await demo.JsonAsync("runs", "demand-model"))[0].GetProperty("plan").GetProperty("notes")
            .EnumerateArray().Select(n => n.GetString()));
    }

    static Uri Address(string line) => new(line[line.IndexOf("http", StringComparison.Ordinal)..].Split(' ')[0]);

    /// <summary>Follows the stream of changes until the newest occurrence is as wanted.</summary>
    static async Task<JsonNode> UntilAsync(HttpClient http, Func<JsonNode, bool> wanted, CancellationToken stop)
    {
        using var changes = new StreamReader(await http.GetStreamAsync("api/changes", stop));
        while (await changes.ReadLineAsync(stop) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            var newest = JsonNode.Parse(await http.GetStringAsync($"api/schedules/{Weekly}/occurrences?limit=1", stop))!["occurrences"]!.AsArray();
            if (newest.Count > 0 && wanted(newest[0]!)) return newest[0]!;
        }
        throw new EndOfStreamException("The stream of changes ended.");
    }

    [Fact]
    public async Task Killed_at_a_durable_step_the_next_run_takes_it_up_and_releases_once()
    {
        await SalesAsync();
        using var whole = await demo.CopyAsync();
        var unharmed = await whole.RunAsync([("KUMIKI_STEPS", whole.PathOf("steps"))], ["schedules", "run", Weekly]);
        Assert.True(unharmed.Code == 0, unharmed.ToString());
        var steps = (await File.ReadAllLinesAsync(whole.PathOf("steps"))).Length;
        var killed = 0;

        // The last ones are the release, what comes after it, and the end.
        foreach (var at in (int[])[steps / 2, steps - 12, steps - 7, steps - 3])
        {
            using var copy = await demo.CopyAsync();
            var dead = await copy.RunAsync([("KUMIKI_KILL_AT", at.ToString(CultureInfo.InvariantCulture))], ["schedules", "run", Weekly]);
            if (dead.Code == 137) killed++;
            var again = await copy.RunAsync("schedules", "run", Weekly);

            Assert.True(again.Code == 0, $"killed at {at} of {steps}: {again}");
            Assert.Equal(1, await LiveAsync(copy));
            var ended = (await copy.JsonAsync("schedules", "history", Weekly)).EnumerateArray().Select(o => o.GetProperty("state").GetString()).ToList();
            Assert.Contains("Released", ended);
            Assert.All(ended, state => Assert.Contains(state, (string[])["Released", "Unchanged"]));
            Assert.Equal(JsonSerializer.Serialize(await whole.JsonAsync("show")), JsonSerializer.Serialize(await copy.JsonAsync("show")));
        }
        Assert.True(killed >= 3, $"{killed} kills hit it before its end.");

        // A candidate that never switched may be left beside the one that did.
        static async Task<int> LiveAsync(Demo copy) => (await copy.JsonAsync("history")).EnumerateArray()
            .Count(r => r.TryGetProperty("liveAt", out var at) && at.ValueKind == JsonValueKind.String);
    }
}
