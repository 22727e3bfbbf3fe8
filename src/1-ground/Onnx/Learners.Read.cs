using System.Runtime.InteropServices;

namespace Kumiki.Onnx;

/// <summary>A linear learner as its graph holds it: link(weights · (features − centres) + intercepts).</summary>
/// <param name="Weights">[features × outputs] feature by feature.</param>
/// <param name="Centres">[features]; means of the training rows, or zeros.</param>
public sealed record LinearParts(float[] Weights, float[] Intercepts, float[] Centres);

public static partial class Learners
{
    /// <summary>The linear learner of a model; null: it has another one.</summary>
    public static LinearParts? LinearOf(OnnxModel model)
    {
        if (Floats("/linear/weights") is not { } weights || Floats("/linear/intercept") is not { } intercepts) return null;
        return new(weights, intercepts, Floats("/linear/centre") ?? new float[weights.Length / intercepts.Length]);

        float[]? Floats(string name) => model.Graph.Constants.FirstOrDefault(c => c.Name == name) is { } constant ? MemoryMarshal.Cast<byte, float>(constant.Bytes.Span).ToArray() : null;
    }
}
