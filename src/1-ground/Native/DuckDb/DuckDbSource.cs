using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kumiki.Native.DuckDb;

/// <summary>Rows made by our own code, pulled by DuckDB in order and by one thread at a time: a table function <c>SELECT … FROM name()</c>.</summary>
/// <param name="fill">Fills the chunk and sets its rows; zero rows end the table. What it throws comes out of the statement as it was thrown.</param>
public sealed unsafe class DuckDbSource(string name, IReadOnlyList<DuckDbColumn> columns, Action<DuckDbChunkWriter> fill)
{
    readonly DuckDbType[] types = [.. columns.Select(c => c.Type)];
    Exception? failure;

    public string Name { get; } = name;

    /// <summary>Makes the table function known to the connection's database; it lives as long as that does.</summary>
    public void Register(DuckDbConnection connection)
    {
        var function = DuckDbApi.duckdb_create_table_function();
        try
        {
            fixed (byte* text = DuckDbStatus.CText(Name)) DuckDbApi.duckdb_table_function_set_name(function, text);
            DuckDbApi.duckdb_table_function_set_extra_info(function, GCHandle.ToIntPtr(GCHandle.Alloc(this)), &Release);
            DuckDbApi.duckdb_table_function_set_bind(function, &Bind);
            DuckDbApi.duckdb_table_function_set_init(function, &Start);
            DuckDbApi.duckdb_table_function_set_function(function, &Fill);
            DuckDbStatus.Check(DuckDbApi.duckdb_register_table_function(connection.Handle, function), $"register {Name}", null);
        }
        finally
        {
            DuckDbApi.duckdb_destroy_table_function(&function);
        }
    }

    /// <summary>Runs a statement over this source.</summary>
    /// <exception cref="Exception">What the filling code threw, else what DuckDB said.</exception>
    public void Run(DuckDbConnection connection, string sql, CancellationToken cancellation)
    {
        try
        {
            connection.Execute(sql, cancellation);
        }
        catch (DuckDbException) when (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    static DuckDbSource Of(nint info) => (DuckDbSource)GCHandle.FromIntPtr(info).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static void Release(nint info) => GCHandle.FromIntPtr(info).Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static void Bind(nint info)
    {
        foreach (var column in Of(DuckDbApi.duckdb_bind_get_extra_info(info)).Columns)
        {
            var type = column.Type.Create();
            fixed (byte* text = DuckDbStatus.CText(column.Name)) DuckDbApi.duckdb_bind_add_result_column(info, text, type);
            DuckDbApi.duckdb_destroy_logical_type(&type);
        }
    }

    public IReadOnlyList<DuckDbColumn> Columns { get; } = columns;

    // One thread at a time keeps the rows in order, and so the written file the same every time.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static void Start(nint info) => DuckDbApi.duckdb_init_set_max_threads(info, 1);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static void Fill(nint info, nint chunk)
    {
        var source = Of(DuckDbApi.duckdb_function_get_extra_info(info));
        try
        {
            using var lent = new DuckDbChunkWriter(source.types, chunk);
            source.Filling(lent);
        }
        catch (Exception e)
        {
            // An exception must not cross native frames: it is kept and thrown again by Run.
            source.failure = e;
            fixed (byte* text = DuckDbStatus.CText(e.Message)) DuckDbApi.duckdb_function_set_error(info, text);
        }
    }

    Action<DuckDbChunkWriter> Filling { get; } = fill;
}
