using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>What a learner does with the sum it has worked out.</summary>
public enum Link
{
    /// <summary>Nothing: the sum is the answer.</summary>
    Identity,

    /// <summary>1 / (1 + e⁻ˣ): a probability.</summary>
    Logistic,

    /// <summary>eˣ: a number above 0.</summary>
    Exponential,

    /// <summary>eˣ / Σ eˣ over the outputs: a probability for each.</summary>
    Softmax,
}

/// <summary>Writes trained learners as graphs from <c>features</c> [N, F] to <c>score</c> [N, outputs], to be appended to a
/// <see cref="TransformGraph"/>.</summary>
public static partial class Learners
{
    /// <summary>The tensor a model's answer is in.</summary>
    public const string Score = "score";

    /// <summary>weights · features + intercept.</summary>
    /// <param name="weights">[F] one a feature.</param>
    /// <exception cref="KumikiException">A number is not finite.</exception>
    public static OnnxModel Linear(ReadOnlySpan<float> weights, float intercept) => Linear(weights, [intercept], [], Link.Identity);

    /// <summary>link(weights · (features − centres) + intercepts).</summary>
    /// <param name="weights">[F × outputs] feature by feature.</param>
    /// <param name="intercepts">[outputs]</param>
    /// <param name="centres">[F] subtracted first, so that a large mean (a day's number) takes no digits from the sum; empty: nothing is.</param>
    /// <exception cref="KumikiException">A number is not finite.</exception>
    public static OnnxModel Linear(ReadOnlySpan<float> weights, ReadOnlySpan<float> intercepts, ReadOnlySpan<float> centres, Link link)
    {
        foreach (var number in (ReadOnlySpan<float>)[.. weights, .. intercepts, .. centres])
            if (!float.IsFinite(number)) throw new KumikiException(Message.Of("onnx.weight", ("value", number)));
        var (outputs, features) = (intercepts.Length, weights.Length / intercepts.Length);
        if (features * outputs != weights.Length || (centres.Length != 0 && centres.Length != features))
            throw new ArgumentException($"{weights.Length} weights, {intercepts.Length} intercepts and {centres.Length} centres make no linear model.",
                nameof(weights));
        List<OnnxNode> nodes = [];
        List<OnnxConstant> constants = [OnnxConstant.Of("/linear/weights", weights, features, outputs),
            OnnxConstant.Of("/linear/intercept", intercepts, outputs)];
        var from = TransformGraph.Features;
        if (!centres.IsEmpty)
        {
            constants.Add(OnnxConstant.Of("/linear/centre", centres, features));
            nodes.Add(new("Sub", [from, "/linear/centre"], [from = "/linear/centred"]));
        }
        var sum = link == Link.Identity ? Score : "/linear/sum";
        nodes.Add(new("MatMul", [from, "/linear/weights"], ["/linear/product"]));
        nodes.Add(new("Add", ["/linear/product", "/linear/intercept"], [sum]));
        return Model(features, outputs, [.. nodes, .. Linked(link, sum)], constants);
    }

    /// <summary>The same answer for every row, whatever its features, missing ones too.</summary>
    /// <param name="values">[outputs]</param>
    /// <exception cref="KumikiException">A number is not finite.</exception>
    public static OnnxModel Constant(int features, ReadOnlySpan<float> values)
    {
        foreach (var number in values)
            if (!float.IsFinite(number)) throw new KumikiException(Message.Of("onnx.weight", ("value", number)));
        return Model(features, values.Length,
            [new("Shape", [TransformGraph.Features], ["/constant/shape"]),
             new("Gather", ["/constant/shape", "/constant/first"], ["/constant/rows"]),
             new("Concat", ["/constant/rows", "/constant/one"], ["/constant/target"]) { Attributes = [new OnnxAttribute.Int("axis", 0)] },
             new("Expand", ["/constant/values", "/constant/target"], [Score])],
            [OnnxConstant.Of("/constant/first", [0L], 1), OnnxConstant.Of("/constant/one", [1L], 1),
                OnnxConstant.Of("/constant/values", values, 1, values.Length)]);
    }

    static IEnumerable<OnnxNode> Linked(Link link, string sum) => link switch
    {
        Link.Logistic => [new("Sigmoid", [sum], [Score])],
        Link.Exponential => [new("Exp", [sum], [Score])],
        Link.Softmax => [new("Softmax", [sum], [Score]) { Attributes = [new OnnxAttribute.Int("axis", 1)] }],
        _ => [],
    };

    static OnnxModel Model(int features, int outputs, IReadOnlyList<OnnxNode> nodes, IReadOnlyList<OnnxConstant> constants) => new(new(
        "kumiki",
        [new TensorInfo(TransformGraph.Features, TensorType.Float, [OnnxModel.Free, features])],
        [new TensorInfo(Score, TensorType.Float, [OnnxModel.Free, outputs])],
        nodes, constants, []));
}
