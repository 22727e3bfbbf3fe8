using System.Globalization;
using System.Linq.Expressions;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>Features and the algorithm that learns from them; made by <c>Features.….Then(…)</c>.</summary>
public sealed class Learner
{
    internal Learner(IReadOnlyList<FeaturePlan> features, Algorithm algorithm) => (Features, Algorithm) = (features, algorithm);

    public IReadOnlyList<FeaturePlan> Features { get; }
    public Algorithm Algorithm { get; }
}

/// <summary>Joins features to what learns from them.</summary>
public static class Learning
{
    /// <summary>The learner that takes these features.</summary>
    public static Learner Then<TRow>(this Features<TRow> features, Algorithm algorithm) => new(features.Plans, algorithm);
}

/// <summary>What learns.</summary>
/// <param name="Target">The column to predict.</param>
public abstract record Algorithm(ColumnSchema Target)
{
    /// <summary>The number that is raised when the same rows would give another model.</summary>
    internal abstract KeyValuePair<string, string> Recipe { get; }

    /// <summary>Whether it predicts the probability of a flag.</summary>
    internal virtual bool IsBinary => false;
}

/// <summary>Gradient-boosted trees by XGBoost.</summary>
/// <param name="Rounds">Trees; 1 or more.</param>
/// <param name="Depth">Splits from the root to a leaf at most.</param>
/// <param name="LearningRate">In (0, 1]; how much each tree counts.</param>
public sealed record BoostedTrees(ColumnSchema Target, bool Logistic, int Rounds, int Depth, double LearningRate) : Algorithm(Target)
{
    internal override KeyValuePair<string, string> Recipe => new("boosted-trees", "1");
    internal override bool IsBinary => Logistic;
}

/// <summary>Least squares with an L2 penalty on the weights, not on the intercept; scikit-learn's Ridge.</summary>
/// <param name="Alpha">The penalty, 0 or more.</param>
public sealed record Ridge(ColumnSchema Target, double Alpha) : Algorithm(Target)
{
    internal override KeyValuePair<string, string> Recipe => new("ridge", "1");
}

/// <summary>Tree learners over the rows of a model.</summary>
public sealed class Trees<TRow>
{
    internal Trees() { }

    /// <summary>Predicts a number by squared error.</summary>
    public BoostedTrees Regression<TValue>(Expression<Func<TRow, TValue>> target, int rounds = 300, int depth = 6, double learningRate = 0.1) =>
        Of(RowSchema.Of<TRow>().ColumnOf(target), logistic: false, rounds, depth, learningRate);

    /// <summary>Predicts the probability that a flag is set, by logistic loss.</summary>
    public BoostedTrees Binary(Expression<Func<TRow, bool>> target, int rounds = 300, int depth = 6, double learningRate = 0.1) =>
        Of(RowSchema.Of<TRow>().ColumnOf(target), logistic: true, rounds, depth, learningRate);

    static BoostedTrees Of(ColumnSchema target, bool logistic, int rounds, int depth, double learningRate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        if (learningRate is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate.ToString(CultureInfo.InvariantCulture) + " is not in (0, 1].");
        return new(target, logistic, rounds, depth, learningRate);
    }
}

/// <summary>Linear learners over the rows of a model.</summary>
public sealed class Linear<TRow>
{
    internal Linear() { }

    /// <summary>Least squares with an L2 penalty.</summary>
    public Ridge Ridge<TValue>(Expression<Func<TRow, TValue>> target, double alpha = 1)
    {
        if (!(alpha >= 0) || !double.IsFinite(alpha)) throw new ArgumentOutOfRangeException(nameof(alpha), alpha.ToString(CultureInfo.InvariantCulture) + " is no penalty; give 0 or more.");
        return new(RowSchema.Of<TRow>().ColumnOf(target), alpha);
    }
}
