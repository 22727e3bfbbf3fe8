using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>Carries a run's metrics and log to the store in batches, while it runs.</summary>
/// <remarks>One flush is under way at a time, at most every 200 ms; a write that fails is told by <see cref="EndAsync"/>.</remarks>
/// <param name="store">Null for a repetition, which tells nothing.</param>
/// <param name="run">Null for a trial that has not begun in the store: all is kept until <see cref="Begun"/> or <see cref="Take"/>.</param>
sealed class RunJournal(IMetadataStore? store, RunId? run, TimeProvider clock) : IDisposable
{
    static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    readonly Lock gate = new();
    readonly CancellationTokenSource hurry = new();
    List<MetricPoint> metrics = [];
    List<LogLine> lines = [];
    Task flushing = Task.CompletedTask;
    bool ended;

    public void Add(MetricPoint point)
    {
        lock (gate)
        {
            metrics.Add(point);
            Begin();
        }
    }

    public void Add(LogLine line)
    {
        lock (gate)
        {
            lines.Add(line);
            Begin();
        }
    }

    /// <summary>From now on its run is in the store.</summary>
    public void Begun(RunId begun)
    {
        lock (gate)
        {
            run = begun;
            if (metrics.Count > 0 || lines.Count > 0) Begin();
        }
    }

    /// <summary>All that was told, of a run that never began in the store; nothing is taken after it.</summary>
    public (IReadOnlyList<MetricPoint> Points, IReadOnlyList<LogLine> Lines) Take()
    {
        lock (gate)
        {
            ended = true;
            return (metrics, lines);
        }
    }

    void Begin()
    {
        if (run is not null && flushing.IsCompletedSuccessfully && !ended) flushing = Task.Run(FlushSoonAsync);
    }

    async Task FlushSoonAsync()
    {
        await Task.Delay(Every, clock, hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await FlushAsync();
    }

    async Task FlushAsync()
    {
        while (true)
        {
            List<MetricPoint> points;
            List<LogLine> said;
            lock (gate)
            {
                (points, said, metrics, lines) = (metrics, lines, [], []);
            }
            if (store is null || (points.Count == 0 && said.Count == 0)) return;
            if (points.Count > 0) await store.AppendMetricsAsync(run!.Value, points, CancellationToken.None);
            if (said.Count > 0) await store.AppendLogAsync(run!.Value, said, CancellationToken.None);
        }
    }

    /// <summary>Writes what is left; nothing is taken after it.</summary>
    public async Task EndAsync()
    {
        Task last;
        lock (gate)
        {
            ended = true;
            last = flushing;
        }
        await hurry.CancelAsync();
        await last;
        await FlushAsync();
    }

    public void Dispose() => hurry.Dispose();
}
