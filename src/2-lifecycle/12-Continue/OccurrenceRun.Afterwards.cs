using Kumiki.Making;
using Kumiki.Releasing;

namespace Kumiki.Continuing;

sealed partial class OccurrenceRun
{
    // ── 7. afterwards ──

    /// <summary>Makes what is made from production: by the models that are live, of the data this occurrence loaded.</summary>
    async Task<(Message, End?)> AfterwardsAsync(CancellationToken stop)
    {
        var production = await at.Metadata.ProductionAsync(stop);
        var loaded = Progress.Versions.Where(v => graph.Find(v.Asset) is { } node && IsData(node)).ToDictionary(v => v.Asset, StringComparer.Ordinal);
        var (news, missing) = (new List<VersionName>(), default(Message));
        foreach (var target in schedule.Afterwards)
        {
            var use = new List<VersionName>();
            var needs = default(string);
            foreach (var node in graph.Upstream(target.Name).Where(n => n.Name != target.Name))
            {
                if (loaded.TryGetValue(node.Name, out var version)) use.Add(version);
                else if (node.Kind is not (AssetKind.Model or AssetKind.Threshold or AssetKind.SearchIndex or AssetKind.Endpoint or AssetKind.Report)) continue;
                else if (production.Set.TryGetValue(node.Name, out var live)) use.Add(new(node.Name, live));
                else needs = node.Name;
            }
            if (needs is not null)
            {
                missing = Message.Of("schedule.afterwards-none", ("asset", target.Name), ("needs", needs));
                continue;
            }
            var ends = await maker.MakeAsync(Order([target.Name], use), attempt.Making, stop);
            stop.ThrowIfCancellationRequested();
            // What failed stands before what was skipped because of it.
            if (ends.FirstOrDefault(e => e.Result is null) is { } broken)
                return Bad(Message.Of("schedule.step-failed", ("asset", broken.Asset), ("why", (broken as MakingEnd.Failed)?.Why ?? ((MakingEnd.Skipped)broken).Why)));
            // With the target all that was predicted on the way to it; data are taken from wherever they are.
            news.AddRange(ends.Where(e => !IsData(graph[e.Asset])).Select(e => e.Result!.Name).Where(v => !news.Contains(v)));
        }
        await SaveAsync(Progress with { Afterwards = [.. news] }, stop);
        news.RemoveAll(v => IsLive(production, v));
        if (news.Count == 0) return (missing ?? Message.Of("schedule.nothing-afterwards"), null);

        await releases.StageAsync(news, Reason, stop);
        if (schedule.Release.IsByPerson) return (Message.Of("schedule.afterwards", ("versions", Names(news))), null);
        switch (await releases.ReleaseAsync(new() { Set = [.. news.Select(v => v.ToString())], Reason = Reason }, stop))
        {
            case ReleaseEnd.Live live:
                return (Message.Of("schedule.afterwards-live", ("release", live.Release.Number), ("versions", Names(news))), null);
            case ReleaseEnd.Refused refused:
                return Bad(Message.Of("schedule.afterwards-refused", ("versions", Names(news)),
                    ("says", Together(refused.Findings.Where(f => f.Severity == Severity.Refusal)))));
            case var other:
                throw new System.Diagnostics.UnreachableException($"A release ended as {other.GetType().Name}.");
        }

        (Message, End) Bad(Message says) =>
            (says, Reached! with { Says = Message.Of("schedule.and", ("first", Reached.Says), ("second", says)), Alerts = true });
    }
}
