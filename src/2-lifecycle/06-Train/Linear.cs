using System.Linq.Expressions;
using Kumiki.Tables;
using Kumiki.Training;

namespace Kumiki;

/// <summary>Least squares with an L2 penalty on the weights, not on the intercept; scikit-learn's Ridge.</summary>
/// <param name="Alpha">The penalty, 0 or more; 0 is plain least squares.</param>
public sealed record Ridge(ColumnSchema Target, double Alpha) : Algorithm(Target)
{
    public override LearningTask Task => LearningTask.Number;

    internal override KeyValuePair<string, string> Recipe => new("ridge", "2");

    private protected override IEnumerable<Limit> Limits() => [.. base.Limits(), new(nameof(Alpha), Alpha, 0)];
}

/// <summary>Least squares with penalties on the sizes (L1) and squares (L2) of the weights, not on the intercept; scikit-learn's ElasticNet and Lasso: (mean
/// squared error) / 2 +
/// alpha · share · Σ|w| + alpha · (1 − share) / 2 · Σw².</summary>
/// <param name="Alpha">The penalty, 0 or more.</param>
/// <param name="L1Share">The part of it that is L1, in [0, 1]; 1 is the lasso.</param>
public sealed record ElasticNet(ColumnSchema Target, double Alpha, double L1Share) : Algorithm(Target)
{
    /// <summary>Passes over all weights at most; 1 or more.</summary>
    /// <value>10,000.</value>
    public int MaxIterations { get; init; } = 10_000;

    public override LearningTask Task => LearningTask.Number;

    internal override KeyValuePair<string, string> Recipe => new("elastic-net", "1");

    private protected override IEnumerable<Limit> Limits() =>
        [.. base.Limits(), new(nameof(Alpha), Alpha, 0), new(nameof(L1Share), L1Share, 0, 1), new(nameof(MaxIterations), MaxIterations, 1)];
}

/// <summary>Logistic regression of two classes or many (softmax) with penalties on the weights, not on the intercepts: Σ log loss + penalty · (share · Σ|w| +
/// (1 − share) / 2 · Σw²).
/// scikit-learn's LogisticRegression with C = 1 / penalty, multi_class = multinomial.</summary>
/// <param name="Penalty">0 or more; 0 is plain maximum likelihood.</param>
/// <param name="L1Share">The part of it that is L1, in [0, 1].</param>
public sealed record LogisticRegression(ColumnSchema Target, bool ManyClasses, double Penalty, double L1Share) : Algorithm(Target)
{
    /// <summary>Newton steps at most; 1 or more.</summary>
    /// <value>100.</value>
    public int MaxIterations { get; init; } = 100;

    public override LearningTask Task => ManyClasses ? LearningTask.Classes : LearningTask.Binary;

    internal override KeyValuePair<string, string> Recipe => new("logistic-regression", "1");

    private protected override IEnumerable<Limit> Limits() =>
        [.. base.Limits(), new(nameof(Penalty), Penalty, 0), new(nameof(L1Share), L1Share, 0, 1), new(nameof(MaxIterations), MaxIterations, 1)];
}

/// <summary>Linear learners over the rows of a model. A feature must not be missing: add Impute to its column.</summary>
public sealed class Linear<TRow>
{
    internal Linear() { }

    /// <summary>Least squares without a penalty.</summary>
    public Ridge LeastSquares<TValue>(Expression<Func<TRow, TValue>> target) => new(Column(target), 0);

    /// <summary>Least squares with an L2 penalty.</summary>
    public Ridge Ridge<TValue>(Expression<Func<TRow, TValue>> target, double alpha = 1) => new(Column(target), alpha);

    /// <summary>Least squares with an L1 penalty, which sets weights to 0.</summary>
    public ElasticNet Lasso<TValue>(Expression<Func<TRow, TValue>> target, double alpha = 1) => new(Column(target), alpha, 1);

    /// <summary>Least squares with L1 and L2 penalties.</summary>
    public ElasticNet ElasticNet<TValue>(Expression<Func<TRow, TValue>> target, double alpha = 1, double l1Share = 0.5) => new(Column(target), alpha, l1Share);

    /// <summary>The probability that a flag is set, or of one of two classes.</summary>
    /// <param name="target">A flag, text, enum or whole number with two values in the training rows.</param>
    /// <param name="positive">The class whose probability it is; null: <c>true</c>, or the second in order, see <see cref="Algorithm.Positive"/>.</param>
    public LogisticRegression Logistic<TValue>(Expression<Func<TRow, TValue>> target, double penalty = 1, double l1Share = 0, string? positive = null) =>
        new(Column(target), false, penalty, l1Share) { Positive = positive };

    /// <summary>A probability for each class.</summary>
    public LogisticRegression MultiClass<TValue>(Expression<Func<TRow, TValue>> target, double penalty = 1, double l1Share = 0) =>
        new(Column(target), true, penalty, l1Share);

    static ColumnSchema Column(LambdaExpression column) => RowSchema.Of<TRow>().ColumnOf(column);
}
