using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>One file of a version.</summary>
/// <param name="Path">Relative, with forward slashes: <c>rows/2021-W32.parquet</c>.</param>
public sealed record VersionFile(string Path, Digest Content, long Bytes);

/// <summary>An input version as a making used it.</summary>
/// <param name="Read">What was really read: the digest of each part by name; the part "" is the whole version. Empty: declared, but never read.</param>
/// <param name="Declared">False when the asset read it without asking for it in its constructor.</param>
public sealed record InputUse(VersionName Version, EdgeKind Edge, IReadOnlyDictionary<string, Digest> Read, bool Declared = true)
{
    /// <summary>Whether making again with <paramref name="other"/> in place of <see cref="Version"/> would read the same bytes, and so give the same result.</summary>
    public bool IsReadingOf(VersionRecord other)
    {
        if (Read.Count == 0 || other.Asset != Version.Asset) return false;
        foreach (var (part, digest) in Read)
            if (other.Part(part) != digest) return false;
        return true;
    }
}

/// <summary>A file outside the store that a making took in, as it was then.</summary>
/// <param name="Pinned">True where the file was too large to take in: the version needs the file itself, unchanged.</param>
public sealed record OutsideRead(string Path, long Bytes, long ModifiedTicks, long Inode, Digest Content, bool Declared = true, bool Pinned = false);

/// <summary>What a check is about; each is a gate of release.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckKind>))]
public enum CheckKind { Expectation, Test, Goal }

/// <summary>One check that was held against a version when it was made.</summary>
/// <param name="Name">Unique within the version, a slug.</param>
/// <param name="Says">What was found, in one sentence.</param>
public sealed record CheckResult(string Name, CheckKind Kind, bool Held, Message Says);

/// <summary>A model's leave to be trained on another version of a shared source than the other models of a production.</summary>
public sealed record Apartness(string Source, string Because);

/// <summary>One immutable result of making an asset.</summary>
public sealed record VersionRecord
{
    public required VersionName Name { get; init; }
    public required AssetKind Kind { get; init; }

    /// <summary>Digest of files, parts, schema and what was read of which inputs: two makings with one such digest are one version.</summary>
    public required Digest Content { get; init; }
    public required IReadOnlyList<VersionFile> Files { get; init; }

    /// <summary>What a dependent may read of it separately, each with its digest; "" is the whole.</summary>
    public required IReadOnlyDictionary<string, Digest> Parts { get; init; }
    public IReadOnlyList<InputUse> Inputs { get; init; } = [];
    public IReadOnlyList<OutsideRead> Outside { get; init; } = [];

    /// <summary>Final metrics by name, in the units their names say.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();
    public IReadOnlyList<CheckResult> Checks { get; init; } = [];
    public IReadOnlyList<Apartness> Apart { get; init; } = [];

    /// <summary>Schema of the rows, or of a model's inputs and output; what it holds depends on the kind.</summary>
    public JsonElement? Schema { get; init; }

    /// <summary>Small facts of the kind, shown and compared as they are: a threshold's value, a split's bounds, a dataset's counts.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    /// <summary>The family this asset belongs to, and its key before it became a slug.</summary>
    public string? Family { get; init; }
    public string? RawKey { get; init; }

    /// <summary>Where a model that was trained elsewhere came from; null for what was made.</summary>
    public ImportedFrom? Imported { get; init; }

    /// <summary>Digest of everything but the inputs that could change the result: code, parameters, seed, recipes, engines.</summary>
    public required Digest RecipeKey { get; init; }
    public required RunId MadeBy { get; init; }
    public required DateTimeOffset MadeAt { get; init; }

    [JsonIgnore]
    public string Asset => Name.Asset;

    /// <summary>The digest of a part as a dependent would read it now.</summary>
    public Digest? Part(string part) => Parts.TryGetValue(part, out var digest) ? digest : null;
}
