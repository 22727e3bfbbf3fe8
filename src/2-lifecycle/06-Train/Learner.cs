using Kumiki.Tables;
using Kumiki.Training;

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

/// <summary>What a model answers with.</summary>
public enum LearningTask
{
    /// <summary>A number.</summary>
    Number,

    /// <summary>The probability of the positive one of two classes.</summary>
    Binary,

    /// <summary>A probability for each of the classes.</summary>
    Classes,

    /// <summary>Quantiles of a number.</summary>
    Quantiles,
}

/// <summary>What learns. Its settings are changed by <c>with { … }</c>; one out of range is refused before anything runs.</summary>
/// <param name="Target">The column to predict.</param>
public abstract record Algorithm(ColumnSchema Target)
{
    /// <summary>How much each row counts, in training and in the loss on validation rows: a column of numbers, 0 or more.</summary>
    /// <value>Null: every row counts 1.</value>
    public ColumnSchema? Weights { get; init; }

    /// <summary>How much rows of a class count, by its name, on top of <see cref="Weights"/>; a class that is not named counts 1.</summary>
    public IReadOnlyDictionary<string, double>? ClassWeights { get; init; }

    /// <summary>Makes the classes count alike: each row by rows / (classes × rows of its class), as scikit-learn's "balanced" does.</summary>
    public bool Balanced { get; init; }

    /// <summary>The share of new rows whose target an interval is to hold, such as 0.9; the model then has the outputs <c>lower</c> and <c>upper</c>,
    /// calibrated on validation rows.</summary>
    /// <value>Null: no interval.</value>
    /// <remarks>Holds on average over rows that are exchangeable with the validation rows; with early stopping every other validation row stops and the rest
    /// calibrate.
    /// Split conformal: Lei et al. 2018, "Distribution-free predictive inference for regression"; of quantiles: Romano, Patterson and Candès 2019,
    /// "Conformalized quantile regression".</remarks>
    public double? Interval { get; init; }

    /// <summary>How its probabilities are calibrated on validation rows, in the model's graph; with early stopping every other validation row stops and the rest
    /// calibrate.</summary>
    /// <value>Null: they stay as the learner gives them.</value>
    public Calibrator? Calibrated { get; init; }

    /// <summary>The positive one of two classes, by name.</summary>
    /// <value>Null: <c>true</c> of a flag, else the second in order: of texts by their characters' numbers, of enums as they are declared, of whole numbers by
    /// size.</value>
    public string? Positive { get; init; }

    /// <summary>What it answers with.</summary>
    public abstract LearningTask Task { get; }

    /// <summary>The number that is raised when the same rows would give another model.</summary>
    internal abstract KeyValuePair<string, string> Recipe { get; }

    /// <summary>Whether it predicts the probability of a flag.</summary>
    internal bool IsBinary => Task == LearningTask.Binary;

    internal bool IsClasses => Task is LearningTask.Binary or LearningTask.Classes;

    /// <summary>Whether a target that never changes leaves nothing to learn.</summary>
    internal virtual bool NeedsVariety => true;

    internal virtual bool NeedsValidation => Interval is not null || Calibrated is not null;

    /// <summary>The setting that wants validation rows.</summary>
    internal string? WhyValidation => Interval is not null ? nameof(Interval) : Calibrated is not null ? nameof(Calibrated) : NeedsValidation ? "EarlyStopping" : null;

    /// <summary>Its outputs where they are neither one score nor classes.</summary>
    internal virtual IReadOnlyList<string> Outputs => ["score"];

    /// <summary>Settings out of range, and a target or weights of the wrong type.</summary>
    internal IEnumerable<Message> Check()
    {
        foreach (var limit in Limits())
            if (!limit.Holds) yield return limit.Says(GetType().Name);
        if (IsClasses && !(Target.Kind is ColumnKind.Bool or ColumnKind.String or ColumnKind.Enum || Target.IsWhole))
            yield return Message.Of("training.target-class", ("column", Target.Name), ("type", Target.TypeName));
        if (!IsClasses && !Target.IsNumber) yield return Message.Of("training.target-number", ("column", Target.Name), ("type", Target.TypeName));
        if (Weights is { IsNumber: false }) yield return Message.Of("training.weights-number", ("column", Weights.Name), ("type", Weights.TypeName));
        if (Weights is not null && Weights.Name == Target.Name) yield return Message.Of("training.weights-target", ("column", Weights.Name));
        if (Interval is not null && IsClasses) yield return Message.Of("training.interval-classes", ("column", Target.Name));
        if (Calibrated is not null && !IsClasses) yield return Message.Of("training.calibrated-number", ("column", Target.Name));
        if (Calibrated is { } by and not Calibrator.Temperature && Task == LearningTask.Classes)
            yield return Message.Of("training.calibrated-classes", ("column", Target.Name), ("by", by));
        if ((ClassWeights is not null || Balanced) && !IsClasses) yield return Message.Of("training.class-weights", ("column", Target.Name));
    }

    /// <summary>The ranges of its settings.</summary>
    private protected virtual IEnumerable<Limit> Limits()
    {
        if (Interval is { } share) yield return new("Interval", share, 0, 1, MinExcluded: true, MaxExcluded: true);
        foreach (var (name, weight) in ClassWeights ?? new Dictionary<string, double>()) yield return new($"ClassWeights[{name}]", weight, 0);
    }
}
