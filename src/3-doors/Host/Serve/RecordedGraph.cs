using Kumiki.Making;

namespace Kumiki.Hosting;

/// <summary>The graph as the versions in use were made, for a server without a project.</summary>
static class RecordedGraph
{
    public static IReadOnlyList<GraphEdge> Edges(IReadOnlyDictionary<string, VersionRecord> inUse) =>
        [.. inUse.Values.SelectMany(v => v.Inputs.Where(i => inUse.ContainsKey(i.Version.Asset))
            .Select(i => new GraphEdge(i.Version.Asset, v.Asset, i.Edge)))
            .Distinct().OrderBy(e => e.To, StringComparer.Ordinal)];

    /// <summary>Inputs before users, equal ranks by name; assets that (over the years) were made from each other come last.</summary>
    public static IReadOnlyList<string> Ordered(IEnumerable<string> names, IReadOnlyList<GraphEdge> edges)
    {
        var open = new SortedSet<string>(names, StringComparer.Ordinal);
        var inputs = edges.ToLookup(e => e.To, e => e.From, StringComparer.Ordinal);
        var ordered = new List<string>();
        while (open.Count > 0)
        {
            var rank = open.Where(n => !inputs[n].Any(i => i != n && open.Contains(i))).ToList();
            if (rank.Count == 0) rank = [.. open];
            ordered.AddRange(rank);
            open.ExceptWith(rank);
        }
        return ordered;
    }

    /// <summary>Inputs that changed since, and what follows from them; code and outside files cannot be compared without the project.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<StaleCause>> Causes(
        IReadOnlyDictionary<string, VersionRecord> inUse, IReadOnlyDictionary<string, RunRecord> runs, IReadOnlyList<GraphEdge> edges)
    {
        var result = new Dictionary<string, IReadOnlyList<StaleCause>>(StringComparer.Ordinal);
        foreach (var asset in Ordered(inUse.Keys, edges))
        {
            var causes = new List<StaleCause>();
            if (runs.TryGetValue(asset, out var run))
            {
                List<VersionRecord> inputs =
                    [.. inUse[asset].Inputs.Where(i => i.Declared).Select(i => inUse.GetValueOrDefault(i.Version.Asset)).OfType<VersionRecord>()];
                causes.AddRange(Staleness.Inputs(run, inputs).Where(c => c is StaleCause.Input { From: not null, To: not null }));
            }
            foreach (var edge in edges.Where(e => e.To == asset && result.TryGetValue(e.From, out var upstream) && upstream.Count > 0))
                causes.Add(new StaleCause.Upstream(edge.From));
            result[asset] = causes;
        }
        return result;
    }
}
