using Kumiki.Continuing;
using Kumiki.Store;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>Runs the schedules of a project while a server runs: what is due begins within a second, each schedule beside the others, each making in a
/// process of its own.</summary>
static partial class ScheduleWatch
{
    /// <summary>The category of its log lines.</summary>
    public const string Category = "Kumiki.Schedules";

    static readonly TimeSpan Every = TimeSpan.FromSeconds(1), AfterTrouble = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Served served, Schedules schedules, ILogger logger, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Every, served.Clock);
        var running = new Dictionary<string, Task>(StringComparer.Ordinal);
        var (revision, seen, next, trouble) = (-1L, "", (DateTimeOffset?)served.Clock.GetUtcNow(), "");
        try
        {
            do
            {
                try
                {
                    var isDue = next <= served.Clock.GetUtcNow();
                    if (!isDue && revision == (revision = await served.Metadata.RevisionAsync(stop))) continue;
                    var state = await StateAsync(served.Metadata, stop);
                    if (!isDue && state == seen) continue;          // something was written, but not of schedules

                    foreach (var crashed in await schedules.PlanAsync(stop))
                        Alert(logger, crashed.Schedule, crashed.Number, crashed.State, crashed.Progress.Says!.ToString());
                    foreach (var ready in await schedules.ReadyAsync(stop))
                        if (!running.TryGetValue(ready.Schedule, out var before) || before.IsCompleted)
                            running[ready.Schedule] = RunOneAsync(schedules, ready, served.Attempt, logger, stop);
                    (seen, next, trouble) = (await StateAsync(served.Metadata, stop), await schedules.NextAsync(stop), "");
                }
                catch (KumikiException e)
                {
                    next = served.Clock.GetUtcNow() + AfterTrouble;
                    if (trouble != (trouble = e.Says.ToString()))
                        NotLooked(logger, trouble);       // the graph has faults, or the store cannot be written just now: said once
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the server stops
        }
        await Task.WhenAll(running.Values);
    }

    /// <summary>What of schedules and open occurrences can make something ready.</summary>
    static async Task<string> StateAsync(IMetadataStore store, CancellationToken stop)
    {
        var open = (await store.OccurrencesAsync(null, open: true, 1000, null, stop)).Select(o => $"{o.Number} {o.State} {o.Fence}");
        return string.Join('\n', open.Concat((await store.SchedulesAsync(stop)).Select(s => $"{s.Schedule} {s.PausedAt} {s.Considered}")));
    }

    static async Task RunOneAsync(Schedules schedules, OccurrenceRecord one, Attempt attempt, ILogger logger, CancellationToken stop)
    {
        try
        {
            Begins(logger, one.Schedule, one.Number, one.Due);
            if (await schedules.RunAsync(one.Number, attempt, stop) is not { } end) return;
            if (end.State is OccurrenceState.NoGo or OccurrenceState.Refused or OccurrenceState.Stopped or OccurrenceState.Failed)
                Alert(logger, end.Schedule, end.Number, end.State, end.Progress.Says!.ToString());
            else Ended(logger, end.Schedule, end.Number, end.State, end.Progress.Says!.ToString());
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the server stops before the occurrence was taken
        }
        catch (Exception e)     // the occurrence has it as its end; here it is told whole, and the others go on
        {
            Failed(logger, one.Schedule, one.Number, e);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Schedule} #{Number}, due {Due:u}, begins")]
    static partial void Begins(ILogger logger, string schedule, long number, DateTimeOffset due);

    [LoggerMessage(LogLevel.Information, "{Schedule} #{Number} {State}: {Says}")]
    static partial void Ended(ILogger logger, string schedule, long number, OccurrenceState state, string says);

    [LoggerMessage(LogLevel.Warning, "ALERT {Schedule} #{Number} {State}: {Says}")]
    static partial void Alert(ILogger logger, string schedule, long number, OccurrenceState state, string says);

    [LoggerMessage(LogLevel.Error, "{Schedule} #{Number} failed")]
    static partial void Failed(ILogger logger, string schedule, long number, Exception e);

    [LoggerMessage(LogLevel.Warning, "Schedules could not be looked at: {Reason}")]
    static partial void NotLooked(ILogger logger, string reason);
}
