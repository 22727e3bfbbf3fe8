using Kumiki.Tables;

namespace Kumiki;

/// <summary>A column, or a cross of some, and what is to be done with it, before anything is learnt.</summary>
/// <param name="Column">The column; of a cross its first.</param>
public sealed record FeaturePlan(ColumnSchema Column, IReadOnlyList<StepPlan> Steps)
{
    /// <summary>What is made of several columns; null for one column as it is.</summary>
    public CrossPlan? Cross { get; init; }

    /// <summary>The columns it reads.</summary>
    public IReadOnlyList<ColumnSchema> Columns => Cross?.Columns ?? [Column];

    /// <summary>What it is called: the column's name, or <c>price × units</c>.</summary>
    public string Name => Cross?.Name ?? Column.Name;

    /// <summary>Whether it is read as a category: a text, an enum's name, a whole number's digits.</summary>
    internal bool IsCategory => Cross is CrossPlan.Texts || Steps.Any(s => s.IsOfTexts);
}

/// <summary>Several columns as one.</summary>
public abstract record CrossPlan(IReadOnlyList<ColumnSchema> Columns, string Name)
{
    public sealed record Texts(IReadOnlyList<ColumnSchema> Columns) : CrossPlan(Columns, string.Join(" × ", Columns.Select(c => c.Name)));

    public sealed record Product(ColumnSchema First, ColumnSchema Second) : CrossPlan([First, Second], $"{First.Name} × {Second.Name}");

    public sealed record Ratio(ColumnSchema Over, ColumnSchema Under, double WhenZero) : CrossPlan([Over, Under], $"{Over.Name} ÷ {Under.Name}");
}

/// <summary>How a number is scaled.</summary>
public enum Scale
{
    /// <summary>Mean 0 and standard deviation 1; scikit-learn's StandardScaler.</summary>
    Standard,

    /// <summary>The least of the training rows becomes 0, the greatest 1; MinMaxScaler.</summary>
    MinMax,

    /// <summary>Divided by the greatest size; MaxAbsScaler.</summary>
    MaxAbs,

    /// <summary>The median becomes 0, the quartiles lie 1 apart; RobustScaler.</summary>
    Robust,
}

/// <summary>Where bins are cut.</summary>
public enum Bins
{
    /// <summary>Bins of one width between the least and the greatest training value; scikit-learn's KBinsDiscretizer, uniform.</summary>
    Width,

    /// <summary>Bins of one number of training rows; KBinsDiscretizer, quantile.</summary>
    Quantile,

    /// <summary>Where a small tree on this column alone predicts the target best; DecisionTreeRegressor with as many leaves.</summary>
    Tree,
}

/// <summary>One step, before anything is learnt.</summary>
public abstract record StepPlan
{
    StepPlan() { }

    /// <summary>The number itself is a feature, whatever else is made of it.</summary>
    public sealed record Number : StepPlan;

    /// <summary>Rows without the column are left out of training and get no score.</summary>
    public sealed record Require : StepPlan;

    public sealed record Impute(Kumiki.Impute By, bool Indicator) : StepPlan;

    public sealed record ImputeWith(double Value, bool Indicator) : StepPlan;

    public sealed record ImputeWithText(string Text, bool Indicator) : StepPlan;

    public sealed record Scale(Kumiki.Scale By) : StepPlan;

    public sealed record Log(bool Signed) : StepPlan;

    public sealed record Power : StepPlan;

    public sealed record Clip(double Low, double High) : StepPlan;

    public sealed record Discretise(int Count, Bins By, bool Apart, double LeastShare) : StepPlan;

    public sealed record Date(DatePart Part) : StepPlan;

    public sealed record DaysSince(DateOnly Day) : StepPlan;

    public sealed record Cycle(double Period, DatePart? Part) : StepPlan;

    public sealed record Event(string Name, IReadOnlyList<DateOnly> Days) : StepPlan;

    public sealed record OneHot(int? Most, int Least, bool Missing) : StepPlan;

    public sealed record Ordinal(IReadOnlyList<string>? Order, double Unseen) : StepPlan;

    public sealed record Frequency : StepPlan;

    public sealed record Hash(int Buckets, uint Seed, bool Signed) : StepPlan;

    public sealed record TargetMean(double Smoothing, int Folds, int Seed) : StepPlan;

    internal bool IsOfTexts => this is OneHot or Ordinal or Frequency or Hash or TargetMean or ImputeWithText;

    /// <summary>Whether it gives features beside the number.</summary>
    internal bool Gives => this is Discretise or Date or DaysSince or Cycle or Event;
}
