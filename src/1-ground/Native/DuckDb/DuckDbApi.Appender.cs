using System.Runtime.InteropServices;

namespace Kumiki.Native.DuckDb;

/// <summary>The part of duckdb.h that appends chunks to a table, and that lets a table be produced by a callback.</summary>
internal static unsafe partial class DuckDbApi
{
    [LibraryImport("duckdb")]
    internal static partial DuckDbState duckdb_appender_create(ConnectionHandle connection, byte* schema, byte* table,
        nint* appender);
    [LibraryImport("duckdb")] internal static partial byte* duckdb_appender_error(AppenderHandle appender);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_append_data_chunk(AppenderHandle appender, nint chunk);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_appender_close(AppenderHandle appender);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_appender_destroy(nint* appender);

    [LibraryImport("duckdb")] internal static partial nint duckdb_create_table_function();
    [LibraryImport("duckdb")] internal static partial void duckdb_destroy_table_function(nint* function);
    [LibraryImport("duckdb")] internal static partial void duckdb_table_function_set_name(nint function, byte* name);
    [LibraryImport("duckdb")]
    internal static partial void duckdb_table_function_set_extra_info(nint function, nint info,
        delegate* unmanaged[Cdecl]<nint, void> destroy);
    [LibraryImport("duckdb")] internal static partial void duckdb_table_function_set_bind(nint function, delegate* unmanaged[Cdecl]<nint, void> bind);
    [LibraryImport("duckdb")] internal static partial void duckdb_table_function_set_init(nint function, delegate* unmanaged[Cdecl]<nint, void> init);
    [LibraryImport("duckdb")] internal static partial void duckdb_table_function_set_function(nint function, delegate* unmanaged[Cdecl]<nint, nint, void> next);
    [LibraryImport("duckdb")] internal static partial DuckDbState duckdb_register_table_function(ConnectionHandle connection, nint function);

    [LibraryImport("duckdb")] internal static partial nint duckdb_bind_get_extra_info(nint info);
    [LibraryImport("duckdb")] internal static partial void duckdb_bind_add_result_column(nint info, byte* name, nint type);
    [LibraryImport("duckdb")] internal static partial void duckdb_bind_set_error(nint info, byte* error);
    [LibraryImport("duckdb")] internal static partial void duckdb_init_set_max_threads(nint info, ulong threads);
    [LibraryImport("duckdb")] internal static partial nint duckdb_function_get_extra_info(nint info);
    [LibraryImport("duckdb")] internal static partial void duckdb_function_set_error(nint info, byte* error);
}
