using System.Security.Cryptography;
using System.Text;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Parquet files in, checked Parquet out.</summary>
/// <remarks>
/// 1 look at each file's rows and columns, 2 map the columns and check that each type can become the record's, 3 cut the files into ranges of rows, 4 in parallel:
/// DuckDB casts a range and writes the rows without fault as one Parquet file, and where some are missing tells them and why. Ranges depend on the files alone
/// and each is written by one thread, so the same input gives the same bytes.
/// </remarks>
static class ParquetLoad
{
    sealed record Cell(ColumnSchema Column, string Cast, string? Fault, string? Value);

    sealed record Ready(string Path, long Bytes, long ModifiedTicks, long Rows, IReadOnlyList<Cell> Cells, string All);

    sealed record Range(Ready File, long From, long To);

    internal static LoadResult Run(Loading loading, IReadOnlyList<string> paths)
    {
        var files = new List<Ready>();
        using (var connection = loading.Engine.Connect())
            foreach (var path in paths)
            {
                loading.Cancellation.ThrowIfCancellationRequested();
                files.Add(Reading(path, () => Look(loading, connection, path)));
            }

        var ranges = new List<Range>();
        foreach (var file in files)
            for (var from = 0L; from < file.Rows; from += loading.Options.PartRows)
                ranges.Add(new(file, from, Math.Min(file.Rows, from + loading.Options.PartRows)));
        var (next, done) = (-1, 0);
        loading.InParallel(Math.Clamp(ranges.Count, 1, loading.Engine.Threads), worker =>
        {
            while (!worker.Stop.IsCancellationRequested && Interlocked.Increment(ref next) is var i && i < ranges.Count)
            {
                Reading(ranges[i].File.Path, () =>
                {
                    worker.Write(i, (path, rejects) => Write(worker.Connection, ranges[i], path, rejects, worker.Stop));
                    return 0;
                });
                loading.Options.Progress?.Report(Interlocked.Increment(ref done) / (double)ranges.Count);
            }
        });
        return loading.Finish([.. files.Select(f => Read(f, loading.Cancellation))],
            () => Message.Of("tables.no-rows", ("file", files[0].Path), ("count", files.Count)));
    }

    static T Reading<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DuckDbException e) when (!e.DiskFull && e.Type != DuckDbErrorType.OutOfMemory && e.Type != DuckDbErrorType.Interrupt)
        {
            throw new KumikiException(Message.Of("tables.parquet-broken", ("file", path), ("reason", TableFailure.FirstLine(e.Reason))), e);
        }
    }

    static SourceRead Read(Ready file, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var stream = File.OpenRead(file.Path))
        {
            var bytes = new byte[1 << 20];
            while (stream.Read(bytes) is > 0 and var got)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(bytes, 0, got);
            }
        }
        FileStamp.Require(file.Path, file.Bytes, file.ModifiedTicks);
        return new(file.Path, file.Bytes, file.ModifiedTicks, Digest.FromHash(hash.GetHashAndReset()));
    }

    static Ready Look(Loading loading, DuckDbConnection connection, string path)
    {
        var found = new FileInfo(path);
        var from = SqlText.Rows([path]);
        var rows = Convert.ToInt64(connection.Scalar($"SELECT num_rows FROM parquet_file_metadata({SqlText.Quote(SqlText.Literal(path))})", loading.Cancellation),
            System.Globalization.CultureInfo.InvariantCulture);
        var names = Names(connection, path, loading.Cancellation);
        if (names.GroupBy(n => n, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new KumikiException(Message.Of("tables.csv-twice", ("file", path), ("column", twice.Key), ("first", twice.First()),
                ("firstField", names.IndexOf(twice.First()) + 1), ("second", twice.Last()), ("secondField", names.LastIndexOf(twice.Last()) + 1)));
        IReadOnlyList<DuckDbColumn> columns;
        using (var all = connection.Prepare($"SELECT * FROM {from}")) columns = all.Columns();
        if (rows == 0) loading.Notes.Add(Message.Of("tables.no-rows-note", ("file", path)));

        var map = ColumnMap.Of(path, [.. columns.Select(c => c.Name)], loading.Schema, loading.Notes);
        var cells = loading.Schema.Columns.Select((column, i) => CellOf(loading, connection, path, column, columns[Array.IndexOf(map, i)])).ToList();
        var shown = string.Join(", ", columns.Select(c => $"{SqlText.Name(c.Name)} := q.{SqlText.Name(c.Name)}"));
        return new(path, found.Length, found.LastWriteTimeUtc.Ticks, rows, cells, $"CAST(struct_pack({shown}) AS VARCHAR)");
    }

    // The names as the file has them: a scan would rename the second of two equal ones.
    static List<string> Names(DuckDbConnection connection, string path, CancellationToken cancellation)
    {
        var names = new List<string>();
        using var statement = connection.Prepare($"SELECT name, num_children FROM parquet_schema({SqlText.Quote(SqlText.Literal(path))})");
        using var rows = statement.Execute(cancellation);
        var inside = new Stack<long>();
        while (rows.Next())
            for (var row = 0; row < rows.Chunk.Rows; row++)
            {
                var children = rows.Chunk[1].Value(row) is { } count ? Convert.ToInt64(count, System.Globalization.CultureInfo.InvariantCulture) : 0;
                if (inside.Count == 1) names.Add((string)rows.Chunk[0].Value(row)!);
                if (inside.Count > 0) inside.Push(inside.Pop() - 1);
                if (children > 0) inside.Push(children);
                while (inside.Count > 1 && inside.Peek() == 0) inside.Pop();
            }
        return names;
    }

    static Cell CellOf(Loading loading, DuckDbConnection connection, string path, ColumnSchema column, DuckDbColumn from)
    {
        var value = $"q.{SqlText.Name(from.Name)}";
        if (CellCheck.Of(column, from.Type, value) is not { } check)
        {
            // A column without a single value often has a type that means nothing.
            var empty = column.Nullable && connection.Scalar($"SELECT count({SqlText.Name(from.Name)}) FROM {SqlText.Rows([path])}", loading.Cancellation) is 0L;
            if (!empty)
                throw new KumikiException(Message.Of("tables.parquet-type", ("file", path), ("column", from.Name), ("found", from.Type),
                    ("type", column.TypeName), ("sql", column.Type)));
            loading.Notes.Add(Message.Of("tables.column-empty", ("file", path), ("column", from.Name)));
            return new(column, $"CAST(NULL AS {column.Type})", null, null);
        }
        var fault = check.Faults.Count == 0 ? null : $"CASE {string.Concat(check.Faults.Select(f => $"WHEN {f.When} THEN {(int)f.Fault} "))}END";
        return new(column, $"CAST({check.Cast} AS {column.Type})", fault, $"CAST({value} AS VARCHAR)");
    }

    static long Write(DuckDbConnection connection, Range range, string path, RejectLog rejects, CancellationToken cancellation)
    {
        var cells = range.File.Cells;
        var checkedCells = cells.Where(c => c.Fault is not null).ToList();
        var source = $"""
            (SELECT *, file_row_number AS "kumiki row" FROM {SqlText.NumberedRows([range.File.Path])}
             WHERE file_row_number >= {range.From} AND file_row_number < {range.To}) AS q
            """;
        var good = checkedCells.Count == 0 ? "true" : string.Join(" AND ", checkedCells.Select(c => $"({c.Fault}) IS NULL"));

        // A value at fault must not be cast in the row it spoils: the filter stands between.
        var rows = (long)connection.Scalar($"""
            COPY (SELECT {string.Join(", ", cells.Select(c => $"{c.Cast} AS {c.Column.Sql}"))}
                  FROM {source} WHERE {good}) TO {SqlText.Quote(path)} ({ParquetForm.Options})
            """, cancellation)!;
        if (rows < range.To - range.From) Tell(connection, range.File, checkedCells, source, good, rejects, cancellation);
        return rows;
    }

    static void Tell(DuckDbConnection connection, Ready file, List<Cell> cells, string source, string good, RejectLog rejects, CancellationToken cancellation)
    {
        var asked = string.Concat(cells.Select(c => $", {c.Fault}, {c.Value}"));
        using var statement = connection.Prepare($"SELECT q.\"kumiki row\", {file.All}{asked} FROM {source} WHERE NOT ({good}) ORDER BY 1");
        using var rows = statement.Stream(cancellation);
        while (rows.Next())
            for (var row = 0; row < rows.Chunk.Rows; row++)
                for (var i = 0; i < cells.Count; i++)
                {
                    if (rows.Chunk[2 + 2 * i].Value(row) is not int fault) continue;
                    var value = rows.Chunk[3 + 2 * i];
                    var shown = value.IsNull(row) ? null : Encoding.UTF8.GetString(value.Utf8(row));
                    rejects.Add(new(file.Path, (long)rows.Chunk[0].Value(row)! + 1, cells[i].Column.Name, shown,
                        FieldFaults.Says((FieldFault)fault, cells[i].Column), (string)rows.Chunk[1].Value(row)!));
                }
    }
}
