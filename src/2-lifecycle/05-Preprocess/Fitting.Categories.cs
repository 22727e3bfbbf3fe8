using Kumiki.Onnx;
using TableKind = Kumiki.Tables.ColumnKind;

namespace Kumiki.Preprocessing;

static partial class Fitting
{
    static (FittedColumn Column, IReadOnlyList<Replacement> Replaced) Texts(FeaturePlan plan, Frame frame, int[] rows, double[] target)
    {
        var parts = plan.Columns.Select(c => ReadOf(c, category: true)).ToArray();
        var hashed = plan.Cross is not null && plan.Steps.All(s => s is StepPlan.Hash or StepPlan.Require);
        var categories = hashed ? null : plan.Cross is null ? Categories.Of(frame.Coded(plan.Name), rows)
            : Categories.Of([.. parts.Select(p => Categories.Of(frame.Coded(p.Name), rows))]);
        var (steps, replaced) = (new List<FittedStep>(), new List<Replacement>());
        foreach (var step in plan.Steps)
        {
            if (step is StepPlan.Require)
            {
                steps.Add(new FittedStep.Require());
                continue;
            }
            if (step is StepPlan.Hash hash)
            {
                steps.Add(new FittedStep.Hash(hash.Buckets, hash.Seed, hash.Signed));
                continue;
            }
            if (categories!.Names.Length == 0 && step is not StepPlan.ImputeWithText) throw AllMissing(plan.Name, rows.Length);
            switch (step)
            {
                case StepPlan.Number: break;
                case StepPlan.Impute impute: ImputeAs(categories.Names[IndexOfMost(categories.Counts)], impute.Indicator); break;
                case StepPlan.ImputeWithText with: ImputeAs(with.Text, with.Indicator); break;
                case StepPlan.OneHot oneHot: steps.Add(OneHot(plan.Name, oneHot, categories)); break;
                case StepPlan.Ordinal ordinal:
                    var order = ordinal.Order ?? Ordered(plan, categories.Names);
                    steps.Add(new FittedStep.Table(plan.Name, Keys(order, categories), [.. order.Select((_, i) => (double)i)], ordinal.Unseen, double.NaN));
                    break;
                case StepPlan.Frequency:
                    double all = rows.Length;
                    steps.Add(new FittedStep.Table($"{plan.Name}: share", categories.Names, [.. categories.Counts.Select(c => c / all)], 0, categories.Missing / all));
                    break;
                case StepPlan.TargetMean mean:
                    var (table, ownValues) = TargetMeans(plan.Name, mean, categories, target);
                    steps.Add(table);
                    replaced.Add(new(table.Feature, ownValues));
                    break;
                default: throw new System.Diagnostics.UnreachableException($"Learn {step.GetType().Name}.");
            }
        }
        var cross = plan.Cross is null ? null : new FittedCross.Texts(categories?.Parts ?? [.. parts.Select(_ => (IReadOnlyList<string>)[])], parts);
        return (new(plan.Name, Kumiki.Onnx.ColumnKind.Text, [.. steps]) { Cross = cross }, replaced);

        void ImputeAs(string text, bool indicator)
        {
            steps.Add(new FittedStep.ImputeText(text, indicator));
            categories = categories.WithMissingAs(text);
        }
    }

    /// <summary>The first of the greatest.</summary>
    static int IndexOfMost(int[] counts) => Array.IndexOf(counts, counts.Max());

    /// <summary>An order is written in texts, of which a cross has none.</summary>
    static IReadOnlyList<string> Keys(IReadOnlyList<string> order, Categories categories) =>
        categories.Parts is null || ReferenceEquals(order, categories.Names) ? order
            : throw new KumikiException(Message.Of("features.parameter", ("parameter", nameof(order)), ("value", string.Join(", ", order)), ("fits", "null")));

    static IReadOnlyList<string> Ordered(FeaturePlan plan, string[] names)
    {
        if (plan.Cross is not null) return names;
        if (plan.Column.Kind == TableKind.Enum) return [.. plan.Column.Names!, .. names.Except(plan.Column.Names!, StringComparer.Ordinal)];
        if (plan.Column.IsWhole) return [.. names.Order(Categories.ByNumber)];
        return [.. names.Order(ByCodePoint)];
    }

    /// <summary>As Python and UTF-8 sort; UTF-16 units sort otherwise beyond U+FFFF.</summary>
    static Comparer<string> ByCodePoint { get; } = Comparer<string>.Create((a, b) =>
        System.Text.Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b)));

    /// <summary>scikit-learn's OneHotEncoder with min_frequency and max_categories: rare categories, and of equally rare ones the first, share the last
    /// feature.</summary>
    static FittedStep.OneHot OneHot(string name, StepPlan.OneHot step, Categories categories)
    {
        var rare = Array.ConvertAll(categories.Counts, c => c < step.Least);
        var own = rare.Count(r => !r) + (step.Missing ? 1 : 0);
        var room = step.Most - (step.Missing ? 1 : 0);
        if (step.Most < own + 1)
        {
            var rarest = Enumerable.Range(0, rare.Length).OrderBy(i => categories.Counts[i]);
            foreach (var place in rarest.Take(Math.Max(0, rare.Length - room!.Value + 1))) rare[place] = true;
        }
        string[] kept = [.. categories.Names.Where((_, i) => !rare[i]), .. step.Missing ? [""] : Array.Empty<string>()];
        var other = rare.Contains(true);
        return kept.Length + (other ? 1 : 0) <= Math.Max(MostCategories, step.Most ?? 0) ? new FittedStep.OneHot(kept) { Other = other }
            : throw new KumikiException(
            Message.Of("features.too-many-categories", ("column", name), ("count", categories.Names.Length), ("most", MostCategories)));
    }

    /// <summary>The table of all training rows, and for each of them what the rows outside its fold say.</summary>
    static (FittedStep.Table Table, float[] OutOfFold) TargetMeans(string name, StepPlan.TargetMean step, Categories categories, double[] target)
    {
        var (rows, folds, codes) = (target.Length, step.Folds, categories.Codes);
        if (rows < folds) throw new KumikiException(Message.Of("features.too-few-rows", ("column", name), ("rows", rows), ("folds", folds)));
        var (width, missing) = (categories.Names.Length + 1, categories.Names.Length);
        var (sums, counts) = (new double[folds * width], new int[folds * width]);
        for (var i = 0; i < rows; i++)
        {
            var at = (FoldOf(i, step.Seed, folds) * width) + (codes[i] < 0 ? missing : codes[i]);
            sums[at] += target[i];
            counts[at]++;
        }
        // What the rows outside a fold say, fold by fold; after the last fold what all rows say.
        var means = new float[(folds + 1) * width];
        var values = new double[width];
        var mean = 0.0;
        for (var without = 0; without <= folds; without++)
        {
            var (sum, count) = (new double[width], new long[width]);
            for (var fold = 0; fold < folds; fold++)
            {
                if (fold == without) continue;
                for (var c = 0; c < width; c++) (sum[c], count[c]) = (sum[c] + sums[(fold * width) + c], count[c] + counts[(fold * width) + c]);
            }
            mean = sum.Sum() / count.Sum();
            for (var c = 0; c < width; c++)
            {
                values[c] = count[c] + step.Smoothing == 0 ? mean : (sum[c] + (step.Smoothing * mean)) / (count[c] + step.Smoothing);
                means[(without * width) + c] = (float)values[c];
            }
        }
        var outOfFold = new float[rows];
        for (var i = 0; i < rows; i++) outOfFold[i] = means[(FoldOf(i, step.Seed, folds) * width) + (codes[i] < 0 ? missing : codes[i])];
        return (new($"{name}: mean target", categories.Names, values[..^1], mean, values[^1]), outOfFold);
    }

    /// <summary>The fold of the nth training row: a hash (SplitMix64, Steele et al. 2014), so that rows in any order fall into folds of about one
    /// size.</summary>
    internal static int FoldOf(int row, int seed, int folds)
    {
        var z = unchecked(((ulong)(uint)seed << 32 | (uint)row) + 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return (int)((z ^ (z >> 31)) % (ulong)folds);
    }
}
