using System.Linq.Expressions;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>What to put where a number is missing; learnt from the training rows.</summary>
public enum Impute
{
    /// <summary>The middle value; of two middle values their mean.</summary>
    Median,
    Mean,

    /// <summary>The value that comes most often; of several the smallest.</summary>
    MostFrequent,
    Zero,
}

/// <summary>The features of a model, from columns of its rows; what is learnt is learnt from training rows only, and becomes part of the model's one graph.</summary>
/// <remarks>Steps on one column run in the order they are named. Only columns that are named become features.</remarks>
public sealed class Features<TRow>
{
    readonly RowSchema schema = RowSchema.Of<TRow>();

    internal Features(IReadOnlyList<FeaturePlan> plans) => Plans = plans;

    internal IReadOnlyList<FeaturePlan> Plans { get; }

    /// <summary>A number, date or flag as it is.</summary>
    public Features<TRow> Number<TValue>(Expression<Func<TRow, TValue>> column) => With(column, null);

    /// <summary>One feature for each category seen in training; any other is all zeros, and is counted.</summary>
    public Features<TRow> OneHot<TValue>(Expression<Func<TRow, TValue>> column) => With(column, new StepPlan.OneHot());

    /// <summary>Puts a learnt value where the number is missing.</summary>
    /// <param name="indicator">Adds a feature that is 1 where it was missing.</param>
    public Features<TRow> Impute<TValue>(Expression<Func<TRow, TValue>> column, Impute by, bool indicator = false) => With(column, new StepPlan.Impute(by, indicator));

    /// <summary>Subtracts the mean and divides by the standard deviation (of the population, as scikit-learn's StandardScaler does).</summary>
    public Features<TRow> Scale<TValue>(Expression<Func<TRow, TValue>> column) => With(column, new StepPlan.Scale());

    Features<TRow> With(LambdaExpression column, StepPlan? step)
    {
        var named = schema.ColumnOf(column);
        var plans = Plans.ToList();
        var at = plans.FindIndex(p => p.Column.Name == named.Name);
        if (at < 0) plans.Add(new(named, step is null ? [] : [step]));
        else if (step is not null) plans[at] = plans[at] with { Steps = [.. plans[at].Steps, step] };
        return new(plans);
    }
}

/// <summary>A column and what is to be done with it, before anything is learnt.</summary>
public sealed record FeaturePlan(ColumnSchema Column, IReadOnlyList<StepPlan> Steps);

/// <summary>One step, before anything is learnt.</summary>
public abstract record StepPlan
{
    StepPlan() { }

    public sealed record Impute(Kumiki.Impute By, bool Indicator) : StepPlan;

    public sealed record Scale : StepPlan;

    public sealed record OneHot : StepPlan;
}
