using Kumiki.Making;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Ground.Tests.Making;

public sealed class TrialTests
{
    /// <summary>What a trial does; one at a time, since assets are immutable.</summary>
    static readonly AsyncLocal<Func<Recipe, MakingRun, Trial, CancellationToken, Task>> Act = new();

    /// <summary>Beans with salt; how it tastes depends on the salt.</summary>
    sealed class Recipe(Beans beans) : Note
    {
        [Parameter(Min = 0, Max = 10)] public double Salt { get; init; } = 1;

        public Beans Beans => beans;

        protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop) => $"{await ReadAsync(making, beans, stop)} with {Salt}";

        protected internal override IEnumerable<Finding> Check() => Salt == 9 ? [new("salt", Severity.Refusal, Message.Of("graph.no-asset", ("asset", "pepper")), [])] : [];

        protected internal override IReadOnlyList<TrialFigure> TrialFigures => [new("taste", HigherIsBetter: true)];

        protected internal override Task TryAsync(MakingRun making, Trial trial, CancellationToken stop) => Act.Value!(this, making, trial, stop);
    }

    static async Task<MakingWorld> WorldAsync()
    {
        var world = new MakingWorld(typeof(Beans), typeof(Recipe));
        await world.MakeAsync("beans");
        await world.StageAsync("beans@1");
        return world;
    }

    static TrialPlan Plan(Trials trials, string salt, int? folds = null, double share = 1) => trials.Plan(new Dictionary<string, string> { ["salt"] = salt }, folds, share, "a test");

    [Fact]
    public async Task A_trial_is_a_run_with_figures_and_no_version()
    {
        await using var world = await WorldAsync();
        Act.Value = async (recipe, making, trial, stop) =>
        {
            await making.Input(recipe.Beans).BytesAsync("text", stop);
            making.Metric("taste", recipe.Salt * trial.Share);
            making.Log($"{trial.Folds} folds");
        };
        var trials = await world.Maker().TrialsAsync(new MakeOrder("recipe") { Seed = 3 }, default);

        var end = await trials.TryAsync(Plan(trials, "2.5", folds: 4, share: 0.5), 1, () => { }, default);

        var run = (await world.Store.RunAsync(end.Run, default))!;
        Assert.Equal((RunState.Tried, null, 1.25), (run.State, run.Result, run.Figures["taste"]));
        Assert.Equal(("2.5", 3), (run.Plan.Parameters["salt"], run.Plan.Seed));
        Assert.Equal(["a test"], run.Plan.Notes);
        Assert.Equal("beans@1", run.Inputs.Single(i => i.Read.Count > 0).Version.ToString());
        Assert.Equal(["4 folds"], (await world.Store.LogAsync(end.Run, 0, 10, default)).Select(l => l.Text));
        Assert.Empty(await world.Store.VersionsAsync("recipe", 10, null, default));
        Assert.Equal("1", trials.Node.Parameters.Single().Value);
        Assert.IsType<MakingEnd.Made>(await world.MakeAsync("recipe", "recipe.salt=2.5"));
    }

    [Fact]
    public async Task What_was_tried_is_found_again_while_parameters_seed_judge_effort_code_and_inputs_are_the_same()
    {
        await using var world = await WorldAsync();
        Act.Value = (_, making, _, _) => { making.Metric("taste", 1); return Task.CompletedTask; };
        var trials = await world.Maker().TrialsAsync(new MakeOrder("recipe"), default);
        var end = await trials.TryAsync(Plan(trials, "2"), 1, () => { }, default);

        Assert.Equal([end.Run], await FoundAsync("2"));
        Assert.Equal([end.Run], await FoundAsync("2.0"));
        Assert.Empty(await FoundAsync("3"));
        Assert.Empty(await FoundAsync("2", folds: 5));
        Assert.Empty(await FoundAsync("2", share: 1.0 / 3));
        Assert.Empty(await FoundAsync("2", seed: 1));
        world.Code("other code");
        Assert.Empty(await FoundAsync("2"));
        world.Code("the first code");
        await world.MakeAsync("beans", "beans.bags=2");
        await world.StageAsync("beans@2");
        Assert.Empty(await FoundAsync("2"));

        async Task<IEnumerable<RunId>> FoundAsync(string salt, int? folds = null, double share = 1, long seed = 0)
        {
            var again = await world.Maker().TrialsAsync(new MakeOrder("recipe") { Seed = seed }, default);
            return (await again.TriedAsync([Plan(again, salt, folds, share)], default)).Values.Select(r => r.Id);
        }
    }

    [Fact]
    public async Task A_trial_that_throws_is_a_failed_run_with_its_reason_and_is_tried_again()
    {
        await using var world = await WorldAsync();
        Act.Value = (_, _, _, _) => throw new InvalidTimeZoneException("too much salt");
        var trials = await world.Maker().TrialsAsync(new MakeOrder("recipe"), default);
        var computed = 0;

        var end = await trials.TryAsync(Plan(trials, "8"), 1, () => computed++, default);
        var refused = await trials.TryAsync(Plan(trials, "9"), 1, () => computed++, default);

        var run = (await world.Store.RunAsync(end.Run, default))!;
        Assert.Equal((RunState.Failed, 2), (run.State, computed));
        Assert.Matches(@"^The code of recipe threw InvalidTimeZoneException at TrialTests\.cs:\d+: too much salt$", run.Error!.In("en"));
        Assert.Contains(await world.Store.LogAsync(end.Run, 0, 10, default), l => l.Level == "error");
        Assert.Equal("graph.no-asset", refused.Why!.Id);
        Assert.Empty(await trials.TriedAsync([Plan(trials, "8"), Plan(trials, "9")], default));
    }

    [Fact]
    public async Task A_trial_that_lasts_is_begun_so_that_a_later_start_finds_it_crashed()
    {
        await using var world = await WorldAsync();
        var seen = new TaskCompletionSource<RunRecord>();
        Act.Value = async (_, making, _, stop) =>
        {
            making.Metric("taste", 5);
            making.Log("simmers");
            seen.SetResult(await RunningAsync(world, stop));
        };
        var trials = await world.Maker().TrialsAsync(new MakeOrder("recipe"), default);

        var end = await trials.TryAsync(Plan(trials, "2"), 1, () => { }, default);

        var running = await seen.Task;
        Assert.Equal((end.Run, LivingProcess.Current), (running.Id, running.Owner));
        Assert.Equal((RunState.Tried, 5), ((await world.Store.RunAsync(end.Run, default))!.State, end.Figures["taste"]));
        Assert.Equal(["simmers"], (await world.Store.LogAsync(end.Run, 0, 10, default)).Select(l => l.Text));
        Assert.Single(await trials.TriedAsync([Plan(trials, "2")], default));

        var killed = Plan(trials, "3");
        await world.Store.BeginRunAsync("recipe", killed.Plan, LivingProcess.Current with { StartTicks = 1 }, default);
        var crashed = Assert.Single(await world.Store.EndCrashedAsync(LivingProcess.IsAlive, default));
        Assert.Equal((RunState.Crashed, "3"), (crashed.State, crashed.Plan.Parameters["salt"]));
        Assert.Empty(await trials.TriedAsync([killed], default));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cancelled_trial_leaves_a_cancelled_run_if_it_was_begun_and_nothing_else(bool lasting)
    {
        await using var world = await WorldAsync();
        using var stop = new CancellationTokenSource();
        Act.Value = async (_, _, _, halt) =>
        {
            if (lasting) await RunningAsync(world, halt);
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, halt);
        };
        var trials = await world.Maker().TrialsAsync(new MakeOrder("recipe"), default);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trials.TryAsync(Plan(trials, "2"), 1, () => { }, stop.Token));

        var left = await world.Store.RunsAsync("recipe", null, 10, null, default);
        if (!lasting) Assert.Empty(left);
        else Assert.Equal((RunState.Cancelled, "The trial of recipe was cancelled; the same command tries it again."), (left[0].State, left[0].Error!.In("en")));
    }

    [Fact]
    public async Task A_trial_over_its_limit_is_a_failed_run()
    {
        await using var world = await WorldAsync();
        Act.Value = (_, _, _, halt) => Task.Delay(Timeout.Infinite, halt);
        var trials = await world.Maker().TrialsAsync(new MakeOrder("recipe") { Limit = TimeSpan.FromMilliseconds(1) }, default);

        var end = await trials.TryAsync(Plan(trials, "2"), 1, () => { }, default);

        Assert.Equal("The trial of recipe took longer than 00:00:00.0010000; raise the limit of its class, or search parameters that take less.", end.Why!.In("en"));
    }

    [Fact]
    public async Task What_trials_share_is_worked_out_once_and_if_it_is_refused_no_trial_is_tried()
    {
        await using var world = await WorldAsync();
        var worked = 0;
        Act.Value = (_, making, trial, _) =>
        {
            making.Metric("taste", trial.Shared("pot", _ => new List<int> { Interlocked.Increment(ref worked) }).Count);
            return Task.CompletedTask;
        };
        var trials = await world.Maker().TrialsAsync(new MakeOrder("recipe"), default);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => trials.TryAsync(Plan(trials, $"{i}"), 1, () => { }, default))));
        Assert.Equal((1, 8), (worked, (await world.Store.RunsAsync("recipe", RunState.Tried, 100, null, default)).Count));

        Act.Value = (_, _, trial, _) => Task.FromResult(trial.Shared<object>("oven", _ => throw new KumikiException(Message.Of("making.no-run", ("run", "run-9")))));
        var why = await Assert.ThrowsAnyAsync<KumikiException>(() => trials.TryAsync(Plan(trials, "8"), 1, () => { }, default));
        Assert.Equal("making.no-run", why.Says.Id);
        Assert.Equal(8, (await world.Store.RunsAsync("recipe", null, 100, null, default)).Count);
    }

    [Fact]
    public async Task An_asset_that_does_not_say_how_is_refused()
    {
        await using var world = await WorldAsync();

        var refused = await Assert.ThrowsAsync<KumikiException>(() => world.Maker().TrialsAsync(new MakeOrder("beans"), default));

        Assert.Equal("The parameters of beans cannot be tried: its class does not say what a trial yields; a Model does, another class overrides TrialFigures and TryAsync.", refused.Says.In("en"));
    }

    [Theory]
    [InlineData("salt", "11", "graph.parameter-range")]
    [InlineData("salt", "much", "graph.parameter-value")]
    [InlineData("pepper", "1", "graph.no-parameter")]
    public async Task A_variant_out_of_range_is_refused(string name, string value, string id)
    {
        await using var world = await WorldAsync();

        Assert.Equal(id, Assert.Throws<KumikiException>(() => world.Graph().Variant("recipe", new Dictionary<string, string> { [name] = value })).Says.Id);
    }

    static async Task<RunRecord> RunningAsync(MakingWorld world, CancellationToken stop)
    {
        await foreach (var _ in world.Store.ChangesAsync(0, stop))
            if ((await world.Store.RunsAsync("recipe", RunState.Running, 1, null, stop)) is [var run]) return run;
        throw new InvalidOperationException("The changes ended.");
    }
}
