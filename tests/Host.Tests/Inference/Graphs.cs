using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;

namespace Kumiki.Host.Tests.Inference;

/// <summary>Models that were made elsewhere, for all the server can tell: small graphs with one property each.</summary>
static class Graphs
{
    const int Wide = 768;

    static byte[] Model(TensorInfo[] inputs, TensorInfo[] outputs, OnnxNode[] nodes, params OnnxConstant[] constants) =>
        new OnnxModel(new("test", inputs, outputs, nodes, constants, [])).ToBytes();

    /// <summary>Gives back what it gets: [n,2] of a type.</summary>
    public static byte[] Echo(TensorType type) => Model([new("in", type, [-1, 2])], [new("out", type, [-1, 2])], [new("Identity", ["in"], ["out"])]);

    /// <summary>Two inputs, of which a is [n,2] and b [n,1], and two outputs: their sum, and a times the factor.</summary>
    public static byte[] Two(float factor) => Model(
        [new("a", TensorType.Float, [-1, 2]), new("b", TensorType.Float, [-1, 1])],
            [new("sum", TensorType.Float, [-1, 2]), new("times", TensorType.Float, [-1, 2])],
        [new("Add", ["a", "b"], ["sum"]), new("Mul", ["a", "factor"], ["times"])], OnnxConstant.Of("factor", [factor], 1));

    /// <summary>Divides 1 by each number: what comes of 0 is infinite.</summary>
    public static byte[] Inverse { get; } = Model([new("in", TensorType.Float, [-1, 1])], [new("out", TensorType.Float, [-1, 1])],
        [new("Div", ["one", "in"], ["out"])], OnnxConstant.Of("one", [1f], 1));

    /// <summary>Takes each number as a place in a table of three: other places fail.</summary>
    public static byte[] Table { get; } = Model([new("at", TensorType.Int64, [-1])], [new("out", TensorType.Float, [-1])],
        [new("Gather", ["table", "at"], ["out"])], OnnxConstant.Of("table", [10f, 20f, 30f], 3));

    /// <summary>Each number less the mean of all rows: rows that are run together change each other's answers.</summary>
    public static byte[] Coupled { get; } = Model([new("in", TensorType.Float, [-1, 1])], [new("out", TensorType.Float, [-1, 1])],
        [new("ReduceMean", ["in"], ["mean"]) { Attributes = [new OnnxAttribute.Ints("axes", [0]), new OnnxAttribute.Int("keepdims", 1)] },
            new("Sub", ["in", "mean"], ["out"])]);

    /// <summary>[n,768], some milliseconds of work for each row and each of so many layers.</summary>
    public static byte[] Slow(int layers)
    {
        var random = new Random(1);
        var weights = new float[Wide * Wide];
        for (var i = 0; i < weights.Length; i++) weights[i] = (random.NextSingle() - 0.5f) / 16;
        return Model([new("in", TensorType.Float, [-1, Wide])], [new("out", TensorType.Float, [-1, Wide])],
            [.. Enumerable.Range(0, layers).SelectMany(l => (OnnxNode[])
            [
                new("MatMul", [l == 0 ? "in" : $"h{l}", "w"], [$"m{l}"]),
                new("Tanh", [$"m{l}"], [l == layers - 1 ? "out" : $"h{l + 1}"]),
            ])],
            OnnxConstant.Of("w", weights, Wide, Wide));
    }

    public static string SlowRequest(int rows, string more = "") =>
        $$"""{{{more}}"inputs":[{"name":"in","datatype":"FP32","shape":[{{rows}},{{Wide}}],"data":[{{string.Join(',', Enumerable.Repeat("0.5", rows * Wide))}}]}]}""";
}
