using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;

namespace Kumiki.Analyzers;

/// <summary>KMK007: a constructor that asks for something the platform cannot hand over.</summary>
/// <remarks>What a project provides is known when the whole compilation was seen: the type arguments of calls to a generic <c>Provide</c> of the platform.</remarks>
static class NotAnAssetRule
{
    public static bool IsUnknown(AssetTypes types, ITypeSymbol asked)
    {
        if (asked.TypeKind == TypeKind.Error || types.IsFamilyKey(asked)) return false;
        if (asked is INamedTypeSymbol { TypeArguments: [{ TypeKind: TypeKind.Error }] }) return false;
        return types.AskedFor(asked) is not { } input || IsBareAbstract(asked, input);
    }

    public static void Remember(IMethodSymbol called, ConcurrentDictionary<ITypeSymbol, bool> provided)
    {
        if (called is not { Name: "Provide", TypeArguments: [{ } type, ..] }) return;
        for (var space = called.ContainingNamespace; space is not null; space = space.ContainingNamespace)
            if (space is { Name: "Kumiki", ContainingNamespace.IsGlobalNamespace: true }) provided.TryAdd(type, true);
    }

    public static Diagnostic Finding(AssetTypes types, INamedTypeSymbol asset, IParameterSymbol asked, CancellationToken stop)
    {
        var (what, mend) = types.AskedFor(asked.Type) is not null
            ? ("abstract, so that no version of it is ever made", "ask for one of the assets that derive from it")
            : ParameterAnalyzer.IsParameterType(asked.Type)
                ? ("not an asset", "make it a [Parameter] property with a default, so that it is recorded and can be set")
                : ("not an asset", "ask for the asset that holds it, or have the project provide it");
        return Diagnostic.Create(Findings.NotAnAsset, AssetTypes.At(asked, stop),
            asset.Name, asked.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat), what, mend);
    }

    static bool IsBareAbstract(ITypeSymbol asked, INamedTypeSymbol input) => input.IsAbstract && SymbolEqualityComparer.Default.Equals(asked, input);
}
