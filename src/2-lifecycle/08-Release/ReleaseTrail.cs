using Kumiki.Store;

namespace Kumiki.Releasing;

/// <summary>Which releases were live, and which of them were rolled back. It reads as far back as it is asked, and after that only what is new.</summary>
/// <remarks>
/// Production's revision rises by one with each release that goes live, so a release that was checked at revision r took the place of the one that was
/// checked at r − 1. A rollback that goes live undoes the release that it replaces; where that was a rollback itself, also the release that it had brought
/// back. What is undone stays undone: no later rollback leads back to it.
/// Not safe to use from several threads at once.
/// </remarks>
sealed class ReleaseTrail(IMetadataStore store)
{
    const int Page = 256;

    readonly SortedDictionary<int, (long Base, int? Restores)> live = [];
    readonly Dictionary<int, int> undoneBy = [];
    int from = int.MaxValue, to;

    /// <summary>What became of a release.</summary>
    /// <param name="newest">The release that is live, or was a moment ago; none after it is looked at.</param>
    /// <returns>Whether it was ever live, and the rollback that undid it; null where none did.</returns>
    public async Task<(bool WasLive, int? UndoneBy)> OfAsync(int number, int newest, CancellationToken stop)
    {
        if (number < from || newest > to) await ReadAsync(Math.Min(number, from), Math.Max(newest, to), stop);
        return (live.ContainsKey(number), undoneBy.TryGetValue(number, out var by) ? by : null);
    }

    async Task ReadAsync(int first, int last, CancellationToken stop)
    {
        var before = last + 1;
        while (before > first)
        {
            // What was read before lies in the middle.
            if (before - 1 <= to && before - 1 >= from) before = from;
            if (before <= first) break;
            var page = await store.ReleasesAsync(Page, before, stop);
            if (page.Count == 0) break;
            // One that is checked now can still go live, but only as one that is newer than the live one.
            foreach (var release in page.Where(r => r.Number >= first && r.LiveAt is not null)) live[release.Number] = (release.Base, release.Restores);
            before = page[^1].Number;
        }
        (from, to) = (first, last);
        undoneBy.Clear();
        var byBase = live.ToDictionary(r => r.Value.Base, r => r.Key);
        foreach (var (number, (at, _)) in live.Where(r => r.Value.Restores is not null))
        {
            int? undone = byBase.TryGetValue(at - 1, out var replaced) ? replaced : null;
            while (undone is { } one && live.TryGetValue(one, out var known))
            {
                undoneBy.TryAdd(one, number);
                undone = known.Restores;
            }
        }
    }
}
