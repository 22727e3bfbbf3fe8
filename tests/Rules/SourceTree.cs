namespace Kumiki.Rules;

/// <summary>The checkout these tests were built from.</summary>
static class SourceTree
{
    public static string Root { get; } = Find();

    /// <summary>The files under a folder of the checkout; none where there is no such folder yet.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.Exists(Path.Combine(Root, folder))
            ? Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories).Where(f => !f.Contains("/node_modules/", StringComparison.Ordinal))
            : [];

    static string Find()
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (File.Exists(Path.Combine(up.FullName, "Kumiki.slnx"))) return up.FullName;
        throw new InvalidOperationException("These tests run from a checkout.");
    }
}
