using Kumiki.Store;

namespace Kumiki.Releasing;

/// <summary>Reads versions with all they were made from, a generation at a time; a version never changes, so each is read once.</summary>
sealed class ShelfReader(IMetadataStore store)
{
    readonly Dictionary<VersionName, VersionRecord> versions = [];
    readonly HashSet<VersionName> sought = [];

    public IReadOnlyDictionary<VersionName, VersionRecord> Versions => versions;

    /// <summary>How many questions the store was asked.</summary>
    public int Questions { get; private set; }

    /// <summary>Reads versions and their lineages. Those that do not exist are left out.</summary>
    public async Task ReadAsync(IEnumerable<VersionName> names, CancellationToken stop)
    {
        for (var next = names.Where(sought.Add).ToList(); next.Count > 0;)
        {
            Questions++;
            var found = await store.VersionsAsync(next, stop);
            foreach (var (name, version) in found) versions[name] = version;
            next = [.. found.Values.SelectMany(v => v.Inputs).Select(i => i.Version).Where(sought.Add)];
        }
    }

    /// <summary>Reads what was made on the way from each contested source to what was read of it, in any version: one of them may have the bytes that a model
    /// was made from.</summary>
    /// <returns>Whether anything new was found.</returns>
    public async Task<bool> ReadAlikeAsync(CancellationToken stop)
    {
        var before = versions.Count;
        var between = versions.Values.SelectMany(v => v.Inputs).Select(i => i.Version.Asset).ToHashSet(StringComparer.Ordinal);
        var sources = versions.Values.Where(v => v.Kind is AssetKind.Dataset or AssetKind.Labels or AssetKind.Features or AssetKind.Goal);
        var contested = sources.GroupBy(v => v.Asset, v => v.Name, StringComparer.Ordinal).Where(g => g.Skip(1).Any()).SelectMany(g => g);
        var next = new Queue<VersionName>(contested);
        var followed = new HashSet<VersionName>(next);
        while (next.TryDequeue(out var source))
        {
            Questions++;
            var all = await store.UsersOfAsync(source, int.MaxValue, stop);
            var users = all.Where(u => between.Contains(u.Asset) && followed.Add(u.Name)).Select(u => u.Name).ToList();
            await ReadAsync(users, stop);
            foreach (var user in users) next.Enqueue(user);
        }
        return versions.Count > before;
    }
}
