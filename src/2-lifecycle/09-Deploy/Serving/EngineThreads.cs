using System.Collections.Concurrent;

namespace Kumiki.Serving;

/// <summary>The threads that run models which take long: one for each processor and for all models together, so that the threads that read requests stay
/// free to
/// refuse them.</summary>
/// <remarks>A model whose runs hang must not hold up the others until they are stopped: work that waits for <see cref="Patience"/> gets a thread more, up to
/// <see cref="MostOf"/> for each processor, which ends when it has been idle for a while.</remarks>
sealed class EngineThreads : IDisposable
{
    const int MostOf = 4;

    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100), Idle = TimeSpan.FromSeconds(10);

    readonly BlockingCollection<IThreadPoolWorkItem> work = [];
    readonly HashSet<Thread> threads = [];
    readonly Timer look;
    long taken, seen;
    bool looking;

    public EngineThreads()
    {
        look = new(_ => Look());
        for (var n = 1; n <= Environment.ProcessorCount; n++) Start(extra: false);
    }

    public void Post(IThreadPoolWorkItem item)
    {
        work.Add(item);
        if (!Volatile.Read(ref looking)) Watch();
    }

    void Watch()
    {
        lock (threads)
        {
            if (looking || work.IsAddingCompleted) return;
            (looking, seen) = (true, Interlocked.Read(ref taken));
            look.Change(Patience, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Adds a thread where work waits and none was taken since the last look.</summary>
    void Look()
    {
        lock (threads)
        {
            looking = false;
            if (work.Count == 0 || work.IsAddingCompleted) return;
            if (seen == Interlocked.Read(ref taken) && threads.Count < MostOf * Environment.ProcessorCount) Start(extra: true);
        }
        Watch();
    }

    void Start(bool extra)
    {
        var thread = new Thread(() => Work(extra)) { Name = "engine", IsBackground = true };
        lock (threads) threads.Add(thread);
        thread.Start();
    }

    void Work(bool extra)
    {
        while (work.TryTake(out var item, extra ? Idle : Timeout.InfiniteTimeSpan))
        {
            Interlocked.Increment(ref taken);
            item.Execute();
        }
        lock (threads) threads.Remove(Thread.CurrentThread);
    }

    public void Dispose()
    {
        work.CompleteAdding();
        while (true)
        {
            Thread? last;
            lock (threads) last = threads.FirstOrDefault();
            if (last is null) break;
            last.Join();
        }
        look.Dispose();
        work.Dispose();
    }
}
