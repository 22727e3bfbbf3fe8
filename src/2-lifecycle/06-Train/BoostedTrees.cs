using System.Globalization;
using System.Linq.Expressions;
using Kumiki.Tables;
using Kumiki.Training;

namespace Kumiki;

/// <summary>What trees make small.</summary>
public enum TreeLoss
{
    /// <summary>Squared error; predicts the mean.</summary>
    Squared,

    /// <summary>Absolute error; predicts the median.</summary>
    Absolute,

    /// <summary>Squared near 0 and absolute far from it; <see cref="BoostedTrees.HuberSlope"/> says where.</summary>
    PseudoHuber,

    /// <summary>Of counts, 0 or more; predicts their mean through a logarithm.</summary>
    Poisson,

    /// <summary>Of numbers above 0 whose spread grows with their mean.</summary>
    Gamma,

    /// <summary>Of numbers that are 0 or above it, such as claims; see <see cref="BoostedTrees.TweediePower"/>.</summary>
    Tweedie,

    /// <summary>Log loss of two classes.</summary>
    Logistic,

    /// <summary>Log loss of many classes.</summary>
    Softmax,

    /// <summary>The pinball loss of each quantile.</summary>
    Quantile,
}

/// <summary>Gradient-boosted trees by XGBoost on binned values (<c>tree_method=hist</c>).</summary>
/// <param name="Rounds">In [1, 100000]; trees, or trees for each output.</param>
/// <param name="Depth">In [1, 30]; splits from the root to a leaf at most.</param>
/// <param name="LearningRate">In (0, 1]; how much each tree counts.</param>
/// <remarks>The same rows, settings and seed give the same trees on one machine, however many threads it has.</remarks>
public sealed record BoostedTrees(ColumnSchema Target, TreeLoss Loss, int Rounds, int Depth, double LearningRate) : Algorithm(Target)
{
    /// <summary>The least sum of hessians (rows, for squared error) in a leaf; 0 or more.</summary>
    /// <value>1.</value>
    public double MinChildWeight { get; init; } = 1;

    /// <summary>The share of rows each tree sees, drawn anew; in (0, 1].</summary>
    /// <value>1.</value>
    public double Subsample { get; init; } = 1;

    /// <summary>The share of features each tree sees, drawn anew; in (0, 1].</summary>
    /// <value>1.</value>
    public double FeatureSample { get; init; } = 1;

    /// <summary>Penalty on the squares of leaf values; 0 or more.</summary>
    /// <value>1.</value>
    public double Lambda { get; init; } = 1;

    /// <summary>Penalty on the sizes of leaf values; 0 or more.</summary>
    /// <value>0.</value>
    public double Alpha { get; init; }

    /// <summary>The least gain for which a leaf is split; 0 or more.</summary>
    /// <value>0.</value>
    public double Gamma { get; init; }

    /// <summary>Bins a feature's values are cut into, by the quantiles of at most 200,000 training rows; in [2, 65535].</summary>
    /// <value>256.</value>
    public int MaxBins { get; init; } = 256;

    /// <summary>Stops when the loss on validation rows has not fallen for so many rounds, and keeps the best round; 1 or more.</summary>
    /// <value>Null: all rounds are kept.</value>
    public int? EarlyStopping { get; init; }

    /// <summary>Where the pseudo-Huber loss turns from squared to absolute, in the target's unit; above 0.</summary>
    /// <value>1.</value>
    public double HuberSlope { get; init; } = 1;

    /// <summary>How the variance grows with the mean under the Tweedie loss, in (1, 2): near 1 as counts, near 2 as gamma.</summary>
    /// <value>1.5.</value>
    public double TweediePower { get; init; } = 1.5;

    /// <summary>The quantiles to predict, rising, each in (0, 1).</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [];

    public override LearningTask Task => Loss switch
    {
        TreeLoss.Logistic => LearningTask.Binary,
        TreeLoss.Softmax => LearningTask.Classes,
        TreeLoss.Quantile => LearningTask.Quantiles,
        _ => LearningTask.Number,
    };

    internal override KeyValuePair<string, string> Recipe => new("boosted-trees", "3");

    internal override bool IsShiftable => Loss is TreeLoss.Squared or TreeLoss.Absolute or TreeLoss.PseudoHuber or TreeLoss.Quantile;

    internal override bool NeedsValidation => base.NeedsValidation || EarlyStopping is not null;

    internal override IReadOnlyList<string> Outputs =>
        Loss == TreeLoss.Quantile ? [.. Quantiles.Select(q => string.Create(CultureInfo.InvariantCulture, $"q{q}"))] : base.Outputs;

    private protected override IEnumerable<Limit> Limits()
    {
        IEnumerable<Limit> own =
        [
            new(nameof(Rounds), Rounds, 1, 100_000), new(nameof(Depth), Depth, 1, 30), new(nameof(LearningRate), LearningRate, 0, 1, MinExcluded: true),
                new(nameof(MinChildWeight), MinChildWeight, 0),
            new(nameof(Subsample), Subsample, 0, 1, MinExcluded: true), new(nameof(FeatureSample), FeatureSample, 0, 1, MinExcluded: true),
                new(nameof(Lambda), Lambda, 0), new(nameof(Alpha), Alpha, 0),
            new(nameof(Gamma), Gamma, 0), new(nameof(MaxBins), MaxBins, 2, 65_535), new(nameof(EarlyStopping), EarlyStopping ?? 1, 1),
                new(nameof(HuberSlope), HuberSlope, 0, MinExcluded: true),
            new(nameof(TweediePower), TweediePower, 1, 2, MinExcluded: true, MaxExcluded: true),
        ];
        if (Loss == TreeLoss.Quantile)
        {
            own = own.Append(new("Quantiles.Count", Quantiles.Count, 1, 99));
            // Rising: each above the one before.
            own = own.Concat(Quantiles.Select((q, i) =>
                new Limit($"Quantiles[{i}]", q, i == 0 ? 0 : Quantiles[i - 1], 1, MinExcluded: true, MaxExcluded: true)));
        }
        return base.Limits().Concat(own);
    }
}

/// <summary>Tree learners over the rows of a model.</summary>
public sealed class Trees<TRow>
{
    internal Trees() { }

    /// <summary>Predicts a number, by squared error unless another loss is named.</summary>
    public BoostedTrees Regression<TValue>(Expression<Func<TRow, TValue>> target, int rounds = 300, int depth = 6, double learningRate = 0.1,
        TreeLoss loss = TreeLoss.Squared) =>
        loss is TreeLoss.Logistic or TreeLoss.Softmax or TreeLoss.Quantile
            ? throw new ArgumentOutOfRangeException(nameof(loss), loss, "Use Binary, MultiClass or Quantiles.")
            : new(Column(target), loss, rounds, depth, learningRate);

    /// <summary>Predicts the probability that a flag is set, or of one of two classes, by logistic loss.</summary>
    /// <param name="target">A flag, text, enum or whole number with two values in the training rows.</param>
    /// <param name="positive">The class whose probability it is; null: <c>true</c>, or the second in order, see <see cref="Algorithm.Positive"/>.</param>
    public BoostedTrees Binary<TValue>(Expression<Func<TRow, TValue>> target, int rounds = 300, int depth = 6, double learningRate = 0.1,
        string? positive = null) =>
        new(Column(target), TreeLoss.Logistic, rounds, depth, learningRate) { Positive = positive };

    /// <summary>Predicts a probability for each class, by the log loss over all.</summary>
    /// <param name="target">A text, enum, flag or whole number.</param>
    public BoostedTrees MultiClass<TValue>(Expression<Func<TRow, TValue>> target, int rounds = 300, int depth = 6, double learningRate = 0.1) =>
        new(Column(target), TreeLoss.Softmax, rounds, depth, learningRate);

    /// <summary>Predicts quantiles of a number, which never cross.</summary>
    /// <param name="quantiles">Rising, each in (0, 1), such as 0.1, 0.5, 0.9.</param>
    /// <remarks>Trees grow on the pinball loss's gradient, and each leaf takes the quantile of its own residuals: Friedman 2001, "Greedy function
    /// approximation", §4.3 (for the median).
    /// What still crosses is put in order: Chernozhukov, Fernández-Val and Galichon 2010.</remarks>
    public BoostedTrees Quantiles<TValue>(Expression<Func<TRow, TValue>> target, IReadOnlyList<double> quantiles, int rounds = 300, int depth = 6,
        double learningRate = 0.1) =>
        new(Column(target), TreeLoss.Quantile, rounds, depth, learningRate) { Quantiles = quantiles };

    static ColumnSchema Column(LambdaExpression column) => RowSchema.Of<TRow>().ColumnOf(column);
}
