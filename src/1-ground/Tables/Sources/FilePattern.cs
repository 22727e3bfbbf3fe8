using System.Text;
using System.Text.RegularExpressions;

namespace Kumiki.Tables;

/// <summary>The files a pattern names.</summary>
static class FilePattern
{
    /// <summary>Full paths, in ordinal order.</summary>
    /// <exception cref="KumikiException">There is none, and there has to be one.</exception>
    internal static IReadOnlyList<string> Find(string pattern, string root, bool mayBeNone = false)
    {
        var parts = Path.GetFullPath(Path.Combine(root, pattern)).Split('/');
        var plain = parts.TakeWhile(p => p.AsSpan().IndexOfAny('*', '?') < 0).Count();
        var files = plain == parts.Length ? Exactly(string.Join('/', parts)) : Below(string.Join('/', parts[..plain]), parts[plain..]);
        var found = files.Order(StringComparer.Ordinal).ToArray();
        return found.Length > 0 || mayBeNone ? found : throw new KumikiException(Message.Of("tables.files-none", ("pattern", pattern), ("root", Path.GetFullPath(root))));
    }

    /// <summary>The folder below which a pattern's files lie: what stands before its first wildcard.</summary>
    internal static string Base(string pattern, string root)
    {
        var parts = Path.GetFullPath(Path.Combine(root, pattern)).Split('/');
        var plain = parts.TakeWhile(p => p.AsSpan().IndexOfAny('*', '?') < 0).Count();
        return string.Join('/', parts[..Math.Min(plain, parts.Length - 1)]);
    }

    static IEnumerable<string> Exactly(string path) => File.Exists(path) ? [path] : [];

    static IEnumerable<string> Below(string folder, string[] parts)
    {
        if (folder.Length == 0) folder = "/";
        if (!Directory.Exists(folder)) return [];
        var expression = new StringBuilder("^");
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] == "**")
                expression.Append("(?:[^/]+/)*");
            else
                expression.Append(Regex.Escape(parts[i]).Replace("\\*", "[^/]*", StringComparison.Ordinal).Replace("\\?", "[^/]", StringComparison.Ordinal))
                    .Append(i < parts.Length - 1 ? "/" : "");
        }
        var matches = new Regex(expression.Append('$').ToString(), RegexOptions.CultureInvariant);
        var deep = parts.Length > 1 ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly;
        return Directory.EnumerateFiles(folder, "*", deep).Where(f => matches.IsMatch(Path.GetRelativePath(folder, f)));
    }
}
