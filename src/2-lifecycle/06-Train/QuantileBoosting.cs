using System.Globalization;
using Kumiki.Native.XGBoost;
using Kumiki.Onnx;

namespace Kumiki.Training;

/// <summary>Boosted trees for quantiles, which XGBoost 1.7 has no objective for.</summary>
/// <remarks>
/// Each round: 1. XGBoost grows a tree for each quantile on the gradient of its pinball loss, 2. each leaf takes the quantile of the residuals of its rows, as
/// XGBoost 2 and scikit-learn do (a leaf's mean
/// gradient says where to go, not how far), 3. the predictions move by it times the learning rate. At the end the leaves' values are written into the booster,
/// so that it explains itself.
/// Several outputs are softmax classes to XGBoost; what they mean here is their margin.
/// </remarks>
sealed class QuantileBoosting(BoostedTrees trees, TrainingRows rows, TrainingRows validation, TrainingCourse course)
{
    readonly int outputs = trees.Quantiles.Count;

    public Trained Train()
    {
        // Trees are walked for each row every round, so here the features themselves are kept.
        var (features, watched) = (rows.Features.ToArray(), validation.Count == 0 ? [] : validation.Features.ToArray());
        using var matrix = Boosting.Train(trees, rows, course);
        using var booster = Booster.Of(
        [
            .. Boosting.Common(trees, course), ("objective", "multi:softprob"), ("base_score", "0"),
                ("num_class", outputs.ToString(CultureInfo.InvariantCulture)), ("disable_default_eval_metric", "1"),
        ]);
        float[] starts = [.. trees.Quantiles.Select(q => (float)Quantile.Of(rows.Target.ToArray(), rows.Weights?.ToArray(), q))];
        float[] predicted = Repeated(rows.Count), watching = Repeated(validation.Count);
        var (gradient, hessian) = (new float[rows.Count * outputs], new float[rows.Count * outputs]);
        for (var row = 0; row < rows.Count; row++) hessian.AsSpan(row * outputs, outputs).Fill((float)(rows.Weights?[row] ?? 1));

        var grown = new List<GrownTree[]>();
        var every = trees.EarlyStopping is null ? Math.Max(1, trees.Rounds / 100) : 1;
        var (best, bestLoss) = (trees.Rounds, double.PositiveInfinity);
        for (var done = 1; done <= trees.Rounds; done++)
        {
            course.Stop.ThrowIfCancellationRequested();
            Gradient(predicted, hessian, gradient);
            booster.Boost(matrix, gradient, hessian);
            using (var last = booster.Slice(done - 1, done)) grown.Add(GrownTree.Read(last.Save()));
            for (var output = 0; output < outputs; output++)
            {
                var tree = grown[^1][output];
                var leaves = tree.LeavesOf(features, rows.Features.Width, course.AtOnce);
                Refit(tree, output, leaves, predicted);
                Move(tree, output, leaves, predicted);
                if (watched.Length > 0) Move(tree, output, tree.LeavesOf(watched, rows.Features.Width, course.AtOnce), watching);
            }
            course.Progress(done, trees.Rounds);
            if (done % every != 0 && done != trees.Rounds) continue;
            course.Metric("pinball.train", Loss(rows, predicted), done);
            if (validation.Count == 0) continue;
            var loss = Loss(validation, watching);
            course.Metric("pinball.validation", loss, done);
            if (trees.EarlyStopping is not { } patience) continue;
            if (loss < bestLoss) (best, bestLoss) = (done, loss);
            else if (done - best >= patience) break;
        }
        if (trees.EarlyStopping is not null) course.Fact("rounds.best", Math.Min(best, grown.Count).ToString(CultureInfo.InvariantCulture));

        using var kept = booster.Slice(0, Math.Min(best, grown.Count));
        for (var output = 0; output < outputs; output++) grown[0][output].Shift(starts[output]);
        var json = GrownTree.Write(kept.Save(), [.. grown.Take(kept.Rounds).SelectMany(t => t)]);
        using var whole = Booster.Load(json);
        return new(Learners.Rising(Learners.XGBoost(json, Link.Identity)), whole.Save(BoosterFormat.Ubj));

        float[] Repeated(int count) => [.. Enumerable.Repeat(starts, count).SelectMany(s => s)];
    }

    /// <summary>The pinball loss's slope: share above what is predicted, times −1, and share below.</summary>
    void Gradient(float[] predicted, float[] weights, float[] into) =>
        Parallel.For(0, (rows.Count + FeatureRows.BlockRows - 1) / FeatureRows.BlockRows, course.AtOnce, block =>
    {
        for (var row = block * FeatureRows.BlockRows; row < Math.Min(rows.Count, (block + 1) * FeatureRows.BlockRows); row++)
            for (var output = 0; output < outputs; output++)
            {
                var at = row * outputs + output;
                var share = (float)trees.Quantiles[output];
                into[at] = weights[at] * (rows.Target[row] > predicted[at] ? -share : 1 - share);
            }
    });

    /// <summary>Gives each leaf the quantile of its rows' residuals, times the learning rate.</summary>
    void Refit(GrownTree tree, int output, int[] leaves, float[] predicted)
    {
        var starts = new int[tree.Nodes + 1];
        foreach (var leaf in leaves) starts[leaf + 1]++;
        for (var node = 0; node < tree.Nodes; node++) starts[node + 1] += starts[node];
        var (residuals, weights, next) = (new double[leaves.Length], rows.Weights is null ? [] : new double[leaves.Length], starts.ToArray());
        for (var row = 0; row < leaves.Length; row++)
        {
            var at = next[leaves[row]]++;
            residuals[at] = rows.Target[row] - predicted[row * outputs + output];
            if (weights.Length > 0) weights[at] = rows.Weights![row];
        }
        Parallel.For(0, tree.Nodes, course.AtOnce, node =>
        {
            var count = starts[node + 1] - starts[node];
            if (!tree.IsLeaf(node)) return;
            var value = count == 0 ? 0 : Quantile.Of(residuals.AsSpan(starts[node], count), weights.Length == 0 ? [] : weights.AsSpan(starts[node], count),
                trees.Quantiles[output]);
            tree.SetLeaf(node, (float)(value * trees.LearningRate));
        });
    }

    void Move(GrownTree tree, int output, int[] leaves, float[] predicted)
    {
        for (var row = 0; row < leaves.Length; row++) predicted[row * outputs + output] += tree.Leaf(leaves[row]);
    }

    /// <summary>Mean pinball loss over rows and quantiles.</summary>
    double Loss(TrainingRows of, float[] predicted)
    {
        var (sum, total) = (0.0, 0.0);
        for (var row = 0; row < of.Count; row++)
        {
            var weight = of.Weights?[row] ?? 1;
            total += weight * outputs;
            for (var output = 0; output < outputs; output++)
            {
                var above = of.Target[row] - predicted[row * outputs + output];
                sum += weight * (above > 0 ? trees.Quantiles[output] : trees.Quantiles[output] - 1) * above;
            }
        }
        return sum / total;
    }
}
