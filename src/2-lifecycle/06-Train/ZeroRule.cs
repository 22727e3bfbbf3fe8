using System.Linq.Expressions;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>What the zero rule answers with for every row.</summary>
public enum ZeroRuleAnswer
{
    Mean,

    /// <summary>The middle target; of two middle ones their mean.</summary>
    Median,

    /// <summary>Probability 1 for the class that comes most often, of several the first; 0 for the others.</summary>
    MostFrequent,

    /// <summary>Each class with its share of the training rows.</summary>
    Prior,
}

/// <summary>The same answer for every row, learnt from the targets alone: what any model has to beat.</summary>
public sealed record ZeroRule(ColumnSchema Target, LearningTask AnswersWith, ZeroRuleAnswer Answer) : Algorithm(Target)
{
    public override LearningTask Task => AnswersWith;

    internal override KeyValuePair<string, string> Recipe => new("zero-rule", "1");

    internal override bool NeedsVariety => false;
}

/// <summary>Learners that look at no feature, over the rows of a model.</summary>
public sealed class ZeroRules<TRow>
{
    internal ZeroRules() { }

    /// <summary>The mean of the training rows' targets.</summary>
    public ZeroRule Mean<TValue>(Expression<Func<TRow, TValue>> target) => new(Column(target), LearningTask.Number, ZeroRuleAnswer.Mean);

    /// <summary>The median of the training rows' targets.</summary>
    public ZeroRule Median<TValue>(Expression<Func<TRow, TValue>> target) => new(Column(target), LearningTask.Number, ZeroRuleAnswer.Median);

    /// <summary>The class that comes most often in the training rows; <paramref name="binary"/>: one score, that of the positive class.</summary>
    public ZeroRule MostFrequent<TValue>(Expression<Func<TRow, TValue>> target, bool binary = false) =>
        new(Column(target), Of(binary), ZeroRuleAnswer.MostFrequent);

    /// <summary>The classes' shares of the training rows; <paramref name="binary"/>: one score, that of the positive class.</summary>
    public ZeroRule Prior<TValue>(Expression<Func<TRow, TValue>> target, bool binary = false) => new(Column(target), Of(binary), ZeroRuleAnswer.Prior);

    static LearningTask Of(bool binary) => binary ? LearningTask.Binary : LearningTask.Classes;

    static ColumnSchema Column(LambdaExpression column) => RowSchema.Of<TRow>().ColumnOf(column);
}
