using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Serving;

namespace Kumiki.Hosting;

/// <summary>The protocol's messages over gRPC: requests are read straight into typed memory, answers written straight from the engine's. Field numbers are
/// those of the package
/// <c>inference</c>.</summary>
static class InferenceProto
{
    const int MostDimensions = 16;

    /// <summary>The model and version that a message names in its first two fields.</summary>
    public static (string Name, string Version) NamesOf(RequestBody body)
    {
        var (name, version) = ("", "");
        var reader = new WireReader(body.Bytes, 0, body.Length);
        while (reader.Next())
        {
            if (reader.Field == 1) name = reader.Text();
            else if (reader.Field == 2) version = reader.Text();
            else reader.Skip();
        }
        return (name, version);
    }

    /// <summary>Reads a ModelInferRequest.</summary>
    /// <returns>What is asked for; binary where the tensors came as raw bytes, for then the answer's go so.</returns>
    /// <exception cref="InferenceException">It is no request that the model takes; the sentence names the field.</exception>
    public static AskedOutputs Read(RequestBody body, InferenceRequest into)
    {
        var asked = new AskedOutputs();
        var (inputs, raw) = (new List<(int From, int Length)>(), new List<(int From, int Length)>());
        var reader = new WireReader(body.Bytes, 0, body.Length);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3: asked.Id = reader.Text(); break;
                case 4: Parameter(reader.Nested(), into); break;
                case 5: inputs.Add(reader.Range()); break;
                case 6: asked.Add(into.Signature, NameOf(reader.Nested()), null); break;
                case 7: raw.Add(reader.Range()); break;
                default: reader.Skip(); break;
            }
        }
        if (inputs.Count == 0 && into.Signature.Inputs.Length > 0) throw InferenceException.Bad(Message.Of("inference.no-inputs",
            ("inputs", into.Signature.InputNames)));
        if (raw.Count > 0 && raw.Count != inputs.Count)
            throw InferenceException.Bad(Message.Of("inference.raw-count", ("raw", raw.Count), ("inputs", inputs.Count)));
        for (var i = 0; i < inputs.Count; i++) ReadInput(body, inputs[i], raw.Count > 0 ? raw[i] : null, into, i);
        asked.Binary = raw.Count > 0;
        return asked;
    }

    static string NameOf(WireReader output)
    {
        var name = "";
        while (output.Next())
        {
            if (output.Field == 1) name = output.Text();
            else output.Skip();
        }
        return name;
    }

    static void Parameter(WireReader entry, InferenceRequest into)
    {
        var (key, number, text, flag) = ("", 0L, "", false);
        while (entry.Next())
        {
            if (entry.Field == 1) key = entry.Text();
            else if (entry.Field == 2)
            {
                var value = entry.Nested();
                while (value.Next())
                {
                    switch (value.Field)
                    {
                        case 1: flag = value.Int() != 0; break;
                        case 2 or 5: number = (long)value.Int(); break;
                        case 3: text = value.Text(); break;
                        default: value.Skip(); break;
                    }
                }
            }
            else entry.Skip();
        }
        switch (key)
        {
            case "timeout": RequestParameters.Timeout(into, number); break;
            case "priority": RequestParameters.Priority(into, number); break;
            case "allow_nan": into.AllowNaN = flag; break;
            case "unknown_categories": RequestParameters.Unknown(into, text); break;
            default: break;
        }
    }

    static void ReadInput(RequestBody body, (int From, int Length) at, (int From, int Length)? raw, InferenceRequest into, int number)
    {
        var signature = into.Signature;
        var (input, type, rank) = (-1, "", 0);
        (int From, int Length)? contents = null;
        Span<long> shape = stackalloc long[MostDimensions];
        var reader = new WireReader(body.Bytes, at.From, at.Length);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    var name = reader.Bytes();
                    input = signature.InputOf(name, number);
                    if (input < 0)
                        throw InferenceException.Bad(Message.Of("inference.no-input", ("input", InferenceDoor.Short(System.Text.Encoding.UTF8.GetString(name))),
                            ("inputs", signature.InputNames)));
                    break;
                case 2: type = reader.Text(); break;
                case 3 when reader.Form == 2:
                    var packed = reader.Nested();
                    while (!packed.IsAtEnd) Dimension(shape, ref rank, packed.Varint());
                    break;
                case 3: Dimension(shape, ref rank, reader.Int()); break;
                case 5: contents = reader.Range(); break;
                default: reader.Skip(); break;
            }
        }
        if (input < 0) throw InferenceException.Bad(Message.Of("inference.no-input", ("input", ""), ("inputs", signature.InputNames)));
        var info = signature.Inputs[input];
        var encoded = type == "BYTES" && signature.Pictures[input] is not null;
        if (type != TensorTypes.NameOf(info.Type) && !encoded)
            throw InferenceException.Bad(Message.Of("inference.type", ("input", info.Name), ("type", InferenceDoor.Short(type)),
                ("wanted", TensorTypes.NameOf(info.Type))));
        if (raw is { } given)
        {
            if (contents is { Length: > 0 }) throw InferenceException.Bad(Message.Of("inference.raw-and-contents", ("input", info.Name)));
            if (encoded) into.GivePictures(input, shape[..rank], body.Bytes, given.From, given.Length);
            else into.Give(input, shape[..rank], body.Bytes, given.From, given.Length);
            return;
        }
        if (encoded)
        {
            var begin = into.Kept;
            if (contents is { } pictures) ReadContents(new(body.Bytes, pictures.From, pictures.Length), info with { Type = TensorType.Text }, into);
            into.GivePictures(input, shape[..rank], null, begin, into.Kept - begin);
            return;
        }
        into.CountOf(input, shape[..rank]);
        var from = into.Kept;
        if (contents is { } typed) ReadContents(new(body.Bytes, typed.From, typed.Length), info, into);
        into.Give(input, shape[..rank], null, from, into.Kept - from);

        static void Dimension(Span<long> shape, ref int rank, ulong value)
        {
            if (rank == shape.Length) throw WireReader.Broken();
            shape[rank++] = (long)value;
        }
    }

    /// <summary>The field of InferTensorContents that a type goes in; 0: none, the type goes as raw bytes only.</summary>
    static int ContentsOf(TensorType type) => type switch
    {
        TensorType.Bool => 1,
        TensorType.Int8 or TensorType.Int16 or TensorType.Int32 => 2,
        TensorType.Int64 => 3,
        TensorType.UInt8 or TensorType.UInt16 or TensorType.UInt32 => 4,
        TensorType.UInt64 => 5,
        TensorType.Float => 6,
        TensorType.Double => 7,
        TensorType.Text => 8,
        _ => 0,
    };

    static void ReadContents(WireReader contents, TensorInfo info, InferenceRequest into)
    {
        var field = ContentsOf(info.Type);
        while (contents.Next())
        {
            if (contents.Field != field)
                throw InferenceException.Bad(Message.Of("inference.contents", ("input", info.Name), ("type", TensorTypes.NameOf(info.Type))));
            switch (info.Type)
            {
                case TensorType.Text:
                    var text = contents.Bytes();
                    var room = into.Room(4 + text.Length);
                    BinaryPrimitives.WriteInt32LittleEndian(room, text.Length);
                    text.CopyTo(room[4..]);
                    into.Keep(4 + text.Length);
                    break;
                case TensorType.Float or TensorType.Double:
                    var bytes = contents.Form == 2 ? contents.Bytes() : contents.Fixed(OnnxTensor.SizeOf(info.Type));
                    bytes.CopyTo(into.Room(bytes.Length));
                    into.Keep(bytes.Length);
                    break;
                case var _ when contents.Form == 2:
                    var packed = contents.Nested();
                    while (!packed.IsAtEnd) Put(into, info, packed.Varint());
                    break;
                default: Put(into, info, contents.Int()); break;
            }
        }
    }

    static void Put(InferenceRequest into, TensorInfo info, ulong varint)
    {
        var value = (long)varint;
        var room = into.Room(8);
        var fits = info.Type switch
        {
            TensorType.Bool => Write(room, (byte)(varint == 0 ? 0 : 1)),
            TensorType.Int8 => value is >= sbyte.MinValue and <= sbyte.MaxValue && Write(room, (sbyte)value),
            TensorType.Int16 => value is >= short.MinValue and <= short.MaxValue && Write(room, (short)value),
            TensorType.Int32 => Write(room, (int)value),
            TensorType.UInt8 => varint <= byte.MaxValue && Write(room, (byte)varint),
            TensorType.UInt16 => varint <= ushort.MaxValue && Write(room, (ushort)varint),
            TensorType.UInt32 => Write(room, (uint)varint),
            _ => Write(room, varint),
        };
        if (!fits)
            throw InferenceException.Bad(Message.Of("inference.contents-range", ("input", info.Name), ("value", value),
                ("type", TensorTypes.NameOf(info.Type))));
        into.Keep(OnnxTensor.SizeOf(info.Type));

        static bool Write<T>(Span<byte> room, T number) where T : unmanaged
        {
            MemoryMarshal.Write(room, number);
            return true;
        }
    }

    /// <summary>Writes a ModelInferResponse.</summary>
    public static void Write(PooledBuffer into, InferenceAnswer answer, AskedOutputs asked)
    {
        var writer = new WireWriter(into);
        writer.Text(1, answer.ModelName);
        writer.Text(2, answer.VersionText);
        writer.Text(3, asked.Id ?? "");
        var count = asked.Count(answer.Signature);
        // FP16 and BF16 have no typed form; then all go as bytes.
        var raw = asked.Binary;
        for (var at = 0; at < count && !raw; at++) raw = ContentsOf(answer.TypeOf(asked[at].Output)) == 0;
        using (var tensor = new PooledBuffer())
        {
            for (var at = 0; at < count; at++)
            {
                var output = asked[at].Output;
                tensor.Clear();
                var part = new WireWriter(tensor);
                part.Text(1, answer.Signature.Outputs[output].Name);
                part.Text(2, TensorTypes.NameOf(answer.TypeOf(output)));
                part.Packed(3, answer.ShapeOf(output));
                if (!raw)
                {
                    using var contents = new PooledBuffer();
                    WriteContents(new(contents), contents, answer, output);
                    part.Bytes(5, contents.Written.Span);
                }
                writer.Bytes(5, tensor.Written.Span);
            }
        }
        for (var at = 0; raw && at < count; at++)
        {
            var output = asked[at].Output;
            writer.Head(6, InferenceJson.SizeOf(answer, output));
            InferenceJson.WriteBytes(into, answer, output);
        }
    }

    static void WriteContents(WireWriter writer, PooledBuffer into, InferenceAnswer answer, int output)
    {
        var (type, count) = (answer.TypeOf(output), answer.CountOf(output));
        var field = ContentsOf(type);
        if (type == TensorType.Text)
        {
            for (var at = 0; at < count; at++) writer.Bytes(field, answer.TextOf(output, at));
            return;
        }
        var bytes = answer.BytesOf(output);
        if (type is TensorType.Float or TensorType.Double)
        {
            writer.Bytes(field, bytes);
            return;
        }
        using var packed = new PooledBuffer();
        var numbers = new WireWriter(packed);
        var size = OnnxTensor.SizeOf(type);
        for (var at = 0; at < count; at++)
        {
            var one = bytes.Slice(at * size, size);
            numbers.Packed(type switch
            {
                TensorType.Bool or TensorType.UInt8 => one[0],
                TensorType.UInt16 => MemoryMarshal.Read<ushort>(one),
                TensorType.UInt32 => MemoryMarshal.Read<uint>(one),
                TensorType.UInt64 => MemoryMarshal.Read<ulong>(one),
                TensorType.Int8 => (ulong)(long)(sbyte)one[0],
                TensorType.Int16 => (ulong)(long)MemoryMarshal.Read<short>(one),
                TensorType.Int32 => (ulong)(long)MemoryMarshal.Read<int>(one),
                _ => (ulong)MemoryMarshal.Read<long>(one),
            });
        }
        writer.Bytes(field, packed.Written.Span);
    }
}
