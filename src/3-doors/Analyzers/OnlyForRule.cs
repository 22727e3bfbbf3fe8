using Microsoft.CodeAnalysis;

namespace Kumiki.Analyzers;

/// <summary>KMK002: data and models that only named assets may use.</summary>
static class OnlyForRule
{
    public static IEnumerable<Diagnostic> Of(AssetTypes types, INamedTypeSymbol asset, CancellationToken stop)
    {
        foreach (var asked in AssetTypes.Asks(asset))
        {
            if (types.AskedFor(asked.Type) is not { } input) continue;
            var users = types.OnlyFor(input);
            if (users.IsDefault || users.Any(u => SymbolEqualityComparer.Default.Equals(u.OriginalDefinition, asset.OriginalDefinition))) continue;
            yield return Diagnostic.Create(Findings.NotForYou, AssetTypes.At(asked, stop),
                asset.Name, input.Name, users.IsEmpty ? "no asset" : string.Join(", ", users.Select(u => u.Name)));
        }
    }
}
