using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

// Field numbers are those of onnx.proto3; the messages stand in its order.
public sealed partial class OnnxModel
{
    /// <summary>The model's file.</summary>
    public byte[] ToBytes()
    {
        var writer = new ProtobufWriter();
        writer.Int(1, IrVersion);
        writer.Text(2, "kumiki");
        writer.Message(7, WriteGraph);
        foreach (var (domain, version) in Opsets)
            writer.Message(8, w => { if (domain != "") w.Text(1, domain); w.Int(2, version); });
        foreach (var (key, value) in Metadata)
            writer.Message(14, w => { w.Text(1, key); w.Text(2, value); });
        return writer.ToArray();
    }

    void WriteGraph(ProtobufWriter writer)
    {
        foreach (var node in Graph.Nodes) writer.Message(1, w => Write(w, node));
        writer.Text(2, Graph.Name);
        foreach (var constant in Graph.Constants) writer.Message(5, w => Write(w, constant));
        foreach (var input in Graph.Inputs) writer.Message(11, w => Write(w, input));
        foreach (var output in Graph.Outputs) writer.Message(12, w => Write(w, output));
        foreach (var inner in Graph.Inner) writer.Message(13, w => Write(w, inner));
    }

    static void Write(ProtobufWriter writer, OnnxNode node)
    {
        foreach (var input in node.Inputs) writer.Text(1, input);
        foreach (var output in node.Outputs) writer.Text(2, output);
        if (node.Name != "") writer.Text(3, node.Name);
        writer.Text(4, node.Operator);
        foreach (var attribute in node.Attributes) writer.Message(5, w => Write(w, attribute));
        if (node.Domain != "") writer.Text(7, node.Domain);
    }

    static void Write(ProtobufWriter writer, OnnxAttribute attribute)
    {
        writer.Text(1, attribute.Name);
        switch (attribute)
        {
            case OnnxAttribute.Float(_, var value): writer.Float(2, value); writer.Int(20, 1); break;
            case OnnxAttribute.Int(_, var value): writer.Int(3, value); writer.Int(20, 2); break;
            case OnnxAttribute.Text(_, var value): writer.Text(4, value); writer.Int(20, 3); break;
            case OnnxAttribute.Floats(_, var values): writer.Floats(7, [.. values]); writer.Int(20, 6); break;
            case OnnxAttribute.Ints(_, var values): writer.Ints(8, [.. values]); writer.Int(20, 7); break;
            case OnnxAttribute.Texts(_, var values):
                foreach (var value in values) writer.Text(9, value);
                writer.Int(20, 8);
                break;
        }
    }

    static void Write(ProtobufWriter writer, OnnxConstant constant)
    {
        writer.Ints(1, [.. constant.Shape]);
        writer.Int(2, (int)constant.Type);
        writer.Text(8, constant.Name);
        writer.Bytes(9, constant.Bytes.Span);
    }

    static void Write(ProtobufWriter writer, TensorInfo tensor)
    {
        writer.Text(1, tensor.Name);
        writer.Message(2, type => type.Message(1, t =>
        {
            t.Int(1, (int)tensor.Type);
            t.Message(2, shape =>
            {
                // Only the rows have a name: two free dimensions of one name would have to be equal.
                foreach (var (axis, size) in tensor.Shape.Index())
                    shape.Message(1, d => { if (size != Free) d.Int(1, size); else if (axis == 0) d.Text(2, "N"); });
            });
        }));
    }
}
