using Kumiki.Store;

namespace Kumiki.Hosting;

/// <summary>A version on one line of a list.</summary>
/// <param name="Bytes">Of all its files.</param>
/// <param name="Stages">staging, production, and aliases that point to it.</param>
sealed record VersionLine(
    VersionName Name, AssetKind Kind, DateTimeOffset MadeAt, RunId MadeBy, Digest Content, int Files, long Bytes, IReadOnlyDictionary<string, double> Metrics,
    int ChecksHeld, int ChecksFailed, IReadOnlyList<string> Stages)
{
    public static VersionLine Of(VersionRecord version, Stages stages) => new(
        version.Name, version.Kind, version.MadeAt, version.MadeBy, version.Content, version.Files.Count, version.Files.Sum(f => f.Bytes), version.Metrics,
        version.Checks.Count(c => c.Held), version.Checks.Count(c => !c.Held), stages.Of(version.Name));
}

/// <summary>Every pointer to a version, production's among them.</summary>
sealed class Stages(IReadOnlyList<StagePointer> pointers, Production production)
{
    public static async Task<Stages> ReadAsync(IMetadataStore metadata, CancellationToken stop) =>
        new(await metadata.StagesAsync(stop), await metadata.ProductionAsync(stop));

    public IReadOnlyList<string> Of(VersionName version) =>
    [
        .. production.Set.TryGetValue(version.Asset, out var live) && live == version.Number ? ["production"] : Array.Empty<string>(),
        .. pointers.Where(p => p.Asset == version.Asset && p.Number == version.Number).Select(p => p.Stage).Order(StringComparer.Ordinal),
    ];
}
