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

/// <summary>A column type: its code, and for DECIMAL its digits.</summary>
/// <param name="Width">All digits of a DECIMAL, 1 to 38; 0 for other kinds.</param>
/// <param name="Scale">Digits after the point of a DECIMAL.</param>
public readonly record struct DuckDbType(DuckDbKind Kind, byte Width = 0, byte Scale = 0)
{
    /// <summary>Bytes of one value in a vector; 0 for nested types, which we do not read.</summary>
    public int Size => Kind switch
    {
        DuckDbKind.Boolean or DuckDbKind.TinyInt or DuckDbKind.UTinyInt => 1,
        DuckDbKind.SmallInt or DuckDbKind.USmallInt => 2,
        DuckDbKind.Integer or DuckDbKind.UInteger or DuckDbKind.Float or DuckDbKind.Date => 4,
        DuckDbKind.BigInt or DuckDbKind.UBigInt or DuckDbKind.Double or DuckDbKind.Timestamp or DuckDbKind.TimestampTz or DuckDbKind.Time => 8,
        DuckDbKind.HugeInt or DuckDbKind.UHugeInt or DuckDbKind.Varchar or DuckDbKind.Blob or DuckDbKind.Uuid or DuckDbKind.Interval => 16,
        DuckDbKind.Decimal => Width switch { <= 4 => 2, <= 9 => 4, <= 18 => 8, _ => 16 },
        _ => 0,
    };

    /// <summary>The type as SQL writes it.</summary>
    public override string ToString() => Kind switch
    {
        DuckDbKind.Decimal => $"DECIMAL({Width},{Scale})",
        DuckDbKind.TimestampTz => "TIMESTAMP WITH TIME ZONE",
        DuckDbKind.SqlNull => "NULL",
        _ => Kind.ToString().ToUpperInvariant(),
    };

    internal static unsafe DuckDbType Take(nint logical)
    {
        var kind = DuckDbApi.duckdb_get_type_id(logical);
        var type = kind == DuckDbKind.Decimal
            ? new DuckDbType(kind, DuckDbApi.duckdb_decimal_width(logical), DuckDbApi.duckdb_decimal_scale(logical))
            : new DuckDbType(kind);
        DuckDbApi.duckdb_destroy_logical_type(&logical);
        return type;
    }

    /// <summary>A logical type the caller destroys.</summary>
    internal nint Create() => Kind == DuckDbKind.Decimal ? DuckDbApi.duckdb_create_decimal_type(Width, Scale) : DuckDbApi.duckdb_create_logical_type(Kind);
}

/// <summary>A column of a result or table.</summary>
public readonly record struct DuckDbColumn(string Name, DuckDbType Type);
