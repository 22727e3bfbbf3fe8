using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Kumiki.Analyzers;

/// <summary>KMK003: asset code reads only what its making hands over, in its own members and in all code of this compilation that they reach by calls known at
/// compile time.</summary>
/// <remarks>A read within an asset class is reported at once where it stands. Other code is remembered, and when all was seen, a call out of an asset class
/// that leads to a read is reported where the asset makes it. A call of a virtual or interface member leads to the member that the call names.</remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class OutsideReadAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Findings.OutsideRead];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (AssetTypes.In(start.Compilation) is not { } types) return;
            var outside = new OutsideReads(start.Compilation);
            var reach = new Reach();
            start.RegisterOperationAction(one => See(one, types, outside, reach),
                OperationKind.Invocation, OperationKind.ObjectCreation, OperationKind.PropertyReference, OperationKind.FieldReference,
                OperationKind.MethodReference);
            start.RegisterCompilationEndAction(end =>
            {
                foreach (var (asset, at, read, through) in reach.OfAssets())
                    end.ReportDiagnostic(Diagnostic.Create(Findings.OutsideRead, at.GetLocation(), [read.At.GetLocation()],
                        asset.Name, read.Kind.What, $"{Name(read.Member)} through {string.Join(" → ", through.Select(Name))}", read.Kind.Instead));
            });
        });
    }

    static void See(OperationAnalysisContext one, AssetTypes types, OutsideReads outside, Reach reach)
    {
        if (one.Operation.Parent is INameOfOperation || one.ContainingSymbol is not { ContainingType: { } within } member) return;
        ISymbol? used = one.Operation switch
        {
            IInvocationOperation call => call.TargetMethod,
            IObjectCreationOperation creation => creation.Constructor,
            IMemberReferenceOperation reference => reference.Member,
            _ => null,
        };
        if (used is null or IFieldSymbol { IsConst: true }) return;

        if (outside.Of(used, one.Operation) is { } kind)
        {
            if (types.IsAsset(within))
                one.ReportDiagnostic(Diagnostic.Create(Findings.OutsideRead, one.Operation.Syntax.GetLocation(),
                    within.Name, kind.What, Name(used), kind.Instead));
            else
                reach.AddRead(member, new(used, one.Operation.Syntax, kind));
        }
        else if (SymbolEqualityComparer.Default.Equals(used.ContainingAssembly, one.Compilation.Assembly))
        {
            if (types.IsAsset(used.ContainingType)) return;    // what an asset class reads is reported there
            reach.AddCall(member, used, one.Operation.Syntax, types.IsAsset(within) ? within : null);
        }
    }

    static string Name(ISymbol member) => member is IMethodSymbol { MethodKind: MethodKind.Constructor or MethodKind.StaticConstructor }
        ? $"new {member.ContainingType.Name}"
        : $"{member.ContainingType?.Name}.{member.Name}";
}
