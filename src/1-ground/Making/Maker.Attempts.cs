using System.Diagnostics;
using Kumiki.Store;

namespace Kumiki.Making;

public sealed partial class Maker
{
    /// <summary>Runs a run until it succeeds, fails for good, or has no attempt left.</summary>
    async Task<MakingEnd> AttemptsAsync(OneMaking one, RunPlan plan, RunBegun.Started started, CancellationToken stop)
    {
        var running = one.Node.Instance!.Running;
        var left = one.Order.Retries ?? running.Retries;
        var limit = one.Order.Limit ?? running.Limit;
        var fence = started.Fence;
        while (true)
        {
            var (end, again) = one.Order.OwnProcess ?? running.OwnProcess
                ? await OwnProcessAsync(one, started.Run, limit, left > 0, stop)
                : await ExecuteAsync(one.Node, started.Run, fence, plan, one.Inputs, limit, left > 0, one.Progress, stop);
            if (!again || left-- == 0 || stop.IsCancellationRequested) return end;
            one.Progress?.Invoke(new MakingProgress.Said(one.Node.Name, "warn", Message.Of("making.again", ("asset", one.Node.Name), ("why", ((MakingEnd.Failed)end).Why), ("left", left)).ToString()));
            if (await at.Metadata.BeginAttemptAsync(started.Run, LivingProcess.Current, stop) is not { } next) return end;
            fence = next;
        }
    }

    /// <summary>Runs a run in this process.</summary>
    /// <param name="keepOpen">Leave the run running after a failure that another attempt may mend.</param>
    /// <returns>How it ended, and whether another attempt makes sense.</returns>
    async Task<(MakingEnd End, bool Again)> ExecuteAsync(AssetNode node, RunId run, int fence, RunPlan plan, IReadOnlyDictionary<string, VersionRecord> inputs, TimeSpan? limit, bool keepOpen,
        Action<MakingProgress>? progress, CancellationToken stop)
    {
        using var timer = new CancellationTokenSource(limit ?? Timeout.InfiniteTimeSpan, at.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timer.Token);
        using var journal = new RunJournal(at.Metadata, run, at.Clock);
        using var scratch = at.Artifacts.NewScratch();
        var usage = new RunUsage();
        var making = new MakingRun(node, run, plan, inputs, at, scratch, journal, progress);
        try
        {
            var collection = await at.Metadata.CollectionAsync(stop);
            await RunAssetAsync(node, making, either.Token);
            await journal.EndAsync();
            var end = await CommitAsync(node, run, fence, making.Result(), usage.End(making.Steps), collection.Generation, stop);
            making.Checkpoints.Clear();
            return (end, false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return await FailAsync(RunState.Cancelled, Message.Of("making.cancelled", ("asset", node.Name)), mayMend: false);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested)
        {
            return await FailAsync(RunState.Failed, Message.Of("making.too-long", ("asset", node.Name), ("limit", limit)), mayMend: true);
        }
        catch (KumikiException e)
        {
            return await FailAsync(RunState.Failed, e.Says, mayMend: false);
        }
        catch (Exception e)     // the author's code: whatever it throws is the run's end, told with its place
        {
            making.Log("error", e.ToString());
            return await FailAsync(RunState.Failed, Message.Of("making.threw", ("asset", node.Name), ("type", e.GetType().Name), ("reason", e.Message), ("where", Place(e))), mayMend: true);
        }

        async Task<(MakingEnd, bool)> FailAsync(RunState state, Message why, bool mayMend)
        {
            await journal.EndAsync();
            var again = mayMend && keepOpen;
            if (!again) await at.Metadata.EndRunAsync(run, fence, state, why, usage.End(making.Steps), CancellationToken.None);
            return (new MakingEnd.Failed(node.Name, state, why, run), again);
        }
    }

    static async Task RunAssetAsync(AssetNode node, MakingRun making, CancellationToken stop)
    {
        MakingRun.Current = making;     // flows only into what this method calls
        await node.Instance!.MakeAsync(making, stop);
    }

    /// <summary>The author's line an exception came from.</summary>
    internal static string Place(Exception e) =>
        new StackTrace(e, fNeedFileInfo: true).GetFrames().FirstOrDefault(f => f.GetFileName() is not null) is { } frame
            ? $"{Path.GetFileName(frame.GetFileName())}:{frame.GetFileLineNumber()}"
            : e.TargetSite?.DeclaringType?.Name ?? "?";

    async Task<MakingEnd> CommitAsync(AssetNode node, RunId run, int fence, VersionRecord result, RunCost cost, long generation, CancellationToken stop)
    {
        while (true)
        {
            switch (await at.Metadata.CommitAsync(run, fence, new(result), cost, generation, stop))
            {
                case CommitEnd.Made made:
                    return new MakingEnd.Made(node.Name, made.Version, run);
                case CommitEnd.Existing existing:
                    return new MakingEnd.Reused(node.Name, existing.Version, Message.Of("making.identical", ("version", existing.Version.Name)), run);
                case CommitEnd.Fenced:
                    throw new KumikiException(Message.Of("making.fenced", ("asset", node.Name), ("run", run)));
                case CommitEnd.Collected:
                    var settled = await GarbageCollection.SettleAsync(at.Metadata, at.Artifacts, [.. result.Files.Select(f => f.Content)], new(), at.Clock, stop);
                    if (settled.Missing.Count > 0) throw new KumikiException(Message.Of("making.collected", ("asset", node.Name)));
                    generation = settled.Generation;
                    break;
            }
        }
    }

    /// <summary>Runs a run in a child process: it takes the run over under a new fence, so that a child that comes back from the dead commits nothing.</summary>
    async Task<(MakingEnd End, bool Again)> OwnProcessAsync(OneMaking one, RunId run, TimeSpan? limit, bool keepOpen, CancellationToken stop)
    {
        var start = new ProcessStartInfo(at.StepCommand[0], [.. at.StepCommand.Skip(1), run.ToString(), .. keepOpen ? ["--keep-open"] : Array.Empty<string>(), .. limit is { } l ? ["--limit", l.ToString()] : Array.Empty<string>()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = at.ProjectFolder,
        };
        using var child = Process.Start(start) ?? throw new InvalidOperationException($"{at.StepCommand[0]} did not start.");
        var told = new Queue<string>();
        var reading = Task.WhenAll(ReadAsync(child.StandardOutput, StepOutput), ReadAsync(child.StandardError, l => Keep(told, l)));
        try
        {
            await child.WaitForExitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            await StopAsync(child);
        }
        await reading;

        var record = (await at.Metadata.RunAsync(run, CancellationToken.None))!;
        if (record.State == RunState.Running)
        {
            if (child.ExitCode == StepFailedMayRepeat && keepOpen)
                return (new MakingEnd.Failed(one.Node.Name, RunState.Failed, Message.Of("making.step-failed", ("asset", one.Node.Name), ("reason", told.LastOrDefault() ?? "")), run), true);
            var why = stop.IsCancellationRequested
                ? Message.Of("making.cancelled", ("asset", one.Node.Name))
                : Message.Of("making.child-died", ("asset", one.Node.Name), ("exit", child.ExitCode), ("last", told.LastOrDefault() ?? "-"));
            if (keepOpen && !stop.IsCancellationRequested) return (new MakingEnd.Failed(one.Node.Name, RunState.Crashed, why, run), true);
            await at.Metadata.EndRunAsync(run, record.Fence, stop.IsCancellationRequested ? RunState.Cancelled : RunState.Crashed, why, null, CancellationToken.None);
            record = (await at.Metadata.RunAsync(run, CancellationToken.None))!;
        }
        return (await EndOfAsync(one.Node, record, CancellationToken.None), false);

        void StepOutput(string line)
        {
            if (StepLine.TryRead(line, one.Node.Name) is { } said) one.Progress?.Invoke(said);
        }

        static void Keep(Queue<string> lines, string line)
        {
            lines.Enqueue(line);
            if (lines.Count > 20) lines.Dequeue();
        }
    }

    static async Task ReadAsync(StreamReader reader, Action<string> line)
    {
        while (await reader.ReadLineAsync() is { } text) line(text);
    }

    /// <summary>Asks a child to stop, and kills it when it has not within ten seconds.</summary>
    static async Task StopAsync(Process child)
    {
        using var ask = Process.Start(new ProcessStartInfo("kill", ["-TERM", child.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await child.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            child.Kill(entireProcessTree: true);
            await child.WaitForExitAsync(CancellationToken.None);
        }
    }
}
