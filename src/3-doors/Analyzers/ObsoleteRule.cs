using Microsoft.CodeAnalysis;

namespace Kumiki.Analyzers;

/// <summary>KMK001 and KMK010: who is made from an obsolete asset, directly or further up.</summary>
/// <remarks>Where KMK001 stands, the compiler's CS0618 and CS0612 are suppressed: one sentence for one thing. A mark that is an error stays the compiler's
/// (CS0619).</remarks>
static class ObsoleteRule
{
    public static IEnumerable<Diagnostic> Of(AssetTypes types, AssetGraph graph, INamedTypeSymbol asset, CancellationToken stop)
    {
        if (IsObsolete(types, asset)) yield break;
        foreach (var asked in AssetTypes.Asks(asset))
        {
            if (types.AskedFor(asked.Type) is not { } input) continue;
            if (types.Obsolete(input) is { } mark)
            {
                if (mark.ConstructorArguments is not [_, { Value: true }])
                    yield return Diagnostic.Create(Findings.AsksForObsolete, AssetTypes.At(asked, stop), asset.Name, input.Name, AssetTypes.WayOut(mark));
                continue;
            }
            if (!graph.MadeFromObsolete.Contains(input.OriginalDefinition)) continue;
            var way = graph.WayUp(input.OriginalDefinition, up => types.Obsolete(up) is not null);
            if (way is [.., var last] && types.Obsolete(last) is { } above)
                yield return Diagnostic.Create(Findings.ObsoleteUpstream, AssetTypes.At(asked, stop),
                    asset.Name, last.Name, AssetTypes.WayOut(above), string.Join(" → ", way.Insert(0, asset).Select(a => a.Name)));
        }
    }

    /// <summary>Obsolete itself or within an obsolete class: such code may use what is obsolete, as with the compiler.</summary>
    public static bool IsObsolete(AssetTypes types, INamedTypeSymbol type)
    {
        for (var at = type; at is not null; at = at.ContainingType)
            if (types.Obsolete(at) is not null) return true;
        return false;
    }
}
