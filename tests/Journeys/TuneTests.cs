using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Kumiki.Journeys;

/// <summary>Made-up sales with what a model is tuned on staged, and what a study of it comes to when nobody disturbs it.</summary>
public sealed class TunedDemand : IAsyncLifetime
{
    internal static readonly string[] Study =
        ["tune", "demand-model", "--trials", "12", "--search", "rounds=20..60", "depth=2..5", "learning-rate=0.05..0.3:log", "--parallel", "2"];

    internal Demo Demo { get; } = new();

    internal JsonElement Undisturbed { get; private set; }

    internal string Content { get; private set; } = "";

    internal int Steps { get; private set; }

    internal TimeSpan Took { get; private set; }

    public async Task InitializeAsync()
    {
        await Demo.SomeSalesAsync();
        await Demo.MustAsync("make", "weekly-demand", "--upstream", "--stage");
        await Demo.MustAsync("make", "demand-goal", "--stage");
        using var copy = await Demo.CopyAsync();
        var started = Stopwatch.GetTimestamp();
        var said = await copy.RunAsync([("KUMIKI_STEPS", copy.PathOf("steps"))], [.. Study, "--json"]);
        Took = Stopwatch.GetElapsedTime(started);
        Assert.True(said.Code == 0, said.ToString());
        Undisturbed = JsonDocument.Parse(said.Out).RootElement.Clone();
        Steps = File.ReadAllLines(copy.PathOf("steps")).Length;
        Content = await ContentAsync(copy);
    }

    internal static async Task<string> ContentAsync(Demo demo) => (await demo.JsonAsync("show", "demand-model")).GetProperty("versions")[0].GetProperty("content").GetString()!;

    public Task DisposeAsync()
    {
        Demo.Dispose();
        return Task.CompletedTask;
    }
}

public sealed class TuneTests(TunedDemand tuned) : IClassFixture<TunedDemand>
{
    static List<(int Number, string Parameters, double Figure)> Trials(JsonElement study) =>
        [.. study.GetProperty("trials").EnumerateArray().Select(t => (t.GetProperty("number").GetInt32(), Parameters(t.GetProperty("parameters")), t.GetProperty("figure").GetDouble()))];

    static string Parameters(JsonElement parameters) => string.Join(' ', parameters.EnumerateObject().Select(p => $"{p.Name}={p.Value}").Order(StringComparer.Ordinal));

    static async Task<List<(string Run, string State)>> RunsAsync(Demo demo) =>
        [.. (await demo.JsonAsync("runs", "demand-model", "--limit", "100")).EnumerateArray().Select(r => (r.GetProperty("id").GetString()!, r.GetProperty("state").GetString()!))];

    [Fact]
    public async Task Nested_outer_folds_say_what_the_search_is_worth_and_the_version_remembers_it()
    {
        using var demo = await tuned.Demo.CopyAsync();
        string[] study = ["tune", "demand-model", "--trials", "2", "--search", "rounds=20..40", "--nested", "2"];

        var said = await demo.MustAsync(study);

        Assert.Contains(said.Lines, l => l.StartsWith("  outer fold 2 of 2: mae ", StringComparison.Ordinal));
        Assert.Contains(said.Lines, l => l.StartsWith("The search is worth mae ", StringComparison.Ordinal) && l.Contains("2 outer folds",
            StringComparison.Ordinal));
        var notes = (await demo.JsonAsync("show", "demand-model@1")).GetProperty("run").GetProperty("plan").GetProperty("notes");
        Assert.Matches(@"^mae [\d.]+ ± [\d.E-]+ over 2 outer folds$", notes[1].GetString());
        Assert.Equal(2 + 2 * (2 + 1), (await RunsAsync(demo)).Count(r => r.State == "Tried"));

        var nested = JsonDocument.Parse((await demo.MustAsync([.. study, "--json"])).Out).RootElement.GetProperty("nested");
        var folds = nested.GetProperty("folds").EnumerateArray().ToList();
        Assert.All(folds, f => Assert.True(f.GetProperty("before").GetBoolean()));
        Assert.Equal(folds.Average(f => f.GetProperty("figure").GetDouble()), nested.GetProperty("mean").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task The_best_trial_becomes_an_ordinary_version_and_the_screen_says_what_its_figure_is_worth()
    {
        using var demo = await tuned.Demo.CopyAsync();
        var said = await demo.MustAsync([.. TunedDemand.Study, "--stage"]);

        var best = Trials(tuned.Undisturbed)[0];
        var version = await demo.JsonAsync("show", "demand-model@1");
        Assert.Matches(@"^  Study [0-9a-f]{12} of demand-model: 12 trials by random over depth=2\.\.5 learning-rate=0\.05\.\.0\.3:log rounds=20\.\.60, judged by mae on validation rows\.$", said.Lines[0]);
        Assert.Contains("12 trials ended: 0 from before, 0 failed.", said.Lines);
        Assert.Contains(said.Lines, l => l.StartsWith("✓ demand-model@1 made by run-", StringComparison.Ordinal));
        Assert.Contains(said.Lines, l => l.Contains("is measured on the rows the parameters were chosen by, so expect less of new rows; the test rows took no part, and demand-model@1 has on them: coverage.test ", StringComparison.Ordinal));
        Assert.Contains("Staged: demand-model@1", said.Lines);
        Assert.Equal($"{best.Parameters} test-weeks=8 validation-weeks=8", Parameters(version.GetProperty("run").GetProperty("plan").GetProperty("parameters")));
        Assert.StartsWith("best of study ", version.GetProperty("run").GetProperty("plan").GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(12, (await RunsAsync(demo)).Count(r => r.State == "Tried"));
        Assert.Contains("  mae=", (await demo.MustAsync("show", (await RunsAsync(demo))[^1].Run)).Out, StringComparison.Ordinal);

        // Again: nothing is tried and nothing is made.
        var again = JsonDocument.Parse((await demo.MustAsync([.. TunedDemand.Study, "--json"])).Out).RootElement;
        Assert.All(again.GetProperty("trials").EnumerateArray(), t => Assert.True(t.GetProperty("before").GetBoolean()));
        Assert.Equal(("reused", "demand-model@1"), (again.GetProperty("end").GetProperty("end").GetString(), again.GetProperty("end").GetProperty("version").GetString()));
    }

    [Theory]
    [InlineData(0.15)]
    [InlineData(0.3)]
    [InlineData(0.5)]
    [InlineData(0.7)]
    [InlineData(0.95)]
    public Task A_study_killed_at_a_durable_step_loses_no_ended_trial_and_comes_to_the_same(double share) =>
        KilledAsync(async demo => await demo.RunAsync([("KUMIKI_KILL_AT", $"{Math.Max(1, (int)(share * tuned.Steps))}")], TunedDemand.Study));

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.75)]
    public Task A_study_killed_from_outside_loses_no_ended_trial_and_comes_to_the_same(double share) => KilledAsync(async demo =>
    {
        using var running = demo.Start([], TunedDemand.Study);
        var end = running.EndAsync();
        await Task.WhenAny(end, Task.Delay(tuned.Took * share));
        await running.SignalAsync("KILL");
        return await end;
    });

    async Task KilledAsync(Func<Demo, Task<Said>> kill)
    {
        using var demo = await tuned.Demo.CopyAsync();
        var killed = await kill(demo);
        Assert.True(killed.Code is 137 or 0, killed.ToString());
        var kept = (await RunsAsync(demo)).Where(r => r.State == "Tried").Select(r => r.Run).Order().ToList();
        Assert.DoesNotContain(await RunsAsync(demo), r => r.State == "Running");

        var again = JsonDocument.Parse((await demo.MustAsync([.. TunedDemand.Study, "--json"])).Out).RootElement;

        Assert.Equal(Trials(tuned.Undisturbed), Trials(again));
        Assert.Equal(kept, again.GetProperty("trials").EnumerateArray().Where(t => t.GetProperty("before").GetBoolean()).Select(t => t.GetProperty("run").GetString()!).Order());
        Assert.Equal(12, (await RunsAsync(demo)).Count(r => r.State == "Tried"));
        Assert.DoesNotContain(await RunsAsync(demo), r => r.State == "Running");
        Assert.Equal(tuned.Content, await TunedDemand.ContentAsync(demo));
        await demo.MustAsync("verify");
    }

    [Fact]
    public async Task A_long_trial_that_is_killed_is_shown_as_crashed_and_one_that_is_cancelled_as_cancelled()
    {
        using var demo = await tuned.Demo.CopyAsync();
        string[] study = ["tune", "demand-model", "--set", "depth=14", "--search", "rounds=4999,5000", "--parallel", "1"];

        using (var running = demo.Start([], study))
        {
            await BegunAsync(1);
            await running.SignalAsync("KILL");
            Assert.Equal(137, (await running.EndAsync()).Code);
        }
        var crashed = (await demo.JsonAsync("runs", "demand-model"))[0];
        Assert.Equal(("Crashed", "4999"), (crashed.GetProperty("state").GetString(), crashed.GetProperty("plan").GetProperty("parameters").GetProperty("rounds").GetString()));

        using (var running = demo.Start([], study))
        {
            await BegunAsync(2);
            await running.SignalAsync("INT");
            var said = await running.EndAsync();
            Assert.Equal((130, "Cancelled: 0 trials are kept; the same command goes on from there."), (said.Code, said.Lines[^1]));
        }
        Assert.Equal(["Cancelled", "Crashed"], (await RunsAsync(demo)).Select(r => r.State));

        async Task BegunAsync(int runs)
        {
            for (var limit = Stopwatch.StartNew(); (await RunsAsync(demo)).Count < runs;) Assert.True(limit.Elapsed < TimeSpan.FromMinutes(1), "No trial was begun.");
        }
    }

    [Theory]
    [InlineData("deph of", "demand-model has no parameter 'deph'; it has: depth, learning-rate, rounds, test-weeks, validation-weeks.", "--search", "deph=3")]
    [InlineData("range", "demand-model: depth = 99 is out of range, which is int 1 … 16.", "--search", "depth=3..99")]
    [InlineData("grid", "The grid of depth × rounds has 40 points, more than 30 trials; say --trials 40, or search fewer values.", "--method", "grid", "--search", "depth=1..4:4", "rounds=1..10:10")]
    [InlineData("figure", "A trial of demand-model has no figure 'roc_auc'; it has: mae, rmse.", "--by", "roc_auc")]
    [InlineData("folds", "--folds takes 2 or more.", "--folds", "1")]
    [InlineData("time", "'soon' is no time; write 90s, 30m, 2h or 00:30:00.", "--limit", "soon")]
    public async Task What_cannot_be_tuned_as_asked_is_refused_in_one_sentence(string what, string says, params string[] options)
    {
        using var demo = await tuned.Demo.CopyAsync();

        var said = await demo.RunAsync(["tune", "demand-model", .. options]);

        Assert.True(said.Code == 1 && said.Error.Split('\n').Contains(says), $"{what}: {said}");
    }
}
