using System.Globalization;
using System.Runtime.ExceptionServices;
using Kumiki.Native;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>One Parquet file of a table.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Partition">The partition's key, as in the file's name; null where the table has none.</param>
public sealed record TableFile(string Path, long Rows, long Bytes, string? Partition = null);

/// <summary>What became of CSV files.</summary>
public sealed record CsvLoadResult
{
    /// <summary>Parquet files whose rows, in this order, are the good rows in the order of the input; of a partitioned table, one a partition, by
    /// key.</summary>
    public required IReadOnlyList<TableFile> Files { get; init; }

    public required long Rows { get; init; }

    /// <summary>Rows kept aside; each may have several reasons.</summary>
    public required long RejectedRows { get; init; }

    /// <summary>By column and reason, the most frequent first.</summary>
    public required IReadOnlyList<RejectCount> Rejects { get; init; }

    /// <summary>The rows kept aside, one JSON object a line, read by <see cref="Reject.Read"/>; null when there are none.</summary>
    public required string? RejectsPath { get; init; }

    /// <summary>What should be known, though nothing is wrong: ignored columns, other encodings, files without rows.</summary>
    public required IReadOnlyList<Message> Notes { get; init; }

    /// <summary>The files that were read.</summary>
    public required IReadOnlyList<CsvInput> Inputs { get; init; }
}

/// <summary>How a load is done, where the defaults are not right.</summary>
public sealed record CsvLoadOptions
{
    /// <value>None: the rows stay in the order of the input.</value>
    public Partition? Partition { get; init; }

    /// <summary>Told the share of the input that is read, 0 to 1, now and then.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Text that becomes one Parquet file.</summary>
    internal int PartBytes { get; init; } = 32 << 20;

    /// <summary>A quoted field longer than this has a broken quote; at most half of <see cref="PartBytes"/>.</summary>
    internal int LongestField { get; init; } = 16 << 20;
}

/// <summary>CSV in, checked Parquet out; every bad row is kept aside with its reasons, and the rest goes on.</summary>
/// <remarks>
/// 1 find the files, 2 turn other encodings into UTF-8, 3 check every header, 4 cut the text into parts of whole records, 5 in parallel: read each part and let
/// DuckDB write its good rows as one Parquet file,
/// 6 join the rejects, 7 if asked, sort into partitions. Parts depend on the bytes alone and each is written by one thread, so the same input gives the same
/// bytes.
/// </remarks>
public static class CsvLoad
{
    /// <summary>Loads.</summary>
    /// <param name="root">The folder from which the source's pattern counts.</param>
    /// <param name="folder">An empty temporary folder, which gets the Parquet files and <c>rejects.jsonl</c>.</param>
    /// <exception cref="KumikiException">No files; a file that is empty, has a wrong header or encoding, or changed meanwhile; no good row at all; a full
    /// disk.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the folder holds partial files.</exception>
    public static CsvLoadResult Run(TableEngine engine, CsvSource source, RowSchema schema, string root, string folder, CsvLoadOptions? options = null,
        CancellationToken cancellation = default)
    {
        options ??= new();
        CsvLoadResult? result = null;
        TableFailure.Guard(engine, folder, () => result = new Loading(engine, source, schema, root, folder, options, cancellation).Run());
        return result!;
    }

    sealed class Loading(TableEngine engine, CsvSource source, RowSchema schema, string root, string folder, CsvLoadOptions options,
        CancellationToken cancellation)
    {
        readonly List<Message> notes = [];
        readonly CsvText grammar = new((byte)source.Delimiter, options.LongestField);
        readonly SortedDictionary<int, PartDone> done = [];
        readonly SortedDictionary<int, Exception> failed = [];

        sealed record PartDone(string Path, long Rows, string? RejectsPath, long RejectedRows, Reject? FirstReject, IReadOnlyList<RejectCount> Counts);

        internal CsvLoadResult Run()
        {
            if (!char.IsAscii(source.Delimiter) || source.Delimiter is '"' or '\n' or '\r')
                throw new KumikiException(Message.Of("tables.csv-bad-delimiter", ("delimiter", source.Delimiter)));
            Directory.CreateDirectory(folder);
            var transcoded = Path.Combine(folder, "utf8");
            try
            {
                var files = CsvFiles.Find(source.Pattern, root).Select((path, number) => Ready(path, Path.Combine(transcoded, $"{number}.csv"))).ToArray();
                using var parts = new CsvParts(files, grammar);
                ReadAll(parts, files.Sum(f => f.TextBytes));
                return Finish(parts, files);
            }
            finally
            {
                if (Directory.Exists(transcoded)) Directory.Delete(transcoded, recursive: true);
            }
        }

        CsvFile Ready(string path, string transcoded)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<byte> start = stackalloc byte[2];
            int got;
            using (var file = File.OpenRead(path)) got = file.Read(start);
            var encoding = source.Encoding is null ? CsvTranscoding.ByMark(start[..got]) : CsvTranscoding.Named(source.Encoding);
            if (encoding is null or System.Text.UTF8Encoding) return CsvHeader.Read(path, path, source, schema, notes);

            Directory.CreateDirectory(Path.GetDirectoryName(transcoded)!);
            var content = CsvTranscoding.ToUtf8(path, encoding, transcoded, cancellation);
            if (source.Encoding is null) notes.Add(Message.Of("tables.csv-transcoded", ("file", path), ("encoding", encoding.WebName)));
            return CsvHeader.Read(path, transcoded, source, schema, notes) with { Content = content };
        }

        // Each worker has its own buffer and its own single-threaded DuckDB; they share only the cutting of parts.
        void ReadAll(CsvParts parts, long bytes)
        {
            var workers = (int)Math.Clamp(bytes / options.PartBytes + 1, 1, engine.Threads);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ =>
            {
                var number = int.MaxValue;      // a failure outside any part comes last
                try
                {
                    using var buffer = new NativeBuffer((int)Math.Clamp(bytes, 1, options.PartBytes));
                    using var database = engine.OpenSingle(stop.Token);
                    var records = new CsvRecords(source, grammar, schema, stop.Token);
                    var rows = new DuckDbSource("csv_part", [.. schema.Columns.Select(c => new DuckDbColumn(c.Name, c.Type))], records.Fill);
                    rows.Register(database.Connection);
                    while (!stop.IsCancellationRequested && parts.Next(buffer) is { } part)
                    {
                        number = part.Number;
                        var written = Write(part, buffer, records, rows, database.Connection, stop.Token);
                        lock (done) done.Add(number, written);
                        options.Progress?.Report(Math.Min(1, parts.BytesRead / (double)Math.Max(bytes, 1)));
                    }
                }
                catch (Exception e)
                {
                    // Kept, so that of several failures the first in the order of the input is told.
                    lock (failed) failed.TryAdd(number, e);
                    stop.Cancel();
                }
            });
            cancellation.ThrowIfCancellationRequested();
            var first = failed.Values.FirstOrDefault(e => e is not OperationCanceledException) ?? failed.Values.FirstOrDefault();
            if (first is not null) ExceptionDispatchInfo.Throw(first);
        }

        PartDone Write(CsvPart part, NativeBuffer buffer, CsvRecords records, DuckDbSource rows, DuckDbConnection connection, CancellationToken stop)
        {
            var name = part.Number.ToString("D5", CultureInfo.InvariantCulture);
            var path = Path.Combine(folder, $"part-{name}.parquet");
            using var rejects = new RejectLog(Path.Combine(folder, $"rejects-{name}.jsonl"));
            records.Turn(part, buffer, rejects);
            rows.Run(connection, $"COPY (FROM csv_part()) TO {SqlText.Quote(path)} ({ParquetForm.Options})", stop);
            return new(path, records.Rows, rejects.Path, rejects.Rows, rejects.First, [.. rejects.Counts]);
        }

        CsvLoadResult Finish(CsvParts parts, CsvFile[] files)
        {
            var rows = done.Values.Sum(p => p.Rows);
            var rejected = done.Values.Sum(p => p.RejectedRows);
            var rejectsPath = JoinRejects();
            if (rows == 0) throw NothingGood(files, rejected);

            var written = new List<TableFile>();
            foreach (var part in done.Values)
            {
                if (part.Rows > 0) written.Add(new(part.Path, part.Rows, new FileInfo(part.Path).Length));
                else File.Delete(part.Path);
            }
            foreach (var file in files)
                if (file.Start == file.TextBytes) notes.Add(Message.Of("tables.csv-no-rows-note", ("file", file.Path)));
            return new()
            {
                Files = options.Partition is null ? written : options.Partition.Sort(engine, schema, written, folder, cancellation),
                Rows = rows,
                RejectedRows = rejected,
                Rejects = [.. done.Values.SelectMany(p => p.Counts).GroupBy(c => (c.Column, c.Says.Id))
                    .Select(g => g.First() with { Count = g.Sum(c => c.Count) })
                    .OrderByDescending(c => c.Count).ThenBy(c => c.Column, StringComparer.Ordinal).ThenBy(c => c.Says.Id, StringComparer.Ordinal)],
                RejectsPath = rejectsPath,
                Notes = notes,
                Inputs = parts.Inputs,
            };
        }

        string? JoinRejects()
        {
            var pieces = done.Values.Where(p => p.RejectsPath is not null).Select(p => p.RejectsPath!).ToArray();
            if (pieces.Length == 0) return null;
            var path = Path.Combine(folder, "rejects.jsonl");
            using var joined = File.Create(path);
            foreach (var piece in pieces)
            {
                using (var lines = File.OpenRead(piece)) lines.CopyTo(joined);
                File.Delete(piece);
            }
            return path;
        }

        KumikiException NothingGood(CsvFile[] files, long rejected)
        {
            var first = done.Values.Select(p => p.FirstReject).FirstOrDefault(r => r is not null);
            if (first is null) return new(Message.Of("tables.csv-no-rows", ("file", files[0].Path), ("count", files.Length)));
            return new(Message.Of("tables.csv-all-rejected", ("count", rejected), ("file", first.File), ("line", first.Line), ("column", first.Column ?? "-"),
                ("value", first.Value ?? first.Row), ("reason", first.Says)));
        }
    }
}
