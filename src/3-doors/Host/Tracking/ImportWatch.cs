using Kumiki.Importing;
using Kumiki.Tracking;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>Makes what clients register into versions of imported models: all there is at the start, then what is new after every change.</summary>
static partial class ImportWatch
{
    const int FewVersions = 20, ManyVersions = 5_000;
    static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    /// <summary>How long a version may wait for files that its client uploads after registering it; then it is taken as it is.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Newest first: the new ones are on the first page.</summary>
    static readonly Search Newest = new([], [new(SearchEntity.Attribute, "creation_timestamp", Descending: true)]);

    public static async Task RunAsync(Served served, ITrackingStore store, ImportedModels imports, ILogger log, CancellationToken stop)
    {
        var seen = long.MinValue;
        var (waiting, others) = (new HashSet<(string Model, int Number)>(), new HashSet<(string Model, int Number)>());
        try
        {
            await foreach (var _ in served.Metadata.ChangesAsync(-1, stop))
            {
                try
                {
                    seen = await LookAsync(served, store, imports, seen, waiting, others, log, stop);
                }
                catch (KumikiException e)
                {
                    NotTaken(log, e.Says.ToString());      // the stores cannot be read just now: the next change brings another look
                }
                await Task.Delay(Between, served.Clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the server stops
        }
    }

    /// <param name="seen">When the newest version at the last look was registered.</param>
    /// <param name="waiting">Versions whose files are not there yet.</param>
    /// <param name="others">Versions that never become an asset's.</param>
    /// <returns>The same as <paramref name="seen"/>, for now.</returns>
    static async Task<long> LookAsync(Served served, ITrackingStore store, ImportedModels imports, long seen, HashSet<(string Model, int Number)> waiting,
        HashSet<(string Model, int Number)> others, ILogger log, CancellationToken stop)
    {
        var (fresh, newest, now) = (new List<ModelVersion>(), seen, served.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        var most = seen == long.MinValue ? ManyVersions : FewVersions;
        for (var page = 0; ; page++)
        {
            // The newest few always: another server's clock may be behind this one's. Most of them say that they were taken in, and cost nothing more.
            var found = await store.SearchVersionsAsync(Newest, prompts: false, new(page * most, most), stop);
            fresh.AddRange(found.Where(v => v.Tags.All(t => t.Key != ImportedModels.VersionTag) && !others.Contains((v.Model, v.Number))));
            if (found.Count > 0) newest = Math.Max(newest, found[0].CreatedMs);
            if (found.Count < most || found[^1].CreatedMs < seen) break;
        }
        foreach (var (model, number) in waiting.ToList())
        {
            if (fresh.Any(v => v.Model == model && v.Number == number)) continue;
            if (await FoundAsync(store, model, number, stop) is { } version) fresh.Add(version);
            else waiting.Remove((model, number));
        }
        foreach (var version in fresh.OrderBy(v => v.CreatedMs).ThenBy(v => v.Model, StringComparer.Ordinal).ThenBy(v => v.Number))
        {
            var isOld = now - version.CreatedMs > Patience.TotalMilliseconds;
            var end = await TakeAsync(imports, version, isOld, log, stop);
            if (end is ImportEnd.Waits && !isOld) waiting.Add((version.Model, version.Number));
            else waiting.Remove((version.Model, version.Number));
            if (end is ImportEnd.NotOurs) others.Add((version.Model, version.Number));
        }
        return newest;
    }

    /// <returns>Null where it could not be: the next start tries again.</returns>
    static async Task<ImportEnd?> TakeAsync(ImportedModels imports, ModelVersion version, bool asItIs, ILogger log, CancellationToken stop)
    {
        try
        {
            return await imports.TakeAsync(version, asItIs, stop);
        }
        catch (Exception e) when (e is KumikiException or IOException)
        {
            NotTaken(log, $"{version.Model} {version.Number}: {(e as KumikiException)?.Says.ToString() ?? e.Message}");
            return null;
        }
    }

    static async Task<ModelVersion?> FoundAsync(ITrackingStore store, string model, int number, CancellationToken stop)
    {
        try
        {
            return await store.VersionAsync(model, number, stop);
        }
        catch (TrackingException e) when (e.Fault == TrackingFault.NotThere)
        {
            return null;        // deleted or renamed meanwhile; what was renamed is found at the next start
        }
    }

    [LoggerMessage(LogLevel.Warning, "A registered model was not taken in: {Reason}")]
    static partial void NotTaken(ILogger logger, string reason);
}
