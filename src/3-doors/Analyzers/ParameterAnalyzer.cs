using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Kumiki.Analyzers;

/// <summary>KMK009: a <c>[Parameter]</c> is set once, is of a plain type, and its default lies within its range.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ParameterAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Findings.NotAParameter];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (AssetTypes.In(start.Compilation) is not { } types) return;
            start.RegisterSyntaxNodeAction(one => Check(one, types), SyntaxKind.PropertyDeclaration);
        });
    }

    internal static bool IsParameterType(ITypeSymbol type) =>
        type.TypeKind == TypeKind.Enum || IsNumber(type) || type.SpecialType is SpecialType.System_Boolean or SpecialType.System_String;

    static bool IsNumber(ITypeSymbol type) =>
        type.SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64 or SpecialType.System_Double or SpecialType.System_Decimal;

    static void Check(SyntaxNodeAnalysisContext one, AssetTypes types)
    {
        var syntax = (PropertyDeclarationSyntax)one.Node;
        if (syntax.AttributeLists.Count == 0 || one.SemanticModel.GetDeclaredSymbol(syntax, one.CancellationToken) is not { } property) return;
        if (types.Parameter(property) is not { } mark || !types.IsAsset(property.ContainingType)) return;

        if (property.IsStatic || property.SetMethod is not { IsInitOnly: true })
            Report("it has no init accessor, so a making could not set it", "declare it { get; init; }");
        if (property.Type.TypeKind != TypeKind.Error && !IsParameterType(property.Type))
            Report($"it is of type {property.Type.ToMinimalDisplayString(one.SemanticModel, syntax.SpanStart)}",
                "use int, long, double, decimal, bool, string or an enum");

        var (min, max) = (Bound(mark, "Min"), Bound(mark, "Max"));
        if (min > max)
            Report($"its range from {Text(min)} to {Text(max)} is empty", "swap Min and Max");
        else if (Default(one, property, syntax) is { } value && (value < min || value > max || double.IsNaN(value)))
        {
            var where = value < min ? $"below its Min of {Text(min)}" : value > max ? $"above its Max of {Text(max)}" : "not a number";
            Report($"its default {Text(value)} is {where}", "choose a default within the range, or widen the range");
        }

        void Report(string problem, string mend) =>
            one.ReportDiagnostic(Diagnostic.Create(Findings.NotAParameter, syntax.Identifier.GetLocation(),
                property.ContainingType.Name, property.Name, problem, mend));
    }

    static double? Bound(AttributeData mark, string name)
    {
        foreach (var argument in mark.NamedArguments)
            if (argument.Key == name && argument.Value.Kind == TypedConstantKind.Primitive) return Number(argument.Value.Value);
        return null;
    }

    /// <summary>The number the property holds when nothing sets it; null if that is no number or cannot be told here.</summary>
    static double? Default(SyntaxNodeAnalysisContext one, IPropertySymbol property, PropertyDeclarationSyntax syntax)
    {
        if (property.Type.TypeKind == TypeKind.Enum) return null;
        if (syntax.Initializer is { Value: var value })
            return one.SemanticModel.GetConstantValue(value, one.CancellationToken) is { HasValue: true, Value: var known } ? Number(known) : null;
        var isSetByConstructor = property.ContainingType.InstanceConstructors.Any(c =>
            c.DeclaringSyntaxReferences.Any(r => r.GetSyntax(one.CancellationToken) is ConstructorDeclarationSyntax));
        return IsNumber(property.Type) && !property.IsRequired && !property.IsAbstract && !isSetByConstructor ? 0 : null;
    }

    static double? Number(object? value) => value is sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal
        ? Convert.ToDouble(value, CultureInfo.InvariantCulture)
        : null;

    static string Text(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
