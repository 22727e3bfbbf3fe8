using Kumiki.Onnx;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki.Preprocessing;

/// <summary>Learns the steps of features from training rows. Figures are scikit-learn's: SimpleImputer, StandardScaler, OneHotEncoder.</summary>
static class Fitting
{
    /// <summary>Raised when the same rows would give other steps.</summary>
    public const string Recipe = "1";

    /// <param name="rows">The training rows, and no others.</param>
    public static IReadOnlyList<FittedColumn> Of(IReadOnlyList<FeaturePlan> plans, Frame frame, int[] rows) =>
        [.. plans.Select(plan => Of(plan, frame, rows))];

    static FittedColumn Of(FeaturePlan plan, Frame frame, int[] rows)
    {
        var name = plan.Column.Name;
        var isCategory = plan.Steps.Any(s => s is StepPlan.OneHot);
        var kind = Frame.KindOf(plan.Column, isCategory);
        if (kind == OnnxKind.Text)
        {
            if (!isCategory) throw new KumikiException(Message.Of("features.text-needs-step", ("column", name)));
            string[] categories = [.. Frame.Gather(frame.Texts(name), rows).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
            if (categories.Length == 0) throw new KumikiException(Message.Of("features.all-missing", ("column", name), ("rows", rows.Length)));
            return new(name, kind, new FittedStep.OneHot(categories));
        }

        var values = frame.Numbers(name, rows);
        var steps = new List<FittedStep>();
        foreach (var step in plan.Steps)
        {
            switch (step)
            {
                case StepPlan.Impute impute:
                    var value = ImputedValue(impute.By, values) ?? throw new KumikiException(Message.Of("features.all-missing", ("column", name), ("rows", rows.Length)));
                    for (var i = 0; i < values.Length; i++)
                        if (double.IsNaN(values[i])) values[i] = value;
                    steps.Add(new FittedStep.Impute(value, impute.Indicator));
                    break;
                case StepPlan.Scale:
                    var (mean, deviation) = MeanAndDeviation(values) ?? throw new KumikiException(Message.Of("features.all-missing", ("column", name), ("rows", rows.Length)));
                    var by = deviation == 0 ? 1 : deviation;
                    for (var i = 0; i < values.Length; i++) values[i] = (values[i] - mean) / by;
                    steps.Add(new FittedStep.Scale(mean, deviation));
                    break;
            }
        }
        return new(name, kind, [.. steps]);
    }

    /// <returns>Null when every value is missing.</returns>
    internal static double? ImputedValue(Impute by, ReadOnlySpan<double> values)
    {
        var present = new List<double>(values.Length);
        foreach (var value in values)
            if (!double.IsNaN(value)) present.Add(value);
        if (by == Impute.Zero) return 0;
        if (present.Count == 0) return null;
        if (by == Impute.Mean) return MeanAndDeviation(values)!.Value.Mean;
        present.Sort();
        var middle = present.Count / 2;
        if (by == Impute.Median) return present.Count % 2 == 1 ? present[middle] : (present[middle - 1] + present[middle]) / 2;
        var (best, bestCount, at) = (present[0], 0, 0);
        while (at < present.Count)
        {
            var end = at;
            while (end < present.Count && present[end] == present[at]) end++;
            if (end - at > bestCount) (best, bestCount) = (present[at], end - at);
            at = end;
        }
        return best;
    }

    /// <summary>Mean and standard deviation of the population; missing values do not count. Two passes, so that large means do no harm.</summary>
    internal static (double Mean, double Deviation)? MeanAndDeviation(ReadOnlySpan<double> values)
    {
        var (sum, count) = (0.0, 0);
        foreach (var value in values)
            if (!double.IsNaN(value)) (sum, count) = (sum + value, count + 1);
        if (count == 0) return null;
        var mean = sum / count;
        var (squares, rest) = (0.0, 0.0);
        foreach (var value in values)
        {
            if (double.IsNaN(value)) continue;
            squares += (value - mean) * (value - mean);
            rest += value - mean;
        }
        var variance = Math.Max(0, (squares - rest * rest / count) / count);
        // Within rounding of a constant, as scikit-learn bounds it: dividing by such a deviation would make noise of the column.
        const double epsilon = 2.220446049250313e-16;
        var isConstant = variance <= count * epsilon * variance + Math.Pow(count * mean * epsilon, 2);
        return (mean, isConstant ? 0 : Math.Sqrt(variance));
    }
}
