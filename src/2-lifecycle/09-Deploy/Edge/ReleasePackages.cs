using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Packages;
using Kumiki.Store;

namespace Kumiki.Serving;

/// <summary>Takes what an endpoint needs out of a release, so that it can run where there is no store.</summary>
sealed class ReleasePackages(IMetadataStore metadata, IArtifactStore artifacts)
{
    /// <summary>An endpoint's part of a release.</summary>
    /// <param name="Versions">The endpoint, its models and thresholds.</param>
    /// <param name="Card">Of the report of its first model in the same release; null where it has none.</param>
    public sealed record Part(ReleaseRecord Release, VersionRecord Endpoint, EndpointPlan Plan, IReadOnlyList<VersionRecord> Versions,
        IReadOnlyDictionary<string, byte[]> Models, byte[]? Card);

    /// <summary>Writes the package of an endpoint; the same release gives the same bytes, wherever and whenever.</summary>
    /// <param name="release">A release that was live; null: the one that is.</param>
    /// <exception cref="KumikiException">There is no such release, it has no such endpoint, or that was made before endpoints could be packaged.</exception>
    public async Task<PackageManifest> WriteAsync(string endpoint, int? release, string to, PackageKey key, CancellationToken stop)
    {
        var part = await ReadAsync(endpoint, release, stop);
        var files = PackagedEndpoint.Files(part.Plan, part.Models).ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal);
        if (part.Card is { } card) files["card.md"] = card;
        var manifest = new PackageManifest
        {
            Format = PackageManifest.Form,
            Name = endpoint,
            Release = part.Release.Number,
            ReleasedAt = part.Release.LiveAt ?? part.Release.At,
            Versions = [.. part.Versions.Select(v => new PackagedVersion(v.Name.ToString(), v.Kind.ToString().ToLowerInvariant(), v.Content.Hex))],
            Adapter = Adapter.Name,
            Engine = $"ONNX Runtime {OnnxSession.LibraryVersion}",
            Key = key.Id,
            Files = [],
        };
        return await EdgePackage.WriteAsync(to, manifest, files.ToDictionary(f => f.Key, f => (Func<Stream>)(() => new MemoryStream(f.Value, writable: false))),
            key, stop);
    }

    /// <inheritdoc cref="WriteAsync"/>
    public async Task<Part> ReadAsync(string endpoint, int? number, CancellationToken stop)
    {
        var release = await FindAsync(number, stop);
        if (!release.Set.TryGetValue(endpoint, out var version) || await metadata.VersionAsync(new(endpoint, version),
            stop) is not { Kind: AssetKind.Endpoint } record)
        {
            var set = await metadata.VersionsAsync([.. release.Set.Select(s => new VersionName(s.Key, s.Value))], stop);
            var there = set.Values.Where(v => v.Kind == AssetKind.Endpoint).Select(v => v.Asset).Order(StringComparer.Ordinal).DefaultIfEmpty("-");
            throw new KumikiException(Message.Of("edge.no-endpoint", ("release", release.Number), ("endpoint", endpoint), ("there", string.Join(", ", there))));
        }
        if (record.Files.FirstOrDefault(f => f.Path == EndpointPlan.FileName) is not { } file) throw new KumikiException(Message.Of("edge.old-endpoint",
            ("version", record.Name)));
        var plan = EndpointPlan.Read(await BytesAsync(file.Content, stop));
        var inputs = (await metadata.VersionsAsync([.. record.Inputs.Where(i => i.Edge == EdgeKind.Fit).Select(i => i.Version)], stop)).Values
            .Where(v => v.Kind is AssetKind.Model or AssetKind.Threshold).OrderBy(v => v.Kind).ThenBy(v => v.Asset, StringComparer.Ordinal).ToList();
        var models = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var asset in plan.Decisions.Select(d => d.Model).Distinct())
        {
            if (inputs.FirstOrDefault(v => v.Asset == asset) is { Imported: not null } foreign)
                throw new KumikiException(Message.Of("edge.imported", ("version", record.Name), ("model", foreign.Name)));
            var model = inputs.FirstOrDefault(v => v.Asset == asset)?.Files.FirstOrDefault(f => f.Path == "model.onnx")
                ?? throw new KumikiException(Message.Of("edge.no-model", ("version", record.Name), ("model", asset)));
            models[asset] = await BytesAsync(model.Content, stop);
        }
        return new(release, record, plan, [record, .. inputs], models, await CardAsync(release,
            inputs.FirstOrDefault(v => v.Asset == plan.Decision.Model)?.Name, stop));
    }

    /// <summary>A release that was live.</summary>
    /// <param name="number">Null: the one that is.</param>
    /// <exception cref="KumikiException">There is no such release.</exception>
    public async Task<ReleaseRecord> FindAsync(int? number, CancellationToken stop)
    {
        if ((number ?? (await metadata.ProductionAsync(stop)).Release) is not (> 0 and var wanted))
            throw new KumikiException(Message.Of("edge.nothing-released"));
        return await metadata.ReleaseAsync(wanted, stop) is { LiveAt: not null } release ? release
            : throw new KumikiException(Message.Of("edge.no-release", ("release", wanted)));
    }

    async Task<byte[]?> CardAsync(ReleaseRecord release, VersionName? model, CancellationToken stop)
    {
        var set = await metadata.VersionsAsync([.. release.Set.Select(s => new VersionName(s.Key, s.Value))], stop);
        var card = set.Values.Where(v => v.Kind == AssetKind.Report && v.Inputs.Any(i => i.Version == model)).OrderBy(v => v.Asset, StringComparer.Ordinal)
            .SelectMany(v => v.Files).FirstOrDefault(f => f.Path == "card.md");
        return card is null ? null : await BytesAsync(card.Content, stop);
    }

    async Task<byte[]> BytesAsync(Digest blob, CancellationToken stop)
    {
        await using var stream = artifacts.Open(blob);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, stop);
        return bytes.ToArray();
    }
}
