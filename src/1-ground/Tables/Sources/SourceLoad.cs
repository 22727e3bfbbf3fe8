using System.Globalization;
using System.Runtime.ExceptionServices;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>A source in, checked Parquet out; every bad row is kept aside with its reasons, and the rest goes on.</summary>
public static class SourceLoad
{
    /// <summary>Loads.</summary>
    /// <param name="root">The folder from which the source's paths count.</param>
    /// <param name="folder">An empty temporary folder, which gets the Parquet files and <c>rejects.jsonl</c>.</param>
    /// <exception cref="KumikiException">No files; a file that is empty, broken or of another form, or changed meanwhile; columns missing; a database that is not
    /// there or refuses; no good row at all; a full disk.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the folder holds partial files.</exception>
    public static LoadResult Run(TableEngine engine, Source source, RowSchema schema, string root, string folder, LoadOptions? options = null,
        CancellationToken cancellation = default)
    {
        LoadResult? result = null;
        TableFailure.Guard(engine, folder, () =>
        {
            if (source is not FolderSource && schema.Columns.FirstOrDefault(c => c.Content) is { } content)
                throw new KumikiException(Message.Of("tables.content-of-folder", ("column", content.Name)));
            Directory.CreateDirectory(folder);
            result = source.Load(new(engine, schema, root, folder, options ?? new(), cancellation));
        });
        return result!;
    }
}

/// <summary>One load under way: what it has to work with, the pieces that are done, and what should be known about them.</summary>
sealed class Loading(TableEngine engine, RowSchema schema, string root, string folder, LoadOptions options, CancellationToken cancellation)
{
    readonly SortedDictionary<int, Piece> done = [];
    readonly SortedDictionary<int, Exception> failed = [];

    sealed record Piece(string Path, long Rows, string? RejectsPath, long RejectedRows, Reject? FirstReject, IReadOnlyList<RejectCount> Counts);

    internal TableEngine Engine => engine;
    internal RowSchema Schema => schema;
    internal string Root => root;
    internal string Folder => folder;
    internal LoadOptions Options => options;
    internal CancellationToken Cancellation => cancellation;
    internal List<Message> Notes { get; } = [];

    /// <summary>Works on pieces with several workers, each with a single-threaded DuckDB of its own.</summary>
    /// <param name="work">Takes pieces until there are none left.</param>
    internal void InParallel(int workers, Action<Worker> work)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ =>
        {
            var worker = new Worker(this, stop.Token);
            try
            {
                using var database = engine.OpenSingle(stop.Token);
                worker.Connection = database.Connection;
                work(worker);
            }
            catch (Exception e)
            {
                // Kept, so that of several failures the first in the order of the input is told.
                lock (failed) failed.TryAdd(worker.Number, e);
                stop.Cancel();
            }
        });
        cancellation.ThrowIfCancellationRequested();
        var first = failed.Values.FirstOrDefault(e => e is not OperationCanceledException) ?? failed.Values.FirstOrDefault();
        if (first is not null) ExceptionDispatchInfo.Throw(first);
    }

    internal sealed class Worker(Loading loading, CancellationToken stop)
    {
        internal CancellationToken Stop => stop;

        internal DuckDbConnection Connection { get; set; } = null!;

        /// <summary>The piece it is at; a failure outside any piece comes last.</summary>
        internal int Number { get; private set; } = int.MaxValue;

        /// <summary>Writes one piece: a Parquet file and the rows kept aside.</summary>
        /// <param name="number">Its place in the order of the input.</param>
        /// <param name="write">Writes the file and gives its rows.</param>
        internal void Write(int number, Func<string, RejectLog, long> write)
        {
            Number = number;
            var name = number.ToString("D5", CultureInfo.InvariantCulture);
            var path = Path.Combine(loading.Folder, $"part-{name}.parquet");
            using var rejects = new RejectLog(Path.Combine(loading.Folder, $"rejects-{name}.jsonl"));
            var rows = write(path, rejects);
            lock (loading.done) loading.done.Add(number, new(path, rows, rejects.Path, rejects.Rows, rejects.First, [.. rejects.Counts]));
        }
    }

    /// <summary>Joins the pieces: the files, their counts, the rows kept aside, and if asked the partitions.</summary>
    /// <param name="noRows">Told when there was no row at all, good or bad; null: there may be none.</param>
    internal LoadResult Finish(IReadOnlyList<SourceRead> reads, Func<Message>? noRows)
    {
        var rows = done.Values.Sum(p => p.Rows);
        var rejected = done.Values.Sum(p => p.RejectedRows);
        var rejectsPath = JoinRejects();
        if (rows == 0 && (AllRejected(rejected) ?? noRows?.Invoke()) is { } why) throw new KumikiException(why);

        var written = new List<TableFile>();
        foreach (var part in done.Values)
        {
            if (part.Rows > 0) written.Add(new(part.Path, part.Rows, new FileInfo(part.Path).Length));
            else File.Delete(part.Path);
        }
        if (written.Count == 0)
        {
            using var empty = new TableWriter(engine, schema, cancellation);
            written.Add(empty.Complete(Path.Combine(folder, "part-none.parquet")));
        }
        return new()
        {
            Files = options.Partition is null || rows == 0 ? written : options.Partition.Sort(engine, schema, written, folder, cancellation),
            Rows = rows,
            RejectedRows = rejected,
            Rejects = [.. done.Values.SelectMany(p => p.Counts).GroupBy(c => (c.Column, c.Says.Id))
                .Select(g => g.First() with { Count = g.Sum(c => c.Count) })
                .OrderByDescending(c => c.Count).ThenBy(c => c.Column, StringComparer.Ordinal).ThenBy(c => c.Says.Id, StringComparer.Ordinal)],
            RejectsPath = rejectsPath,
            Notes = Notes,
            Reads = reads,
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

    Message? AllRejected(long rejected)
    {
        var first = done.Values.Select(p => p.FirstReject).FirstOrDefault(r => r is not null);
        return first is null ? null : Message.Of("tables.all-rejected", ("count", rejected), ("file", first.File), ("line", first.Line),
            ("column", first.Column ?? "-"), ("value", first.Value ?? first.Row), ("reason", first.Says));
    }
}
