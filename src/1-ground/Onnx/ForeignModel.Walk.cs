using System.Globalization;

namespace Kumiki.Onnx;

public sealed partial class ForeignModel
{
    /// <summary>The first walk: functions, operator sets, inputs and outputs.</summary>
    void First(ProtobufReader model)
    {
        var hasGraph = false;
        while (model.Next(out var field))
        {
            switch (field)
            {
                case 7: hasGraph = true; Values(model.Message()); break;
                case 8: { var (domain, version) = Opset(model.Message()); opsets[domain.Length == 0 ? "ai.onnx" : domain] = version; break; }
                case 25: if (functions.Add(Function(model.Message())) && functions.Count > MostFunctions) throw TooMuch("functions", MostFunctions); break;
                default: model.Skip(); break;
            }
        }
        if (!hasGraph || opsets.Count == 0) throw model.Broken();
    }

    void Values(ProtobufReader graph)
    {
        while (graph.Next(out var field))
        {
            switch (field)
            {
                case 11: inputs.Add(Value(graph.Message())); break;
                case 12: outputs.Add(Value(graph.Message())); break;
                default: graph.Skip(); break;
            }
            if (inputs.Count + outputs.Count > MostValues) throw TooMuch("inputs and outputs", MostValues);
        }
    }

    /// <summary>The second walk.</summary>
    void Second(ProtobufReader model)
    {
        while (model.Next(out var field))
        {
            switch (field)
            {
                case 7: Graph(model.Message(), 0); break;
                case 20: Training(model.Message()); break;
                case 25: Body(model.Message()); break;
                default: model.Skip(); break;
            }
        }
    }

    void Training(ProtobufReader training)
    {
        while (training.Next(out var field))
        {
            if (field is 1 or 2) Graph(training.Message(), 1);
            else training.Skip();
        }
    }

    void Body(ProtobufReader function)
    {
        while (function.Next(out var field))
        {
            switch (field)
            {
                case 7: Node(function.Message(), 1); break;
                case 11: Attribute(function.Message(), 1); break;
                default: function.Skip(); break;
            }
        }
    }

    void Graph(ProtobufReader graph, int depth)
    {
        if (depth > DeepestGraph) throw TooMuch("nested graphs", DeepestGraph);
        while (graph.Next(out var field))
        {
            switch (field)
            {
                case 1: Node(graph.Message(), depth); break;
                case 5: Tensor(graph.Message(), isConstant: depth == 0); break;
                case 15: Sparse(graph.Message()); break;
                default: graph.Skip(); break;
            }
        }
    }

    void Node(ProtobufReader node, int depth)
    {
        var (type, domain) = ("", "");
        while (node.Next(out var field))
        {
            switch (field)
            {
                case 4: type = Text(ref node); break;
                case 5: Attribute(node.Message(), depth); break;
                case 7: domain = Text(ref node); break;
                default: node.Skip(); break;
            }
        }
        if (!KnownDomains.Contains(domain) && !functions.Contains((domain, type)))
            throw new KumikiException(Kumiki.Message.Of("onnx.custom-operator", ("operator", Cut(type)), ("domain", Cut(domain))));
    }

    void Attribute(ProtobufReader attribute, int depth)
    {
        while (attribute.Next(out var field))
        {
            switch (field)
            {
                case 5 or 10: Tensor(attribute.Message(), isConstant: false); break;
                case 6 or 11: Graph(attribute.Message(), depth + 1); break;
                case 22 or 23: Sparse(attribute.Message()); break;
                default: attribute.Skip(); break;
            }
        }
    }

    void Sparse(ProtobufReader sparse)
    {
        while (sparse.Next(out var field))
        {
            if (field is 1 or 2) Tensor(sparse.Message(), isConstant: false);
            else sparse.Skip();
        }
    }

    void Tensor(ProtobufReader tensor, bool isConstant)
    {
        string? location = null;
        var (offset, length, hasEntries, isExternal) = (0L, (long?)null, false, false);
        while (tensor.Next(out var field))
        {
            switch (field)
            {
                case 8 when isConstant:
                    var name = Text(ref tensor);
                    if (inputNames.Contains(name)) constants.Add(name);
                    break;
                case 13:
                    hasEntries = true;
                    switch (Entry(tensor.Message()))
                    {
                        case ("location", var text): location = location is null ? text : throw tensor.Broken(); break;
                        case ("offset", var text): offset = Number(text); break;
                        case ("length", var text): length = Number(text); break;
                        default: break;         // a checksum, which nobody reads
                    }
                    break;
                case 14: isExternal |= tensor.Int() == 1; break;
                default: tensor.Skip(); break;
            }
        }
        if (!hasEntries && !isExternal) return;
        if (location is null) throw tensor.Broken();
        InFileBeside(location, offset, length ?? 0);

        static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new KumikiException(Kumiki.Message.Of("onnx.external-number", ("text", Cut(text))));
    }

    void InFileBeside(string location, long offset, long length)
    {
        var path = Inside(location);
        var size = beside(path) ?? throw new KumikiException(Kumiki.Message.Of("onnx.external-missing", ("location", Cut(location))));
        if (offset > size || length > size - offset)
            throw new KumikiException(Kumiki.Message.Of("onnx.external-part",
                ("location", Cut(location)), ("offset", offset), ("length", length), ("size", size)));
        external.Add(path);
    }

    static (string Key, string Value) Entry(ProtobufReader entry)
    {
        var (key, value) = ("", "");
        while (entry.Next(out var field))
        {
            switch (field)
            {
                case 1: key = Text(ref entry); break;
                case 2: value = Text(ref entry); break;
                default: entry.Skip(); break;
            }
        }
        return (key, value);
    }

    static (string Domain, long Version) Opset(ProtobufReader opset)
    {
        var (domain, version) = ("", 0L);
        while (opset.Next(out var field))
        {
            switch (field)
            {
                case 1: domain = Text(ref opset); break;
                case 2: version = opset.Int(); break;
                default: opset.Skip(); break;
            }
        }
        return (domain, version);
    }

    static (string Domain, string Name) Function(ProtobufReader function)
    {
        var (domain, name) = ("", "");
        while (function.Next(out var field))
        {
            switch (field)
            {
                case 1: name = Text(ref function); break;
                case 10: domain = Text(ref function); break;
                default: function.Skip(); break;
            }
        }
        return (domain, name);
    }

    static ForeignValue Value(ProtobufReader value)
    {
        var (name, type, shape) = ("", "?", (IReadOnlyList<string>?)null);
        while (value.Next(out var field))
        {
            switch (field)
            {
                case 1: name = Text(ref value); break;
                case 2: (type, shape) = Type(value.Message(), 0); break;
                default: value.Skip(); break;
            }
        }
        return new(name, type, shape);
    }

    static (string Type, IReadOnlyList<string>? Shape) Type(ProtobufReader type, int depth)
    {
        if (depth > DeepestGraph) throw TooMuch("nested types", DeepestGraph);
        var found = ("?", (IReadOnlyList<string>?)null);
        while (type.Next(out var field))
        {
            switch (field)
            {
                case 1 or 8: found = TensorType(type.Message()); break;
                case 4: found = ($"seq({Inner(type.Message(), depth)})", null); break;
                case 9: found = ($"optional({Inner(type.Message(), depth)})", null); break;
                case 5: found = ($"map({Map(type.Message(), depth)})", null); break;
                default: type.Skip(); break;
            }
        }
        return found;
    }

    static string Inner(ProtobufReader of, int depth)
    {
        var inner = "?";
        while (of.Next(out var field))
        {
            if (field == 1) inner = Type(of.Message(), depth + 1).Type;
            else of.Skip();
        }
        return inner;
    }

    static string Map(ProtobufReader map, int depth)
    {
        var (key, value) = ("?", "?");
        while (map.Next(out var field))
        {
            switch (field)
            {
                case 1: key = Element(map.Int()); break;
                case 2: value = Type(map.Message(), depth + 1).Type; break;
                default: map.Skip(); break;
            }
        }
        return $"{key},{value}";
    }

    static (string Type, IReadOnlyList<string>? Shape) TensorType(ProtobufReader tensor)
    {
        var (type, shape) = ("?", (List<string>?)null);
        while (tensor.Next(out var field))
        {
            switch (field)
            {
                case 1: type = Element(tensor.Int()); break;
                case 2: shape = Shape(tensor.Message()); break;
                default: tensor.Skip(); break;
            }
        }
        return (type, shape);
    }

    static List<string> Shape(ProtobufReader shape)
    {
        var dimensions = new List<string>();
        while (shape.Next(out var field))
        {
            if (field == 1) dimensions.Add(Dimension(shape.Message()));
            else shape.Skip();
            if (dimensions.Count > MostValues) throw TooMuch("dimensions", MostValues);
        }
        return dimensions;
    }

    static string Dimension(ProtobufReader dimension)
    {
        var said = "?";
        while (dimension.Next(out var field))
        {
            switch (field)
            {
                case 1: said = dimension.Int() is >= 0 and var size ? size.ToString(CultureInfo.InvariantCulture) : "?"; break;
                case 2: said = Text(ref dimension) is { Length: > 0 } name ? name : "?"; break;
                default: dimension.Skip(); break;
            }
        }
        return said;
    }

    /// <summary>TensorProto.DataType, by its number.</summary>
    static readonly string[] Elements =
    [
        "?", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32", "uint64", "complex64", "complex128",
        "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4",
    ];

    static string Element(long type) => type >= 0 && type < Elements.Length ? Elements[type] : $"type {type}";

    /// <summary>A name; longer ones than any exporter gives are refused before they are read.</summary>
    static string Text(ref ProtobufReader reader)
    {
        var bytes = reader.Bytes();
        return bytes.Length <= LongestNameBytes ? System.Text.Encoding.UTF8.GetString(bytes.Span) : throw TooMuch("bytes in one name", LongestNameBytes);
    }

    static KumikiException TooMuch(string what, int most) => new(Kumiki.Message.Of("onnx.too-much", ("what", what), ("most", most)));
}
