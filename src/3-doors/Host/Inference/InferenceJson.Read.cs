using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Serving;

namespace Kumiki.Hosting;

/// <summary>The protocol's JSON: requests are read straight into typed memory, answers written straight from the engine's.</summary>
static partial class InferenceJson
{
    const int MostDimensions = 16;

    static readonly JsonReaderOptions Strict = new() { MaxDepth = 64 };

    /// <summary>Reads a request: a JSON object and, behind it, the bytes of its binary tensors.</summary>
    /// <param name="json">Bytes of the JSON part; −1: all.</param>
    /// <exception cref="InferenceException">It is no request that the model takes; the sentence names the field.</exception>
    public static AskedOutputs Read(RequestBody body, int json, InferenceRequest into)
    {
        var length = json < 0 ? body.Length : json;
        ReadOnlySpan<byte> text = body.Bytes.AsSpan(0, length);
        if (!Utf8.IsValid(text)) throw InferenceException.Bad(Message.Of("inference.body-encoding"));
        var binary = new BinaryPart(body.Bytes, length, body.Length);
        var asked = new AskedOutputs();
        var rest = text;
        try
        {
            var reader = new Utf8JsonReader(text, Strict);
            ReadRequest(ref reader, ref rest, ref binary, into, asked);
        }
        catch (InvalidOperationException)
        {
            throw InferenceException.Bad(Message.Of("inference.half-pair"));      // the reader's word for an escaped half of a surrogate pair
        }
        catch (JsonException)
        {
            // Clients written in Python send NaN and Infinity bare, which is no JSON. Read again token by token, a failure's place is that in the whole body.
            var quoted = Quoted(text) ?? text;
            into.Clear();
            (asked, binary) = (new(), new BinaryPart(body.Bytes, length, body.Length));
            rest = default;
            try
            {
                var reader = new Utf8JsonReader(quoted, Strict);
                ReadRequest(ref reader, ref rest, ref binary, into, asked);
            }
            catch (InvalidOperationException)
            {
                throw InferenceException.Bad(Message.Of("inference.half-pair"));
            }
            catch (JsonException e)
            {
                throw Malformed(e);
            }
        }
        if (binary.Next != body.Length) throw InferenceException.Bad(Message.Of("inference.binary-left", ("used", binary.Next - length),
            ("bytes", body.Length - length)));
        return asked;
    }

    static InferenceException Malformed(JsonException e) => InferenceException.Bad(
        Message.Of("inference.not-json", ("line", (e.LineNumber ?? 0) + 1), ("byte", (e.BytePositionInLine ?? 0) + 1)));

    /// <summary>Reads a raw request: nothing but the bytes of the only input, whose rows follow from their number.</summary>
    /// <param name="picture">Whether they are an encoded picture; else the tensor itself.</param>
    public static AskedOutputs ReadRaw(RequestBody body, InferenceRequest into, bool picture)
    {
        var signature = into.Signature;
        if (signature.Inputs is not [var only]) throw InferenceException.Bad(Message.Of("inference.raw-inputs", ("inputs", signature.InputNames)));
        if (picture)
        {
            if (signature.Pictures[0] is null) throw InferenceException.Bad(Message.Of("images.takes-none", ("input", only.Name)));
            var room = into.Room(4 + body.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(room, (uint)body.Length);
            body.Bytes.AsSpan(0, body.Length).CopyTo(room[4..]);
            into.Keep(4 + body.Length);
            into.GivePictures(0, [1], null, 0, 4 + body.Length);
            return new();
        }
        if (only.Type == TensorType.Text)
        {
            // One text, without its length before it.
            var room = into.Room(4 + body.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(room, (uint)body.Length);
            body.Bytes.AsSpan(0, body.Length).CopyTo(room[4..]);
            into.Keep(4 + body.Length);
            into.Give(0, signature.OneRow[0].Select(d => d < 0 ? 1 : d).ToArray(), null, 0, 4 + body.Length);
            return new() { Binary = true };
        }
        var one = signature.OneRow[0].Aggregate((long)OnnxTensor.SizeOf(only.Type), (all, d) => all * d);
        var hasRows = only.Shape is [< 0, ..];
        if (one <= 0 || body.Length == 0 || body.Length % one != 0 || (!hasRows && body.Length != one))
            throw InferenceException.Bad(Message.Of("inference.raw-size", ("input", only.Name), ("bytes", body.Length),
                ("shape", InferenceRequest.ShapeText(only.Shape.ToArray()))));
        long[] shape = [.. signature.OneRow[0]];
        if (hasRows) shape[0] = body.Length / one;
        into.Give(0, shape, body.Bytes, 0, body.Length);
        return new() { Binary = true };
    }

    /// <summary>The bytes behind the JSON, given out in the order of the tensors.</summary>
    struct BinaryPart(byte[] body, int from, int end)
    {
        public readonly byte[] Body => body;
        public int Next { get; private set; } = from;

        public int Take(string input, long bytes)
        {
            if (bytes < 0 || bytes > end - Next) throw InferenceException.Bad(Message.Of("inference.binary-short", ("input", input), ("bytes", bytes),
                ("left", end - Next)));
            var at = Next;
            Next += (int)bytes;
            return at;
        }
    }

    /// <param name="rest">What the reader reads, counted from its first byte; empty where it is to be read token by token.</param>
    static void ReadRequest(ref Utf8JsonReader reader, ref ReadOnlySpan<byte> rest, ref BinaryPart binary, InferenceRequest into, AskedOutputs asked)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw Field("body", "object");
        var inputs = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.StartArray) throw Field("inputs", "array");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) ReadInput(ref reader, ref rest, ref binary, into, inputs++);
            }
            else if (reader.ValueTextEquals("outputs"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.StartArray) throw Field("outputs", "array");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) ReadOutput(ref reader, into.Signature, asked);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                asked.Id = reader.TokenType switch
                {
                    JsonTokenType.String => reader.GetString(),
                    JsonTokenType.Null => null,
                    _ => throw Field("id", "string"),
                };
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                ReadParameters(ref reader, into, asked);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
        reader.Read();      // what is behind the object is refused by the reader
        if (inputs == 0 && into.Signature.Inputs.Length > 0) throw InferenceException.Bad(Message.Of("inference.no-inputs",
            ("inputs", into.Signature.InputNames)));
    }

    static void ReadParameters(ref Utf8JsonReader reader, InferenceRequest into, AskedOutputs asked)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return;
        if (reader.TokenType != JsonTokenType.StartObject) throw Field("parameters", "object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "timeout": RequestParameters.Timeout(into, reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var us) ? us : -1); break;
                case "priority":
                    RequestParameters.Priority(into, reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var level) ? level
                    : -1); break;
                case "binary_data_output": asked.Binary = Bool(ref reader, "parameters.binary_data_output"); break;
                case "allow_nan": into.AllowNaN = Bool(ref reader, "parameters.allow_nan"); break;
                case "unknown_categories": RequestParameters.Unknown(into, reader.TokenType == JsonTokenType.String ? reader.GetString()! : ""); break;
                default: reader.Skip(); break;
            }
        }
    }

    static bool Bool(ref Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Field(field, "boolean"),
    };

    static void ReadOutput(ref Utf8JsonReader reader, ModelSignature signature, AskedOutputs asked)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Field("outputs", "array of objects");
        string? name = null;
        bool? binary = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
            {
                reader.Read();
                name = reader.TokenType == JsonTokenType.String ? reader.GetString() : throw Field("outputs.name", "string");
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.StartObject) throw Field("outputs.parameters", "object");
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var is_ = reader.ValueTextEquals("binary_data"u8);
                    reader.Read();
                    if (is_) binary = Bool(ref reader, "outputs.parameters.binary_data");
                    else reader.Skip();
                }
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
        asked.Add(signature, name ?? throw Field("outputs.name", "string"), binary);
    }

    static void ReadInput(ref Utf8JsonReader reader, ref ReadOnlySpan<byte> rest, ref BinaryPart binary, InferenceRequest into, int number)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Field("inputs", "array of objects");
        var signature = into.Signature;
        var (input, rank, sized, typed, given) = (-1, -1, -1L, false, false);
        string? otherType = null;
        Span<long> dims = stackalloc long[MostDimensions + 1];
        Utf8JsonReader data = default;
        var hasData = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.String) throw Field($"inputs[{number}].name", "string");
                input = reader.ValueIsEscaped ? signature.InputOf(Encoding.UTF8.GetBytes(reader.GetString()!), number)
                    : signature.InputOf(reader.ValueSpan, number);
                if (input < 0) throw InferenceException.Bad(Message.Of("inference.no-input", ("input", Cut(reader.GetString()!)),
                    ("inputs", signature.InputNames)));
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.StartArray) throw Field($"inputs[{number}].shape", "array");
                for (rank = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray;)
                {
                    if (rank > MostDimensions || reader.TokenType != JsonTokenType.Number
                        || !reader.TryGetInt64(out dims[rank++])) throw Field($"inputs[{number}].shape", "array of at most 16 integers");
                }
            }
            else if (reader.ValueTextEquals("datatype"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.String) throw Field($"inputs[{number}].datatype", "string");
                typed = true;
                otherType = input >= 0 && reader.ValueTextEquals(TensorTypes.NameOf(signature.Inputs[input].Type)) ? null : reader.GetString();
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.StartArray) throw Field($"inputs[{number}].data", "array");
                hasData = true;
                if (input >= 0 && rank >= 0 && typed && otherType is null && !given)
                {
                    if (!TryReadPlain(ref reader, ref rest, into, input, dims[..rank])) ReadData(ref reader, into, input, dims[..rank]);
                    given = true;
                }
                else
                {
                    data = reader;      // read when it is known what it is
                    reader.Skip();
                }
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.StartObject) throw Field($"inputs[{number}].parameters", "object");
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isSize = reader.ValueTextEquals("binary_data_size"u8);
                    reader.Read();
                    if (!isSize) reader.Skip();
                    else if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out sized)
                        || sized < 0) throw Field($"inputs[{number}].parameters.binary_data_size", "number of bytes");
                }
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
        if (input < 0) throw Field($"inputs[{number}].name", "string");
        var info = signature.Inputs[input];
        if (!typed) throw Field($"inputs[{number}].datatype", "string");
        var encoded = otherType == "BYTES" && signature.Pictures[input] is not null;
        if (otherType is not null && otherType != TensorTypes.NameOf(info.Type) && !encoded)
            throw InferenceException.Bad(Message.Of("inference.type", ("input", info.Name), ("type", Cut(otherType)),
                ("wanted", TensorTypes.NameOf(info.Type))));
        if (rank < 0) throw Field($"inputs[{number}].shape", "array");
        if (hasData && sized >= 0) throw InferenceException.Bad(Message.Of("inference.data-twice", ("input", info.Name)));
        if (encoded && sized >= 0) into.GivePictures(input, dims[..Math.Min(rank, MostDimensions)], binary.Body, binary.Take(info.Name, sized), (int)sized);
        else if (encoded && hasData) ReadPictures(ref data, into, input, dims[..Math.Min(rank, MostDimensions)]);
        else if (sized >= 0) into.Give(input, dims[..rank], binary.Body, binary.Take(info.Name, sized), (int)sized);
        else if (!hasData) throw InferenceException.Bad(Message.Of("inference.no-data", ("input", info.Name)));
        else if (!given) ReadData(ref data, into, input, dims[..rank]);
    }

    static string Cut(string text) => text.Length <= 80 ? text : text[..80] + "…";

    static InferenceException Field(string field, string wanted) => InferenceException.Bad(Message.Of("inference.field", ("field", field), ("wanted", wanted)));

    // ── elements ──

    /// <summary>Encoded pictures as texts in base64, flat or one a row.</summary>
    static void ReadPictures(ref Utf8JsonReader reader, InferenceRequest into, int input, scoped ReadOnlySpan<long> shape)
    {
        var (info, from, depth, found) = (into.Signature.Inputs[input], into.Kept, 1, 0L);
        while (depth > 0)
        {
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray when depth < Math.Max(1, shape.Length): depth++; break;
                case JsonTokenType.EndArray: depth--; break;
                case JsonTokenType.String:
                    var room = into.Room(4 + reader.ValueSpan.Length);
                    var text = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
                    if (Base64.DecodeFromUtf8(text, room[4..], out var read, out var written) != OperationStatus.Done || read != text.Length)
                        throw InferenceException.Bad(Message.Of("images.not-base64", ("input", info.Name), ("row", found + 1)));
                    BinaryPrimitives.WriteUInt32LittleEndian(room, (uint)written);
                    into.Keep(4 + written);
                    found++;
                    break;
                default: throw Element(ref reader, info with { Type = TensorType.Text }, found);
            }
        }
        into.GivePictures(input, shape, null, from, into.Kept - from);
    }

    /// <summary>Reads a flat list of floats, and goes on behind it.</summary>
    /// <returns>False where it is something else; nothing was read then.</returns>
    static bool TryReadPlain(ref Utf8JsonReader reader, ref ReadOnlySpan<byte> rest, InferenceRequest into, int input, scoped ReadOnlySpan<long> shape)
    {
        const int Few = 4;      // of which the reader is as fast
        if (rest.IsEmpty || into.Signature.Inputs[input].Type != TensorType.Float) return false;
        var wanted = into.CountOf(input, shape);
        var list = rest[(int)reader.BytesConsumed..];
        // An element takes two bytes of JSON at least, so what is promised and not sent takes no memory.
        if (wanted < Few || wanted > (list.Length / 2) + 1) return false;
        var (from, size) = (into.Kept, (int)wanted * sizeof(float));
        var end = PlainNumbers.Read(list, MemoryMarshal.Cast<byte, float>(into.Room(size)[..size]));
        if (end < 0) return false;
        into.Keep(size);
        into.Give(input, shape, null, from, size);
        rest = list[end..];
        reader = new(rest, isFinalBlock: true, reader.CurrentState);
        reader.Read();          // the list's end
        return true;
    }

    static void ReadData(ref Utf8JsonReader reader, InferenceRequest into, int input, scoped ReadOnlySpan<long> shape)
    {
        var info = into.Signature.Inputs[input];
        var wanted = into.CountOf(input, shape);
        var from = into.Kept;
        var isText = info.Type == TensorType.Text;
        var size = isText ? 0 : OnnxTensor.SizeOf(info.Type);
        // An element takes two bytes of JSON at least, so what is promised and not sent takes no memory.
        var room = isText ? [] : into.Room((int)(wanted <= 4096 ? wanted : Math.Min(wanted, MostElements(reader))) * size);
        Span<long> counts = stackalloc long[MostDimensions + 2];
        var (depth, leaf, found) = (1, 0, 0L);
        while (depth > 0)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                counts[depth]++;
                if (++depth > Math.Max(1, shape.Length)) throw Nested(info, shape);
                counts[depth] = 0;
                continue;
            }
            if (reader.TokenType == JsonTokenType.EndArray)
            {
                if (leaf > 1 && counts[depth] != shape[depth - 1]) throw Nested(info, shape);
                depth--;
                continue;
            }
            if (leaf == 0) leaf = depth;
            if (leaf != depth || (leaf != 1 && leaf != shape.Length)) throw Nested(info, shape);
            counts[depth]++;
            if (isText) Text(ref reader, into, info, found);
            else if (found < wanted && !Number(ref reader, info.Type, room[(int)(found * size)..])) throw Element(ref reader, info, found);
            found++;
        }
        if (found != wanted) throw InferenceRequest.Count(info.Name, shape, wanted, found);
        if (!isText) into.Keep((int)wanted * size);
        into.Give(input, shape, null, from, into.Kept - from);
    }

    static long MostElements(Utf8JsonReader reader)
    {
        var left = reader;
        return left.TrySkip() ? (left.BytesConsumed - reader.BytesConsumed + 1) / 2 + 1 : 0;
    }

    static void Text(ref Utf8JsonReader reader, InferenceRequest into, TensorInfo info, long at)
    {
        if (reader.TokenType != JsonTokenType.String) throw Element(ref reader, info, at);
        var room = into.Room(4 + reader.ValueSpan.Length);
        var length = reader.CopyString(room[4..]);
        BinaryPrimitives.WriteUInt32LittleEndian(room, (uint)length);
        into.Keep(4 + length);
    }

    static bool Number(ref Utf8JsonReader reader, TensorType type, Span<byte> into)
    {
        if (type is TensorType.Float or TensorType.Double or TensorType.Float16 or TensorType.BFloat16) return Real(ref reader, type, into);
        if (type == TensorType.Bool)
        {
            var isOne = reader.TokenType == JsonTokenType.True || (reader.TokenType == JsonTokenType.Number && reader.ValueSpan.SequenceEqual("1"u8));
            into[0] = isOne ? (byte)1 : (byte)0;
            return isOne || reader.TokenType == JsonTokenType.False || (reader.TokenType == JsonTokenType.Number && reader.ValueSpan.SequenceEqual("0"u8));
        }
        if (reader.TokenType != JsonTokenType.Number) return false;
        if (type == TensorType.UInt64) return reader.TryGetUInt64(out var unsigned) && Put(into, unsigned);
        if (!reader.TryGetInt64(out var value)) return false;
        return type switch
        {
            TensorType.Int64 => Put(into, value),
            TensorType.Int32 => value is >= int.MinValue and <= int.MaxValue && Put(into, (int)value),
            TensorType.Int16 => value is >= short.MinValue and <= short.MaxValue && Put(into, (short)value),
            TensorType.Int8 => value is >= sbyte.MinValue and <= sbyte.MaxValue && Put(into, (sbyte)value),
            TensorType.UInt32 => value is >= 0 and <= uint.MaxValue && Put(into, (uint)value),
            TensorType.UInt16 => value is >= 0 and <= ushort.MaxValue && Put(into, (ushort)value),
            TensorType.UInt8 => value is >= 0 and <= byte.MaxValue && Put(into, (byte)value),
            _ => false,
        };
    }

    static bool Put<T>(Span<byte> into, T value) where T : unmanaged
    {
        MemoryMarshal.Write(into, value);
        return true;
    }

    /// <summary>A number; null and "NaN" are none, as missing values are sent.</summary>
    static bool Real(ref Utf8JsonReader reader, TensorType type, Span<byte> into)
    {
        double value;
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when type == TensorType.Float:
                return reader.TryGetSingle(out var single) && float.IsFinite(single) && Put(into, single);
            case JsonTokenType.Number:
                if (!reader.TryGetDouble(out value) || !double.IsFinite(value)) return false;
                break;
            case JsonTokenType.Null:
                value = double.NaN;
                break;
            case JsonTokenType.String when reader.ValueTextEquals("NaN"u8):
                value = double.NaN;
                break;
            case JsonTokenType.String when reader.ValueTextEquals("Infinity"u8):
                value = double.PositiveInfinity;
                break;
            case JsonTokenType.String when reader.ValueTextEquals("-Infinity"u8):
                value = double.NegativeInfinity;
                break;
            default:
                return false;
        }
        return type switch
        {
            TensorType.Float => Put(into, (float)value),
            TensorType.Double => Put(into, value),
            TensorType.Float16 => (Half.IsFinite((Half)value) || !double.IsFinite(value)) && Put(into, (Half)value),
            _ => Put(into, Brain((float)value)),
        };
    }

    /// <summary>The upper half of a float's bits, rounded to the nearest, to even where two are.</summary>
    static ushort Brain(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    static InferenceException Nested(TensorInfo info, ReadOnlySpan<long> shape) =>
        InferenceException.Bad(Message.Of("inference.nested", ("input", info.Name), ("shape", InferenceRequest.ShapeText(shape))));

    static InferenceException Element(ref Utf8JsonReader reader, TensorInfo info, long at) => InferenceException.Bad(Message.Of(
        "inference.element", ("input", info.Name), ("at", at.ToString(CultureInfo.InvariantCulture)), ("text", Cut(Encoding.UTF8.GetString(reader.ValueSpan))),
            ("type", TensorTypes.NameOf(info.Type))));

    /// <summary>The text with bare <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> in quotes; null where there is none.</summary>
    static byte[]? Quoted(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("NaN"u8) < 0 && json.IndexOf("Infinity"u8) < 0) return null;
        var quoted = new List<byte>(json.Length + 64);
        var (inText, any) = (false, false);
        for (var at = 0; at < json.Length; at++)
        {
            var c = json[at];
            if (inText)
            {
                quoted.Add(c);
                if (c == '\\' && at + 1 < json.Length) quoted.Add(json[++at]);
                else if (c == '"') inText = false;
                continue;
            }
            var word = json[at..] switch
            {
                var rest when rest.StartsWith("NaN"u8) => "NaN"u8,
                var rest when rest.StartsWith("Infinity"u8) => "Infinity"u8,
                var rest when rest.StartsWith("-Infinity"u8) => "-Infinity"u8,
                _ => [],
            };
            if (word.Length > 0)
            {
                quoted.Add((byte)'"');
                quoted.AddRange(word);
                quoted.Add((byte)'"');
                at += word.Length - 1;
                any = true;
                continue;
            }
            inText = c == '"';
            quoted.Add(c);
        }
        return any ? [.. quoted] : null;
    }
}
