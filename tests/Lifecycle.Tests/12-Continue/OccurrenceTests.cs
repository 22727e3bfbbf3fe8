using Kumiki.Store;
using Xunit;

namespace Kumiki.Continuing.Tests;

/// <summary>What becomes of an occurrence, from its data to production.</summary>
[Collection("taste")]
public sealed class OccurrenceTests
{
    static string Says(OccurrenceRecord one) => one.Progress.Says!.In("en");

    static string Steps(OccurrenceRecord one) =>
        string.Join(' ', one.Progress.Steps.Select(s => s.Name + (s.Good switch { true => "✓", false => "✗", null => "…" })));

    static async Task<ScheduleWorld> ReleasedAsync(Type schedule)
    {
        var world = new ScheduleWorld(schedule);
        await world.SeenAsync();
        Assert.Equal(OccurrenceState.Released, (await world.MondayAsync(0)).State);
        return world;
    }

    [Fact]
    public async Task What_is_good_goes_live_and_every_step_is_kept()
    {
        await using var world = new ScheduleWorld(typeof(WeeklyTaste));
        await world.SeenAsync();

        var one = await world.MondayAsync(0);

        Assert.Equal((1L, ScheduleWorld.Monday, OccurrenceCause.Due, 0, OccurrenceState.Released, true, 1),
            (one.Number, one.Due, one.Cause, one.Missed, one.State, one.Progress.Go, one.Progress.Release));
        Assert.Equal("load✓ check✓ make✓ report✓ stage✓ release✓", Steps(one));
        Assert.Equal("release 1 is live: cups@1, market@1, taste@1, taste-report@1.", Says(one));
        Assert.Equal(
        [
            "new: cups@1, market@1; as before: –.", "2 datasets hold what is expected of them.", "new: taste@1; as before: cups@1, market@1.",
            "GO: every check of what was made holds (2).", "staged: cups@1, market@1, taste@1, taste-report@1.",
                "release 1 is live: cups@1, market@1, taste@1, taste-report@1.",
        ], one.Progress.Steps.Select(s => s.Says!.In("en")));
        Assert.Equal("1: cups@1 market@1 taste@1 taste-report@1", await world.ProductionAsync());
        Assert.Equal(("schedule weekly-taste", "weekly-taste #1, due 2026-01-05 06:00 Europe/Berlin"),
            ((await world.Store.ReleaseAsync(1, default))!.Author, (await world.Store.ReleaseAsync(1, default))!.Reason));
        Assert.Empty(await world.AlertsAsync());
    }

    [Fact]
    public async Task A_bad_report_is_a_no_go_that_keeps_the_old_release_says_why_and_alerts_until_the_next_go()
    {
        await using var world = await ReleasedAsync(typeof(WeeklyTaste));
        world.Market("bad");

        var bad = await world.MondayAsync(1);

        Assert.Equal((OccurrenceState.NoGo, false, null), (bad.State, bad.Progress.Go, bad.Progress.Release));
        Assert.Equal("load✓ check✓ make✓ report✗", Steps(bad));
        Assert.Equal("NO-GO for weekly-taste, and release 1 stays: taste-report@2: taste: bad after 1", Says(bad));
        Assert.Equal("1: cups@1 market@1 taste@1 taste-report@1", await world.ProductionAsync());
        Assert.Equal("cups@1 market@1 taste@1 taste-report@1", await world.StagedAsync());
        Assert.Equal(["#2 NO-GO for weekly-taste, and release 1 stays: taste-report@2: taste: bad after 1"], await world.AlertsAsync());

        Assert.Equal(OccurrenceState.Unchanged, (await world.MondayAsync(2)).State);
        Assert.Single(await world.AlertsAsync());
        world.Market("better");
        Assert.Equal(OccurrenceState.Released, (await world.MondayAsync(3)).State);
        Assert.Equal("2: cups@1 market@3 taste@3 taste-report@3", await world.ProductionAsync());
        Assert.Empty(await world.AlertsAsync());
    }

    [Fact]
    public async Task Without_anything_new_nothing_is_made()
    {
        await using var world = await ReleasedAsync(typeof(WeeklyTaste));
        var runs = (await world.Store.RunsAsync(null, null, 100, null, default)).Count;

        var one = await world.MondayAsync(1);

        Assert.Equal((OccurrenceState.Unchanged, "unchanged: nothing new came, so nothing was made."), (one.State, Says(one)));
        Assert.Equal(runs, (await world.Store.RunsAsync(null, null, 100, null, default)).Count);
        Assert.Equal("1: cups@1 market@1 taste@1 taste-report@1", await world.ProductionAsync());
        Assert.Empty(await world.AlertsAsync());
    }

    [Fact]
    public async Task Data_that_must_have_come_and_have_not_stop_it_before_training_and_say_so()
    {
        await using var world = await ReleasedAsync(typeof(NewsTaste));
        world.Code("a new idea, for which it would be trained anew");

        var late = await world.MondayAsync(1);

        Assert.Equal((OccurrenceState.Stopped, "load✓ check✗"), (late.State, Steps(late)));
        Assert.Equal("news-taste stopped before training, and release 1 stays: cups holds nothing new since cups@1 of 2026-01-05 05:00 UTC; when its data have come: kumiki schedules run news-taste", Says(late));
        Assert.Equal(1, (await world.Store.NewestAsync(default))["taste"]);
        Assert.Single(await world.AlertsAsync());

        world.Sold(2);
        Assert.Equal(OccurrenceState.Released, (await world.MondayAsync(2)).State);
        Assert.Empty(await world.AlertsAsync());
    }

    [Fact]
    public async Task A_person_who_runs_it_is_not_asked_for_news()
    {
        await using var world = await ReleasedAsync(typeof(NewsTaste));
        world.Code("a new idea");

        var asked = await world.Schedules.AskAsync("news-taste", null, "mika");
        var one = (await world.Schedules.RunAsync(asked.Number))!;

        Assert.Equal((OccurrenceCause.ByHand, "mika", OccurrenceState.Unchanged), (one.Cause, one.By, one.State));
        Assert.Equal("2 datasets hold what is expected of them; whether they are new was not asked, because a person ran it.",
            one.Progress.Steps[1].Says!.In("en"));
    }

    [Fact]
    public async Task Too_many_rejected_rows_stop_it_before_training()
    {
        await using var world = await ReleasedAsync(typeof(WeeklyTaste));
        world.Sold(2, bad: 3);

        var one = await world.MondayAsync(1);

        Assert.Equal((OccurrenceState.Stopped, "load✓ check✗"), (one.State, Steps(one)));
        Assert.Equal("weekly-taste stopped before training, and release 1 stays: cups@2: 3 of 14 rows were rejected (21.43%), but at most 1% may be; see rejects.jsonl of that version, mend the source or raise MostRejected.", Says(one));
        Assert.Equal(1, (await world.Store.NewestAsync(default))["taste"]);
    }

    [Fact]
    public async Task An_expectation_that_does_not_hold_stops_it_before_training()
    {
        await using var world = await ReleasedAsync(typeof(WeeklyTaste));
        world.Sold(2, twice: true);

        var one = await world.MondayAsync(1);

        Assert.Equal(OccurrenceState.Stopped, one.State);
        Assert.StartsWith("weekly-taste stopped before training, and release 1 stays: cups@2 does not hold what is expected of it: ", Says(one),
            StringComparison.Ordinal);
        Assert.Equal("1: cups@1 market@1 taste@1 taste-report@1", await world.ProductionAsync());
    }

    [Theory]
    [InlineData("broken", "make", "weekly-taste failed, and release 1 stays: taste could not be made: ")]
    [InlineData("unreadable", "load", "weekly-taste failed, and release 1 stays: market could not be made: ")]
    public async Task A_making_that_fails_ends_it_and_says_which(string market, string step, string says)
    {
        await using var world = await ReleasedAsync(typeof(WeeklyTaste));
        world.Market(market);

        var one = await world.MondayAsync(1);

        Assert.Equal((OccurrenceState.Failed, step), (one.State, one.Progress.Steps[^1].Name));
        Assert.StartsWith(says, Says(one), StringComparison.Ordinal);
        Assert.Single(await world.AlertsAsync());
        world.Market("better");
        Assert.Equal(OccurrenceState.Released, (await world.MondayAsync(2)).State);
    }

    [Fact]
    public async Task A_release_that_does_not_fit_is_refused_with_its_findings_and_tried_again_when_it_is_run_again()
    {
        await using var world = await ReleasedAsync(typeof(WeeklyTaste));
        Assert.NotNull(Assert.Single(await world.MakeAsync(new("other-taste"))).Result);
        await world.Releases.ReleaseAsync(new() { Set = ["other-taste@1"] });
        world.Sold(2);

        var refused = await world.MondayAsync(1);

        Assert.Equal((OccurrenceState.Refused, true), (refused.State, refused.Progress.Go));
        Assert.StartsWith("The release of weekly-taste was refused, and release 2 stays: ", Says(refused), StringComparison.Ordinal);
        var finding = Assert.Single(refused.Progress.Findings, f => f.Severity == Severity.Refusal);
        Assert.Equal("source", finding.Rule);
        Assert.NotEmpty(finding.Mends);
        Assert.Contains("other-taste", finding.Says.In("en"), StringComparison.Ordinal);
        Assert.Equal("2: cups@1 market@1 other-taste@1 taste@1 taste-report@1", await world.ProductionAsync());
        Assert.Equal("cups@2 market@1 taste@2 taste-report@2", await world.StagedAsync());

        await world.Releases.ReleaseAsync(new() { Without = ["other-taste"] });
        Assert.Equal(OccurrenceState.Released, (await world.MondayAsync(2)).State);
        Assert.Equal("4: cups@2 market@1 taste@2 taste-report@2", await world.ProductionAsync());
    }

    [Fact]
    public async Task What_a_person_releases_is_left_staged()
    {
        await using var world = new ScheduleWorld(typeof(LeftTaste));
        await world.SeenAsync();

        var one = await world.MondayAsync(0);

        Assert.Equal((OccurrenceState.Staged, "staged, for a person to release: cups@1, market@1, taste@1, taste-report@1; kumiki release --dry-run"),
            (one.State, Says(one)));
        Assert.Equal(("0: ", "cups@1 market@1 taste@1 taste-report@1"), (await world.ProductionAsync(), await world.StagedAsync()));
        Assert.Equal(OccurrenceState.Unchanged, (await world.MondayAsync(1)).State);
    }

    [Fact]
    public async Task What_is_held_goes_live_when_its_hold_is_over()
    {
        await using var world = new ScheduleWorld(typeof(HeldTaste));
        await world.SeenAsync();
        var held = await world.MondayAsync(0);
        Assert.Equal((OccurrenceState.Holding, ScheduleWorld.Monday.AddHours(24)), (held.State, held.Progress.HeldUntil));
        Assert.Equal("staged, and goes live at 2026-01-06 06:00 Europe/Berlin unless it is cancelled: cups@1, market@1, taste@1, taste-report@1; kumiki schedules cancel held-taste", Says(held));
        Assert.Equal(held.Progress.HeldUntil, await world.Schedules.NextAsync());

        world.Clock.Now += TimeSpan.FromHours(23);
        Assert.Empty(await world.Schedules.RunDueAsync());
        Assert.Equal("0: ", await world.ProductionAsync());
        world.Clock.Now += TimeSpan.FromHours(1);
        var live = Assert.Single(await world.Schedules.RunDueAsync());

        Assert.Equal((held.Number, OccurrenceState.Released, 1), (live.Number, live.State, live.Progress.Release));
        Assert.Equal("load✓ check✓ make✓ report✓ stage✓ release✓ stage✓ release✓", Steps(live));
        Assert.Equal("1: cups@1 market@1 taste@1 taste-report@1", await world.ProductionAsync());
    }

    [Fact]
    public async Task What_is_held_is_cancelled_by_a_person_or_left_staged_when_another_release_went_live()
    {
        await using var world = new ScheduleWorld(typeof(HeldTaste));
        await world.SeenAsync();
        await world.MondayAsync(0);
        Assert.Equal((OccurrenceState.Cancelled, "Cancelled by mika."), (await world.Schedules.CancelAsync("held-taste", "mika"))[0] is var gone
            ? (gone.State, Says(gone)) : default);
        world.Clock.Now += TimeSpan.FromHours(25);
        Assert.Empty(await world.Schedules.RunDueAsync());
        Assert.Equal("Nothing of held-taste waits, runs or is held, so there is nothing to cancel.",
            (await Assert.ThrowsAsync<KumikiException>(() => world.Schedules.CancelAsync("held-taste", "mika"))).Says.In("en"));

        await world.MondayAsync(1);
        await world.Releases.ReleaseAsync(new() { Set = ["market@1"] });
        world.Clock.Now += TimeSpan.FromHours(24);
        var left = Assert.Single(await world.Schedules.RunDueAsync());

        Assert.Equal((OccurrenceState.Staged,
            "release 1 went live while it was held, so it stays staged for a person to release: cups@1, taste@1, taste-report@1."), (left.State, Says(left)));
        Assert.Equal("1: market@1", await world.ProductionAsync());
    }

    [Fact]
    public async Task The_outlook_is_made_afterwards_from_production_and_on_a_no_go_by_the_old_model_of_the_new_data()
    {
        await using var world = new ScheduleWorld(typeof(OutlookTaste));
        await world.SeenAsync();
        var first = await world.MondayAsync(0);
        Assert.Equal("load✓ check✓ make✓ report✓ stage✓ release✓ afterwards✓", Steps(first));
        Assert.Equal("made from production and released with it (release 2): outlook@1.", first.Progress.Steps[^1].Says!.In("en"));
        Assert.Equal("2: cups@1 market@1 outlook@1 taste@1 taste-report@1", await world.ProductionAsync());

        world.Market("bad");
        world.Sold(2);
        var bad = await world.MondayAsync(1);

        Assert.Equal((OccurrenceState.NoGo, "afterwards"), (bad.State, bad.Progress.Steps[^1].Name));
        Assert.Equal("3: cups@1 market@1 outlook@2 taste@1 taste-report@1", await world.ProductionAsync());
        var outlook = (await world.Store.VersionAsync(new("outlook", 2), default))!;
        Assert.Equal(["cups@2", "taste@1"], outlook.Inputs.Select(i => i.Version.ToString()));
        Assert.Equal(OccurrenceState.NoGo, (await world.Store.OccurrenceAsync(bad.Number, default))!.State);
        Assert.Single(await world.AlertsAsync());
    }

    [Fact]
    public async Task A_model_that_is_not_good_says_nothing_and_the_one_in_production_does()
    {
        await using var world = await ReleasedAsync(typeof(SpokenTaste));
        var first = (await world.Schedules.HistoryAsync("spoken-taste"))[0];
        Assert.Equal("load✓ check✓ make✓ report✓ stage✓ release✓ afterwards✓", Steps(first));
        Assert.Equal("staged: cups@1, market@1, outlook@1, taste@1, taste-report@1.", first.Progress.Steps[4].Says!.In("en"));
        Assert.Equal("1: cups@1 market@1 outlook@1 taste@1 taste-report@1", await world.ProductionAsync());
        world.Market("bad");
        world.Sold(2);

        var bad = await world.MondayAsync(1);

        Assert.Equal((OccurrenceState.NoGo, "load✓ check✓ make✓ report✗ afterwards✓"), (bad.State, Steps(bad)));
        Assert.Equal(["cups@2", "taste@1"], (await world.Store.VersionAsync(new("outlook", 2), default))!.Inputs.Select(i => i.Version.ToString()));
        Assert.Equal("2: cups@1 market@1 outlook@2 taste@1 taste-report@1", await world.ProductionAsync());

        world.Market("better");
        Assert.Equal(OccurrenceState.Released, (await world.MondayAsync(2)).State);
        Assert.Equal("3: cups@2 market@3 outlook@3 taste@3 taste-report@3", await world.ProductionAsync());
        Assert.Equal(OccurrenceState.Unchanged, (await world.MondayAsync(3)).State);
    }

    [Fact]
    public async Task Without_a_model_in_production_there_is_nothing_to_make_an_outlook_from()
    {
        await using var world = new ScheduleWorld(typeof(OutlookTaste));
        await world.SeenAsync();
        world.Market("bad");

        var bad = await world.MondayAsync(0);

        Assert.Equal("NO-GO for outlook-taste, and nothing is in production: taste-report@1: taste: bad after 1", Says(bad));
        Assert.Equal((true, "outlook is made from taste, which is not in production yet."),
            (bad.Progress.Steps[^1].Good, bad.Progress.Steps[^1].Says!.In("en")));
    }
}
