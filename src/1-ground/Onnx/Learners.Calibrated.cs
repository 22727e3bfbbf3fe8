using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

public static partial class Learners
{
    /// <summary>The learner of two classes with its odds changed: p becomes 1 / (1 + factor · ((1 − p) / p)^power).</summary>
    /// <param name="power">1 leaves odds as they are.</param>
    /// <param name="factor">Above 0; below 1 the positive class becomes likelier.</param>
    /// <remarks>No logarithm: ONNX Runtime's gives a row alone another last bit than the same row among others.</remarks>
    public static OnnxModel WithOdds(OnnxModel learner, float power, float factor)
    {
        foreach (var number in (float[])[power, factor])
            if (!float.IsFinite(number)) throw new KumikiException(Message.Of("onnx.weight", ("value", number)));
        const string own = "/odds/score";
        return Behind(learner, own, 1,
            [new("Sub", ["/odds/one", own], ["/odds/other"]),
             new("Div", ["/odds/other", own], ["/odds/against"]),
             new("Pow", ["/odds/against", "/odds/power"], ["/odds/raised"]),
             new("Mul", ["/odds/raised", "/odds/factor"], ["/odds/changed"]),
             new("Add", ["/odds/changed", "/odds/one"], ["/odds/all"]),
             new("Div", ["/odds/one", "/odds/all"], [Score])],
            [OnnxConstant.Of("/odds/one", [1f], 1), OnnxConstant.Of("/odds/power", [power], 1), OnnxConstant.Of("/odds/factor", [factor], 1)]);
    }

    /// <summary>The learner of many classes with each row's probabilities raised to a power and made to sum to 1 again.</summary>
    /// <param name="power">Above 1 the likeliest class gains; 1 / T of a temperature T.</param>
    public static OnnxModel Sharpened(OnnxModel learner, float power)
    {
        if (!float.IsFinite(power)) throw new KumikiException(Message.Of("onnx.weight", ("value", power)));
        const string own = "/sharpened/scores";
        return Behind(learner, own, learner.Outputs[0].Shape[1],
            [new("ReduceMax", [own], ["/sharpened/most"]) { Attributes = [new OnnxAttribute.Ints("axes", [1]), new OnnxAttribute.Int("keepdims", 1)] },
             new("Div", [own, "/sharpened/most"], ["/sharpened/relative"]),
             new("Pow", ["/sharpened/relative", "/sharpened/power"], ["/sharpened/raised"]),
             new("ReduceSum", ["/sharpened/raised", "/sharpened/axis"], ["/sharpened/sum"]) { Attributes = [new OnnxAttribute.Int("keepdims", 1)] },
             new("Div", ["/sharpened/raised", "/sharpened/sum"], [Score])],
            [OnnxConstant.Of("/sharpened/power", [power], 1), OnnxConstant.Of("/sharpened/axis", [1L], 1)]);
    }

    /// <summary>The learner of one score with the score led through straight lines between points; before the first and behind the last it stays.</summary>
    /// <param name="from">[points] rising, each above the one before; 1 or more.</param>
    /// <param name="to">[points] what the score becomes there.</param>
    public static OnnxModel Through(OnnxModel learner, ReadOnlySpan<float> from, ReadOnlySpan<float> to)
    {
        if (from.Length == 0 || from.Length != to.Length) throw new ArgumentException($"{from.Length} points lead to {to.Length}.", nameof(to));
        for (var i = 0; i < from.Length; i++)
        {
            if (!float.IsFinite(from[i]) || !float.IsFinite(to[i])) throw new KumikiException(Message.Of("onnx.weight", ("value", float.IsFinite(from[i]) ? to[i] : from[i])));
            if (i > 0 && !(from[i] > from[i - 1])) throw new ArgumentException($"Point {i} does not rise.", nameof(from));
        }
        // A piece's number is how many points lie at or below the score; the pieces at both ends are flat.
        var (starts, bases, slopes) = (new float[from.Length + 1], new float[from.Length + 1], new float[from.Length + 1]);
        (starts[0], bases[0]) = (from[0], to[0]);
        for (var i = 0; i < from.Length; i++)
        {
            (starts[i + 1], bases[i + 1]) = (from[i], to[i]);
            if (i + 1 < from.Length) slopes[i + 1] = (float)(((double)to[i + 1] - to[i]) / ((double)from[i + 1] - from[i]));
        }
        const string own = "/through/score";
        return Behind(learner, own, 1,
            [new("GreaterOrEqual", [own, "/through/points"], ["/through/passed"]),
             new("Cast", ["/through/passed"], ["/through/ones"]) { Attributes = [new OnnxAttribute.Int("to", (int)TensorType.Int64)] },
             new("ReduceSum", ["/through/ones", "/through/axis"], ["/through/piece"]) { Attributes = [new OnnxAttribute.Int("keepdims", 1)] },
             new("Gather", ["/through/starts", "/through/piece"], ["/through/start"]),
             new("Gather", ["/through/bases", "/through/piece"], ["/through/base"]),
             new("Gather", ["/through/slopes", "/through/piece"], ["/through/slope"]),
             new("Sub", [own, "/through/start"], ["/through/beyond"]),
             new("Mul", ["/through/beyond", "/through/slope"], ["/through/rise"]),
             new("Add", ["/through/base", "/through/rise"], [Score])],
            [OnnxConstant.Of("/through/points", from, 1, from.Length), OnnxConstant.Of("/through/axis", [1L], 1),
                OnnxConstant.Of("/through/starts", (ReadOnlySpan<float>)starts, starts.Length), OnnxConstant.Of("/through/bases", (ReadOnlySpan<float>)bases, bases.Length),
                OnnxConstant.Of("/through/slopes", (ReadOnlySpan<float>)slopes, slopes.Length)]);
    }
}
