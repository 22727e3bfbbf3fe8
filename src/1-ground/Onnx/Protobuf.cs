using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Kumiki.Onnx;

/// <summary>Writes the protobuf wire format (protobuf.dev/programming-guides/encoding). The same calls give the same bytes.</summary>
internal sealed class ProtobufWriter
{
    readonly ArrayBufferWriter<byte> output = new();

    public byte[] ToArray() => output.WrittenSpan.ToArray();

    public void Int(int field, long value)
    {
        Tag(field, 0);
        Varint((ulong)value);
    }

    public void Float(int field, float value)
    {
        Tag(field, 5);
        BinaryPrimitives.WriteSingleLittleEndian(output.GetSpan(4), value);
        output.Advance(4);
    }

    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, 2);
        Varint((ulong)value.Length);
        output.Write(value);
    }

    public void Floats(int field, ReadOnlySpan<float> values) => Bytes(field, MemoryMarshal.AsBytes(values));

    public void Ints(int field, ReadOnlySpan<long> values)
    {
        var packed = new ProtobufWriter();
        foreach (var value in values) packed.Varint((ulong)value);
        Bytes(field, packed.output.WrittenSpan);
    }

    public void Message(int field, Action<ProtobufWriter> write)
    {
        var inner = new ProtobufWriter();
        write(inner);
        Bytes(field, inner.output.WrittenSpan);
    }

    void Tag(int field, int wire) => Varint((ulong)((field << 3) | wire));

    void Varint(ulong value)
    {
        var span = output.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        output.Advance(length);
    }
}

/// <summary>Reads the protobuf wire format, field by field; what it hands out are slices of the bytes it was given.</summary>
internal ref struct ProtobufReader(ReadOnlyMemory<byte> bytes, int start = 0)
{
    readonly ReadOnlySpan<byte> span = bytes.Span;
    int at;
    int wire;

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Next(out int field)
    {
        field = 0;
        if (at == span.Length) return false;
        var tag = Varint();
        (field, wire) = ((int)(tag >> 3), (int)(tag & 7));
        return true;
    }

    public long Int()
    {
        Expect(0);
        return (long)Varint();
    }

    public float Float()
    {
        Expect(5);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4).Span);
    }

    public string Text() => Encoding.UTF8.GetString(Bytes().Span);

    public ReadOnlyMemory<byte> Bytes()
    {
        Expect(2);
        var length = Varint();
        return length <= int.MaxValue ? Take((int)length) : throw Broken();
    }

    public ProtobufReader Message()
    {
        var message = Bytes();
        return new(message, start + at - message.Length);
    }

    /// <summary>A repeated number: one of many, or all of them packed.</summary>
    public void Ints(List<long> into)
    {
        if (wire == 0) { into.Add(Int()); return; }
        var packed = Message();
        while (packed.at < packed.span.Length) into.Add((long)packed.Varint());
    }

    /// <inheritdoc cref="Ints"/>
    public void Floats(List<float> into)
    {
        if (wire == 5) { into.Add(Float()); return; }
        var packed = Bytes().Span;
        if (packed.Length % 4 != 0) throw Broken();
        into.AddRange(MemoryMarshal.Cast<byte, float>(packed));
    }

    public void Skip()
    {
        switch (wire)
        {
            case 0: Varint(); break;
            case 1: Take(8); break;
            case 2: Bytes(); break;
            case 5: Take(4); break;
            default: throw Broken();
        }
    }

    readonly void Expect(int expected)
    {
        if (wire != expected) throw Broken();
    }

    ReadOnlyMemory<byte> Take(int count)
    {
        if (count > span.Length - at) throw Broken();
        var taken = bytes.Slice(at, count);
        at += count;
        return taken;
    }

    ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at == span.Length) throw Broken();
            var next = span[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        throw Broken();
    }

    public readonly KumikiException Broken() => new(Kumiki.Message.Of("onnx.unreadable", ("at", start + at)));
}
