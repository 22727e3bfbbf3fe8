using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>An author's SQL, ready to run.</summary>
/// <param name="Sql">One SELECT; its holes are already <c>$1 …</c>, or <see cref="SqlText.Rows"/> of Parquet files.</param>
/// <param name="Values">For <c>$1 …</c>.</param>
/// <param name="Files">All Parquet files it may read; it can reach nothing else.</param>
public sealed record TableQuery(string Sql, IReadOnlyList<object?> Values, IReadOnlyList<string> Files)
{
    /// <summary>Threads of the query; with more than 1 the order of rows and the last digits of sums may change from run to run.</summary>
    /// <value>1.</value>
    public int Threads { get; init; } = 1;

    /// <summary>Whether joins go as they are written: the first table passes by, and what is right of a JOIN is held. Otherwise DuckDB chooses by its guess of
    /// how many rows each side has, which may be far off behind a DISTINCT or GROUP BY.</summary>
    public bool JoinsAsWritten { get; init; }

    /// <summary>Told how far the query is, 0 to 1, now and then, where DuckDB can tell.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Runs the query and writes its rows, cast to the record's types, as one Parquet file.</summary>
    /// <param name="path">A temporary path of the caller's, which must not exist.</param>
    /// <exception cref="KumikiException">
    /// The SQL is wrong (DuckDB's words are kept), uses the clock or chance, or reaches for other files; a column is missing, is too many or has a type that cannot become the record's; a
    /// value does not fit, is missing, NaN or out of range
    /// (column and value are named); disk or memory ran out.
    /// </exception>
    public TableFile Write(TableEngine engine, RowSchema schema, string path, CancellationToken cancellation = default)
    {
        TableFailure.RequireFiles(Files);
        path = Path.GetFullPath(path);
        long rows = 0;
        TableFailure.Guard(engine, path, () =>
        {
            using var database = engine.OpenSingle(cancellation);
            if (Threads > 1) database.Connection.Execute($"SET threads = {Threads}", cancellation);
            if (JoinsAsWritten) database.Connection.Execute("SET disabled_optimizers = 'join_order,build_side_probe_side'", cancellation);
            QueryReach.Check(database.Connection, Sql, cancellation);
            using var watch = Progress is null ? null : new QueryWatch(database.Connection, Progress);
            database.Confine([.. Files, path], cancellation);     // the author's SQL reads its inputs and nothing else
            try
            {
                rows = Run(database.Connection, schema, path, cancellation);
            }
            catch (DuckDbException e) when (!e.DiskFull && e.Type != DuckDbErrorType.OutOfMemory)
            {
                throw Explained(e, schema);
            }
        });
        return new(path, rows, new FileInfo(path).Length);
    }

    long Run(DuckDbConnection connection, RowSchema schema, string path, CancellationToken cancellation)
    {
        if (connection.CountStatements(Sql) is not 1 and var count)
            throw new KumikiException(Message.Of("tables.query-one", ("count", count), ("sql", DuckDbConnection.Shown(Sql))));
        var text = Sql.TrimEnd().TrimEnd(';');
        IReadOnlyList<DuckDbColumn> columns;
        using (var author = connection.Prepare(text))
        {
            if (author.Type != DuckDbStatementType.Select) throw new KumikiException(Message.Of("tables.query-select", ("sql", DuckDbConnection.Shown(Sql))));
            if (author.ParameterCount != Values.Count)
                throw new ArgumentException($"The query has {author.ParameterCount} parameters, but {Values.Count} values were given.");
            // A parameter's type is known only once it is bound, and some columns' types with it.
            columns = Values.Count == 0 ? author.Columns() : Described(author, cancellation);
        }
        var checkedColumns = ResultCheck.Columns(schema, columns);
        using var copy = connection.Prepare($"""
            COPY (SELECT {string.Join(", ", checkedColumns)} FROM (
            {text}
            ) AS q) TO {SqlText.Quote(path)} ({ParquetForm.Options})
            """);
        Bind(copy);
        using var result = copy.Execute(cancellation);
        result.Next();
        return result.Chunk[0].Values<long>()[0];
    }

    IReadOnlyList<DuckDbColumn> Described(DuckDbStatement author, CancellationToken cancellation)
    {
        Bind(author);
        using var rows = author.Stream(cancellation);
        return rows.Columns;
    }

    void Bind(DuckDbStatement statement)
    {
        for (var i = 0; i < Values.Count; i++) statement.Bind(i + 1, Values[i]);
    }

    KumikiException Explained(DuckDbException e, RowSchema schema)
    {
        if (ResultCheck.Fault(e.Reason, schema) is { } fault) return new(fault, e);
        if (TableFailure.Reading(Files, e) is not DuckDbException and var broken) return broken;
        return e.Type == DuckDbErrorType.Permission
            ? new(Message.Of("tables.query-outside", ("reason", TableFailure.FirstLine(e.Reason))), e)
            : new(Message.Of("tables.query-failed", ("sql", DuckDbConnection.Shown(Sql)), ("reason", e.Reason.Trim())), e);
    }
}

/// <summary>Tells how far a connection's statement is, five times a second.</summary>
sealed class QueryWatch : IDisposable
{
    readonly Lock gate = new();
    readonly Timer timer;
    bool over;

    /// <param name="connection">Must outlive this.</param>
    internal QueryWatch(DuckDbConnection connection, IProgress<double> progress)
    {
        connection.Execute("SET enable_progress_bar = true");
        connection.Execute("SET enable_progress_bar_print = false");
        connection.Execute("SET progress_bar_time = 0");
        timer = new Timer(_ =>
        {
            lock (gate)
                if (!over && connection.Progress is { } share) progress.Report(Math.Min(1, share));
        }, null, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(200));
    }

    public void Dispose()
    {
        lock (gate) over = true;
        timer.Dispose();
    }
}
