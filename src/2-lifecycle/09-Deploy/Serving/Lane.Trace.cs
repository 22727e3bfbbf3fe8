using System.Diagnostics;

namespace Kumiki.Serving;

sealed partial class Lane
{
    /// <summary>Of so many others at most each span of a run says which they were.</summary>
    const int MostLinks = 63;

    /// <summary>Writes down, for each request of a run, how long it waited and what ran it.</summary>
    void Trace(IReadOnlyList<Pending> batch, int rows, long began, bool failed)
    {
        ActivityContext[] together = batch.Count == 1 ? [] : [.. batch.Where(p => p.Trace is not null).Select(p => p.Trace!.Context)];
        var (now, ended) = (clock.GetUtcNow(), clock.GetTimestamp());
        foreach (var pending in batch)
        {
            if (pending.Trace is not { } request) continue;
            using (var queue = ServingTrace.Source.StartActivity("queue", ActivityKind.Internal, request.Context, startTime: At(pending.Since)))
                queue?.SetEndTime(At(pending.Began).UtcDateTime);
            using var run = ServingTrace.Source.StartActivity("run", ActivityKind.Internal, request.Context,
                links: together.Where(t => t != request.Context).Take(MostLinks).Select(t => new ActivityLink(t)), startTime: At(began));
            run?.SetTag("kumiki.batch.requests", batch.Count).SetTag("kumiki.batch.rows", rows).SetEndTime(now.UtcDateTime);
            if (failed) run?.SetStatus(ActivityStatusCode.Error);
        }

        DateTimeOffset At(long timestamp) => now - clock.GetElapsedTime(timestamp, ended);
    }
}
