using Xunit;

namespace Kumiki.Store.Tests;

public abstract partial class MetadataStoreContract
{
    static readonly Message Why = Message.Of("store.no-run", ("run", "run-1"));

    Task<RunId> AddTrialAsync(string key, TrialOutcome end, string asset = "beans") =>
        Store.AddTrialAsync(asset, Sample.Plan(key), LivingProcess.Current, end, [new("loss", 1, 3, Clock.Now), new("loss", 2, 2, Clock.Now)], [new(0, Clock.Now, "info", "fits")], Go);

    [Fact]
    public async Task A_trial_is_a_whole_run_in_one_write()
    {
        var before = await Store.RevisionAsync(Go);
        var run = await AddTrialAsync("a", Sample.Outcome(("mae", 0.25), ("lost", double.NaN)));

        var back = (await Store.RunAsync(run, Go))!;
        Assert.Equal(before + 1, await Store.RevisionAsync(Go));
        Assert.Equal((RunState.Tried, 1, null, null), (back.State, back.Fence, back.Result, back.Error));
        Assert.Equal((DateTimeOffset.UnixEpoch, Clock.Now), (back.Started, back.Ended));
        Assert.Equal(new Dictionary<string, double> { ["mae"] = 0.25, ["lost"] = double.NaN }, back.Figures);
        Assert.Equal(new VersionName("sales", 3), back.Inputs.Single().Version);
        Assert.Equal([3, 2], (await Store.MetricsAsync(run, "loss", Go)).Select(p => p.Value));
        Assert.Equal([new(1, Clock.Now, "info", "fits")], await Store.LogAsync(run, 0, 10, Go));
        Assert.Equal([run], (await Store.RunsAsync("beans", RunState.Tried, 10, null, Go)).Select(r => r.Id));
        Assert.Empty(await Store.MakingsAsync("beans", Sample.Plan("a").RecipeKey, 10, Go));
    }

    [Fact]
    public async Task What_was_tried_already_is_not_kept_twice_and_is_found_by_its_key()
    {
        var first = await AddTrialAsync("a", Sample.Outcome(("mae", 0.25)));
        var failed = await AddTrialAsync("b", Sample.Outcome() with { Error = Why });
        var begun = await Sample.BeginAsync(Store, "beans", "c");
        await AddTrialAsync("a", Sample.Outcome(("mae", 9)), asset: "rice");

        Assert.Equal(first, await AddTrialAsync("a", Sample.Outcome(("mae", 0.5))));
        Assert.Equal((RunState.Failed, Why), ((await Store.RunAsync(failed, Go))!.State, (await Store.RunAsync(failed, Go))!.Error));
        Assert.True(await Store.EndTrialAsync(begun.Run, begun.Fence, Sample.Outcome(("mae", 0.125)), Go));

        var tried = await Store.TriedAsync("beans", [Sample.Plan("a").MakingKey, Sample.Plan("b").MakingKey, Sample.Plan("c").MakingKey, Sample.Plan("d").MakingKey], Go);
        Assert.Equal([(first, 0.25), (begun.Run, 0.125)], tried.Values.OrderBy(r => r.Id.Number).Select(r => (r.Id, r.Figures["mae"])));
        Assert.Empty(await Store.TriedAsync("beans", [], Go));
    }

    [Fact]
    public async Task A_begun_trial_ends_once_and_under_its_newest_fence()
    {
        var run = await Sample.BeginAsync(Store, "beans", "a");
        var next = (await Store.BeginAttemptAsync(run.Run, LivingProcess.Current, Go))!.Value;

        Assert.False(await Store.EndTrialAsync(run.Run, run.Fence, Sample.Outcome(("mae", 1)), Go));
        Assert.True(await Store.EndTrialAsync(run.Run, next, Sample.Outcome() with { Error = Why }, Go));
        Assert.False(await Store.EndTrialAsync(run.Run, next, Sample.Outcome(("mae", 1)), Go));
        Assert.Equal((RunState.Failed, Why), ((await Store.RunAsync(run.Run, Go))!.State, (await Store.RunAsync(run.Run, Go))!.Error));
    }

    [Fact]
    public async Task Trials_with_figures_are_not_forgotten()
    {
        var tried = await AddTrialAsync("a", Sample.Outcome(("mae", 0.25)));
        await AddTrialAsync("b", Sample.Outcome() with { Error = Why });

        Assert.Equal(1, await Store.ForgetRunsAsync(Clock.Now + TimeSpan.FromDays(1), dryRun: true, Go));
        Assert.Equal(1, await Store.ForgetRunsAsync(Clock.Now + TimeSpan.FromDays(1), dryRun: false, Go));
        Assert.Equal([tried], (await Store.RunsAsync(null, null, 10, null, Go)).Select(r => r.Id));
    }
}
