using System.Globalization;
using Kumiki.Ground.Tests.Making;
using Kumiki.Making;
using Kumiki.Tuning;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class TuningStudyTests
{
    /// <summary>Told of each trial that computes; one at a time, since assets are immutable.</summary>
    static readonly AsyncLocal<Func<Valley, CancellationToken, Task>?> OnTry = new();

    /// <summary>A landscape with its bottom at x = 3, y = 100.</summary>
    public sealed class Valley : Asset
    {
        [Parameter(Min = 0, Max = 10)] public double X { get; init; } = 9;
        [Parameter(Min = 1, Max = 10_000, Log = true)] public double Y { get; init; } = 1;

        public override AssetKind Kind => AssetKind.Other;

        public double Height => (X - 3) * (X - 3) + Math.Pow(Math.Log10(Y / 100), 2);

        protected internal override async Task MakeAsync(MakingRun making, CancellationToken stop) =>
            await making.AddBytesAsync("height", System.Text.Encoding.UTF8.GetBytes(Height.ToString("R", CultureInfo.InvariantCulture)), stop);

        protected internal override IReadOnlyList<TrialFigure> TrialFigures => [new("height"), new("depth", HigherIsBetter: true), new("never")];

        protected internal override async Task TryAsync(MakingRun making, Trial trial, CancellationToken stop)
        {
            if (OnTry.Value is { } told) await told(this, stop);
            making.Metric("height", Height / trial.Share);
            making.Metric("depth", -Height);
        }
    }

    static readonly StudyOrder Fifty = new("valley") { Trials = 50, Parallel = 2 };

    static Task<StudyEnd> RunAsync(MakingWorld world, StudyOrder order, CancellationToken stop = default) => Study.RunAsync(world.Maker(), order, TimeProvider.System, null, stop);

    static async Task<string> RefusedAsync(MakingWorld world, StudyOrder order) => (await Assert.ThrowsAnyAsync<KumikiException>(() => RunAsync(world, order))).Says.In("en");

    static async Task<int> RunsAsync(MakingWorld world, RunState? state = null) => (await world.Store.RunsAsync("valley", state, 10_000, null, default)).Count;

    [Fact]
    public async Task Every_trial_is_a_run_and_the_best_does_not_depend_on_how_many_run_at_once()
    {
        await using var world = new MakingWorld(typeof(Valley));
        var end = await RunAsync(world, Fifty);
        await using var other = new MakingWorld(typeof(Valley));
        var alone = await RunAsync(other, Fifty with { Parallel = 1 });

        Assert.Equal((StudyState.Whole, 50, 50), (end.State, end.Trials.Count, await RunsAsync(world, RunState.Tried)));
        Assert.Equal(alone.Trials.Select(t => (t.Number, t.Written, t.Figure)), end.Trials.Select(t => (t.Number, t.Written, t.Figure)));
        Assert.Equal(alone.Study, end.Study);
        Assert.Equal(end.Trials.Min(t => t.Figure), end.Best!.Figure);
        Assert.InRange(end.Best.Figure, 0, 3);
        Assert.Equal("x=9 y=1", end.Trials.Single(t => t.Number == 1).Written);
        var run = (await world.Store.RunAsync(end.Best.Run, default))!;
        Assert.Equal(end.Best.Parameters, run.Plan.Parameters);
        Assert.Equal([$"study {end.Study}, trial {end.Best.Number}, by height on validation rows"], run.Plan.Notes);
        Assert.Empty(await world.Store.VersionsAsync("valley", 10, null, default));
        Assert.Equal(await RunAsync(world, Fifty with { By = "depth" }) is var by ? end.Best.Number : 0, by.Best!.Number);
        Assert.All(by.Trials, t => Assert.True(t.Before));
    }

    [Fact]
    public async Task An_interrupted_study_goes_on_where_it_was_and_repeats_nothing()
    {
        await using var whole = new MakingWorld(typeof(Valley));
        var undisturbed = await RunAsync(whole, Fifty);
        await using var world = new MakingWorld(typeof(Valley));
        using var stop = new CancellationTokenSource();
        var tried = 0;
        OnTry.Value = async (_, halt) =>
        {
            var number = Interlocked.Increment(ref tried);
            if (number == 20) await stop.CancelAsync();
            if (number > 20) await Task.Delay(Timeout.Infinite, halt);
        };

        var first = await RunAsync(world, Fifty, stop.Token);
        var kept = await RunsAsync(world, RunState.Tried);
        OnTry.Value = null;
        var second = await RunAsync(world, Fifty);

        Assert.Equal((StudyState.Cancelled, 20, 20), (first.State, first.Trials.Count, kept));
        Assert.Equal(kept, second.Trials.Count(t => t.Before));
        Assert.Equal(first.Trials.Select(t => (t.Number, t.Run)).Order(), second.Trials.Where(t => t.Before).Select(t => (t.Number, t.Run)).Order());
        Assert.Equal(50, await RunsAsync(world, RunState.Tried));
        Assert.Equal(undisturbed.Trials.Select(t => (t.Number, t.Figure)), second.Trials.Select(t => (t.Number, t.Figure)));
        Assert.Equal(undisturbed.Study, second.Study);
    }

    [Fact]
    public async Task A_longer_search_and_another_method_take_what_was_tried_before()
    {
        await using var world = new MakingWorld(typeof(Valley));
        var grid = await RunAsync(world, Fifty with { Method = SearchMethod.Grid, Search = ["x=0..10:5", "y=1,100"] });
        var random = await RunAsync(world, Fifty with { Trials = 20 });
        var longer = await RunAsync(world, Fifty);
        var listed = await RunAsync(world, Fifty with { Search = ["x=2.5,5", "y=1,100,1000"] });

        Assert.Equal((10, "x=2.5 y=100", 0.25), (grid.Trials.Count, grid.Best!.Written, grid.Best.Figure));
        Assert.Equal((50, 20), (longer.Trials.Count, longer.Trials.Count(t => t.Before)));
        Assert.Equal(random.Study, longer.Study);
        Assert.Equal((6, 4), (listed.Trials.Count, listed.Trials.Count(t => t.Before)));
    }

    [Fact]
    public async Task Halving_gives_the_best_third_more_and_the_whole_effort_to_the_last()
    {
        await using var world = new MakingWorld(typeof(Valley));
        var end = await RunAsync(world, Fifty with { Method = SearchMethod.Halving, Trials = 27 });
        var full = await RunAsync(world, Fifty with { Trials = 27 });

        Assert.Equal([(1.0, 1), (1.0 / 3, 3), (1.0 / 9, 9), (1.0 / 27, 27)], end.Trials.GroupBy(t => t.Share).Select(g => (g.Key, g.Count())));
        Assert.Equal((full.Best!.Number, full.Best.Figure), (end.Best!.Number, end.Best.Figure));
        Assert.Equal(full.Best.Run, end.Best.Run);
        Assert.Equal(full.Trials.Take(9).Select(t => t.Number), end.Trials.Where(t => t.Share == 1.0 / 9).Select(t => t.Number));
        Assert.Equal(40 + 26, await RunsAsync(world, RunState.Tried));
    }

    [Fact]
    public async Task A_trial_that_fails_is_a_failed_run_and_the_search_goes_on()
    {
        await using var world = new MakingWorld(typeof(Valley));
        OnTry.Value = (valley, _) => valley.X < 5 ? throw new InvalidOperationException("a cliff") : Task.CompletedTask;

        var end = await RunAsync(world, Fifty);

        var failed = end.Trials.Where(t => t.Why is not null).ToList();
        Assert.InRange(failed.Count, 10, 40);
        Assert.Equal(failed, end.Trials.TakeLast(failed.Count));
        Assert.Equal((failed.Count, 50 - failed.Count), (await RunsAsync(world, RunState.Failed), await RunsAsync(world, RunState.Tried)));
        Assert.EndsWith("a cliff", failed[0].Why!.In("en"), StringComparison.Ordinal);
        Assert.InRange(end.Best!.Figure, 4, 16);
    }

    [Fact]
    public async Task When_all_trials_fail_one_sentence_says_so()
    {
        await using var world = new MakingWorld(typeof(Valley));
        OnTry.Value = (_, _) => throw new KumikiException(Message.Of("making.no-run", ("run", "run-9")));

        var says = await RefusedAsync(world, Fifty with { Trials = 5, Parallel = 1 });

        Assert.Matches(@"^None of the 5 trials of valley has figures; run-\d says: There is no run-9", says);
    }

    [Fact]
    public async Task Time_that_is_over_ends_the_search_with_the_best_so_far()
    {
        await using var world = new MakingWorld(typeof(Valley));
        var clock = new Bell();
        var order = Fifty with { Limit = TimeSpan.FromMinutes(30) };
        OnTry.Value = (valley, stop) => valley.X == 9 ? Task.CompletedTask : clock.RingAsync(stop);

        var end = await Study.RunAsync(world.Maker(), order, clock, null, default);
        Assert.Equal((StudyState.OutOfTime, 1, "x=9 y=1"), (end.State, end.Trials.Count, end.Best!.Written));

        OnTry.Value = (_, stop) => clock.RingAsync(stop);
        var late = await Assert.ThrowsAsync<KumikiException>(() => Study.RunAsync(world.Maker(), order with { Seed = 1 }, clock, null, default));
        Assert.Equal("No trial of valley ended within 00:30:00; give the search more time, or trials less to do.", late.Says.In("en"));
    }

    /// <summary>A clock whose timers go off when the test says so.</summary>
    sealed class Bell : TimeProvider
    {
        volatile Action ring = () => { };

        /// <summary>Lets the newest timer go off, and waits for the end.</summary>
        public async Task RingAsync(CancellationToken stop)
        {
            ring();
            await Task.Delay(Timeout.Infinite, stop);
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ring = () => callback(state);
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        }
    }

    [Fact]
    public async Task A_search_that_cannot_be_done_as_asked_is_refused_before_anything_runs()
    {
        await using var world = new MakingWorld(typeof(Valley), typeof(Beans));

        Assert.Equal("The grid of x × y has 60 points, more than 50 trials; say --trials 60, or search fewer values.",
            await RefusedAsync(world, Fifty with { Method = SearchMethod.Grid, Search = ["x=0..10:10", "y=1..10:6"] }));
        Assert.Equal("A trial of valley has no figure 'mae'; it has: height, depth, never.", await RefusedAsync(world, Fifty with { By = "mae" }));
        Assert.Equal("valley: y = 0.5 is out of range, which is double 1 … 10000.", await RefusedAsync(world, Fifty with { Search = ["y=0.5..3"] }));
        Assert.StartsWith("The parameters of beans cannot be tried", await RefusedAsync(world, new("beans")), StringComparison.Ordinal);
        Assert.Equal(0, await RunsAsync(world));

        Assert.Matches(@"^None of the 3 trials of valley has figures; run-\d says: The rows that judge the trial do not define never\.$", await RefusedAsync(world, Fifty with { Trials = 3, By = "never" }));
    }

    [Fact]
    public async Task Progress_tells_how_many_are_done_and_the_best_so_far()
    {
        await using var world = new MakingWorld(typeof(Valley));
        var told = new List<MakingProgress>();
        await Study.RunAsync(world.Maker(), Fifty with { Method = SearchMethod.Grid, Search = ["x=9,3,5"], Parallel = 1 }, TimeProvider.System, told.Add, default);

        // Trials that end together are written together: which of them is told first is left open.
        var moved = told.OfType<MakingProgress.Moved>().ToList();
        Assert.Equal([(1, 3), (2, 3), (3, 3)], moved.Select(m => ((int)m.Done, (int)m.Total)));
        Assert.Equal("trials, best height 4", moved[^1].Unit);
        Assert.StartsWith("Study ", told[0] is MakingProgress.Said said ? said.Text : "", StringComparison.Ordinal);
        Assert.Contains("trial 2: height 4 with x=3", told.OfType<MakingProgress.Said>().Select(s => s.Text));
    }
}
