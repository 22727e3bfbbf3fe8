using Kumiki.Queues;
using Kumiki.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>A broker whose queues a server shows.</summary>
/// <param name="Host">Without user and password: <c>127.0.0.1:5672</c>.</param>
public sealed record ServedBroker(string Host, Func<CancellationToken, Task<IMessageQueue>> Open);

/// <summary>A queue as it was seen.</summary>
/// <param name="Counts">What became of its messages; null where a broker keeps no account of it.</param>
sealed record SeenQueue(QueueFigures Figures, QueueCounts? Counts);

/// <summary>What was seen of all queues and streams at once.</summary>
/// <param name="Trouble">Why they could not be seen, or not all; null: they could.</param>
sealed record QueueLook(DateTimeOffset At, IReadOnlyList<SeenQueue> Queues, IReadOnlyList<StreamSign> Streams, Message? Trouble);

/// <summary>What was seen of one queue, for its curve.</summary>
readonly record struct QueuePoint(DateTimeOffset At, long Ready, long Held, long Dead, QueueCounts? Counts);

/// <summary>Looks at the queues and streams every few seconds while the server runs, and remembers an hour of it: for <c>/metrics</c> and the pages.</summary>
/// <remarks>With a broker, its queues are those that streams over this store have named: a broker lists none.</remarks>
sealed partial class QueueWatch(Served served, ILogger<KumikiServer> logger) : BackgroundService
{
    /// <summary>Between two looks; longer where looking takes long, so that it never takes more than a twentieth of the time.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>How far back it remembers.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    /// <summary>Queues that are shown at most, and that have series of their own.</summary>
    public const int MostQueues = 100;

    const int Share = 20;

    readonly IStoreQueue store = DataFolder.Queues(served.Metadata, new());
    readonly SemaphoreSlim opening = new(1);
    readonly Lock gate = new();
    readonly Dictionary<string, LinkedList<QueuePoint>> past = new(StringComparer.Ordinal);
    readonly Dictionary<string, LinkedList<(DateTimeOffset At, long Answered)>> streams = new(StringComparer.Ordinal);
    IMessageQueue? broker;

    /// <summary>What was seen last; null before the first look.</summary>
    public QueueLook? Last { get; private set; }

    /// <summary>The broker whose queues are shown; null: the store's own are.</summary>
    public string? Broker => served.Broker?.Host;

    /// <summary>The queues that are shown.</summary>
    /// <exception cref="KumikiException">The broker cannot be reached.</exception>
    public async Task<IMessageQueue> QueueAsync(CancellationToken stop)
    {
        if (served.Broker is not { } there) return store;
        await opening.WaitAsync(stop);
        try
        {
            return broker ??= await there.Open(stop);
        }
        finally
        {
            opening.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (; ; )
            {
                var began = served.Clock.GetTimestamp();
                Remember(await LookAsync(stoppingToken));
                var took = served.Clock.GetElapsedTime(began);
                await Task.Delay(took * Share > Every ? took * Share : Every, served.Clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the server stops
        }
    }

    /// <summary>Looks now.</summary>
    public async Task<QueueLook> LookAsync(CancellationToken stop)
    {
        var (queues, signs, trouble) = ((IReadOnlyList<SeenQueue>)[], (IReadOnlyList<StreamSign>)[], (Message?)null);
        try
        {
            signs = [.. (await store.SignsAsync(stop)).Where(s => s.Broker == Broker)];
            queues = await QueuesAsync(signs, stop);
        }
        catch (KumikiException e)
        {
            trouble = e.Says;
            if (e.Says != Last?.Trouble) NotSeen(logger, e.Says.ToString());
        }
        return Last = new(served.Clock.GetUtcNow(), queues, signs, trouble);
    }

    async Task<IReadOnlyList<SeenQueue>> QueuesAsync(IReadOnlyList<StreamSign> signs, CancellationToken stop)
    {
        var named = signs.SelectMany(s => new[] { s.From, s.To }).Distinct().Select(QueueName.Of);
        if (Broker is not null)
        {
            QueueName[] known = [.. named.OrderBy(n => n.ToString(), StringComparer.Ordinal).Take(MostQueues)];
            if (known.Length == 0) return [];
            return [.. (await (await QueueAsync(stop)).FiguresAsync(known, stop)).Select(f => new SeenQueue(f, null))];
        }
        var counts = (await store.CountsAsync(stop)).ToDictionary(c => c.Queue, c => c.Counts);
        var full = await store.FiguresAsync([], stop);
        var empty = counts.Keys.Concat(named).Distinct().Except(full.Select(f => f.Queue)).Select(q => new QueueFigures(q, 0, 0, 0, null));
        // Those that hold something are shown rather than those that do not.
        return [.. full.Concat(empty).Take(MostQueues).OrderBy(f => f.Queue.ToString(), StringComparer.Ordinal)
            .Select(f => new SeenQueue(f, counts.TryGetValue(f.Queue, out var of) ? of : default(QueueCounts)))];
    }

    void Remember(QueueLook look)
    {
        if (look.Trouble is not null) return;
        lock (gate)
        {
            foreach (var (figures, counts) in look.Queues)
            {
                if (!past.TryGetValue(figures.Queue.ToString(), out var points)) past[figures.Queue.ToString()] = points = [];
                points.AddLast(new QueuePoint(look.At, figures.Ready, figures.Held ?? 0, figures.Dead, counts));
            }
            foreach (var sign in look.Streams.Where(s => !s.Ended))
            {
                if (!streams.TryGetValue(sign.Id, out var points)) streams[sign.Id] = points = [];
                if (points.Last?.Value.At != sign.Seen) points.AddLast((sign.Seen, sign.Answered));
            }
            var from = look.At - Kept;
            foreach (var points in past.Values)
                while (points.First?.Value.At < from) points.RemoveFirst();
            foreach (var points in streams.Values)
                while (points.First?.Value.At < from) points.RemoveFirst();
            foreach (var gone in past.Where(p => p.Value.Count == 0).Select(p => p.Key).ToList()) past.Remove(gone);
            foreach (var gone in streams.Where(p => p.Value.Count == 0).Select(p => p.Key).ToList()) streams.Remove(gone);
        }
    }

    /// <summary>What was seen of a queue within the hour, the oldest first.</summary>
    public IReadOnlyList<QueuePoint> PastOf(QueueName queue)
    {
        lock (gate) return past.TryGetValue(queue.ToString(), out var points) ? [.. points] : [];
    }

    static readonly TimeSpan Lately = TimeSpan.FromMinutes(1);

    /// <summary>Messages put, taken and done each second, over the last minute that was seen; null where a broker keeps no account, or nothing was seen
    /// twice.</summary>
    public (double Put, double Taken, double Done)? RatesOf(QueueName queue)
    {
        var points = PastOf(queue);
        if (points is not [.., { Counts: { } now } last] || points.Count < 2) return null;
        var before = points.LastOrDefault(p => p.At <= last.At - Lately, points[0]);
        if (before.Counts is not { } then || last.At <= before.At) return null;
        var seconds = (last.At - before.At).TotalSeconds;
        return ((now.Put - then.Put) / seconds, (now.Taken - then.Taken) / seconds, (now.Done - then.Done) / seconds);
    }

    /// <summary>Answers of a stream each second, over the last minute of its signs; null where there are not two.</summary>
    public double? RateOf(StreamSign stream)
    {
        lock (gate)
        {
            if (!streams.TryGetValue(stream.Id, out var points) || points.Count < 2) return null;
            var last = points.Last!.Value;
            var before = points.LastOrDefault(p => p.At <= last.At - Lately, points.First!.Value);
            return (last.Answered - before.Answered) / Math.Max(1e-3, (last.At - before.At).TotalSeconds);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (broker is not null) await broker.DisposeAsync();
    }

    public override void Dispose()
    {
        base.Dispose();
        opening.Dispose();
    }

    [LoggerMessage(LogLevel.Warning, "Queues could not be looked at: {Reason}")]
    static partial void NotSeen(ILogger logger, string reason);
}
