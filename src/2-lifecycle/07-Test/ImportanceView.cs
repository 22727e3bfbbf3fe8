using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Statistics;
using OnnxColumn = Kumiki.Onnx.Column;

namespace Kumiki.Testing;

/// <summary>Which columns the model's answers hang on.</summary>
static class ImportanceView
{
    public const int ShapRows = 2000, PermutationRows = 5000, Repeats = 10;

    /// <param name="scored">Rows of the validation part with their scores; of the test part where there is none.</param>
    /// <param name="booster">The trees of the version; null: it has none.</param>
    public static ImportanceData Of(
        Subject subject, Frame frame, string part, Scored scored, byte[] graph, byte[]? booster, int[] shapRows, Random random, CancellationToken stop)
    {
        using var scorer = Scorer.Open(graph);
        var (shapOf, shap) = Explained(frame, scorer, graph, booster, shapRows, stop);
        var (loss, harms) = Shuffled(subject, frame, scorer, scored, random, stop);
        var seen = shap?.Where(s => s.Mean > 0).Select(s => s.Column).ToHashSet(StringComparer.Ordinal) ?? [];
        var shown = Enumerable.Range(0, scorer.Features.Count).Where(f => seen.Contains(GroupOf(scorer, f))).SelectMany(f => scorer.Sources[f])
            .ToHashSet(StringComparer.Ordinal);
        var used = harms.Where(h => h.Harm != 0 || h.Low != 0 || h.High != 0).Select(h => h.Column).ToHashSet(StringComparer.Ordinal);
        return new(shapOf, shap ?? [], part, loss, harms,
            [.. scorer.Columns.Select(c => c.Name).Where(c => !used.Contains(c) && !shown.Contains(c))],
            [.. harms.Where(h => used.Contains(h.Column) && h.Low <= 0).Select(h => h.Column)]);
    }

    // ── SHAP ──

    /// <summary>Contributions to the margin, [rows × outputs × (features + 1)], the last of each output the base; null: the learner is neither trees nor linear.</summary>
    /// <param name="features">[rows × width] as the transforms give them.</param>
    /// <remarks>Of trees exact, path-dependent TreeSHAP (Lundberg et al. 2018); of linear models weight × (value − training mean), which is exact where
    /// features are independent. They sum to the margin.</remarks>
    internal static (int Outputs, float[] Values)? Contributions(byte[] graph, byte[]? booster, float[] features, int width)
    {
        if (booster is not null)
        {
            using var trees = Booster.Load(booster);
            using var rows = DMatrix.Of(features, width, Environment.ProcessorCount);
            var values = trees.Contributions(rows);
            return (values.Length / rows.Rows / (width + 1), values);
        }
        if (Learners.LinearOf(OnnxModel.Read(graph)) is not { } linear) return null;
        var outputs = linear.Intercepts.Length;
        var parts = new float[features.Length / width * outputs * (width + 1)];
        for (var row = 0; row < features.Length / width; row++)
            for (var output = 0; output < outputs; output++)
            {
                var own = parts.AsSpan((row * outputs + output) * (width + 1), width + 1);
                for (var f = 0; f < width; f++) own[f] = linear.Weights[f * outputs + output] * (features[row * width + f] - linear.Centres[f]);
                own[width] = linear.Intercepts[output];
            }
        return (outputs, parts);
    }

    static (string? Of, IReadOnlyList<ShapData>? Shap) Explained(Frame frame, Scorer scorer, byte[] graph, byte[]? booster, int[] rows, CancellationToken stop)
    {
        using var transforms = Scorer.Open(OnnxModel.Read(graph).UpTo(TransformGraph.Features).ToBytes());
        var features = transforms.Score(frame.Window(transforms.Columns.Select(c => c.Name), rows.Length).Of(rows), stop);
        var width = transforms.Width;
        if (Contributions(graph, booster, features, width) is not var (outputs, values)) return (null, null);
        var (sizes, rising) = (new double[width], new double?[width]);
        for (var f = 0; f < width; f++)
        {
            double x = 0, y = 0, xx = 0, yy = 0, xy = 0, n = 0;
            for (var at = 0; at < rows.Length * outputs; at++)
            {
                var (value, part) = (features[at / outputs * width + f], values[at * (width + 1) + f]);
                sizes[f] += Math.Abs(part) / (rows.Length * outputs);
                if (outputs > 1 || float.IsNaN(value)) continue;
                (n, x, y, xx, yy, xy) = (n + 1, x + value, y + part, xx + (double)value * value, yy + (double)part * part, xy + (double)value * part);
            }
            var (ofX, ofY) = (xx - x * x / n, yy - y * y / n);
            if (n > 1 && ofX > 0 && ofY > 1e-12) rising[f] = (xy - x * y / n) / Math.Sqrt(ofX * ofY);
        }
        var groups = Enumerable.Range(0, width).GroupBy(f => GroupOf(scorer, f)).Select(g =>
        {
            // The size of what the column's features do together, row by row.
            double sum = 0;
            for (var at = 0; at < rows.Length * outputs; at++) sum += Math.Abs(g.Sum(f => (double)values[at * (width + 1) + f]));
            var mean = sum / (rows.Length * outputs);
            var largest = g.Where(f => sizes[f] > 0).OrderByDescending(f => sizes[f]).Take(10);
            return new ShapData(g.Key, mean, 0, [.. largest.Select(f => new ShapFeature(scorer.Features[f], sizes[f], rising[f]))]);
        }).OrderByDescending(s => s.Mean).ThenBy(s => s.Column, StringComparer.Ordinal).ToList();
        var all = groups.Sum(g => g.Mean);
        return (booster is null ? "linear" : "trees", [.. groups.Select(g => g with { Share = all > 0 ? g.Mean / all : 0 })]);
    }

    /// <summary>What a feature is counted under: the column it comes from, or the columns of a cross, in the order the model reads them. What two columns do
    /// together is neither's alone. A model that does not say where its features come from has each for itself.</summary>
    static string GroupOf(Scorer scorer, int feature)
    {
        var from = scorer.Sources[feature];
        return from.Count == 0 ? scorer.Features[feature] : string.Join(" × ", scorer.Columns.Select(c => c.Name).Where(from.Contains));
    }

    // ── permutation ──

    /// <summary>How much the loss rises when one input column is shuffled among rows: all features made of it move together. Breiman 2001; scikit-learn's
    /// permutation_importance.</summary>
    static (string Loss, List<PermutationData> Harms) Shuffled(
        Subject subject, Frame frame, Scorer scorer, Scored scored, Random random, CancellationToken stop)
    {
        int[] picked = [.. Enumerable.Range(0, scored.Count)];
        random.Shuffle(picked);
        Array.Resize(ref picked, Math.Min(picked.Length, PermutationRows));
        Array.Sort(picked);
        var (rows, truth) = (Frame.Gather(scored.Rows, picked), Frame.Gather(scored.Truth, picked));
        var names = scorer.Columns.Select(c => c.Name).ToList();
        var plain = names.Select(n => frame.Window([n], rows.Length).Of(rows)[0]).ToList();
        var (loss, before) = Loss(plain);
        var harms = new List<PermutationData>();
        foreach (var (at, name) in names.Index())
        {
            var (window, harm, shuffled) = (frame.Window([name], rows.Length), new double[Repeats], (int[])rows.Clone());
            var columns = new List<OnnxColumn>(plain);
            for (var repeat = 0; repeat < Repeats; repeat++)
            {
                random.Shuffle(shuffled);
                columns[at] = window.Of(shuffled)[0];
                harm[repeat] = Loss(columns).Value - before;
            }
            var interval = harm.All(h => h == harm[0]) ? new Interval(harm[0], harm[0], 0.95) : Intervals.Mean(harm);
            harms.Add(new(name, harm.Average(), interval.Low, interval.High));
        }
        return (loss, [.. harms.OrderByDescending(h => h.Harm).ThenBy(h => h.Column, StringComparer.Ordinal)]);

        (string Name, double Value) Loss(IReadOnlyList<OnnxColumn> columns)
        {
            var scores = Array.ConvertAll(scorer.Score(columns, stop), s => (double)s);
            var (name, values) = subject.Losses(new Scored(scores, truth) { Names = scored.Names });
            return (name, values.Average());
        }
    }
}
