using Kumiki.Onnx;

namespace Kumiki.Preprocessing;

static partial class Fitting
{
    static FittedColumn Numbers(FeaturePlan plan, Frame frame, int[] rows, double[] target, FittingRoom room)
    {
        var values = ValuesOf(plan, frame, rows, room);
        var steps = new List<FittedStep>();
        var last = plan.Steps.Count - 1;
        foreach (var (number, step) in plan.Steps.Index())
        {
            var learnt = Learn(plan.Name, step, values, target, room);
            if (learnt is null) continue;
            steps.Add(learnt);
            if (number < last) Apply(learnt, values);
        }
        return new(plan.Name, plan.Cross is null ? Frame.KindOf(plan.Column, false) : ColumnKind.Number, [.. steps])
        {
            KeepsNumber = plan.Steps.Any(s => s is StepPlan.Number),
            Cross = plan.Cross switch
            {
                CrossPlan.Product(var first, var second) => new FittedCross.Product(ReadOf(first, false), ReadOf(second, false)),
                CrossPlan.Ratio(var over, var under, var whenZero) => new FittedCross.Ratio(ReadOf(over, false), ReadOf(under, false), whenZero),
                _ => null,
            },
        };
    }

    static double[] ValuesOf(FeaturePlan plan, Frame frame, int[] rows, FittingRoom room)
    {
        if (plan.Cross is null) return Take(plan.Column.Name, room.Values);
        var (first, second) = (Take(plan.Columns[0].Name, room.Values), Take(plan.Columns[1].Name, room.Others));
        if (plan.Cross is CrossPlan.Ratio { WhenZero: var whenZero })
            for (var i = 0; i < first.Length; i++) first[i] = second[i] == 0 && !double.IsNaN(first[i]) ? whenZero : first[i] / second[i];
        else
            for (var i = 0; i < first.Length; i++) first[i] *= second[i];
        return first;

        double[] Take(string column, double[] taken)
        {
            frame.Numbers(column, rows, taken);
            // The model takes 32-bit floats, in which a greater number is infinite.
            for (var i = 0; i < taken.Length; i++)
                if (Math.Abs(taken[i]) > float.MaxValue)
                    throw new KumikiException(Message.Of("features.infinite", ("column", column), ("row", rows[i] + 1), ("value", taken[i])));
            return taken;
        }
    }

    /// <returns>Null where there is nothing to do.</returns>
    static FittedStep? Learn(string name, StepPlan step, double[] values, double[] target, FittingRoom room)
    {
        switch (step)
        {
            case StepPlan.Number: return null;
            case StepPlan.Require: return new FittedStep.Require();
            case StepPlan.ImputeWith with: return new FittedStep.Impute(with.Value, with.Indicator);
            case StepPlan.Impute impute:
                return new FittedStep.Impute(ImputedValue(impute.By, values, room) ?? throw AllMissing(name, values.Length), impute.Indicator);
            case StepPlan.Scale scale:
                var (shift, by) = ShiftAndSize(scale.By, values, room) ?? throw AllMissing(name, values.Length);
                return new FittedStep.Scale(shift, by);
            case StepPlan.Log log:
                var outside = log.Signed ? -1 : Array.FindIndex(values, v => v <= -1);
                if (outside >= 0) throw new KumikiException(Message.Of("features.log-below", ("column", name), ("value", values[outside])));
                return new FittedStep.Log(log.Signed);
            case StepPlan.Power: return new FittedStep.Power(YeoJohnson.Lambda(room.Present(values).ToArray()) ?? throw AllMissing(name, values.Length));
            case StepPlan.Clip(var low, var high):
                var bounds = Quantiles.Of(NonEmpty(), [low, high]);
                return new FittedStep.Clip(bounds[0], bounds[1]);
            case StepPlan.Discretise(var count, var way, var apart, var leastShare):
                return new FittedStep.Bins(way switch
                {
                    Bins.Width => Edges.OfWidth(NonEmpty(), count),
                    Bins.Quantile => Edges.OfQuantiles(NonEmpty(), count),
                    _ => Edges.OfTree(NonEmpty(), [.. target.Where((_, i) => !double.IsNaN(values[i]))], count, leastShare),
                }, apart);
            case StepPlan.Date date: return new FittedStep.Part(date.Part);
            case StepPlan.DaysSince since: return new FittedStep.Since(Days(since.Day));
            case StepPlan.Cycle cycle: return new FittedStep.Cycle(cycle.Period, cycle.Part);
            case StepPlan.Event happening: return new FittedStep.Event(happening.Name, [.. happening.Days.Select(Days)]);
            default: throw new System.Diagnostics.UnreachableException($"Learn {step.GetType().Name}.");
        }

        Span<double> NonEmpty() => room.Present(values) is { Length: > 0 } present ? present : throw AllMissing(name, values.Length);
    }

    static int Days(DateOnly day) => day.DayNumber - new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>What the graph will do, for the steps that learn after it.</summary>
    static void Apply(FittedStep step, double[] values)
    {
        switch (step)
        {
            case FittedStep.Impute(var value, _):
                for (var i = 0; i < values.Length; i++)
                    if (double.IsNaN(values[i])) values[i] = value;
                break;
            case FittedStep.Scale(var shift, var by):
                for (var i = 0; i < values.Length; i++) values[i] = (values[i] - shift) / (by == 0 ? 1 : by);
                break;
            case FittedStep.Clip(var low, var high):
                for (var i = 0; i < values.Length; i++) values[i] = values[i] < low ? low : values[i] > high ? high : values[i];
                break;
            case FittedStep.Log(var signed):
                for (var i = 0; i < values.Length; i++) values[i] = signed && values[i] < 0 ? -Math.Log(1 - values[i]) : Math.Log(1 + values[i]);
                break;
            case FittedStep.Power(var lambda): YeoJohnson.Transform(values, lambda); break;
        }
    }

    /// <returns>Null when every value is missing.</returns>
    internal static double? ImputedValue(Impute by, ReadOnlySpan<double> values, FittingRoom room)
    {
        if (by == Impute.Zero) return 0;
        if (by == Impute.Mean) return MeanAndDeviation(values)?.Mean;
        var present = room.Present(values);
        return present.Length == 0 ? null : by == Impute.Median ? Quantiles.Median(present) : MostFrequent(present);
    }

    static double MostFrequent(Span<double> present)
    {
        present.Sort();
        var (best, bestCount, at) = (present[0], 0, 0);
        while (at < present.Length)
        {
            var end = at;
            while (end < present.Length && present[end] == present[at]) end++;
            if (end - at > bestCount) (best, bestCount) = (present[at], end - at);
            at = end;
        }
        return best;
    }

    /// <summary>What to subtract and by what to divide; 0 stands for no division, where the values do not differ.</summary>
    /// <returns>Null when every value is missing.</returns>
    internal static (double Shift, double By)? ShiftAndSize(Scale by, ReadOnlySpan<double> values, FittingRoom room)
    {
        if (by == Scale.Standard) return MeanAndDeviation(values);
        var present = room.Present(values);
        if (present.Length == 0) return null;
        double shift, size;
        if (by == Scale.Robust)
        {
            var quartiles = Quantiles.Of(present, [0.25, 0.5, 0.75]);
            (shift, size) = (quartiles[1], quartiles[2] - quartiles[0]);
        }
        else
        {
            var (least, greatest) = Ends(present);
            (shift, size) = by == Scale.MinMax ? (least, greatest - least) : (0, Math.Max(greatest, -least));
        }
        return (shift, size < 10 * 2.220446049250313e-16 ? 0 : size);
    }

    internal static (double Least, double Greatest) Ends(ReadOnlySpan<double> values)
    {
        var (least, greatest) = (values[0], values[0]);
        foreach (var value in values) (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        return (least, greatest);
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
