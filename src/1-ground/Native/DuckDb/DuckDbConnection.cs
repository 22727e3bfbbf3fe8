namespace Kumiki.Native.DuckDb;

/// <summary>A connection to a <see cref="DuckDbDatabase"/>. Not for two threads at once, but <see cref="Progress"/> may be read from any.</summary>
public sealed unsafe class DuckDbConnection : IDisposable
{
    internal DuckDbConnection(ConnectionHandle handle) => Handle = handle;

    internal ConnectionHandle Handle { get; }

    /// <summary>How far the running statement is, 0 to 1; null when DuckDB cannot tell.</summary>
    /// <remarks>DuckDB counts only after <c>SET enable_progress_bar = true</c>, and then only for statements longer than <c>progress_bar_time</c> ms.</remarks>
    public double? Progress => DuckDbApi.duckdb_query_progress(Handle).Percentage is >= 0 and var percent ? percent / 100 : null;

    /// <summary>Checks and plans a statement.</summary>
    /// <exception cref="DuckDbException">The SQL is wrong, names what does not exist, or holds more than one statement.</exception>
    public DuckDbStatement Prepare(string sql)
    {
        nint statement = 0;
        fixed (byte* text = DuckDbStatus.CText(sql))
        {
            var state = DuckDbApi.duckdb_prepare(Handle, text, &statement);
            var handle = new StatementHandle(statement);
            if (state == DuckDbState.Success) return new(this, handle, sql);
            using (handle) DuckDbStatus.Check(state, $"prepare {Shown(sql)}", DuckDbApi.duckdb_prepare_error(handle));
            throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Runs one statement and forgets its rows.</summary>
    public void Execute(string sql, CancellationToken cancellation = default)
    {
        using var statement = Prepare(sql);
        using var rows = statement.Execute(cancellation);
    }

    /// <summary>The first value of the first row; null when there is none.</summary>
    public object? Scalar(string sql, CancellationToken cancellation = default)
    {
        using var statement = Prepare(sql);
        using var rows = statement.Execute(cancellation);
        return rows.Next() ? rows.Chunk[0].Value(0) : null;
    }

    /// <summary>How many statements a text holds.</summary>
    /// <exception cref="DuckDbException">It does not parse.</exception>
    public int CountStatements(string sql)
    {
        nint extracted = 0;
        fixed (byte* text = DuckDbStatus.CText(sql))
        {
            var count = DuckDbApi.duckdb_extract_statements(Handle, text, &extracted);
            try
            {
                var error = count == 0 ? DuckDbApi.duckdb_extract_statements_error(extracted) : null;
                if (error is not null) DuckDbStatus.Check(DuckDbState.Error, $"parse {Shown(sql)}", error);
                return (int)count;
            }
            finally
            {
                DuckDbApi.duckdb_destroy_extracted(&extracted);
            }
        }
    }

    /// <summary>Rows for <paramref name="table"/>, a table of this database, by chunk.</summary>
    public DuckDbAppender Append(string table) => new(this, table);

    /// <summary>A statement as one line of at most 200 characters, for messages.</summary>
    public static string Shown(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 200 ? line : $"{line[..200]} …";
    }

    public void Dispose() => Handle.Dispose();
}
