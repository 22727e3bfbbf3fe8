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

    static bool Same(char a, char b, bool anyCase) => a == b || (anyCase && char.ToUpperInvariant(a) == char.ToUpperInvariant(b));

    /// <summary>A character beyond the basic plane is two of .NET's.</summary>
    static int Width(ReadOnlySpan<char> text)
    {
        Rune.DecodeFromUtf16(text, out _, out var width);
        return width;
    }
}
