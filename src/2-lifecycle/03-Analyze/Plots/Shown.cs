using System.Globalization;
using System.Net;
using System.Text;

namespace Kumiki.Reports;

/// <summary>Numbers and texts as a report shows them; the same in every language.</summary>
static class Shown
{
    static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    /// <summary>A whole number with its thousands apart: <c>63,900</c>.</summary>
    public static string Count(long count) => count.ToString("#,0", Invariant);

    /// <summary>Five significant digits, more for whole numbers: <c>1,234,567</c>, <c>0.012346</c>, <c>1.5e+20</c>; a dash for what is no number.</summary>
    public static string Number(double? value)
    {
        if (value is not { } v || !double.IsFinite(v)) return "–";
        if (v == 0) return "0";
        var size = Math.Abs(v);
        if (size is >= 1e15 or < 1e-5) return v.ToString("0.####e+0", Invariant);
        var decimals = Math.Clamp(4 - (int)Math.Floor(Math.Log10(size)), 0, 9);
        return Math.Round(v, decimals).ToString("#,0." + new string('#', decimals), Invariant);
    }

    /// <summary>For ticks, short: <c>1.5k</c>, <c>3M</c>, <c>0.02</c>.</summary>
    public static string Short(double value)
    {
        var size = Math.Abs(value);
        return size switch
        {
            0 => "0",
            >= 1e15 or < 1e-4 => value.ToString("0.##e+0", Invariant),
            >= 1e12 => $"{(value / 1e12).ToString("0.###", Invariant)}T",
            >= 1e9 => $"{(value / 1e9).ToString("0.###", Invariant)}G",
            >= 1e6 => $"{(value / 1e6).ToString("0.###", Invariant)}M",
            >= 1e3 => $"{(value / 1e3).ToString("0.###", Invariant)}k",
            _ => value.ToString("0.######", Invariant),
        };
    }

    /// <summary>A share of 0 … 1 in per cent: <c>12.3 %</c>; what is not quite none or all is never shown as such.</summary>
    public static string Share(double share)
    {
        if (!double.IsFinite(share)) return "–";
        var percent = share * 100;
        return percent switch
        {
            > 0 and < 0.1 => "< 0.1 %",
            > 99.9 and < 100 => "> 99.9 %",
            _ => percent.ToString("0.#", Invariant) + " %",
        };
    }

    /// <summary>A text between tags or in an attribute; characters that no page may hold become U+FFFD.</summary>
    public static string Escaped(string text)
    {
        var clean = text;
        if (text.Any(IsForbidden)) clean = string.Concat(text.Select(c => IsForbidden(c) ? '\uFFFD' : c));
        return WebUtility.HtmlEncode(clean);
    }

    static bool IsForbidden(char c) => char.IsControl(c) && c is not ('\t' or '\n' or '\r');

    /// <summary>About how wide a text is, in units of its size; never less than it is.</summary>
    public static double Width(string text)
    {
        var width = 0.0;
        foreach (var rune in text.EnumerateRunes()) width += Width(rune);
        return width;
    }

    // As wide as in DejaVu Sans, the widest of the fonts that a page may get.
    static double Width(Rune rune) => rune.Value switch
    {
        >= 0x1100 => 1,
        'm' or 'w' or 'M' or 'W' or '%' or '@' or '=' or '+' or '<' or '>' or '~' or '→' or '…' or '×' => 0.95,
        'i' or 'l' or 'j' or '\'' or '|' => 0.3,
        't' or 'f' or 'r' or '.' or ',' or ' ' or ':' or ';' or '-' or '(' or ')' or '/' => 0.4,
        _ => Rune.IsUpper(rune) ? 0.72 : 0.63,
    };

    /// <summary>The text, or as much of its beginning as fits, with an ellipsis.</summary>
    public static string Cut(string text, double width, double size)
    {
        var line = text.ReplaceLineEndings(" ");
        if (Width(line) * size <= width) return line;
        var cut = new StringBuilder();
        var used = size * 0.8;
        foreach (var rune in line.EnumerateRunes())
        {
            used += Width(rune) * size;
            if (used > width) break;
            cut.Append(rune.ToString());
        }
        return cut.Append('…').ToString();
    }
}
