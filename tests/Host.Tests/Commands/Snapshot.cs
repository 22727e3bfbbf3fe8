using System.Text.RegularExpressions;
using Kumiki.Journeys;
using Xunit;

namespace Kumiki.Host.Tests.Commands;

/// <summary>A reviewed text file that a program's words are compared with. <c>KUMIKI_ACCEPT=1</c> writes it anew.</summary>
static partial class Snapshot
{
    static readonly bool Accept = Environment.GetEnvironmentVariable("KUMIKI_ACCEPT") == "1";

    /// <summary>Compares what a command said, without what differs from one time and machine to the next.</summary>
    public static void Same(string name, string said, string folder = "/no folder")
    {
        var path = Checkout.PathOf($"tests/Host.Tests/Commands/snapshots/{name}.txt");
        var now = Plain(said, folder);
        if (Accept) File.WriteAllText(path, now);
        Assert.True(File.Exists(path), $"{path} is not there; KUMIKI_ACCEPT=1 writes it.");
        var then = File.ReadAllText(path);
        Assert.True(then == now, $"{name}.txt differs (- reviewed, + now):\n{Difference(then.Split('\n'), now.Split('\n'))}If the new words are right, run the test with KUMIKI_ACCEPT=1 and review the change of {path}.");
    }

    static string Plain(string said, string folder)
    {
        said = said.Replace(folder, "FOLDER", StringComparison.Ordinal);
        said = Cores().Replace(said, "$1[default: CORES]");
        said = Digest().Replace(said, "DIGEST");
        said = Time().Replace(said, "TIME");
        said = Took().Replace(said, "TOOK");
        said = Size().Replace(said, "SIZE");
        said = Blobs().Replace(said, "COUNT (SIZE)");
        said = Run().Replace(said, "run-N");
        var plain = Figure().Replace(said, "FIGURE");
        return plain == said ? said : Gap().Replace(plain, "  ");      // columns are as wide as their figures
    }

    /// <summary>The lines that only one of them has, in their order: a longest common subsequence stays unsaid.</summary>
    static string Difference(string[] then, string[] now)
    {
        var longest = new int[then.Length + 1, now.Length + 1];
        for (var i = then.Length - 1; i >= 0; i--)
            for (var j = now.Length - 1; j >= 0; j--)
                longest[i, j] = then[i] == now[j] ? longest[i + 1, j + 1] + 1 : Math.Max(longest[i + 1, j], longest[i, j + 1]);
        var text = new System.Text.StringBuilder();
        for (int i = 0, j = 0; i < then.Length || j < now.Length;)
        {
            if (i < then.Length && j < now.Length && then[i] == now[j]) (i, j) = (i + 1, j + 1);
            else if (j == now.Length || (i < then.Length && longest[i + 1, j] >= longest[i, j + 1])) text.Append("- ").Append(then[i++]).Append('\n');
            else text.Append("+ ").Append(now[j++]).Append('\n');
        }
        return text.ToString();
    }

    [GeneratedRegex(@"((?:Makings|Trials) at one time\. )\[default: \d+\]")]
    private static partial Regex Cores();

    [GeneratedRegex(@"\b([0-9a-f]{64}|(?=[0-9a-f]*\d)[0-9a-f]{12})\b")]
    private static partial Regex Digest();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b")]
    private static partial Regex Time();

    [GeneratedRegex(@"\b\d+\.\d\d s\b")]
    private static partial Regex Took();

    [GeneratedRegex(@"\b\d+(\.\d)? (B|KiB|MiB)(?=\s)")]
    private static partial Regex Size();

    // How many files the program has, and how large they are, is not what is reviewed.
    [GeneratedRegex(@"\b\d+ \(\d+ bytes\)")]
    private static partial Regex Blobs();

    [GeneratedRegex(@"\brun-\d+\b")]
    private static partial Regex Run();

    [GeneratedRegex(@"(?<=\S) {2,}")]
    private static partial Regex Gap();

    [GeneratedRegex(@"\b\d+\.\d{2,}\b")]
    private static partial Regex Figure();
}
