using Kumiki.Making;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>The makings this server has under way; they are cancelled, and waited for, when it stops.</summary>
sealed partial class Makings(ILogger<Makings> log) : IAsyncDisposable
{
    readonly CancellationTokenSource stopping = new();
    readonly Lock gate = new();
    readonly HashSet<Task> underWay = [];

    /// <summary>What cancels the making of each run that has begun here and not ended.</summary>
    readonly Dictionary<RunId, CancellationTokenSource> runs = [];

    /// <summary>Begins a making.</summary>
    /// <param name="afterwards">Done when all of it has ended.</param>
    /// <returns>The first run that begins; or how the asked one ended, where none did.</returns>
    /// <exception cref="KumikiException">Nothing could begin.</exception>
    public async Task<MakingProgress> BeginAsync(Maker maker, MakeOrder order, Func<IReadOnlyList<MakingEnd>, Task>? afterwards)
    {
        var first = new TaskCompletionSource<MakingProgress>(TaskCreationOptions.RunContinuationsAsynchronously);
        var making = Task.Run(MakeAsync, CancellationToken.None);
        lock (gate) underWay.Add(making);
        _ = making.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return await first.Task;

        async Task MakeAsync()
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            var begun = new List<RunId>();
            try
            {
                var ends = await maker.MakeAsync(order, Tell, cancel.Token);
                if (afterwards is not null) await afterwards(ends);
                first.TrySetResult(new MakingProgress.Ended(order.Asset, ends.First(e => e.Asset == order.Asset)));
            }
            catch (Exception e)
            {
                if (!first.TrySetException(e)) Failed(order.Asset, e);
            }
            finally
            {
                lock (gate)
                    foreach (var run in begun) runs.Remove(run);
            }

            void Tell(MakingProgress progress)
            {
                if (progress is not MakingProgress.Started { Run: var run }) return;
                lock (gate)
                {
                    begun.Add(run);
                    runs[run] = cancel;
                }
                first.TrySetResult(progress);
            }
        }

        void Forget(Task task)
        {
            lock (gate) underWay.Remove(task);
        }
    }

    /// <summary>Whether a run belongs to a making that is under way here.</summary>
    public bool Has(RunId run)
    {
        lock (gate) return runs.ContainsKey(run);
    }

    /// <summary>Cancels the making a run belongs to.</summary>
    /// <returns>False where it is none of this server's.</returns>
    public async Task<bool> CancelAsync(RunId run)
    {
        Task cancelling;
        lock (gate)
        {
            if (!runs.TryGetValue(run, out var making)) return false;
            cancelling = making.CancelAsync();      // who is told is told on other threads, never under the gate
        }
        await cancelling;
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        Task[] left;
        lock (gate) left = [.. underWay];
        await Task.WhenAll(left);
        stopping.Dispose();
    }

    [LoggerMessage(LogLevel.Error, "Making {Asset} broke off")]
    partial void Failed(string asset, Exception e);
}
