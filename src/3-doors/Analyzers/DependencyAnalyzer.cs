using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Kumiki.Analyzers;

/// <summary>The rules about what asset classes ask for in their constructors (KMK001, 002, 006–008, 010, 011), over one graph a compilation.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DependencyAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Findings.AsksForObsolete, Findings.ObsoleteUpstream, Findings.NotForYou, Findings.ModelWithoutThreshold, Findings.NotAnAsset, Findings.Circle,
        Findings.TwoOfOneName,
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
            start.RegisterSymbolAction(one => Check(one, types, graph), SymbolKind.NamedType);
        });
    }

    static void Check(SymbolAnalysisContext one, AssetTypes types, Lazy<AssetGraph> graph)
    {
        var type = (INamedTypeSymbol)one.Symbol;
        if (type.TypeKind != TypeKind.Class || !types.IsMade(type)) return;

        var stop = one.CancellationToken;
        var findings = ObsoleteRule.Of(types, graph.Value, type, stop)
            .Concat(OnlyForRule.Of(types, type, stop))
            .Concat(ThresholdRule.Of(types, graph.Value, type, stop))
            .Concat(NotAnAssetRule.Of(types, type, stop))
            .Concat(GraphRule.Of(graph.Value, type));
        foreach (var finding in findings) one.ReportDiagnostic(finding);
    }
}
