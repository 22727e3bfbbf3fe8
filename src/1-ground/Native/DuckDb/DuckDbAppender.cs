namespace Kumiki.Native.DuckDb;

/// <summary>Appends rows to a table by chunk; <see cref="Close"/> makes them count.</summary>
public sealed unsafe class DuckDbAppender : IDisposable
{
    readonly AppenderHandle handle;
    readonly string table;

    internal DuckDbAppender(DuckDbConnection connection, string table)
    {
        this.table = table;
        nint appender;
        fixed (byte* name = DuckDbStatus.CText(table))
        {
            var state = DuckDbApi.duckdb_appender_create(connection.Handle, null, name, &appender);
            handle = new(appender);
            if (state == DuckDbState.Success) return;
            using (handle) DuckDbStatus.Check(state, $"append to {table}", handle.IsInvalid ? null : DuckDbApi.duckdb_appender_error(handle));
        }
    }

    /// <summary>Copies the chunk's rows; it may be filled again at once.</summary>
    public void Append(DuckDbChunkWriter chunk)
    {
        var state = DuckDbApi.duckdb_append_data_chunk(handle, chunk.Handle);
        if (state != DuckDbState.Success) DuckDbStatus.Check(state, $"append to {table}", DuckDbApi.duckdb_appender_error(handle));
    }

    /// <summary>Writes what is still buffered.</summary>
    /// <exception cref="DuckDbException">A row broke a rule of the table, or memory ran out.</exception>
    public void Close()
    {
        var state = DuckDbApi.duckdb_appender_close(handle);
        if (state != DuckDbState.Success) DuckDbStatus.Check(state, $"append to {table}", DuckDbApi.duckdb_appender_error(handle));
    }

    public void Dispose() => handle.Dispose();
}
