using System.Buffers.Text;

namespace Kumiki.Onnx;

/// <summary>Reads numbers as JSON has them, several times as fast as the general reader where they have at most sixteen digits, and to the same
/// bits.</summary>
public static class PlainNumbers
{
    /// <summary>The powers of ten that a double holds exactly.</summary>
    static readonly double[] Tens =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    const int MostDigits = 19;              // what a ulong holds
    const ulong MostExact = 1UL << 53;      // the whole numbers that a double holds exactly

    /// <summary>Reads a flat list of as many numbers as there is room for, in one pass over its bytes.</summary>
    /// <param name="json">What follows the opening bracket.</param>
    /// <returns>The place of the closing bracket; −1 where there is anything but so many finite numbers, which is for a reader of tokens to read or to
    /// refuse.</returns>
    public static int Read(ReadOnlySpan<byte> json, Span<float> into)
    {
        var at = 0;
        for (var i = 0; i < into.Length; i++)
        {
            at = Blanks(json, at);
            var length = Number(json[at..], out into[i]);
            if (length == 0) return -1;
            at = Blanks(json, at + length);
            if (at == json.Length || json[at] != (i == into.Length - 1 ? (byte)']' : (byte)',')) return -1;
            at++;
        }
        return at - 1;
    }

    static int Blanks(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') at++;
        return at;
    }

    /// <summary>The nearest double to a token that a reader of JSON found to be a number.</summary>
    /// <returns>False where it is too large for one.</returns>
    public static bool TryRead(ReadOnlySpan<byte> token, out double value)
    {
        if (Parts(token, out var negative, out var mantissa, out var exponent) == token.Length && IsExact(mantissa, exponent))
        {
            value = Near(negative, mantissa, exponent);
            return true;
        }
        return Utf8Parser.TryParse(token, out value, out var read) && read == token.Length && double.IsFinite(value);
    }

    /// <summary>The nearest float to the number that text begins with.</summary>
    /// <returns>Its bytes; 0 where there is none that is finite.</returns>
    static int Number(ReadOnlySpan<byte> json, out float value)
    {
        value = 0;
        var length = Parts(json, out var negative, out var mantissa, out var exponent);
        if (length == 0) return 0;
        if (IsExact(mantissa, exponent))
        {
            // The nearest float to the nearest double is the number's too, unless the double lies halfway between two floats, for then it may be what
            // rounding made of it.
            var near = Near(negative, mantissa, exponent);
            if ((BitConverter.DoubleToUInt64Bits(near) & 0x1FFF_FFFF) != 0x1000_0000)
            {
                value = (float)near;
                return length;
            }
        }
        return Utf8Parser.TryParse(json[..length], out value, out var read) && read == length && float.IsFinite(value) ? length : 0;
    }

    static bool IsExact(ulong mantissa, int exponent) => mantissa <= MostExact && exponent is >= -22 and <= 22;

    /// <summary>Whole number and power of ten are both exact, so one division or multiplication gives the nearest double (Clinger 1990, "How to read floating
    /// point numbers accurately").</summary>
    static double Near(bool negative, ulong mantissa, int exponent)
    {
        var near = exponent < 0 ? mantissa / Tens[-exponent] : mantissa * Tens[exponent];
        return negative ? -near : near;
    }

    /// <summary>Takes apart what a text begins with: mantissa × 10^exponent.</summary>
    /// <param name="mantissa">The largest there is where it has more digits than it holds.</param>
    /// <returns>Its bytes; 0 where it is no number of JSON's.</returns>
    static int Parts(ReadOnlySpan<byte> json, out bool negative, out ulong mantissa, out int exponent)
    {
        var at = 0;
        (mantissa, exponent) = (0, 0);
        negative = json.Length > 0 && json[0] == '-';
        if (negative) at++;
        var whole = at;
        for (; at < json.Length && (uint)(json[at] - '0') <= 9; at++) mantissa = (mantissa * 10) + (uint)(json[at] - '0');
        var digits = at - whole;
        if (digits == 0 || (digits > 1 && json[whole] == '0')) return 0;
        var point = 0;
        if (at < json.Length && json[at] == '.')
        {
            var fraction = ++at;
            for (; at < json.Length && (uint)(json[at] - '0') <= 9; at++) mantissa = (mantissa * 10) + (uint)(json[at] - '0');
            point = at - fraction;
            if (point == 0) return 0;
            digits += point;
        }
        if (at < json.Length && json[at] is (byte)'e' or (byte)'E')
        {
            at++;
            var less = at < json.Length && json[at] == '-';
            if (at < json.Length && json[at] is (byte)'-' or (byte)'+') at++;
            var first = at;
            for (; at < json.Length && (uint)(json[at] - '0') <= 9; at++) exponent = Math.Min((exponent * 10) + (json[at] - '0'), 100_000);
            if (at == first) return 0;
            if (less) exponent = -exponent;
        }
        exponent -= point;
        if (digits > MostDigits) mantissa = ulong.MaxValue;
        return at;
    }
}
