using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Kumiki.Hosting;

/// <summary>Reads what an address asks for; what cannot be read is refused in one sentence.</summary>
static class Asked
{
    public static bool Asset(string text, [NotNullWhen(false)] out Refused? refused)
    {
        refused = AssetName.IsValid(text) ? null : Refused.Bad(Message.Of("serve.bad-name", ("name", Cut(text))));
        return refused is null;
    }

    public static bool Version(string? text, out VersionName version, [NotNullWhen(false)] out Refused? refused)
    {
        refused = VersionName.TryParse(text, null, out version) ? null : Refused.Bad(Message.Of("serve.bad-version", ("version", Cut(text))));
        return refused is null;
    }

    public static bool Run(string? text, out RunId run, [NotNullWhen(false)] out Refused? refused)
    {
        refused = RunId.TryParse(text, null, out run) ? null : Refused.Bad(Message.Of("serve.bad-run", ("run", Cut(text))));
        return refused is null;
    }

    /// <summary>A run to page from; none is fine.</summary>
    public static bool Before(string? text, out RunId? before, [NotNullWhen(false)] out Refused? refused)
    {
        (before, refused) = (null, null);
        if (string.IsNullOrEmpty(text)) return true;
        var known = Run(text, out var run, out refused);
        before = run;
        return known;
    }

    /// <summary>A whole number, brought into its range; <paramref name="usual"/> where it is not given.</summary>
    public static bool Number(string name, string? text, long usual, long min, long max, out long number, [NotNullWhen(false)] out Refused? refused)
    {
        (number, refused) = (usual, null);
        if (string.IsNullOrEmpty(text)) return true;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
        {
            number = Math.Clamp(number, min, max);
            return true;
        }
        refused = Refused.Bad(Message.Of("serve.bad-number", ("name", name), ("value", Cut(text))));
        return false;
    }

    public static bool Limit(string? text, int usual, out int limit, [NotNullWhen(false)] out Refused? refused)
    {
        var known = Number("limit", text, usual, 1, 1000, out var number, out refused);
        limit = (int)number;
        return known;
    }

    public static bool State(string? text, out RunState? state, [NotNullWhen(false)] out Refused? refused)
    {
        (state, refused) = (null, null);
        if (string.IsNullOrEmpty(text)) return true;
        if (Enum.TryParse<RunState>(text, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) && !char.IsAsciiDigit(text[0]))
        {
            state = parsed;
            return true;
        }
        refused = Refused.Bad(Message.Of("serve.bad-state", ("state", Cut(text)), ("known", string.Join(", ", Enum.GetNames<RunState>()).ToLowerInvariant())));
        return false;
    }

    /// <summary>What a sentence repeats of what was asked, at most 80 characters of it.</summary>
    internal static string Cut(string? text) => text is null ? "" : text.Length <= 80 ? text : text[..80] + "…";
}
