using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kumiki.Packages;
using Kumiki.Store;

namespace Kumiki.Serving;

/// <summary>What an image says of itself: the OCI image configuration.</summary>
/// <param name="Entrypoint">The program and its arguments; empty of an image that holds files alone.</param>
/// <param name="Created">The release's time, so that the same release gives the same image.</param>
sealed record ImageFacts(
    string Name, IReadOnlyList<string> Entrypoint, IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment,
    IReadOnlyDictionary<string, string> Labels, DateTimeOffset Created)
{
    /// <summary>The port that it answers on; null: not told.</summary>
    public int? Port { get; init; }

    /// <summary>A folder of it that is written to, and wants a volume.</summary>
    public string? Volume { get; init; }
}

/// <summary>Writes an OCI image, in its archive form, by our own hand: layers are uncompressed archives without times or owners, so that equal files give equal
/// digests.</summary>
/// <remarks>OCI image format 1.1: layout, index, manifest, configuration; for linux/amd64.</remarks>
static class OciImage
{
    const string Config = "application/vnd.oci.image.config.v1+json", Manifest = "application/vnd.oci.image.manifest.v1+json",
        Index = "application/vnd.oci.image.index.v1+json",
        Layer = "application/vnd.oci.image.layer.v1.tar";

    /// <summary>Not root: the number that images without one of their own use for it.</summary>
    const string Nobody = "65532:65532";

    static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    sealed record Blob(string MediaType, string Digest, long Size)
    {
        public IReadOnlyDictionary<string, string>? Annotations { get; init; }

        [JsonIgnore]
        public Func<Stream>? Open { get; init; }
    }

    /// <summary>Writes the archive; complete, or what was there before.</summary>
    /// <param name="layers">From the lowest on, each its entries in the order they are written.</param>
    /// <returns>The digest of the manifest, <c>sha256:…</c>, which names the image.</returns>
    /// <exception cref="KumikiException">It cannot be written there.</exception>
    public static async Task<string> WriteAsync(string to, ImageFacts facts, IReadOnlyList<IReadOnlyList<TarEntry>> layers, CancellationToken stop)
    {
        var full = Path.GetFullPath(to);
        var scratch = $"{full}.{Guid.NewGuid():n}";
        try
        {
            Directory.CreateDirectory(scratch);
            var blobs = new List<Blob>();
            foreach (var (number, entries) in layers.Index())
            {
                var path = Path.Combine(scratch, $"{number}.tar");
                await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write)) await TarArchive.WriteAsync(file, entries, stop);
                await using var written = File.OpenRead(path);
                var digest = "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(written, stop));
                blobs.Add(new(Layer, digest, written.Length) { Open = () => File.OpenRead(path) });
            }
            var config = Of(Config, new
            {
                created = facts.Created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
                architecture = "amd64",
                os = "linux",
                config = new Dictionary<string, object?>
                {
                    ["User"] = Nobody,
                    ["Env"] = facts.Environment,
                    ["Entrypoint"] = facts.Entrypoint.Count > 0 ? facts.Entrypoint : null,
                    ["Cmd"] = facts.Arguments.Count > 0 ? facts.Arguments : null,
                    ["WorkingDir"] = "/",
                    ["ExposedPorts"] = facts.Port is { } port ? new Dictionary<string, object> { [$"{port}/tcp"] = new { } } : null,
                    ["Volumes"] = facts.Volume is { } volume ? new Dictionary<string, object> { [volume] = new { } } : null,
                    ["StopSignal"] = facts.Entrypoint.Count > 0 ? "SIGTERM" : null,
                    ["Labels"] = new SortedDictionary<string, string>(facts.Labels.ToDictionary(), StringComparer.Ordinal),
                },
                rootfs = new { type = "layers", diff_ids = blobs.Select(b => b.Digest) },
            });
            var manifest = Of(Manifest, new
            {
                schemaVersion = 2,
                mediaType = Manifest,
                config = config,
                layers = blobs,
                annotations = new SortedDictionary<string, string>(facts.Labels
                .Where(l => l.Key.StartsWith("org.opencontainers.", StringComparison.Ordinal)).ToDictionary(), StringComparer.Ordinal)
            });
            var index = JsonSerializer.SerializeToUtf8Bytes(new
            {
                schemaVersion = 2,
                mediaType = Index,
                manifests = new[] { manifest with { Annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = facts.Name } } },
            }, Json);
            IEnumerable<Blob> all = [.. blobs, config, manifest];
            await using (var archive = new FileStream(Path.Combine(scratch, "image"), FileMode.CreateNew, FileAccess.Write))
            {
                await TarArchive.WriteAsync(archive,
                [
                    TarEntry.File("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}"u8.ToArray()), TarEntry.File("index.json", index), TarEntry.Folder("blobs"),
                        TarEntry.Folder("blobs/sha256"),
                    .. all.DistinctBy(b => b.Digest).OrderBy(b => b.Digest, StringComparer.Ordinal).Select(b =>
                        new TarEntry($"blobs/sha256/{b.Digest[7..]}", 0b110_100_100, b.Size, b.Open)),
                ], stop);
                archive.Flush(flushToDisk: true);
            }
            DurableFile.Appear(Path.Combine(scratch, "image"), full);
            return manifest.Digest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreTrouble.Of(e, full) ?? new KumikiException(Message.Of("edge.image-unwritten", ("path", full), ("reason", e.Message.TrimEnd('.'))), e);
        }
        finally
        {
            if (Directory.Exists(scratch)) Directory.Delete(scratch, recursive: true);
        }

        static Blob Of(string mediaType, object content)
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(content, Json);
            return new(mediaType, "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length) { Open = () => new MemoryStream(bytes) };
        }
    }
}
