using System.Globalization;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Packages;
using Kumiki.Store;

namespace Kumiki.Serving;

/// <summary>A server's image as it was written.</summary>
/// <param name="Digest">Of its manifest, <c>sha256:…</c>.</param>
/// <param name="Name">What it is called where it is loaded.</param>
/// <param name="Bytes">Of the release's blobs in it.</param>
sealed record ServerImage(string Digest, string Name, int Release, IReadOnlyList<string> Endpoints, long Bytes);

/// <summary>Writes a release as an OCI image of the whole server: this program, all it needs, and of the project's data what its endpoints answer by.</summary>
/// <remarks>In the image are the records of the release, its versions, what these were made from and the runs that made them; and the blobs that answering
/// reads: plans of endpoints, models, thresholds, rows of answers computed before, cards. No rows of datasets, no training or scored rows.</remarks>
/// <param name="folder">The data folder, and <paramref name="stores"/> where its parts are.</param>
sealed class ServerImages(string folder, StoreSettings stores, IMetadataStore metadata, IArtifactStore artifacts)
{
    public const int Port = 5080;

    /// <param name="name">Of the project, for the image's name.</param>
    /// <param name="program">The name of this program's assembly.</param>
    /// <param name="release">A release that was live; null: the one that is.</param>
    /// <exception cref="KumikiException">There is no such release, it has no endpoint, a blob of it is missing, or the image cannot be written: then what was
    /// there before is there still.</exception>
    public async Task<ServerImage> WriteAsync(string name, string program, int? release, string to, CancellationToken stop)
    {
        var found = await new ReleasePackages(metadata, artifacts).FindAsync(release, stop);
        var set = await metadata.VersionsAsync([.. found.Set.Select(s => new VersionName(s.Key, s.Value))], stop);
        var endpoints = set.Values.Where(v => v.Kind == AssetKind.Endpoint).Select(v => v.Asset).Order(StringComparer.Ordinal).ToList();
        if (endpoints.Count == 0) throw new KumikiException(Message.Of("edge.image-none", ("release", found.Number)));
        var blobs = await BlobsAsync(set, stop);
        var records = await ReleaseRecords.ReadAsync(folder, stores, metadata, found, stop);

        var entries = new List<TarEntry> { TarEntry.File($"{ImageRoot.ReleaseFolder}/{ReleaseRecords.FileName}", records) };
        foreach (var blob in blobs)
            entries.Add(TarEntry.File($"{ImageRoot.ReleaseFolder}/{ReleaseRecords.PathOf(blob)}", await artifacts.PathAsync(blob, stop), 0b100_100_100));
        var bytes = entries.Skip(1).Sum(e => e.Bytes);
        var called = $"{Slug(name)}-server:{found.Number.ToString(CultureInfo.InvariantCulture)}";
        var facts = new ImageFacts(called,
            [$"/{ImageRoot.DotnetFolder}/dotnet", $"/{ImageRoot.ProgramFolder}/{program}.dll", "serve", "--from", $"/{ImageRoot.ReleaseFolder}", "--data",
                $"/{ImageRoot.DataFolder}"],
            ["--port", Port.ToString(CultureInfo.InvariantCulture)],
            [$"DOTNET_ROOT=/{ImageRoot.DotnetFolder}", "DOTNET_EnableDiagnostics=0", "DOTNET_NOLOGO=1", "HOME=/tmp", "LANG=C.UTF-8"],
            new Dictionary<string, string>
            {
                ["org.opencontainers.image.title"] = name,
                ["org.opencontainers.image.description"] =
                    $"Answers {string.Join(", ", endpoints)} by release {found.Number.ToString(CultureInfo.InvariantCulture)}.",
                ["org.opencontainers.image.version"] = found.Number.ToString(CultureInfo.InvariantCulture),
                ["org.opencontainers.image.created"] =
                    (found.LiveAt ?? found.At).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["kumiki.endpoints"] = string.Join(' ', endpoints),
                ["kumiki.versions"] = string.Join(' ', found.Set.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => new VersionName(s.Key, s.Value))),
                ["kumiki.engine"] = $"ONNX Runtime {OnnxSession.LibraryVersion}",
                ["kumiki.adapter"] = Adapter.Name,
            }, found.LiveAt ?? found.At)
        { Port = Port, Volume = $"/{ImageRoot.DataFolder}" };
        var digest = await OciImage.WriteAsync(to, facts, [.. await ImageRoot.ServerAsync(program, stop), ImageRoot.WithFolders(entries)], stop);
        return new(digest, called, found.Number, endpoints, bytes);
    }

    /// <summary>What answering reads, in the order of the digests.</summary>
    async Task<IEnumerable<Digest>> BlobsAsync(IReadOnlyDictionary<VersionName, VersionRecord> set, CancellationToken stop)
    {
        var blobs = new HashSet<Digest>();
        var rows = new HashSet<string>(StringComparer.Ordinal);
        foreach (var version in set.Values)
        {
            if (version.Kind == AssetKind.Model) blobs.UnionWith(await ModelShelf.ServedAsync(version, artifacts, stop));
            if (version.Kind is AssetKind.Endpoint or AssetKind.Threshold) blobs.UnionWith(version.Files.Select(f => f.Content));
            blobs.UnionWith(version.Files.Where(f => version.Kind == AssetKind.Report && f.Path == "card.md").Select(f => f.Content));
            if (version.Kind == AssetKind.Endpoint && version.Files.FirstOrDefault(f => f.Path == EndpointPlan.FileName) is { } plan
                && EndpointPlan.Read(await File.ReadAllBytesAsync(await artifacts.PathAsync(plan.Content, stop), stop)).Precomputed is { } precomputed)
                rows.Add(precomputed.Rows);
        }
        foreach (var version in set.Values.Where(v => rows.Contains(v.Asset)))
            blobs.UnionWith(version.Files.Where(f => f.Path.StartsWith("rows/", StringComparison.Ordinal)).Select(f => f.Content));
        return blobs.OrderBy(b => b.Hex, StringComparer.Ordinal);
    }

    /// <summary>A name as images have them: small letters, digits and single hyphens.</summary>
    static string Slug(string name)
    {
        var slug = string.Join('-', string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' '))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return slug.Length > 0 ? slug : "kumiki";
    }
}
