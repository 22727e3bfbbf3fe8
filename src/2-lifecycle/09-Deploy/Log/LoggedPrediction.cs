using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Kumiki.Onnx;

namespace Kumiki.Predictions;

/// <summary>One answer of an endpoint, or one that failed, to be logged; it is copied before <see cref="PredictionLog.TryAdd"/> returns.</summary>
readonly ref struct LoggedPrediction
{
    /// <summary>What it has in common with the others of its release.</summary>
    public required LoggedAs As { get; init; }

    /// <summary>The client's id, or ours: outcomes are joined by it.</summary>
    public required ReadOnlySpan<char> Id { get; init; }

    /// <summary>When it was asked, in µs since 1970, UTC.</summary>
    public required long At { get; init; }

    /// <summary>From the request's last byte to its answer, in µs.</summary>
    public long LatencyUs { get; init; }

    /// <summary>Of that, waiting for a run of the engine.</summary>
    public long QueueUs { get; init; }

    /// <summary>Of that, the run.</summary>
    public long RunUs { get; init; }

    /// <summary>The row as it came: UTF-8 of a JSON object; personal values are taken out here.</summary>
    public ReadOnlySpan<byte> Inputs { get; init; }

    /// <summary>The numbers that the model read, by <see cref="LoggedShape.Numbers"/>; NaN: missing. Empty where no model was asked.</summary>
    public ReadOnlySpan<float> Numbers { get; init; }

    /// <summary>The texts that it read, by <see cref="LoggedShape.Texts"/>.</summary>
    public ReadOnlySpan<string?> Texts { get; init; }

    /// <summary>The rows it was asked with, from which inputs, numbers and texts are taken, in the place of the three above; of an endpoint whose fields
    /// the shape
    /// was made with.</summary>
    public EndpointRows? Rows { get; init; }

    /// <summary>Which of them.</summary>
    public int Row { get; init; }

    /// <summary>By <see cref="LoggedShape.Scores"/>.</summary>
    public ReadOnlySpan<float> Scores { get; init; }

    public ReadOnlySpan<char> Decision { get; init; }

    /// <summary>The arm of an experiment.</summary>
    public ReadOnlySpan<char> Arm { get; init; }

    /// <summary>The offline runner that answered; empty where this server did.</summary>
    public ReadOnlySpan<char> Device { get; init; }

    /// <summary>What answered in the model's place.</summary>
    public ReadOnlySpan<char> Fallback { get; init; }

    /// <summary>The W3C trace id, 32 hexadecimal digits.</summary>
    public ReadOnlySpan<char> Trace { get; init; }

    /// <summary>Why there was no answer, or none of the model's. Its sentence may hold values: where the endpoint has personal columns only its id is
    /// kept.</summary>
    public Message? Error { get; init; }
}

/// <summary>The bytes of a record: docs/formats/prediction-log.md.</summary>
static class LogRecord
{
    /// <summary>The first byte of each.</summary>
    public const byte Shape = 0, Prediction = 1, Outcome = 2;

    /// <summary>Where the time lies by which a record is found: when it was asked, or told.</summary>
    public const int TimeOfPrediction = 1 + 4, TimeOfOutcome = 1;

    /// <summary>Of shape, times and parts of time.</summary>
    const int Fixed = 1 + 4 + 8 + (3 * 4);

    /// <summary>Bytes of a prediction's record.</summary>
    public static int LengthOf(in LoggedPrediction one, ReadOnlySpan<byte> inputs, string? errorText)
    {
        var length = Fixed + TextLength(one.Id) + TextLength(one.Decision) + TextLength(one.Arm) + TextLength(one.Fallback) + TextLength(one.Trace)
            + TextLength(one.Error?.Id) + TextLength(errorText) + 4 + inputs.Length + 4 + (4 * one.Scores.Length) + 4 + 4
            + (one.Device.IsEmpty ? 0 : TextLength(one.Device));
        if (one.Rows is not { } rows)
        {
            // To the byte: what follows the texts is known by whether anything does.
            for (var i = 0; i < one.Texts.Length; i++)
                length += 4 + (one.Texts[i] is { } text && !Hides(one.As.HiddenTexts, i) ? Encoding.UTF8.GetByteCount(text) : 0);
            return length + (4 * one.Numbers.Length);
        }
        Span<byte> digits = stackalloc byte[32];
        for (var i = 0; i < one.As.TextPlaces.Length; i++) length += 4 + (Hides(one.As.HiddenTexts, i) ? 0 : rows.TextOf(one.As.TextPlaces[i], one.Row,
            digits).Length);
        return length + (4 * one.As.NumberPlaces.Length);
    }

    public static void Write(Span<byte> to, in LoggedPrediction one, ReadOnlySpan<byte> inputs, string? errorText)
    {
        var into = new LogWriter(to);
        into.Byte(Prediction);
        into.Whole(one.As.Number);
        into.Long(one.At);
        into.Whole((int)Math.Clamp(one.LatencyUs, 0, int.MaxValue));
        into.Whole((int)Math.Clamp(one.QueueUs, 0, int.MaxValue));
        into.Whole((int)Math.Clamp(one.RunUs, 0, int.MaxValue));
        into.Text(one.Id);
        into.Text(one.Decision);
        into.Text(one.Arm);
        into.Text(one.Fallback);
        into.Text(one.Trace);
        into.Text(one.Error?.Id);
        into.Text(errorText);
        into.Bytes(inputs);
        into.Floats(one.Scores, []);
        if (one.Rows is not { } rows)
        {
            into.Floats(one.Numbers, one.As.HiddenNumbers);
            into.Whole(one.Texts.Length);
            for (var i = 0; i < one.Texts.Length; i++) into.NullableText(Hides(one.As.HiddenTexts, i) ? null : one.Texts[i]);
            From(ref into, one);
            return;
        }
        var (numbers, texts) = (one.As.NumberPlaces, one.As.TextPlaces);
        into.Whole(numbers.Length);
        for (var i = 0; i < numbers.Length; i++) into.Single(Hides(one.As.HiddenNumbers, i) ? float.NaN : (float)rows.Number(numbers[i], one.Row));
        into.Whole(texts.Length);
        Span<byte> digits = stackalloc byte[32];
        for (var i = 0; i < texts.Length; i++)
            if (Hides(one.As.HiddenTexts, i) || rows.IsMissing(texts[i], one.Row)) into.NullableText(null);
            else into.Bytes(rows.TextOf(texts[i], one.Row, digits));
        From(ref into, one);
    }

    // At the end, and only where there is one: records without it are as they were before runners sent theirs.
    static void From(ref LogWriter into, in LoggedPrediction one)
    {
        if (!one.Device.IsEmpty) into.Text(one.Device);
    }

    static bool Hides(bool[] hidden, int place) => place < hidden.Length && hidden[place];

    static int TextLength(ReadOnlySpan<char> text) => 4 + Encoding.UTF8.GetByteCount(text);

    public static byte[] OfShape(int number, LoggedShape shape)
    {
        var json = shape.ToJson();
        var bytes = new byte[5 + json.Length];
        bytes[0] = Shape;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), number);
        json.CopyTo(bytes, 5);
        return bytes;
    }

    /// <summary>The id of a prediction or outcome, UTF-8.</summary>
    public static ReadOnlySpan<byte> IdOf(ReadOnlySpan<byte> record)
    {
        if (record[0] == Prediction) return new LogReader(record[Fixed..]).Text();
        var reader = new LogReader(record[(TimeOfOutcome + 8 + 8 + 1 + 8)..]);
        reader.Text();
        return reader.Text();
    }

    public static int LengthOf(Outcome one) =>
        1 + 8 + 8 + 1 + 8 + TextLength(one.Endpoint) + TextLength(one.Id) + TextLength(one.Label) + TextLength(one.Note ?? "");

    public static void Write(Span<byte> to, Outcome one, long noted)
    {
        var into = new LogWriter(to);
        into.Byte(Outcome);
        into.Long(noted);
        into.Long((one.At.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        into.Byte(one.Value is null ? (byte)0 : (byte)1);
        into.Long(BitConverter.DoubleToInt64Bits(one.Value ?? 0));
        into.Text(one.Endpoint);
        into.Text(one.Id);
        into.Text(one.Label);
        into.Text(one.Note ?? "");
    }
}

/// <summary>Writes a record's parts behind each other, little-endian; texts and arrays after their length.</summary>
ref struct LogWriter(Span<byte> to)
{
    readonly Span<byte> to = to;
    int at;

    public void Byte(byte value) => to[at++] = value;

    public void Whole(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to[at..], value);
        at += 4;
    }

    public void Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(to[at..], value);
        at += 8;
    }

    public void Single(float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(to[at..], value);
        at += 4;
    }

    public void Text(scoped ReadOnlySpan<char> text)
    {
        var length = Encoding.UTF8.GetBytes(text, to[(at + 4)..]);
        Whole(length);
        at += length;
    }

    /// <summary>A text that may be missing: its length is −1 then.</summary>
    public void NullableText(string? text)
    {
        if (text is null) Whole(-1);
        else Text(text);
    }

    public void Bytes(scoped ReadOnlySpan<byte> bytes)
    {
        Whole(bytes.Length);
        bytes.CopyTo(to[at..]);
        at += bytes.Length;
    }

    public void Floats(scoped ReadOnlySpan<float> values, bool[] hidden)
    {
        Whole(values.Length);
        MemoryMarshal.AsBytes(values).CopyTo(to[at..]);
        for (var i = 0; i < hidden.Length && i < values.Length; i++)
            if (hidden[i]) BinaryPrimitives.WriteSingleLittleEndian(to[(at + (4 * i))..], float.NaN);
        at += 4 * values.Length;
    }
}

/// <summary>Reads what <see cref="LogWriter"/> wrote.</summary>
ref struct LogReader(ReadOnlySpan<byte> from)
{
    readonly ReadOnlySpan<byte> from = from;
    int at;

    public bool IsAtEnd => at == from.Length;

    public byte Byte() => from[at++];

    public int Whole()
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(from[at..]);
        at += 4;
        return value;
    }

    public long Long()
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(from[at..]);
        at += 8;
        return value;
    }

    /// <param name="isNull">Whether it is missing.</param>
    public ReadOnlySpan<byte> Text(out bool isNull)
    {
        var length = Whole();
        isNull = length < 0;
        if (length <= 0) return [];
        at += length;
        return from.Slice(at - length, length);
    }

    public ReadOnlySpan<byte> Text() => Text(out _);

    public ReadOnlySpan<float> Floats()
    {
        var length = 4 * Whole();
        at += length;
        return MemoryMarshal.Cast<byte, float>(from.Slice(at - length, length));
    }
}

/// <summary>What turned out to be true of a prediction.</summary>
/// <param name="Endpoint">The endpoint that was asked.</param>
/// <param name="Id">The id of the prediction; it may come before the prediction does.</param>
/// <param name="Value">A number; of true and false 1 and 0; null of a text that is no number.</param>
/// <param name="Label">The value as it was given.</param>
/// <param name="At">When it was so.</param>
sealed record Outcome(string Endpoint, string Id, double? Value, string Label, DateTimeOffset At, string? Note = null);
