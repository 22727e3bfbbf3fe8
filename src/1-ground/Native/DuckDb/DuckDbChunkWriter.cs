using System.Runtime.CompilerServices;

namespace Kumiki.Native.DuckDb;

/// <summary>A chunk to fill: column by column, then <see cref="Rows"/>.</summary>
public sealed unsafe class DuckDbChunkWriter : IDisposable
{
    readonly DuckDbType[] types;
    readonly bool owned;
    nint chunk;

    /// <summary>An empty chunk of its own.</summary>
    public DuckDbChunkWriter(IReadOnlyList<DuckDbType> types)
    {
        this.types = [.. types];
        owned = true;
        var logical = stackalloc nint[types.Count];
        for (var i = 0; i < types.Count; i++) logical[i] = types[i].Create();
        chunk = DuckDbApi.duckdb_create_data_chunk(logical, (ulong)types.Count);
        for (var i = 0; i < types.Count; i++) DuckDbApi.duckdb_destroy_logical_type(logical + i);
        if (chunk == 0) throw new DuckDbException("make a chunk", "one of its types cannot be a column", DuckDbErrorType.InvalidInput);
    }

    /// <summary>Over a chunk DuckDB hands to a source.</summary>
    internal DuckDbChunkWriter(DuckDbType[] types, nint lent) => (this.types, chunk) = (types, lent);

    internal nint Handle => chunk;

    /// <summary>The most rows of a chunk, 2,048.</summary>
    public static int Capacity { get; } = (int)DuckDbApi.duckdb_vector_size();

    public int Rows
    {
        get => (int)DuckDbApi.duckdb_data_chunk_get_size(chunk);
        set => DuckDbApi.duckdb_data_chunk_set_size(chunk, (ulong)value);
    }

    public DuckDbVectorWriter this[int column] => new(DuckDbApi.duckdb_data_chunk_get_vector(chunk, (ulong)column), types[column]);

    /// <summary>Forgets all rows and texts.</summary>
    public void Reset() => DuckDbApi.duckdb_data_chunk_reset(chunk);

    public void Dispose()
    {
        if (!owned) return;
        fixed (nint* c = &chunk) DuckDbApi.duckdb_destroy_data_chunk(c);
        chunk = 0;
    }
}

/// <summary>One column of a chunk being filled.</summary>
public readonly unsafe struct DuckDbVectorWriter
{
    readonly nint vector;
    readonly void* data;
    readonly DuckDbType type;
    readonly int size;

    internal DuckDbVectorWriter(nint vector, DuckDbType type)
    {
        this.vector = vector;
        this.type = type;
        size = type.Size;
        data = DuckDbApi.duckdb_vector_get_data(vector);
    }

    /// <summary>The places of the values, <see cref="DuckDbChunkWriter.Capacity"/> of them.</summary>
    /// <exception cref="InvalidOperationException">The column's values have another width.</exception>
    public Span<T> Values<T>() where T : unmanaged =>
        sizeof(T) == type.Size
            ? new(data, DuckDbChunkWriter.Capacity)
            : throw new InvalidOperationException($"A {type} has {type.Size} bytes a value, a {typeof(T).Name} {sizeof(T)}.");

    /// <summary>One value; the type is as wide as the column's.</summary>
    public void Set<T>(int row, T value) where T : unmanaged
    {
        if (sizeof(T) != size || (uint)row >= (uint)DuckDbChunkWriter.Capacity)
            throw new InvalidOperationException($"Row {row} of a {type} takes {size} bytes, not {sizeof(T)}.");
        ((T*)data)[row] = value;
    }

    public void SetNull(int row)
    {
        DuckDbApi.duckdb_vector_ensure_validity_writable(vector);
        DuckDbApi.duckdb_vector_get_validity(vector)[row >> 6] &= ~(1UL << row);
    }

    /// <summary>Places for the elements of a row's list, to be filled at once: the next list of this chunk may move them.</summary>
    /// <param name="start">Elements of this chunk's lists before this one.</param>
    /// <exception cref="InvalidOperationException">The column is no list of such elements.</exception>
    public Span<T> SetList<T>(int row, int start, int length) where T : unmanaged
    {
        if (type.Kind != DuckDbKind.List || sizeof(T) != new DuckDbType(type.Element).Size || (uint)row >= (uint)DuckDbChunkWriter.Capacity)
            throw new InvalidOperationException($"Row {row} of a {type} takes no list of {typeof(T).Name}.");
        var end = (ulong)start + (ulong)length;
        DuckDbStatus.Check(DuckDbApi.duckdb_list_vector_reserve(vector, end), "make room for a list", null);
        DuckDbStatus.Check(DuckDbApi.duckdb_list_vector_set_size(vector, end), "make room for a list", null);
        ((ulong*)data)[2 * row] = (ulong)start;
        ((ulong*)data)[2 * row + 1] = (ulong)length;
        return new((T*)DuckDbApi.duckdb_vector_get_data(DuckDbApi.duckdb_list_vector_get_child(vector)) + start, length);
    }

    /// <summary>A text, copied.</summary>
    /// <param name="utf8">Valid UTF-8: the caller has checked.</param>
    public void SetText(int row, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= 12)
            SetShort(row, utf8);
        else
            fixed (byte* text = utf8) DuckDbApi.duckdb_unsafe_vector_assign_string_element_len(vector, (ulong)row, text, (ulong)utf8.Length);
    }

    /// <summary>A text that is not copied when it is longer than 12 bytes.</summary>
    /// <param name="utf8">Valid UTF-8 in native memory that outlives the statement.</param>
    public void SetTextInPlace(int row, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= 12)
        {
            SetShort(row, utf8);
            return;
        }
        var at = (byte*)data + 16L * row;
        Unsafe.WriteUnaligned(at, utf8.Length);
        Unsafe.WriteUnaligned(at + 4, Unsafe.ReadUnaligned<int>(ref Unsafe.AsRef(in utf8[0])));
        Unsafe.WriteUnaligned(at + 8, (nint)Unsafe.AsPointer(ref Unsafe.AsRef(in utf8[0])));
    }

    // Zeros after a short text are part of it: DuckDB compares the 16 bytes as they are.
    void SetShort(int row, ReadOnlySpan<byte> utf8)
    {
        var place = new Span<byte>((byte*)data + 16L * row, 16);
        place.Clear();
        Unsafe.WriteUnaligned(ref place[0], utf8.Length);
        utf8.CopyTo(place[4..]);
    }
}
