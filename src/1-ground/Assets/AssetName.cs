using System.Text;

namespace Kumiki;

/// <summary>How assets are named: the class name in kebab case, a family's member with its key after a dot.</summary>
public static class AssetName
{
    /// <summary>Longest name, in characters: it becomes part of paths and addresses.</summary>
    public const int LongestName = 120;

    /// <summary>The name of a class: <c>DemandModel</c> → <c>demand-model</c>, <c>URLIndex2</c> → <c>url-index2</c>.</summary>
    public static string Of(string className)
    {
        var name = new StringBuilder(className.Length + 8);
        for (var i = 0; i < className.Length; i++)
        {
            var c = className[i];
            if (char.IsAsciiLetterUpper(c))
            {
                var startsWord = i > 0 && (!char.IsAsciiLetterUpper(className[i - 1]) || (i + 1 < className.Length && char.IsAsciiLetterLower(className[i + 1])));
                if (startsWord && name.Length > 0 && name[^1] != '-') name.Append('-');
                name.Append(char.ToLowerInvariant(c));
            }
            else if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)) name.Append(c);
            else if (name.Length > 0 && name[^1] != '-') name.Append('-');
        }
        return name.ToString().Trim('-');
    }

    /// <summary>A family member's name, <c>family.slug</c>.</summary>
    public static string Member(string family, string rawKey) => $"{family}.{Slug(rawKey)}";

    /// <summary>A key as it may stand in a name: lower-case ASCII letters and digits kept, all else a hyphen. A key of which nothing would remain, or that is
    /// too long, gets the start of its digest, so that two keys never share a name by being unreadable.</summary>
    public static string Slug(string rawKey)
    {
        var slug = new StringBuilder(rawKey.Length);
        var lost = false;
        foreach (var c in rawKey)
        {
            if (char.IsAsciiLetterOrDigit(c)) slug.Append(char.ToLowerInvariant(c));
            else
            {
                lost |= c is not (' ' or '-' or '_' or '.');
                if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
            }
        }
        var text = slug.ToString().Trim('-');
        if (text.Length is 0 or > 60 || lost) text = $"{(text.Length > 40 ? text[..40] : text)}-{Digest.Of(rawKey).Hex[..8]}".Trim('-');
        return text;
    }

    /// <summary>Whether <paramref name="name"/> is one or more slugs joined by dots, no longer than <see cref="LongestName"/>.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > LongestName) return false;
        var previous = '.';
        foreach (var c in name)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.')) return false;
            if (previous == '.' && !char.IsAsciiLetterOrDigit(c)) return false;
            previous = c;
        }
        return previous is not ('.' or '-');
    }
}
