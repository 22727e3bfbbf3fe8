using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Kumiki.Analyzers;

/// <summary>Takes back compiler warnings that are mistaken about the constructor parameters of asset classes.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class AssetSuppressor : DiagnosticSuppressor
{
    static readonly SuppressionDescriptor Unread = new("KMKS001", "CS9113", "An asset that is asked for is an input of the making, read or not");
    static readonly SuppressionDescriptor Shared = new("KMKS002", "CS9107", "An asset never changes, so its base and the class itself may both hold it");
    static readonly SuppressionDescriptor Obsolete = new("KMKS003", "CS0618", "KMK001 says it with both assets' names");
    static readonly SuppressionDescriptor ObsoleteSilent = new("KMKS004", "CS0612", "KMK001 says it with both assets' names");

    /// <inheritdoc/>
    public override ImmutableArray<SuppressionDescriptor> SupportedSuppressions { get; } = [Unread, Shared, Obsolete, ObsoleteSilent];

    /// <inheritdoc/>
    public override void ReportSuppressions(SuppressionAnalysisContext context)
    {
        if (AssetTypes.In(context.Compilation) is not { } types) return;
        foreach (var warning in context.ReportedDiagnostics)
        {
            if (warning.Location.SourceTree is not { } tree) continue;
            var node = tree.GetRoot(context.CancellationToken).FindNode(warning.Location.SourceSpan, getInnermostNodeForTie: true);
            var model = context.GetSemanticModel(tree);
            var mistake = warning.Id switch
            {
                "CS9113" when node is ParameterSyntax asked && Input(types, model.GetDeclaredSymbol(asked, context.CancellationToken)) is not null => Unread,
                "CS9107" when Input(types, model.GetSymbolInfo(node, context.CancellationToken).Symbol) is not null => Shared,
                "CS0618" when SaysKmk001(types, model, node, context.CancellationToken) => Obsolete,
                "CS0612" when SaysKmk001(types, model, node, context.CancellationToken) => ObsoleteSilent,
                _ => null,
            };
            if (mistake is not null) context.ReportSuppression(Suppression.Create(mistake, warning));
        }
    }

    /// <summary>The asset that a constructor parameter of an asset class asks for; null for every other parameter.</summary>
    static INamedTypeSymbol? Input(AssetTypes types, ISymbol? symbol) =>
        symbol is IParameterSymbol { ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.Constructor, ContainingType: var type } } parameter
        && types.IsAsset(type)
            ? types.AskedFor(parameter.Type)
            : null;

    static bool SaysKmk001(AssetTypes types, SemanticModel model, SyntaxNode node, CancellationToken stop) =>
        node.FirstAncestorOrSelf<ParameterSyntax>() is { Type: { } type } parameter && type.Span.Contains(node.Span)
        && model.GetDeclaredSymbol(parameter, stop) is IParameterSymbol { ContainingType: { } asset } asked && types.IsMade(asset)
        && AssetTypes.Asks(asset).Contains(asked, SymbolEqualityComparer.Default)
        && types.AskedFor(asked.Type) is { } input && types.Obsolete(input) is not null;
}
