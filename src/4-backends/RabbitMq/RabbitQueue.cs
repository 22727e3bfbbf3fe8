using System.Runtime.ExceptionServices;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Kumiki.Queues.RabbitMq;

/// <summary>Queues of a RabbitMQ broker: quorum queues, publisher confirms, acknowledgements by hand. Dead letters of a queue are in
/// <c>NAME.dead</c>.</summary>
/// <remarks>
/// <para>A broker delivers twice what it is not sure of, and publishers send twice what they had no answer to. What of it was done, and what another works on,
/// is in claims by the message's key: a repeat is acknowledged and dropped. All consumers of a queue must share one store of claims.</para>
/// <para>A message is settled in the order: what it puts is taken by the broker; the claim is done; the delivery is acknowledged. Killed in between, it is
/// delivered again, and what it put is put again under the same key, and dropped by whoever takes that.</para>
/// <para>The time for which a message is hidden is kept here: when it is over, the delivery goes back to the broker.</para>
/// </remarks>
public sealed partial class RabbitQueue : IMessageQueue
{
    static readonly TimeSpan HeldElsewhere = TimeSpan.FromSeconds(1), LongestLook = TimeSpan.FromSeconds(1);
    const long MostBytesAtOnce = 16 << 20;

    readonly RabbitAddress address;
    readonly RabbitLink link;
    readonly IQueueClaims claims;
    readonly QueueSettings settings;
    readonly TimeProvider clock, real = TimeProvider.System;
    readonly string owner = Guid.NewGuid().ToString("N");
    readonly Lock gate = new();
    readonly Dictionary<QueueName, Shelf> shelves = [];
    readonly HashSet<string> declared = [];
    long numbers;
    bool disposed;

    RabbitQueue(RabbitAddress address, IQueueClaims claims, QueueSettings settings, TimeProvider clock)
    {
        (this.address, this.claims, this.settings, this.clock) = (address, claims, settings, clock);
        link = new(address, settings.Patience);
    }

    /// <summary>Connects.</summary>
    /// <exception cref="KumikiException">The address is none, or the broker does not answer within the patience or refuses the user.</exception>
    public static async Task<RabbitQueue> OpenAsync(
        RabbitAddress address, IQueueClaims claims, QueueSettings settings, TimeProvider clock, CancellationToken stop)
    {
        var queue = new RabbitQueue(address, claims, settings, clock);
        try
        {
            await queue.link.PatientlyAsync(queue.link.PublishingAsync, stop);
            return queue;
        }
        catch
        {
            await queue.DisposeAsync();
            throw;
        }
    }

    public async Task<int> PutAsync(QueueName queue, IReadOnlyList<QueueMessage> messages, CancellationToken stop)
    {
        foreach (var message in messages) message.Check(queue);
        var now = clock.GetUtcNow();
        await PublishAsync([.. messages.Select(m => (queue.ToString(), RabbitWire.Of(m, now), m.Body))], stop);
        return messages.Count;
    }

    /// <summary>Publishes all; those that the broker did not take before the connection went are published again.</summary>
    async Task PublishAsync(IReadOnlyList<(string Queue, BasicProperties Properties, ReadOnlyMemory<byte> Body)> all, CancellationToken stop)
    {
        const int atOnce = 512;
        foreach (var name in all.Select(a => a.Queue).Distinct()) await DeclareAsync(name, stop);
        foreach (var chunk in all.Chunk(atOnce))
        {
            var left = chunk.ToList();
            await link.PatientlyAsync(async token =>
            {
                var channel = await link.PublishingAsync(token);
                var publishing = left.Select(one => PublishedAsync(channel, one, token)).ToList();
                var failures = (await Task.WhenAll(publishing)).ToList();
                left = [.. left.Where((_, i) => failures[i] is not null)];
                if (failures.FirstOrDefault(f => f is not null) is { } first)
                    ExceptionDispatchInfo.Throw(failures.FirstOrDefault(f => f is not null && !RabbitTrouble.MayPass(f)) ?? first);
                return true;
            }, stop);
        }
    }

    static async Task<Exception?> PublishedAsync(
        IChannel channel, (string Queue, BasicProperties Properties, ReadOnlyMemory<byte> Body) one, CancellationToken stop)
    {
        try
        {
            await channel.BasicPublishAsync("", one.Queue, mandatory: true, one.Properties, one.Body, stop);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return e is OperationCanceledException ? new AlreadyClosedException(new(ShutdownInitiator.Library, 0, e.Message)) : e;
        }
    }

    /// <summary>Sees to it that a queue is there, once in the life of this.</summary>
    async Task DeclareAsync(string name, CancellationToken stop)
    {
        lock (gate)
            if (declared.Contains(name)) return;
        await link.PatientlyAsync(async token =>
        {
            var (channel, _) = await link.ChannelAsync(token);
            await using var _ = channel;
            // Its limit of deliveries is ours, which keeps the reason.
            await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false,
                new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: token);
            return true;
        }, stop);
        lock (gate) declared.Add(name);
    }

    static string DeadOf(QueueName queue) => $"{queue}.dead";

    /// <summary>What is at hand of one queue.</summary>
    Shelf ShelfOf(QueueName queue)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (!shelves.TryGetValue(queue, out var shelf)) shelves.Add(queue, shelf = new(queue, new(queue, link, clock)));
            return shelf;
        }
    }

    public async Task<IReadOnlyList<Delivery>> TakeAsync(QueueName queue, int most, TimeSpan hidden, TimeSpan wait, CancellationToken stop)
    {
        TakeLimits.Check(most, hidden);
        await DeclareAsync(queue.ToString(), stop);
        var (shelf, began) = (ShelfOf(queue), real.GetTimestamp());
        if (!await shelf.Taking.WaitAsync(wait, stop)) return [];
        try
        {
            for (; ; )
            {
                await ReturnOverdueAsync(shelf, stop);
                await link.PatientlyAsync(async token => { await shelf.Sent.FollowAsync(most, token); return true; }, stop);
                var news = shelf.Sent.News();
                var looked = shelf.NextElsewhere(real) is { } again ? [again] : shelf.Sent.Take(most, MostBytesAtOnce);
                if (looked.Count > 0)
                {
                    var taken = await ClaimAsync(shelf, looked, hidden, stop);
                    if (taken.Count > 0) return taken;
                    continue;
                }
                var left = wait - real.GetElapsedTime(began);
                if (left <= TimeSpan.Zero) return [];
                if (shelf.Sent.IsLost) continue;
                // Woken by a message; looks at what is overdue every second in between.
                await Task.WhenAny(news, Task.Delay(left < LongestLook ? left : LongestLook, real, stop));
                stop.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            shelf.Taking.Release();
        }
    }

    /// <summary>1. what has no key, or was delivered too often, is a dead letter; 2. what is held here already is one more delivery of it; 3. the rest is
    /// claimed: repeats of what was done are dropped, and what another works on waits.</summary>
    async Task<List<Delivery>> ClaimAsync(Shelf shelf, IReadOnlyList<Arrived> looked, TimeSpan hidden, CancellationToken stop)
    {
        var (now, fresh) = (clock.GetUtcNow(), new List<Arrived>(looked.Count));
        foreach (var one in looked)
        {
            if (one.Key is not { } key)
                await BuryAsync(shelf, one, QueueMessage.Of(one.Body).Key, Math.Min(one.Deliveries, settings.MostDeliveries),
                    Message.Of("queue.rabbit-no-key"), stop);
            else if (!shelf.AddTag(key, one.Tag)) fresh.Add(one);
        }
        var distinct = fresh.DistinctBy(f => f.Key).ToList();
        var ends = await claims.ClaimAsync(shelf.Queue, [.. distinct.Select(d => d.Key!)], owner, now + hidden, stop);
        var (taken, done) = (new List<Delivery>(), new List<Tag>());
        foreach (var (one, end) in distinct.Zip(ends))
        {
            var deliveries = Math.Min(one.Deliveries, settings.MostDeliveries);
            switch (end)
            {
                case ClaimEnd.Done:
                    done.Add(one.Tag);
                    break;
                case ClaimEnd.Held:
                    shelf.PutElsewhere(one, real.GetTimestamp() + (long)(HeldElsewhere.TotalSeconds * real.TimestampFrequency));
                    break;
                case ClaimEnd.Claimed when one.Deliveries > settings.MostDeliveries:
                    await BuryAsync(shelf, one, one.Key!, deliveries, Message.Of("queue.never-settled", ("count", settings.MostDeliveries)), stop);
                    await claims.ReleaseAsync(shelf.Queue, [one.Key!], owner, stop);
                    break;
                case ClaimEnd.Claimed:
                    var delivery = new Delivery(shelf.Queue, Interlocked.Increment(ref numbers), one.Key!, one.Body, one.PutAt, deliveries,
                        deliveries >= settings.MostDeliveries, now + hidden);
                    shelf.Hold(delivery, one.Tag);
                    taken.Add(delivery);
                    break;
            }
        }
        // A second copy in one look is another delivery of the first, whatever became of that.
        foreach (var copy in fresh.Except(distinct))
            if (!shelf.AddTag(copy.Key!, copy.Tag)) shelf.PutElsewhere(copy, real.GetTimestamp());
        await shelf.Sent.AcknowledgeAsync(done, stop);
        return taken;
    }

    /// <summary>Gives back what was hidden for its time, or rested for it.</summary>
    async Task ReturnOverdueAsync(Shelf shelf, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var (late, rested) = shelf.Overdue(now);
        if (late.Count > 0) await claims.ReleaseAsync(shelf.Queue, [.. late.Select(l => l.Delivery.Key)], owner, stop);
        await shelf.Sent.GiveBackAsync(late.SelectMany(l => l.Tags).Concat(rested), stop);
    }

    public async Task<IReadOnlyList<bool>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken stop)
    {
        foreach (var (queue, message) in settlements.OfType<Settlement.Done>().SelectMany(d => d.Puts)) message.Check(queue);
        var now = clock.GetUtcNow();
        var held = settlements.Select(s => ShelfOf(s.Delivery.Queue).Begin(s.Delivery, now)).ToList();
        var mine = settlements.Where((_, i) => held[i]).ToList();
        try
        {
            await PublishAsync([
                .. mine.OfType<Settlement.Done>().SelectMany(d => d.Puts).Select(p => (p.Queue.ToString(), RabbitWire.Of(p.Message, now), p.Message.Body)),
                .. mine.OfType<Settlement.Dead>().Select(d => Buried(d.Delivery.Queue, new(d.Delivery.Key, d.Delivery.Body, d.Delivery.PutAt, now,
                    d.Delivery.Deliveries, d.Reason))),
            ], stop);
            foreach (var group in mine.GroupBy(s => s.Delivery.Queue))
            {
                var shelf = ShelfOf(group.Key);
                var (done, others) = (group.Where(s => s is Settlement.Done).ToList(), group.Where(s => s is not Settlement.Done).ToList());
                if (done.Count > 0) await claims.FinishAsync(group.Key, [.. done.Select(s => s.Delivery.Key)], owner, stop);
                if (others.Count > 0) await claims.ReleaseAsync(group.Key, [.. others.Select(s => s.Delivery.Key)], owner, stop);
                foreach (var settlement in group)
                {
                    var tags = shelf.End(settlement.Delivery);
                    if (settlement is not Settlement.Back back) await shelf.Sent.AcknowledgeAsync(tags, stop);
                    else if (back.After > TimeSpan.Zero) shelf.Rest(tags, now + back.After);
                    else await shelf.Sent.GiveBackAsync(tags, stop);
                }
            }
            return held;
        }
        catch
        {
            foreach (var settlement in mine) ShelfOf(settlement.Delivery.Queue).Leave(settlement.Delivery);
            throw;
        }
    }

    public async Task<IReadOnlyList<bool>> ExtendAsync(IReadOnlyList<Delivery> deliveries, TimeSpan hidden, CancellationToken stop)
    {
        TakeLimits.Check(1, hidden);
        var now = clock.GetUtcNow();
        var mine = deliveries.Select(d => ShelfOf(d.Queue).Extend(d, now, now + hidden)).ToList();
        foreach (var group in deliveries.Where((_, i) => mine[i]).GroupBy(d => d.Queue))
            await claims.ClaimAsync(group.Key, [.. group.Select(d => d.Key)], owner, now + hidden, stop);
        return mine;
    }

    static (string, BasicProperties, ReadOnlyMemory<byte>) Buried(QueueName queue, DeadLetter letter) => (DeadOf(queue), RabbitWire.Of(letter), letter.Body);

    async Task BuryAsync(Shelf shelf, Arrived one, string key, int deliveries, Message reason, CancellationToken stop)
    {
        await PublishAsync([Buried(shelf.Queue, new(key, one.Body, one.PutAt, clock.GetUtcNow(), deliveries, reason))], stop);
        await shelf.Sent.AcknowledgeAsync([one.Tag], stop);
    }

    /// <summary>Gives everything back that was taken and not settled.</summary>
    public async ValueTask DisposeAsync()
    {
        List<Shelf> all;
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            all = [.. shelves.Values];
        }
        foreach (var shelf in all)
        {
            if (shelf.Keys() is { Count: > 0 } keys) await claims.ReleaseAsync(shelf.Queue, keys, owner, CancellationToken.None);
            await shelf.DisposeAsync();
        }
        await link.DisposeAsync();
        looking.Dispose();
    }
}
