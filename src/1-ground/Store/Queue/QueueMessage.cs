using System.Text;

namespace Kumiki.Queues;

/// <summary>What is put into a queue.</summary>
/// <param name="Key">Tells it apart: put twice under one key, it is one message. 1 to 200 bytes of UTF-8 without control characters.</param>
/// <param name="Body">1 byte to 4 MiB.</param>
public sealed record QueueMessage(string Key, ReadOnlyMemory<byte> Body)
{
    /// <summary>Bytes of a body at most.</summary>
    public const int MostBytes = 4 << 20;

    /// <summary>Bytes of a key at most.</summary>
    public const int MostKeyBytes = 200;

    /// <summary>A message under a key of its own.</summary>
    public static QueueMessage Of(ReadOnlyMemory<byte> body) => new(Guid.NewGuid().ToString("N"), body);

    /// <summary>Whether a text can be a key.</summary>
    public static bool IsKey(string key) => key.Length > 0 && !key.Any(char.IsControl) && IsWellFormed(key) && Encoding.UTF8.GetByteCount(key) <= MostKeyBytes;

    /// <exception cref="KumikiException">Its key or body is none; the sentence says which.</exception>
    public void Check(QueueName queue)
    {
        if (!IsKey(Key))
            throw new KumikiException(Message.Of("queue.key", ("queue", queue), ("key", Key.Length > 50 ? Key[..50] + "…" : Key), ("most", MostKeyBytes)));
        if (Body.Length is 0 or > MostBytes)
            throw new KumikiException(Message.Of("queue.body", ("queue", queue), ("key", Key), ("bytes", Body.Length), ("most", MostBytes)));
    }

    static bool IsWellFormed(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at])) continue;
            if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1])) return false;
            at++;
        }
        return true;
    }
}

/// <summary>A message that was taken, and belongs to whoever took it until <paramref name="Until"/>.</summary>
/// <param name="Number">The message, as its queue counts.</param>
/// <param name="PutAt">When it was put.</param>
/// <param name="Deliveries">How often it has been taken, this time included; only the newest taking can settle it.</param>
/// <param name="IsLast">Whether it is a dead letter if it is not acknowledged this time.</param>
public sealed record Delivery(
    QueueName Queue, long Number, string Key, ReadOnlyMemory<byte> Body, DateTimeOffset PutAt, int Deliveries, bool IsLast, DateTimeOffset Until);

/// <summary>A message as it lies in its queue, to be looked at.</summary>
/// <param name="Deliveries">How often it was taken.</param>
/// <param name="HiddenUntil">Null where it can be taken now.</param>
public sealed record WaitingMessage(string Key, ReadOnlyMemory<byte> Body, DateTimeOffset PutAt, int Deliveries, DateTimeOffset? HiddenUntil);

/// <summary>A message that was given up.</summary>
/// <param name="Reason">Why, as a sentence.</param>
public sealed record DeadLetter(string Key, ReadOnlyMemory<byte> Body, DateTimeOffset PutAt, DateTimeOffset DiedAt, int Deliveries, Message Reason);

/// <summary>How full a queue is.</summary>
/// <param name="Ready">Messages that can be taken now.</param>
/// <param name="Held">Messages that are taken, or wait for another try; with a broker those of this process, null where it takes none.</param>
/// <param name="Oldest">When the oldest message of both was put; null where there is none, or the broker does not say.</param>
public sealed record QueueFigures(QueueName Queue, long Ready, long? Held, long Dead, DateTimeOffset? Oldest);

/// <summary>What becomes of a message that was taken.</summary>
public abstract record Settlement
{
    Settlement(Delivery delivery) => Delivery = delivery;        // closed: these three and no fourth

    public Delivery Delivery { get; }

    /// <summary>It is done and gone, and what came of it is put.</summary>
    /// <param name="Puts">Messages by queue; none where it had no answer.</param>
    public sealed record Done(Delivery Of, params IReadOnlyList<(QueueName Queue, QueueMessage Message)> Puts) : Settlement(Of);

    /// <summary>It is given back, to be taken again.</summary>
    /// <param name="After">Not before this time has gone by.</param>
    public sealed record Back(Delivery Of, TimeSpan After) : Settlement(Of);

    /// <summary>It is given up, and kept among the dead letters.</summary>
    public sealed record Dead(Delivery Of, Message Reason) : Settlement(Of);
}

/// <summary>How a queue behaves.</summary>
public sealed record QueueSettings
{
    /// <summary>How often a message is delivered at most; the next taking makes a dead letter of it.</summary>
    /// <value>5; 1 … 20.</value>
    public int MostDeliveries
    {
        get;
        init => field = value is >= 1 and <= 20 ? value : throw new KumikiException(Message.Of("queue.deliveries", ("found", value)));
    } = 5;

    /// <summary>How long a key is remembered after it was put (or, with a broker, after its message was done).</summary>
    /// <value>7 days.</value>
    public TimeSpan KeepKeys { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a broker that went away is waited for.</summary>
    /// <value>60 s.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}
