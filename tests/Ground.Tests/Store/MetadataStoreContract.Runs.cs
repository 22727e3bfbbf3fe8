using Xunit;

namespace Kumiki.Store.Tests;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task A_run_that_began_comes_back_with_its_plan()
    {
        var run = await Sample.BeginAsync(Store, "beans", "a");
        var back = (await Store.RunAsync(run.Run, Go))!;

        var plan = Sample.Plan("a");
        Assert.Equal(("beans", RunState.Running, 1), (back.Asset, back.State, back.Fence));
        Assert.Equal(LivingProcess.Current, back.Owner);
        Assert.Equal(Clock.Now, back.Started);
        Assert.Equal(plan.Parameters, back.Plan.Parameters);
        Assert.Equal(plan.Recipe, back.Plan.Recipe);
        Assert.Equal(plan.Inputs, back.Plan.Inputs);
        Assert.Equal(plan.Notes, back.Plan.Notes);
        Assert.Equal((plan.Seed, plan.RecipeKey, plan.MakingKey, plan.Code), (back.Plan.Seed, back.Plan.RecipeKey, back.Plan.MakingKey, back.Plan.Code));
        Assert.Equal(plan.Environment.Packages, back.Plan.Environment.Packages);
        Assert.Equal(plan.Environment.Engines, back.Plan.Environment.Engines);
        Assert.Equal((plan.Environment.Os, plan.Environment.MemoryBytes), (back.Plan.Environment.Os, back.Plan.Environment.MemoryBytes));
        Assert.Null(back.Ended);
        Assert.Null(await Store.RunAsync(new(999), Go));
    }

    [Fact]
    public async Task A_making_that_runs_already_is_joined_while_its_process_lives()
    {
        var first = await Sample.BeginAsync(Store, "beans", "a");

        Assert.Equal(new RunBegun.Joined(first.Run), await Store.BeginRunAsync("beans", Sample.Plan("a"), LivingProcess.Current, Go));
        Assert.IsType<RunBegun.Started>(await Store.BeginRunAsync("beans", Sample.Plan("b"), LivingProcess.Current, Go));
        Assert.IsType<RunBegun.Started>(await Store.BeginRunAsync("rice", Sample.Plan("a"), LivingProcess.Current, Go));
    }

    [Fact]
    public async Task A_making_whose_process_died_or_that_ended_is_not_joined()
    {
        await Sample.BeginAsync(Store, "beans", "a", Sample.Dead);
        var second = await Sample.BeginAsync(Store, "beans", "a");
        await Store.EndRunAsync(second.Run, second.Fence, RunState.Failed, Message.Of("store.no-run", ("run", "run-1")), null, Go);

        Assert.IsType<RunBegun.Started>(await Store.BeginRunAsync("beans", Sample.Plan("a"), LivingProcess.Current, Go));
    }

    [Fact]
    public async Task A_commit_ends_the_run_with_what_it_read_and_cost()
    {
        var sales = await Sample.MakeAsync(Store, "sales", "s");
        var run = await Sample.BeginAsync(Store, "beans", "a");
        Clock.Now += TimeSpan.FromMinutes(5);
        await Store.CommitAsync(run.Run, run.Fence, new(Sample.Version("beans", "a", sales.Name)), Sample.Cost, 0, Go);

        var back = (await Store.RunAsync(run.Run, Go))!;
        Assert.Equal((RunState.Made, new VersionName("beans", 1), Clock.Now), (back.State, back.Result, back.Ended));
        Assert.Equal(sales.Name, back.Inputs.Single().Version);
        Assert.Equal((Sample.Cost.Wall, Sample.Cost.Cpu, Sample.Cost.PeakMemoryBytes), (back.Cost!.Wall, back.Cost.Cpu, back.Cost.PeakMemoryBytes));
        Assert.Equal(Sample.Cost.Steps, back.Cost.Steps);
    }

    [Fact]
    public async Task Identical_content_is_the_existing_version()
    {
        var first = await Sample.MakeAsync(Store, "beans", "a");
        var run = await Sample.BeginAsync(Store, "beans", "other parameters");

        var end = await Store.CommitAsync(run.Run, run.Fence, new(Sample.Version("beans", "a")), Sample.Cost, 0, Go);

        Assert.Equal(first.Name, Assert.IsType<CommitEnd.Existing>(end).Version.Name);
        var back = (await Store.RunAsync(run.Run, Go))!;
        Assert.Equal((RunState.Reused, first.Name), (back.State, back.Result));
        Assert.Equal(1, (await Store.NewestAsync(Go))["beans"]);
    }

    [Fact]
    public async Task The_same_content_of_another_asset_is_another_version()
    {
        await Sample.MakeAsync(Store, "beans", "a");

        Assert.Equal(new("rice", 1), (await Sample.MakeAsync(Store, "rice", "a")).Name);
    }

    [Fact]
    public async Task Only_the_newest_attempt_may_commit_or_end_a_run()
    {
        var run = await Sample.BeginAsync(Store, "beans", "a");
        var child = LivingProcess.Current with { Pid = 4711 };
        var fence = await Store.BeginAttemptAsync(run.Run, child, Go);

        Assert.Equal(2, fence);
        Assert.Equal(child, (await Store.RunAsync(run.Run, Go))!.Owner);
        Assert.IsType<CommitEnd.Fenced>(await Store.CommitAsync(run.Run, run.Fence, new(Sample.Version("beans", "a")), Sample.Cost, 0, Go));
        Assert.False(await Store.EndRunAsync(run.Run, run.Fence, RunState.Failed, Message.Of("store.no-run", ("run", "run-1")), null, Go));
        Assert.IsType<CommitEnd.Made>(await Store.CommitAsync(run.Run, 2, new(Sample.Version("beans", "a")), Sample.Cost, 0, Go));
    }

    [Fact]
    public async Task An_ended_run_neither_commits_nor_ends_nor_begins_again()
    {
        var run = await Sample.BeginAsync(Store, "beans", "a");
        var why = Message.Of("store.no-run", ("run", "run-1"));
        Assert.True(await Store.EndRunAsync(run.Run, 1, RunState.Cancelled, why, Sample.Cost, Go));

        var back = (await Store.RunAsync(run.Run, Go))!;
        Assert.Equal((RunState.Cancelled, why, Clock.Now), (back.State, back.Error, back.Ended));
        Assert.IsType<CommitEnd.Fenced>(await Store.CommitAsync(run.Run, 1, new(Sample.Version("beans", "a")), Sample.Cost, 0, Go));
        Assert.False(await Store.EndRunAsync(run.Run, 1, RunState.Failed, why, null, Go));
        Assert.Null(await Store.BeginAttemptAsync(run.Run, LivingProcess.Current, Go));
        Assert.Empty(await Store.NewestAsync(Go));
    }

    [Fact]
    public async Task A_version_of_another_asset_than_the_runs_is_refused()
    {
        var run = await Sample.BeginAsync(Store, "beans", "a");

        await Assert.ThrowsAsync<ArgumentException>(() => Store.CommitAsync(run.Run, run.Fence, new(Sample.Version("rice", "a")), Sample.Cost, 0, Go));

        Assert.Equal(RunState.Running, (await Store.RunAsync(run.Run, Go))!.State);
    }

    [Fact]
    public async Task Running_runs_of_dead_processes_are_marked_crashed()
    {
        var dead = await Sample.BeginAsync(Store, "beans", "a", Sample.Dead);
        var living = await Sample.BeginAsync(Store, "beans", "b");
        var elsewhere = await Sample.BeginAsync(Store, "beans", "c", Sample.Dead with { Machine = "another" });

        var crashed = await Store.EndCrashedAsync(LivingProcess.IsAlive, Go);

        var run = Assert.Single(crashed);
        Assert.Equal((dead.Run, RunState.Crashed, Clock.Now), (run.Id, run.State, run.Ended));
        Assert.Equal($"Process {Sample.Dead.Pid} on {Sample.Dead.Machine} ended before the run did. Start the making again.", run.Error!.In("en"));
        Assert.Equal([elsewhere.Run, living.Run], (await Store.RunsAsync(null, RunState.Running, 10, null, Go)).Select(r => r.Id));
        Assert.Empty(await Store.EndCrashedAsync(LivingProcess.IsAlive, Go));
    }

    [Fact]
    public async Task Runs_are_paged_newest_first_by_asset_and_state()
    {
        for (var i = 0; i < 6; i++)
        {
            var run = await Sample.BeginAsync(Store, i % 2 == 0 ? "beans" : "rice", $"{i}");
            if (i < 3) await Store.EndRunAsync(run.Run, 1, RunState.Failed, Message.Of("store.no-run", ("run", "run-1")), null, Go);
        }

        async Task<IEnumerable<long>> Of(string? asset, RunState? state, int limit, RunId? before) =>
            (await Store.RunsAsync(asset, state, limit, before, Go)).Select(r => r.Id.Number);
        Assert.Equal([6, 5, 4, 3], await Of(null, null, 4, null));
        Assert.Equal([2, 1], await Of(null, null, 4, new(3)));
        Assert.Equal([5, 3, 1], await Of("beans", null, 4, null));
        Assert.Equal([3, 2, 1], await Of(null, RunState.Failed, 4, null));
        Assert.Equal([3, 1], await Of("beans", RunState.Failed, 4, null));
        Assert.Equal([1], await Of("beans", RunState.Failed, 4, new(3)));
    }

    [Fact]
    public async Task Makings_are_the_ended_runs_of_a_recipe_that_have_a_result()
    {
        await Sample.MakeAsync(Store, "beans", "a");
        await Sample.BeginAsync(Store, "beans", "beans b");
        var again = await Sample.BeginAsync(Store, "beans", "beans a");
        await Store.CommitAsync(again.Run, 1, new(Sample.Version("beans", "a")), Sample.Cost, 0, Go);
        await Sample.MakeAsync(Store, "rice", "a");

        var makings = await Store.MakingsAsync("beans", Digest.Of("recipe beans a"), 10, Go);

        Assert.Equal([(again.Run, RunState.Reused), (new RunId(1), RunState.Made)], makings.Select(r => (r.Id, r.State)));
        Assert.Single(await Store.MakingsAsync("beans", Digest.Of("recipe beans a"), 1, Go));
        Assert.Empty(await Store.MakingsAsync("beans", Digest.Of("recipe beans b"), 10, Go));
    }

    [Fact]
    public async Task Metrics_come_back_by_name_in_the_order_of_appending()
    {
        var run = (await Sample.BeginAsync(Store, "beans", "a")).Run;
        var at = Clock.Now;
        await Store.AppendMetricsAsync(run, [new("loss", 1, 0.5, at), new("accuracy", 1, 0.9, at), new("loss", 2, double.NaN, at)], Go);
        await Store.AppendMetricsAsync(run, [new("loss", 2, double.PositiveInfinity, at.AddTicks(1)), new("loss", 1, -0.0, at)], Go);

        Assert.Equal(
            [
                new("accuracy", 1, 0.9, at),
                new("loss", 1, 0.5, at), new("loss", 2, double.NaN, at), new("loss", 2, double.PositiveInfinity, at.AddTicks(1)), new("loss", 1, -0.0, at),
            ],
            await Store.MetricsAsync(run, null, Go));
        Assert.Equal([new("accuracy", 1, 0.9, at)], await Store.MetricsAsync(run, "accuracy", Go));
        Assert.Empty(await Store.MetricsAsync(run, "recall", Go));
    }

    [Fact]
    public async Task Log_lines_are_numbered_from_one_and_read_from_any_line()
    {
        var run = (await Sample.BeginAsync(Store, "beans", "a")).Run;
        var other = (await Sample.BeginAsync(Store, "beans", "b")).Run;
        await Store.AppendLogAsync(run, [new(0, Clock.Now, "info", "one"), new(0, Clock.Now, "warning", "二")], Go);
        await Store.AppendLogAsync(other, [new(0, Clock.Now, "info", "theirs")], Go);
        await Store.AppendLogAsync(run, [new(0, Clock.Now, "info", "three")], Go);

        var all = await Store.LogAsync(run, 0, 10, Go);
        Assert.Equal([new(1, Clock.Now, "info", "one"), new(2, Clock.Now, "warning", "二"), new(3, Clock.Now, "info", "three")], all);
        Assert.Equal([new(2, Clock.Now, "warning", "二")], await Store.LogAsync(run, 1, 1, Go));
    }

    [Fact]
    public async Task Metrics_and_lines_of_a_run_that_does_not_exist_are_refused()
    {
        var metrics = await Assert.ThrowsAsync<KumikiException>(() => Store.AppendMetricsAsync(new(9), [new("loss", 1, 1, Clock.Now)], Go));
        var lines = await Assert.ThrowsAsync<KumikiException>(() => Store.AppendLogAsync(new(9), [new(0, Clock.Now, "info", "x")], Go));

        Assert.Equal("There is no run-9 in this store. List the runs with kumiki runs.", metrics.Says.In("en"));
        Assert.Equal(metrics.Says, lines.Says);
    }

    [Fact]
    public async Task Old_runs_without_a_result_are_forgotten_with_their_metrics_and_lines()
    {
        var failed = (await Sample.BeginAsync(Store, "beans", "a")).Run;
        await Store.AppendMetricsAsync(failed, [new("loss", 1, 1, Clock.Now)], Go);
        await Store.AppendLogAsync(failed, [new(0, Clock.Now, "info", "x")], Go);
        await Store.EndRunAsync(failed, 1, RunState.Failed, Message.Of("store.no-run", ("run", "run-1")), null, Go);
        await Sample.BeginAsync(Store, "beans", "running");
        await Sample.MakeAsync(Store, "beans", "made");
        Clock.Now += TimeSpan.FromDays(10);
        var young = await Sample.BeginAsync(Store, "beans", "young");
        await Store.EndRunAsync(young.Run, 1, RunState.Failed, Message.Of("store.no-run", ("run", "run-1")), null, Go);
        var before = Clock.Now - TimeSpan.FromDays(5);

        Assert.Equal(1, await Store.ForgetRunsAsync(before, dryRun: true, Go));
        Assert.NotNull(await Store.RunAsync(failed, Go));
        Assert.Equal(1, await Store.ForgetRunsAsync(before, dryRun: false, Go));

        Assert.Equal([4, 3, 2], (await Store.RunsAsync(null, null, 10, null, Go)).Select(r => r.Id.Number));
        Assert.Empty(await Store.MetricsAsync(failed, null, Go));
        Assert.Empty(await Store.LogAsync(failed, 0, 10, Go));
        Assert.Equal(new RunId(5), (await Sample.BeginAsync(Store, "beans", "next")).Run);
    }
}
