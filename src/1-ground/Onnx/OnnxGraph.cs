using System.Runtime.InteropServices;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>The operations between a model's inputs and outputs; tensors are known by name.</summary>
/// <param name="Inner">Types of tensors between the nodes, kept where the graph may be cut again.</param>
internal sealed record OnnxGraph(
    string Name,
    IReadOnlyList<TensorInfo> Inputs,
    IReadOnlyList<TensorInfo> Outputs,
    IReadOnlyList<OnnxNode> Nodes,
    IReadOnlyList<OnnxConstant> Constants,
    IReadOnlyList<TensorInfo> Inner);

/// <summary>One operation.</summary>
/// <param name="Domain">Empty for ONNX's own operators, <c>ai.onnx.ml</c> for its classical machine learning.</param>
internal sealed record OnnxNode(string Operator, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, string Domain = "")
{
    public string Name { get; init; } = "";
    public IReadOnlyList<OnnxAttribute> Attributes { get; init; } = [];
}

/// <summary>A setting of a node.</summary>
internal abstract record OnnxAttribute(string Name)
{
    internal sealed record Float(string Name, float Value) : OnnxAttribute(Name);
    internal sealed record Int(string Name, long Value) : OnnxAttribute(Name);
    internal sealed record Text(string Name, string Value) : OnnxAttribute(Name);
    internal sealed record Floats(string Name, IReadOnlyList<float> Values) : OnnxAttribute(Name);
    internal sealed record Ints(string Name, IReadOnlyList<long> Values) : OnnxAttribute(Name);
    internal sealed record Texts(string Name, IReadOnlyList<string> Values) : OnnxAttribute(Name);
}

/// <summary>A constant tensor (an initializer).</summary>
/// <param name="Bytes">Its elements in row-major order, little-endian.</param>
internal sealed record OnnxConstant(string Name, TensorType Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)
{
    public static OnnxConstant Of(string name, ReadOnlySpan<float> values, params IReadOnlyList<long> shape) =>
        new(name, TensorType.Float, shape, MemoryMarshal.AsBytes(values).ToArray());

    public static OnnxConstant Of(string name, ReadOnlySpan<long> values, params IReadOnlyList<long> shape) =>
        new(name, TensorType.Int64, shape, MemoryMarshal.AsBytes(values).ToArray());
}
