using Kumiki.Store;

namespace Kumiki.Continuing;

public sealed partial class Schedules
{
    /// <summary>Runs an occurrence that may begin, or goes on with one, to its end or until its hold begins.</summary>
    /// <returns>What became of it; null where another process has it or it may not begin.</returns>
    /// <remarks>Where <paramref name="stop"/> ends it, it waits to be taken up again by the next process, unless whoever stopped it meant to cancel
    /// it.</remarks>
    public async Task<OccurrenceRecord?> RunAsync(long number, Attempt? attempt = null, CancellationToken stop = default)
    {
        if (await store.ClaimOccurrenceAsync(number, LivingProcess.Current, stop) is not { } one) return null;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var watched = new CancellationTokenSource();
        var watching = WatchAsync(one, ends, watched.Token);
        var (end, progress) = (default(OccurrenceRun.End), one.Progress);
        OccurrenceRun? run = null;
        try
        {
            var graph = (await project(ends.Token)).Sound();
            run = new(graph.Schedule(one.Schedule), graph, at, one, attempt ?? new());
            end = await run.RunAsync(ends.Token);
        }
        catch (OccurrenceLostException)
        {
            return await store.OccurrenceAsync(number, CancellationToken.None);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            var by = (await store.OccurrenceAsync(number, CancellationToken.None))?.CancelledBy;
            if (by is null && !stop.IsCancellationRequested) return await store.OccurrenceAsync(number, CancellationToken.None);      // lost
            if (by is null && !(attempt is { StopCancels: true } && one.Cause == OccurrenceCause.ByHand))
                end = new(OccurrenceState.Waiting, Message.Of("schedule.interrupted"), Alerts: false);
            else if (run?.Reached is { } reached) end = reached;        // what is done is done: only what comes afterwards was cancelled
            else end = new(OccurrenceState.Cancelled, Message.Of("schedule.cancelled", ("by", by ?? one.By)), Alerts: false);
        }
        catch (KumikiException e)
        {
            end = Failed(Message.Of("schedule.failed", ("schedule", one.Schedule), ("production", await StaysAsync(store, CancellationToken.None)),
                ("says", e.Says)));
        }
        catch (Exception e)     // written down before it is thrown on, so that nobody takes it up again and again
        {
            end = Failed(Message.Of("schedule.threw", ("schedule", one.Schedule), ("type", e.GetType().Name), ("reason", e.Message),
                ("production", await StaysAsync(store, CancellationToken.None))));
            throw;
        }
        finally
        {
            await watched.CancelAsync();
            await watching;
            progress = run?.Progress ?? progress;
            if (end is not null)
                await store.EndOccurrenceAsync(number, one.Fence, end.State, progress with { Says = end.Says }, end.Alerts ? end.Says : null,
                    CancellationToken.None);
        }
        return await store.OccurrenceAsync(number, CancellationToken.None);

        static OccurrenceRun.End Failed(Message says) => new(OccurrenceState.Failed, says, Alerts: true);
    }

    /// <summary>Ends an attempt when a person cancels the occurrence, or another process has it.</summary>
    async Task WatchAsync(OccurrenceRecord one, CancellationTokenSource ends, CancellationToken stop)
    {
        try
        {
            var revision = await store.RevisionAsync(stop);
            await foreach (var _ in store.ChangesAsync(revision - 1, stop))
            {
                if (await store.OccurrenceAsync(one.Number, stop) is { CancelledBy: null } now && now.Fence == one.Fence) continue;
                await ends.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the attempt is over
        }
        catch (KumikiException)
        {
            // the store cannot be read just now: the attempt's next step will say so, and the fence is held there
        }
    }
}
