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

    /// <summary>Its decision and those of its fallbacks.</summary>
    public IEnumerable<LiveDecision> Decisions => [decision, .. fallbacks.Select(f => f.Model).OfType<LiveDecision>()];
}

/// <summary>A version of a model, and what its scores mean; or several, which decide together.</summary>
sealed class LiveDecision
{
    /// <summary>Swapped as one, for requests of two signatures run side by side.</summary>
    sealed record Map(ModelSignature Of, int[] Fields);

    Map? map;

    public LiveDecision(VersionName model, VersionName? threshold, DecisionRule rule, Breaker breaker)
    {
        (Model, Threshold, Rule, Breaker) = (model, threshold, rule, breaker);
        Parts = [this];
    }

    /// <param name="whole">Their versions as one name.</param>
    public LiveDecision(VersionName whole, IReadOnlyList<LiveDecision> parts, DecisionRule.OfParts rule, Breaker breaker) =>
        (Model, Parts, Rule, Breaker) = (whole, parts, rule, breaker);

    /// <summary>The model's version; of several <c>a@1+b@2</c> as one name, by which the engine knows them when they run as one.</summary>
    public VersionName Model { get; }
    public VersionName? Threshold { get; }
    public DecisionRule Rule { get; }
    public Breaker Breaker { get; }

    /// <summary>The models that decide, each by a rule of its own: itself where it is one.</summary>
    public IReadOnlyList<LiveDecision> Parts { get; }

    /// <summary>The versions that decide.</summary>
    public IEnumerable<VersionName> Models => Parts.Select(p => p.Model).Distinct();

    /// <summary>Of several models, which are asked by one run each; null before that is known.</summary>
    public IReadOnlyList<IReadOnlyList<VersionName>>? Runs { get; set; }

    /// <summary>[inputs] the field that each input of the model is made of.</summary>
    /// <exception cref="InferenceException">The model reads what no field holds.</exception>
    public int[] FieldsOf(ModelSignature signature, EndpointSchema schema)
    {
        if (map is { } known && ReferenceEquals(known.Of, signature)) return known.Fields;
        var fields = new int[signature.Inputs.Length];
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i] = signature.FieldOf(i, schema);
            if (fields[i] < 0)
                throw new InferenceException(InferenceFault.Unavailable,
                    Message.Of("endpoint.model-column", ("model", Model), ("column", signature.Columns[i]?.Name ?? signature.Inputs[i].Name)));
        }
        map = new(signature, fields);
        return fields;
    }
}
