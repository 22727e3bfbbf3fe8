using System.Runtime.InteropServices;

namespace Kumiki.Native.DuckDb;

/// <summary>The part of duckdb.h that prepares, binds and runs statements.</summary>
internal static unsafe partial class DuckDbApi
{
    [LibraryImport("duckdb")] internal static partial ulong duckdb_extract_statements(ConnectionHandle connection, byte* sql, nint* extracted);
    [LibraryImport("duckdb")] internal static partial byte* duckdb_extract_statements_error(nint extracted);
    [LibraryImport("duckdb")] internal static partial void duckdb_destroy_extracted(nint* extracted);

    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_prepare(ConnectionHandle connection, byte* sql, nint* statement);
    [LibraryImport("duckdb")] internal static partial byte* duckdb_prepare_error(StatementHandle statement);
    [LibraryImport("duckdb")] internal static partial void duckdb_destroy_prepare(nint* statement);
    [LibraryImport("duckdb")] internal static partial DuckDbStatementType duckdb_prepared_statement_type(StatementHandle statement);
    [LibraryImport("duckdb")] internal static partial ulong duckdb_nparams(StatementHandle statement);
    [LibraryImport("duckdb")] internal static partial ulong duckdb_prepared_statement_column_count(StatementHandle statement);
    [LibraryImport("duckdb")] internal static partial byte* duckdb_prepared_statement_column_name(StatementHandle statement, ulong column);
    [LibraryImport("duckdb")] internal static partial nint duckdb_prepared_statement_column_logical_type(StatementHandle statement, ulong column);

    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_bind_boolean(StatementHandle statement, ulong index, byte value);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_bind_int64(StatementHandle statement, ulong index, long value);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_bind_uint64(StatementHandle statement, ulong index, ulong value);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_bind_float(StatementHandle statement, ulong index, float value);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_bind_double(StatementHandle statement, ulong index, double value);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_bind_date(StatementHandle statement, ulong index, int days);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_bind_timestamp(StatementHandle statement, ulong index, long micros);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_bind_decimal(StatementHandle statement, ulong index, DecimalValue value);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_bind_varchar_length(StatementHandle statement, ulong index, byte* text, ulong length);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_bind_null(StatementHandle statement, ulong index);

    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_execute_prepared(StatementHandle statement, ResultData* result);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_pending_prepared_streaming(StatementHandle statement, nint* pending);
    [LibraryImport("duckdb")] internal static partial byte* duckdb_pending_error(nint pending);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_execute_pending(nint pending, ResultData* result);
    [LibraryImport("duckdb")] internal static partial void duckdb_destroy_pending(nint* pending);

    internal struct DecimalValue
    {
        public byte Width;
        public byte Scale;
        public ulong Lower;
        public long Upper;
    }
}

/// <summary>What a statement does, as far as we tell statements apart.</summary>
public enum DuckDbStatementType
{
    Invalid = 0,
    Select = 1,
    Explain = 4,
}
