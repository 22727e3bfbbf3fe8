using System.Collections.Concurrent;

namespace Kumiki.Serving;

/// <summary>The threads that run models which take long: one for each processor and for all models together, so that the threads that read requests stay free
/// to refuse
/// them.</summary>
sealed class EngineThreads : IDisposable
{
    readonly BlockingCollection<IThreadPoolWorkItem> work = [];
    readonly Thread[] threads;

    public EngineThreads()
    {
        threads = [.. Enumerable.Range(1, Environment.ProcessorCount).Select(n => new Thread(Work) { Name = $"engine {n}", IsBackground = true })];
        foreach (var thread in threads) thread.Start();
    }

    public void Post(IThreadPoolWorkItem item) => work.Add(item);

    void Work()
    {
        foreach (var item in work.GetConsumingEnumerable()) item.Execute();
    }

    public void Dispose()
    {
        work.CompleteAdding();
        foreach (var thread in threads) thread.Join();
        work.Dispose();
    }
}
