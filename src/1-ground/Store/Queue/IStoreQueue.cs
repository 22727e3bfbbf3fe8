namespace Kumiki.Queues;

/// <summary>The queues of a metadata store, what became of their messages, and who works on them.</summary>
public interface IStoreQueue : IMessageQueue, IQueueClaims
{
    /// <summary>What became of the messages of every queue that was ever used, by name.</summary>
    Task<IReadOnlyList<(QueueName Queue, QueueCounts Counts)>> CountsAsync(CancellationToken stop);

    /// <summary>Keeps what a stream says of itself, in the place of what it said before; what others said more than a day ago is forgotten.</summary>
    Task SignAsync(StreamSign sign, CancellationToken stop);

    /// <summary>What streams said of themselves last, those seen last first: of this store's queues, or of a broker's.</summary>
    Task<IReadOnlyList<StreamSign>> SignsAsync(CancellationToken stop);
}

/// <summary>What became of the messages of a queue since the store counts them; each only rises.</summary>
/// <param name="Put">Messages that were new.</param>
/// <param name="Taken">Deliveries: a message that is delivered again is taken again.</param>
/// <param name="Done">Acknowledged, and gone.</param>
/// <param name="Back">Given back, to be taken again.</param>
/// <param name="Dead">Given up.</param>
public readonly record struct QueueCounts(long Put, long Taken, long Done, long Back, long Dead)
{
    public static QueueCounts operator +(QueueCounts a, QueueCounts b) =>
        new(a.Put + b.Put, a.Taken + b.Taken, a.Done + b.Done, a.Back + b.Back, a.Dead + b.Dead);
}

/// <summary>What a stream says of itself while it runs.</summary>
/// <param name="Id">Tells it apart from every other.</param>
/// <param name="Broker">The broker's host whose queues it works on; null: the store's own.</param>
/// <param name="Seen">When it said so.</param>
/// <param name="Answered">Messages with an answer since it began; <paramref name="Dead"/>: given up; <paramref name="Again"/>: times one was given back;
/// <paramref name="Lost"/>: answers that came too late.</param>
/// <param name="Waits">Why nothing can be answered just now; null while it can.</param>
/// <param name="Failure">Why the last message that it could not answer was given up or back; null: there was none.</param>
/// <param name="Ended">Whether it came to its end.</param>
public sealed record StreamSign(
    string Id, string Endpoint, string From, string To, string? Broker, string Machine, int Process, DateTimeOffset Began, DateTimeOffset Seen,
    long Answered, long Dead, long Again, long Lost, Message? Waits, Message? Failure, bool Ended);
