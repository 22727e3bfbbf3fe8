using System.Runtime.InteropServices;

namespace Kumiki.Native.DuckDb;

/// <summary>The part of duckdb.h that opens, configures and watches a database.</summary>
internal static unsafe partial class DuckDbApi
{
    [LibraryImport("duckdb")] internal static partial byte* duckdb_library_version();

    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_create_config(nint* config);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_set_config(nint config, byte* name, byte* option);
    [LibraryImport("duckdb")] internal static partial void duckdb_destroy_config(nint* config);

    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_open_ext(byte* path, nint* database, nint config, byte** error);
    [LibraryImport("duckdb")] internal static partial void duckdb_close(nint* database);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_connect(DatabaseHandle database, nint* connection);
    [LibraryImport("duckdb")] internal static partial void duckdb_disconnect(nint* connection);
    [LibraryImport("duckdb")] internal static partial void duckdb_interrupt(ConnectionHandle connection);
    [LibraryImport("duckdb")] internal static partial QueryProgress duckdb_query_progress(ConnectionHandle connection);
    [LibraryImport("duckdb")] internal static partial void duckdb_free(void* pointer);

    internal struct QueryProgress
    {
        public double Percentage;
        public ulong RowsProcessed;
        public ulong RowsTotal;
    }
}

internal enum DuckDbState
{
    Success = 0,
    Error = 1,
}
