using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Reads columns of Parquet files in order, batch by batch: <c>while (reader.Next()) use(reader.Batch);</c></summary>
/// <remarks>Streaming: memory does not grow with the table. One thread at a time.</remarks>
public sealed class TableReader : IDisposable
{
    readonly IReadOnlyList<string> files;
    readonly DuckDbConnection connection;
    readonly DuckDbStatement? statement;
    readonly DuckDbRows? rows;

    /// <summary>Opens files of one schema.</summary>
    /// <param name="files">Parquet files, in the order of their rows.</param>
    /// <param name="columns">Column names, snake_case, in the order of the batch; null: all of them.</param>
    /// <param name="from">Rows to pass over first.</param>
    /// <param name="count">The most rows to read; null: all.</param>
    /// <exception cref="KumikiException">A file is missing or broken, or has no such column.</exception>
    public TableReader(TableEngine engine, IReadOnlyList<string> files, IReadOnlyList<string>? columns = null, long from = 0, long? count = null,
        CancellationToken cancellation = default)
    {
        TableFailure.RequireFiles(files);
        this.files = files;
        connection = engine.Connect();
        try
        {
            RequireColumns(columns ?? [], cancellation);
            var names = columns is null ? "*" : string.Join(", ", columns.Select(SqlText.Name));
            statement = connection.Prepare($"SELECT {names} FROM {SqlText.Rows(files)}{SqlText.Range(from, count)}");
            rows = statement.Stream(cancellation);
        }
        catch (DuckDbException e)
        {
            Dispose();
            throw TableFailure.Reading(files, e);
        }
        catch
        {
            Dispose();
            throw;
        }
        Columns = rows.Columns;
    }

    public IReadOnlyList<DuckDbColumn> Columns { get; }

    /// <summary>The rows of the last <see cref="Next"/>; its spans live until the next one.</summary>
    public TableBatch Batch => new(rows!.Chunk);

    /// <summary>The next batch of 1 to 2,048 rows.</summary>
    /// <returns>False after the last.</returns>
    /// <exception cref="KumikiException">A file turned out to be broken.</exception>
    public bool Next()
    {
        try
        {
            return rows!.Next();
        }
        catch (DuckDbException e)
        {
            throw TableFailure.Reading(files, e);
        }
    }

    /// <summary>The rows of files, from what they say of themselves: nothing is scanned.</summary>
    /// <exception cref="KumikiException">A file is missing or broken.</exception>
    public static long Count(TableEngine engine, IReadOnlyList<string> files, CancellationToken cancellation = default)
    {
        TableFailure.RequireFiles(files);
        try
        {
            using var connection = engine.Connect();
            using var statement = connection.Prepare($"SELECT count(*) FROM {SqlText.Rows(files)}");
            using var rows = statement.Execute(cancellation);
            rows.Next();
            return (long)rows.Chunk[0].Value(0)!;
        }
        catch (DuckDbException e)
        {
            throw TableFailure.Reading(files, e);
        }
    }

    /// <summary>The place of a column in the batch.</summary>
    /// <exception cref="KumikiException">It was not asked for.</exception>
    public int IndexOf(string column)
    {
        for (var i = 0; i < Columns.Count; i++)
            if (Columns[i].Name == column) return i;
        throw NoColumn(column, Columns);
    }

    void RequireColumns(IReadOnlyList<string> wanted, CancellationToken cancellation)
    {
        if (wanted.Count == 0) return;
        cancellation.ThrowIfCancellationRequested();
        using var all = connection.Prepare($"SELECT * FROM {SqlText.Rows(files)}");
        var there = all.Columns();
        foreach (var column in wanted)
            if (!there.Any(c => c.Name == column)) throw NoColumn(column, there);
    }

    KumikiException NoColumn(string column, IReadOnlyList<DuckDbColumn> there) =>
        new(Message.Of("tables.no-column", ("record", files[0]), ("column", column), ("columns", string.Join(", ", there.Select(c => c.Name)))));

    public void Dispose()
    {
        rows?.Dispose();
        statement?.Dispose();
        connection.Dispose();
    }
}
