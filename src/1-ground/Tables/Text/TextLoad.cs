using Kumiki.Native;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Records of text in, checked Parquet out.</summary>
/// <remarks>
/// 1 find the files, 2 turn other encodings and gzip into UTF-8, 3 check every header, 4 cut the text into parts of whole records, 5 in parallel: read each part
/// and let DuckDB write its good rows as one Parquet file, 6 join the rejects, 7 if asked, sort into partitions. Parts depend on the bytes alone and each is
/// written by one thread, so the same input gives the same bytes.
/// </remarks>
static class TextLoad
{
    /// <summary>Loads files.</summary>
    /// <param name="mayBeEmpty">Whether there may be no file and no row.</param>
    internal static LoadResult Run(Loading loading, IReadOnlyList<string> paths, bool mayBeEmpty, TextFormat format)
    {
        var transcoded = Path.Combine(loading.Folder, "utf8");
        try
        {
            var files = paths.Select((path, number) => Ready(loading, format, path, Path.Combine(transcoded, $"{number}.txt")))
                .ToArray();
            using var parts = new FileParts(files, format);
            Read(loading, parts, format.Reader, files.Sum(f => f.TextBytes));
            var result = loading.Finish(parts.Reads, mayBeEmpty ? null : () => format.NoRows(files[0].Path, files.Length));
            foreach (var file in files)
                if (file.Start == file.TextBytes) loading.Notes.Add(format.NoRowsNote(file.Path));
            return result;
        }
        finally
        {
            if (Directory.Exists(transcoded)) Directory.Delete(transcoded, recursive: true);
        }
    }

    static TextFile Ready(Loading loading, TextFormat format, string path, string transcoded)
    {
        loading.Cancellation.ThrowIfCancellationRequested();
        Span<byte> start = stackalloc byte[2];
        int got;
        using (var file = File.OpenRead(path)) got = file.ReadAtLeast(start, 2, throwOnEndOfStream: false);
        var zipped = Transcoding.IsZipped(start[..got]);
        var encoding = format.Encoding is not null ? Transcoding.Named(format.Encoding) : zipped ? null : Transcoding.ByMark(start[..got]);
        if (!zipped && encoding is null or System.Text.UTF8Encoding) return format.Open(path, path, loading.Notes);

        Directory.CreateDirectory(Path.GetDirectoryName(transcoded)!);
        var content = Transcoding.ToUtf8(path, zipped, encoding, transcoded, loading.Cancellation);
        if (format.Encoding is null && encoding is not null)
            loading.Notes.Add(Message.Of("tables.csv-transcoded", ("file", path), ("encoding", encoding.WebName)));
        return format.Open(path, transcoded, loading.Notes) with { Content = content };
    }

    /// <summary>Reads parts to their end. Each worker has its own buffer and its own single-threaded DuckDB; they share only the cutting of parts.</summary>
    /// <param name="reader">A reader of records; each worker has its own.</param>
    /// <param name="bytes">At most so much text; less is read by fewer workers.</param>
    internal static void Read(Loading loading, TextParts parts, Func<CancellationToken, TextRecords> reader, long bytes)
    {
        var (schema, options) = (loading.Schema, loading.Options);
        var ignored = new SortedSet<string>(StringComparer.Ordinal);
        var workers = (int)Math.Clamp(bytes / options.PartBytes + 1, 1, loading.Engine.Threads);
        loading.InParallel(workers, worker =>
        {
            using var buffer = new NativeBuffer((int)Math.Clamp(bytes, 1, options.PartBytes));
            var records = reader(worker.Stop);
            var rows = new DuckDbSource("text_part", [.. schema.Columns.Select(c => new DuckDbColumn(c.Name, c.Type))], records.Fill);
            rows.Register(worker.Connection);
            while (!worker.Stop.IsCancellationRequested && parts.Next(buffer) is { } part)
            {
                worker.Write(part.Number, (path, rejects) =>
                {
                    records.Turn(part, buffer, rejects);
                    rows.Run(worker.Connection, $"COPY (FROM text_part()) TO {SqlText.Quote(path)} ({ParquetForm.Options})", worker.Stop);
                    return records.Rows;
                });
                if (parts.Share is { } share) options.Progress?.Report(share);
            }
            lock (ignored) ignored.UnionWith(records.Ignored);
        });
        if (ignored.Count > 0)
            loading.Notes.Add(Message.Of("tables.fields-ignored",
                ("fields", string.Join(", ", ignored.Take(TextRecords.MostIgnored)) + (ignored.Count > TextRecords.MostIgnored ? ", …" : ""))));
    }
}
