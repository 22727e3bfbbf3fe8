using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Kumiki.Store.Sqlite;

public sealed partial class SqliteMetadataStore
{
    readonly Lock watchGate = new();
    readonly CancellationTokenSource watchEnds = new();
    TaskCompletionSource changed = NewSignal();
    Task? watching;
    long newest;

    public async IAsyncEnumerable<long> ChangesAsync(long after, [EnumeratorCancellation] CancellationToken stop)
    {
        lock (watchGate) watching ??= Task.Run(WatchOthersAsync, CancellationToken.None);     // for all subscribers, until the store closes
        for (; ; )
        {
            var next = Volatile.Read(ref changed);              // taken before looking, so that no commit falls between
            var revision = Math.Max(await RevisionAsync(stop), Interlocked.Read(ref newest));
            if (revision > after) yield return after = revision;
            else await next.Task.WaitAsync(stop);
        }
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>This process committed.</summary>
    void Committed(long revision)
    {
        Interlocked.Exchange(ref newest, revision);
        Interlocked.Exchange(ref changed, NewSignal()).SetResult();
    }

    /// <summary>SQLite's data version changes when another connection commits, and costs no read of the file to ask for.</summary>
    async Task WatchOthersAsync()
    {
        using var timer = new PeriodicTimer(settings.Look);
        Connection? db = null;
        var seen = -1L;
        try
        {
            while (await timer.WaitForNextTickAsync(watchEnds.Token))
            {
                try
                {
                    db ??= Connection.ToRead(path, settings.Patience);
                    var version = db.Number("PRAGMA data_version")!.Value;
                    if (version == seen) continue;
                    seen = version;
                    Interlocked.Exchange(ref changed, NewSignal()).SetResult();
                }
                catch (SqliteException e)
                {
                    // Those who wait are told; it may be over at the next look.
                    Interlocked.Exchange(ref changed, NewSignal()).SetException(StoreTrouble.Of(e, path) ?? (Exception)e);
                }
            }
        }
        catch (OperationCanceledException) when (watchEnds.IsCancellationRequested)
        {
            // The store is being closed.
        }
        finally
        {
            db?.Dispose();
        }
    }

    async Task StopWatchingAsync()
    {
        await watchEnds.CancelAsync();
        Task? running;
        lock (watchGate) running = watching;
        if (running is not null) await running;
        watchEnds.Dispose();
        Volatile.Read(ref changed).TrySetException(new ObjectDisposedException(nameof(SqliteMetadataStore)));
    }
}
