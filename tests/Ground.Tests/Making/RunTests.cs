using Kumiki.Making;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Ground.Tests.Making;

public sealed class RunTests
{
    /// <summary>What the next making does; one at a time, since assets are immutable.</summary>
    static readonly AsyncLocal<Func<MakingRun, CancellationToken, Task<string>>> Act = new();

    sealed class Actor : Note
    {
        protected override Task<string> TextAsync(MakingRun making, CancellationToken stop) => Act.Value!(making, stop);
    }

    sealed class Audience(Actor actor) : Note
    {
        protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop) => await ReadAsync(making, actor, stop);
    }

    [Fact]
    public async Task A_run_records_metrics_log_cost_code_and_environment()
    {
        await using var world = new MakingWorld(typeof(Actor));
        Act.Value = (making, _) =>
        {
            using (making.Step("speak"))
                for (var step = 0; step < 3; step++) making.Metric("applause", step * 10, step);
            making.Log("bows");
            return Task.FromResult("done");
        };

        var made = Assert.IsType<MakingEnd.Made>(await world.MakeAsync("actor"));
        var run = (await world.Store.RunAsync(made.Run, default))!;

        Assert.Equal([0, 10, 20], (await world.Store.MetricsAsync(made.Run, "applause", default)).Select(p => p.Value));
        Assert.Equal(20, made.Version.Metrics["applause"]);
        Assert.Equal(["bows"], (await world.Store.LogAsync(made.Run, 0, 10, default)).Select(l => l.Text));
        Assert.Equal(["speak"], run.Cost!.Steps.Keys);
        Assert.InRange(run.Cost.PeakMemoryBytes, 1 << 20, 1L << 40);
        Assert.Equal("Notes", run.Plan.Code.EntryAssembly);
        Assert.Equal(Environment.ProcessorCount, run.Plan.Environment.Cores);
        Assert.Equal(["Notes.dll"], (await ProgramClosure.FilesOfAsync(run.Plan.Code.Closure, world.Artifacts, default)).Select(f => f.Path));
        Assert.Equal(LivingProcess.Current, run.Owner);
    }

    [Fact]
    public async Task The_authors_exception_ends_the_run_with_its_place_and_skips_what_waits_for_it()
    {
        await using var world = new MakingWorld(typeof(Actor), typeof(Audience));
        Act.Value = (_, _) => throw new InvalidTimeZoneException("lost the script");

        var ends = await world.MakeAsync(new MakeOrder("audience") { Upstream = true });

        var failed = Assert.IsType<MakingEnd.Failed>(ends[0]);
        Assert.Matches(@"^The code of actor threw InvalidTimeZoneException at RunTests\.cs:\d+: lost the script$", failed.Why.In("en"));
        Assert.Equal(RunState.Failed, (await world.Store.RunAsync(failed.Run!.Value, default))!.State);
        Assert.IsType<MakingEnd.Skipped>(ends[1]);
        Assert.Contains(await world.Store.LogAsync(failed.Run.Value, 0, 10, default), l => l.Level == "error" && l.Text.Contains("RunTests.cs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_is_tried_again_as_often_as_asked_under_a_new_fence()
    {
        await using var world = new MakingWorld(typeof(Actor));
        var tries = 0;
        Act.Value = (_, _) => ++tries < 3 ? throw new IOException("stumbles") : Task.FromResult("done");

        var made = Assert.IsType<MakingEnd.Made>((await world.MakeAsync(new MakeOrder("actor") { Retries = 2 }))[0]);

        Assert.Equal((3, 3), (tries, (await world.Store.RunAsync(made.Run, default))!.Fence));
        Assert.Single(await world.Store.RunsAsync(null, null, 10, null, default));
    }

    [Fact]
    public async Task Bad_input_is_not_tried_again()
    {
        await using var world = new MakingWorld(typeof(Actor));
        var tries = 0;
        Act.Value = (_, _) =>
        {
            tries++;
            throw new KumikiException(Message.Of("stale.never"));
        };

        Assert.IsType<MakingEnd.Failed>((await world.MakeAsync(new MakeOrder("actor") { Retries = 5 }))[0]);

        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task A_making_beyond_its_limit_is_ended_and_says_how_to_give_it_more()
    {
        await using var world = new MakingWorld(typeof(Actor));
        Act.Value = async (_, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return "never";
        };

        var failed = Assert.IsType<MakingEnd.Failed>((await world.MakeAsync(new MakeOrder("actor") { Limit = TimeSpan.FromMilliseconds(50) }))[0]);

        Assert.Equal("The making of actor took longer than its limit of 00:00:00.0500000; raise the limit (--limit) or give it less data.", failed.Why.In("en"));
        Assert.Equal(RunState.Failed, (await world.Store.RunAsync(failed.Run!.Value, default))!.State);
    }

    [Fact]
    public async Task A_cancelled_making_leaves_a_cancelled_run_and_no_files()
    {
        await using var world = new MakingWorld(typeof(Actor));
        using var cancel = new CancellationTokenSource();
        Act.Value = async (making, stop) =>
        {
            await File.WriteAllTextAsync(making.Scratch.File("half"), "half", stop);
            await cancel.CancelAsync();
            stop.ThrowIfCancellationRequested();
            return "never";
        };

        var failed = Assert.IsType<MakingEnd.Failed>((await world.Maker().MakeAsync(new MakeOrder("actor"), null, cancel.Token))[0]);

        Assert.Equal(RunState.Cancelled, (await world.Store.RunAsync(failed.Run!.Value, default))!.State);
        Assert.Empty(Directory.EnumerateFiles(world.Root, "half", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Two_makings_of_one_asset_with_one_key_are_one_making()
    {
        await using var world = new MakingWorld(typeof(Actor));
        var entered = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var times = 0;
        Act.Value = async (_, _) =>
        {
            Interlocked.Increment(ref times);
            entered.TrySetResult();
            await go.Task;
            return "done";
        };

        var first = world.MakeAsync("actor");
        await entered.Task;
        var second = world.MakeAsync("actor");
        await Task.WhenAny(second, Task.Delay(300));
        Assert.False(second.IsCompleted);
        go.SetResult();

        Assert.Equal((await first).Result!.Name, (await second).Result!.Name);
        Assert.Equal(1, times);
        Assert.Single(await world.Store.RunsAsync(null, null, 10, null, default));
    }

    [Fact]
    public async Task An_attempt_that_was_overtaken_commits_nothing()
    {
        await using var world = new MakingWorld(typeof(Actor));
        Act.Value = async (making, stop) =>
        {
            Assert.Equal(2, await world.Store.BeginAttemptAsync(making.Run, LivingProcess.Current, stop));
            return "from the old attempt";
        };

        var failed = Assert.IsType<MakingEnd.Failed>(await world.MakeAsync("actor"));

        Assert.Equal("A newer attempt at run-1 has taken over the making of actor; this one commits nothing.", failed.Why.In("en"));
        Assert.Null(await world.Store.VersionAsync(new("actor", 1), default));
        Assert.Equal(RunState.Running, (await world.Store.RunAsync(new(1), default))!.State);
    }

    [Fact]
    public async Task A_run_whose_process_died_is_crashed_at_the_next_look()
    {
        await using var world = new MakingWorld(typeof(Beans));
        await world.MakeAsync("beans");
        var plan = (await world.Store.RunAsync(new(1), default))!.Plan with { MakingKey = Digest.Of("another") };
        await world.Store.BeginRunAsync("beans", plan, LivingProcess.Current with { StartTicks = 1 }, default);

        var crashed = await world.Store.EndCrashedAsync(LivingProcess.IsAlive, default);

        Assert.Equal([new RunId(2)], crashed.Select(r => r.Id));
        Assert.Equal(RunState.Crashed, (await world.Store.RunAsync(new(2), default))!.State);
    }

    [Fact]
    public async Task Checkpoints_of_a_killed_making_are_there_for_the_next_and_gone_after_it()
    {
        await using var world = new MakingWorld(typeof(Actor));
        var had = new List<bool>();
        var fail = true;
        Act.Value = async (making, stop) =>
        {
            had.Add(making.Checkpoints.Contains("piece"));
            if (!making.Checkpoints.Contains("piece"))
            {
                await File.WriteAllTextAsync(making.Scratch.File("p"), "piece", stop);
                making.Checkpoints.Keep("piece", making.Scratch.File("p"));
            }
            if (fail) throw new IOException("the power went");
            await making.AddFileAsync("piece", making.Checkpoints.Take("piece", making.Scratch), stop);
            return "done";
        };

        Assert.IsType<MakingEnd.Failed>(await world.MakeAsync("actor"));
        fail = false;
        Assert.IsType<MakingEnd.Made>(await world.MakeAsync("actor"));

        Assert.Equal([false, true], had);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(world.Root, "checkpoints")));
    }
}
