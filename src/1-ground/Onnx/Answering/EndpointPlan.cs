using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Onnx;

/// <summary>What an endpoint's version says about answering: the fields of a row, the model, what its scores mean, and what is said where the model cannot be
/// asked. The file <see cref="FileName"/> of the version; a server, a package and the offline runner read the same.</summary>
public sealed partial record EndpointPlan
{
    public const string FileName = "endpoint.json";
    public const string CurrentFormat = "endpoint/1";

    public string Format { get; init; } = CurrentFormat;

    /// <summary>The names of the record types, for people.</summary>
    public required string Input { get; init; }
    public required string Output { get; init; }

    public required IReadOnlyList<EndpointField> Fields { get; init; }
    public required PlannedDecision Decision { get; init; }

    /// <summary>What is tried in turn where the model cannot be asked.</summary>
    public IReadOnlyList<PlannedFallback> Fallbacks { get; init; } = [];

    /// <summary>Answers that were computed before anybody asked; null where there are none.</summary>
    public PlannedPrecomputed? Precomputed { get; init; }

    /// <summary>Every model it may ask, the first one first.</summary>
    [JsonIgnore]
    public IEnumerable<PlannedDecision> Decisions => [.. Decision.Parts, .. Fallbacks.OfType<PlannedFallback.Smaller>().SelectMany(f => f.Decision.Parts)];

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, PlanJson.Readable.EndpointPlan);

    /// <exception cref="KumikiException">It is no such file, or was written by a newer Kumiki.</exception>
    public static EndpointPlan Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var plan = JsonSerializer.Deserialize(json, PlanJson.Readable.EndpointPlan) ?? throw new JsonException("null");
            if (plan.Format != CurrentFormat) throw new KumikiException(Message.Of("endpoint.plan-newer", ("found", plan.Format), ("known", CurrentFormat)));
            if (plan.Fallbacks is null) plan = plan with { Fallbacks = [] };
            foreach (var decision in plan.Fallbacks.OfType<PlannedFallback.Smaller>().Select(f => f.Decision).Prepend(plan.Decision))
                if (decision?.Rule is DecisionRule.OfParts { Parts: not { Count: > 1 } } || (decision?.Rule as DecisionRule.Strictest)?.Severity is { Count: 0 }
                    || decision?.Parts.Any(p => p?.Model is null || p.Rule is null or DecisionRule.OfParts) != false)
                    throw new JsonException("a decision has no model, no rule or no parts");
            return plan;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new KumikiException(Message.Of("endpoint.plan-unreadable", ("file", FileName), ("reason", e.Message)), e);
        }
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
    [JsonSerializable(typeof(EndpointPlan))]
    internal sealed partial class PlanJson : JsonSerializerContext
    {
        public static PlanJson Readable { get; } = new(new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}

/// <summary>A model and what its scores mean; or several, by a <see cref="DecisionRule.OfParts"/>.</summary>
/// <param name="Model">The asset's name; of several the first one's.</param>
/// <param name="Threshold">The asset that the rule's numbers came from; null where there is none, and of several.</param>
public sealed record PlannedDecision(string Model, string? Threshold, DecisionRule Rule)
{
    /// <summary>The models that decide, each with a rule of its own: itself where it is one.</summary>
    [JsonIgnore]
    public IReadOnlyList<PlannedDecision> Parts => Rule is DecisionRule.OfParts several ? several.Parts : [this];
}

/// <summary>Answers that were computed before anybody asked: rows of the version of an asset that is in production, found by their keys.</summary>
/// <param name="Rows">The asset's name, of a dataset or of predictions.</param>
/// <param name="Keys">Its columns by which a row is found.</param>
/// <param name="Answer">The column of the answer.</param>
/// <param name="Lower">The columns of an interval around it; null where there is none.</param>
/// <param name="StaleSeconds">How long after their making rows are fresh; null: for ever.</param>
/// <param name="RefusesStale">Whether rows that are not fresh are no answer; else the answer says that it is stale.</param>
public sealed record PlannedPrecomputed(
    string Rows, IReadOnlyList<string> Keys, string Answer, string? Lower, string? Upper, double? StaleSeconds, bool RefusesStale);

/// <summary>What is said where the model cannot be asked.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Smaller), "model")]
[JsonDerivedType(typeof(ByRule), "rule")]
[JsonDerivedType(typeof(LastAnswer), "last")]
[JsonDerivedType(typeof(Always), "constant")]
public abstract record PlannedFallback
{
    PlannedFallback() { }

    /// <summary>How it is named in answers, figures and the log.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>Another model, mostly a smaller one.</summary>
    public sealed record Smaller(PlannedDecision Decision) : PlannedFallback
    {
        public override string Name => $"model {string.Join(" + ", Decision.Parts.Select(p => p.Model).Distinct())}";
    }

    /// <summary>An answer for the rows of which a rule holds.</summary>
    public sealed record ByRule(FieldRule When, string? Answer, double? Number) : PlannedFallback
    {
        public override string Name => $"rule {When}";
    }

    /// <summary>What the same session was answered last.</summary>
    /// <param name="Seconds">How old that answer may be.</param>
    public sealed record LastAnswer(double Seconds) : PlannedFallback
    {
        public override string Name => "last answer";
    }

    /// <summary>Always the same.</summary>
    public sealed record Always(string? Answer, double? Number) : PlannedFallback
    {
        public override string Name => "constant";
    }
}
