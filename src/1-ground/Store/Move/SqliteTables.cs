using System.Globalization;
using Kumiki.Store.Sqlite;

namespace Kumiki.Store.Moving;

/// <summary>The tables of an SQLite file. One that is filled has another name until it is whole, and then takes its own in one step.</summary>
sealed class SqliteTables : IFilledTables
{
    readonly string path, filling;
    readonly TimeSpan patience;
    Connection db;

    SqliteTables(string path, string filling, TimeSpan patience, Connection db) => (this.path, this.filling, this.patience, this.db) = (path, filling, patience,
        db);

    /// <summary>Opens a store to read from.</summary>
    internal static SqliteTables Of(string path, TimeSpan patience) => new(path, path, patience, Connection.ToRead(path, patience));

    /// <summary>Opens a store to fill; nothing has its name yet.</summary>
    internal static SqliteTables ToFill(string path, TimeSpan patience)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new(path, path + ".moving", patience, Raised(path + ".moving", patience));
    }

    static Connection Raised(string filling, TimeSpan patience)
    {
        var db = Connection.ToWrite(filling, patience);
        Schema.Raise(db, filling, Migration.All[^1].Number);
        db.Run("CREATE TABLE IF NOT EXISTS moving (source TEXT NOT NULL, revision INTEGER NOT NULL)");
        return db;
    }

    public Task<IReadOnlyList<string>> UnknownAsync(CancellationToken stop) => Task.Run<IReadOnlyList<string>>(() =>
    {
        var known = RecordTable.All.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        var others = db.All("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'moving' ORDER BY name",
                row => row.GetString(0))
            .Where(name => !known.Contains(name)).ToList();
        if (others.Count == 0) return [];

        // A step of the schema may put rows in: what an empty store has too is nobody's loss.
        var empty = Directory.CreateTempSubdirectory("kumiki-empty-");
        try
        {
            using var fresh = Raised(Path.Combine(empty.FullName, "store.db"), patience);
            return [.. others.Where(name => !(Holds(fresh, name) is { } rows && rows == Holds(db, name)))];
        }
        finally
        {
            empty.Delete(recursive: true);
        }

        static long? Holds(Connection db, string name) => db.Any("SELECT 1 FROM sqlite_schema WHERE name = ?1", name)
            ? db.Number($"SELECT count(*) FROM \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")
            : null;
    }, stop);

    public Task<IReadOnlyList<object?[]>> PageAsync(RecordTable table, object?[]? after, int limit, CancellationToken stop) =>
        Task.Run<IReadOnlyList<object?[]>>(() => db.All(table.PageSql(after is not null, Parameter), row =>
        {
            var values = new object?[row.FieldCount];
            for (var i = 0; i < values.Length; i++) values[i] = row.IsDBNull(i) ? null : row.GetValue(i);
            return values;
        }, [.. after ?? [], limit]), stop);

    public Task<object?[]?> LastAsync(RecordTable table, CancellationToken stop) => Task.FromResult(db.First<object?[]?>(
        $"SELECT {RecordTable.Quoted(table.Key)} FROM {table.Name} ORDER BY {string.Join(", ", table.Key.Select(k => $"\"{k}\" DESC"))} LIMIT 1",
        row => [.. Enumerable.Range(0, row.FieldCount).Select(row.GetValue)], null));

    public Task<long> CountAsync(RecordTable table, CancellationToken stop) => Task.FromResult(db.Number($"SELECT count(*) FROM {table.Name}")!.Value);

    public Task<long> GivenAsync(RecordTable table, CancellationToken stop) => Task.FromResult(Math.Max(
        db.Number($"SELECT coalesce(max(id), 0) FROM {table.Name}")!.Value, db.Number("SELECT seq FROM sqlite_sequence WHERE name = ?1", table.Name) ?? 0));

    public Task<long> RevisionAsync(CancellationToken stop) => Task.FromResult(db.Number("SELECT revision FROM store")!.Value);

    public Task BeginAsync(string source, long revision, CancellationToken stop)
    {
        if (db.Any("SELECT 1 FROM moving WHERE source = ?1 AND revision = ?2", source, revision)) return Task.CompletedTask;
        // Another move's, or one that was killed after its last row and before it got its name: nothing of it can be taken out again.
        db.Dispose();
        Remove(filling);
        db = Raised(filling, patience);
        // What the schema itself puts in comes from the source too, as it is there.
        db.Run("BEGIN IMMEDIATE");
        foreach (var table in RecordTable.All.Reverse().Where(t => t.Name != "store")) db.Run($"DELETE FROM {table.Name}");
        db.Run("INSERT INTO moving (source, revision) VALUES (?1, ?2)", source, revision);
        db.Run("COMMIT");
        return Task.CompletedTask;
    }

    public Task AddAsync(RecordTable table, IReadOnlyList<object?[]> rows, CancellationToken stop) => Task.Run(() =>
    {
        var values = string.Join(", ", table.Columns.Select((_, i) => Parameter(i + 1)));
        var insert = $"INSERT OR REPLACE INTO {table.Name} ({RecordTable.Quoted(table.Columns)}) VALUES ({values})";
        db.Run("BEGIN IMMEDIATE");
        foreach (var row in rows) db.Run(insert, row);
        DurableStep.At("move.commit");
        db.Run("COMMIT");
        DurableStep.At("move.committed");
    }, stop);

    public Task EndAsync(IReadOnlyDictionary<RecordTable, long> given, CancellationToken stop)
    {
        foreach (var (table, number) in given)
        {
            // Only tables that count so have a row there, once something was added.
            if (db.Run("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", table.Name, number) == 0 && number > 0
                && db.Any("SELECT 1 FROM sqlite_schema WHERE name = ?1 AND sql LIKE '%AUTOINCREMENT%'", table.Name))
                db.Run("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", table.Name, number);
        }
        db.Run("DROP TABLE moving");
        db.First("PRAGMA wal_checkpoint(TRUNCATE)", _ => true, none: false);
        db.Dispose();
        DurableStep.At("move.rename");
        if (!Posix.Rename(filling, path)) throw new IOException($"{filling} could not be renamed to {path}.");
        Posix.FsyncFolder(Path.GetDirectoryName(path)!);
        DurableStep.At("move.renamed");
        Remove(filling);        // what is left beside it
        db = Connection.ToRead(path, patience);
        return Task.CompletedTask;
    }

    static void Remove(string database)
    {
        foreach (var part in new[] { "-wal", "-shm", "" }) File.Delete(database + part);
    }

    static string Parameter(int number) => "?" + number.ToString(CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync()
    {
        db.Dispose();
        return ValueTask.CompletedTask;
    }
}
