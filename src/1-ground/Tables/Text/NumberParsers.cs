using System.Globalization;
using System.Numerics;

namespace Kumiki.Tables;

/// <summary>Whole numbers: a sign, digits, and nothing but zeros after a point. The value is exact.</summary>
sealed class WholeParser<T> : FieldParser where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    readonly T least = T.MinValue;
    readonly T most = T.MaxValue;

    internal WholeParser(ColumnSchema column)
    {
        if (column.Range is not { } range) return;
        var (min, max) = ((decimal)Bounds.Of(column, range.Min)!, (decimal)Bounds.Of(column, range.Max)!);
        var (low, high) = (decimal.Ceiling(min), decimal.Floor(max));
        least = T.CreateSaturating(range.MinExcluded && low == min ? low + 1 : low);
        most = T.CreateSaturating(range.MaxExcluded && high == max ? high - 1 : high);
    }

    static readonly ulong Highest = ulong.CreateSaturating(T.MaxValue);
    static readonly ulong Lowest = T.MinValue == T.Zero ? 0 : Highest + 1;

    internal override FieldFault Parse(ReadOnlySpan<byte> text, int row)
    {
        var negative = text[0] == '-';
        var at = negative || text[0] == '+' ? 1 : 0;
        if (at == text.Length) return FieldFault.NotWhole;
        ulong size = 0;
        var overflow = false;
        var first = at;
        for (; at < text.Length; at++)
        {
            var digit = (uint)(text[at] - '0');
            if (digit > 9) break;
            overflow |= size > (ulong.MaxValue - digit) / 10;
            size = size * 10 + digit;
        }
        if (at < text.Length && !OnlyZerosAfterPoint(text[at..], at > first)) return RealParser.IsNotFinite(text) ? FieldFault.NotFinite : FieldFault.NotWhole;
        if (overflow || size > (negative ? Lowest : Highest)) return FieldFault.Overflow;
        var value = negative ? T.Zero - T.CreateTruncating(size) : T.CreateTruncating(size);
        if (value < least || value > most) return FieldFault.OutOfRange;
        To.Set(row, value);
        return FieldFault.None;
    }

    static bool OnlyZerosAfterPoint(ReadOnlySpan<byte> rest, bool digitsBefore) => digitsBefore && rest[0] == '.' && rest[1..].IndexOfAnyExcept((byte)'0') < 0;
}

/// <summary>Real numbers, rounded to the nearest as C# does; NaN and infinities are none.</summary>
sealed class RealParser : FieldParser
{
    internal const NumberStyles Form = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    readonly bool single;
    readonly double least = double.NegativeInfinity;
    readonly double most = double.PositiveInfinity;
    readonly bool leastExcluded;
    readonly bool mostExcluded;

    internal RealParser(ColumnSchema column, bool single)
    {
        this.single = single;
        if (column.Range is not { } range) return;
        (least, most) = ((double)Bounds.Of(column, range.Min)!, (double)Bounds.Of(column, range.Max)!);
        (leastExcluded, mostExcluded) = (range.MinExcluded, range.MaxExcluded);
    }

    internal override FieldFault Parse(ReadOnlySpan<byte> text, int row)
    {
        double value;
        if (single)
        {
            if (!float.TryParse(text, Form, CultureInfo.InvariantCulture, out var small)
                || !float.IsFinite(small)) return Fault(text);
            value = small;
            if (Outside(value)) return FieldFault.OutOfRange;
            To.Set(row, small);
            return FieldFault.None;
        }
        if (!Short(text, out value))
        {
            if (!double.TryParse(text, Form, CultureInfo.InvariantCulture, out value)
                || !double.IsFinite(value)) return Fault(text);
        }
        if (Outside(value)) return FieldFault.OutOfRange;
        To.Set(row, value);
        return FieldFault.None;
    }

    bool Outside(double value) => (leastExcluded ? value <= least : value < least) || (mostExcluded ? value >= most : value > most);

    static readonly double[] Powers = [.. Enumerable.Range(0, 23).Select(i => double.Parse($"1e{i}", CultureInfo.InvariantCulture))];

    /// <summary>Numbers of up to 15 digits without exponent: both the digits and the power of ten are exact doubles, so one division rounds correctly (Clinger
    /// 1990).</summary>
    static bool Short(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        var negative = text[0] == '-';
        var (digits, point, count) = (0UL, -1, 0);
        for (var at = negative ? 1 : 0; at < text.Length; at++)
        {
            var digit = (uint)(text[at] - '0');
            if (digit <= 9)
            {
                digits = digits * 10 + digit;
                count++;
            }
            else if (text[at] == '.' && point < 0)
                point = at;
            else
                return false;
        }
        if (count is 0 or > 15) return false;
        value = point < 0 ? digits : digits / Powers[text.Length - 1 - point];
        if (negative) value = -value;
        return true;
    }

    static FieldFault Fault(ReadOnlySpan<byte> text)
    {
        if (IsNotFinite(text)) return FieldFault.NotFinite;
        return double.TryParse(text, Form, CultureInfo.InvariantCulture, out _)
            ? FieldFault.Overflow
            : FieldFault.NotNumber;
    }

    internal static bool IsNotFinite(ReadOnlySpan<byte> text)
    {
        if (text[0] is (byte)'-' or (byte)'+') text = text[1..];
        return Is(text, "nan"u8) || Is(text, "inf"u8) || Is(text, "infinity"u8) || text.SequenceEqual("∞"u8);

        static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(text, word);
    }
}

/// <summary>Decimals of a fixed number of places; the value is exact, more places are refused unless they are zeros.</summary>
sealed class DecimalParser : FieldParser
{
    readonly int scale;
    readonly int size;
    readonly Int128 limit;
    readonly Int128 least;
    readonly Int128 most;

    internal DecimalParser(ColumnSchema column)
    {
        scale = column.Scale;
        size = column.Type.Size;
        limit = Power(column.Precision) - 1;
        (least, most) = (-limit, limit);
        if (column.Range is not { } range) return;
        least = Scaled((decimal)Bounds.Of(column, range.Min)!, up: true, range.MinExcluded);
        most = Scaled((decimal)Bounds.Of(column, range.Max)!, up: false, range.MaxExcluded);
    }

    static Int128 Power(int ten)
    {
        Int128 power = 1;
        for (var i = 0; i < ten; i++) power *= 10;
        return power;
    }

    // A bound in units of the last place: the innermost value that is still allowed.
    Int128 Scaled(decimal bound, bool up, bool excluded)
    {
        var whole = decimal.Truncate(bound);
        var rest = (bound - whole) * (decimal)Power(scale);
        var units = (Int128)whole * Power(scale) + (Int128)(up ? decimal.Ceiling(rest) : decimal.Floor(rest));
        return excluded && rest == decimal.Truncate(rest) ? (up ? units + 1 : units - 1) : units;
    }

    internal override FieldFault Parse(ReadOnlySpan<byte> text, int row)
    {
        var fault = Units(text, out var value);
        if (fault != FieldFault.None) return fault;
        if (value < least || value > most) return FieldFault.OutOfRange;
        switch (size)
        {
            case 2: To.Set(row, (short)value); break;
            case 4: To.Set(row, (int)value); break;
            case 8: To.Set(row, (long)value); break;
            default: To.Set(row, value); break;
        }
        return FieldFault.None;
    }

    FieldFault Units(ReadOnlySpan<byte> text, out Int128 value)
    {
        // Up to 18 digits fit in 64 bits, which is much faster than 128.
        if (text.Length <= 18 && scale <= 18 && Short(text, out var small))
        {
            value = small;
            return value > limit || value < -limit ? FieldFault.Overflow : FieldFault.None;
        }
        return Long(text, out value);
    }

    bool Short(ReadOnlySpan<byte> text, out long value)
    {
        var negative = text[0] == '-';
        var (digits, places, count) = (0L, -1, 0);
        for (var at = negative ? 1 : 0; at < text.Length; at++)
        {
            var digit = (uint)(text[at] - '0');
            if (digit <= 9)
            {
                digits = digits * 10 + digit;
                count++;
                if (places >= 0) places++;
            }
            else if (text[at] == '.' && places < 0)
                places = 0;
            else
                break;
            if (at == text.Length - 1 && count > 0 && places <= scale && count + scale <= 18)
            {
                value = digits * Tens[scale - Math.Max(places, 0)] * (negative ? -1 : 1);
                return true;
            }
        }
        value = 0;
        return false;
    }

    static readonly long[] Tens = [.. Enumerable.Range(0, 19).Select(i => (long)Power(i))];

    // Any sign, digits, point and exponent: the digits as they are, then moved by the exponent.
    FieldFault Long(ReadOnlySpan<byte> text, out Int128 value)
    {
        value = 0;
        if (RealParser.IsNotFinite(text)) return FieldFault.NotFinite;
        var number = text;
        var exponent = 0;
        if (text.IndexOfAny((byte)'e', (byte)'E') is > 0 and var e)
        {
            if (!int.TryParse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs(exponent) > 100)
                return FieldFault.NotNumber;
            number = text[..e];
        }
        var negative = number[0] == '-';
        if (negative || number[0] == '+') number = number[1..];
        var point = number.IndexOf((byte)'.');
        var whole = point < 0 ? number : number[..point];
        var fraction = point < 0 ? [] : number[(point + 1)..];
        if (whole.Length + fraction.Length == 0 || whole.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0
            || fraction.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
            return FieldFault.NotNumber;

        var places = scale + exponent;      // digits of the fraction that count
        for (var i = 0; i < whole.Length + Math.Max(fraction.Length, places); i++)
        {
            var digit = i < whole.Length ? whole[i] - '0' : i - whole.Length < fraction.Length ? fraction[i - whole.Length] - '0' : 0;
            if (i - whole.Length >= places)
            {
                if (digit != 0) return FieldFault.TooManyDecimals;
                continue;
            }
            value = value * 10 + digit;
            if (value > limit) return FieldFault.Overflow;
        }
        if (negative) value = -value;
        return FieldFault.None;
    }
}
