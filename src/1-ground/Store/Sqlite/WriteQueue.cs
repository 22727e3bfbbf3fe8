using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Kumiki.Store.Sqlite;

/// <summary>One process's writes to a database: all that wait are run in one transaction, each within a savepoint, so that they share one fsync and a failing
/// one rolls back alone. A write that waits alone needs no savepoint: the transaction is its own.</summary>
/// <remarks>
/// For each group: 1. take all that wait; 2. begin, waiting for other processes up to the patience; 3. run each in its savepoint; 4. raise the revision by
/// the writes that changed something; 5. commit (the fsync); 6. answer. A group whose transaction breaks is run again one by one, so that a write too large
/// for the disk does not take the others with it.
/// </remarks>
sealed class WriteQueue : IAsyncDisposable
{
    const int MostInOneCommit = 512;
    static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(1), Courtesy = TimeSpan.FromMilliseconds(3), OthersAreWriting = TimeSpan.FromSeconds(1);

    readonly Connection db;
    readonly string path;
    readonly TimeSpan patience;
    readonly TimeProvider clock = TimeProvider.System;      // other processes live in real time, whatever clock the records are stamped by
    readonly Action<long> committed;
    readonly Channel<Write> waiting = Channel.CreateUnbounded<Write>(new() { SingleReader = true });
    readonly Task writing;
    long dataVersion = -1, othersWrote = long.MinValue;
    long commits;

    /// <param name="db">Owned by the queue.</param>
    /// <param name="patience">How long to wait while another process holds the database.</param>
    /// <param name="committed">Told the new revision after each commit.</param>
    internal WriteQueue(Connection db, string path, TimeSpan patience, Action<long> committed)
    {
        (this.db, this.path, this.patience, this.committed) = (db, path, patience, committed);
        writing = Task.Run(WriteAllAsync);
    }

    /// <summary>How many transactions this process has committed.</summary>
    internal long Commits => Interlocked.Read(ref commits);

    /// <summary>Runs a write, all or nothing; it is durable when the task ends.</summary>
    /// <param name="write">May be run more than once; only its last run counts.</param>
    internal Task<T> WriteAsync<T>(Func<Connection, T> write, CancellationToken stop)
    {
        var one = new Write<T>(write, stop);
        ObjectDisposedException.ThrowIf(!waiting.Writer.TryWrite(one), this);
        return one.Task;
    }

    async Task WriteAllAsync()
    {
        var group = new List<Write>();
        while (await waiting.Reader.WaitToReadAsync())
        {
            while (group.Count < MostInOneCommit && waiting.Reader.TryRead(out var next))
                if (next.Taken()) group.Add(next);
            if (group.Count == 0) continue;
            if (!await CommittedAsync(group))
                foreach (var write in group) await CommittedAsync([write]);
            group.Clear();

            // SQLite's lock knows no queue: without a pause, a busy process would keep the others out.
            if (othersWrote != long.MinValue && clock.GetElapsedTime(othersWrote) < OthersAreWriting) await Task.Delay(Courtesy);
        }
    }

    /// <returns>False when the transaction broke and the group is to be run one by one; true when every write has its answer.</returns>
    async Task<bool> CommittedAsync(IReadOnlyList<Write> group)
    {
        try
        {
            await BeginAsync();
            var changed = 0;
            foreach (var write in group)
                if (group.Count == 1 ? write.RunAlone(db) : write.Run(db)) changed++;
            if (!db.InTransaction)
            {
                foreach (var write in group) write.Answer();        // it failed alone, and was rolled back
                return true;
            }
            var revision = changed == 0 ? 0 : db.Number("UPDATE store SET revision = revision + ?1 RETURNING revision", changed)!.Value;
            if (changed > 0) DurableStep.At("database.commit");
            db.Run("COMMIT");
            if (changed > 0)
            {
                DurableStep.At("database.committed");
                Interlocked.Increment(ref commits);
                committed(revision);
            }
            foreach (var write in group) write.Answer();
            return true;
        }
        catch (Exception e)
        {
            if (RolledBack() is { } second) e = new AggregateException(e, second);
            if (group.Count > 1 && e is not KumikiException) return false;
            foreach (var write in group) write.Fail(Said(e));
            return true;
        }
    }

    /// <returns>What went wrong in going back; null where nothing did. Whoever waits for a write is answered in any case.</returns>
    SqliteException? RolledBack()
    {
        try
        {
            if (db.InTransaction) db.Run("ROLLBACK");
            return null;
        }
        catch (SqliteException e)
        {
            return e;
        }
    }

    Exception Said(Exception error) => error switch
    {
        TransactionLostException { InnerException: { } lost } => Said(lost),
        SqliteException e => StoreTrouble.Of(e, path) ?? error,
        _ => error,
    };

    async Task BeginAsync()
    {
        for (var since = clock.GetTimestamp(); ;)
        {
            try
            {
                db.Run("BEGIN IMMEDIATE");
                break;
            }
            catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_BUSY)
            {
                if (clock.GetElapsedTime(since) > patience) throw Held(path, patience, e);
            }
            await Task.Delay(Retry);
        }
        var now = db.Number("PRAGMA data_version")!.Value;
        if (dataVersion >= 0 && now != dataVersion) othersWrote = clock.GetTimestamp();
        dataVersion = now;
    }

    /// <summary>Another process did not let go of the database.</summary>
    internal static KumikiException Held(string path, TimeSpan patience, SqliteException e) => LockHolder.Of(path) is { } process
        ? new(Message.Of("store.held-by", ("path", path), ("process", process), ("seconds", patience.TotalSeconds)), e)
        : new(Message.Of("store.held", ("path", path), ("seconds", patience.TotalSeconds)), e);

    /// <summary>Ends after all writes that wait.</summary>
    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await writing;
        db.Dispose();
    }

    /// <summary>SQLite ended the whole transaction within one write, as it does when the disk is full.</summary>
    sealed class TransactionLostException(Exception why) : Exception(why.Message, why);

    abstract class Write
    {
        /// <returns>False when it was cancelled while it waited.</returns>
        internal abstract bool Taken();

        /// <summary>Runs it as one of several of a transaction.</summary>
        /// <returns>Whether it changed anything.</returns>
        internal abstract bool Run(Connection db);

        /// <summary>Runs it as all there is of a transaction, which is over where it fails.</summary>
        /// <returns>Whether it changed anything.</returns>
        internal abstract bool RunAlone(Connection db);
        internal abstract void Answer();
        internal abstract void Fail(Exception error);
    }

    sealed class Write<T>(Func<Connection, T> write, CancellationToken stop) : Write
    {
        readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        T result = default!;
        Exception? failed;

        internal Task<T> Task => answer.Task;

        internal override bool Taken()
        {
            if (!stop.IsCancellationRequested) return true;
            answer.SetCanceled(stop);
            return false;
        }

        internal override bool Run(Connection db)
        {
            failed = null;
            db.Run("SAVEPOINT one_write");
            var before = db.Changes;
            try
            {
                result = write(db);
            }
            catch (Exception e)
            {
                if (!db.InTransaction) throw new TransactionLostException(e);
                failed = e;
                db.Run("ROLLBACK TO one_write");
                db.Run("RELEASE one_write");
                return false;
            }
            db.Run("RELEASE one_write");
            return db.Changes != before;
        }

        internal override bool RunAlone(Connection db)
        {
            failed = null;
            var before = db.Changes;
            try
            {
                result = write(db);
                return db.Changes != before;
            }
            catch (Exception e)
            {
                if (!db.InTransaction) throw new TransactionLostException(e);
                failed = e;
                db.Run("ROLLBACK");
                return false;
            }
        }

        internal override void Answer()
        {
            if (failed is null) answer.SetResult(result);
            else answer.SetException(failed);
        }

        internal override void Fail(Exception error) => answer.SetException(error);
    }
}
