using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Kumiki.Queues.RabbitMq;

/// <summary>What the broker sends of one queue, until somebody takes it.</summary>
/// <remarks>
/// <para>The broker sends ahead of what is taken, and counts everything it sent as delivered when the consumer dies. So a consumer begins with one message at a
/// time, and is sent more only once it was sent one that was never delivered before: a message that kills its consumers is sent alone, and takes no others
/// with it.</para>
/// <para>What was sent over a lost connection is forgotten here; the broker sends it again.</para>
/// </remarks>
sealed class RabbitConsumer(QueueName queue, RabbitLink link, TimeProvider clock) : IAsyncDisposable
{
    const ushort MostAhead = 2000;

    readonly Lock gate = new();
    readonly LinkedList<Arrived> arrived = [];
    TaskCompletionSource news = NewSignal();
    IChannel? channel;
    string consumer = "";
    int generation;
    ushort ahead;
    volatile bool dropped, exchanging;

    /// <summary>Looks after the connection, and asks to be sent enough.</summary>
    /// <param name="most">How many are taken at once.</param>
    internal async Task FollowAsync(int most, CancellationToken stop)
    {
        if (!IsLost && ahead >= Math.Min(2 * most, MostAhead)) return;
        if (!IsLost && channel is not null)
        {
            if (ahead == 1 && !HasSeenNew) return;
            exchanging = true;
            await OrLostAsync(async () =>
            {
                await channel.BasicCancelAsync(consumer, cancellationToken: stop);      // what was sent stays sent
                await ConsumeAsync(channel, (ushort)Math.Min(2 * most, MostAhead), stop);
            });
            exchanging = false;
            return;
        }
        await CloseAsync();
        (var opened, generation) = await link.ChannelAsync(stop);
        channel = opened;
        (HasSeenNew, dropped, exchanging) = (false, false, false);
        opened.ChannelShutdownAsync += (_, _) => { Tell(); return Task.CompletedTask; };
        await OrLostAsync(() => ConsumeAsync(opened, 1, stop));
    }

    /// <summary>A channel over which nobody was asked to send is of no use though it is open: the next look opens another.</summary>
    async Task OrLostAsync(Func<Task> ask)
    {
        try
        {
            await ask();
        }
        catch
        {
            dropped = true;
            throw;
        }
    }

    bool HasSeenNew { get; set; }

    async Task ConsumeAsync(IChannel on, ushort count, CancellationToken stop)
    {
        await on.BasicQosAsync(0, count, global: false, stop);
        var events = new AsyncEventingBasicConsumer(on);
        var sentOver = generation;
        events.ReceivedAsync += (_, sent) =>
        {
            // Copied at once: the body is the client's only while this runs.
            var one = RabbitWire.Read(sent.BasicProperties, sent.Body.Span, sent.Redelivered, new(sentOver, sent.DeliveryTag), clock.GetUtcNow());
            lock (gate)
            {
                arrived.AddLast(one);
                if (one.Deliveries == 1) HasSeenNew = true;
            }
            Tell();
            return Task.CompletedTask;
        };
        events.UnregisteredAsync += (_, _) =>
        {
            if (!exchanging) dropped = true;        // the queue was deleted, or moved to another node
            Tell();
            return Task.CompletedTask;
        };
        consumer = await on.BasicConsumeAsync(
            queue.ToString(), autoAck: false, consumerTag: "", noLocal: false, exclusive: false, arguments: null, events, stop);
        ahead = count;
    }

    /// <summary>Whether the channel must be opened again.</summary>
    internal bool IsLost => dropped || channel is not { IsOpen: true };

    /// <summary>A task that ends with the next message, or when the channel is lost; taken before looking, so that nothing falls between.</summary>
    internal Task News()
    {
        lock (gate) return news.Task;
    }

    /// <summary>Takes from the front: one alone that was delivered before, else several.</summary>
    internal List<Arrived> Take(int most, long mostBytes)
    {
        var (taken, bytes) = (new List<Arrived>(), 0L);
        lock (gate)
            while (taken.Count < most && arrived.First is { Value: var next })
            {
                bytes += next.Body.Length;
                if (taken.Count > 0 && (next.Deliveries > 1 || bytes > mostBytes)) break;
                arrived.RemoveFirst();
                taken.Add(next);
                if (next.Deliveries > 1) break;
            }
        return taken;
    }

    internal int Count
    {
        get
        {
            lock (gate) return arrived.Count;
        }
    }

    internal IReadOnlyList<Arrived> Look(int most)
    {
        lock (gate) return [.. arrived.Take(most)];
    }

    /// <summary>Acknowledges deliveries. Those of a lost connection cannot be: their messages come again, and are known to be done.</summary>
    internal Task AcknowledgeAsync(IEnumerable<Tag> tags, CancellationToken stop) =>
        AnswerAsync(tags, (on, tag) => on.BasicAckAsync(tag, multiple: false, stop));

    /// <summary>Gives deliveries back to the broker, which sends them again. Those of a lost connection it has already.</summary>
    internal Task GiveBackAsync(IEnumerable<Tag> tags, CancellationToken stop) =>
        AnswerAsync(tags, (on, tag) => on.BasicNackAsync(tag, multiple: false, requeue: true, stop));

    async Task AnswerAsync(IEnumerable<Tag> tags, Func<IChannel, ulong, ValueTask> answer)
    {
        try
        {
            foreach (var tag in tags)
                if (channel is { IsOpen: true } on && tag.Generation == generation) await answer(on, tag.Number);
        }
        catch (Exception e) when (e is not OperationCanceledException && RabbitTrouble.MayPass(e))
        {
            // The connection went meanwhile: the broker has them again.
        }
    }

    void Tell()
    {
        TaskCompletionSource before;
        lock (gate) (before, news) = (news, NewSignal());
        before.TrySetResult();
    }

    async Task CloseAsync()
    {
        if (channel is not null) await channel.DisposeAsync();
        channel = null;
        lock (gate) arrived.Clear();
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync() => await CloseAsync();
}
