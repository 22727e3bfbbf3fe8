using System.Globalization;
using Kumiki.Native.DuckDb;
using Kumiki.Store;
using Kumiki.Tables;

namespace Kumiki.Predictions;

/// <summary>Makes Parquet files of segments, and one file of several.</summary>
/// <remarks>A segment's way: 1. its records are written as files, one an endpoint, hour and shape; 2. they are put into the artifact store; 3. in one step the
/// metadata list them and the segment's name; 4. the segment is removed. Killed before 3, a file that nothing names is left for the collection of blobs, and
/// the segment is there; after 3, the segment is known to be in files, read by nobody, and removed by the next.</remarks>
sealed class SegmentFiles(IMetadataStore metadata, IArtifactStore artifacts, TimeProvider clock)
{
    public Task<IReadOnlyList<PredictionSegment>> SegmentsAsync(string? writer, CancellationToken stop) => metadata.PredictionSegmentsAsync(writer, stop);

    /// <summary>Writes down how a writer ended whose segments are all in files: one line in the place of theirs.</summary>
    public async Task EndAsync(string writer, long accepted, long dropped, CancellationToken stop)
    {
        var written = (await metadata.PredictionSegmentsAsync(writer, stop)).Sum(s => s.Records);
        var end = new PredictionSegment($"{writer}/end", written, Math.Max(0, accepted - written), dropped, clock.GetUtcNow());
        if (accepted + dropped > 0) await metadata.KeepPredictionsAsync(new(end, [], []) { EndOf = writer }, 0, stop);
    }

    /// <summary>Makes files of a segment that nobody writes to any more, and removes it.</summary>
    /// <param name="givesWay">Whether it takes only what processor time others leave.</param>
    public async Task ConvertAsync(string path, bool givesWay, CancellationToken stop)
    {
        var name = JournalFolder.NameOf(path);
        if (File.Exists(path))
        {
            var records = 0L;
            await KeepAsync(scratch =>
            {
                var segment = new SegmentTables();
                segment.Read(path);
                records = segment.Records;
                return WriteAsync(segment, scratch, givesWay, stop);
            }, added => new(new(name, records, 0, 0, clock.GetUtcNow()), added, []), stop);
            DurableStep.At("segment.listed");
            JournalFolder.RemoveSegment(path);
        }
    }

    /// <summary>Puts files and lists them; again, where a collection took one of them meanwhile.</summary>
    async Task KeepAsync(Func<Scratch, Task<IReadOnlyList<PredictionFile>>> write, Func<IReadOnlyList<PredictionFile>, PredictionChange> change,
        CancellationToken stop)
    {
        var generation = (await metadata.CollectionAsync(stop)).Generation;
        IReadOnlyList<PredictionFile>? added = null;
        while (true)
        {
            if (added is null)
            {
                using var scratch = artifacts.NewScratch();
                added = await write(scratch);
                DurableStep.At("segment.put");
            }
            if (await metadata.KeepPredictionsAsync(change(added), generation, stop) is not PredictionsKept.Collected) return;
            var settled = await GarbageCollection.SettleAsync(metadata, artifacts, [.. added.Select(f => f.Blob)], new(), clock, stop);
            generation = settled.Generation;
            if (settled.Missing.Count > 0) added = null;
        }
    }

    async Task<IReadOnlyList<PredictionFile>> WriteAsync(SegmentTables segment, Scratch scratch, bool givesWay, CancellationToken stop)
    {
        if (segment.Records == 0) return [];
        var written = await (givesWay ? BackSeat.RunAsync(Write) : Task.Run(Write, stop));
        return await PutAsync(written, stop);

        List<Written> Write()
        {
            var engine = SharedTables.Of(artifacts);
            var all = new List<Written>();
            TableFailure.Guard(engine, scratch.Folder, () =>
            {
                using var database = engine.OpenSingle(stop);
                database.Connection.Execute("SET TimeZone = 'UTC'", stop);
                foreach (var (number, rows) in segment.All().Index())
                    foreach (var hour in rows.Hours(database.Connection, $"segment_{number}"))
                    {
                        var path = scratch.File(string.Create(CultureInfo.InvariantCulture, $"{all.Count}.parquet"));
                        database.Connection.Execute($"COPY ({hour.Select}) TO {SqlText.Quote(path)} ({ParquetForm.Options})", stop);
                        all.Add(new(path, hour.Endpoint, hour.Kind, hour.Rows, hour.First, hour.Last));
                    }
            });
            return all;
        }
    }

    sealed record Written(string Path, string Endpoint, PredictionKind Kind, long Rows, long First, long Last);

    static IEnumerable<Written> ByHour(DuckDbConnection connection, string endpoint, PredictionKind kind, string select, Scratch scratch, int number,
        CancellationToken stop)
    {
        var time = LogColumns.TimeOf(kind);
        var hours = new List<(long Hour, long Rows, long First, long Last)>();
        using (var statement = connection.Prepare(
            $"SELECT epoch_us(time_bucket(INTERVAL 1 hour, {time})) AS h, count(*), epoch_us(min({time})), epoch_us(max({time})) FROM ({select}) GROUP BY h ORDER BY h"))
        using (var rows = statement.Execute(stop))
            while (rows.Next())
                for (var row = 0; row < rows.Chunk.Rows; row++)
                    hours.Add((rows.Chunk[0].Values<long>()[row], rows.Chunk[1].Values<long>()[row], rows.Chunk[2].Values<long>()[row],
                        rows.Chunk[3].Values<long>()[row]));
        foreach (var (hour, count, first, last) in hours)
        {
            var path = scratch.File(string.Create(CultureInfo.InvariantCulture, $"{number++}.parquet"));
            var from = string.Create(CultureInfo.InvariantCulture, $"make_timestamp({hour})");
            connection.Execute($"COPY (SELECT * FROM ({select}) WHERE {time} >= {from} AND {time} < {from} + INTERVAL 1 hour ORDER BY {time}, id) TO {SqlText.Quote(path)} ({ParquetForm.Options})", stop);
            yield return new(path, endpoint, kind, count, first, last);
        }
    }

    async Task<IReadOnlyList<PredictionFile>> PutAsync(IReadOnlyList<Written> written, CancellationToken stop)
    {
        var files = new List<PredictionFile>();
        foreach (var one in written)
        {
            var blob = await artifacts.TakeAsync(one.Path, stop);
            var first = TimeOf(one.First);
            files.Add(new(0, one.Endpoint, one.Kind, first.AddTicks(-(first.Ticks % TimeSpan.TicksPerHour)), blob.Content, blob.Bytes, one.Rows, first,
                TimeOf(one.Last)));
        }
        return files;
    }

    static DateTimeOffset TimeOf(long microseconds) => new(DateTime.UnixEpoch.Ticks + microseconds * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);

    /// <summary>Makes one file of the files of an endpoint's hour that is over.</summary>
    public async Task CompactAsync(CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var all = (await metadata.PredictionFilesAsync(null, [], stop)).Files;
        foreach (var hour in all.GroupBy(f => (f.Endpoint, f.Kind, f.Hour)).Where(g => g.Count() > 1 && g.Key.Hour.AddHours(1) + Late < now))
        {
            List<PredictionFile> parts = [.. hour.OrderBy(f => f.Number)];
            var paths = new List<string>();
            foreach (var part in parts) paths.Add(await artifacts.PathAsync(part.Blob, stop));
            await KeepAsync(async scratch => await PutAsync(await Task.Run(() => Joined(hour.Key.Endpoint, hour.Key.Kind, paths, scratch, stop), stop), stop),
                added => new(null, added, [.. parts.Select(p => p.Number)]), stop);
            DurableStep.At("files.compacted");
        }
    }

    /// <summary>A segment of the hour may become a file so much later.</summary>
    static readonly TimeSpan Late = TimeSpan.FromMinutes(5);

    List<Written> Joined(string endpoint, PredictionKind kind, IReadOnlyList<string> paths, Scratch scratch, CancellationToken stop)
    {
        var engine = SharedTables.Of(artifacts);
        var all = new List<Written>();
        TableFailure.Guard(engine, scratch.Folder, () =>
        {
            using var database = engine.OpenSingle(stop);
            database.Connection.Execute("SET TimeZone = 'UTC'", stop);
            all.AddRange(ByHour(database.Connection, endpoint, kind, $"SELECT * FROM {RowsOf(paths)}", scratch, 0, stop));
        });
        return all;
    }

    /// <summary>Rows of files whose columns may differ: a column that a file has not is null there.</summary>
    public static string RowsOf(IReadOnlyList<string> paths) =>
        $"read_parquet([{string.Join(", ", paths.Select(p => SqlText.Quote(SqlText.Literal(p))))}], union_by_name = true, hive_partitioning = false)";

    /// <summary>Takes files off the log whose last row is older; the collection of blobs removes them.</summary>
    public async Task ForgetAsync(DateTimeOffset before, CancellationToken stop)
    {
        var old = (await metadata.PredictionFilesAsync(null, [], stop)).Files.Where(f => f.Last < before).Select(f => f.Number).ToList();
        if (old.Count == 0) return;
        await metadata.KeepPredictionsAsync(new(null, [], old) { ForgetBefore = before }, 0, stop);
    }
}
