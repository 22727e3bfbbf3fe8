using System.Text.RegularExpressions;
using Kumiki.Testing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class ReportPageTests
{
    [Fact]
    public async Task The_page_and_the_card_are_whole_files_in_either_language_that_need_nothing_from_elsewhere()
    {
        await using var world = ReportWorld.Of(900);
        var (made, report) = await ReportWorld.MakeAsync(world);
        var version = made["loan-report"];
        Assert.Equal(["card.html", "card.md", "report.html", "report.json"], version.Files.Select(f => f.Path));

        var html = await File.ReadAllTextAsync(await ReportWorld.PathAsync(world, version, "report.html"));
        foreach (var page in new[] { html, ReportHtml.Of(report, "ja"), await File.ReadAllTextAsync(await ReportWorld.PathAsync(world, version, "card.html")) })
        {
            Assert.DoesNotMatch(new Regex("(src|href)=\"(?!#)|<script|@import|url\\("), page);
            Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
            Assert.DoesNotMatch(new Regex("\\{[a-z]+[A-Za-z]*\\}(?!\\})"), Regex.Replace(page, "<style>.*?</style>", "", RegexOptions.Singleline));
        }
        // Each picture has its numbers to unfold.
        Assert.Equal(Regex.Count(html, "<figure"), Regex.Count(html, "</svg>"));
        Assert.True(Regex.Count(html, "<details>") >= Regex.Count(html, "<figure"));
        Assert.InRange(Regex.Count(html, "<figure"), 8, 30);
        foreach (var section in new[] { "verdict", "output", "slices", "importance", "input", "process" }) Assert.Contains($"<section id=\"{section}\"", html, StringComparison.Ordinal);
        Assert.Contains("判定", ReportHtml.Of(report, "ja"), StringComparison.Ordinal);
        Assert.InRange(html.Length, 10_000, 600_000);
    }

    [Fact]
    public async Task The_card_says_what_the_lineage_and_people_say_and_where_nobody_said_anything()
    {
        await using var world = ReportWorld.Of(900);
        var (made, report) = await ReportWorld.MakeAsync(world);

        var card = await File.ReadAllTextAsync(await ReportWorld.PathAsync(world, made["loan-report"], "card.md"));

        Assert.StartsWith("# loan-model@1\n", card, StringComparison.Ordinal);
        Assert.Contains("Small loans to adults.", card, StringComparison.Ordinal);
        Assert.Contains("Not tried on companies.", card, StringComparison.Ordinal);
        Assert.Contains("| version | loans@1 |", card, StringComparison.Ordinal);
        Assert.Contains("loans.csv", card, StringComparison.Ordinal);
        Assert.Contains("## Ethics\n\nNothing was said.", card, StringComparison.Ordinal);
        Assert.Contains("| region = south |", card, StringComparison.Ordinal);
        Assert.Contains(report.Verdict.Go ? "| Verdict | GO |" : "| Verdict | NO-GO |", card, StringComparison.Ordinal);
    }
}
