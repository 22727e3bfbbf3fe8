using System.Buffers.Binary;
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
        var writer = Writer(into);
        writer.WriteStartObject();
        writer.WriteString("model_name"u8, answer.ModelName);
        Span<char> number = stackalloc char[11];
        if (answer.Signature.Parts.Count > 0) writer.WriteString("model_version"u8, answer.VersionText);
        else writer.WriteString("model_version"u8, number[..(answer.Version.Number.TryFormat(number, out var digits) ? digits : 0)]);
        if (asked.Id is { } id) writer.WriteString("id"u8, id);
        writer.WriteStartArray("outputs"u8);
        var (count, anyBinary) = (asked.Count(answer.Signature), false);
        for (var at = 0; at < count; at++)
        {
            var (output, binary) = asked[at];
            writer.WriteStartObject();
            writer.WriteString("name"u8, answer.Signature.Outputs[output].Name);
            writer.WriteString("datatype"u8, TensorTypes.NameOf(answer.TypeOf(output)));
            writer.WriteStartArray("shape"u8);
            foreach (var dimension in answer.ShapeOf(output)) writer.WriteNumberValue(dimension);
            writer.WriteEndArray();
            if (binary)
            {
                anyBinary = true;
                writer.WriteStartObject("parameters"u8);
                writer.WriteNumber("binary_data_size"u8, SizeOf(answer, output));
                writer.WriteEndObject();
            }
            else
            {
                writer.WriteStartArray("data"u8);
                WriteData(writer, answer, output);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
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

    static void WriteData(Utf8JsonWriter writer, InferenceAnswer answer, int output)
    {
        var type = answer.TypeOf(output);
        if (type == TensorType.Text)
        {
            var count = answer.CountOf(output);
            for (var at = 0; at < count; at++) writer.WriteStringValue(System.Text.Encoding.UTF8.GetString(answer.TextOf(output, at)));
            return;
        }
        var bytes = answer.BytesOf(output);
        switch (type)
        {
            case TensorType.Float: foreach (var v in MemoryMarshal.Cast<byte, float>(bytes)) Real(writer, v); break;
            case TensorType.Double:
                foreach (var v in MemoryMarshal.Cast<byte, double>(bytes))
                {
                    if (double.IsFinite(v)) writer.WriteNumberValue(v);
                    else writer.WriteNullValue();
                }
                break;
            case TensorType.Float16: foreach (var v in MemoryMarshal.Cast<byte, Half>(bytes)) Real(writer, (float)v); break;
            case TensorType.BFloat16:
                foreach (var v in MemoryMarshal.Cast<byte, ushort>(bytes)) Real(writer,
                BitConverter.UInt32BitsToSingle((uint)v << 16)); break;
            case TensorType.Int64: foreach (var v in MemoryMarshal.Cast<byte, long>(bytes)) writer.WriteNumberValue(v); break;
            case TensorType.UInt64: foreach (var v in MemoryMarshal.Cast<byte, ulong>(bytes)) writer.WriteNumberValue(v); break;
            case TensorType.Int32: foreach (var v in MemoryMarshal.Cast<byte, int>(bytes)) writer.WriteNumberValue(v); break;
            case TensorType.UInt32: foreach (var v in MemoryMarshal.Cast<byte, uint>(bytes)) writer.WriteNumberValue(v); break;
            case TensorType.Int16: foreach (var v in MemoryMarshal.Cast<byte, short>(bytes)) writer.WriteNumberValue(v); break;
            case TensorType.UInt16: foreach (var v in MemoryMarshal.Cast<byte, ushort>(bytes)) writer.WriteNumberValue(v); break;
            case TensorType.Int8: foreach (var v in bytes) writer.WriteNumberValue((sbyte)v); break;
            case TensorType.UInt8: foreach (var v in bytes) writer.WriteNumberValue(v); break;
            case TensorType.Bool: foreach (var v in bytes) writer.WriteBooleanValue(v != 0); break;
            default: throw new ArgumentOutOfRangeException(nameof(output), type, "Not a type of the protocol.");
        }
    }

    /// <summary>JSON has no word for what is no number: null, which the request allowed.</summary>
    static void Real(Utf8JsonWriter writer, float value)
    {
        if (float.IsFinite(value)) writer.WriteNumberValue(value);
        else writer.WriteNullValue();
    }
}
