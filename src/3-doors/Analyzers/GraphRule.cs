using Microsoft.CodeAnalysis;

namespace Kumiki.Analyzers;

/// <summary>KMK008 and KMK011: circles, and two classes that would be one asset.</summary>
static class GraphRule
{
    public static IEnumerable<Diagnostic> Of(AssetGraph graph, INamedTypeSymbol asset)
    {
        if (graph.Circles.TryGetValue(asset, out var way))
            yield return Diagnostic.Create(Findings.Circle, AssetTypes.Place(asset), asset.Name, string.Join(" → ", way.Select(a => a.Name)));

        var name = AssetGraph.AssetName(asset.Name);
        if (graph.ByName[name].FirstOrDefault(a => !SymbolEqualityComparer.Default.Equals(a, asset)) is { } other)
            yield return Diagnostic.Create(Findings.TwoOfOneName, AssetTypes.Place(asset), asset.ToDisplayString(), other.ToDisplayString(), name);
    }
}
