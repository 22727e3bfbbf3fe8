namespace Kumiki.Native.DuckDb;

/// <summary>DuckDB's type codes, those we name; others pass through as numbers.</summary>
public enum DuckDbKind
{
    Invalid = 0,
    Boolean = 1,
    TinyInt = 2,
    SmallInt = 3,
    Integer = 4,
    BigInt = 5,
    UTinyInt = 6,
    USmallInt = 7,
    UInteger = 8,
    UBigInt = 9,
    Float = 10,
    Double = 11,
    Timestamp = 12,
    Date = 13,
    Time = 14,
    Interval = 15,
    HugeInt = 16,
    Varchar = 17,
    Blob = 18,
    Decimal = 19,
    TimestampSeconds = 20,
    TimestampMillis = 21,
    TimestampNanos = 22,
    Enum = 23,
    List = 24,
    Struct = 25,
    Map = 26,
    Uuid = 27,
    TimestampTz = 31,
    UHugeInt = 32,
    Array = 33,
    SqlNull = 36,
}

/// <summary>A column type: its code, for DECIMAL its digits, and for LIST and ARRAY what they hold.</summary>
/// <param name="Width">All digits of a DECIMAL, 1 to 38; 0 for other kinds.</param>
/// <param name="Scale">Digits after the point of a DECIMAL.</param>
/// <param name="Element">What a LIST or ARRAY holds; <see cref="DuckDbKind.Invalid"/> for other kinds.</param>
public readonly record struct DuckDbType(DuckDbKind Kind, byte Width = 0, byte Scale = 0, DuckDbKind Element = DuckDbKind.Invalid)
{
    /// <summary>A list of any length.</summary>
    public static DuckDbType ListOf(DuckDbKind element) => new(DuckDbKind.List, Element: element);

    /// <summary>Bytes of one value in a vector; of a LIST those of its place among the elements; 0 for other nested types, which we do not read.</summary>
    public int Size => Kind switch
    {
        DuckDbKind.Boolean or DuckDbKind.TinyInt or DuckDbKind.UTinyInt => 1,
        DuckDbKind.SmallInt or DuckDbKind.USmallInt => 2,
        DuckDbKind.Integer or DuckDbKind.UInteger or DuckDbKind.Float or DuckDbKind.Date => 4,
        DuckDbKind.BigInt or DuckDbKind.UBigInt or DuckDbKind.Double or DuckDbKind.Timestamp or DuckDbKind.TimestampTz or DuckDbKind.Time => 8,
        DuckDbKind.HugeInt or DuckDbKind.UHugeInt or DuckDbKind.Varchar or DuckDbKind.Blob or DuckDbKind.Uuid or DuckDbKind.Interval
            or DuckDbKind.List => 16,
        DuckDbKind.Decimal => Width switch { <= 4 => 2, <= 9 => 4, <= 18 => 8, _ => 16 },
        _ => 0,
    };

    /// <summary>The type as SQL writes it.</summary>
    public override string ToString() => Kind switch
    {
        DuckDbKind.Decimal => $"DECIMAL({Width},{Scale})",
        DuckDbKind.TimestampTz => "TIMESTAMP WITH TIME ZONE",
        DuckDbKind.TimestampSeconds => "TIMESTAMP_S",
        DuckDbKind.TimestampMillis => "TIMESTAMP_MS",
        DuckDbKind.TimestampNanos => "TIMESTAMP_NS",
        DuckDbKind.SqlNull => "NULL",
        DuckDbKind.List or DuckDbKind.Array => $"{new DuckDbType(Element)}[]",
        _ => Kind.ToString().ToUpperInvariant(),
    };

    internal static unsafe DuckDbType Take(nint logical)
    {
        var kind = DuckDbApi.duckdb_get_type_id(logical);
        var type = kind switch
        {
            DuckDbKind.Decimal => new DuckDbType(kind, DuckDbApi.duckdb_decimal_width(logical), DuckDbApi.duckdb_decimal_scale(logical)),
            DuckDbKind.List => new(kind, Element: Take(DuckDbApi.duckdb_list_type_child_type(logical)).Kind),
            DuckDbKind.Array => new(kind, Element: Take(DuckDbApi.duckdb_array_type_child_type(logical)).Kind),
            _ => new(kind),
        };
        DuckDbApi.duckdb_destroy_logical_type(&logical);
        return type;
    }

    /// <summary>A logical type the caller destroys.</summary>
    internal unsafe nint Create()
    {
        if (Kind == DuckDbKind.Decimal) return DuckDbApi.duckdb_create_decimal_type(Width, Scale);
        if (Kind != DuckDbKind.List) return DuckDbApi.duckdb_create_logical_type(Kind);
        var element = DuckDbApi.duckdb_create_logical_type(Element);
        var list = DuckDbApi.duckdb_create_list_type(element);
        DuckDbApi.duckdb_destroy_logical_type(&element);
        return list;
    }
}

/// <summary>A column of a result or table.</summary>
public readonly record struct DuckDbColumn(string Name, DuckDbType Type);
