using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Serving;

namespace Kumiki.Hosting;

static partial class InferenceJson
{
    [ThreadStatic]
    static Utf8JsonWriter? kept;

    /// <summary>A writer of this thread's, for one document that is written at once.</summary>
    static Utf8JsonWriter Writer(PooledBuffer into)
    {
        kept ??= new(into, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        kept.Reset(into);
        return kept;
    }

    /// <summary>Writes one JSON object.</summary>
    public static void Write(PooledBuffer into, Action<Utf8JsonWriter> fields)
    {
        var writer = Writer(into);
        writer.WriteStartObject();
        fields(writer);
        writer.WriteEndObject();
        writer.Flush();
    }

    /// <summary>Writes one JSON array.</summary>
    public static void WriteArray(PooledBuffer into, Action<Utf8JsonWriter> elements)
    {
        var writer = Writer(into);
        writer.WriteStartArray();
        elements(writer);
        writer.WriteEndArray();
        writer.Flush();
    }

    /// <summary>Writes an answer: the JSON, and behind it the bytes of the outputs asked for as such.</summary>
    /// <returns>Bytes of the JSON where bytes follow; else null.</returns>
    public static int? Write(PooledBuffer into, InferenceAnswer answer, AskedOutputs asked)
    {
        into.Write("{\"model_name\":"u8);
        Text(into, answer.ModelName);
        into.Write(",\"model_version\":"u8);
        if (answer.Signature.Parts.Count > 0)
        {
            Text(into, answer.VersionText);
        }
        else
        {
            into.Write("\""u8);
            Number(into, answer.Version.Number);
            into.Write("\""u8);
        }
        if (asked.Id is { } id)
        {
            into.Write(",\"id\":"u8);
            Text(into, id);
        }
        into.Write(",\"outputs\":["u8);
        var (count, anyBinary) = (asked.Count(answer.Signature), false);
        for (var at = 0; at < count; at++)
        {
            var (output, binary) = asked[at];
            into.Write(at == 0 ? "{\"name\":"u8 : ",{\"name\":"u8);
            Text(into, answer.Signature.Outputs[output].Name);
            into.Write(",\"datatype\":"u8);
            Text(into, TensorTypes.NameOf(answer.TypeOf(output)));
            into.Write(",\"shape\":["u8);
            Numbers<long>(into, answer.ShapeOf(output));
            if (binary)
            {
                anyBinary = true;
                into.Write("],\"parameters\":{\"binary_data_size\":"u8);
                Number(into, SizeOf(answer, output));
                into.Write("}}"u8);
            }
            else
            {
                into.Write("],\"data\":["u8);
                WriteData(into, answer, output);
                into.Write("]}"u8);
            }
        }
        into.Write("]}"u8);
        if (!anyBinary) return null;
        var json = into.Length;
        for (var at = 0; at < count; at++)
            if (asked[at] is (var output, true)) WriteBytes(into, answer, output);
        return json;
    }

    /// <summary>Bytes an output takes in the protocol's binary form.</summary>
    public static int SizeOf(InferenceAnswer answer, int output)
    {
        if (answer.TypeOf(output) != TensorType.Text) return answer.BytesOf(output).Length;
        var (size, count) = (0, answer.CountOf(output));
        for (var at = 0; at < count; at++) size += 4 + answer.TextOf(output, at).Length;
        return size;
    }

    /// <summary>Writes an output in the protocol's binary form.</summary>
    public static void WriteBytes(PooledBuffer into, InferenceAnswer answer, int output)
    {
        if (answer.TypeOf(output) != TensorType.Text)
        {
            into.Write(answer.BytesOf(output));
            return;
        }
        var count = answer.CountOf(output);
        for (var at = 0; at < count; at++)
        {
            var text = answer.TextOf(output, at);
            BinaryPrimitives.WriteUInt32LittleEndian(into.GetSpan(4), (uint)text.Length);
            into.Advance(4);
            into.Write(text);
        }
    }

    static void WriteData(PooledBuffer into, InferenceAnswer answer, int output)
    {
        var type = answer.TypeOf(output);
        if (type == TensorType.Text)
        {
            var count = answer.CountOf(output);
            for (var at = 0; at < count; at++)
            {
                if (at > 0) into.Write(","u8);
                Text(into, System.Text.Encoding.UTF8.GetString(answer.TextOf(output, at)));
            }
            return;
        }
        var bytes = answer.BytesOf(output);
        switch (type)
        {
            case TensorType.Float: Numbers(into, MemoryMarshal.Cast<byte, float>(bytes)); break;
            case TensorType.Double: Numbers(into, MemoryMarshal.Cast<byte, double>(bytes)); break;
            case TensorType.Float16: Each(into, MemoryMarshal.Cast<byte, Half>(bytes), static (into, v) => Number(into, (float)v)); break;
            case TensorType.BFloat16:
                Each(into, MemoryMarshal.Cast<byte, ushort>(bytes), static (into, v) => Number(into, BitConverter.UInt32BitsToSingle((uint)v << 16)));
                break;
            case TensorType.Int64: Numbers(into, MemoryMarshal.Cast<byte, long>(bytes)); break;
            case TensorType.UInt64: Numbers(into, MemoryMarshal.Cast<byte, ulong>(bytes)); break;
            case TensorType.Int32: Numbers(into, MemoryMarshal.Cast<byte, int>(bytes)); break;
            case TensorType.UInt32: Numbers(into, MemoryMarshal.Cast<byte, uint>(bytes)); break;
            case TensorType.Int16: Numbers(into, MemoryMarshal.Cast<byte, short>(bytes)); break;
            case TensorType.UInt16: Numbers(into, MemoryMarshal.Cast<byte, ushort>(bytes)); break;
            case TensorType.Int8: Numbers(into, MemoryMarshal.Cast<byte, sbyte>(bytes)); break;
            case TensorType.UInt8: Numbers(into, bytes); break;
            case TensorType.Bool: Each(into, bytes, static (into, v) => into.Write(v != 0 ? "true"u8 : "false"u8)); break;
            default: throw new ArgumentOutOfRangeException(nameof(output), type, "Not a type of the protocol.");
        }
    }

    // ── elements ──

    /// <summary>What stands in JSON as it is.</summary>
    static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c is not ('"' or '\\'))]);

    static void Text(PooledBuffer into, string text)
    {
        if (text.AsSpan().ContainsAnyExcept(Plain))
        {
            var escaped = JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
            into.Write("\""u8);
            into.Write(escaped);
            into.Write("\""u8);
            return;
        }
        var room = into.GetSpan(text.Length + 2);
        room[0] = (byte)'"';
        var length = System.Text.Encoding.UTF8.GetBytes(text, room[1..]);
        room[length + 1] = (byte)'"';
        into.Advance(length + 2);
    }

    static void Numbers<T>(PooledBuffer into, ReadOnlySpan<T> values) where T : struct, IUtf8SpanFormattable =>
        Each(into, values, static (into, v) => Number(into, v));

    static void Each<T>(PooledBuffer into, ReadOnlySpan<T> values, Action<PooledBuffer, T> write)
    {
        for (var at = 0; at < values.Length; at++)
        {
            if (at > 0) into.Write(","u8);
            write(into, values[at]);
        }
    }

    /// <summary>The shortest text that is read as the same number. JSON has no word for what is no number: null, which the request allowed.</summary>
    static void Number<T>(PooledBuffer into, T value) where T : struct, IUtf8SpanFormattable
    {
        const int Longest = 64;
        if (value is float single && !float.IsFinite(single) || value is double real && !double.IsFinite(real)) into.Write("null"u8);
        else if (value.TryFormat(into.GetSpan(Longest), out var length, default, CultureInfo.InvariantCulture)) into.Advance(length);
        else throw new UnreachableException($"{value} takes more than {Longest} bytes.");
    }
}
