using System.Globalization;
using System.Text.Json.Serialization;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>What a column holds, in C#'s words.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ColumnKind>))]
public enum ColumnKind
{
    Bool, SByte, Byte, Short, UShort, Int, UInt, Long, ULong, Float, Double, Decimal, String, DateOnly, DateTime, Enum,
    DateTimeOffset, TimeSpan, Vector
}

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

    /// <summary>The property of the record; of a record within it <c>Customer.Name</c>.</summary>
    public required string Property { get; init; }

    /// <summary>Where the value stands in nested JSON, names with dots between; null: under the column's own name.</summary>
    public string? Path { get; init; }

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

    /// <summary>What a vector holds: Float, Double, Int or Long; null for other kinds.</summary>
    public ColumnKind? Element { get; init; }

    /// <summary>Elements of every vector of the column; 0: any number of them.</summary>
    public int Length { get; init; }

    /// <summary>The column holds the SHA-256 of a file that the version keeps as <c>content/SHA256</c>.</summary>
    public bool Content { get; init; }

    /// <summary>The column holds encoded pictures; only records that are asked with have such.</summary>
    public bool Picture { get; init; }

    /// <summary>The column holds the name of the file that a row of CSV came from.</summary>
    public bool SourceFile { get; init; }

    /// <summary>It tells of a person: <see cref="PersonalAttribute"/>.</summary>
    public bool Personal { get; init; }

    [JsonIgnore]
    public bool IsWhole => Kind is >= ColumnKind.SByte and <= ColumnKind.ULong;

    /// <summary>Whether it has an age: a date or a time.</summary>
    [JsonIgnore]
    public bool IsTime => Kind is ColumnKind.DateOnly or ColumnKind.DateTime or ColumnKind.DateTimeOffset;

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
        ColumnKind.DateTime or ColumnKind.DateTimeOffset => new(DuckDbKind.Timestamp),
        ColumnKind.TimeSpan => new(DuckDbKind.BigInt),
        ColumnKind.Vector => DuckDbType.ListOf(Element switch
        {
            ColumnKind.Float => DuckDbKind.Float,
            ColumnKind.Double => DuckDbKind.Double,
            ColumnKind.Int => DuckDbKind.Integer,
            _ => DuckDbKind.BigInt,
        }),
        _ => new(DuckDbKind.Varchar),
    };

    /// <summary>The type as messages show it: <c>DateOnly</c>, <c>int?</c>, <c>decimal(18,4)</c>.</summary>
    [JsonIgnore]
    public string TypeName => (Kind switch
    {
        ColumnKind.Decimal => string.Create(CultureInfo.InvariantCulture, $"decimal({Precision},{Scale})"),
        ColumnKind.DateOnly or ColumnKind.DateTime or ColumnKind.DateTimeOffset or ColumnKind.TimeSpan => Kind.ToString(),
        ColumnKind.Vector => string.Create(CultureInfo.InvariantCulture, $"{Element.ToString()!.ToLowerInvariant()}[{(Length > 0 ? Length : "")}]"),
        ColumnKind.Enum => $"enum({string.Join('|', Names ?? [])})",
        _ => Kind.ToString().ToLowerInvariant(),
    }) + (Nullable ? "?" : "");

    /// <summary>The name quoted for SQL.</summary>
    [JsonIgnore]
    public string Sql => SqlText.Name(Name);

    public bool Equals(ColumnSchema? other) =>
        other is not null && Name == other.Name && Property == other.Property && Kind == other.Kind && Nullable == other.Nullable
            && Precision == other.Precision
        && Scale == other.Scale && Path == other.Path && Element == other.Element && Length == other.Length && Content == other.Content && Picture == other.Picture
        && SourceFile == other.SourceFile && Personal == other.Personal
        && Range == other.Range && (Names ?? []).SequenceEqual(other.Names ?? []);

    public override int GetHashCode() => HashCode.Combine(Name, Kind, Nullable);
}
