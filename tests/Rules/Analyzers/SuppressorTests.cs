using Microsoft.CodeAnalysis;
using Xunit;

namespace Kumiki.Rules.Analyzers;

public sealed class SuppressorTests
{
    const string Project = """
        public sealed class Sales : Dataset<int>;
        public sealed class Regional(FamilyKey key) : Dataset<int> { public string Key => key.Slug; }
        public sealed class Forecast(Sales sales, Family<Regional> regions) : Model<int>;
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_asset_that_is_asked_for_and_not_read_is_no_warning_even_where_warnings_are_errors(bool warningsAsErrors)
    {
        Assert.Empty(Author.Says(Project, warningsAsErrors));
        Assert.Equal(["CS9113", "CS9113"], Author.Diagnostics(Project, warningsAsErrors).Where(d => d.IsSuppressed).Select(d => d.Id));
    }

    [Fact]
    public void Every_other_unread_parameter_still_warns() => Assert.Equal(
        [
            "CS9113 [key] Parameter 'key' is unread.",
            "CS9113 [sales] Parameter 'sales' is unread.",
            "CS9113 [count] Parameter 'count' is unread.",
        ],
        Author.Says("""
            public sealed class Sales : Dataset<int>;
            public sealed class Regional(FamilyKey key) : Dataset<int>;
            public sealed class Page(Sales sales);
            public abstract class Counted(int count) : Dataset<int>;
            """));

    [Fact]
    public void A_model_that_is_read_and_handed_to_the_base_is_no_warning()
    {
        const string Source = """
            public sealed class Roaster : Model<int>;
            public abstract class RoastCut(Roaster model) : Threshold(model);
            public sealed class Cut(Roaster model) : RoastCut(model) { public double Choose() => model.Score(3); }
            """;

        Assert.Empty(Author.Says(Source));
        Assert.Equal(["CS9107"], Author.Diagnostics(Source).Where(d => d.IsSuppressed).Select(d => d.Id));
    }

    [Fact]
    public void Other_values_that_are_read_and_handed_to_the_base_still_warn() => Assert.Equal(
        ["CS9107"],
        Author.SaysIds("""
            public abstract class Counted(int count) : Dataset<int> { public int Count { get; } = count; }
            public abstract class More(int count) : Counted(count) { public int Next => count + 1; }
            """));

    [Fact]
    public void Nothing_is_said_or_taken_back_where_kumiki_is_not_used()
    {
        var alone = Author.Compile("public class Page(string title);");
        alone = alone.RemoveReferences(alone.References.Last()).RemoveSyntaxTrees(alone.SyntaxTrees[0]);

        Assert.Equal(
            ["CS9113"],
            Author.Diagnostics("", of: alone).Where(d => d is { IsSuppressed: false, Severity: not DiagnosticSeverity.Hidden }).Select(d => d.Id));
    }
}
