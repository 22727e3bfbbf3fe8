using Microsoft.CodeAnalysis;

namespace Kumiki.Analyzers;

/// <summary>KMK006: an endpoint that asks for a model and for none of the thresholds chosen on it, so that its decision cannot hold to one.</summary>
static class ThresholdRule
{
    public static IEnumerable<Diagnostic> Of(AssetTypes types, AssetGraph graph, INamedTypeSymbol endpoint, CancellationToken stop)
    {
        if (!types.IsEndpoint(endpoint)) yield break;
        var inputs = graph.Inputs(endpoint);
        foreach (var asked in AssetTypes.Asks(endpoint))
        {
            if (types.AskedFor(asked.Type)?.OriginalDefinition is not { } model || !types.IsModel(model)) continue;
            var chosen = graph.Thresholds.Where(t => graph.Inputs(t).Contains(model, SymbolEqualityComparer.Default)).ToList();
            if (chosen.Count == 0 || chosen.Any(t => inputs.Contains(t, SymbolEqualityComparer.Default))) continue;
            yield return Diagnostic.Create(Findings.ModelWithoutThreshold, AssetTypes.At(asked, stop),
                endpoint.Name, model.Name, string.Join(" or ", chosen.Select(t => t.Name)));
        }
    }
}
