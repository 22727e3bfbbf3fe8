using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Kumiki.Analyzers;

/// <summary>KMK004 and KMK005: nothing in an asset class changes once it is built, neither the class nor an instance.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StateAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Findings.StaticState, Findings.MutableAsset];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (AssetTypes.In(start.Compilation) is not { } types) return;
            start.RegisterSymbolAction(one => Check(one, types), SymbolKind.Field, SymbolKind.Property, SymbolKind.Event);
        });
    }

    static void Check(SymbolAnalysisContext one, AssetTypes types)
    {
        var member = one.Symbol;
        if (member.IsImplicitlyDeclared || Mend(member, types) is not { } mend || !types.IsAsset(member.ContainingType)) return;
        var finding = member.IsStatic ? Findings.StaticState : Findings.MutableAsset;
        one.ReportDiagnostic(Diagnostic.Create(finding, AssetTypes.Place(member), member.ContainingType.Name, member.Name, mend));
    }

    /// <summary>What would keep the member from changing; null if it cannot change.</summary>
    static string? Mend(ISymbol member, AssetTypes types) => member switch
    {
        IFieldSymbol { IsConst: false, IsReadOnly: false } => "readonly",
        IPropertySymbol { SetMethod.IsInitOnly: false } property when types.Parameter(property) is null =>    // of parameters KMK009 speaks
            property.IsStatic ? "get-only" : "get-only or init",
        IEventSymbol => "a value that is asked for, as an asset has nobody to tell",
        _ => null,
    };
}
