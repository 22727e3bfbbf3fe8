using System.Collections.Immutable;
using System.Globalization;
using Kumiki.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Kumiki.Rules.Analyzers;

/// <summary>An author's project as the compiler sees it: a few lines of source over a small platform of the same words.</summary>
static class Author
{
    const string Platform = """
        namespace Kumiki;
        public abstract class Asset;
        public abstract class Dataset<T> : Asset;
        public abstract class Model<T> : Asset { public double Score(T row) => 0; }
        public abstract class Threshold(Asset model) : Asset { public Asset Of { get; } = model; }
        public abstract class Endpoint<TIn, TOut> : Asset { public virtual object? Decision => null; }
        public abstract class BatchPrediction<T> : Asset;
        public abstract class Goal : Asset;
        public sealed class Family<T>;
        public sealed class FamilyKey { public string Slug => ""; }
        [System.AttributeUsage(System.AttributeTargets.Class)]
        public sealed class OnlyForAttribute(params System.Type[] users) : System.Attribute { public System.Type[] Users { get; } = users; }
        [System.AttributeUsage(System.AttributeTargets.Property)]
        public sealed class ParameterAttribute : System.Attribute { public double Min { get; set; } public double Max { get; set; } }
        """;

    const string Usings =
        "global using System; global using System.IO; global using System.Linq; global using System.Collections.Generic; global using Kumiki;";

    static readonly CSharpParseOptions Language = new(LanguageVersion.Preview);

    static readonly ImmutableArray<MetadataReference> Framework = Assemblies("System."), RealPlatform = Assemblies("Kumiki.");

    static readonly Lazy<MetadataReference> PlatformReference = new(() =>
    {
        var compilation = CSharpCompilation.Create("Kumiki.Platform", [CSharpSyntaxTree.ParseText(Platform, Language)], Framework, Options(false));
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        return result.Success ? MetadataReference.CreateFromImage(image.ToArray()) : throw new InvalidOperationException(string.Join('\n', result.Diagnostics));
    });

    public static ImmutableArray<DiagnosticAnalyzer> Analyzers { get; } =
        [new DependencyAnalyzer(), new StateAnalyzer(), new ParameterAnalyzer(), new OutsideReadAnalyzer(), new AssetSuppressor()];

    /// <summary>All that the compiler and the analyzers say of a project, in order, each with the source it stands on:
    /// <c>KMK001 [OldSales] DemandModel is made from …</c>.</summary>
    public static IReadOnlyList<string> Says(string source, bool warningsAsErrors = false) =>
        [.. Diagnostics(source, warningsAsErrors).Where(d => d is { IsSuppressed: false, Severity: not DiagnosticSeverity.Hidden }).Select(Written)];

    /// <summary>The ids of those findings, each once.</summary>
    public static IReadOnlyList<string> SaysIds(string source) => [.. Says(source).Select(f => f.Split(' ')[0]).Distinct()];

    /// <summary>Everything, also what was suppressed. An analyzer that throws fails the test.</summary>
    public static IReadOnlyList<Diagnostic> Diagnostics(string source, bool warningsAsErrors = false, CSharpCompilation? of = null)
    {
        var compilation = of ?? Compile(source, warningsAsErrors);
        var crashes = new List<Exception>();
        var analysis = new CompilationWithAnalyzers(compilation, Analyzers, new CompilationWithAnalyzersOptions(
            new AnalyzerOptions([]), (crash, _, _) => { lock (crashes) crashes.Add(crash); },
            concurrentAnalysis: true, logAnalyzerExecutionTime: false, reportSuppressedDiagnostics: true));
        var found = analysis.GetAllDiagnosticsAsync().GetAwaiter().GetResult();
        if (crashes.Count > 0) throw new AggregateException($"An analyzer crashed on:\n{source}", crashes);
        return [.. found.OrderBy(d => d.Location.SourceSpan.Start).ThenBy(d => d.Id, StringComparer.Ordinal)
            .ThenBy(d => d.GetMessage(CultureInfo.InvariantCulture), StringComparer.Ordinal)];
    }

    /// <param name="onRealPlatform">Over Kumiki itself rather than the small one.</param>
    public static CSharpCompilation Compile(string source, bool warningsAsErrors = false, bool onRealPlatform = false) => CSharpCompilation.Create("Author",
        [CSharpSyntaxTree.ParseText(Usings, Language), CSharpSyntaxTree.ParseText(source, Language, "Author.cs")],
        onRealPlatform ? [.. Framework, .. RealPlatform] : [.. Framework, PlatformReference.Value], Options(warningsAsErrors));

    static ImmutableArray<MetadataReference> Assemblies(string start) =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(f => Path.GetFileName(f).StartsWith(start, StringComparison.Ordinal)).Select(f => MetadataReference.CreateFromFile(f))];

    static string Written(Diagnostic finding) =>
        $"{finding.Id} [{finding.Location.SourceTree?.GetText().ToString(finding.Location.SourceSpan)}] {finding.GetMessage(CultureInfo.InvariantCulture)}";

    static CSharpCompilationOptions Options(bool warningsAsErrors) => new(OutputKind.DynamicallyLinkedLibrary,
        nullableContextOptions: NullableContextOptions.Enable,
        generalDiagnosticOption: warningsAsErrors ? ReportDiagnostic.Error : ReportDiagnostic.Default,
        specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress), new("CS1702", ReportDiagnostic.Suppress)]);
}
