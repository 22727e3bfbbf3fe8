using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Onnx;

/// <summary>How the scores of a row become an answer, as data that every runtime runs alike.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(AtThreshold), "threshold")]
[JsonDerivedType(typeof(AsNumber), "number")]
[JsonDerivedType(typeof(TopClasses), "top")]
[JsonDerivedType(typeof(Strictest), "strictest")]
[JsonDerivedType(typeof(Each), "each")]
public abstract record DecisionRule
{
    DecisionRule() { }

    /// <summary>What is decided on a row of which one model's scores are known; <see cref="OfParts"/> decides on answers instead.</summary>
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

    /// <summary>Several models, each of which decides by a rule of its own, and what their answers come to.</summary>
    /// <param name="Parts">At least two, none of which has parts itself.</param>
    public abstract record OfParts(IReadOnlyList<PlannedDecision> Parts) : DecisionRule
    {
        /// <exception cref="InvalidOperationException">Always: scores are those of one model.</exception>
        public sealed override Decided Decide(ReadOnlySpan<float> scores, ModelOutputs outputs) =>
            throw new InvalidOperationException("Several models decide: ask each part's rule, and join what they answer.");

        /// <summary>What the scores of all parts behind each other are: a part's only score has its model's name, others the model's and their own.</summary>
        /// <param name="outputs">[parts]</param>
        public ModelOutputs ScoresOf(IReadOnlyList<ModelOutputs> outputs) =>
            new([.. Parts.Zip(outputs).SelectMany(p => p.Second.Names is { Count: > 1 } many ? many.Select(n => $"{p.First.Model}_{n}") : [p.First.Model])], []);

        /// <summary>What the answers of the parts come to.</summary>
        /// <param name="answers">[parts]</param>
        public abstract Decided Join(IReadOnlyList<Decided> answers);
    }

    /// <summary>The strictest of the parts' answers.</summary>
    /// <param name="Severity">Every answer that a part may give, the strictest first.</param>
    public sealed record Strictest(IReadOnlyList<PlannedDecision> Parts, IReadOnlyList<string> Severity) : OfParts(Parts)
    {
        public override Decided Join(IReadOnlyList<Decided> answers)
        {
            var strictest = Severity.Count;
            foreach (var (answer, part) in answers.Zip(Parts))
                strictest = Math.Min(strictest, RankOf(answer.Answer) is >= 0 and var rank ? rank
                    : throw new KumikiException(Message.Of("endpoint.unranked", ("model", part.Model), ("answer", answer.Answer), ("severity", string.Join(", ", Severity)))));
            return new(Severity[strictest]);
        }

        int RankOf(string? answer)
        {
            for (var rank = 0; rank < Severity.Count; rank++)
                if (Severity[rank] == answer) return rank;
            return -1;
        }

        public override IReadOnlyList<string> Answers => Severity;
    }

    /// <summary>The answer of each part for itself, as one JSON object by the names of their models.</summary>
    public sealed record Each(IReadOnlyList<PlannedDecision> Parts) : OfParts(Parts)
    {
        public override Decided Join(IReadOnlyList<Decided> answers)
        {
            var json = new ArrayBufferWriter<byte>(256);
            using (var writer = new Utf8JsonWriter(json, Plain))
            {
                writer.WriteStartObject();
                foreach (var (answer, part) in answers.Zip(Parts))
                {
                    if (answer.Number is { } number) writer.WriteNumber(part.Model, number);
                    else writer.WriteString(part.Model, answer.Answer);
                }
                writer.WriteEndObject();
            }
            return new(Encoding.UTF8.GetString(json.WrittenSpan)) { IsObject = true };
        }

        static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

        public override IReadOnlyList<string> Answers => [];
    }
}

/// <summary>What was decided on a row.</summary>
/// <param name="Answer">One of the rule's answers, or a class; null where the answer is a number; of <see cref="DecisionRule.Each"/> a JSON object.</param>
public readonly record struct Decided(string? Answer)
{
    /// <summary>The number answered with.</summary>
    public double? Number { get; init; }

    /// <summary>The interval around it, where the model gives one.</summary>
    public double? Lower { get; init; }
    public double? Upper { get; init; }

    /// <summary>Whether the answer is a JSON object with the answers of several models.</summary>
    public bool IsObject { get; init; }

    /// <summary>Classes by falling probability; those of one probability by name.</summary>
    public IReadOnlyList<Ranked>? Top { get; init; }
}

/// <param name="Probability">In [0, 1].</param>
public readonly record struct Ranked(string Class, double Probability);
