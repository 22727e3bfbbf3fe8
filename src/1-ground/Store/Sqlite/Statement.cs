using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Kumiki.Store.Sqlite;

/// <summary>One prepared statement on SQLite's own calls, for what runs once a row: no parameter objects, no boxing.</summary>
/// <remarks>Values are added in the order of the marks: <c>using var rows = db.Query("… ?1 … ?2").Add(run).Add(key); while (rows.Next()) …</c>.
/// Disposing ends the
/// reading and keeps the statement for the next time, or closes it where the connection does not keep it. For one thread at a time.</remarks>
sealed class Statement : IDisposable
{
    readonly sqlite3 db;
    readonly sqlite3_stmt handle;
    readonly bool kept;
    int added;

    /// <param name="kept">Whether <see cref="Dispose"/> leaves it prepared.</param>
    internal Statement(sqlite3 db, string sql, bool kept)
    {
        (this.db, this.kept) = (db, kept);
        Check(raw.sqlite3_prepare_v2(db, sql, out handle));
    }

    internal Statement Begin()
    {
        raw.sqlite3_reset(handle);
        added = 0;
        return this;
    }

    internal Statement Add(long value) => Added(raw.sqlite3_bind_int64(handle, ++added, value));

    internal Statement Add(long? value) => value is { } number ? Add(number) : Added(raw.sqlite3_bind_null(handle, ++added));

    internal Statement Add(bool value) => Add(value ? 1L : 0L);

    /// <summary>Infinities are kept; SQLite has no not-a-number.</summary>
    internal Statement Add(double value) => Added(raw.sqlite3_bind_double(handle, ++added, value));

    internal Statement Add(string? value)
    {
        if (value is null) return Added(raw.sqlite3_bind_null(handle, ++added));
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        var bytes = most <= 1024 ? stackalloc byte[1024] : rented = ArrayPool<byte>.Shared.Rent(most);
        var length = Encoding.UTF8.GetBytes(value, bytes);
        var code = raw.sqlite3_bind_text(handle, ++added, bytes[..length]);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return Added(code);
    }

    /// <param name="value">At least one byte.</param>
    internal Statement Add(ReadOnlySpan<byte> value) => Added(raw.sqlite3_bind_blob(handle, ++added, value));

    Statement Added(int code)
    {
        Check(code);
        return this;
    }

    /// <summary>The next row.</summary>
    internal bool Next()
    {
        var code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW) return true;
        if (code != raw.SQLITE_DONE)
        {
            raw.sqlite3_reset(handle);
            Check(code);
        }
        return false;
    }

    /// <summary>Runs to the end and is ready for the next values.</summary>
    /// <returns>Rows changed.</returns>
    internal int Run()
    {
        while (Next()) { }
        Begin();
        return raw.sqlite3_changes(db);
    }

    /// <summary>Goes on with the values of the last run: the first ones stay, and those after them are added anew.</summary>
    /// <param name="values">How many stay.</param>
    internal Statement Again(int values)
    {
        added = values;
        return this;
    }

    internal bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    internal long Whole(int column) => raw.sqlite3_column_int64(handle, column);

    internal long? WholeOrNull(int column) => IsNull(column) ? null : Whole(column);

    internal bool Truth(int column) => Whole(column) != 0;

    internal double Number(int column) => raw.sqlite3_column_double(handle, column);

    internal string Text(int column)
    {
        var bytes = raw.sqlite3_column_blob(handle, column);        // a text's own bytes, without looking for its end
        return Encoding.UTF8.GetString(bytes);
    }

    internal byte[] Bytes(int column) => raw.sqlite3_column_blob(handle, column).ToArray();

    internal string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    void Check(int code)
    {
        if (code != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(code, db);
    }

    public void Dispose()
    {
        if (kept) raw.sqlite3_reset(handle);
        else Close();
    }

    internal void Close() => handle.Dispose();
}
