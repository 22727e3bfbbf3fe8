using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Kumiki.Analyzers;

/// <summary>The rules about what asset classes ask for in their constructors (KMK001, 002, 006–008, 010, 011), over one graph a compilation.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DependencyAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Findings.AsksForObsolete, Findings.ObsoleteUpstream, Findings.NotForYou, Findings.ModelWithoutThreshold, Findings.NotAnAsset, Findings.Circle, Findings.TwoOfOneName,
    ];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
        context.RegisterCompilationStartAction(start =>
        {
            if (AssetTypes.In(start.Compilation) is not { } types) return;
            var graph = new Lazy<AssetGraph>(() => new(start.Compilation, types));
            var provided = new ConcurrentDictionary<ITypeSymbol, bool>(SymbolEqualityComparer.Default);
            var unknown = new ConcurrentBag<(INamedTypeSymbol Asset, IParameterSymbol Asked)>();

            start.RegisterSymbolAction(one => Check(one, types, graph, unknown), SymbolKind.NamedType);
            start.RegisterOperationAction(one => NotAnAssetRule.Remember(((IInvocationOperation)one.Operation).TargetMethod, provided), OperationKind.Invocation);
            start.RegisterCompilationEndAction(end =>
            {
                foreach (var (asset, asked) in unknown)
                    if (!provided.ContainsKey(asked.Type)) end.ReportDiagnostic(NotAnAssetRule.Finding(types, asset, asked, end.CancellationToken));
            });
        });
    }

    static void Check(SymbolAnalysisContext one, AssetTypes types, Lazy<AssetGraph> graph, ConcurrentBag<(INamedTypeSymbol, IParameterSymbol)> unknown)
    {
        var type = (INamedTypeSymbol)one.Symbol;
        if (type.TypeKind != TypeKind.Class || !types.IsMade(type)) return;
        foreach (var asked in AssetTypes.Asks(type))
            if (NotAnAssetRule.IsUnknown(types, asked.Type)) unknown.Add((type, asked));

        var stop = one.CancellationToken;
        var findings = ObsoleteRule.Of(types, graph.Value, type, stop)
            .Concat(OnlyForRule.Of(types, type, stop))
            .Concat(ThresholdRule.Of(types, graph.Value, type, stop))
            .Concat(GraphRule.Of(graph.Value, type));
        foreach (var finding in findings) one.ReportDiagnostic(finding);
    }
}
