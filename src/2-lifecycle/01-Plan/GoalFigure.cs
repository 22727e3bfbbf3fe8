using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>The figures a goal can be held against; the report works each out on test rows, with its interval.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GoalFigure>))]
public enum GoalFigure
{
    /// <summary>Mean cost of a decision by the goal's matrix, in its unit; reviewed rows cost a person's decision.</summary>
    CostPerDecision,

    /// <summary>Mean absolute error, in the target's unit.</summary>
    MeanAbsoluteError,

    /// <summary>Root of the mean squared error, in the target's unit.</summary>
    RootMeanSquaredError,

    /// <summary>Σ|truth − prediction| / Σ|truth|; 0.1 is ten per cent.</summary>
    WeightedAbsolutePercentageError,

    /// <summary>Mean pinball loss over a model's quantiles, in the target's unit.</summary>
    Pinball,

    /// <summary>Area under the ROC curve.</summary>
    RocAuc,

    /// <summary>Mean precision over the steps of recall.</summary>
    AveragePrecision,

    /// <summary>Mean negative log-likelihood, in nats.</summary>
    LogLoss,

    /// <summary>Mean squared distance of probabilities from truths.</summary>
    Brier,

    /// <summary>The share decided rightly.</summary>
    Accuracy,

    /// <summary>Of those decided high, the share that is.</summary>
    Precision,

    /// <summary>Of the high ones, the share found.</summary>
    Recall,

    /// <summary>Harmonic mean of precision and recall.</summary>
    F1,

    /// <summary>The best precision among thresholds whose recall is at least <see cref="GoalStatement.At"/>.</summary>
    PrecisionAtRecall,

    /// <summary>The best recall among thresholds whose precision is at least <see cref="GoalStatement.At"/>.</summary>
    RecallAtPrecision,

    /// <summary>F1 of each class, averaged.</summary>
    MacroF1,
}

/// <summary>Which way a measure is better.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Better>))]
public enum Better { Lower, Higher }

/// <summary>What a report knows of the figures.</summary>
static class GoalFigures
{
    /// <summary>The name in reports and of metrics.</summary>
    public static string Id(this GoalFigure figure) => figure switch
    {
        GoalFigure.CostPerDecision => "cost_per_decision",
        GoalFigure.MeanAbsoluteError => "mae",
        GoalFigure.RootMeanSquaredError => "rmse",
        GoalFigure.WeightedAbsolutePercentageError => "wape",
        GoalFigure.Pinball => "pinball",
        GoalFigure.RocAuc => "roc_auc",
        GoalFigure.AveragePrecision => "average_precision",
        GoalFigure.LogLoss => "log_loss",
        GoalFigure.Brier => "brier",
        GoalFigure.Accuracy => "accuracy",
        GoalFigure.Precision => "precision",
        GoalFigure.Recall => "recall",
        GoalFigure.F1 => "f1",
        GoalFigure.PrecisionAtRecall => "precision_at_recall",
        GoalFigure.RecallAtPrecision => "recall_at_precision",
        GoalFigure.MacroF1 => "macro_f1",
        _ => throw new System.Diagnostics.UnreachableException($"Give {figure} a name."),
    };

    public static Better BetterOf(this GoalFigure figure) => figure is GoalFigure.CostPerDecision or GoalFigure.MeanAbsoluteError or GoalFigure.RootMeanSquaredError
        or GoalFigure.WeightedAbsolutePercentageError or GoalFigure.Pinball or GoalFigure.LogLoss or GoalFigure.Brier ? Better.Lower : Better.Higher;

    /// <summary>Whether it needs a share to be held, <see cref="GoalStatement.At"/>.</summary>
    public static bool NeedsAt(this GoalFigure figure) => figure is GoalFigure.PrecisionAtRecall or GoalFigure.RecallAtPrecision;
}
