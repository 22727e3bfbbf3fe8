using System.Globalization;
using System.Text.Json.Serialization;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>What a column holds, in C#'s words.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ColumnKind>))]
public enum ColumnKind { Bool, SByte, Byte, Short, UShort, Int, UInt, Long, ULong, Float, Double, Decimal, String, DateOnly, DateTime, Enum }

/// <summary>Bounds of a column's values, as invariant text so that every kind can have them.</summary>
public sealed record ValueRange(string Min, string Max, bool MinExcluded = false, bool MaxExcluded = false)
{
    /// <summary>Such as <c>[0, 100000]</c>; a round bracket excludes its end.</summary>
    public override string ToString() => $"{(MinExcluded ? '(' : '[')}{Min}, {Max}{(MaxExcluded ? ')' : ']')}";
}

/// <summary>One column of a record type.</summary>
public sealed record ColumnSchema
{
    /// <summary>The name in files and SQL, snake_case.</summary>
    public required string Name { get; init; }

    /// <summary>The property of the record.</summary>
    public required string Property { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required ColumnKind Kind { get; init; }

    public bool Nullable { get; init; }

    /// <summary>Digits of a decimal; 0 for other kinds.</summary>
    public int Precision { get; init; }

    public int Scale { get; init; }

    /// <summary>Values outside are refused; null: all are allowed.</summary>
    public ValueRange? Range { get; init; }

    /// <summary>The names of an enum, in the order of their values; they are stored as text.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    [JsonIgnore]
    public bool IsWhole => Kind is >= ColumnKind.SByte and <= ColumnKind.ULong;

    [JsonIgnore]
    public bool IsNumber => Kind is >= ColumnKind.SByte and <= ColumnKind.Decimal;

    /// <summary>How DuckDB and Parquet hold it.</summary>
    [JsonIgnore]
    public DuckDbType Type => Kind switch
    {
        ColumnKind.Bool => new(DuckDbKind.Boolean),
        ColumnKind.SByte => new(DuckDbKind.TinyInt),
        ColumnKind.Byte => new(DuckDbKind.UTinyInt),
        ColumnKind.Short => new(DuckDbKind.SmallInt),
        ColumnKind.UShort => new(DuckDbKind.USmallInt),
        ColumnKind.Int => new(DuckDbKind.Integer),
        ColumnKind.UInt => new(DuckDbKind.UInteger),
        ColumnKind.Long => new(DuckDbKind.BigInt),
        ColumnKind.ULong => new(DuckDbKind.UBigInt),
        ColumnKind.Float => new(DuckDbKind.Float),
        ColumnKind.Double => new(DuckDbKind.Double),
        ColumnKind.Decimal => new(DuckDbKind.Decimal, (byte)Precision, (byte)Scale),
        ColumnKind.DateOnly => new(DuckDbKind.Date),
        ColumnKind.DateTime => new(DuckDbKind.Timestamp),
        _ => new(DuckDbKind.Varchar),
    };

    /// <summary>The type as messages show it: <c>DateOnly</c>, <c>int?</c>, <c>decimal(18,4)</c>.</summary>
    [JsonIgnore]
    public string TypeName => (Kind switch
    {
        ColumnKind.Decimal => string.Create(CultureInfo.InvariantCulture, $"decimal({Precision},{Scale})"),
        ColumnKind.DateOnly or ColumnKind.DateTime => Kind.ToString(),
        ColumnKind.Enum => $"enum({string.Join('|', Names ?? [])})",
        _ => Kind.ToString().ToLowerInvariant(),
    }) + (Nullable ? "?" : "");

    /// <summary>The name quoted for SQL.</summary>
    [JsonIgnore]
    public string Sql => SqlText.Name(Name);

    public bool Equals(ColumnSchema? other) =>
        other is not null && Name == other.Name && Property == other.Property && Kind == other.Kind && Nullable == other.Nullable
            && Precision == other.Precision
        && Scale == other.Scale && Range == other.Range && (Names ?? []).SequenceEqual(other.Names ?? []);

    public override int GetHashCode() => HashCode.Combine(Name, Kind, Nullable);
}
