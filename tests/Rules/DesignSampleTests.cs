using System.Text.RegularExpressions;
using Kumiki.Rules.Analyzers;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Kumiki.Rules;

/// <summary>The samples that say what an author writes compile, with the analyzers on and warnings as errors.</summary>
public sealed partial class DesignSampleTests
{
    /// <summary>What the samples take as given: the rows, goals and the second model they speak of.</summary>
    const string Given = """
        global using System;
        global using System.ComponentModel.DataAnnotations;
        global using Kumiki;
        public sealed record DemandRow(DateOnly Week, string Store, string Item, int Units, double? TwoWeeksAgo);
        public sealed class DemandGoal : Goal
        {
            protected override GoalStatement Statement => new() { Problem = "Order two weeks ahead.", Measure = "mean absolute error in units", Target = 25 };
        }
        public sealed class ModerationGoal : Goal
        {
            protected override GoalStatement Statement => new()
            {
                Problem = "Violations stay up too long.", Measure = "violations seen a day",
                Costs = CostMatrix.Of("JPY", ("violation", "fine"), ("suspend", "publish"), new double[,] { { 0, 100 }, { 5, 0 } }),
            };
        }
        public enum Verdict { Publish, Review, Suspend }
        public sealed record Photo(DateOnly Day, double Redness, bool Violation);
        public sealed class Photos : Dataset<Photo> { public override Source Source => Source.Csv("photos/*.csv"); }
        public sealed class ViolationModel(Photos photos) : Model<Photo>
        {
            public override Split Split => Split.ByTime(photos, r => r.Day, validation: 4, test: 8);
            public override Learner Learner => Features.Number(r => r.Redness).Then(Trees.Binary(r => r.Violation));
        }
        """;

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharp();

    static string Design => File.ReadAllText(Path.Combine(Directory.GetParent(SourceTree.Root)!.FullName, "shared", "DESIGN.md"));

    static string[] Errors(string source) =>
        [.. Author.Diagnostics("", warningsAsErrors: true, of: Author.Compile(source, warningsAsErrors: true, onRealPlatform: true)).Where(d => d is { IsSuppressed: false, Severity: >= DiagnosticSeverity.Warning }).Select(d => d.ToString())];

    [Fact]
    public void The_designs_samples_compile_as_they_stand()
    {
        var samples = CSharp().Matches(Design).Select(m => m.Groups["code"].Value).Where(c => c.Contains(": Dataset<", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(samples);
        Assert.All(samples, sample => Assert.Empty(Errors(Given + "\n" + sample)));
    }

    [Fact]
    public void The_readmes_samples_compile_as_they_stand()
    {
        const string sale = "public sealed record Sale(DateOnly Date, string Store, string Item, int Units, decimal Price);\n";
        var samples = CSharp().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "README.md"))).Select(m => m.Groups["code"].Value).ToList();

        Assert.NotEmpty(samples);
        Assert.All(samples, sample => Assert.Empty(Errors(Given + "\n" + sale + sample)));
    }

    [Fact]
    public void The_designs_program_compiles_as_it_stands()
    {
        var program = Regex.Match(Design, "`(return await Workshop\\.RunAsync\\(.*?\\);)`").Groups[1].Value;

        Assert.NotEqual("", program);
        Assert.Empty(Errors(Given + "\npublic static class Program { public static async System.Threading.Tasks.Task<int> Main(string[] args) { " + program + " } }"));
    }

    [Fact]
    public void A_sample_with_a_fault_does_not_pass() =>
        Assert.NotEmpty(Errors(Given + "\npublic sealed class Weekly(Missing sales) : Dataset<DemandRow>;"));
}
