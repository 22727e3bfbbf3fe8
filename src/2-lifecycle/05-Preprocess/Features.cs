using System.Linq.Expressions;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>What to put where a value is missing; learnt from the training rows.</summary>
public enum Impute
{
    /// <summary>The middle value; of two middle values their mean.</summary>
    Median,
    Mean,

    /// <summary>The value that comes most often, also of texts; of several the smallest.</summary>
    MostFrequent,
    Zero,
}

/// <summary>The features of a model, from columns of its rows; what is learnt is learnt from training rows only, and becomes part of the model's one
/// graph.</summary>
/// <remarks>Steps on one column run in the order they are named; those that give features of their own (bins, parts of a date, codes of a category) take the
/// value as it is at their place. Only columns that are named become features: whoever drops a column does not name it.</remarks>
public sealed partial class Features<TRow>
{
    readonly RowSchema schema = RowSchema.Of<TRow>();

    internal Features(IReadOnlyList<FeaturePlan> plans) => Plans = plans;

    internal IReadOnlyList<FeaturePlan> Plans { get; }

    /// <summary>A number, date or flag as it is; beside <see cref="Discretise"/> or parts of a date it stays a feature of its own.</summary>
    public Features<TRow> Number<TValue>(Expression<Func<TRow, TValue>> column) => With(column, new StepPlan.Number());

    /// <summary>Leaves rows without this column out of training, and counts them. Whoever asks for such a row's score gets none: NaN, with the column as the
    /// reason. The column is no feature unless something else names it too.</summary>
    public Features<TRow> DropWhereMissing<TValue>(Expression<Func<TRow, TValue>> column) => With(column, new StepPlan.Require());

    /// <summary>Puts a learnt value where one is missing; of texts the most frequent one.</summary>
    /// <param name="indicator">Adds a feature that is 1 where it was missing.</param>
    public Features<TRow> Impute<TValue>(Expression<Func<TRow, TValue>> column, Impute by, bool indicator = false) =>
        With(column, new StepPlan.Impute(by, indicator));

    /// <summary>Puts a number of yours where one is missing.</summary>
    /// <param name="indicator">Adds a feature that is 1 where it was missing.</param>
    public Features<TRow> ImputeWith<TValue>(Expression<Func<TRow, TValue>> column, double value, bool indicator = false) =>
        With(column, new StepPlan.ImputeWith(Finite(value, nameof(value)), indicator));

    /// <summary>Reads a missing text as one of yours.</summary>
    /// <inheritdoc cref="ImputeWith{TValue}(Expression{Func{TRow, TValue}}, double, bool)"/>
    public Features<TRow> ImputeWith<TValue>(Expression<Func<TRow, TValue>> column, string value, bool indicator = false) => value.Length > 0
        ? With(column, new StepPlan.ImputeWithText(value, indicator))
        : throw Bad(nameof(value), "\"\"", "\"other\"");

    /// <summary>Brings the number to a common size.</summary>
    public Features<TRow> Scale<TValue>(Expression<Func<TRow, TValue>> column, Scale by = Kumiki.Scale.Standard) => With(column, new StepPlan.Scale(by));

    /// <summary>ln(1 + number): for sizes and amounts from 0 up. A number of −1 or less has none: training refuses it, serving reads it as missing.</summary>
    /// <param name="signed">Takes sign · ln(1 + |number|) instead, which every number has.</param>
    public Features<TRow> Log<TValue>(Expression<Func<TRow, TValue>> column, bool signed = false) => With(column, new StepPlan.Log(signed));

    /// <summary>The power of Yeo and Johnson (2000) that makes the training values most alike a normal distribution, by greatest likelihood; scikit-learn's
    /// PowerTransformer.</summary>
    /// <param name="standardise">Then gives it mean 0 and standard deviation 1.</param>
    public Features<TRow> Power<TValue>(Expression<Func<TRow, TValue>> column, bool standardise = true)
    {
        var powered = With(column, new StepPlan.Power());
        return standardise ? powered.Scale(column) : powered;
    }

    /// <summary>Holds the number within two quantiles of the training rows (winsorising); between two values a quantile lies on the line, as numpy's.</summary>
    /// <param name="low">In [0, 1).</param>
    /// <param name="high">In (low, 1].</param>
    public Features<TRow> Clip<TValue>(Expression<Func<TRow, TValue>> column, double low = 0.01, double high = 0.99)
    {
        if (low is not (>= 0 and < 1)) throw Bad(nameof(low), low, "[0, 1)");
        return high > low && high <= 1 ? With(column, new StepPlan.Clip(low, high)) : throw Bad(nameof(high), high, "(low, 1]");
    }

    /// <summary>The bin a number falls in, as one feature a bin. The number itself is no feature then, unless <see cref="Number"/> names it too.</summary>
    /// <param name="bins">2 to 256. There are fewer where values repeat.</param>
    /// <param name="oneHot">False: one feature, the bin's place from 0.</param>
    /// <param name="leastShare">Of the training rows in a bin of a tree, in (0, 0.5].</param>
    public Features<TRow> Discretise<TValue>(
        Expression<Func<TRow, TValue>> column, int bins, Bins by = Bins.Quantile, bool oneHot = true, double leastShare = 0.01)
    {
        if (bins is < 2 or > 256) throw Bad(nameof(bins), bins, "2 … 256");
        if (leastShare is not (> 0 and <= 0.5)) throw Bad(nameof(leastShare), leastShare, "(0, 0.5]");
        return With(column, new StepPlan.Discretise(bins, by, oneHot, leastShare));
    }

    static double Finite(double value, string name) => float.IsFinite((float)value) ? value : throw Bad(name, value, "−3.4e38 … 3.4e38");

    static KumikiException Bad(string parameter, object value, string fits) =>
        new(Message.Of("features.parameter", ("parameter", parameter), ("value", value), ("fits", fits)));

    Features<TRow> With(LambdaExpression column, StepPlan step)
    {
        var cross = Cross.Read(column, schema);
        var plan = cross is null ? new FeaturePlan(schema.ColumnOf(column), []) : new FeaturePlan(cross.Columns[0], []) { Cross = cross };
        var plans = Plans.ToList();
        var at = plans.FindIndex(p => p.Name == plan.Name);
        if (at < 0) plans.Add(plan with { Steps = [step] });
        else plans[at] = plans[at] with { Steps = [.. plans[at].Steps, step] };
        return new(plans);
    }
}
