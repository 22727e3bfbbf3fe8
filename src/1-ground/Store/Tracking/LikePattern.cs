using System.Text;

namespace Kumiki.Tracking;

/// <summary>SQL's LIKE, the same on every store: <c>%</c> is any run of characters, <c>_</c> one character, nothing is escaped.</summary>
static class LikePattern
{
    /// <summary>Goes back to the last <c>%</c> only, so it takes no more than pattern times text steps whatever the pattern.</summary>
    internal static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool anyCase)
    {
        int p = 0, t = 0, star = -1, from = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '%')
            {
                (star, from) = (p++, t);
            }
            else if (p < pattern.Length && pattern[p] == '_')
            {
                p++;
                t += Width(text[t..]);
            }
            else if (p < pattern.Length && Same(pattern[p], text[t], anyCase))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                from += Width(text[from..]);
                (p, t) = (star + 1, from);
            }
            else
            {
                return false;
            }
        }
        return pattern[p..].TrimStart('%').IsEmpty;
    }

    /// <summary>The pattern in capitals, and which characters of a text have to become which others, for it to match in any case.</summary>
    /// <returns><c>From</c> and <c>To</c> are of one length; both hold only what some letter of the pattern is the other case of.</returns>
    internal static (string Pattern, string From, string To) AnyCase(string pattern)
    {
        var (from, to) = (new StringBuilder(), new StringBuilder());
        var upper = string.Create(pattern.Length, pattern, static (span, text) =>
        {
            for (var i = 0; i < text.Length; i++) span[i] = char.ToUpperInvariant(text[i]);
        });
        foreach (var capital in upper.Distinct())
        {
            if (!OtherCases.Value.TryGetValue(capital, out var others)) continue;
            from.Append(others);
            to.Append(capital, others.Length);
        }
        return (upper, from.ToString(), to.ToString());
    }

    /// <summary>By capital, the characters that have it: <c>k</c> and the Kelvin sign for <c>K</c>.</summary>
    static readonly Lazy<Dictionary<char, string>> OtherCases = new(() => Enumerable.Range(0, char.MaxValue + 1).Select(c => (char)c)
        .Where(c => char.ToUpperInvariant(c) != c).GroupBy(char.ToUpperInvariant).ToDictionary(g => g.Key, g => string.Concat(g)));

    static bool Same(char a, char b, bool anyCase) => a == b || (anyCase && char.ToUpperInvariant(a) == char.ToUpperInvariant(b));

    /// <summary>A character beyond the basic plane is two of .NET's.</summary>
    static int Width(ReadOnlySpan<char> text)
    {
        Rune.DecodeFromUtf16(text, out _, out var width);
        return width;
    }
}
