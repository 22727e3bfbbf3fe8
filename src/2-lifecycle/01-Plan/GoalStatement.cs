using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>What a goal says.</summary>
public sealed record GoalStatement
{
    /// <summary>The business problem, in a sentence.</summary>
    public required string Problem { get; init; }

    /// <summary>The figure that tells success, with its unit; a goal without one is refused.</summary>
    public required string Measure { get; init; }

    /// <summary>What the figure should reach; a goal without one is refused.</summary>
    public double? Target { get; init; }

    /// <summary>The figure the measure is worked out from.</summary>
    /// <value>Null: a report can say how good the model is, not whether the goal is met.</value>
    public GoalFigure? Figure { get; init; }

    /// <summary>The recall or precision that a figure such as <see cref="GoalFigure.PrecisionAtRecall"/> holds, in (0, 1].</summary>
    public double? At { get; init; }

    /// <summary>The unit of the measure, such as "JPY" or "units".</summary>
    /// <value>Null: that of the costs, where the figure is a cost.</value>
    public string? Unit { get; init; }

    /// <summary>Which way the measure is better.</summary>
    /// <value>Null: as its figure is; lower, without one.</value>
    public Better? Better { get; init; }

    /// <summary>What the measure is today, without the model.</summary>
    public double? Today { get; init; }

    /// <summary>The problem as a model sees it.</summary>
    public Framing? Framing { get; init; }

    public IReadOnlyList<string> Constraints { get; init; } = [];

    /// <summary>People, data, machines, money and time there are.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    public IReadOnlyList<string> Stakeholders { get; init; } = [];

    public string? Owner { get; init; }

    /// <summary>When somebody looks again whether the goal is the right one.</summary>
    public DateOnly? ReviewOn { get; init; }

    public CostMatrix? Costs { get; init; }

    /// <summary>What it costs, in the unit of the measure, when a person takes one decision.</summary>
    public double? PersonCost { get; init; }

    /// <summary>What it is worth.</summary>
    public Worth? Worth { get; init; }

    /// <summary>The ethics screen: each question that is not answered is noted.</summary>
    public IReadOnlyDictionary<EthicsQuestion, string> Ethics { get; init; } = new Dictionary<EthicsQuestion, string>();

    /// <summary>What the model is meant for, for its card.</summary>
    public string? IntendedUse { get; init; }

    /// <summary>What it must not be used for, and where it is known to fail, for its card.</summary>
    public string? Limits { get; init; }
}

/// <summary>The problem as a model sees it.</summary>
/// <param name="Input">What is known when it answers.</param>
/// <param name="Output">What it answers.</param>
/// <param name="Objective">What its training makes small or large.</param>
public sealed record Framing(string Input, string Output, string Objective);

/// <summary>Whether a model is worth it.</summary>
/// <param name="Period">Such as "month".</param>
/// <param name="Decisions">Decisions, or predictions, a period.</param>
/// <param name="Value">What the decisions of a period may cost in all, in the unit of the measure, before doing nothing is better; null: not said.</param>
/// <param name="Running">What running the model costs a period, in that unit.</param>
public sealed record Worth(string Period, double Decisions, double? Value = null, double Running = 0);

/// <summary>The questions of the ethics screen.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EthicsQuestion>))]
public enum EthicsQuestion
{
    /// <summary>Who is hurt by a wrong decision, and how badly?</summary>
    Harm,

    /// <summary>Which groups could be treated worse, and how will one see it?</summary>
    Fairness,

    /// <summary>May the data be used for this, and did those it speaks of agree?</summary>
    Consent,

    /// <summary>Are those it decides on told, and can they object to a person?</summary>
    Contest,

    /// <summary>How could it be misused?</summary>
    Misuse,

    /// <summary>Would people decide this better without a model?</summary>
    Need,
}
