using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kumiki.Queues;
using Kumiki.Tracking;
using Npgsql;

namespace Kumiki.Store.Postgres;

/// <summary>The metadata in one schema of a PostgreSQL database that the processes of many machines share.</summary>
/// <remarks>
/// <para>Writes are of two kinds. Metrics, logs and what was hashed outside lock only their run and go side by side, so that PostgreSQL syncs many commits at
/// once. Everything that decides (a run's beginning and end, a version's number, stages, releases, collections, schedules) first locks the one row of
/// <c>store</c>, so that decisions of all processes come one after another, each sees all before it, and the order of their locks is the order in which they
/// took effect: linearizable at READ COMMITTED, with nothing to retry and rules that read as in SQLite. The price: decisions commit one by one. SERIALIZABLE
/// would let them overlap only to abort most of them, since nearly all read what another writes.</para>
/// <para>A write whose connection broke before its commit is rolled back, and is run again; one that broke in its commit is asked after by its transaction's
/// number, so that nothing is written twice. Reads that take several statements see one snapshot.</para>
/// </remarks>
public sealed partial class PostgresMetadataStore : IMetadataStore
{
    /// <summary>Of the pool's connections; the others are for reading.</summary>
    const int MostAppending = 8;
    const int Stripes = 16;

    /// <summary>How many of a stripe's writes it names; so many others would have to come to it between a commit and the question of what became of it.</summary>
    const int Last = 32;
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromSeconds(1);

    readonly PostgresAddress address;
    readonly StoreSettings settings;
    readonly TimeProvider clock;
    readonly TimeProvider real = TimeProvider.System;           // the server lives in real time, whatever clock the records are stamped by
    readonly NpgsqlDataSource source;
    readonly SemaphoreSlim deciding = new(1), appending = new(MostAppending);     // who waits for a lock here holds no connection
    bool disposed;

    PostgresMetadataStore(PostgresAddress address, NpgsqlDataSource source, StoreSettings settings, TimeProvider clock)
    {
        (this.address, this.source, this.settings, this.clock) = (address, source, settings, clock);
        telling = Task.Run(TellOthersAsync);
        Tracking = new PostgresTrackingStore(this, clock);
    }

    /// <summary>Opens a store, making its schema or raising it to this program's where needed.</summary>
    /// <exception cref="KumikiException">The server does not answer, refuses the user, has no such database or no connection left, is too old, or the schema
    /// is another program's or a newer Kumiki's; each in its own sentence.</exception>
    public static PostgresMetadataStore Open(PostgresAddress address, StoreSettings settings, TimeProvider clock)
    {
        var source = NpgsqlDataSource.Create(address.Connecting(settings.Patience));
        try
        {
            using (var db = source.OpenConnection()) PostgresSchema.Raise(db, address);
            return new(address, source, settings, clock);
        }
        catch (Exception e)
        {
            source.Dispose();
            if (e is NpgsqlException refused && PostgresTrouble.Of(refused, address, settings.Patience) is { } said) throw said;
            throw;
        }
    }

    /// <summary>Looks whether a store could be opened, without making or changing anything.</summary>
    /// <returns>True when it is there; false when the first use would make it.</returns>
    /// <exception cref="KumikiException">It could not: one of the reasons of <see cref="Open"/>, as far as they show.</exception>
    public static bool Look(PostgresAddress address, StoreSettings settings)
    {
        try
        {
            using var source = NpgsqlDataSource.Create(address.Connecting(settings.Patience));
            using var db = source.OpenConnection();
            return PostgresSchema.IsThere(db, address);
        }
        catch (NpgsqlException e) when (PostgresTrouble.Of(e, address, settings.Patience) is { } said)
        {
            throw said;
        }
    }

    /// <summary>What clients log, in the same schema.</summary>
    public ITrackingStore Tracking { get; }

    /// <summary>Queues in the same schema.</summary>
    internal TableQueue Queue(QueueSettings settings) => new PostgresMessageQueue(this, settings, clock);

    public Task<long> RevisionAsync(CancellationToken stop) => ReadAsync(RevisionAsync, stop);

    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        await deciding.WaitAsync();                             // writes under way come to their end
        for (var i = 0; i < MostAppending; i++) await appending.WaitAsync();
        await StopWatchingAsync();
        await source.DisposeAsync();
        deciding.Dispose();
        appending.Dispose();
    }

    static async Task<long> RevisionAsync(Connection db) =>
        (await db.NumberAsync("SELECT (revision + (SELECT sum(writes) FROM revisions))::bigint FROM store"))!.Value;

    /// <summary>Reads by one statement.</summary>
    internal Task<T> ReadAsync<T>(Func<Connection, Task<T>> read, CancellationToken stop) => PatientlyAsync(async () =>
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        await using var db = await source.OpenConnectionAsync(stop);
        return await read(new(db, stop));
    }, stop);

    /// <summary>Reads by several statements, on one snapshot.</summary>
    internal Task<T> SnapshotAsync<T>(Func<Connection, Task<T>> read, CancellationToken stop) => PatientlyAsync(async () =>
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        await using var db = await source.OpenConnectionAsync(stop);
        await using var snapshot = await db.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, stop);
        return await read(new(db, stop));
    }, stop);

    /// <summary>Writes what depends on what others wrote: one of all processes at a time.</summary>
    /// <param name="decide">May be run more than once; only its last run counts.</param>
    internal Task<T> DecideAsync<T>(Func<Connection, Task<T>> decide, CancellationToken stop) => WriteAsync(deciding, async db =>
    {
        await db.AnyAsync("SELECT 1 FROM store FOR NO KEY UPDATE");         // a statement of its own: those after it see what was committed while it waited
        return await decide(db);
    }, stop);

    /// <summary>Writes what touches nothing but its own run or row.</summary>
    internal Task AppendAsync(Func<Connection, Task> append, CancellationToken stop) => AppendAsync(async db =>
    {
        await append(db);
        return true;
    }, stop);

    internal Task<T> AppendAsync<T>(Func<Connection, Task<T>> append, CancellationToken stop) => WriteAsync(appending, append, stop);

    async Task<T> WriteAsync<T>(SemaphoreSlim turn, Func<Connection, Task<T>> write, CancellationToken stop)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        await turn.WaitAsync(stop);
        try
        {
            return await PatientlyAsync(() => WriteOnceAsync(write, stop), stop);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>1. the write; 2. its count, which makes the revision rise; 3. the commit; 4. word to the others.</summary>
    async Task<T> WriteOnceAsync<T>(Func<Connection, Task<T>> write, CancellationToken stop)
    {
        await using var inner = await source.OpenConnectionAsync(stop);
        await using var transaction = await inner.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, stop);
        var db = new Connection(inner, stop);
        var result = await write(db);
        if (!db.Changed) return result;

        // Last, because its row stays locked until the commit is durable.
        var stripe = Random.Shared.Next(Stripes);
        var token = Random.Shared.NextInt64();
        var (id, count) = await db.FirstAsync(
            "UPDATE revisions SET writes = writes + 1, last = ARRAY[$2::bigint] || last[1:$3] WHERE stripe = $1 RETURNING pg_current_xact_id()::text, writes",
            row => (row.GetString(0), row.GetInt64(1)), default, stripe, token, Last - 1);
        DurableStep.At("database.commit");
        try
        {
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (NpgsqlException e) when (PostgresTrouble.MayPass(e))
        {
            if (!await HasCommittedAsync(id, stripe, count, token)) throw;
        }
        DurableStep.At("database.committed");
        Committed();
        return result;
    }

    /// <summary>Whether a transaction whose answer was lost was committed: 1. when it is under way no more; 2. if the stripe names it among its last writes; 3.
    /// where too many came since, by its number.</summary>
    async Task<bool> HasCommittedAsync(string id, int stripe, long count, long token)
    {
        var began = real.GetTimestamp();
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            try
            {
                await using var inner = await source.OpenConnectionAsync();
                var db = new Connection(inner, CancellationToken.None);
                var status = await StatusAsync(db, id);
                if (status is not "in progress")
                {
                    // A statement of its own, begun after the transaction had ended: it sees what was committed.
                    var (named, since) = await db.FirstAsync("SELECT $2 = ANY(last), writes - $3 FROM revisions WHERE stripe = $1",
                        row => (row.GetBoolean(0), row.GetInt64(1)), default, stripe, token, count);
                    return named || (since >= Last && status == "committed");
                }
            }
            catch (NpgsqlException e) when (PostgresTrouble.MayPass(e))
            {
                if (real.GetElapsedTime(began) > settings.Patience)
                    throw new KumikiException(Message.Of("store.postgres-unknown-end", ("host", address.Host), ("database", address.Database),
                        ("seconds", settings.Patience.TotalSeconds)), e);
            }
            await Task.Delay(pause);
        }
    }

    /// <summary>How a transaction stands by its number, which another may have after a crash.</summary>
    static async Task<string> StatusAsync(Connection db, string id)
    {
        try
        {
            return await db.FirstAsync("SELECT coalesce(pg_xact_status($1::text::xid8), 'unknown')", row => row.GetString(0), "unknown", id);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            return "lost";          // the server came back without ever having kept that transaction
        }
    }

    /// <summary>Does it again while the connection is lost, up to the patience.</summary>
    async Task<T> PatientlyAsync<T>(Func<Task<T>> once, CancellationToken stop)
    {
        var began = real.GetTimestamp();
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            try
            {
                return await once();
            }
            catch (NpgsqlException e) when (PostgresTrouble.MayPass(e) && !disposed && real.GetElapsedTime(began) < settings.Patience)
            {
                source.Clear();         // the connections that wait in the pool are lost too
            }
            catch (NpgsqlException e) when (PostgresTrouble.Of(e, address, settings.Patience) is { } said)
            {
                throw said;
            }
            await Task.Delay(pause, stop);
        }
    }

    static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;

    static string Json<T>(T record, JsonTypeInfo<T> type) => JsonSerializer.Serialize(record, type);

    static string? JsonOrNull<T>(T? record, JsonTypeInfo<T> type) where T : class => record is null ? null : Json(record, type);

    static string Channel(string schema) => string.Create(CultureInfo.InvariantCulture, $"kumiki_{schema}")[..Math.Min(63, schema.Length + 7)];
}
