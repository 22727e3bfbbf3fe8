using System.Collections.Frozen;
using Kumiki.Onnx;

namespace Kumiki.Serving;

/// <summary>The release that is live, as endpoints answer by it: a request takes it once and sees no other.</summary>
/// <param name="Number">0: nothing is released.</param>
/// <param name="Revision">Production's.</param>
sealed record LiveRelease(int Number, long Revision, FrozenDictionary<string, LiveEndpoint> Endpoints)
{
    /// <summary>Its endpoints that were made before endpoints could be asked.</summary>
    public IReadOnlyList<VersionName> Unanswerable { get; init; } = [];
}

/// <summary>An endpoint of a release with the versions that answer for it.</summary>
sealed class LiveEndpoint(VersionName version, EndpointPlan plan, LiveDecision decision, IReadOnlyList<(PlannedFallback Plan, LiveDecision? Model)> fallbacks, EndpointFigures figures)
{
    public VersionName Version => version;
    public EndpointPlan Plan => plan;
    public EndpointSchema Schema { get; } = new(plan.Fields);
    public LiveDecision Decision => decision;
    public IReadOnlyList<(PlannedFallback Plan, LiveDecision? Model)> Fallbacks => fallbacks;
    public EndpointFigures Figures => figures;

    /// <summary>Its answers that were computed before; null where it has none.</summary>
    public LivePrecomputed? Precomputed { get; init; }

    /// <summary>The models it may ask.</summary>
    public IEnumerable<LiveDecision> Decisions => [decision, .. fallbacks.Select(f => f.Model).OfType<LiveDecision>()];
}

/// <summary>A version of a model, and what its scores mean.</summary>
sealed class LiveDecision(VersionName model, VersionName? threshold, DecisionRule rule, Breaker breaker)
{
    // One object, so that who reads it while it is written sees the one before or this one whole.
    sealed record Map(ModelSignature Of, int[] Fields);

    Map? map;

    public VersionName Model => model;
    public VersionName? Threshold => threshold;
    public DecisionRule Rule => rule;
    public Breaker Breaker => breaker;

    /// <summary>[inputs] the field that each input of the model is made of.</summary>
    /// <exception cref="InferenceException">The model reads what no field holds.</exception>
    public int[] FieldsOf(ModelSignature signature, EndpointSchema schema)
    {
        if (map is { } known && ReferenceEquals(known.Of, signature)) return known.Fields;
        var fields = new int[signature.Inputs.Length];
        for (var i = 0; i < fields.Length; i++)
        {
            var column = signature.Columns[i]?.Name ?? signature.Inputs[i].Name;
            fields[i] = schema.Place(column);
            if (fields[i] < 0 || signature.Columns[i] is null)
                throw new InferenceException(InferenceFault.Unavailable, Message.Of("endpoint.model-column", ("model", model), ("column", column)));
        }
        map = new(signature, fields);
        return fields;
    }
}
