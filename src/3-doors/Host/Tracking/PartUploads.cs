using System.Collections.Concurrent;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>The uploads in parts that are under way. They are this process's: their parts are in scratch folders, which go with an upload's end, with this
/// object, and after a kill at the next start or collection.</summary>
sealed class PartUploads : IDisposable
{
    /// <summary>An upload is left alone for good when nothing of it came for this long.</summary>
    static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <summary>How many may be open at a time, those that ended and are still remembered included.</summary>
    internal const int Most = 1_000;

    readonly ConcurrentDictionary<string, PartUpload> all = new(StringComparer.Ordinal);
    readonly Served served;
    readonly ITimer sweeps;

    public PartUploads(Served served)
    {
        this.served = served;
        sweeps = served.Clock.CreateTimer(_ => Sweep(), null, TimeSpan.FromHours(1), TimeSpan.FromHours(1));
    }

    /// <param name="parts">How many it will have.</param>
    /// <returns>Null where too many are open.</returns>
    internal PartUpload? Begin(TrackedPath path, int parts)
    {
        Sweep();
        if (all.Count >= Most && all.Values.Where(u => u.IsDone).MinBy(u => u.Used) is { } oldest) End(oldest);
        if (all.Count >= Most) return null;
        var upload = new PartUpload(path, parts, served.Artifacts.NewScratch(), served.Clock);
        all[upload.Id] = upload;
        return upload;
    }

    /// <exception cref="TrackingException">There is none, or it goes elsewhere.</exception>
    internal PartUpload Of(string id, TrackedPath? path = null) =>
        all.TryGetValue(id, out var upload) && (path is null || upload.Path == path)
            ? upload
            : throw new TrackingException(TrackingFault.NotThere,
                Message.Of("upload.none", ("upload", TrackingRules.Quoted(id)), ("path", path?.ToString() ?? "…")));

    /// <summary>Lets go of an upload and its parts; one that is not there is gone already, and one that was completed stays as it is.</summary>
    internal async Task AbortAsync(string id, TrackedPath path, CancellationToken stop)
    {
        if (all.TryGetValue(id, out var upload) && upload.Path == path && await upload.AbortAsync(stop)) all.TryRemove(id, out _);
    }

    public void Dispose()
    {
        sweeps.Dispose();
        foreach (var upload in all.Values) End(upload);
    }

    void Sweep()
    {
        var before = served.Clock.GetUtcNow() - Abandoned;
        foreach (var upload in all.Values)
            if (upload.Used < before) End(upload);
    }

    void End(PartUpload upload)
    {
        all.TryRemove(upload.Id, out _);
        upload.Dispose();
    }
}
