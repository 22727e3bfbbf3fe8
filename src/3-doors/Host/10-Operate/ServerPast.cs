using Kumiki.Serving;
using Microsoft.Extensions.Hosting;

namespace Kumiki.Hosting;

/// <summary>Remembers an hour of what the server did, in its own memory, for a page that needs no Prometheus.</summary>
sealed class ServerPast(Served served, ModelShelf models, EndpointShelf endpoints, QueueWatch queues, Operations operations) : BackgroundService
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>How many looks are kept: an hour.</summary>
    public const int Most = 720;

    readonly Lock gate = new();
    readonly Queue<PastLook> looks = new(Most);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, served.Clock);
        try
        {
            do Look();
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the server stops
        }
    }

    /// <summary>Looks now.</summary>
    public void Look()
    {
        var look = Now();
        lock (gate)
        {
            if (looks.Count == Most) looks.Dequeue();
            looks.Enqueue(look);
        }
    }

    PastLook Now()
    {
        var (asked, run) = (new PastTraffic(), new PastTraffic());
        foreach (var of in endpoints.Figures.Values)
        {
            asked.Add(of.Answered, Enum.GetValues<InferenceFault>().Sum(of.Of), of.Total);
            asked.Instead += of.Fallbacks.Values.Sum();
            asked.Lookups += Enum.GetValues<LookupEnd>().Where(e => e != LookupEnd.Model).Sum(of.Precomputed.Of);
        }
        foreach (var of in models.Figures.Values)
        {
            run.Add(of.Answered, of.Failed, of.Total);
            run.Refused += of.Of(InferenceFault.QueueFull);
        }
        var loaded = models.Loaded;
        return new(served.Clock.GetUtcNow(), asked, run, loaded.Sum(m => m.Lane.Queued), loaded.Sum(m => m.Lane.Running), Environment.WorkingSet,
            models.TakenBytes, GC.GetGCMemoryInfo().HeapSizeBytes, Environment.CpuUsage.TotalTime.TotalSeconds, operations.Connections.Now,
            queues.Last?.Queues.Sum(q => q.Figures.Ready) ?? 0, queues.Last?.Queues.Sum(q => q.Figures.Dead) ?? 0);
    }

    /// <summary>What was seen within some minutes, the oldest first: each with the rates since the one before.</summary>
    /// <param name="most">Moments at most.</param>
    public IReadOnlyList<PastMoment> Of(TimeSpan back, int most)
    {
        PastLook[] all;
        lock (gate) all = [.. looks];
        var from = served.Clock.GetUtcNow() - back;
        all = [.. all.SkipWhile(l => l.At < from)];
        var each = Math.Max(1, (all.Length + most - 1) / most);
        var moments = new List<PastMoment>();
        for (var i = all.Length == 0 ? 0 : (all.Length - 1) % each + each; i < all.Length; i += each)
            if (all[i].At > all[i - each].At) moments.Add(PastMoment.Between(all[i - each], all[i]));
        return moments;
    }
}

/// <summary>Counts of what was asked, of one kind.</summary>
sealed class PastTraffic
{
    readonly long[] bins = new long[ModelFigures.Seconds.Count + 1];

    public long Answered { get; private set; }
    public long Failed { get; private set; }
    public long Refused { get; set; }
    public long Instead { get; set; }
    public long Lookups { get; set; }

    public void Add(long answered, long failed, Histogram took)
    {
        (Answered, Failed) = (Answered + answered, Failed + failed);
        for (var i = 0; i < bins.Length; i++) bins[i] += took[i];
    }

    /// <summary>The time below which a share of what was answered since was answered; within a bin it is taken as spread evenly, as Prometheus does.</summary>
    /// <param name="share">In (0, 1).</param>
    /// <returns>Milliseconds; above all bounds the last of them; null where nothing was answered.</returns>
    public double? QuantileMs(PastTraffic since, double share)
    {
        var (all, before) = (0L, 0L);
        for (var i = 0; i < bins.Length; i++) all += bins[i] - since.bins[i];
        if (all <= 0) return null;
        for (var i = 0; i < bins.Length; i++)
        {
            var count = bins[i] - since.bins[i];
            if (count == 0 || before + count < share * all)
            {
                before += count;
                continue;
            }
            var low = i == 0 ? 0 : ModelFigures.Seconds[i - 1];
            return 1000 * (i == ModelFigures.Seconds.Count ? low : low + ((ModelFigures.Seconds[i] - low) * ((share * all) - before) / count));
        }
        return null;
    }
}

/// <summary>What the server had done when it was looked at.</summary>
sealed record PastLook(DateTimeOffset At, PastTraffic Endpoints, PastTraffic Models, int Waiting, int Running, long Memory, long ModelMemory, long Heap,
    double ProcessorSeconds, long Connections, long QueueReady, long QueueDead);

/// <summary>What the server did between two looks.</summary>
/// <param name="Waiting">Requests that waited for a model.</param>
/// <param name="MemoryBytes">Of the process; <paramref name="ModelBytes"/>: of models, as estimated; <paramref name="HeapBytes"/>: managed.</param>
/// <param name="Processors">That were busy, on average.</param>
sealed record PastMoment(DateTimeOffset At, PastRates Endpoints, PastRates Models, int Waiting, int Running, long MemoryBytes, long ModelBytes, long HeapBytes,
    double Processors, long Connections, long QueueReady, long QueueDead)
{
    public static PastMoment Between(PastLook before, PastLook now)
    {
        var seconds = (now.At - before.At).TotalSeconds;
        return new(now.At, Rates(before.Endpoints, now.Endpoints), Rates(before.Models, now.Models), now.Waiting, now.Running, now.Memory, now.ModelMemory,
            now.Heap, (now.ProcessorSeconds - before.ProcessorSeconds) / seconds, now.Connections, now.QueueReady, now.QueueDead);

        PastRates Rates(PastTraffic from, PastTraffic to) => new((to.Answered - from.Answered) / seconds, (to.Failed - from.Failed) / seconds,
            (to.Refused - from.Refused) / seconds, (to.Instead - from.Instead) / seconds, (to.Lookups - from.Lookups) / seconds, to.QuantileMs(from, 0.5),
            to.QuantileMs(from, 0.99));
    }
}

/// <summary>Requests a second.</summary>
/// <param name="Refused">Of those that failed, because a queue was full.</param>
/// <param name="Instead">Rows that were answered in a model's place.</param>
/// <param name="Lookups">Rows that were looked up among those computed before.</param>
/// <param name="P50Ms">Null where nothing was answered.</param>
sealed record PastRates(double Answered, double Failed, double Refused, double Instead, double Lookups, double? P50Ms, double? P99Ms);
