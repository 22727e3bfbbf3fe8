using System.Globalization;
using Kumiki.Making;
using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using MathNet.Numerics.LinearAlgebra;

namespace Kumiki.Training;

/// <summary>Trains an algorithm on the features its own graph computes.</summary>
static class Trainer
{
    /// <param name="features">[rows × width] of the training rows, row by row.</param>
    /// <param name="target">[rows]</param>
    /// <param name="watched">The validation rows' features and targets; empty where there are none.</param>
    /// <returns>The learner as a graph from features to score.</returns>
    public static OnnxModel Train(Algorithm algorithm, float[] features, int width, double[] target, (float[] Features, double[] Target) watched, MakingRun making, CancellationToken stop) => algorithm switch
    {
        BoostedTrees trees => Boost(trees, features, width, target, watched, making, stop),
        Kumiki.Ridge ridge => Solve(ridge, features, width, target),
        _ => throw new System.Diagnostics.UnreachableException($"Train {algorithm.GetType().Name}."),
    };

    static OnnxModel Boost(BoostedTrees trees, float[] features, int width, double[] target, (float[] Features, double[] Target) watched, MakingRun making, CancellationToken stop)
    {
        var threads = Environment.ProcessorCount;
        using var rows = DMatrix.Of(features, width, threads).WithLabels(Array.ConvertAll(target, t => (float)t));
        using var watchedRows = watched.Target.Length == 0 ? null : DMatrix.Of(watched.Features, width, threads).WithLabels(Array.ConvertAll(watched.Target, t => (float)t));
        var invariant = CultureInfo.InvariantCulture;
        using var booster = Booster.Of(
        [
            ("objective", trees.Logistic ? "binary:logistic" : "reg:squarederror"), ("tree_method", "hist"), ("max_depth", trees.Depth.ToString(invariant)),
            ("eta", trees.LearningRate.ToString("R", invariant)), ("nthread", threads.ToString(invariant)), ("seed", making.Seed.ToString(invariant)),
            ("base_score", BaseScore(trees, target).ToString("R", invariant)), ("eval_metric", trees.Logistic ? "logloss" : "mae"), ("verbosity", "0"),
        ]);
        List<(string, DMatrix)> sets = [("train", rows)];
        if (watchedRows is not null) sets.Add(("validation", watchedRows));
        var every = Math.Max(1, trees.Rounds / 100);
        var done = 0;
        while (done < trees.Rounds)
        {
            var step = Math.Min(every, trees.Rounds - done);
            booster.Train(rows, step, [], null, stop);
            done += step;
            foreach (var figure in booster.Measure(done - 1, sets)) making.Metric($"{figure.Metric}.{figure.Rows}", figure.Value, done);
            making.Progress(done, trees.Rounds, "rounds");
        }
        return Learners.XGBoost(booster.Save());
    }

    /// <summary>Where the first tree starts: the mean target, or the share of set flags.</summary>
    static float BaseScore(BoostedTrees trees, double[] target)
    {
        var mean = target.Average();
        return (float)(trees.Logistic ? Math.Clamp(mean, 1e-6, 1 - 1e-6) : mean);
    }

    /// <summary>Ridge regression by the normal equations of centred columns, solved by Cholesky in double precision; the intercept is not penalised. Hoerl and Kennard 1970;
    /// scikit-learn's Ridge gives the same weights (RidgeTests, 1e-6).</summary>
    internal static OnnxModel Solve(Kumiki.Ridge ridge, float[] features, int width, double[] target)
    {
        var (weights, intercept) = Weights(features, width, target, ridge.Alpha);
        return Learners.Linear(Array.ConvertAll(weights, w => (float)w), (float)intercept);
    }

    internal static (double[] Weights, double Intercept) Weights(float[] features, int width, double[] target, double alpha)
    {
        var rows = target.Length;
        var means = new double[width];
        for (var row = 0; row < rows; row++)
            for (var f = 0; f < width; f++) means[f] += features[row * width + f];
        for (var f = 0; f < width; f++)
        {
            means[f] /= rows;
            if (!double.IsFinite(means[f])) throw new KumikiException(Message.Of("training.not-finite", ("feature", f + 1)));
        }
        var targetMean = target.Average();

        var gram = Matrix<double>.Build.Dense(width, width);
        var moment = Vector<double>.Build.Dense(width);
        var centred = new double[width];
        for (var row = 0; row < rows; row++)
        {
            for (var f = 0; f < width; f++) centred[f] = features[row * width + f] - means[f];
            var error = target[row] - targetMean;
            for (var f = 0; f < width; f++)
            {
                moment[f] += centred[f] * error;
                for (var g = 0; g <= f; g++) gram[f, g] += centred[f] * centred[g];
            }
        }
        for (var f = 0; f < width; f++)
        {
            gram[f, f] += alpha;
            for (var g = 0; g < f; g++) gram[g, f] = gram[f, g];
        }
        var weights = Solve(gram, moment) ?? throw new KumikiException(Message.Of("training.singular", ("alpha", alpha)));
        var intercept = targetMean;
        for (var f = 0; f < width; f++) intercept -= weights[f] * means[f];
        return (weights.ToArray(), intercept);
    }

    /// <returns>Null when the matrix is singular to working precision: rounding may leave a pivot of noise where there should be none.</returns>
    static Vector<double>? Solve(Matrix<double> gram, Vector<double> moment)
    {
        try
        {
            var factor = gram.Cholesky();
            var pivots = factor.Factor.Diagonal();
            return Enumerable.Range(0, pivots.Count).Any(i => pivots[i] * pivots[i] <= 1e-12 * gram[i, i]) ? null : factor.Solve(moment);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
