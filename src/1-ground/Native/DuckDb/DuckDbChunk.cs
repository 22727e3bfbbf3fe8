using System.Runtime.CompilerServices;
using System.Text;

namespace Kumiki.Native.DuckDb;

/// <summary>Up to 2,048 rows as columns.</summary>
public readonly ref struct DuckDbChunk
{
    readonly nint chunk;
    readonly IReadOnlyList<DuckDbColumn> columns;

    internal DuckDbChunk(nint chunk, IReadOnlyList<DuckDbColumn> columns) => (this.chunk, this.columns) = (chunk, columns);

    public int Rows => (int)DuckDbApi.duckdb_data_chunk_get_size(chunk);

    public DuckDbVector this[int column] => new(DuckDbApi.duckdb_data_chunk_get_vector(chunk, (ulong)column), columns[column].Type, Rows);
}

/// <summary>One column of a chunk, read in place.</summary>
public readonly unsafe ref struct DuckDbVector
{
    public static readonly DateOnly Epoch = new(1970, 1, 1);

    readonly nint vector;
    readonly void* data;
    readonly ulong* validity;

    internal DuckDbVector(nint vector, DuckDbType type, int rows)
    {
        this.vector = vector;
        data = DuckDbApi.duckdb_vector_get_data(vector);
        validity = DuckDbApi.duckdb_vector_get_validity(vector);
        Type = type;
        Rows = rows;
    }

    public DuckDbType Type { get; }

    public int Rows { get; }

    /// <summary>False: no row is null.</summary>
    public bool MayHaveNulls => validity is not null;

    public bool IsNull(int row) => validity is not null && (validity[row >> 6] >> row & 1) == 0;

    /// <summary>One bit a row, low bits first, set where the row has a value; empty when every row has one.</summary>
    public ReadOnlySpan<ulong> Validity => validity is null ? [] : new(validity, (Rows + 63) / 64);

    /// <summary>The values as they lie; what stands in null rows is undefined.</summary>
    /// <typeparam name="T">A type as wide as the column: int for DATE (days since 1970), long for TIMESTAMP (µs since 1970) and DECIMAL of 10–18 digits
    /// (scaled), Int128 for HUGEINT.</typeparam>
    /// <exception cref="InvalidOperationException">The column's values have another width.</exception>
    public ReadOnlySpan<T> Values<T>() where T : unmanaged =>
        sizeof(T) == Type.Size
            ? new(data, Rows) : throw new InvalidOperationException($"A {Type} has {Type.Size} bytes a value, a {typeof(T).Name} {sizeof(T)}.");

    /// <summary>UTF-8 of a VARCHAR that is not null, or the bytes of a BLOB.</summary>
    public ReadOnlySpan<byte> Utf8(int row)
    {
        var at = (byte*)data + 16L * row;
        var length = Unsafe.ReadUnaligned<int>(at);
        return new(length <= 12 ? at + 4 : Unsafe.ReadUnaligned<nint>(at + 8).ToPointer(), length);
    }

    /// <summary>The elements of a LIST that is not null, as they lie.</summary>
    /// <exception cref="InvalidOperationException">The column is no list of such elements.</exception>
    public ReadOnlySpan<T> List<T>(int row) where T : unmanaged
    {
        if (Type.Kind != DuckDbKind.List || sizeof(T) != new DuckDbType(Type.Element).Size)
            throw new InvalidOperationException($"A {Type} is no list of {typeof(T).Name}.");
        var (start, length) = (((ulong*)data)[2 * row], ((ulong*)data)[2 * row + 1]);
        return new((T*)DuckDbApi.duckdb_vector_get_data(DuckDbApi.duckdb_list_vector_get_child(vector)) + start, (int)length);
    }

    /// <summary>One value for people or for a record: bool, integers, float, double, decimal, string, DateOnly, DateTime (unspecified kind), an array of
    /// numbers, or null.</summary>
    /// <exception cref="NotSupportedException">A type that is none of those.</exception>
    /// <exception cref="OverflowException">A DECIMAL or HUGEINT beyond what decimal holds.</exception>
    public object? Value(int row)
    {
        if (IsNull(row)) return null;
        return Type.Kind switch
        {
            DuckDbKind.Boolean => ((byte*)data)[row] != 0,
            DuckDbKind.TinyInt => ((sbyte*)data)[row],
            DuckDbKind.SmallInt => ((short*)data)[row],
            DuckDbKind.Integer => ((int*)data)[row],
            DuckDbKind.BigInt => ((long*)data)[row],
            DuckDbKind.UTinyInt => ((byte*)data)[row],
            DuckDbKind.USmallInt => ((ushort*)data)[row],
            DuckDbKind.UInteger => ((uint*)data)[row],
            DuckDbKind.UBigInt => ((ulong*)data)[row],
            DuckDbKind.Float => ((float*)data)[row],
            DuckDbKind.Double => ((double*)data)[row],
            DuckDbKind.Date => Epoch.AddDays(((int*)data)[row]),
            DuckDbKind.Timestamp or DuckDbKind.TimestampTz =>
                new DateTime(DateTime.UnixEpoch.Ticks + ((long*)data)[row] * TimeSpan.TicksPerMicrosecond, DateTimeKind.Unspecified),
            DuckDbKind.HugeInt => (decimal)((Int128*)data)[row],
            DuckDbKind.Decimal => Scaled(Whole(row)),
            DuckDbKind.Varchar => Encoding.UTF8.GetString(Utf8(row)),
            DuckDbKind.List => Type.Element switch
            {
                DuckDbKind.Float => List<float>(row).ToArray(),
                DuckDbKind.Double => List<double>(row).ToArray(),
                DuckDbKind.Integer => List<int>(row).ToArray(),
                DuckDbKind.BigInt => List<long>(row).ToArray(),
                _ => throw new NotSupportedException($"{Type} is read as VARCHAR: cast it in the query."),
            },
            _ => throw new NotSupportedException($"{Type} is read as VARCHAR: cast it in the query."),
        };
    }

    Int128 Whole(int row) => Type.Size switch
    {
        2 => ((short*)data)[row],
        4 => ((int*)data)[row],
        8 => ((long*)data)[row],
        _ => ((Int128*)data)[row],
    };

    decimal Scaled(Int128 whole)
    {
        var size = whole < 0 ? -whole : whole;
        if (size >> 96 != 0) throw new OverflowException($"A {Type} value has more digits than decimal holds.");
        return new decimal((int)(uint)size, (int)(uint)(size >> 32), (int)(uint)(size >> 64), whole < 0, Type.Scale);
    }
}
