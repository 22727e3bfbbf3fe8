using System.Buffers.Binary;
using Kumiki.Native.DuckDb;
using Kumiki.Store;

namespace Kumiki.Predictions;

/// <summary>Fills a row of a chunk from a record.</summary>
/// <param name="columns">[columns] of the chunk.</param>
delegate void FillRow(DuckDbVectorWriter[] columns, int row, ReadOnlySpan<byte> record);

/// <summary>An hour's rows, to be read once.</summary>
/// <param name="Select">A SELECT of them with the columns of the log, by time and id.</param>
/// <param name="First">When the first was, in µs since 1970, UTC.</param>
/// <param name="Last">When the last was.</param>
sealed record SegmentHour(string Endpoint, PredictionKind Kind, string Select, long Rows, long First, long Last);

/// <summary>The records of a segment that have the same columns: the predictions of a shape, or an endpoint's outcomes.</summary>
/// <param name="records">They stay where they are in memory.</param>
/// <param name="select">A SELECT of the log's columns, from a table or table function of <paramref name="columns"/>.</param>
/// <param name="columns">Those that <paramref name="fill"/> fills; the first is the time.</param>
sealed class SegmentRows(string endpoint, PredictionKind kind, List<ReadOnlyMemory<byte>> records, Func<string, string> select,
    IReadOnlyList<DuckDbColumn> columns, FillRow fill)
{
    const long Hour = 3_600_000_000;

    /// <summary>Makes a table of them, to be read more than once.</summary>
    public SegmentTable Load(DuckDbConnection connection, string table, CancellationToken stop)
    {
        connection.Execute($"CREATE TABLE {table} ({string.Join(", ", columns.Select(c => $"{c.Name} {c.Type}"))})", stop);
        using var appender = connection.Append(table);
        using var chunk = new DuckDbChunkWriter([.. columns.Select(c => c.Type)]);
        for (var next = 0; Fill(chunk, ref next, records.Count);)
        {
            stop.ThrowIfCancellationRequested();
            appender.Append(chunk);
            chunk.Reset();
        }
        appender.Close();
        return new(endpoint, kind, select(table), records.Count);
    }

    /// <summary>Lets a database read them once, hour by hour; cheaper than a table, for nothing is copied.</summary>
    /// <param name="name">Begins the names of the table functions that it gets.</param>
    public IEnumerable<SegmentHour> Hours(DuckDbConnection connection, string name)
    {
        Sort();
        for (var (first, number) = (0, 0); first < records.Count; number++)
        {
            var (next, end) = (first, first + 1);
            while (end < records.Count && HourOf(records[end]) == HourOf(records[first])) end++;
            var source = new DuckDbSource($"{name}_{number}", columns, chunk => Fill(chunk, ref next, end));
            source.Register(connection);
            yield return new(endpoint, kind, select($"{source.Name}()"), end - first, TimeOf(records[first]), TimeOf(records[end - 1]));
            first = end;
        }
    }

    /// <returns>False where there was no record left: the chunk has no rows.</returns>
    bool Fill(DuckDbChunkWriter chunk, ref int next, int end)
    {
        var rows = Math.Min(DuckDbChunkWriter.Capacity, end - next);
        if (rows > 0)
        {
            // A chunk that is used again may have its values elsewhere.
            var writers = new DuckDbVectorWriter[columns.Count];
            for (var column = 0; column < writers.Length; column++) writers[column] = chunk[column];
            for (var row = 0; row < rows; row++) fill(writers, row, records[next++].Span);
        }
        chunk.Rows = rows;
        return rows > 0;
    }

    /// <summary>By time and id: nearly so they come, for each is taken when it was answered.</summary>
    void Sort()
    {
        var sorted = true;
        for (var i = 1; sorted && i < records.Count; i++) sorted = Order(records[i - 1], records[i]) <= 0;
        if (!sorted) records.Sort(Order);
    }

    int Order(ReadOnlyMemory<byte> one, ReadOnlyMemory<byte> other) =>
        TimeOf(one).CompareTo(TimeOf(other)) is not 0 and var order ? order
        : LogRecord.IdOf(one.Span).SequenceCompareTo(LogRecord.IdOf(other.Span));

    long TimeOf(ReadOnlyMemory<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(
        record.Span[(kind == PredictionKind.Predictions ? LogRecord.TimeOfPrediction : LogRecord.TimeOfOutcome)..]);

    long HourOf(ReadOnlyMemory<byte> record) => Math.DivRem(TimeOf(record), Hour) is var (hour, rest) && rest < 0 ? hour - 1 : hour;
}
