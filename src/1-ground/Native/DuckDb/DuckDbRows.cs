namespace Kumiki.Native.DuckDb;

/// <summary>The rows of a statement, chunk by chunk: <c>while (rows.Next()) use(rows.Chunk);</c></summary>
public sealed unsafe class DuckDbRows : IDisposable
{
    readonly DuckDbConnection connection;
    readonly ResultHandle result;
    readonly string sql;
    readonly CancellationToken cancellation;
    nint chunk;

    internal DuckDbRows(DuckDbConnection connection, ResultHandle result, string sql, CancellationToken cancellation)
    {
        (this.connection, this.result, this.sql, this.cancellation) = (connection, result, sql, cancellation);
        var columns = new DuckDbColumn[(int)DuckDbApi.duckdb_column_count(result.Data)];
        for (var i = 0; i < columns.Length; i++)
            columns[i] = new(DuckDbStatus.Text(DuckDbApi.duckdb_column_name(result.Data, (ulong)i)),
                DuckDbType.Take(DuckDbApi.duckdb_column_logical_type(result.Data, (ulong)i)));
        Columns = columns;
    }

    public IReadOnlyList<DuckDbColumn> Columns { get; }

    /// <summary>The chunk of the last <see cref="Next"/>; its spans live until the next one.</summary>
    public DuckDbChunk Chunk => chunk != 0 ? new(chunk, Columns) : throw new InvalidOperationException("No chunk: Next was not called, or gave false.");

    /// <summary>Fetches the next chunk, never an empty one.</summary>
    /// <returns>False after the last.</returns>
    /// <exception cref="DuckDbException">A streamed statement failed on the way.</exception>
    public bool Next()
    {
        do
        {
            Free();
            cancellation.ThrowIfCancellationRequested();
            using var stop = new InterruptOnCancel(connection, cancellation);
            chunk = DuckDbApi.duckdb_fetch_chunk(*result.Data);
            if (chunk == 0)
            {
                var error = DuckDbApi.duckdb_result_error(result.Data);
                if (error is not null) DuckDbStatus.Check(DuckDbState.Error, $"run {DuckDbConnection.Shown(sql)}", result, cancellation);
                return false;
            }
        }
        while (DuckDbApi.duckdb_data_chunk_get_size(chunk) == 0);
        return true;
    }

    void Free()
    {
        fixed (nint* c = &chunk) DuckDbApi.duckdb_destroy_data_chunk(c);
        chunk = 0;
    }

    public void Dispose()
    {
        Free();
        result.Dispose();
    }
}
