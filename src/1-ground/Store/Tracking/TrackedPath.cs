using System.Text;

namespace Kumiki.Tracking;

/// <summary>The path of a client's artifact below <see cref="Root"/>: <c>0/6f…/artifacts/model/MLmodel</c>. Names divided by single slashes; no way out of the
/// root can be written in one.</summary>
public readonly record struct TrackedPath
{
    /// <summary>What URIs of artifacts that this server keeps begin with.</summary>
    public const string Root = "mlflow-artifacts:/";

    /// <summary>No index takes a longer one whole.</summary>
    const int MostCharacters = 2_000, MostBytes = 2_600;

    readonly string? path;

    TrackedPath(string path) => this.path = path;

    /// <summary>The root itself: every artifact is below it.</summary>
    public static TrackedPath Top => default;

    public bool IsTop => string.IsNullOrEmpty(path);

    /// <summary>The last name; empty for the top.</summary>
    public string Name => ToString()[(ToString().LastIndexOf('/') + 1)..];

    /// <summary>Reads a path that was percent-decoded once.</summary>
    /// <returns>Null where it is longer than 2,000 characters or 2,600 bytes, is absolute, goes upward (also after more decoding), names a drive or a share, or
    /// holds a backslash, a hash or a control character.</returns>
    public static TrackedPath? Of(string written)
    {
        if (written.Length > MostCharacters || Encoding.UTF8.GetByteCount(written) > MostBytes) return null;
        var decoded = written;
        for (var again = true; again;)
        {
            if (!IsHarmless(decoded)) return null;
            var next = Uri.UnescapeDataString(decoded);
            again = next != decoded;
            decoded = next;
        }
        return new(written.TrimEnd('/'));
    }

    /// <summary>The path of a URI that this server keeps; null for every other URI.</summary>
    public static TrackedPath? OfUri(string uri)
    {
        if (!uri.StartsWith("mlflow-artifacts:", StringComparison.OrdinalIgnoreCase)) return null;
        var rest = uri["mlflow-artifacts:".Length..];
        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            var slash = rest.IndexOf('/', 2);       // a host may be named; it is this one, or the client would have asked there
            rest = slash < 0 ? "" : rest[slash..];
        }
        return Of(rest.TrimStart('/'));
    }

    /// <summary>A path below this one; null as with <see cref="Of"/>.</summary>
    public TrackedPath? Below(string rest) => Of(rest) is not { } below ? null : IsTop ? below : below.IsTop ? this : Of($"{path}/{below.path}");

    public override string ToString() => path ?? "";

    static bool IsHarmless(string text)
    {
        if (text.StartsWith('/') || (text.Length > 1 && text[1] == ':' && char.IsAsciiLetter(text[0]))) return false;
        foreach (var c in text)
            if (c is '\\' or '#' || char.IsControl(c)) return false;
        var names = text.TrimEnd('/').Split('/');
        return text.Length == 0 || Array.TrueForAll(names, name => name.Length > 0 && name is not (".." or "."));
    }
}
