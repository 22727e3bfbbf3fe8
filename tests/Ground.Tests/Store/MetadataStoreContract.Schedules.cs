using Xunit;

namespace Kumiki.Store.Tests;

public abstract partial class MetadataStoreContract
{
    static readonly Message Alarm = Message.Of("schedule.cancelled", ("by", "mika"));

    async Task<OccurrenceRecord> PlannedAsync(string schedule, TimeSpan later, int missed = 0)
    {
        var kept = await Store.KeepScheduleAsync(schedule, Go);
        Clock.Now += later;
        return (await Store.PlanOccurrenceAsync(schedule, kept.Considered, Clock.Now, Clock.Now, OccurrenceCause.Due, missed, Go))!;
    }

    async Task<OccurrenceRecord> ClaimedAsync(string schedule, ProcessIdentity? owner = null) =>
        (await Store.ClaimOccurrenceAsync((await PlannedAsync(schedule, TimeSpan.FromHours(1))).Number, owner ?? LivingProcess.Current, Go))!;

    [Fact]
    public async Task A_schedule_counts_from_when_it_was_first_seen()
    {
        var first = await Store.KeepScheduleAsync("weekly", Go);
        Clock.Now += TimeSpan.FromDays(1);

        Assert.Equal(new ScheduleRecord("weekly", first.Since, first.Since, null, null), await Store.KeepScheduleAsync("weekly", Go));
        Assert.Equal([first], await Store.SchedulesAsync(Go));
    }

    [Fact]
    public async Task A_time_is_planned_once_whoever_comes_first()
    {
        await using var other = await OpenAsync(Clock);
        var kept = await Store.KeepScheduleAsync("weekly", Go);
        Clock.Now += TimeSpan.FromHours(1);

        var planned = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            (i % 2 == 0 ? Store : other).PlanOccurrenceAsync("weekly", kept.Considered, Clock.Now, Clock.Now, OccurrenceCause.CaughtUp, 3, Go)));

        var one = Assert.Single(planned.OfType<OccurrenceRecord>());
        Assert.Equal(("weekly", Clock.Now, OccurrenceCause.CaughtUp, 3, OccurrenceState.Waiting, 0),
            (one.Schedule, one.Due, one.Cause, one.Missed, one.State, one.Fence));
        Assert.Equal([one.Number], (await Store.OccurrencesAsync("weekly", open: true, 10, null, Go)).Select(o => o.Number));
    }

    [Fact]
    public async Task An_occurrence_is_taken_by_one_process_and_written_under_its_newest_fence_only()
    {
        await using var other = await OpenAsync(Clock);
        var planned = await PlannedAsync("weekly", TimeSpan.FromHours(1));

        var claims = await Task.WhenAll(Enumerable.Range(0, 8)
            .Select(i => (i % 2 == 0 ? Store : other).ClaimOccurrenceAsync(planned.Number, LivingProcess.Current, Go)));

        var claimed = Assert.Single(claims.OfType<OccurrenceRecord>());
        Assert.Equal((OccurrenceState.Running, 1, LivingProcess.Current, Clock.Now), (claimed.State, claimed.Fence, claimed.Owner, claimed.Started));
        var progress = new OccurrenceProgress { Steps = [new("load", Clock.Now, null, null, null)], Go = true, Versions = [new("beans", 3)], StagedOver = 2 };
        Assert.Null(await Store.SaveOccurrenceAsync(planned.Number, 0, progress, Go));
        var saved = (await Store.SaveOccurrenceAsync(planned.Number, 1, progress, Go))!;
        Assert.Equal((progress.Steps[0], progress.Versions[0], true, 2),
            (saved.Progress.Steps[0], saved.Progress.Versions[0], saved.Progress.Go, saved.Progress.StagedOver));
        Assert.False(await Store.EndOccurrenceAsync(planned.Number, 2, OccurrenceState.Released, progress, null, Go));
        Assert.True(await Store.EndOccurrenceAsync(planned.Number, 1, OccurrenceState.Released, progress, null, Go));
        Assert.False(await Store.EndOccurrenceAsync(planned.Number, 1, OccurrenceState.Failed, progress, null, Go));
        Assert.Null(await Store.SaveOccurrenceAsync(planned.Number, 1, progress, Go));
        Assert.Equal((OccurrenceState.Released, Clock.Now),
            ((await Store.OccurrenceAsync(planned.Number, Go))!.State, (await Store.OccurrenceAsync(planned.Number, Go))!.Ended));
    }

    [Fact]
    public async Task One_of_a_schedule_runs_at_a_time_and_one_that_waits_gives_way_to_a_newer()
    {
        var first = await ClaimedAsync("weekly");
        var second = await PlannedAsync("weekly", TimeSpan.FromHours(1));
        var other = await PlannedAsync("daily", TimeSpan.Zero);
        Assert.Null(await Store.ClaimOccurrenceAsync(second.Number, LivingProcess.Current, Go));
        Assert.NotNull(await Store.ClaimOccurrenceAsync(other.Number, LivingProcess.Current, Go));

        var third = await PlannedAsync("weekly", TimeSpan.FromHours(1), missed: 2);

        Assert.Equal((OccurrenceState.Skipped, "schedule.overtaken"),
            ((await Store.OccurrenceAsync(second.Number, Go))!.State, (await Store.OccurrenceAsync(second.Number, Go))!.Progress.Says!.Id));
        Assert.Equal(3, third.Missed);
        await Store.EndOccurrenceAsync(first.Number, 1, OccurrenceState.NoGo, new(), Alarm, Go);
        Assert.NotNull(await Store.ClaimOccurrenceAsync(third.Number, LivingProcess.Current, Go));
    }

    [Fact]
    public async Task What_is_not_due_yet_is_not_taken()
    {
        await Store.KeepScheduleAsync("weekly", Go);
        var asked = await Store.AskOccurrenceAsync("weekly", Clock.Now + TimeSpan.FromHours(1), "mika", Go);
        Assert.Equal((OccurrenceCause.ByHand, "mika"), (asked.Cause, asked.By));
        Assert.Null(await Store.ClaimOccurrenceAsync(asked.Number, LivingProcess.Current, Go));

        Clock.Now += TimeSpan.FromHours(1);

        Assert.NotNull(await Store.ClaimOccurrenceAsync(asked.Number, LivingProcess.Current, Go));
    }

    [Fact]
    public async Task A_person_can_ask_twice_at_one_instant()
    {
        await Store.KeepScheduleAsync("weekly", Go);

        var asked = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Store.AskOccurrenceAsync("weekly", Clock.Now, "mika", Go)));

        Assert.Equal(3, asked.Select(a => a.Due).Distinct().Count());
        Assert.Equal("schedule.not-kept", (await Assert.ThrowsAsync<KumikiException>(() => Store.AskOccurrenceAsync("daily", Clock.Now, "mika", Go))).Says.Id);
    }

    [Fact]
    public async Task A_paused_schedule_plans_nothing_and_what_passed_is_passed_over_when_it_is_resumed()
    {
        var waiting = await PlannedAsync("weekly", TimeSpan.FromHours(1));
        Assert.True(await Store.PauseScheduleAsync("weekly", paused: true, "mika", Go));
        Assert.False(await Store.PauseScheduleAsync("weekly", paused: true, "mika", Go));
        var paused = (await Store.SchedulesAsync(Go)).Single();
        Assert.Equal((Clock.Now, "mika"), (paused.PausedAt, paused.PausedBy));

        Clock.Now += TimeSpan.FromDays(7);

        Assert.Null(await Store.PlanOccurrenceAsync("weekly", paused.Considered, Clock.Now, Clock.Now, OccurrenceCause.Due, 0, Go));
        Assert.Null(await Store.ClaimOccurrenceAsync(waiting.Number, LivingProcess.Current, Go));
        var asked = await Store.AskOccurrenceAsync("weekly", Clock.Now, "mika", Go);
        Assert.NotNull(await Store.ClaimOccurrenceAsync(asked.Number, LivingProcess.Current, Go));
        Assert.True(await Store.PauseScheduleAsync("weekly", paused: false, "mika", Go));
        Assert.Equal((Clock.Now, null), ((await Store.SchedulesAsync(Go)).Single().Considered, (await Store.SchedulesAsync(Go)).Single().PausedAt));
        Assert.Equal("schedule.not-kept", (await Assert.ThrowsAsync<KumikiException>(() => Store.PauseScheduleAsync("daily", true, "mika", Go))).Says.Id);
    }

    [Fact]
    public async Task The_occurrence_of_a_dead_process_waits_to_be_taken_up_and_is_given_up_after_so_many_attempts()
    {
        var one = await ClaimedAsync("weekly", Sample.Dead);
        await Store.SaveOccurrenceAsync(one.Number, 1, new() { Go = true }, Go);

        var waiting = Assert.Single(await Store.EndCrashedOccurrencesAsync(LivingProcess.IsAlive, attempts: 2, Go));
        Assert.Equal((OccurrenceState.Waiting, true, null), (waiting.State, waiting.Progress.Go, waiting.Ended));
        Assert.Empty(await Store.EndCrashedOccurrencesAsync(LivingProcess.IsAlive, attempts: 2, Go));
        Assert.False(await Store.EndOccurrenceAsync(one.Number, 1, OccurrenceState.Released, new(), null, Go));
        Assert.Equal(2, (await Store.ClaimOccurrenceAsync(one.Number, Sample.Dead, Go))!.Fence);
        var crashed = Assert.Single(await Store.EndCrashedOccurrencesAsync(LivingProcess.IsAlive, attempts: 2, Go));

        Assert.Equal((OccurrenceState.Crashed, "schedule.crashed"), (crashed.State, crashed.Progress.Says!.Id));
        Assert.Equal([(one.Number, "schedule.crashed")], (await Store.AlertsAsync("weekly", open: true, 10, Go)).Select(a => (a.Occurrence, a.Says.Id)));
        var living = await ClaimedAsync("weekly");
        Assert.Empty(await Store.EndCrashedOccurrencesAsync(LivingProcess.IsAlive, attempts: 1, Go));
        Assert.Equal(OccurrenceState.Running, (await Store.OccurrenceAsync(living.Number, Go))!.State);
    }

    [Fact]
    public async Task A_cancel_ends_what_waits_or_is_held_and_is_told_to_what_runs()
    {
        var waiting = await PlannedAsync("weekly", TimeSpan.FromHours(1));
        Assert.Equal((OccurrenceState.Cancelled, "mika"), await Cancel(waiting.Number));
        Assert.Null(await Store.CancelOccurrenceAsync(waiting.Number, "mika", Go));

        var held = await ClaimedAsync("weekly");
        await Store.EndOccurrenceAsync(held.Number, 1, OccurrenceState.Holding, new() { HeldUntil = Clock.Now + TimeSpan.FromHours(1) }, null, Go);
        Assert.Equal((OccurrenceState.Cancelled, "mika"), await Cancel(held.Number));

        var running = await ClaimedAsync("weekly");
        Assert.Equal((OccurrenceState.Running, "mika"), await Cancel(running.Number));
        Assert.Equal("mika", (await Store.SaveOccurrenceAsync(running.Number, 1, new(), Go))!.CancelledBy);
        Assert.Null(await Store.CancelOccurrenceAsync(99, "mika", Go));

        async Task<(OccurrenceState, string?)> Cancel(long number) => await Store.CancelOccurrenceAsync(number, "mika", Go) is { } one
            ? (one.State, one.CancelledBy) : default;
    }

    [Fact]
    public async Task What_is_held_is_taken_when_its_hold_is_over_and_left_staged_when_the_next_comes_first()
    {
        var held = await ClaimedAsync("weekly");
        await Store.EndOccurrenceAsync(held.Number, 1, OccurrenceState.Holding, new() { HeldUntil = Clock.Now + TimeSpan.FromHours(2) }, null, Go);
        Assert.Null(await Store.ClaimOccurrenceAsync(held.Number, LivingProcess.Current, Go));
        Clock.Now += TimeSpan.FromHours(2);
        var again = (await Store.ClaimOccurrenceAsync(held.Number, LivingProcess.Current, Go))!;
        Assert.Equal((2, held.Started), (again.Fence, again.Started));
        await Store.EndOccurrenceAsync(held.Number, 2, OccurrenceState.Holding, new() { HeldUntil = Clock.Now + TimeSpan.FromHours(2) }, null, Go);

        await ClaimedAsync("weekly");

        Assert.Equal((OccurrenceState.Staged, "schedule.hold-overtaken"),
            ((await Store.OccurrenceAsync(held.Number, Go))!.State, (await Store.OccurrenceAsync(held.Number, Go))!.Progress.Says!.Id));
    }

    [Fact]
    public async Task An_alert_is_open_until_an_occurrence_of_its_schedule_ends_well()
    {
        var bad = await ClaimedAsync("weekly");
        await Store.EndOccurrenceAsync(bad.Number, 1, OccurrenceState.NoGo, new(), Alarm, Go);
        var good = await ClaimedAsync("daily");
        await Store.EndOccurrenceAsync(good.Number, 1, OccurrenceState.Released, new(), null, Go);
        Assert.Equal([new(1, "weekly", bad.Number, Clock.Now - TimeSpan.FromHours(1), Alarm, null)], await Store.AlertsAsync(null, open: true, 10, Go));

        var same = await ClaimedAsync("weekly");
        await Store.EndOccurrenceAsync(same.Number, 1, OccurrenceState.Unchanged, new(), null, Go);
        Assert.Single(await Store.AlertsAsync("weekly", open: true, 10, Go));
        var better = await ClaimedAsync("weekly");
        await Store.EndOccurrenceAsync(better.Number, 1, OccurrenceState.Released, new(), null, Go);

        Assert.Empty(await Store.AlertsAsync(null, open: true, 10, Go));
        Assert.Equal(Clock.Now, Assert.Single(await Store.AlertsAsync("weekly", open: false, 10, Go)).Closed);
    }

    [Fact]
    public async Task Occurrences_come_in_pages_newest_first()
    {
        for (var i = 0; i < 4; i++)
        {
            var one = await ClaimedAsync(i == 2 ? "daily" : "weekly");
            await Store.EndOccurrenceAsync(one.Number, 1, OccurrenceState.Unchanged, new(), null, Go);
        }

        Assert.Equal([4, 3], (await Store.OccurrencesAsync(null, open: false, 2, null, Go)).Select(o => o.Number));
        Assert.Equal([2, 1], (await Store.OccurrencesAsync("weekly", open: false, 2, 4, Go)).Select(o => o.Number));
        Assert.Empty(await Store.OccurrencesAsync(null, open: true, 2, null, Go));
    }
}
