namespace Kumiki.Tables;

/// <summary>Why a field is not a value of its column.</summary>
enum FieldFault
{
    None,
    Missing,
    NotWhole,
    NotNumber,
    NotFinite,
    TooManyDecimals,
    Overflow,
    NotBool,
    NotDate,
    NotTime,
    NotAName,
    OutOfRange,
    NotSpan,
    NoOffset,
    NotVector,
    WrongLength,
    IsText,
    IsNumber,
    IsTruth,
    IsArray,
    IsObject,
    BrokenText,
    Twice,
}

static class FieldFaults
{
    internal static Message Says(FieldFault fault, ColumnSchema column) => fault switch
    {
        FieldFault.Missing => Message.Of("tables.reject-missing", ("type", column.TypeName)),
        FieldFault.NotWhole => Message.Of("tables.reject-whole", ("type", column.TypeName)),
        FieldFault.NotNumber => Message.Of("tables.reject-number", ("type", column.TypeName)),
        FieldFault.NotFinite => Message.Of("tables.reject-finite"),
        FieldFault.TooManyDecimals => Message.Of("tables.reject-decimals", ("scale", column.Scale)),
        FieldFault.Overflow => Message.Of("tables.reject-overflow", ("type", column.TypeName)),
        FieldFault.NotBool => Message.Of("tables.reject-bool"),
        FieldFault.NotDate => Message.Of("tables.reject-date"),
        FieldFault.NotTime => Message.Of("tables.reject-time"),
        FieldFault.NotAName => Message.Of("tables.reject-name", ("names", string.Join(", ", column.Names ?? []))),
        FieldFault.OutOfRange => Message.Of("tables.reject-range", ("range", column.Range)),
        FieldFault.NotSpan => Message.Of("tables.reject-span"),
        FieldFault.NoOffset => Message.Of("tables.reject-offset"),
        FieldFault.NotVector => Message.Of("tables.reject-vector", ("type", column.TypeName)),
        FieldFault.WrongLength => Message.Of("tables.reject-length", ("length", column.Length)),
        FieldFault.IsText => JsonType("string", column),
        FieldFault.IsNumber => JsonType("number", column),
        FieldFault.IsTruth => JsonType("boolean", column),
        FieldFault.IsArray => JsonType("array", column),
        FieldFault.IsObject => JsonType("object", column),
        FieldFault.BrokenText => Message.Of("tables.reject-text"),
        FieldFault.Twice => Message.Of("tables.reject-twice"),
        _ => throw new System.Diagnostics.UnreachableException($"Give {fault} a sentence."),
    };

    static Message JsonType(string found, ColumnSchema column) => Message.Of("tables.reject-json-type", ("found", found), ("type", column.TypeName));
}
