namespace Kumiki.Making;

/// <summary>The dependency graph of a project, checked as a whole before anything runs.</summary>
/// <remarks>
/// Building goes in steps, and each gathers all its findings before the next may fail:
/// 1. families are opened into members, 2. every class has one constructor whose parameters are assets, 3. names are unique, 4. there is no cycle,
/// 5. parameters exist and are in range, 6. instances are built in order, 7. each instance checks its own declaration, and the rules on use are held,
/// 8. schedules are built over the instances and checked.
/// </remarks>
public sealed partial class ProjectGraph
{
    readonly Dictionary<string, AssetNode> nodes;

    ProjectGraph(Dictionary<string, AssetNode> nodes, IReadOnlyList<AssetNode> ordered, IReadOnlyList<Finding> findings) => (this.nodes, Nodes, Findings) = (nodes, ordered, findings);

    /// <summary>Every asset, inputs before users; equal ranks by name.</summary>
    public IReadOnlyList<AssetNode> Nodes { get; }

    /// <summary>The project's views that can be drawn, by name; none where the graph is not sound.</summary>
    public IReadOnlyList<View> Views { get; private init; } = [];

    /// <summary>What is wrong, all at once.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    public bool IsSound => Findings.All(f => f.Severity != Severity.Refusal);

    public AssetNode? Find(string name) => nodes.GetValueOrDefault(name);

    /// <exception cref="KumikiException">No such asset; the sentence names the nearest, if one is near.</exception>
    public AssetNode this[string name] => Find(name) ?? throw new KumikiException(NoAsset(name, nodes.Keys));

    static Message NoAsset(string name, IEnumerable<string> known) => Nearest(name, known) is { } nearest
        ? Message.Of("graph.no-asset-near", ("asset", name), ("nearest", nearest))
        : Message.Of("graph.no-asset", ("asset", name));

    /// <summary>The assets that ask for <paramref name="name"/>.</summary>
    public IEnumerable<AssetNode> UsersOf(string name) => Nodes.Where(n => n.Inputs.Any(i => i.Asset == name));

    /// <summary>An asset and all it depends on, inputs first.</summary>
    public IReadOnlyList<AssetNode> Upstream(string name) => Reach(name, n => n.Inputs.Select(i => i.Asset));

    /// <summary>An asset and all that depend on it, inputs first.</summary>
    public IReadOnlyList<AssetNode> Downstream(string name)
    {
        var users = nodes.Values.SelectMany(n => n.Inputs.Select(i => (i.Asset, User: n.Name))).ToLookup(e => e.Asset, e => e.User);
        return Reach(name, n => users[n.Name]);
    }

    IReadOnlyList<AssetNode> Reach(string name, Func<AssetNode, IEnumerable<string>> next)
    {
        var reached = new HashSet<string> { this[name].Name };
        var open = new Stack<string>(reached);
        while (open.TryPop(out var at))
            foreach (var other in next(nodes[at]))
                if (nodes.ContainsKey(other) && reached.Add(other)) open.Push(other);
        return [.. Nodes.Where(n => reached.Contains(n.Name))];
    }

    /// <summary>Stops with all findings at once.</summary>
    /// <exception cref="GraphException">The graph has a finding that keeps it from running.</exception>
    public ProjectGraph Sound() => IsSound ? this : throw new GraphException([.. Findings.Where(f => f.Severity == Severity.Refusal)]);

    internal static string? Nearest(string name, IEnumerable<string> known)
    {
        var best = known.Select(k => (Name: k, Distance: Distance(name, k))).OrderBy(k => k.Distance).ThenBy(k => k.Name, StringComparer.Ordinal).FirstOrDefault();
        return best.Name is not null && best.Distance <= Math.Max(2, name.Length / 3) ? best.Name : null;
    }

    /// <summary>Levenshtein distance.</summary>
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}

/// <summary>The project's graph cannot run; it holds every finding.</summary>
public sealed class GraphException(IReadOnlyList<Finding> findings)
    : KumikiException(Kumiki.Message.Of("graph.unsound", ("count", findings.Count), ("findings", string.Join("\n", findings.Select(f => "- " + f.Says)))))
{
    public IReadOnlyList<Finding> Findings { get; } = findings;
}
