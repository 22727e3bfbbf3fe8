using Kumiki.Store;

namespace Kumiki.Hosting;

/// <summary>Versions around one: all it was made from, and what was made from it.</summary>
/// <param name="IsWhole">False when there are more than are shown.</param>
sealed record VersionGraph(IReadOnlyList<VersionNode> Nodes, IReadOnlyList<VersionEdge> Edges, bool IsWhole)
{
    const int MostNodes = 60;
    const int MostUsersOfOne = 12;

    /// <summary>Upward to the sources, then downward through users, breadth first, until nothing is left or the page is full.</summary>
    public static async Task<VersionGraph> AroundAsync(IMetadataStore metadata, VersionRecord version, Stages stages, CancellationToken stop)
    {
        var found = new Dictionary<VersionName, VersionRecord> { [version.Name] = version };
        var whole = true;
        for (IReadOnlyCollection<VersionRecord> rank = [version]; rank.Count > 0;)
        {
            var names = rank.SelectMany(v => v.Inputs).Select(i => i.Version).Where(n => !found.ContainsKey(n)).Distinct().ToList();
            rank = [.. (await metadata.VersionsAsync(names, stop)).Values.OrderBy(v => v.Name)];
            whole &= AddUntilFull(rank);
        }
        for (IReadOnlyCollection<VersionRecord> rank = [version]; rank.Count > 0;)
        {
            var users = new List<VersionRecord>();
            foreach (var at in rank)
            {
                var some = await metadata.UsersOfAsync(at.Name, MostUsersOfOne + 1, stop);
                whole &= some.Count <= MostUsersOfOne;
                users.AddRange(some.Take(MostUsersOfOne).Where(u => !found.ContainsKey(u.Name) && users.All(o => o.Name != u.Name)));
            }
            rank = users;
            whole &= AddUntilFull(rank);
            if (found.Count >= MostNodes) break;
        }
        return new(
            [.. found.Values.Select(v => new VersionNode(v.Name, v.Kind, stages.Of(v.Name)))],
            [.. found.Values.SelectMany(v => v.Inputs.Where(i => found.ContainsKey(i.Version)).Select(i => new VersionEdge(i.Version, v.Name, i.Edge)))],
            whole);

        bool AddUntilFull(IEnumerable<VersionRecord> rank)
        {
            foreach (var at in rank)
            {
                if (found.Count >= MostNodes) return false;
                found.TryAdd(at.Name, at);
            }
            return true;
        }
    }
}

sealed record VersionNode(VersionName Name, AssetKind Kind, IReadOnlyList<string> Stages);

sealed record VersionEdge(VersionName From, VersionName To, EdgeKind Edge);
