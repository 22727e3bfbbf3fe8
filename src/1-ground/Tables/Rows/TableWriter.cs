using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Writes rows, given as columns, to one Parquet file: <see cref="Append"/> again and again, then <see cref="Complete"/>.</summary>
/// <remarks>Rows wait in a database of one thread, which spills; the file appears at the end, its rows in the order they were given.</remarks>
public sealed class TableWriter : IDisposable
{
    readonly TableEngine engine;
    readonly RowSchema schema;
    readonly SingleDatabase database;
    readonly DuckDbAppender appender;
    readonly DuckDbChunkWriter chunk;
    readonly CancellationToken cancellation;

    public TableWriter(TableEngine engine, RowSchema schema, CancellationToken cancellation = default)
    {
        (this.engine, this.schema, this.cancellation) = (engine, schema, cancellation);
        database = engine.OpenSingle(cancellation);
        database.Connection.Execute($"CREATE TEMP TABLE written ({string.Join(", ", schema.Columns.Select(c => $"{c.Sql} {c.Type}"))})", cancellation);
        appender = database.Connection.Append("written");
        chunk = new([.. schema.Columns.Select(c => c.Type)]);
    }

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Appends the rows of a block.</summary>
    /// <exception cref="KumikiException">A null where the schema has none, or a number that is NaN or infinite; the sentence names column and row.</exception>
    public void Append(TableBlock block) => TableFailure.Guard(engine, engine.SpillFolder, () =>
    {
        if (!block.Schema.Equals(schema)) throw new ArgumentException("The block has another schema.", nameof(block));
        for (var start = 0; start < block.Rows; start += DuckDbChunkWriter.Capacity)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(DuckDbChunkWriter.Capacity, block.Rows - start);
            chunk.Reset();
            for (var column = 0; column < schema.Columns.Count; column++) block.Fill(column, start, count, chunk[column], Rows);
            chunk.Rows = count;
            appender.Append(chunk);
            Rows += count;
        }
    });

    /// <summary>Writes the file.</summary>
    /// <param name="path">A temporary path of the caller's; it must not exist.</param>
    /// <exception cref="KumikiException">The disk is full.</exception>
    public TableFile Complete(string path)
    {
        TableFailure.Guard(engine, path, () =>
        {
            appender.Close();
            database.Connection.Execute($"COPY written TO {SqlText.Quote(path)} ({ParquetForm.Options})", cancellation);
        });
        return new(path, Rows, new FileInfo(path).Length);
    }

    /// <summary>Writes a file of other files' rows with the appended columns beside them, row by row.</summary>
    /// <param name="files">Parquet files, in the order of their rows.</param>
    /// <param name="from">Rows of them to pass over; as many as were appended follow.</param>
    /// <param name="path">A temporary path of the caller's; it must not exist.</param>
    /// <param name="columns">The columns of those files to write, in this order; null: all.</param>
    /// <param name="asText">Whether the file is CSV without a header: a missing value is an empty field, a number the shortest text that gives its bits
    /// back.</param>
    /// <exception cref="KumikiException">The disk is full, or a file is broken.</exception>
    public TableFile CompleteBeside(IReadOnlyList<string> files, long from, string path, IReadOnlyList<string>? columns = null, bool asText = false)
    {
        TableFailure.RequireFiles(files);
        TableFailure.Guard(engine, path, () =>
        {
            appender.Close();
            var names = columns is null ? "*" : string.Join(", ", columns.Select(SqlText.Name));
            var rows = $"SELECT * FROM (SELECT {names} FROM {SqlText.Rows(files)}{SqlText.Range(from, Rows)}) POSITIONAL JOIN written";
            var form = asText ? "FORMAT csv, HEADER false" : ParquetForm.Options;
            database.Connection.Execute($"COPY ({rows}) TO {SqlText.Quote(path)} ({form})", cancellation);
        });
        return new(path, Rows, new FileInfo(path).Length);
    }

    /// <summary>Writes the rows of several Parquet files of one schema, in their order, as one.</summary>
    /// <param name="path">A temporary path of the caller's; it must not exist.</param>
    /// <exception cref="KumikiException">The disk is full, or a file is broken.</exception>
    public static void Join(TableEngine engine, IReadOnlyList<string> files, string path, CancellationToken cancellation = default)
    {
        TableFailure.RequireFiles(files);
        TableFailure.Guard(engine, path, () =>
        {
            using var database = engine.OpenSingle(cancellation);
            database.Connection.Execute($"COPY (SELECT * FROM {SqlText.Rows(files)}) TO {SqlText.Quote(path)} ({ParquetForm.Options})", cancellation);
        });
    }

    public void Dispose()
    {
        appender.Dispose();
        chunk.Dispose();
        database.Dispose();
    }
}
