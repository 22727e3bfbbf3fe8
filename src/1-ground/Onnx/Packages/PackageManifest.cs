using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Packages;

/// <summary>What a package is, and the checksum of each of its files; the file <c>package.json</c>, the bytes that are signed.</summary>
public sealed record PackageManifest
{
    /// <summary>The form; its number rises when an older reader could not read it.</summary>
    public const string Form = "kumiki-package/1";

    public required string Format { get; init; }

    /// <summary>The endpoint.</summary>
    public required string Name { get; init; }

    /// <summary>The release it was taken from.</summary>
    public required int Release { get; init; }

    /// <summary>When that release went live, UTC.</summary>
    public required DateTimeOffset ReleasedAt { get; init; }

    /// <summary>The versions in it, <c>NAME@N</c>, by what they are: endpoint, model, threshold.</summary>
    public required IReadOnlyList<PackagedVersion> Versions { get; init; }

    /// <summary>The adapter that makes the model's tensors.</summary>
    public required string Adapter { get; init; }

    /// <summary>The engine that made the golden rows.</summary>
    public required string Engine { get; init; }

    /// <summary>The id of the key it is signed with.</summary>
    public required string Key { get; init; }

    /// <summary>Every other file but the signature, by path.</summary>
    public required IReadOnlyList<PackagedFile> Files { get; init; }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, PackageJson.Written.PackageManifest);

    /// <returns>Null where the bytes are no manifest.</returns>
    internal static PackageManifest? Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, PackageJson.Written.PackageManifest);
        }
        catch (JsonException)
        {
            return null;        // said by whoever asked, who knows the package
        }
    }
}

/// <param name="Name">Such as <c>default-model@7</c>.</param>
/// <param name="Kind">endpoint, model or threshold.</param>
/// <param name="Content">SHA-256 of the version, as its store knows it.</param>
public sealed record PackagedVersion(string Name, string Kind, string Content);

/// <param name="Path">Relative, with forward slashes.</param>
/// <param name="Sha256">64 hexadecimal digits.</param>
public sealed record PackagedFile(string Path, long Bytes, string Sha256);

[JsonSerializable(typeof(PackageManifest))]
[JsonSerializable(typeof(GoldenRows))]
sealed partial class PackageJson : JsonSerializerContext
{
    /// <summary>Names stay readable.</summary>
    public static PackageJson Written { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
