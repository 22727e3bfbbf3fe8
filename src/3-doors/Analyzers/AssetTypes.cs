using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Kumiki.Analyzers;

/// <summary>The platform's words as one compilation knows them, found by their metadata names: which classes are assets, and what they ask for.</summary>
sealed class AssetTypes
{
    readonly INamedTypeSymbol asset;
    readonly ImmutableArray<INamedTypeSymbol> model, threshold, endpoint, family, familyKey;
    readonly INamedTypeSymbol? onlyFor, parameter, obsolete;

    AssetTypes(Compilation compilation, INamedTypeSymbol asset)
    {
        this.asset = asset;
        model = [.. compilation.GetTypesByMetadataName("Kumiki.Model`1"), .. compilation.GetTypesByMetadataName("Kumiki.Model")];
        threshold = [.. compilation.GetTypesByMetadataName("Kumiki.Threshold"), .. compilation.GetTypesByMetadataName("Kumiki.Threshold`1")];
        endpoint = compilation.GetTypesByMetadataName("Kumiki.Endpoint`2");
        family = compilation.GetTypesByMetadataName("Kumiki.Family`1");
        familyKey = compilation.GetTypesByMetadataName("Kumiki.FamilyKey");
        onlyFor = compilation.GetTypeByMetadataName("Kumiki.OnlyForAttribute");
        parameter = compilation.GetTypeByMetadataName("Kumiki.ParameterAttribute");
        obsolete = compilation.GetTypeByMetadataName("System.ObsoleteAttribute");
    }

    /// <summary>Null where Kumiki is not referenced.</summary>
    public static AssetTypes? In(Compilation compilation) =>
        compilation.GetTypesByMetadataName("Kumiki.Asset") is [var asset, ..] ? new(compilation, asset) : null;

    /// <summary>Whether this is a class below <c>Kumiki.Asset</c>, abstract or not.</summary>
    public bool IsAsset(ITypeSymbol? type) => DerivesFrom(type?.BaseType, asset);

    /// <summary>Whether this is an asset of its own: neither abstract nor open.</summary>
    public bool IsMade(INamedTypeSymbol type) => !type.IsAbstract && !HasOpenParameters(type) && IsAsset(type);

    public bool IsModel(ITypeSymbol type) => DerivesFromAny(type, model);

    public bool IsThreshold(ITypeSymbol type) => DerivesFromAny(type, threshold);

    public bool IsEndpoint(ITypeSymbol type) => DerivesFromAny(type, endpoint);

    public bool IsFamilyKey(ITypeSymbol type) => Contains(familyKey, type);

    /// <summary>The asset a parameter of this type asks for, itself or the one whose family it is; null if none.</summary>
    public INamedTypeSymbol? AskedFor(ITypeSymbol type) =>
        type is not INamedTypeSymbol named ? null
        : IsAsset(named) || SymbolEqualityComparer.Default.Equals(named, asset) ? named
        : named.TypeArguments is [INamedTypeSymbol member] && Contains(family, named.OriginalDefinition) && IsAsset(member) ? member
        : null;

    /// <summary>What the class asks for: the parameters of the constructors that someone outside it could call.</summary>
    public static IEnumerable<IParameterSymbol> Asks(INamedTypeSymbol type)
    {
        foreach (var constructor in type.InstanceConstructors)
        {
            if (constructor.IsImplicitlyDeclared || constructor.DeclaredAccessibility is Accessibility.Private or Accessibility.Protected) continue;
            foreach (var asked in constructor.Parameters) yield return asked;
        }
    }

    /// <summary>Where a finding about a parameter stands: on its type.</summary>
    public static Location At(IParameterSymbol asked, CancellationToken stop) =>
        asked.DeclaringSyntaxReferences is [var reference, ..] && reference.GetSyntax(stop) is ParameterSyntax { Type: { } type }
            ? type.GetLocation()
            : Place(asked);

    public static Location Place(ISymbol symbol) => symbol.Locations is [var first, ..] ? first : Location.None;

    public AttributeData? Parameter(ISymbol property) => Find(property, parameter);

    public AttributeData? Obsolete(ISymbol type) => Find(type, obsolete);

    /// <summary>What the author of an obsolete asset wrote, as the end of a sentence.</summary>
    public static string WayOut(AttributeData obsolete) =>
        obsolete.ConstructorArguments is [{ Value: string { Length: > 0 } says }, ..] ? $": {says}" : "";

    /// <summary>The asset classes a restricted asset is for; default where it is for all. The nearest mark up the base classes counts.</summary>
    public ImmutableArray<INamedTypeSymbol> OnlyFor(INamedTypeSymbol type)
    {
        for (var at = type; at is not null && !SymbolEqualityComparer.Default.Equals(at, asset); at = at.BaseType)
        {
            if (Find(at, onlyFor) is not { ConstructorArguments: [{ Kind: TypedConstantKind.Array, IsNull: false } users, ..] }) continue;
            var named = users.Values.Select(u => u.Value).OfType<INamedTypeSymbol>().Where(u => u.TypeKind != TypeKind.Error).ToImmutableArray();
            return named.Length == users.Values.Length ? named : default;    // a name that does not resolve is the compiler's to report
        }
        return default;
    }

    static bool HasOpenParameters(INamedTypeSymbol type)
    {
        for (var at = type; at is not null; at = at.ContainingType)
            foreach (var argument in at.TypeArguments)
                if (argument.TypeKind == TypeKind.TypeParameter) return true;
        return false;
    }

    static AttributeData? Find(ISymbol symbol, INamedTypeSymbol? kind)
    {
        if (kind is null) return null;
        foreach (var attribute in symbol.GetAttributes())
            if (SymbolEqualityComparer.Default.Equals(attribute.AttributeClass, kind)) return attribute;
        return null;
    }

    static bool DerivesFrom(ITypeSymbol? type, INamedTypeSymbol wanted)
    {
        for (var at = type; at is not null; at = at.BaseType)
            if (SymbolEqualityComparer.Default.Equals(at.OriginalDefinition, wanted)) return true;
        return false;
    }

    static bool DerivesFromAny(ITypeSymbol type, ImmutableArray<INamedTypeSymbol> wanted)
    {
        foreach (var one in wanted)
            if (DerivesFrom(type.BaseType, one)) return true;
        return false;
    }

    static bool Contains(ImmutableArray<INamedTypeSymbol> types, ITypeSymbol type)
    {
        foreach (var one in types)
            if (SymbolEqualityComparer.Default.Equals(one, type)) return true;
        return false;
    }
}
