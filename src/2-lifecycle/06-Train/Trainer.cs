using Kumiki.Onnx;

namespace Kumiki.Training;

/// <summary>Trains an algorithm on features as its own graph computes them.</summary>
static class Trainer
{
    /// <param name="validation">Rows to measure the loss on and to stop by; may be empty.</param>
    /// <param name="classes">The target's classes; 0 for numbers.</param>
    public static Trained Train(Algorithm algorithm, TrainingRows rows, TrainingRows validation, int classes, TrainingCourse course) => algorithm switch
    {
        BoostedTrees { Loss: TreeLoss.Quantile } trees => new QuantileBoosting(trees, rows, validation, course).Train(),
        BoostedTrees trees => Boosting.Train(trees, rows, validation, classes, course),
        Ridge ridge => new(LeastSquares.Ridge(rows, ridge.Alpha, course).ToGraph()),
        ElasticNet net => new(LeastSquares.ElasticNet(net, rows, course).ToGraph()),
        LogisticRegression logistic => new(LogisticFit.Train(logistic, rows, classes, course).ToGraph()),
        ZeroRule rule => new(Learners.Constant(rows.Features.Width, Answer(rule, rows, classes))),
        _ => throw new System.Diagnostics.UnreachableException($"Train {algorithm.GetType().Name}."),
    };

    /// <summary>The zero rule's answer.</summary>
    internal static float[] Answer(ZeroRule rule, TrainingRows rows, int classes)
    {
        var weights = rows.Weights ?? Enumerable.Repeat(1.0, rows.Count).ToArray();
        if (rule.Answer == ZeroRuleAnswer.Median) return [(float)Quantile.Of(rows.Target.ToArray(), rows.Weights?.ToArray(), 0.5)];
        var total = weights.Sum();
        if (rule.Answer == ZeroRuleAnswer.Mean) return [(float)(rows.Target.Zip(weights).Sum(r => r.First * r.Second) / total)];
        var shares = new double[classes];
        for (var row = 0; row < rows.Count; row++) shares[(int)rows.Target[row]] += weights[row] / total;
        if (rule.Answer == ZeroRuleAnswer.MostFrequent) shares =
            [.. Enumerable.Range(0, classes).Select(c => c == Array.IndexOf(shares, shares.Max()) ? 1.0 : 0)];
        return [.. (rule.IsBinary ? shares[1..] : shares).Select(s => (float)s)];
    }
}

/// <summary>A trained linear model: link(weights · (features − centres) + intercepts).</summary>
/// <param name="Weights">[outputs × F] output by output.</param>
/// <param name="Intercepts">[outputs] at the centres.</param>
/// <param name="Centres">[F] means of the training rows.</param>
sealed record LinearFit(double[] Weights, double[] Intercepts, double[] Centres, Link Link)
{
    public int Width => Centres.Length;

    /// <summary>Passes or steps it took.</summary>
    public int Iterations { get; init; }

    /// <summary>The intercept of an output where all features are 0.</summary>
    public double InterceptAtZero(int output)
    {
        var intercept = Intercepts[output];
        for (var f = 0; f < Width; f++) intercept -= Weights[output * Width + f] * Centres[f];
        return intercept;
    }

    /// <summary>What it predicts for one row, in double precision.</summary>
    public double[] Predict(ReadOnlySpan<float> features)
    {
        var sums = Intercepts.ToArray();
        for (var output = 0; output < sums.Length; output++)
            for (var f = 0; f < Width; f++) sums[output] += Weights[output * Width + f] * (features[f] - Centres[f]);
        if (Link == Link.Logistic) return Array.ConvertAll(sums, s => 1 / (1 + Math.Exp(-s)));
        if (Link != Link.Softmax) return sums;
        var most = sums.Max();
        var powers = Array.ConvertAll(sums, s => Math.Exp(s - most));
        return Array.ConvertAll(powers, p => p / powers.Sum());
    }

    public OnnxModel ToGraph()
    {
        var outputs = Intercepts.Length;
        // The graph subtracts the centres as floats: what they lose there is given back to the intercepts.
        float[] centres = [.. Centres.Select(c => (float)c)];
        var (weights, intercepts) = (new float[Weights.Length], new float[outputs]);
        for (var output = 0; output < outputs; output++)
        {
            var intercept = Intercepts[output];
            for (var f = 0; f < Width; f++)
            {
                weights[f * outputs + output] = (float)Weights[output * Width + f];
                intercept += Weights[output * Width + f] * (centres[f] - Centres[f]);
            }
            intercepts[output] = (float)intercept;
        }
        return Learners.Linear(weights, intercepts, centres, Link);
    }
}
