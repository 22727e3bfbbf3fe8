using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace Kumiki.Releasing.Tests;

/// <summary>Each finding with its example, in both languages, as a reviewed file: <c>ReleaseFindings.txt</c>. KUMIKI_ACCEPT=1 writes it anew.</summary>
public sealed class ReleaseFindingsTests
{
    sealed record Example(string Title, string[] Lines, string[] Holds, string Release);

    static readonly Example[] Examples =
    [
        new("a threshold chosen on another model", ["beans@3", "beans@4", "roaster@4 from beans@3", "cut@1 from roaster@4", "roaster@5 from beans@4"],
            ["roaster@4", "cut@1"], "roaster@5"),
        new("a threshold ahead of its model", ["beans@3", "roaster@4 from beans@3", "roaster@5 from beans@3", "cut@1 from roaster@4", "cut@2 from roaster@5"],
            ["roaster@4", "cut@1"], "cut@2"),
        new("several ahead of their models",
            ["beans@3", "roaster@4 from beans@3", "roaster@5 from beans@3", "grinder@1 from beans@3", "cut@2 from roaster@5", "mill@1 from grinder@1"],
            ["roaster@4"], "cut@2 mill@1"),
        new("an endpoint without its model", ["beans@3", "roaster@4 from beans@3", "endpoint shop@1 from roaster@4"], [], "shop@1"),
        new("a model leaves that an endpoint was cut for", ["beans@3", "roaster@4 from beans@3", "endpoint shop@1 from roaster@4"], ["roaster@4", "shop@1"],
            "--without roaster"),
        new("a fit that was never read, and the other version asked for",
            ["beans@3", "roaster@4 from beans@3", "roaster@5 from beans@3", "endpoint shop@1 from unread roaster@4"], ["roaster@4", "shop@1"], "roaster@5"),
        new("a fit that was never read, and the other version in production",
            ["beans@3", "roaster@4 from beans@3", "roaster@5 from beans@3", "endpoint shop@1 from unread roaster@4"], ["roaster@5"], "shop@1"),
        new("one of two models moved on", ["sales@9", "sales@10", "demand@7 from sales@9", "price@2 from sales@9", "price@3 from sales@10"],
            ["demand@7", "price@2"], "price@3"),
        new("one of two models moved on, the other has data between",
            ["sales@9", "sales@10", "dataset weekly@4 from sales@9", "goal aim@1", "model demand@7 from weekly@4, aim@1", "price@3 from sales@10"],
            ["demand@7"], "price@3"),
        new("the data between moved on as well",
            ["sales@9", "sales@10", "dataset weekly@4 from sales@9", "dataset weekly@5 from sales@10", "model demand@7 from weekly@4",
            "model price@3 from weekly@5"], ["demand@7"], "price@3"),
        new("an ensemble, which does not answer for its parts",
            ["sales@9", "sales@10", "demand@7 from sales@9", "price@3 from sales@10", "model blend@1 from fit demand@7, fit price@3"],
            ["demand@7"], "price@3 blend@1"),
        new("a model at odds with itself", ["sales@9", "sales@10", "dataset weekly@4 from sales@9", "model demand@7 from weekly@4, sales@10"], [], "demand@7"),
        new("two parts of which no one version has both", ["table@1 {a=1, b=1}", "table@2 {a=2, b=2}", "first@1 from table@1[a]", "second@1 from table@2[b]"],
            ["first@1"], "second@1"),
        new("an opt-out", ["sales@4", "sales@9", "season@1 from sales@4 apart from sales: seasons are learned once a year", "demand@7 from sales@9"],
            ["season@1"], "demand@7"),
        new("a model from elsewhere that cannot serve, waived in vain", ["model forest@1 unservable"], [], "forest@1 --waive forest@1:onnx=because"),
        new("read but not declared", ["sales@9", "aim@1", "model demand@7 from sales@9, undeclared aim@1 reading /tmp/rates.csv"], [], "demand@7"),
        new("a check that did not hold", ["sales@9 fails expectation fresh", "demand@7 from sales@9 fails goal beats-baseline"], [], "demand@7"),
        new("one check waived, with a reason that a shell must not read",
            ["sales@9 fails expectation fresh", "demand@7 from sales@9 fails goal beats-baseline"], [], "demand@7 --waive 'sales@9:fresh=holiday; no sales'"),
        new("waivers of nothing", ["sales@9", "demand@7 from sales@9"], [], "demand@7 --waive demand@7:beauty=because --waive nobody@1:beauty=because"),
        new("an unknown version, one named twice, one both in and out, and one that cannot leave",
            ["sales@9", "demand@7 from sales@9", "demand@8 from sales@9"], ["demand@7"],
            "demand@7 demand@8 cut@3 --without demand --without price"),
        new("nothing would change", ["sales@9", "demand@7 from sales@9"], ["demand@7"], "demand@7"),
        new("nothing was asked", ["sales@9", "demand@7 from sales@9"], ["demand@7"], ""),
    ];

    [Fact]
    public void Each_finding_says_what_where_and_how_to_mend_it()
    {
        var text = new StringBuilder();
        foreach (var example in Examples)
        {
            text.AppendLine($"# {example.Title}");
            foreach (var line in example.Lines) text.AppendLine($"  {line}");
            text.AppendLine($"  production: {(example.Holds.Length == 0 ? "nothing" : string.Join(' ', example.Holds))}")
                .AppendLine($"$ kumiki release {example.Release}".TrimEnd());
            var findings = Shelf.Of(example.Lines).Check(example.Holds.Length == 0 ? Production.Empty : Shelf.Holding(example.Holds), example.Release);
            foreach (var finding in findings)
            {
                text.AppendLine($"{(finding.Severity == Severity.Note ? "note" : "refused")} [{finding.Rule}] {finding.Says.In("en")}")
                    .AppendLine($"        {finding.Says.In("ja")}");
                foreach (var mend in finding.Mends) text.AppendLine($"    → {mend}");
            }
            text.AppendLine(ReleaseCheck.Refuses(findings) ? "" : "goes live\n");
        }
        var reviewed = Path.Combine(Path.GetDirectoryName(Here())!, "ReleaseFindings.txt");
        if (Environment.GetEnvironmentVariable("KUMIKI_ACCEPT") == "1") File.WriteAllText(reviewed, text.ToString());
        Assert.Equal(File.ReadAllText(reviewed), text.ToString());
    }

    static string Here([CallerFilePath] string path = "") =>
        // the build maps the checkout's path
        path.StartsWith("/kumiki/", StringComparison.Ordinal) ? Path.Combine(Checkout(), path["/kumiki/".Length..]) : path;

    static string Checkout()
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (File.Exists(Path.Combine(up.FullName, "Kumiki.slnx"))) return up.FullName;
        throw new InvalidOperationException("These tests run from a checkout.");
    }
}
