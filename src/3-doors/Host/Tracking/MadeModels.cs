using System.Text.Json.Nodes;
using Kumiki.Tracking;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>Shows tracking clients the models that Kumiki makes: looks at the start and after every change what was made since.</summary>
static partial class MadeModels
{
    const int PageOfVersions = 200;
    static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(Served served, ITrackingStore store, ILogger log, CancellationToken stop)
    {
        RunId? newest = null;
        try
        {
            await foreach (var _ in served.Metadata.ChangesAsync(-1, stop))
            {
                try
                {
                    newest = await ShowAsync(served, store, newest, stop);
                }
                catch (KumikiException e)
                {
                    NotShown(log, e.Says.ToString());     // the store cannot be read or written just now: the next change brings another look
                }
                await Task.Delay(Between, served.Clock, stop);      // clients log thousands of times a second, and each is a change
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the server stops
        }
    }

    /// <param name="seen">The run of the newest version at the last look.</param>
    /// <returns>That of the newest now.</returns>
    static async Task<RunId?> ShowAsync(Served served, ITrackingStore store, RunId? seen, CancellationToken stop)
    {
        if ((await served.Metadata.VersionsAsync(null, 1, null, stop)) is not [var newest] || newest.MadeBy == seen) return seen;
        var made = new List<VersionRecord>();
        for (RunId? before = null; ;)
        {
            var page = await served.Metadata.VersionsAsync(null, PageOfVersions, before, stop);
            foreach (var version in page.TakeWhile(v => v.MadeBy != seen))
                if (version is { Kind: AssetKind.Model, Imported: null } && !await store.IsShownAsync(version.Name, stop)) made.Add(version);
            if (page.Count < PageOfVersions || page.Any(v => v.MadeBy == seen)) break;
            before = page[^1].MadeBy;
        }
        foreach (var version in made.AsEnumerable().Reverse()) await store.ShowAsync(await SeenByClientsAsync(served, version, stop), stop);
        return newest.MadeBy;
    }

    static async Task<MadeModel> SeenByClientsAsync(Served served, VersionRecord version, CancellationToken stop)
    {
        var run = await served.Metadata.RunAsync(version.MadeBy, stop);
        var inputs = await served.Metadata.VersionsAsync([.. version.Inputs.Select(i => i.Version)], stop);
        var series = await served.Metadata.MetricsAsync(version.MadeBy, null, stop);
        var measured = series.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var madeMs = version.MadeAt.ToUnixTimeMilliseconds();
        List<Entry> tags = [new("kumiki.version", version.Name.ToString()), new("kumiki.run", version.MadeBy.ToString()),
            new("kumiki.content", version.Content.Hex)];
        if (run?.Plan.Code.GitCommit is { } commit) tags.Add(new("mlflow.source.git.commit", commit));
        return new(
            version.Name, version.MadeBy.ToString(), served.Author, (run?.Started ?? version.MadeAt).ToUnixTimeMilliseconds(), madeMs,
            [.. (run?.Plan.Parameters ?? new Dictionary<string, string>()).Select(p => new Entry(p.Key, TrackingRules.Cut(p.Value, TrackingRules.MostParam)))],
                tags,
            [
                .. series.Select(p => new LoggedMetric(p.Name, p.Value, p.At.ToUnixTimeMilliseconds(), p.Step)),
                .. version.Metrics.Where(m => !measured.Contains(m.Key)).Select(m => new LoggedMetric(m.Key, m.Value, madeMs, 0)),
            ],
            [.. version.Inputs.Where(i => inputs.GetValueOrDefault(i.Version)?.Kind is AssetKind.Dataset or AssetKind.Labels or AssetKind.Features)
                .Select(i => Dataset(i, inputs[i.Version]))],
            version.Files);
    }

    static DatasetInput Dataset(InputUse use, VersionRecord version) => new(
        version.Asset, version.Content.Hex[..32], "kumiki", new JsonObject { ["version"] = version.Name.ToString() }.ToJsonString(), null, null,
        use.Edge == EdgeKind.Source ? [new("mlflow.data.context", "training")] : []);

    [LoggerMessage(LogLevel.Warning, "Models that were made could not be shown to tracking clients: {Reason}")]
    static partial void NotShown(ILogger logger, string reason);
}
