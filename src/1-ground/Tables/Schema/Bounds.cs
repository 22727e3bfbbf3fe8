using System.Globalization;

namespace Kumiki.Tables;

/// <summary>Bounds of a range in the type in which a column's values are compared: long, ulong, decimal, double, DateOnly, DateTime or
/// TimeSpan.</summary>
static class Bounds
{
    /// <summary>The bound as a value; null when the text is none for that kind of column.</summary>
    internal static object? Of(ColumnSchema column, string text)
    {
        var invariant = CultureInfo.InvariantCulture;
        switch (column.Kind)
        {
            case ColumnKind.Float or ColumnKind.Double:
                return double.TryParse(text, NumberStyles.Float, invariant, out var real) && !double.IsNaN(real) ? real : null;
            case ColumnKind.Decimal:
                return Digits(text);
            case >= ColumnKind.SByte and <= ColumnKind.ULong:
                // A bound may lie beyond or between the column's values: [Range(0, 0.5)] and [Range(0, 1e12)] are meant as they are.
                return Digits(text);
            case ColumnKind.DateOnly:
                return DateOnly.TryParse(text, invariant, out var date) ? date : null;
            case ColumnKind.DateTime:
                return DateTime.TryParse(text, invariant, out var time) ? time : null;
            case ColumnKind.DateTimeOffset:
                return DateTimeOffset.TryParse(text, invariant, DateTimeStyles.AssumeUniversal, out var instant) ? instant.UtcDateTime : null;
            case ColumnKind.TimeSpan:
                return TimeSpan.TryParse(text, invariant, out var span) ? span : null;
            default:
                return null;
        }
    }

    static object? Digits(string text)
    {
        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)) return exact;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) || double.IsNaN(real)) return null;
        return real < 0 ? decimal.MinValue : decimal.MaxValue;
    }

    /// <summary>The bound as SQL compares it.</summary>
    internal static string Sql(ColumnSchema column, string text) => SqlText.Value(Of(column, text));

    /// <summary>True in SQL where <paramref name="value"/>, not null, lies outside.</summary>
    internal static string OutsideSql(ColumnSchema column, ValueRange range, string value) =>
        $"({value} {(range.MinExcluded ? "<=" : "<")} {Sql(column, range.Min)} OR {value} {(range.MaxExcluded ? ">=" : ">")} {Sql(column, range.Max)})";
}
