using Kumiki.Queues;

namespace Kumiki.Streaming;

/// <summary>How a stream runs.</summary>
/// <param name="From">Where the rows come from.</param>
/// <param name="To">Where the answers go, each under its message's key.</param>
sealed record StreamSettings(QueueName From, QueueName To)
{
    /// <summary>Messages that are taken and settled at once.</summary>
    /// <value>64.</value>
    public int Batch { get; init; } = 64;

    /// <summary>Batches under way at once: one is taken or settled while another is answered. No more than these are in memory.</summary>
    /// <value>4.</value>
    public int Lanes { get; init; } = 4;

    /// <summary>How long messages belong to this stream without a sign of life.</summary>
    /// <value>30 s.</value>
    public TimeSpan Hidden { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a message rests after the model failed on it the first time; each time twice as long.</summary>
    /// <value>1 s.</value>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether the stream ends when no message is left.</summary>
    public bool UntilEmpty { get; init; }

    /// <summary>How long nothing has to come before an empty queue is the end: longer than a broker takes to send what it has.</summary>
    /// <value>2 s.</value>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>What a stream has done.</summary>
/// <param name="Answered">Messages with an answer.</param>
/// <param name="Dead">Given up: wrong, or the model failed on them every time.</param>
/// <param name="Again">Times that a message was given back after the model failed on it.</param>
/// <param name="Lost">Answers that came after their message belonged to another, and were not sent.</param>
/// <param name="Waits">Why nothing can be answered just now; null while it can.</param>
sealed record StreamFigures(long Answered, long Dead, long Again, long Lost, Message? Waits)
{
    /// <summary>Why the last message that could not be answered was given up or back; null: there was none.</summary>
    public Message? Failure { get; init; }
}

/// <summary>Answers one message.</summary>
/// <returns>The answer, as it is sent.</returns>
/// <exception cref="Serving.InferenceException">There is none; the fault says whether another time may help.</exception>
/// <exception cref="KumikiException">The message is wrong.</exception>
delegate ValueTask<ReadOnlyMemory<byte>> StreamAnswerer(Delivery message, CancellationToken gone);
