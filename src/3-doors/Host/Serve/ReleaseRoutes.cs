using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>What is in production, how it came there, and the moves of stages.</summary>
static class ReleaseRoutes
{
    public static void MapReleases(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api").WithTags("releases");
        group.MapGet("production", ProductionAsync).WithSummary("The set in production now, its release, and the revision a release compares and swaps on.");
        group.MapGet("releases", ListAsync).WithSummary("Releases, newest first, each with what it changes against the release live before it.");
        group.MapGet("releases/{number}", GetAsync).WithSummary("One release: its whole set, changes, waivers, and models trained apart from the others.");
        group.MapGet("stages/history", HistoryAsync).WithSummary("Moves of stage pointers, newest first; of one asset if named.");
    }

    static async Task<Ok<ProductionAnswer>> ProductionAsync(Served served, CancellationToken stop)
    {
        var production = await served.Metadata.ProductionAsync(stop);
        var release = production.Release == 0 ? null : await served.Metadata.ReleaseAsync(production.Release, stop);
        return TypedResults.Ok(new ProductionAnswer(production.Revision, production.Release, release?.LiveAt, await SetAsync(served, production.Set, stop)));
    }

    static async Task<Results<Ok<ReleaseList>, Refused>> ListAsync(Served served, CancellationToken stop, string? before = null, string? limit = null)
    {
        if (!Asked.Number("before", before, 0, 0, int.MaxValue, out var from, out var refused)
            || !Asked.Limit(limit, 20, out var most, out refused)) return refused;
        var records = await served.Metadata.ReleasesAsync(most + 1, from == 0 ? null : (int)from, stop);
        var known = records.ToDictionary(r => r.Number);
        var lines = new List<ReleaseLine>();
        foreach (var record in records.Take(most)) lines.Add(ReleaseLine.Of(record, await BeforeAsync(served, record, known, stop)));
        return TypedResults.Ok(new ReleaseList(lines, records.Count > most ? records[most - 1].Number : null));
    }

    static async Task<Results<Ok<ReleaseAnswer>, Refused>> GetAsync(string number, Served served, CancellationToken stop)
    {
        if (!Asked.Number("number", number, 0, 0, int.MaxValue, out var n, out var refused)) return refused;
        if (await served.Metadata.ReleaseAsync((int)n, stop) is not { } record) return Refused.NotFound(Message.Of("serve.no-release", ("number", n)));
        var line = ReleaseLine.Of(record, await BeforeAsync(served, record, new Dictionary<int, ReleaseRecord>(), stop));
        var versions = await served.Metadata.VersionsAsync([.. record.Set.Select(s => new VersionName(s.Key, s.Value))], stop);
        return TypedResults.Ok(new ReleaseAnswer(line, await SetAsync(served, record.Set, stop),
            [.. versions.Values.OrderBy(v => v.Name).SelectMany(v => v.Apart.Select(a => new ApartAnswer(v.Name, a.Source, a.Because)))]));
    }

    static async Task<Results<Ok<StageHistory>, Refused>> HistoryAsync(Served served, CancellationToken stop, string? asset = null, string? limit = null)
    {
        Refused? refused = null;
        if (!string.IsNullOrEmpty(asset) && !Asked.Asset(asset, out refused)) return refused;
        if (!Asked.Limit(limit, 50, out var most, out refused)) return refused;
        return TypedResults.Ok(new StageHistory(await served.Metadata.StageHistoryAsync(string.IsNullOrEmpty(asset) ? null : asset, most, stop)));
    }

    static async Task<ReleaseRecord?> BeforeAsync(
        Served served, ReleaseRecord release, IReadOnlyDictionary<int, ReleaseRecord> known, CancellationToken stop) =>
        release.Before == 0 ? null : known.TryGetValue(release.Before, out var before) ? before : await served.Metadata.ReleaseAsync(release.Before, stop);

    static async Task<IReadOnlyList<ReleasedVersion>> SetAsync(Served served, IReadOnlyDictionary<string, int> set, CancellationToken stop)
    {
        var versions = await served.Metadata.VersionsAsync([.. set.Select(s => new VersionName(s.Key, s.Value))], stop);
        return [.. set.OrderBy(s => s.Key, StringComparer.Ordinal)
            .Select(s => new VersionName(s.Key, s.Value))
            .Select(n => new ReleasedVersion(n, versions.GetValueOrDefault(n)?.Kind, versions.GetValueOrDefault(n)?.MadeAt))];
    }
}

/// <param name="Release">The live release; 0 before the first.</param>
sealed record ProductionAnswer(long Revision, int Release, DateTimeOffset? LiveAt, IReadOnlyList<ReleasedVersion> Set);

sealed record ReleasedVersion(VersionName Name, AssetKind? Kind, DateTimeOffset? MadeAt);

/// <param name="Next">Ask again with <c>before</c> = this for older releases; null at the end.</param>
sealed record ReleaseList(IReadOnlyList<ReleaseLine> Releases, int? Next);

/// <param name="Before">The release that was live before it; 0 for none.</param>
/// <param name="Restores">The release whose set it brings back, if it is a rollback.</param>
/// <param name="Changes">Against the release live before it.</param>
/// <param name="Size">Versions in its whole set.</param>
sealed record ReleaseLine(
    int Number, ReleaseState State, string Author, string Reason, DateTimeOffset At, DateTimeOffset? LiveAt, DateTimeOffset? WithdrawnAt,
    int Before, int? Restores, IReadOnlyList<VersionName> Asked,
    IReadOnlyList<ReleaseChange> Changes, IReadOnlyList<Waiver> Waivers, int Size)
{
    public static ReleaseLine Of(ReleaseRecord release, ReleaseRecord? before) => new(
        release.Number, release.State, release.Author, release.Reason, release.At, release.LiveAt, release.WithdrawnAt,
        release.Before, release.Restores, release.Asked,
        ReleaseChange.Between(before?.Set ?? new Dictionary<string, int>(), release.Set), release.Waivers, release.Set.Count);
}

/// <summary>One asset whose version differs between two sets; null where a set has none of it.</summary>
sealed record ReleaseChange(string Asset, int? From, int? To)
{
    public static IReadOnlyList<ReleaseChange> Between(IReadOnlyDictionary<string, int> from, IReadOnlyDictionary<string, int> to) =>
    [
        .. from.Keys.Union(to.Keys).Order(StringComparer.Ordinal)
            .Select(a => new ReleaseChange(a, from.TryGetValue(a, out var f) ? f : null, to.TryGetValue(a, out var t) ? t : null)).Where(c => c.From != c.To),
    ];
}

/// <param name="Apart">Models of the set that may be trained on other versions of a source, each with its reason.</param>
sealed record ReleaseAnswer(ReleaseLine Release, IReadOnlyList<ReleasedVersion> Set, IReadOnlyList<ApartAnswer> Apart);

sealed record ApartAnswer(VersionName Version, string Source, string Because);

sealed record StageHistory(IReadOnlyList<StageMove> Moves);
