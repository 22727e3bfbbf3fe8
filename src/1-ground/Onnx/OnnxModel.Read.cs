using System.Collections.Frozen;
using System.Collections.Immutable;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

// Field numbers are those of onnx.proto3. What cannot be kept is refused, so that writing again never loses a part in silence; comments (doc_string) may go.
public sealed partial class OnnxModel
{
    /// <summary>Reads a model's file.</summary>
    /// <exception cref="KumikiException">The bytes are no ONNX model or break off, or the model has parts that Kumiki does not keep, such as sub-graphs and
    /// functions.</exception>
    public static OnnxModel Read(ReadOnlyMemory<byte> bytes)
    {
        var (ir, opsets, metadata) = (0L, ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal), new Dictionary<string, string>());
        OnnxGraph? graph = null;
        var reader = new ProtobufReader(bytes);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: ir = reader.Int(); break;
                case 2 or 3 or 4 or 5 or 6: reader.Skip(); break;
                case 7: graph = ReadGraph(reader.Message()); break;
                case 8: { var (domain, version) = ReadOpset(reader.Message()); opsets[domain] = version; break; }
                case 14: { var (key, value) = ReadEntry(reader.Message()); metadata[key] = value; break; }
                default: throw NotKept("ModelProto", field);
            }
        }
        return graph is null || opsets.Count == 0 ? throw reader.Broken() : new(graph, metadata) { IrVersion = ir, Opsets = opsets.ToImmutable() };
    }

    static KumikiException NotKept(string message, int field) => new(Message.Of("onnx.not-kept", ("part", $"{message}.{field}")));

    static (string Domain, long Version) ReadOpset(ProtobufReader reader)
    {
        var (domain, version) = ("", 0L);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: domain = reader.Text(); break;
                case 2: version = reader.Int(); break;
                default: throw NotKept("OperatorSetIdProto", field);
            }
        }
        return (domain == "ai.onnx" ? "" : domain, version);
    }

    static (string Key, string Value) ReadEntry(ProtobufReader reader)
    {
        var (key, value) = ("", "");
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: key = reader.Text(); break;
                case 2: value = reader.Text(); break;
                default: throw NotKept("StringStringEntryProto", field);
            }
        }
        return (key, value);
    }

    static OnnxGraph ReadGraph(ProtobufReader reader)
    {
        var name = "";
        var (nodes, constants) = (new List<OnnxNode>(), new List<OnnxConstant>());
        var (inputs, outputs, inner) = (new List<TensorInfo>(), new List<TensorInfo>(), new List<TensorInfo>());
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: nodes.Add(ReadNode(reader.Message())); break;
                case 2: name = reader.Text(); break;
                case 5: constants.Add(ReadConstant(reader.Message())); break;
                case 10: reader.Skip(); break;
                case 11: inputs.Add(ReadTensorInfo(reader.Message())); break;
                case 12: outputs.Add(ReadTensorInfo(reader.Message())); break;
                case 13: inner.Add(ReadTensorInfo(reader.Message())); break;
                default: throw NotKept("GraphProto", field);
            }
        }
        return new(name, inputs, outputs, nodes, constants, inner);
    }

    static OnnxNode ReadNode(ProtobufReader reader)
    {
        var (name, type, domain) = ("", "", "");
        var (inputs, outputs, attributes) = (new List<string>(), new List<string>(), new List<OnnxAttribute>());
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: inputs.Add(reader.Text()); break;
                case 2: outputs.Add(reader.Text()); break;
                case 3: name = reader.Text(); break;
                case 4: type = reader.Text(); break;
                case 5: attributes.Add(ReadAttribute(reader.Message())); break;
                case 6: reader.Skip(); break;
                case 7: domain = reader.Text(); break;
                default: throw NotKept("NodeProto", field);
            }
        }
        return new(type, inputs, outputs, domain == "ai.onnx" ? "" : domain) { Name = name, Attributes = attributes };
    }

    static OnnxAttribute ReadAttribute(ProtobufReader reader)
    {
        var (name, text, type, number, real) = ("", "", 0L, 0L, 0f);
        var (floats, ints, texts) = (new List<float>(), new List<long>(), new List<string>());
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: name = reader.Text(); break;
                case 2: real = reader.Float(); break;
                case 3: number = reader.Int(); break;
                case 4: text = reader.Text(); break;
                case 7: reader.Floats(floats); break;
                case 8: reader.Ints(ints); break;
                case 9: texts.Add(reader.Text()); break;
                case 13: reader.Skip(); break;
                case 20: type = reader.Int(); break;
                default: throw NotKept("AttributeProto", field);
            }
        }
        return type switch
        {
            1 => new OnnxAttribute.Float(name, real),
            2 => new OnnxAttribute.Int(name, number),
            3 => new OnnxAttribute.Text(name, text),
            6 => new OnnxAttribute.Floats(name, floats),
            7 => new OnnxAttribute.Ints(name, ints),
            8 => new OnnxAttribute.Texts(name, texts),
            _ => throw NotKept("AttributeProto.type", (int)type),
        };
    }

    static OnnxConstant ReadConstant(ProtobufReader reader)
    {
        var (name, type, shape) = ("", 0L, new List<long>());
        ReadOnlyMemory<byte>? bytes = null;
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: reader.Ints(shape); break;
                case 2: type = reader.Int(); break;
                case 8: name = reader.Text(); break;
                case 9: bytes = reader.Bytes(); break;
                case 12: reader.Skip(); break;
                default: throw NotKept("TensorProto", field);
            }
        }
        return new(name, (TensorType)type, shape, bytes ?? throw reader.Broken());
    }

    static TensorInfo ReadTensorInfo(ProtobufReader reader)
    {
        var (name, type, shape) = ("", 0L, new List<long>());
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: name = reader.Text(); break;
                case 2: type = ReadType(reader.Message(), shape); break;
                case 3: reader.Skip(); break;
                default: throw NotKept("ValueInfoProto", field);
            }
        }
        return new(name, (TensorType)type, shape);
    }

    static long ReadType(ProtobufReader reader, List<long> shape)
    {
        var type = 0L;
        while (reader.Next(out var field))
        {
            if (field != 1) throw NotKept("TypeProto", field);
            var tensor = reader.Message();
            while (tensor.Next(out var part))
            {
                if (part == 1) type = tensor.Int();
                else if (part == 2) ReadShape(tensor.Message(), shape);
                else throw NotKept("TypeProto.Tensor", part);
            }
        }
        return type;
    }

    static void ReadShape(ProtobufReader reader, List<long> shape)
    {
        while (reader.Next(out var field))
        {
            if (field != 1) throw NotKept("TensorShapeProto", field);
            var dimension = reader.Message();
            var size = Free;
            while (dimension.Next(out var part))
            {
                if (part == 1) size = dimension.Int();
                else dimension.Skip();
            }
            shape.Add(size);
        }
    }

    /// <summary>The texts that are known of every column with categories, by the tensor it is read from; nodes of other kinds are only stepped over.</summary>
    internal static IReadOnlyDictionary<string, FrozenSet<string>> ReadCategories(ReadOnlyMemory<byte> bytes)
    {
        var all = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var model = new ProtobufReader(bytes);
        while (model.Next(out var field))
        {
            if (field != 7) { model.Skip(); continue; }
            var graph = model.Message();
            while (graph.Next(out var part))
            {
                if (part != 1) { graph.Skip(); continue; }
                var node = graph.Message();
                if (!HasCategories(node)) continue;
                var read = ReadNode(node);
                var listed = read.Attributes.OfType<OnnxAttribute.Texts>().Where(t => t.Name is "cats_strings" or "keys_strings");
                var texts = listed.SelectMany(t => t.Values).Where(t => t != "").ToArray();
                if (texts.Length == 0) continue;
                if (!all.TryGetValue(read.Inputs[0], out var known)) all[read.Inputs[0]] = known = new(StringComparer.Ordinal);
                known.UnionWith(texts);
            }
        }
        return all.ToDictionary(c => c.Key, c => c.Value.ToFrozenSet(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    static bool HasCategories(ProtobufReader node)
    {
        while (node.Next(out var field))
        {
            if (field == 4) return node.Text() is "OneHotEncoder" or "LabelEncoder";
            node.Skip();
        }
        return false;
    }
}
