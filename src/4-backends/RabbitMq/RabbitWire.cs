using System.Globalization;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;

namespace Kumiki.Queues.RabbitMq;

/// <summary>A message as it arrived, and by which delivery.</summary>
/// <param name="Deliveries">How often it was delivered, this time included.</param>
/// <param name="Key">Null where whoever put it gave none.</param>
sealed record Arrived(string? Key, ReadOnlyMemory<byte> Body, DateTimeOffset PutAt, int Deliveries, Tag Tag);

/// <summary>A delivery of a channel, which ends with its connection.</summary>
readonly record struct Tag(int Generation, ulong Number);

/// <summary>What a message's properties say.</summary>
/// <remarks>The key is <c>message-id</c>. A message that others put has perhaps no <c>kumiki-put-at</c>, and then <c>timestamp</c> is asked; times are
/// 100 ns ticks of UTC.</remarks>
static class RabbitWire
{
    const string PutAt = "kumiki-put-at", DiedAt = "kumiki-died-at", Deliveries = "kumiki-deliveries", Reason = "kumiki-reason";

    internal static BasicProperties Of(QueueMessage message, DateTimeOffset putAt) => new()
    {
        MessageId = message.Key,
        DeliveryMode = DeliveryModes.Persistent,
        Timestamp = new(putAt.ToUnixTimeSeconds()),
        Headers = new Dictionary<string, object?> { [PutAt] = putAt.UtcTicks },
    };

    internal static BasicProperties Of(DeadLetter letter)
    {
        var properties = Of(new QueueMessage(letter.Key, letter.Body), letter.PutAt);
        properties.Headers![DiedAt] = letter.DiedAt.UtcTicks;
        properties.Headers[Deliveries] = (long)letter.Deliveries;
        properties.Headers[Reason] = JsonSerializer.Serialize(letter.Reason);
        return properties;
    }

    internal static Arrived Read(IReadOnlyBasicProperties properties, ReadOnlySpan<byte> body, bool redelivered, Tag tag, DateTimeOffset now)
    {
        var before = Number(properties, "x-delivery-count") ?? (redelivered ? 1 : 0);
        var key = properties.MessageId is { } id && QueueMessage.IsKey(id) ? id : null;
        return new(key, body.ToArray(), TimeOf(properties, PutAt) ?? Stamp(properties) ?? now, (int)Math.Min(before + 1, int.MaxValue), tag);
    }

    internal static DeadLetter ReadDead(BasicGetResult got, DateTimeOffset now)
    {
        var properties = got.BasicProperties;
        var reason = properties.Headers?.TryGetValue(Reason, out var value) == true && Text(value) is { } json ? ReasonOf(json) : null;
        return new(properties.MessageId ?? "", got.Body.ToArray(), TimeOf(properties, PutAt) ?? Stamp(properties) ?? now, TimeOf(properties, DiedAt) ?? now,
            (int)(Number(properties, Deliveries) ?? 0), reason ?? Message.Of("queue.rabbit-no-reason"));
    }

    static Message? ReasonOf(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<Message>(json);
        }
        catch (JsonException)
        {
            return null;            // another program wrote it
        }
    }

    static DateTimeOffset? Stamp(IReadOnlyBasicProperties properties) =>
        properties.IsTimestampPresent() && properties.Timestamp.UnixTime is >= 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(properties.Timestamp.UnixTime) : null;

    static DateTimeOffset? TimeOf(IReadOnlyBasicProperties properties, string header) =>
        Number(properties, header) is { } ticks && ticks >= 0 && ticks <= DateTimeOffset.MaxValue.UtcTicks ? new(ticks, TimeSpan.Zero) : null;

    static long? Number(IReadOnlyBasicProperties properties, string header) =>
        properties.Headers?.TryGetValue(header, out var value) == true ? NumberOf(value) : null;

    static long? NumberOf(object? value) => value switch
    {
        long whole => whole,
        int whole => whole,
        byte[] bytes when long.TryParse(Encoding.UTF8.GetString(bytes), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) => parsed,
        _ => null,
    };

    static string? Text(object? value) => value switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        string text => text,
        _ => null,
    };
}
