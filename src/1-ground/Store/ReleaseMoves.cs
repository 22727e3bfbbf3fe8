namespace Kumiki.Store;

/// <summary>The rules by which releases and production move, alike in every store.</summary>
static class ReleaseMoves
{
    internal const string Production = "production";

    /// <summary>The ways a release can go; the live one is withdrawn only by the next that becomes live.</summary>
    internal static bool May(ReleaseState from, ReleaseState to) => (from, to) switch
    {
        (ReleaseState.Checked, ReleaseState.Rolling or ReleaseState.Live or ReleaseState.Withdrawn) => true,
        (ReleaseState.Rolling, ReleaseState.Live or ReleaseState.Withdrawn) => true,
        _ => false,
    };

    /// <summary>What moves in production when a release becomes live: by name, only what differs.</summary>
    internal static IReadOnlyList<StageMove> Between(Production before, ReleaseRecord release, DateTimeOffset at) =>
    [
        .. from asset in before.Set.Keys.Union(release.Set.Keys).Order(StringComparer.Ordinal)
           let was = before.Set.TryGetValue(asset, out var old) ? old : (int?)null
           let now = release.Set.TryGetValue(asset, out var next) ? next : (int?)null
           where was != now
           select new StageMove(asset, Production, was, now, at, release.Author, release.Reason),
    ];
}
