using Kumiki.Store;
using Xunit;

namespace Kumiki.Continuing.Tests;

/// <summary>When occurrences come to be, who runs them, and what a person may ask.</summary>
[Collection("taste")]
public sealed class SchedulesTests
{
    static readonly ProcessIdentity Dead = LivingProcess.Current with { StartTicks = LivingProcess.Current.StartTicks + 1 };

    static async Task<ScheduleWorld> SeenAsync(Type schedule)
    {
        var world = new ScheduleWorld(schedule);
        await world.SeenAsync();
        return world;
    }

    [Fact]
    public async Task Nothing_is_due_before_its_time_and_times_before_the_schedule_was_seen_do_not_count()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        Assert.Equal(ScheduleWorld.Monday, await world.Schedules.NextAsync());

        world.Clock.Now = ScheduleWorld.Monday.AddMilliseconds(-1);

        Assert.Empty(await world.Schedules.RunDueAsync());
        Assert.Empty(await world.Schedules.HistoryAsync("weekly-taste"));
    }

    [Fact]
    public async Task What_was_missed_is_caught_up_once_and_says_how_many_were_passed_over()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        world.Clock.Now = ScheduleWorld.Monday.AddDays(7 * 4).AddHours(30);

        var one = Assert.Single(await world.Schedules.RunDueAsync());

        Assert.Equal((ScheduleWorld.Monday.AddDays(28), OccurrenceCause.CaughtUp, 4), (one.Due, one.Cause, one.Missed));
        Assert.Empty(await world.Schedules.RunDueAsync());
        Assert.Equal(ScheduleWorld.Monday.AddDays(35), await world.Schedules.NextAsync());
    }

    [Fact]
    public async Task Of_many_processes_one_plans_a_time_and_one_runs_it()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        world.Clock.Now = ScheduleWorld.Monday;

        var ended = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => (i % 2 == 0 ? world.Schedules : world.Others).RunDueAsync())));

        var one = Assert.Single(ended.SelectMany(e => e));
        Assert.Equal((OccurrenceState.Released, 1), (one.State, one.Fence));
        Assert.Single(await world.Schedules.HistoryAsync("weekly-taste"));
        Assert.Equal(1, (await world.Store.ProductionAsync(default)).Release);
    }

    [Fact]
    public async Task The_occurrence_of_a_killed_process_is_taken_up_again()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        world.Clock.Now = ScheduleWorld.Monday;
        await world.Schedules.PlanAsync();
        var one = (await world.Store.ClaimOccurrenceAsync(1, Dead, default))!;
        await world.Store.SaveOccurrenceAsync(1, one.Fence, new() { Steps = [new("load", world.Clock.Now, null, null, null)] }, default);

        var again = Assert.Single(await world.Schedules.RunDueAsync());

        Assert.Equal((1L, 2, OccurrenceState.Released), (again.Number, again.Fence, again.State));
        Assert.Equal(["load", "check", "make", "report", "stage", "release"], again.Progress.Steps.Select(s => s.Name));
    }

    [Fact]
    public async Task Killed_between_its_release_and_its_end_the_release_is_recognised_and_not_repeated()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        var one = await world.MondayAsync(0);
        // The same, as a process would have left it that died right after the switch.
        world.Market("better");
        world.Clock.Now = ScheduleWorld.Monday.AddDays(7);
        await world.Schedules.PlanAsync();
        var died = (await world.Store.ClaimOccurrenceAsync(one.Number + 1, Dead, default))!;
        Assert.All(await world.MakeAsync(new("taste-report") { Upstream = true }), e => Assert.NotNull(e.Result));
        VersionName[] staged = [new("cups", 1), new("market", 2), new("taste", 2), new("taste-report", 2)];
        await world.Store.SaveOccurrenceAsync(died.Number, died.Fence, new() { Go = true, Versions = staged, Staged = staged, StagedOver = 1 }, default);
        await world.Releases.StageAsync(staged);
        await world.Releases.ReleaseAsync(new());

        var again = Assert.Single(await world.Schedules.RunDueAsync());

        Assert.Equal((OccurrenceState.Released, 2), (again.State, again.Progress.Release));
        Assert.Equal("2: cups@1 market@2 taste@2 taste-report@2", await world.ProductionAsync());
    }

    [Fact]
    public async Task An_occurrence_that_kills_its_process_again_and_again_is_given_up_with_an_alert()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        world.Clock.Now = ScheduleWorld.Monday;
        await world.Schedules.PlanAsync();
        for (var attempt = 1; attempt <= Schedules.MostAttempts; attempt++)
        {
            Assert.Equal(attempt, (await world.Store.ClaimOccurrenceAsync(1, Dead, default))!.Fence);
            await world.Schedules.PlanAsync();
        }

        Assert.Equal(OccurrenceState.Crashed, (await world.Store.OccurrenceAsync(1, default))!.State);
        Assert.StartsWith("#1 weekly-taste, due 2026-01-05 05:00 UTC, was given up after 3 attempts whose process died",
            Assert.Single(await world.AlertsAsync()), StringComparison.Ordinal);
        Assert.Empty(await world.Schedules.RunDueAsync());
    }

    [Fact]
    public async Task A_paused_schedule_does_nothing_and_what_passed_is_not_made_up_for()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        Assert.True(await world.Schedules.PauseAsync("weekly-taste", paused: true, "mika"));
        Assert.Equal((1, "kumiki schedules resume weekly-taste"), (await world.Schedules.AutomationAsync()).Single(a => a.Model == "taste") is var a
            ? (a.Stage, a.Mends.Single()) : default);

        world.Clock.Now = ScheduleWorld.Monday.AddDays(10);
        Assert.Empty(await world.Schedules.RunDueAsync());
        Assert.Null(await world.Schedules.NextAsync());
        Assert.True(await world.Schedules.PauseAsync("weekly-taste", paused: false, "mika"));
        Assert.Empty(await world.Schedules.RunDueAsync());

        Assert.Equal(0, (await world.MondayAsync(2)).Missed);
    }

    [Fact]
    public async Task While_one_runs_the_next_waits_and_gives_way_to_a_newer()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        (Taste.Began, Taste.MayEnd) = (new(), new());
        world.Clock.Now = ScheduleWorld.Monday;
        var running = Task.Run(() => world.Schedules.RunDueAsync());
        await Taste.Began.Task;

        world.Clock.Now = ScheduleWorld.Monday.AddDays(7);
        Assert.Empty(await world.Others.RunDueAsync());
        world.Clock.Now = ScheduleWorld.Monday.AddDays(14);
        Assert.Empty(await world.Others.RunDueAsync());
        Taste.MayEnd.SetResult();
        Assert.Equal(OccurrenceState.Released, Assert.Single(await running).State);
        (Taste.Began, Taste.MayEnd) = (null, null);
        var next = Assert.Single(await world.Others.RunDueAsync());

        Assert.Equal((ScheduleWorld.Monday.AddDays(14), 1, OccurrenceState.Unchanged), (next.Due, next.Missed, next.State));
        Assert.Equal((string[])["Unchanged", "Skipped It never began: the next one came due at 2026-01-19 05:00 UTC first.", "Released"],
            (await world.Schedules.HistoryAsync("weekly-taste"))
                .Select(o => o.State + (o.State == OccurrenceState.Skipped ? $" {o.Progress.Says!.In("en")}" : "")));
    }

    [Fact]
    public async Task A_running_occurrence_is_cancelled_by_whoever_asks_and_leaves_production_as_it_was()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        (Taste.Began, Taste.MayEnd) = (new(), new());
        world.Clock.Now = ScheduleWorld.Monday;
        var running = Task.Run(() => world.Schedules.RunDueAsync());
        await Taste.Began.Task;

        var asked = Assert.Single(await world.Others.CancelAsync("weekly-taste", "mika"));
        var ended = Assert.Single(await running);
        (Taste.Began, Taste.MayEnd) = (null, null);

        Assert.Equal((OccurrenceState.Running, "mika"), (asked.State, asked.CancelledBy));
        Assert.Equal((OccurrenceState.Cancelled, "Cancelled by mika."), (ended.State, ended.Progress.Says!.In("en")));
        Assert.Equal("0: ", await world.ProductionAsync());
        Assert.Equal(RunState.Cancelled, (await world.Store.RunsAsync("taste", null, 1, null, default))[0].State);
        Assert.Empty(await world.AlertsAsync());
    }

    [Fact]
    public async Task A_server_that_stops_leaves_it_waiting_and_the_next_one_goes_on_with_it()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        (Taste.Began, Taste.MayEnd) = (new(), new());
        using var stop = new CancellationTokenSource();
        world.Clock.Now = ScheduleWorld.Monday;
        var running = Task.Run(() => world.Schedules.RunDueAsync(stop: stop.Token));
        await Taste.Began.Task;
        await stop.CancelAsync();
        var left = Assert.Single(await running);
        (Taste.Began, Taste.MayEnd) = (null, null);
        Assert.Equal((OccurrenceState.Waiting, "interrupted; whoever runs schedules next goes on with it."), (left.State, left.Progress.Says!.In("en")));

        var again = Assert.Single(await world.Others.RunDueAsync());

        Assert.Equal((left.Number, 2, OccurrenceState.Released), (again.Number, again.Fence, again.State));
    }

    [Theory]
    [InlineData(true, OccurrenceState.Cancelled, "Cancelled by mika.")]
    [InlineData(false, OccurrenceState.Waiting, "interrupted; whoever runs schedules next goes on with it.")]
    public async Task What_was_asked_for_by_hand_is_cancelled_by_who_stops_it_there_and_waits_where_a_server_stops(bool stopCancels, OccurrenceState state, string says)
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        (Taste.Began, Taste.MayEnd) = (new(), new());
        using var stop = new CancellationTokenSource();
        var asked = await world.Schedules.AskAsync("weekly-taste", null, "mika");
        var running = Task.Run(() => world.Schedules.RunAsync(asked.Number, new(StopCancels: stopCancels), stop.Token));
        await Taste.Began.Task;

        await stop.CancelAsync();
        var left = (await running)!;
        (Taste.Began, Taste.MayEnd) = (null, null);

        Assert.Equal((state, says), (left.State, left.Progress.Says!.In("en")));
    }

    [Fact]
    public async Task A_person_runs_it_now_or_at_a_time_to_come()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        var later = await world.Schedules.AskAsync("weekly-taste", world.Clock.Now.AddHours(1), "mika");
        Assert.Equal(later.Due, await world.Schedules.NextAsync());
        Assert.Null(await world.Schedules.RunAsync(later.Number));
        world.Clock.Now = later.Due;

        Assert.Equal(OccurrenceState.Released, Assert.Single(await world.Schedules.RunDueAsync()).State);
        Assert.Equal("2026-01-01 13:00 Europe/Berlin has passed, it is 2026-01-01 14:00 Europe/Berlin; leave --at out to run weekly-taste now, or name a time to come.",
            (await Assert.ThrowsAsync<KumikiException>(() => world.Schedules.AskAsync("weekly-taste", later.Due.AddHours(-1), "mika"))).Says.In("en"));
        Assert.Equal("There is no schedule 'daily'; there is: weekly-taste.",
            (await Assert.ThrowsAsync<KumikiException>(() => world.Schedules.AskAsync("daily", null, "mika"))).Says.In("en"));
    }

    [Fact]
    public async Task Each_model_has_its_stage_of_automation_with_what_is_missing_for_the_next()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));

        Assert.Equal(
        [
            "other-taste 1 : No schedule makes other-taste; declare a class : Schedule that has it in Make, for stage 2.",
            "taste 2 weekly-taste: taste is trained anew each time; stage 3 would go on from the version before, which this Kumiki cannot do yet.",
        ], (await world.Schedules.AutomationAsync()).Select(a => $"{a.Model} {a.Stage} {string.Join(' ', a.Schedules)}: {a.Missing.In("en")}"));
    }

    [Fact]
    public async Task The_status_tells_what_is_next_what_was_last_and_what_is_wrong()
    {
        await using var world = await SeenAsync(typeof(WeeklyTaste));
        world.Market("bad");
        await world.MondayAsync(0);

        var status = Assert.Single(await world.Schedules.StatusAsync());

        Assert.Equal(("weekly-taste", ScheduleWorld.Monday.AddDays(7), OccurrenceState.NoGo, 1, 0),
            (status.Schedule.Name, status.Next, status.Last!.State, status.Alerts.Count, status.Open.Count));
    }
}
