using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>How DuckDB casts a value of one of its types to a column's, and the conditions under which that is not exactly the value.</summary>
static class CellCheck
{
    /// <summary>The cast and its faults, in the order in which they are to be asked.</summary>
    /// <param name="value">The value, as SQL.</param>
    /// <returns>Null: a value of that type never becomes the column's by itself.</returns>
    internal static (string Cast, IReadOnlyList<(string When, FieldFault Fault)> Faults)? Of(ColumnSchema column, DuckDbType from, string value)
    {
        var faults = new List<(string, FieldFault)>();
        if (!column.Nullable) faults.Add(($"{value} IS NULL", FieldFault.Missing));
        if (from.Kind == DuckDbKind.SqlNull) return ($"CAST({value} AS {column.Type})", faults);
        if (Cast(column, from, value, faults) is not { } cast) return null;
        if (column.Range is { } range) faults.Add((Bounds.OutsideSql(column, range, cast), FieldFault.OutOfRange));
        return (cast, faults);
    }

    static string? Cast(ColumnSchema column, DuckDbType from, string value, List<(string, FieldFault)> faults)
    {
        var attempt = $"TRY_CAST({value} AS {column.Type})";
        if (IsReal(from.Kind) && column.IsNumber) faults.Add(($"NOT isfinite({value})", FieldFault.NotFinite));
        switch (column.Kind)
        {
            case var _ when column.IsWhole && IsNumber(from.Kind):
                if (from != column.Type) faults.Add(($"{value} IS NOT NULL AND {attempt} IS NULL", FieldFault.Overflow));
                if (!IsWhole(from.Kind)) faults.Add(($"{attempt} <> {value}", FieldFault.NotWhole));
                return attempt;
            case var _ when column.IsNumber && IsNumber(from.Kind):
                var infinite = column.Kind == ColumnKind.Float ? $" OR NOT isfinite({attempt})" : "";
                if (from != column.Type) faults.Add(($"{value} IS NOT NULL AND ({attempt} IS NULL{infinite})", FieldFault.Overflow));
                return attempt;
            case ColumnKind.Bool when from.Kind == DuckDbKind.Boolean:
            case ColumnKind.String when from.Kind is DuckDbKind.Varchar or DuckDbKind.Enum or DuckDbKind.Uuid:
                return attempt;
            case ColumnKind.DateTime or ColumnKind.DateTimeOffset when from.Kind is DuckDbKind.Timestamp or DuckDbKind.Date or DuckDbKind.TimestampSeconds
                or DuckDbKind.TimestampMillis:
            case ColumnKind.DateOnly when from.Kind == DuckDbKind.Date:
                faults.Add(($"NOT isfinite({value})", FieldFault.NotFinite));
                return attempt;
            case ColumnKind.DateTime or ColumnKind.DateTimeOffset when from.Kind == DuckDbKind.TimestampTz:
                // By the clock of UTC: a cast would go by the session's zone.
                faults.Add(($"NOT isfinite({value})", FieldFault.NotFinite));
                return $"make_timestamp(epoch_us({value}))";
            case ColumnKind.DateTime or ColumnKind.DateTimeOffset when from.Kind == DuckDbKind.TimestampNanos:
                faults.Add(($"epoch_ns({value}) % 1000 <> 0", FieldFault.NotTime));
                return $"make_timestamp(epoch_us({value}))";
            case ColumnKind.DateOnly when from.Kind == DuckDbKind.Timestamp:
                faults.Add(($"CAST({attempt} AS TIMESTAMP) <> {value}", FieldFault.NotDate));
                return attempt;
            case ColumnKind.TimeSpan when from.Kind == DuckDbKind.Interval:
                faults.Add(($"datepart('year', {value}) <> 0 OR datepart('month', {value}) <> 0", FieldFault.NotSpan));
                return $"CAST(epoch_us({value}) AS BIGINT)";
            case ColumnKind.TimeSpan when IsWhole(from.Kind):
                if (from != column.Type) faults.Add(($"{value} IS NOT NULL AND {attempt} IS NULL", FieldFault.Overflow));
                return attempt;
            case ColumnKind.Enum when from.Kind is DuckDbKind.Varchar or DuckDbKind.Enum:
                faults.Add(($"CAST({value} AS VARCHAR) NOT IN ({string.Join(", ", column.Names!.Select(SqlText.Quote))})", FieldFault.NotAName));
                return attempt;
            case ColumnKind.Vector when from.Kind is DuckDbKind.List or DuckDbKind.Array && IsNumber(from.Element):
                return Vector(column, from, from.Kind == DuckDbKind.Array ? $"CAST({value} AS {DuckDbType.ListOf(from.Element)})" : value, faults);
            default:
                return null;
        }
    }

    static string Vector(ColumnSchema column, DuckDbType from, string value, List<(string, FieldFault)> faults)
    {
        var attempt = $"TRY_CAST({value} AS {column.Type})";
        if (IsReal(from.Element)) faults.Add(($"len(list_filter({value}, lambda x: NOT isfinite(x))) > 0", FieldFault.NotFinite));
        if (column.Element == ColumnKind.Float && IsReal(from.Element))
            faults.Add(($"len(list_filter({value}, lambda x: abs(x) > 3.4028235677973366e38::DOUBLE)) > 0", FieldFault.Overflow));
        var exact = column.Element is ColumnKind.Int or ColumnKind.Long && !IsWhole(from.Element) ? $" OR {attempt} <> {value}" : "";
        faults.Add(($"{value} IS NOT NULL AND ({attempt} IS NULL OR list_count({attempt}) <> len({value}){exact})", FieldFault.NotVector));
        if (column.Length > 0) faults.Add(($"len({value}) <> {column.Length}", FieldFault.WrongLength));
        return attempt;
    }

    static bool IsWhole(DuckDbKind kind) => kind is >= DuckDbKind.TinyInt and <= DuckDbKind.UBigInt or DuckDbKind.HugeInt or DuckDbKind.UHugeInt;

    static bool IsReal(DuckDbKind kind) => kind is DuckDbKind.Float or DuckDbKind.Double;

    static bool IsNumber(DuckDbKind kind) => IsWhole(kind) || IsReal(kind) || kind == DuckDbKind.Decimal;
}
