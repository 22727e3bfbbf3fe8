using Kumiki.Making;

namespace Kumiki.Hosting;

/// <summary>How fresh the version of an asset in use is.</summary>
enum Freshness
{
    UpToDate,
    Stale,

    /// <summary>No version was made yet.</summary>
    NeverMade,

    /// <summary>It cannot be told: the project's graph has faults, or the asset is no part of the project any more.</summary>
    Unknown,
}

/// <summary>An asset and which of its versions is where.</summary>
/// <param name="InUse">The version a making would read: the staging one, else production's, else the newest.</param>
/// <param name="Stale">Why the version in use is out of date; empty when it is not.</param>
/// <param name="Running">Runs that make it just now.</param>
/// <param name="FailedChecks">Checks the version in use did not pass.</param>
/// <param name="Declared">False when versions are left of an asset the project has no more.</param>
sealed record AssetStatus(
    string Name, AssetKind Kind, string? Family, string? RawKey, string? Obsolete, bool Declared, int? InUse, int? Newest, int? Staging, int? Production,
    Freshness Freshness, IReadOnlyList<Said> Stale, IReadOnlyList<RunId> Running, int FailedChecks, DateTimeOffset? MadeAt);

/// <summary>The state of every asset at one moment.</summary>
/// <param name="Graph">The project's; null for the bare platform.</param>
/// <param name="InUse">The versions in use by asset.</param>
sealed record Shelf(ProjectGraph? Graph, IReadOnlyList<AssetStatus> Assets, IReadOnlyList<GraphEdge> Edges, IReadOnlyDictionary<string, VersionRecord> InUse)
{
    public static async Task<Shelf> ReadAsync(Served served, Language language, CancellationToken stop)
    {
        var project = served.Project is { } ask ? await ask([], stop) : null;
        var graph = project?.Graph;
        var newest = await served.Metadata.NewestAsync(stop);
        var production = await served.Metadata.ProductionAsync(stop);
        var staging = (await served.Metadata.StagesAsync(stop))
            .Where(s => s.Stage == "staging").ToDictionary(s => s.Asset, s => s.Number, StringComparer.Ordinal);
        var running = (await served.Metadata.RunsAsync(null, RunState.Running, 200, null, stop)).ToLookup(r => r.Asset, r => r.Id, StringComparer.Ordinal);

        List<VersionName> names =
        [
            .. newest.Select(n => new VersionName(n.Key,
                staging.TryGetValue(n.Key, out var staged) ? staged : production.Set.TryGetValue(n.Key, out var live) ? live : n.Value)),
        ];
        var inUse = (await served.Metadata.VersionsAsync(names, stop)).Values.ToDictionary(v => v.Asset, StringComparer.Ordinal);
        IReadOnlyList<GraphEdge> edges = graph is not null
            ? [.. graph.Nodes.SelectMany(n => n.Inputs.Select(i => new GraphEdge(i.Asset, n.Name, i.Edge)))]
            : RecordedGraph.Edges(inUse);
        var causes = await CausesAsync(served, project, inUse, edges, stop);

        var declared = graph?.Nodes.Select(n => n.Name) ?? [];
        var all = declared.Concat(graph is null ? RecordedGraph.Ordered(newest.Keys, edges) : newest.Keys.Except(declared).Order(StringComparer.Ordinal));
        return new(graph, [.. all.Select(StatusOf)], edges, inUse);

        AssetStatus StatusOf(string name)
        {
            var node = graph?.Find(name);
            var version = inUse.GetValueOrDefault(name);
            var why = causes?.GetValueOrDefault(name);
            return new(
                name, node?.Instance?.Kind ?? version?.Kind ?? AssetKind.Other, node?.Family ?? version?.Family, node?.RawKey ?? version?.RawKey,
                node?.Obsolete, node is not null || graph is null,
                version?.Name.Number, newest.TryGetValue(name, out var n) ? n : null,
                staging.TryGetValue(name, out var s) ? s : null, production.Set.TryGetValue(name, out var p) ? p : null,
                version is null ? Freshness.NeverMade : why is null ? Freshness.Unknown : why.Count > 0 ? Freshness.Stale : Freshness.UpToDate,
                [.. (why ?? []).Where(c => c is not StaleCause.Never).Select(c => Said.Of(c.Says, language))],
                [.. running[name]], version?.Checks.Count(c => !c.Held) ?? 0, version?.MadeAt);
        }
    }

    /// <returns>Null when it cannot be told for any asset.</returns>
    static async Task<IReadOnlyDictionary<string, IReadOnlyList<StaleCause>>?> CausesAsync(
        Served served, ServedProject? project, Dictionary<string, VersionRecord> inUse, IReadOnlyList<GraphEdge> edges, CancellationToken stop)
    {
        if (project is not null && !project.Graph.IsSound) return null;
        if (project is not null)
            return (await project.Maker.StatusAsync(stop)).ToDictionary(s => s.Key, s => s.Value.Causes, StringComparer.Ordinal);
        var runs = new Dictionary<string, RunRecord>(StringComparer.Ordinal);
        foreach (var version in inUse.Values)
            if (await served.Metadata.RunAsync(version.MadeBy, stop) is { } run) runs[version.Asset] = run;
        return RecordedGraph.Causes(inUse, runs, edges);
    }
}
