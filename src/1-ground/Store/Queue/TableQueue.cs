using Kumiki.Store;

namespace Kumiki.Queues;

/// <summary>Queues in tables of the metadata's store: a message and what becomes of it share its commits.</summary>
/// <remarks>Whoever waits is woken by the store's own word of commits, and looks by a read before it writes.</remarks>
abstract class TableQueue(IMetadataStore store, QueueSettings settings, TimeProvider clock) : IStoreQueue
{
    /// <summary>Bytes of bodies that one taking gives.</summary>
    const long MostBytesAtOnce = 16 << 20;
    static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(10), BetweenSweeps = TimeSpan.FromMinutes(1);

    /// <summary>Rows that one forgetting removes, and how often it goes on at once.</summary>
    protected const int MostForgotten = 20_000;
    const int MostRounds = 5;

    readonly TimeProvider real = TimeProvider.System;           // who waits lives in real time, whatever clock the messages are stamped by
    long swept = long.MinValue;

    protected QueueSettings Settings { get; } = settings;
    protected TimeProvider Clock { get; } = clock;

    public async Task<int> PutAsync(QueueName queue, IReadOnlyList<QueueMessage> messages, CancellationToken stop)
    {
        foreach (var message in messages) message.Check(queue);
        if (messages.Count == 0) return 0;
        await SweepAsync(stop);
        return await PutAllAsync([.. messages.Select(m => (queue, m))], stop);
    }

    public async Task<IReadOnlyList<Delivery>> TakeAsync(QueueName queue, int most, TimeSpan hidden, TimeSpan wait, CancellationToken stop)
    {
        TakeLimits.Check(most, hidden);
        var began = real.GetTimestamp();
        for (; ; )
        {
            var revision = await store.RevisionAsync(stop);         // taken before looking, so that no commit falls between
            var first = await FirstVisibleAsync(queue, stop);
            var now = Clock.GetUtcNow();
            if (first <= now)
            {
                var (taken, more) = await TakeNowAsync(queue, most, hidden, stop);
                if (taken.Count > 0) return taken;
                if (more) continue;         // all that were looked at are dead letters now
            }
            var left = wait - real.GetElapsedTime(began);
            if (left <= TimeSpan.Zero) return [];
            if (first - now is { } later && later > TimeSpan.Zero && later < left) left = later;
            await ChangeAsync(revision, left, stop);
        }
    }

    /// <summary>Waits for a commit, and not much longer than a time.</summary>
    async Task ChangeAsync(long revision, TimeSpan atMost, CancellationToken stop)
    {
        await Task.Delay(atMost < Breath ? atMost : Breath, real, stop);        // commits of others may come by the thousand
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(atMost);
        try
        {
            await foreach (var _ in store.ChangesAsync(revision, limit.Token)) return;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Nobody wrote; a message that was hidden may be visible now.
        }
    }

    public async Task<IReadOnlyList<bool>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken stop)
    {
        foreach (var (queue, message) in settlements.OfType<Settlement.Done>().SelectMany(d => d.Puts)) message.Check(queue);
        return settlements.Count == 0 ? [] : await SettleAllAsync(settlements, stop);
    }

    public async Task<IReadOnlyList<bool>> ExtendAsync(IReadOnlyList<Delivery> deliveries, TimeSpan hidden, CancellationToken stop)
    {
        TakeLimits.Check(1, hidden);
        return deliveries.Count == 0 ? [] : await ExtendAllAsync(deliveries, hidden, stop);
    }

    protected abstract Task<IReadOnlyList<bool>> ExtendAllAsync(IReadOnlyList<Delivery> deliveries, TimeSpan hidden, CancellationToken stop);

    /// <summary>Which of the messages at the front are taken, and which are given up.</summary>
    /// <param name="front">In order: the message, how often it was delivered, the bytes of its body.</param>
    protected (List<long> Taken, List<long> Dead) Choose(IEnumerable<(long Number, int Deliveries, long Bytes)> front, int most)
    {
        var (taken, dead, bytes) = (new List<long>(), new List<long>(), 0L);
        foreach (var one in front)
        {
            if (one.Deliveries >= Settings.MostDeliveries)
            {
                dead.Add(one.Number);
                continue;
            }
            bytes += one.Bytes;
            if (taken.Count > 0 && (one.Deliveries > 0 || bytes > MostBytesAtOnce)) break;
            taken.Add(one.Number);
            if (one.Deliveries > 0 || taken.Count == most) break;
        }
        return (taken, dead);
    }

    protected bool IsLast(int deliveries) => deliveries >= Settings.MostDeliveries;

    /// <summary>Why a message that nobody settled is given up.</summary>
    protected Message NeverSettled => Message.Of("queue.never-settled", ("count", Settings.MostDeliveries));

    /// <summary>Forgets old keys and claims, now and then.</summary>
    async Task SweepAsync(CancellationToken stop)
    {
        var (before, now) = (Interlocked.Read(ref swept), real.GetTimestamp());
        if (before != long.MinValue && real.GetElapsedTime(before, now) < BetweenSweeps) return;
        if (Interlocked.CompareExchange(ref swept, now, before) != before) return;
        for (var round = 0; round < MostRounds && await ForgetAsync(Clock.GetUtcNow() - Settings.KeepKeys, stop) >= MostForgotten;) round++;
    }

    public async Task<IReadOnlyList<ClaimEnd>> ClaimAsync(
        QueueName queue, IReadOnlyList<string> keys, string owner, DateTimeOffset until, CancellationToken stop)
    {
        if (keys.Count == 0) return [];
        await SweepAsync(stop);
        return await ClaimAllAsync(queue, keys, owner, until, stop);
    }

    /// <returns>A time that has come where a message can be taken now, else when the first can; null for an empty queue.</returns>
    protected abstract Task<DateTimeOffset?> FirstVisibleAsync(QueueName queue, CancellationToken stop);

    /// <returns>Whether there may be more to take where none was taken.</returns>
    protected abstract Task<(IReadOnlyList<Delivery> Taken, bool More)> TakeNowAsync(QueueName queue, int most, TimeSpan hidden, CancellationToken stop);

    protected abstract Task<int> PutAllAsync(IReadOnlyList<(QueueName Queue, QueueMessage Message)> puts, CancellationToken stop);

    protected abstract Task<IReadOnlyList<bool>> SettleAllAsync(IReadOnlyList<Settlement> settlements, CancellationToken stop);

    /// <summary>Removes keys and claims older than a time, <see cref="MostForgotten"/> of each at most.</summary>
    /// <returns>How many.</returns>
    protected abstract Task<int> ForgetAsync(DateTimeOffset before, CancellationToken stop);

    protected abstract Task<IReadOnlyList<ClaimEnd>> ClaimAllAsync(
        QueueName queue, IReadOnlyList<string> keys, string owner, DateTimeOffset until, CancellationToken stop);

    public abstract Task FinishAsync(QueueName queue, IReadOnlyList<string> keys, string owner, CancellationToken stop);

    public abstract Task ReleaseAsync(QueueName queue, IReadOnlyList<string> keys, string owner, CancellationToken stop);

    public abstract Task<IReadOnlyList<QueueFigures>> FiguresAsync(IReadOnlyList<QueueName> queues, CancellationToken stop);

    public abstract Task<IReadOnlyList<WaitingMessage>> PeekAsync(QueueName queue, int most, CancellationToken stop);

    public abstract Task<IReadOnlyList<DeadLetter>> DeadAsync(QueueName queue, int most, CancellationToken stop);

    public abstract Task<int> ReviveAsync(QueueName queue, IReadOnlyCollection<string>? keys, CancellationToken stop);

    public abstract Task<int> DropAsync(QueueName queue, IReadOnlyCollection<string>? keys, CancellationToken stop);

    public abstract Task<IReadOnlyList<(QueueName Queue, QueueCounts Counts)>> CountsAsync(CancellationToken stop);

    public abstract Task SignAsync(StreamSign sign, CancellationToken stop);

    public abstract Task<IReadOnlyList<StreamSign>> SignsAsync(CancellationToken stop);

    /// <summary>How long what a stream said is kept.</summary>
    protected static readonly TimeSpan KeepSigns = TimeSpan.FromDays(1);

    /// <summary>What settlements that were done add to the counts of each queue, but for what they put, by name: all who write go one way.</summary>
    protected static SortedDictionary<string, QueueCounts> CountsOf(IEnumerable<Settlement> settled)
    {
        var counts = new SortedDictionary<string, QueueCounts>(StringComparer.Ordinal);
        foreach (var one in settled)
            Add(counts, one.Delivery.Queue, one switch
            {
                Settlement.Done => new(0, 0, 1, 0, 0),
                Settlement.Back => new(0, 0, 0, 1, 0),
                _ => new(0, 0, 0, 0, 1),
            });
        return counts;
    }

    protected static void Add(SortedDictionary<string, QueueCounts> counts, QueueName queue, QueueCounts more) =>
        counts[queue.ToString()] = counts.GetValueOrDefault(queue.ToString()) + more;

    /// <summary>The tables stay open: they are the store's.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>What can be asked of a taking.</summary>
public static class TakeLimits
{
    /// <exception cref="ArgumentOutOfRangeException">One of them is outside its range.</exception>
    public static void Check(int most, TimeSpan hidden)
    {
        if (most is < 1 or > 10_000) throw new ArgumentOutOfRangeException(nameof(most), most, "1 … 10,000 messages can be taken at once.");
        if (hidden < TimeSpan.FromMilliseconds(1) || hidden > TimeSpan.FromHours(12))
            throw new ArgumentOutOfRangeException(nameof(hidden), hidden, "A message is hidden for 1 ms to 12 hours.");
    }
}
