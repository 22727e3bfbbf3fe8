using System.Globalization;
using Kumiki.Packages;

namespace Kumiki.Serving;

/// <summary>Writes an endpoint of a release as an OCI image: the package, and unless it is to be the model alone the runner and all it needs.</summary>
sealed class ReleaseImages(ReleasePackages packages)
{
    const string Package = "release.kpkg", Key = "trust.pub";

    /// <summary>What the image is called where it is loaded: <c>credit-decision:3</c>.</summary>
    public static string NameOf(string endpoint, int release) => string.Create(CultureInfo.InvariantCulture, $"{endpoint}:{release}");

    /// <param name="publicKey">The public key that the runner in the image trusts.</param>
    /// <param name="modelOnly">Only the package, and what it needs as labels.</param>
    /// <returns>The image's digest and the release; the same release, key and build of the runner give the same digest.</returns>
    public async Task<(string Digest, int Release)> WriteAsync(string endpoint, int? release, string to, PackageKey key, string publicKey, bool modelOnly,
        CancellationToken stop)
    {
        var scratch = Directory.CreateTempSubdirectory("kumiki-image-").FullName;
        try
        {
            var file = Path.Combine(scratch, Package);
            var manifest = await packages.WriteAsync(endpoint, release, file, key, stop);
            var top = ImageRoot.WithFolders([TarEntry.File($"{ImageRoot.RunnerFolder}/{Package}", file),
                TarEntry.File($"{ImageRoot.RunnerFolder}/{Key}", publicKey)]);
            var facts = new ImageFacts(NameOf(endpoint, manifest.Release),
                modelOnly ? [] : [$"/{ImageRoot.RunnerFolder}/{ImageRoot.Runner}", $"/{ImageRoot.RunnerFolder}/{Package}", "--trust",
                    $"/{ImageRoot.RunnerFolder}/{Key}"], modelOnly ? [] : ["--port", "5090"],
                modelOnly ? [] : [$"DOTNET_ROOT=/{ImageRoot.DotnetFolder}", "DOTNET_gcServer=0", "DOTNET_EnableDiagnostics=0", "HOME=/tmp", "LANG=C.UTF-8"],
                new Dictionary<string, string>
                {
                    ["org.opencontainers.image.title"] = endpoint,
                    ["org.opencontainers.image.version"] = manifest.Release.ToString(CultureInfo.InvariantCulture),
                    ["kumiki.versions"] = string.Join(' ', manifest.Versions.Select(v => v.Name)),
                    ["kumiki.engine"] = manifest.Engine,
                    ["kumiki.adapter"] = manifest.Adapter,
                    ["kumiki.key"] = manifest.Key,
                }, manifest.ReleasedAt);
            return (await OciImage.WriteAsync(to, facts, modelOnly ? [top] : [.. await ImageRoot.LayersAsync(stop), top], stop), manifest.Release);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
