using System.Text;
using Kumiki.Serving;

namespace Kumiki.Hosting;

/// <summary>Reads protobuf's wire format in place (protobuf.dev/programming-guides/encoding); positions are those of the whole buffer.</summary>
/// <exception cref="InferenceException">The bytes are no protobuf.</exception>
ref struct WireReader(ReadOnlySpan<byte> buffer, int from, int length)
{
    readonly ReadOnlySpan<byte> bytes = buffer;
    readonly int end = from + length;
    int at = from;

    public int Field { get; private set; }

    /// <summary>How the field is written: 0 a varint, 1 eight bytes, 2 bytes behind their length, 5 four bytes.</summary>
    public int Form { get; private set; }

    public bool Next()
    {
        if (at == end) return false;
        var tag = Varint();
        (Field, Form) = ((int)Math.Min(tag >> 3, int.MaxValue), (int)(tag & 7));
        return Field > 0 ? true : throw Broken();
    }

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at == end) throw Broken();
            var part = bytes[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
        throw Broken();
    }

    public readonly bool IsAtEnd => at == end;

    public ReadOnlySpan<byte> Fixed(int size)
    {
        if (end - at < size) throw Broken();
        at += size;
        return bytes.Slice(at - size, size);
    }

    /// <summary>Where the bytes of this field lie.</summary>
    public (int From, int Length) Range()
    {
        if (Form != 2) throw Broken();
        var size = Varint();
        if (size > (ulong)(end - at)) throw Broken();
        at += (int)size;
        return (at - (int)size, (int)size);
    }

    public ReadOnlySpan<byte> Bytes()
    {
        var (start, size) = Range();
        return bytes.Slice(start, size);
    }

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public ulong Int() => Form == 0 ? Varint() : throw Broken();

    public WireReader Nested()
    {
        var (start, size) = Range();
        return new(bytes, start, size);
    }

    public void Skip()
    {
        switch (Form)
        {
            case 0: Varint(); break;
            case 1: Fixed(8); break;
            case 2: Range(); break;
            case 5: Fixed(4); break;
            default: throw Broken();
        }
    }

    public static InferenceException Broken() => InferenceException.Bad(Message.Of("inference.not-protobuf"));
}

/// <summary>Writes protobuf's wire format; what is empty or 0 is left out, as proto3 has it.</summary>
readonly struct WireWriter(PooledBuffer into)
{
    void Varint(ulong value)
    {
        var room = into.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7) room[length++] = (byte)(value | 0x80);
        room[length++] = (byte)value;
        into.Advance(length);
    }

    public void Bool(int field, bool value)
    {
        if (value) Int(field, 1);
    }

    public void Int(int field, ulong value)
    {
        if (value == 0) return;
        Varint((ulong)field << 3);
        Varint(value);
    }

    public void Text(int field, string text)
    {
        if (text.Length == 0) return;
        var size = Encoding.UTF8.GetByteCount(text);
        Head(field, size);
        into.Advance(Encoding.UTF8.GetBytes(text, into.GetSpan(size)));
    }

    /// <summary>Bytes or a message; written though it is empty.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        Head(field, bytes.Length);
        into.Write(bytes);
    }

    /// <summary>The head of so many bytes that follow.</summary>
    public void Head(int field, int size)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)size);
    }

    /// <summary>A number of a packed list, whose head was written.</summary>
    public void Packed(ulong value) => Varint(value);

    /// <summary>A whole list of numbers.</summary>
    public void Packed(int field, ReadOnlySpan<long> values)
    {
        if (values.IsEmpty) return;
        var size = 0;
        foreach (var value in values) size += SizeOf((ulong)value);
        Head(field, size);
        foreach (var value in values) Varint((ulong)value);
    }

    static int SizeOf(ulong value)
    {
        var size = 1;
        for (; value >= 0x80; value >>= 7) size++;
        return size;
    }
}
