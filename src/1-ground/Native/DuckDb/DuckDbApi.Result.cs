using System.Runtime.InteropServices;

namespace Kumiki.Native.DuckDb;

/// <summary>The part of duckdb.h that reads results, chunks, vectors and types.</summary>
internal static unsafe partial class DuckDbApi
{
    /// <summary>duckdb_result: passed by value to duckdb_fetch_chunk.</summary>
    internal struct ResultData
    {
        public nint Columns, Rows, Changed, ColumnData, Error, Internal;
    }

    [LibraryImport("duckdb")] internal static partial void duckdb_destroy_result(ResultData* result);
    [LibraryImport("duckdb")] internal static partial byte* duckdb_result_error(ResultData* result);
    [LibraryImport("duckdb")] internal static partial DuckDbErrorType duckdb_result_error_type(ResultData* result);
    [LibraryImport("duckdb")] internal static partial ulong duckdb_column_count(ResultData* result);
    [LibraryImport("duckdb")] internal static partial byte* duckdb_column_name(ResultData* result, ulong column);
    [LibraryImport("duckdb")] internal static partial nint duckdb_column_logical_type(ResultData* result, ulong column);
    [LibraryImport("duckdb")] internal static partial nint duckdb_fetch_chunk(ResultData result);

    [LibraryImport("duckdb")] internal static partial nint duckdb_create_logical_type(DuckDbKind kind);
    [LibraryImport("duckdb")] internal static partial nint duckdb_create_decimal_type(byte width, byte scale);
    [LibraryImport("duckdb")] internal static partial nint duckdb_create_list_type(nint element);
    [LibraryImport("duckdb")] internal static partial nint duckdb_list_type_child_type(nint type);
    [LibraryImport("duckdb")] internal static partial nint duckdb_array_type_child_type(nint type);
    [LibraryImport("duckdb")] internal static partial DuckDbKind duckdb_get_type_id(nint type);
    [LibraryImport("duckdb")] internal static partial byte duckdb_decimal_width(nint type);
    [LibraryImport("duckdb")] internal static partial byte duckdb_decimal_scale(nint type);
    [LibraryImport("duckdb")] internal static partial void duckdb_destroy_logical_type(nint* type);

    [LibraryImport("duckdb")] internal static partial nint duckdb_create_data_chunk(nint* types, ulong count);
    [LibraryImport("duckdb")] internal static partial void duckdb_destroy_data_chunk(nint* chunk);
    [LibraryImport("duckdb")] internal static partial void duckdb_data_chunk_reset(nint chunk);

    // These only read or write a field of the library's, so a collection need not wait for them to come back.
    [LibraryImport("duckdb"), SuppressGCTransition] internal static partial ulong duckdb_vector_size();
    [LibraryImport("duckdb"), SuppressGCTransition] internal static partial ulong duckdb_data_chunk_get_column_count(nint chunk);
    [LibraryImport("duckdb"), SuppressGCTransition] internal static partial nint duckdb_data_chunk_get_vector(nint chunk, ulong column);
    [LibraryImport("duckdb"), SuppressGCTransition] internal static partial ulong duckdb_data_chunk_get_size(nint chunk);
    [LibraryImport("duckdb"), SuppressGCTransition] internal static partial void duckdb_data_chunk_set_size(nint chunk, ulong size);
    [LibraryImport("duckdb"), SuppressGCTransition] internal static partial void* duckdb_vector_get_data(nint vector);
    [LibraryImport("duckdb"), SuppressGCTransition] internal static partial ulong* duckdb_vector_get_validity(nint vector);

    [LibraryImport("duckdb"), SuppressGCTransition] internal static partial nint duckdb_list_vector_get_child(nint vector);

    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_list_vector_reserve(nint vector, ulong capacity);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_list_vector_set_size(nint vector, ulong size);
    [LibraryImport("duckdb")] internal static partial void duckdb_vector_ensure_validity_writable(nint vector);
    [LibraryImport("duckdb")] internal static partial void duckdb_unsafe_vector_assign_string_element_len(nint vector, ulong row, byte* text, ulong length);
}

/// <summary>DuckDB's own class of an error.</summary>
public enum DuckDbErrorType
{
    Invalid = 0,
    OutOfRange = 1,
    Conversion = 2,
    Serialization = 9,
    Catalog = 13,
    Parser = 14,
    Syntax = 22,
    Binder = 24,
    Io = 28,
    Interrupt = 29,
    Fatal = 30,
    Internal = 31,
    InvalidInput = 32,
    OutOfMemory = 33,
    Permission = 34,
}
