using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace Kumiki.Rules.Analyzers;

/// <summary><c>docs/analyzers.md</c> has a section for every rule, and its examples are true.</summary>
public sealed partial class DocumentTests
{
    [GeneratedRegex(@"^## (KMK\d+)\n(.*?)(?=^## )", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^```csharp (bad|good)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();

    static readonly string Page = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "analyzers.md"));

    static IEnumerable<DiagnosticDescriptor> Rules => Author.Analyzers.Where(a => a is not DiagnosticSuppressor).SelectMany(a => a.SupportedDiagnostics);

    public static TheoryData<string> Ids => [.. Rules.Select(d => d.Id).Order()];

    [Fact]
    public void The_rules_are_numbered_without_a_gap() => Assert.Equal(Enumerable.Range(1, 11).Select(n => $"KMK{n:000}"), Rules.Select(d => d.Id).Order());

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_rule_has_a_title_a_reason_a_link_and_a_section_whose_examples_hold(string id)
    {
        var rule = Rules.Single(d => d.Id == id);
        Assert.Equal("Kumiki", rule.Category);
        Assert.Equal($"docs/analyzers.md#{id.ToLowerInvariant()}", rule.HelpLinkUri);
        Assert.NotEmpty(rule.Description.ToString());

        var section = Section().Matches(Page).Single(m => m.Groups[1].Value == id).Groups[2].Value;
        Assert.StartsWith($"**{rule.Title}.**", section, StringComparison.Ordinal);
        var severity = rule.DefaultSeverity == DiagnosticSeverity.Info ? "information" : rule.DefaultSeverity.ToString().ToLowerInvariant();
        Assert.Contains($"| [{id}](#{id.ToLowerInvariant()}) | {severity} |", Page, StringComparison.Ordinal);

        var examples = Example().Matches(section)
            .ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value + "public sealed record Sale; public sealed record Photo;");
        Assert.Equal([id], Author.SaysIds(examples["bad"]));
        Assert.Empty(Author.Says(examples["good"]));
        Assert.Equal([id], RulesOnRealPlatform(examples["bad"]));
        Assert.Empty(RulesOnRealPlatform(examples["good"]));
    }

    /// <summary>Over Kumiki itself, so that a rule notices when one of the platform's words is renamed; the examples leave out what else an
    /// asset must say.</summary>
    static IEnumerable<string> RulesOnRealPlatform(string example) => Author.Diagnostics(example, of: Author.Compile(example, onRealPlatform: true))
        .Where(d => !d.IsSuppressed && d.Id.StartsWith("KMK", StringComparison.Ordinal)).Select(d => d.Id).Distinct();

    [Fact]
    public void Every_warning_that_is_taken_back_is_listed()
    {
        foreach (var taken in Author.Analyzers.OfType<DiagnosticSuppressor>().SelectMany(s => s.SupportedSuppressions))
            Assert.Contains(taken.SuppressedDiagnosticId, Page[Page.IndexOf("## Suppressions", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }
}
