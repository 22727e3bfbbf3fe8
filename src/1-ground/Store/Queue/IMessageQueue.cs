namespace Kumiki.Queues;

/// <summary>Durable queues between an application and its ML. Every message is delivered at least once; it goes only when whoever took it says that it is
/// done.</summary>
/// <remarks>
/// <para>A message that was taken is hidden from others for a time. Whoever does not settle it by then has lost it: it is delivered again, and the late
/// settlement is refused. One that was delivered too often without being settled is a dead letter, with the reason. A message that was delivered before comes
/// alone, so that one that kills its consumers takes no others with it.</para>
/// <para>Several threads and processes may use one queue. One contract suite runs against every implementation.</para>
/// </remarks>
public interface IMessageQueue : IAsyncDisposable
{
    /// <summary>Puts messages at the end; they are durable when the task ends.</summary>
    /// <returns>How many are new: in the data folder one whose key was put before is passed over. A broker takes all, and whoever takes them passes over
    /// what was done before.</returns>
    /// <exception cref="KumikiException">A key or a body is none, or the queue cannot be reached.</exception>
    Task<int> PutAsync(QueueName queue, IReadOnlyList<QueueMessage> messages, CancellationToken stop);

    /// <summary>Takes messages from the front.</summary>
    /// <param name="most">How many at most, 1 … 10,000; fewer where they are large, and one alone where it was delivered before.</param>
    /// <param name="hidden">How long they belong to the caller, from 1 ms to 12 hours.</param>
    /// <param name="wait">How long to wait for the first.</param>
    /// <returns>None where none came.</returns>
    Task<IReadOnlyList<Delivery>> TakeAsync(QueueName queue, int most, TimeSpan hidden, TimeSpan wait, CancellationToken stop);

    /// <summary>Says what became of messages. In the data folder all of it is one step, with what they put; a broker first takes what is put, then each
    /// acknowledgement.</summary>
    /// <returns>For each, whether it still belonged to the caller; where not, nothing of it was done.</returns>
    Task<IReadOnlyList<bool>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken stop);

    /// <summary>Gives whoever took messages more time, from now on.</summary>
    /// <returns>For each, whether it still belonged to the caller.</returns>
    Task<IReadOnlyList<bool>> ExtendAsync(IReadOnlyList<Delivery> deliveries, TimeSpan hidden, CancellationToken stop);

    /// <summary>How full queues are.</summary>
    /// <param name="queues">None: all that hold anything; a broker must be told which.</param>
    Task<IReadOnlyList<QueueFigures>> FiguresAsync(IReadOnlyList<QueueName> queues, CancellationToken stop);

    /// <summary>Looks at the front of a queue; a broker counts that as a delivery.</summary>
    Task<IReadOnlyList<WaitingMessage>> PeekAsync(QueueName queue, int most, CancellationToken stop);

    /// <summary>The dead letters of a queue, the oldest first.</summary>
    Task<IReadOnlyList<DeadLetter>> DeadAsync(QueueName queue, int most, CancellationToken stop);

    /// <summary>Puts dead letters back at the end of their queue, as if they had never been taken.</summary>
    /// <param name="keys">Which; null: all.</param>
    /// <returns>How many.</returns>
    Task<int> ReviveAsync(QueueName queue, IReadOnlyCollection<string>? keys, CancellationToken stop);

    /// <summary>Removes dead letters for good.</summary>
    /// <param name="keys">Which; null: all.</param>
    /// <returns>How many.</returns>
    Task<int> DropAsync(QueueName queue, IReadOnlyCollection<string>? keys, CancellationToken stop);
}

/// <summary>Opens the queues at an address for a backend, such as <c>amqp://…</c>.</summary>
/// <param name="claims">Where it remembers what was done.</param>
public delegate Task<IMessageQueue> QueueOpener(string address, IQueueClaims claims, QueueSettings settings, TimeProvider clock, CancellationToken stop);
