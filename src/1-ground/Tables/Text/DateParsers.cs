using System.Globalization;
using System.Text;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Dates: year, month, day with <c>-</c> or <c>/</c> between, or eight digits; a time of midnight may follow.</summary>
sealed class DateParser : FieldParser
{
    readonly string? format;
    readonly int least = int.MinValue;
    readonly int most = int.MaxValue;

    internal DateParser(ColumnSchema column, string? format)
    {
        this.format = format;
        if (column.Range is not { } range) return;
        least = Days((DateOnly)Bounds.Of(column, range.Min)!) + (range.MinExcluded ? 1 : 0);
        most = Days((DateOnly)Bounds.Of(column, range.Max)!) - (range.MaxExcluded ? 1 : 0);
    }

    static int Days(DateOnly date) => date.DayNumber - DuckDbVector.Epoch.DayNumber;

    internal override FieldFault Parse(ReadOnlySpan<byte> text, int row)
    {
        DateOnly date;
        if (format is not null)
        {
            if (!DateOnly.TryParseExact(Encoding.UTF8.GetString(text), format, CultureInfo.InvariantCulture, DateTimeStyles.None, out date))
                return FieldFault.NotDate;
        }
        else if (!YearMonthDay(text, out date, out var rest) || (rest.Length > 0 && !(TimeParser.Clock(rest, out var micros, out _) && micros == 0)))
            return FieldFault.NotDate;
        var days = Days(date);
        if (days < least || days > most) return FieldFault.OutOfRange;
        To.Set(row, days);
        return FieldFault.None;
    }

    internal static bool YearMonthDay(ReadOnlySpan<byte> text, out DateOnly date, out ReadOnlySpan<byte> rest)
    {
        date = default;
        rest = default;
        if (text.Length < 8 || !Digits(text[..4], out var year)) return false;
        int month, day, at;
        if (text[4] is (byte)'-' or (byte)'/')
        {
            var mark = text[4];
            at = 5;
            if (!Upto2(text, ref at, out month) || at >= text.Length || text[at++] != mark || !Upto2(text, ref at, out day)) return false;
        }
        else
        {
            if (!Digits(text.Slice(4, 2), out month) || !Digits(text.Slice(6, 2), out day)) return false;
            at = 8;
        }
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        date = new(year, month, day);
        rest = text[at..];
        return true;
    }

    internal static bool Digits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            var digit = (uint)(c - '0');
            if (digit > 9) return false;
            value = value * 10 + (int)digit;
        }
        return text.Length > 0;
    }

    static bool Upto2(ReadOnlySpan<byte> text, ref int at, out int value)
    {
        var end = at + 1 < text.Length && char.IsAsciiDigit((char)text[at + 1]) ? at + 2 : at + 1;
        value = 0;
        if (end > text.Length || !Digits(text[at..end], out value)) return false;
        at = end;
        return true;
    }
}

/// <summary>A date, then <c>T</c> or a space, hours, minutes, and perhaps seconds, fractions to a microsecond, and <c>Z</c> or an offset, which is turned to
/// UTC. A DateTimeOffset must have the offset: without it no one knows which instant is meant.</summary>
sealed class TimeParser : FieldParser
{
    readonly string? format;
    readonly bool needsOffset;
    readonly long least = long.MinValue;
    readonly long most = long.MaxValue;

    internal TimeParser(ColumnSchema column, string? format)
    {
        this.format = format;
        needsOffset = column.Kind == ColumnKind.DateTimeOffset;
        if (column.Range is not { } range) return;
        least = Micros((DateTime)Bounds.Of(column, range.Min)!) + (range.MinExcluded ? 1 : 0);
        most = Micros((DateTime)Bounds.Of(column, range.Max)!) - (range.MaxExcluded ? 1 : 0);
    }

    static long Micros(DateTime time) => (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    const long Day = 86_400_000_000;

    internal override FieldFault Parse(ReadOnlySpan<byte> text, int row)
    {
        long micros;
        if (format is not null)
        {
            if (!DateTime.TryParseExact(Encoding.UTF8.GetString(text), format, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time))
                return FieldFault.NotTime;
            if (needsOffset && time.Kind != DateTimeKind.Utc) return FieldFault.NoOffset;
            micros = Micros(time);
        }
        else
        {
            if (!DateParser.YearMonthDay(text, out var date, out var rest)) return FieldFault.NotTime;
            long clock = 0, offset = 0;
            if (rest.Length > 0 && !Clock(rest, out clock, out offset)) return FieldFault.NotTime;
            if (needsOffset && (rest.Length == 0 || rest[6..].IndexOfAny((byte)'Z', (byte)'+', (byte)'-') < 0)) return FieldFault.NoOffset;
            micros = (date.DayNumber - DuckDbVector.Epoch.DayNumber) * Day + clock - offset;
        }
        if (micros < least || micros > most) return FieldFault.OutOfRange;
        To.Set(row, micros);
        return FieldFault.None;
    }

    /// <summary>What follows a date: its microseconds since midnight, and those of its offset from UTC.</summary>
    internal static bool Clock(ReadOnlySpan<byte> text, out long micros, out long offset)
    {
        (micros, offset) = (0, 0);
        if (text.Length < 6 || text[0] is not ((byte)' ' or (byte)'T') || !Pair(text[1..], out var hours) || text[3] != ':' || !Pair(text[4..], out var minutes)
            || hours > 23 || minutes > 59)
            return false;
        var seconds = 0;
        var fraction = 0L;
        var rest = text[6..];
        if (rest.Length > 0 && rest[0] == ':')
        {
            if (!Pair(rest[1..], out seconds) || seconds > 59) return false;
            rest = rest[3..];
            if (rest.Length > 0 && rest[0] == '.')
            {
                var digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
                if (digits < 0) digits = rest.Length - 1;
                if (digits == 0 || rest[1..(digits + 1)].TrimEnd((byte)'0').Length > 6) return false;
                for (var i = 0; i < 6; i++) fraction = fraction * 10 + (i < digits ? rest[i + 1] - '0' : 0);
                rest = rest[(digits + 1)..];
            }
        }
        micros = ((hours * 60L + minutes) * 60 + seconds) * 1_000_000 + fraction;
        return rest.Length == 0 || rest is [(byte)'Z'] || Offset(rest, out offset);
    }

    static bool Offset(ReadOnlySpan<byte> text, out long offset)
    {
        offset = 0;
        if (text.Length < 3 || text[0] is not ((byte)'+' or (byte)'-') || !Pair(text[1..], out var hours) || hours > 18) return false;
        var minutes = 0;
        var rest = text[3..];
        if (rest.Length > 0 && (!Pair(rest[0] == ':' ? rest[1..] : rest, out minutes) || minutes > 59 || rest.Length != (rest[0] == ':' ? 3 : 2))) return false;
        offset = (hours * 60L + minutes) * 60_000_000 * (text[0] == '-' ? -1 : 1);
        return true;
    }

    static bool Pair(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        return text.Length >= 2 && DateParser.Digits(text[..2], out value);
    }
}

/// <summary>A length of time, kept as microseconds: <c>1.02:03:04.5</c> as C# writes it, <c>26:03:04</c> with hours
/// beyond a day, <c>1 day 02:03:04</c> as PostgreSQL does, or ISO 8601's <c>PT1H30M</c>. A month is no length of time.</summary>
sealed class SpanParser : FieldParser
{
    readonly long least = long.MinValue;
    readonly long most = long.MaxValue;

    internal SpanParser(ColumnSchema column)
    {
        if (column.Range is not { } range) return;
        least = Micros((TimeSpan)Bounds.Of(column, range.Min)!) + (range.MinExcluded ? 1 : 0);
        most = Micros((TimeSpan)Bounds.Of(column, range.Max)!) - (range.MaxExcluded ? 1 : 0);
    }

    static long Micros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    internal override FieldFault Parse(ReadOnlySpan<byte> text, int row)
    {
        if (!Read(Encoding.UTF8.GetString(text), out var span)) return FieldFault.NotSpan;
        var micros = Micros(span);
        if (micros < least || micros > most) return FieldFault.OutOfRange;
        To.Set(row, micros);
        return FieldFault.None;
    }

    static bool Read(string text, out TimeSpan span)
    {
        if (text.Contains('P', StringComparison.Ordinal))
        {
            span = default;
            if (text.Split('T')[0].AsSpan().IndexOfAny('Y', 'M') >= 0) return false;     // a month is no length of time
            try
            {
                span = System.Xml.XmlConvert.ToTimeSpan(text);
                return true;
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
                span = default;
                return false;
            }
        }
        // PostgreSQL's days stand before its clock: "1 day 02:03:04", "-1 days +02:03:00".
        var days = 0;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is [var number, "day" or "days", ..] && int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out days)
            && words.Length <= 3)
            text = words.Length == 3 ? words[2] : "00:00";
        // "26:00:00" is no time of day, and TimeSpan.Parse would take "26:00" for 26 days.
        var negative = text.StartsWith('-');
        var parts = text.TrimStart('-', '+').Split(':');
        if (parts.Length is 2 or 3 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
            && TimeSpan.TryParseExact(parts.Length == 2 ? $"{parts[1]}:00" : $"{parts[1]}:{parts[2]}",
                [@"m\:s", @"m\:s\.FFFFFF"], CultureInfo.InvariantCulture, out span))
        {
            span += TimeSpan.FromHours(hours);
            span = TimeSpan.FromDays(days) + (negative ? -span : span);
            return true;
        }
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out span) && text.Contains(':', StringComparison.Ordinal);
    }
}
