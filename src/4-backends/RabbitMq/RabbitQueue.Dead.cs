using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Kumiki.Queues.RabbitMq;

public sealed partial class RabbitQueue
{
    /// <summary>What is looked at is given back over the channel by which it was got: over another, the next look might come before it is back.</summary>
    readonly SemaphoreSlim looking = new(1);
    IChannel? lookout;

    async Task<T> LookAsync<T>(Func<IChannel, CancellationToken, Task<T>> look, CancellationToken stop)
    {
        await looking.WaitAsync(stop);
        try
        {
            return await link.PatientlyAsync(async token =>
            {
                if (lookout is not { IsOpen: true })
                {
                    if (lookout is not null) await lookout.DisposeAsync();
                    (lookout, _) = await link.ChannelAsync(token);
                }
                return await look(lookout, token);
            }, stop);
        }
        finally
        {
            looking.Release();
        }
    }

    /// <summary>Gets messages one by one, each until the next is asked for; whatever <paramref name="see"/> leaves goes back.</summary>
    /// <param name="see">Whether the message is done with.</param>
    async Task GetAsync(string name, int most, Func<BasicGetResult, Task<bool>> see, CancellationToken stop)
    {
        await DeclareAsync(name, stop);
        await LookAsync(async (channel, token) =>
        {
            var left = new List<ulong>();
            try
            {
                for (var seen = 0; seen < most && await channel.BasicGetAsync(name, autoAck: false, token) is { } got; seen++)
                {
                    left.Add(got.DeliveryTag);
                    if (!await see(got)) continue;
                    await channel.BasicAckAsync(got.DeliveryTag, multiple: false, token);
                    left.RemoveAt(left.Count - 1);
                }
            }
            finally
            {
                foreach (var tag in left)
                    if (channel.IsOpen) await channel.BasicNackAsync(tag, multiple: false, requeue: true, CancellationToken.None);
            }
            return true;
        }, stop);
    }

    public async Task<IReadOnlyList<QueueFigures>> FiguresAsync(IReadOnlyList<QueueName> queues, CancellationToken stop)
    {
        if (queues.Count == 0) throw new KumikiException(Message.Of("queue.rabbit-names", ("host", address.Host)));
        var figures = new List<QueueFigures>();
        foreach (var queue in queues)
        {
            Shelf? shelf;
            lock (gate) shelves.TryGetValue(queue, out shelf);
            var (ahead, held) = shelf?.Count() ?? (0, null);
            figures.Add(new(queue, await CountAsync(queue.ToString(), stop) + ahead, held, await CountAsync(DeadOf(queue), stop), null));
        }
        return figures;
    }

    /// <returns>0 for a queue that is not there.</returns>
    Task<long> CountAsync(string name, CancellationToken stop) => link.PatientlyAsync<long>(async token =>
    {
        var (channel, _) = await link.ChannelAsync(token);
        await using var _ = channel;
        try
        {
            return (await channel.QueueDeclarePassiveAsync(name, token)).MessageCount;
        }
        catch (OperationInterruptedException e) when (RabbitTrouble.IsNotFound(e))
        {
            return 0;
        }
    }, stop);

    public async Task<IReadOnlyList<WaitingMessage>> PeekAsync(QueueName queue, int most, CancellationToken stop)
    {
        var found = new List<WaitingMessage>();
        Shelf? shelf;
        lock (gate) shelves.TryGetValue(queue, out shelf);
        if (shelf is not null) found.AddRange(shelf.Sent.Look(most).Select(Waiting));       // sent ahead to this process: the broker shows it to nobody
        await GetAsync(queue.ToString(), most - found.Count, got =>
        {
            found.Add(Waiting(RabbitWire.Read(got.BasicProperties, got.Body.Span, got.Redelivered, default, clock.GetUtcNow())));
            return Task.FromResult(false);
        }, stop);
        return found;

        static WaitingMessage Waiting(Arrived one) => new(one.Key ?? "", one.Body, one.PutAt, one.Deliveries - 1, null);
    }

    public async Task<IReadOnlyList<DeadLetter>> DeadAsync(QueueName queue, int most, CancellationToken stop)
    {
        var found = new List<DeadLetter>();
        await GetAsync(DeadOf(queue), most, got =>
        {
            found.Add(RabbitWire.ReadDead(got, clock.GetUtcNow()));
            return Task.FromResult(false);
        }, stop);
        return [.. found.DistinctBy(d => d.Key)];
    }

    public Task<int> ReviveAsync(QueueName queue, IReadOnlyCollection<string>? keys, CancellationToken stop) => RemoveAsync(queue, keys, async dead =>
        await PublishAsync([(queue.ToString(), RabbitWire.Of(new QueueMessage(dead.Key, dead.Body), dead.PutAt), dead.Body)], stop), stop);

    public Task<int> DropAsync(QueueName queue, IReadOnlyCollection<string>? keys, CancellationToken stop) =>
        RemoveAsync(queue, keys, _ => Task.CompletedTask, stop);

    async Task<int> RemoveAsync(QueueName queue, IReadOnlyCollection<string>? keys, Func<DeadLetter, Task> before, CancellationToken stop)
    {
        var wanted = keys?.ToHashSet(StringComparer.Ordinal);
        var removed = new HashSet<string>(StringComparer.Ordinal);
        var began = clock.GetUtcNow();
        await GetAsync(DeadOf(queue), int.MaxValue, async got =>
        {
            var dead = RabbitWire.ReadDead(got, began);
            // What died since, put back perhaps by this, waits for the next time.
            if (dead.DiedAt > began || (wanted is not null && !wanted.Contains(dead.Key))) return false;
            if (removed.Add(dead.Key)) await before(dead);
            return true;
        }, stop);
        return removed.Count;
    }
}
