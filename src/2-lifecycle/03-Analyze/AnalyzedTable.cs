using Kumiki.Native.DuckDb;
using Kumiki.Tables;

namespace Kumiki.Analyzing;

/// <summary>The rows under analysis, as SQL reads them.</summary>
/// <remarks>DuckDB uses all its threads. So that the same rows give the same figures nevertheless, it is only asked for what does not depend on the order of
/// work: counts, least and greatest values, sums of whole
/// numbers, distinct values. Whatever is summed as floating numbers is summed by us, in the order of the rows.</remarks>
sealed class AnalyzedTable : IDisposable
{
    const int SampleSteps = 1 << 24;

    readonly IReadOnlyList<string> files;
    readonly DuckDbConnection connection;
    readonly CancellationToken stop;

    public AnalyzedTable(TableEngine engine, IReadOnlyList<string> files, int sampleRows, CancellationToken stop)
    {
        TableFailure.RequireFiles(files);
        (this.files, this.stop, Threads) = (files, stop, engine.Threads);
        From = files.Count == 0 ? "(SELECT 1 WHERE false)" : SqlText.Rows(files);
        connection = engine.Connect();
        try
        {
            Rows = (long)One($"SELECT count(*) FROM {From}")[0]!;
            IsWhole = Rows <= sampleRows;
            // Which rows are drawn hangs on their places alone.
            Drawn = IsWhole ? "true"
                : FormattableString.Invariant($"hash(file_index, file_row_number) % {SampleSteps} < {(long)Math.Ceiling((double)SampleSteps * sampleRows / Rows)}");
            SampleRows = IsWhole ? Rows : (long)One($"SELECT count(*) FROM {From} WHERE {Drawn}")[0]!;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>To select from.</summary>
    public string From { get; }

    public long Rows { get; }

    /// <summary>Whether all rows are looked at for everything.</summary>
    public bool IsWhole { get; }

    /// <summary>The condition of the rows that are drawn.</summary>
    public string Drawn { get; }

    public long SampleRows { get; }

    public int Threads { get; }

    /// <summary>The first row of a result.</summary>
    public object?[] One(string sql) => All(sql)[0];

    /// <summary>All rows of a small result.</summary>
    public IReadOnlyList<object?[]> All(string sql)
    {
        var all = new List<object?[]>();
        Read(sql, chunk =>
        {
            for (var row = 0; row < chunk.Rows; row++)
            {
                var values = new object?[chunk.Columns];
                for (var column = 0; column < values.Length; column++) values[column] = chunk.Chunk[column].Value(row);
                all.Add(values);
            }
        });
        return all;
    }

    /// <summary>A result of two columns, DOUBLE and BIGINT.</summary>
    public ValueCounts Counts(string sql)
    {
        var (values, counts) = (new List<double>(), new List<long>());
        Read(sql, chunk =>
        {
            values.AddRange(chunk.Chunk[0].Values<double>());
            counts.AddRange(chunk.Chunk[1].Values<long>());
        });
        return new([.. values], [.. counts]);
    }

    /// <summary>A result of one column, DOUBLE without nulls.</summary>
    public ValueCounts Numbers(string sql)
    {
        var values = new List<double>();
        Read(sql, chunk => values.AddRange(chunk.Chunk[0].Values<double>()));
        return new([.. values]);
    }

    /// <summary>Streams a result in the order of the rows.</summary>
    public void Read(string sql, Action<ChunkRead> use)
    {
        try
        {
            using var statement = connection.Prepare(sql);
            using var result = statement.Stream(stop);
            while (result.Next()) use(new(result.Chunk, result.Columns.Count));
        }
        catch (DuckDbException e)
        {
            throw TableFailure.Reading(files, e);
        }
    }

    public void Dispose() => connection.Dispose();
}

/// <summary>Up to 2,048 rows of a result.</summary>
readonly ref struct ChunkRead(DuckDbChunk chunk, int columns)
{
    public DuckDbChunk Chunk { get; } = chunk;

    public int Columns { get; } = columns;

    public int Rows => Chunk.Rows;

    public TableBatch Batch => new(Chunk);
}
