using System.Text.RegularExpressions;
using Xunit;

namespace Kumiki.Rules;

public sealed partial class CatalogueTests
{
    [GeneratedRegex(@"\{([a-z][A-Za-z]*)\}")]
    private static partial Regex Hole();

    [Fact]
    public void Every_entry_has_both_languages_and_the_same_holes()
    {
        foreach (var id in Catalogue.Ids)
        {
            var english = Hole().Matches(Catalogue.Text(id, "en")).Select(m => m.Value).Order().Distinct();
            var japanese = Hole().Matches(Catalogue.Text(id, "ja")).Select(m => m.Value).Order().Distinct();
            Assert.True(english.SequenceEqual(japanese), $"{id}: the holes of en and ja differ.");
        }
    }

    [GeneratedRegex("Message\\.Of\\(\\s*\"([a-z0-9.-]+)\"")]
    private static partial Regex Use();

    [Fact]
    public void Every_message_the_code_says_is_in_the_catalogue_and_the_reverse()
    {
        var used = SourceTree.Files("src", "*.cs").Concat(SourceTree.Files("systems", "*.cs"))
            .SelectMany(f => Use().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).ToHashSet();

        Assert.Empty(used.Except(Catalogue.Ids));
        Assert.Empty(Catalogue.Ids.Where(id => !id.StartsWith("page.", StringComparison.Ordinal)).Except(used));
    }
}
