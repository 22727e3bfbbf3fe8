using Microsoft.CodeAnalysis;

namespace Kumiki.Analyzers;

/// <summary>KMK007: a constructor that asks for something the platform cannot hand over.</summary>
static class NotAnAssetRule
{
    public static IEnumerable<Diagnostic> Of(AssetTypes types, INamedTypeSymbol asset, CancellationToken stop)
    {
        foreach (var asked in AssetTypes.Asks(asset))
        {
            if (types.IsFamilyKey(asked.Type) || IsUnresolved(asked.Type)) continue;
            var input = types.AskedFor(asked.Type);
            if (input is not null && !(input.IsAbstract && SymbolEqualityComparer.Default.Equals(asked.Type, input))) continue;

            var (what, mend) = input is not null
                ? ("abstract, so that no version of it is ever made", "ask for one of the assets that derive from it")
                : ParameterAnalyzer.IsParameterType(asked.Type)
                    ? ("not an asset", "make it a [Parameter] property with a default, so that it is recorded and can be set")
                    : ("not an asset", "ask for the asset that holds it, or build it within the class");
            yield return Diagnostic.Create(Findings.NotAnAsset, AssetTypes.At(asked, stop),
                asset.Name, asked.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat), what, mend);
        }
    }

    /// <summary>A name the compiler itself reports.</summary>
    static bool IsUnresolved(ITypeSymbol type) => type.TypeKind == TypeKind.Error || type is INamedTypeSymbol { TypeArguments: [{ TypeKind: TypeKind.Error }] };
}
