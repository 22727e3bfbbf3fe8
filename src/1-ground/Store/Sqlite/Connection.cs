using System.Globalization;
using Kumiki.Tracking;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Kumiki.Store.Sqlite;

/// <summary>One open connection that keeps every statement it ran prepared: opening, its pragmas and preparing cost more than most queries.</summary>
/// <remarks>Values fill <c>?1, ?2, …</c> in order. For one thread at a time.</remarks>
sealed class Connection : IDisposable
{
    readonly SqliteConnection inner;
    readonly Dictionary<string, SqliteCommand> statements = new(StringComparer.Ordinal);
    readonly Dictionary<string, Statement> queries = new(StringComparer.Ordinal);

    static Connection() => Batteries_V2.Init();

    Connection(string path, SqliteOpenMode mode, TimeSpan busy)
    {
        inner = new(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            inner.Open();
            Patience(busy);
            inner.CreateFunction("matches", (string pattern, string? text, bool anyCase) => text is not null && LikePattern.Matches(pattern, text, anyCase), isDeterministic: true);
            Run("PRAGMA foreign_keys = ON");
            Run("PRAGMA temp_store = MEMORY");
            Run("PRAGMA cache_size = -16000");              // 16 MB
            Run("PRAGMA journal_size_limit = 67108864");    // after one very large write the WAL becomes small again
        }
        catch (SqliteException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>For writing: durable at every commit, made if it is not there.</summary>
    internal static Connection ToWrite(string path, TimeSpan busy)
    {
        var connection = new Connection(path, SqliteOpenMode.ReadWriteCreate, busy);
        connection.Run("PRAGMA synchronous = FULL");
        connection.Run("PRAGMA wal_autocheckpoint = 4000");     // pages; a page that several commits wrote goes into the file once
        return connection;
    }

    /// <summary>For reading; it needs leave to write all the same, for the memory that WAL shares.</summary>
    internal static Connection ToRead(string path, TimeSpan busy)
    {
        var connection = new Connection(path, SqliteOpenMode.ReadWrite, busy);
        connection.Run("PRAGMA query_only = ON");
        return connection;
    }

    /// <summary>Whether a transaction is open; SQLite ends one itself after some errors.</summary>
    internal bool InTransaction => raw.sqlite3_get_autocommit(inner.Handle) == 0;

    /// <summary>How many rows this connection has changed since it was opened.</summary>
    internal long Changes => raw.sqlite3_total_changes(inner.Handle);

    /// <summary>How long SQLite itself waits for a lock, holding the thread.</summary>
    internal void Patience(TimeSpan busy) => raw.sqlite3_busy_timeout(inner.Handle, (int)busy.TotalMilliseconds);

    /// <summary>Runs a statement; several, divided by semicolons, where there are no values.</summary>
    /// <returns>Rows changed.</returns>
    internal int Run(string sql, params ReadOnlySpan<object?> values) => Filled(sql, values).ExecuteNonQuery();

    internal List<T> All<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var rows = Filled(sql, values).ExecuteReader();
        var all = new List<T>();
        while (rows.Read()) all.Add(read(rows));
        return all;
    }

    /// <summary>The first row; <paramref name="none"/> where there is no row.</summary>
    internal T First<T>(string sql, Func<SqliteDataReader, T> read, T none, params ReadOnlySpan<object?> values)
    {
        using var rows = Filled(sql, values).ExecuteReader();
        return rows.Read() ? read(rows) : none;
    }

    /// <summary>The number in the first column of the first row; null where there is none.</summary>
    internal long? Number(string sql, params ReadOnlySpan<object?> values) => First(sql, row => row.IsDBNull(0) ? (long?)null : row.GetInt64(0), null, values);

    internal bool Any(string sql, params ReadOnlySpan<object?> values) => First(sql, _ => true, none: false, values);

    /// <summary>A statement for what runs once a row; it stays prepared. Dispose it after use, and do not ask for the same text again before.</summary>
    internal Statement Query(string sql)
    {
        if (!queries.TryGetValue(sql, out var query)) queries.Add(sql, query = new(inner.Handle!, sql, kept: true));
        return query.Begin();
    }

    /// <summary>A statement put together for one question, as a search is: it goes when disposed, so that no user fills this connection with statements.</summary>
    internal Statement QueryOnce(string sql) => new(inner.Handle!, sql, kept: false);

    SqliteCommand Filled(string sql, ReadOnlySpan<object?> values)
    {
        if (!statements.TryGetValue(sql, out var command))
        {
            command = inner.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++) command.Parameters.Add(new() { ParameterName = $"?{(i + 1).ToString(CultureInfo.InvariantCulture)}" });
            statements.Add(sql, command);
        }
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = Stored(values[i]);
        return command;
    }

    static object Stored(object? value) => value switch
    {
        null => DBNull.Value,
        double.NaN => DBNull.Value,                     // SQLite has no not-a-number
        Digest digest => digest.Hex,
        RunId run => run.Number,
        DateTimeOffset at => at.UtcTicks,
        Enum name => name.ToString(),
        _ => value,
    };

    public void Dispose()
    {
        foreach (var query in queries.Values) query.Close();
        foreach (var statement in statements.Values) statement.Dispose();
        inner.Dispose();
    }
}
