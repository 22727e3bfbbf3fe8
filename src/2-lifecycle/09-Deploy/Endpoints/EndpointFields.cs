using System.Globalization;
using Kumiki.Onnx;
using Kumiki.Tables;
using TableKind = Kumiki.Tables.ColumnKind;

namespace Kumiki.Serving;

/// <summary>What a column of a record is as a field that callers send.</summary>
static class EndpointFields
{
    static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>Of more texts than these a list is no help.</summary>
    const int MostKnown = 200;

    /// <param name="read">Whether a model or a rule reads it.</param>
    /// <param name="required">Whether there is no answer without it.</param>
    /// <param name="known">Texts that the model knows; null where any may come.</param>
    public static EndpointField Of(ColumnSchema column, bool read, bool required, IReadOnlySet<string>? known)
    {
        var kind = column.Picture ? FieldKind.Picture : KindOf(column.Kind);
        return new()
        {
            Name = column.Name,
            Kind = kind,
            Optional = !required,
            IsRead = read,
            Personal = column.Personal,
            Min = Bound(column, column.Range?.Min),
            Max = Bound(column, column.Range?.Max),
            MinExcluded = column.Range?.MinExcluded ?? false,
            MaxExcluded = column.Range?.MaxExcluded ?? false,
            Choices = kind == FieldKind.Choice ? column.Names : null,
            Known = kind == FieldKind.Text && known is { Count: > 0 and <= MostKnown } ? [.. known.Order(StringComparer.Ordinal)] : null,
        };
    }

    static FieldKind KindOf(TableKind kind) => kind switch
    {
        TableKind.Bool => FieldKind.Flag,
        >= TableKind.SByte and <= TableKind.ULong => FieldKind.Integer,
        TableKind.Float => FieldKind.Single,
        TableKind.Double => FieldKind.Number,
        TableKind.Decimal => FieldKind.Decimal,
        TableKind.String => FieldKind.Text,
        TableKind.Enum => FieldKind.Choice,
        TableKind.DateOnly => FieldKind.Date,
        _ => FieldKind.Any,
    };

    static double? Bound(ColumnSchema column, string? text) => text is null ? null
        : column.Kind == TableKind.DateOnly ? DateOnly.TryParse(text, CultureInfo.InvariantCulture, out var day) ? day.DayNumber - Epoch : null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}
