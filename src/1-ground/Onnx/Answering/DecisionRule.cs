using System.Text.Json.Serialization;

namespace Kumiki.Onnx;

/// <summary>How the scores of a row become an answer, as data that every runtime runs alike.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(AtThreshold), "threshold")]
[JsonDerivedType(typeof(AsNumber), "number")]
[JsonDerivedType(typeof(TopClasses), "top")]
public abstract record DecisionRule
{
    DecisionRule() { }

    /// <summary>What is decided on a row.</summary>
    /// <param name="scores">[outputs] of one row.</param>
    /// <param name="outputs">What they are.</param>
    public abstract Decided Decide(ReadOnlySpan<float> scores, ModelOutputs outputs);

    /// <summary>Every answer it can give; empty where it answers with numbers or with classes that only the model knows.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<string> Answers { get; }

    /// <summary>One answer from a threshold on, one below, and one for the zone left to a person.</summary>
    /// <param name="Value">Scores at or above it get <paramref name="Above"/>.</param>
    /// <param name="GreyFrom">Scores from here up to <paramref name="Value"/> get <paramref name="GreyZone"/>; equal to it where there is no such zone.</param>
    public sealed record AtThreshold(double Value, double GreyFrom, string Above, string GreyZone, string Below) : DecisionRule
    {
        public override Decided Decide(ReadOnlySpan<float> scores, ModelOutputs outputs)
        {
            double score = scores[0];
            return new(score >= Value ? Above : score >= GreyFrom ? GreyZone : Below);
        }

        public override IReadOnlyList<string> Answers => GreyFrom < Value ? [Above, GreyZone, Below] : [Above, Below];
    }

    /// <summary>The model's number as it is, within bounds, and its interval where the model gives one.</summary>
    /// <param name="Least">What is below becomes this; null: no bound.</param>
    /// <param name="Most">What is above becomes this; null: no bound.</param>
    public sealed record AsNumber(double? Least, double? Most) : DecisionRule
    {
        public override Decided Decide(ReadOnlySpan<float> scores, ModelOutputs outputs)
        {
            var (lower, upper) = (Place(outputs, "lower"), Place(outputs, "upper"));
            return new(null)
            {
                Number = Bounded(scores[0]),
                Lower = lower < 0 ? null : Bounded(scores[lower]),
                Upper = upper < 0 ? null : Bounded(scores[upper]),
            };
        }

        public override IReadOnlyList<string> Answers => [];

        double Bounded(double number) => Math.Max(Least ?? double.NegativeInfinity, Math.Min(Most ?? double.PositiveInfinity, number));

        static int Place(ModelOutputs outputs, string name)
        {
            for (var i = 0; i < outputs.Names.Count; i++)
                if (outputs.Names[i] == name) return i;
            return -1;
        }
    }

    /// <summary>The likeliest classes with their probabilities, the likeliest as the answer; where even that is not likely enough, no class is named.</summary>
    /// <param name="Count">How many classes are listed, from 1.</param>
    /// <param name="AtLeast">The probability from which the first is an answer, in [0, 1].</param>
    /// <param name="Otherwise">The answer where it is not reached.</param>
    public sealed record TopClasses(int Count, double AtLeast, string Otherwise) : DecisionRule
    {
        public override Decided Decide(ReadOnlySpan<float> scores, ModelOutputs outputs)
        {
            // Of two classes the one score is the second one's probability.
            var two = outputs is { Names.Count: 1, Classes.Count: 2 };
            var classes = two ? outputs.Classes : outputs.Names;
            var ranked = new Ranked[classes.Count];
            for (var i = 0; i < ranked.Length; i++) ranked[i] = new(classes[i], two ? i == 1 ? scores[0] : 1 - scores[0] : scores[i]);
            Array.Sort(ranked, static (a, b) => b.Probability.CompareTo(a.Probability) is not 0 and var order ? order : string.CompareOrdinal(a.Class, b.Class));
            return new(ranked[0].Probability >= AtLeast ? ranked[0].Class : Otherwise) { Top = ranked[..Math.Min(Count, ranked.Length)] };
        }

        public override IReadOnlyList<string> Answers => [];
    }
}

/// <summary>What was decided on a row.</summary>
/// <param name="Answer">One of the rule's answers, or a class; null where the answer is a number.</param>
public readonly record struct Decided(string? Answer)
{
    /// <summary>The number answered with.</summary>
    public double? Number { get; init; }

    /// <summary>The interval around it, where the model gives one.</summary>
    public double? Lower { get; init; }
    public double? Upper { get; init; }

    /// <summary>Classes by falling probability; those of one probability by name.</summary>
    public IReadOnlyList<Ranked>? Top { get; init; }
}

/// <param name="Probability">In [0, 1].</param>
public readonly record struct Ranked(string Class, double Probability);
