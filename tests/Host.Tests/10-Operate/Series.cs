using System.Text.RegularExpressions;

namespace Kumiki.Host.Tests.Operate;

/// <summary>What stands in metrics and in expressions over them: names with labels.</summary>
static partial class Series
{
    /// <summary>The sample names of a scrape, and of each the labels it has.</summary>
    public static Dictionary<string, HashSet<string>> OfScrape(string text)
    {
        var all = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n').Where(l => l.Length > 0 && l[0] != '#'))
        {
            var name = line[..line.IndexOfAny(['{', ' '])];
            if (!all.TryGetValue(name, out var labels)) all[name] = labels = new(StringComparer.Ordinal);
            if (line.Contains('{', StringComparison.Ordinal))
                foreach (Match label in Label().Matches(line[..line.LastIndexOf('}')])) labels.Add(label.Groups[1].Value);
        }
        return all;
    }

    /// <summary>The samples an expression names, with the labels it selects them by.</summary>
    public static IEnumerable<(string Name, IReadOnlyList<string> Labels)> OfExpression(string expression)
    {
        foreach (Match selector in Selector().Matches(expression))
            yield return (selector.Groups[1].Value, [.. Label().Matches(selector.Groups[2].Value).Select(m => m.Groups[1].Value)]);
    }

    /// <summary>The labels an expression groups by.</summary>
    public static IEnumerable<string> GroupedBy(string expression) =>
        Grouping().Matches(expression).SelectMany(m => m.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries));

    [GeneratedRegex("([a-z_]+)(?:=~|!=|!~|=)\"")]
    private static partial Regex Label();

    [GeneratedRegex(@"\b((?:kumiki|process|dotnet|nv)_[a-z_0-9]+|up)\b(?:\{([^}]*)\})?")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Grouping();
}
