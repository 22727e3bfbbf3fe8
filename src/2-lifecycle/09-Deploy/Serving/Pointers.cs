using System.Collections.Concurrent;
using Kumiki.Store;

namespace Kumiki.Serving;

/// <summary>Which version each asset's stages name, as of one moment.</summary>
sealed class Pointers
{
    readonly IReadOnlyDictionary<string, int> newest, production;
    readonly Dictionary<(string Asset, string Stage), int> staged;

    Pointers(IReadOnlyDictionary<string, int> newest, IReadOnlyDictionary<string, int> production, Dictionary<(string Asset, string Stage), int> staged) =>
        (this.newest, this.production, this.staged) = (newest, production, staged);

    /// <summary>What was found out already, by the name and the version text of a request: aliases too, which are looked up one by one.</summary>
    public ConcurrentDictionary<(string Asset, string? Version), VersionName> Resolved { get; } = new();

    public static async Task<Pointers> ReadAsync(IMetadataStore metadata, CancellationToken stop) => new(
        await metadata.NewestAsync(stop), (await metadata.ProductionAsync(stop)).Set,
        (await metadata.StagesAsync(stop)).ToDictionary(s => (s.Asset, s.Stage), s => s.Number));

    public IEnumerable<string> Assets => newest.Keys;

    /// <summary>The newest version of each of some assets.</summary>
    public IEnumerable<VersionName> Newest => newest.Select(n => new VersionName(n.Key, n.Value));

    /// <summary>The version that answers where none is named: production's, else the staging one, else the newest.</summary>
    public VersionName? Default(string asset) =>
        production.TryGetValue(asset, out var live) ? new(asset, live)
        : staged.TryGetValue((asset, "staging"), out var number) ? new(asset, number)
        : newest.TryGetValue(asset, out var last) ? new(asset, last) : null;

    /// <summary>The version a stage names.</summary>
    public VersionName? Staged(string asset, string stage) =>
        stage == "production" ? production.TryGetValue(asset, out var live) ? new(asset, live) : null
        : staged.TryGetValue((asset, stage), out var number) ? new(asset, number) : null;
}
