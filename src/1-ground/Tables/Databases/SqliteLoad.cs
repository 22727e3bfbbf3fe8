using System.Text.Unicode;
using Kumiki.Native.DuckDb;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Kumiki.Tables;

/// <summary>Rows of a SQLite file, read within one read-only transaction and checked value by value.</summary>
/// <remarks>SQLite has no types of columns, only of values, and none for dates: numbers and texts are read as CSV reads them, with numbers exact. A blob is no
/// value of any column.</remarks>
static class SqliteLoad
{
    static SqliteLoad() => Batteries_V2.Init();

    internal static IReadOnlyList<string> Files(string path, string root)
    {
        var file = Path.GetFullPath(Path.Combine(root, path));
        if (!File.Exists(file)) throw new KumikiException(Message.Of("tables.files-none", ("pattern", path), ("root", Path.GetFullPath(root))));
        var log = new FileInfo(file + "-wal");
        return log.Exists && log.Length > 0 ? [file, log.FullName] : [file];
    }

    internal static LoadResult Run(Loading loading, SqliteSource source)
    {
        var files = Files(source.Path, loading.Root);
        var reads = files.Select(f => Read(f, loading.Cancellation)).ToList();
        try
        {
            var settings = new SqliteConnectionStringBuilder { DataSource = files[0], Mode = SqliteOpenMode.ReadOnly, Pooling = false };
            using var connection = new SqliteConnection(settings.ToString());
            connection.Open();
            using var stop = loading.Cancellation.Register(() => raw.sqlite3_interrupt(connection.Handle));
            using var transaction = connection.BeginTransaction(deferred: true);
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = Select(loading, source, connection, transaction);
            using var rows = command.ExecuteReader();
            var fields = Enumerable.Range(0, rows.FieldCount).Select(rows.GetName).ToList();
            var name = $"{files[0]}/{(TableName.IsQuery(source.Rows) ? "query" : source.Rows)}";
            var table = new TextFile(name, name, 0, 1, ColumnMap.Of(name, fields, loading.Schema, loading.Notes)) { Fields = fields };
            using var parts = new Parts(table, rows, reads, loading.Cancellation);
            TextLoad.Read(loading, parts, token => RowReader.Of(loading.Schema, token), Math.Max(loading.Options.PartBytes, reads.Sum(r => r.Bytes)));
            var result = loading.Finish(reads, () => Message.Of("tables.no-rows", ("file", name), ("count", 1)));
            foreach (var read in reads) FileStamp.Require(read.Path, read.Bytes, read.ModifiedTicks);
            return result;
        }
        catch (SqliteException e)
        {
            loading.Cancellation.ThrowIfCancellationRequested();
            throw e.SqliteErrorCode is raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT
                ? new KumikiException(Message.Of("tables.sqlite-broken", ("file", files[0]), ("reason", Reason(e))), e)
                : new KumikiException(Message.Of("tables.sqlite-failed", ("file", files[0]), ("reason", Reason(e)),
                    ("rows", DuckDbConnection.Shown(source.Rows))), e);
        }
    }

    // "SQLite Error 1: 'no such table: sale'." holds the reason in quotes.
    static string Reason(SqliteException e) =>
        e.Message.IndexOf('\'', StringComparison.Ordinal) is >= 0 and var quote ? e.Message[(quote + 1)..].TrimEnd('.', '\'') : e.Message;

    static SourceRead Read(string file, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var found = new FileInfo(file);
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return new(file, found.Length, found.LastWriteTimeUtc.Ticks, Digest.FromHash(System.Security.Cryptography.SHA256.HashData(stream)));
    }

    static string Select(Loading loading, SqliteSource source, SqliteConnection connection, SqliteTransaction transaction)
    {
        if (TableName.IsQuery(source.Rows))
        {
            if (!TableName.IsOrdered(source.Rows)) loading.Notes.Add(Message.Of("tables.rows-unordered", ("rows", DuckDbConnection.Shown(source.Rows))));
            return TableName.WithoutEnd(source.Rows);
        }
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT name FROM pragma_table_info($table) WHERE pk > 0 ORDER BY pk";
        command.Parameters.AddWithValue("$table", source.Rows.Split('.')[^1]);
        var key = new List<string>();
        using (var rows = command.ExecuteReader())
            while (rows.Read()) key.Add(SqlText.Name(rows.GetString(0)));
        if (key.Count > 0) return $"SELECT * FROM {TableName.Quoted(source.Rows)} ORDER BY {string.Join(", ", key)}";

        command.CommandText = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $table COLLATE NOCASE";
        if (command.ExecuteScalar() is 1L) return $"SELECT * FROM {TableName.Quoted(source.Rows)} ORDER BY rowid";
        loading.Notes.Add(Message.Of("tables.rows-unordered", ("rows", source.Rows)));
        return $"SELECT * FROM {TableName.Quoted(source.Rows)}";
    }

    sealed class Parts(TextFile table, SqliteDataReader rows, IReadOnlyList<SourceRead> reads, CancellationToken cancellation) : RowParts(table)
    {
        readonly sqlite3_stmt statement = rows.Handle!;

        internal override IReadOnlyList<SourceRead> Reads => reads;

        internal override double? Share => null;

        protected override bool NextRow(RowText row)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!rows.Read()) return false;
            for (var field = 0; field < Table.Fields!.Count; field++)
                switch (raw.sqlite3_column_type(statement, field))
                {
                    case raw.SQLITE_NULL:
                        row.Null();
                        break;
                    case raw.SQLITE_INTEGER:
                        row.Number(raw.sqlite3_column_int64(statement, field));
                        break;
                    case raw.SQLITE_FLOAT:
                        row.Number(raw.sqlite3_column_double(statement, field));
                        break;
                    case raw.SQLITE_TEXT:
                        var text = raw.sqlite3_column_blob(statement, field);      // the bytes of the text as they are
                        if (Utf8.IsValid(text)) row.Text(text);
                        else Refused(row, field, Message.Of("tables.reject-text"));
                        break;
                    default:
                        Refused(row, field, Message.Of("tables.reject-blob"));
                        break;
                }
            return true;
        }

        // What no column asks for may hold anything.
        void Refused(RowText row, int field, Message why)
        {
            if (Table.Columns[field] < 0) row.Null();
            else row.Refuse(Table.Fields![field], why);
        }
    }
}
