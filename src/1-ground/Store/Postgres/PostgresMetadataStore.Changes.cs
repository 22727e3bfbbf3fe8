using System.Runtime.CompilerServices;
using Npgsql;

namespace Kumiki.Store.Postgres;

/// <summary>Word of commits goes round by LISTEN and NOTIFY.</summary>
/// <remarks>NOTIFY within a write would make all commits of the database wait for each other, so each process sends it after its commits, one for all that came
/// meanwhile. What is lost (a process killed between commit and word, a broken connection, a proxy that keeps no sessions) is found by looking, once a
/// second.</remarks>
public sealed partial class PostgresMetadataStore
{
    static readonly TimeSpan Lookout = TimeSpan.FromSeconds(1);

    readonly Lock watchGate = new();
    readonly CancellationTokenSource watchEnds = new();
    readonly SemaphoreSlim untold = new(0);
    readonly Task telling;
    TaskCompletionSource changed = NewSignal();
    Task? watching;
    long newest;
    int toTell;

    public async IAsyncEnumerable<long> ChangesAsync(long after, [EnumeratorCancellation] CancellationToken stop)
    {
        lock (watchGate) watching ??= Task.Run(WatchAsync, CancellationToken.None);     // for all subscribers, until the store closes
        Rise(await RevisionAsync(stop));
        for (; ; )
        {
            var next = Volatile.Read(ref changed);              // taken before looking, so that no commit falls between
            var revision = Interlocked.Read(ref newest);
            if (revision > after) yield return after = revision;
            else await next.Task.WaitAsync(stop);
        }
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    void Rise(long revision)
    {
        for (var known = Interlocked.Read(ref newest); revision > known;)
        {
            var before = Interlocked.CompareExchange(ref newest, revision, known);
            if (before == known)
            {
                Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();
                return;
            }
            known = before;
        }
    }

    /// <summary>This process committed.</summary>
    void Committed()
    {
        if (Interlocked.Exchange(ref toTell, 1) == 0) untold.Release();
    }

    async Task TellOthersAsync()
    {
        for (; ; )
        {
            await untold.WaitAsync();
            if (Interlocked.Exchange(ref toTell, 0) == 0 && watchEnds.IsCancellationRequested) return;
            try
            {
                await using var db = await source.OpenConnectionAsync();
                await using var tell = new NpgsqlCommand($"BEGIN; SET LOCAL synchronous_commit = off; NOTIFY {Channel(address.Schema)}; COMMIT", db);
                await tell.ExecuteNonQueryAsync();
            }
            catch (NpgsqlException)
            {
                // The others find it when they look.
            }
        }
    }

    async Task WatchAsync()
    {
        var heard = real.GetTimestamp();
        while (!watchEnds.IsCancellationRequested)
        {
            try
            {
                await using var db = await source.OpenConnectionAsync(watchEnds.Token);
                await using (var listen = new NpgsqlCommand($"LISTEN {Channel(address.Schema)}", db)) await listen.ExecuteNonQueryAsync(watchEnds.Token);
                for (; ; )
                {
                    Rise(await RevisionAsync(new Connection(db, watchEnds.Token)));
                    heard = real.GetTimestamp();
                    await db.WaitAsync(Lookout, watchEnds.Token);
                }
            }
            catch (OperationCanceledException) when (watchEnds.IsCancellationRequested)
            {
                return;             // the store is being closed
            }
            catch (NpgsqlException e)
            {
                // Those who wait are told only when it stays away; it may be over at the next look.
                if (real.GetElapsedTime(heard) > settings.Patience)
                    Interlocked.Exchange(ref changed, NewSignal()).TrySetException(PostgresTrouble.Of(e, address, settings.Patience) ?? (Exception)e);
            }
            await Task.WhenAny(Task.Delay(Lookout, watchEnds.Token));
        }
    }

    async Task StopWatchingAsync()
    {
        await watchEnds.CancelAsync();
        untold.Release();
        await telling;
        Task? running;
        lock (watchGate) running = watching;
        if (running is not null) await running;
        untold.Dispose();
        watchEnds.Dispose();
        Volatile.Read(ref changed).TrySetException(new ObjectDisposedException(nameof(PostgresMetadataStore)));
    }
}
