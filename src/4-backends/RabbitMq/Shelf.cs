namespace Kumiki.Queues.RabbitMq;

/// <summary>What this process has of one queue: what was sent ahead, what is taken, what rests before it goes back, and what others work on.</summary>
sealed class Shelf(QueueName queue, RabbitConsumer sent) : IAsyncDisposable
{
    readonly Lock gate = new();
    readonly Dictionary<string, Held> held = new(StringComparer.Ordinal);
    readonly List<(Tag Tag, DateTimeOffset Until)> resting = [];
    readonly Queue<(Arrived Message, long At)> elsewhere = new();

    internal QueueName Queue { get; } = queue;
    internal RabbitConsumer Sent { get; } = sent;

    /// <summary>One takes at a time; others of this process wait for their turn.</summary>
    internal SemaphoreSlim Taking { get; } = new(1);

    /// <summary>A message that is taken, and every delivery of it: a connection that came back brings it once more.</summary>
    internal sealed class Held(Delivery delivery)
    {
        internal Delivery Delivery { get; } = delivery;
        internal DateTimeOffset Until { get; set; } = delivery.Until;
        internal List<Tag> Tags { get; } = [];
        internal bool IsSettling { get; set; }
    }

    internal void Hold(Delivery delivery, Tag tag)
    {
        lock (gate) held[delivery.Key] = new(delivery) { Tags = { tag } };
    }

    /// <returns>False where no message of that key is taken here.</returns>
    internal bool AddTag(string key, Tag tag)
    {
        lock (gate)
        {
            if (!held.TryGetValue(key, out var one)) return false;
            one.Tags.Add(tag);
            return true;
        }
    }

    internal void PutElsewhere(Arrived message, long at)
    {
        lock (gate) elsewhere.Enqueue((message, at));
    }

    /// <summary>A message that another worked on a while ago.</summary>
    internal Arrived? NextElsewhere(TimeProvider real)
    {
        lock (gate) return elsewhere.TryPeek(out var next) && next.At <= real.GetTimestamp() ? elsewhere.Dequeue().Message : null;
    }

    /// <summary>Takes out what is over.</summary>
    internal (List<Held> Late, List<Tag> Rested) Overdue(DateTimeOffset now)
    {
        lock (gate)
        {
            var late = held.Values.Where(h => !h.IsSettling && h.Until <= now).ToList();
            foreach (var one in late) held.Remove(one.Delivery.Key);
            var rested = resting.Where(r => r.Until <= now).Select(r => r.Tag).ToList();
            resting.RemoveAll(r => r.Until <= now);
            return (late, rested);
        }
    }

    /// <summary>Begins to settle a message, whose time no longer runs out.</summary>
    /// <returns>False where it is the caller's no more.</returns>
    internal bool Begin(Delivery delivery, DateTimeOffset now)
    {
        lock (gate)
        {
            if (!held.TryGetValue(delivery.Key, out var one) || one.Delivery.Number != delivery.Number || one.IsSettling || one.Until <= now) return false;
            return one.IsSettling = true;
        }
    }

    /// <summary>It could not be settled.</summary>
    internal void Leave(Delivery delivery)
    {
        lock (gate)
            if (held.TryGetValue(delivery.Key, out var one) && one.Delivery.Number == delivery.Number) one.IsSettling = false;
    }

    /// <summary>It is settled.</summary>
    /// <returns>Its deliveries.</returns>
    internal IReadOnlyList<Tag> End(Delivery delivery)
    {
        lock (gate) return held.Remove(delivery.Key, out var one) ? one.Tags : [];
    }

    internal void Rest(IReadOnlyList<Tag> tags, DateTimeOffset until)
    {
        lock (gate) resting.AddRange(tags.Select(t => (t, until)));
    }

    /// <summary>Messages that were sent here and nobody took, and those that are taken, rest, or that another works on.</summary>
    internal (long Ahead, long? Held) Count()
    {
        lock (gate) return (Sent.Count, held.Count + resting.Count + elsewhere.Count);
    }

    /// <summary>Gives a message more time.</summary>
    /// <returns>False where it is the caller's no more.</returns>
    internal bool Extend(Delivery delivery, DateTimeOffset now, DateTimeOffset until)
    {
        lock (gate)
        {
            if (!held.TryGetValue(delivery.Key, out var one) || one.Delivery.Number != delivery.Number || one.IsSettling || one.Until <= now) return false;
            one.Until = until;
            return true;
        }
    }

    internal IReadOnlyList<string> Keys()
    {
        lock (gate) return [.. held.Keys];
    }

    public async ValueTask DisposeAsync()
    {
        await Sent.DisposeAsync();
        Taking.Dispose();
    }
}
