using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kumiki.Queues;
using Kumiki.Tracking;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Kumiki.Store.Sqlite;

/// <summary>The metadata in one SQLite file that all processes of a machine share: WAL, every commit synced, writes in groups.</summary>
/// <remarks>See <c>docs/formats/store-folder.md</c> for the tables. Reads run on the caller's thread, each on a snapshot, and do not wait for
/// writers.</remarks>
public sealed partial class SqliteMetadataStore : IMetadataStore
{
    const int MostIdleReaders = 8;

    readonly string path;
    readonly StoreSettings settings;
    readonly TimeProvider clock;
    readonly WriteQueue writes;
    readonly ConcurrentBag<Connection> idleReaders = [];
    bool disposed;

    SqliteMetadataStore(string path, Connection writer, StoreSettings settings, TimeProvider clock)
    {
        (this.path, this.settings, this.clock) = (path, settings, clock);
        writes = new(writer, path, settings.Patience, Committed);
        Tracking = new SqliteTrackingStore(this, clock);
    }

    /// <summary>Opens a store, making it or raising it to this program's schema where needed.</summary>
    /// <exception cref="KumikiException">The file is another program's, a newer Kumiki's or damaged, or cannot be written; each in its own
    /// sentence.</exception>
    public static SqliteMetadataStore Open(string path, StoreSettings settings, TimeProvider clock)
    {
        path = Path.GetFullPath(path);
        Connection? writer = null;
        try
        {
            // Only SQLite may open this file: closing any other descriptor of it would drop the locks of every connection in this process.
            writer = Connection.ToWrite(path, settings.Patience);
            Schema.Raise(writer, path, Migration.All[^1].Number);
            writer.Patience(TimeSpan.Zero);      // from now on the queue waits itself, without holding a thread
            return new(path, writer, settings, clock);
        }
        catch (SqliteException e)
        {
            writer?.Dispose();
            if (e.SqliteErrorCode == raw.SQLITE_BUSY) throw WriteQueue.Held(path, settings.Patience, e);
            if (StoreTrouble.Of(e, path) is { } said) throw said;
            throw;
        }
        catch (Exception e)
        {
            writer?.Dispose();
            if (StoreTrouble.Of(e, path) is { } said) throw said;
            throw;
        }
    }

    /// <summary>What clients log, in the same file and the same commits.</summary>
    public ITrackingStore Tracking { get; }

    /// <summary>Queues in the same file.</summary>
    internal TableQueue Queue(QueueSettings settings) => new SqliteMessageQueue(this, settings, clock);

    /// <summary>How many transactions this process has committed here; each is one fsync of the WAL.</summary>
    public long Commits => writes.Commits;

    public Task<long> RevisionAsync(CancellationToken stop) => ReadAsync(Revision, stop);

    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        await writes.DisposeAsync();
        await StopWatchingAsync();
        while (idleReaders.TryTake(out var reader)) reader.Dispose();
    }

    static long Revision(Connection db) => db.Number("SELECT revision FROM store")!.Value;

    internal Task<T> WriteAsync<T>(Func<Connection, T> write, CancellationToken stop) => writes.WriteAsync(write, stop);

    internal Task WriteAsync(Action<Connection> write, CancellationToken stop) => writes.WriteAsync(db => { write(db); return true; }, stop);

    /// <summary>Reads on one snapshot.</summary>
    internal Task<T> ReadAsync<T>(Func<Connection, T> read, CancellationToken stop)
    {
        if (stop.IsCancellationRequested) return Task.FromCanceled<T>(stop);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (!idleReaders.TryTake(out var db)) db = Connection.ToRead(path, settings.Patience);
            try
            {
                db.Run("BEGIN");
                var found = read(db);
                db.Run("COMMIT");
                if (idleReaders.Count < MostIdleReaders && !disposed)
                {
                    idleReaders.Add(db);
                    db = null;
                }
                return Task.FromResult(found);
            }
            finally
            {
                db?.Dispose();          // also after an error: no statement of it stays open
            }
        }
        catch (SqliteException e)
        {
            var said = e.SqliteErrorCode == raw.SQLITE_BUSY ? WriteQueue.Held(path, settings.Patience, e) : StoreTrouble.Of(e, path);
            return Task.FromException<T>(said ?? (Exception)e);
        }
        catch (Exception e)
        {
            return Task.FromException<T>(e);
        }
    }

    /// <summary>Reads much, away from the caller's thread.</summary>
    Task<T> ReadManyAsync<T>(Func<Connection, T> read, CancellationToken stop) => Task.Run(() => ReadAsync(read, stop), stop);

    static string Json<T>(T record, JsonTypeInfo<T> type) => JsonSerializer.Serialize(record, type);
}
