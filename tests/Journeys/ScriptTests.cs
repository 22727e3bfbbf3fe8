using System.Text.RegularExpressions;
using Xunit;

namespace Kumiki.Journeys;

public sealed partial class ScriptTests
{
    static readonly string[] Scripts = ["kumiki", ".ci/run", "eng/setup", "eng/build", "eng/test", "eng/bench"];

    [Fact]
    public async Task Every_script_passes_the_shell_checker()
    {
        var (code, said) = await Checkout.RunAsync("shellcheck", ["-x", .. Scripts]);

        Assert.True(code == 0, said);
    }

    [Fact]
    public void Every_file_of_eng_that_runs_is_checked()
    {
        var runs = Directory.EnumerateFiles(Checkout.PathOf("eng")).Where(f => (File.GetUnixFileMode(f) & UnixFileMode.UserExecute) != 0).Select(f => "eng/" + Path.GetFileName(f));

        Assert.Equal(Scripts.Where(s => s.StartsWith("eng/", StringComparison.Ordinal)).Order(), runs.Order());
    }

    [GeneratedRegex(@"^\./kumiki (?<verb>[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex Command();

    [Fact]
    public async Task Every_command_of_the_readme_is_in_the_help()
    {
        var (code, help) = await Checkout.RunAsync(Checkout.PathOf("kumiki"), "--help");
        var verbs = Command().Matches(await File.ReadAllTextAsync(Checkout.PathOf("README.md"))).Select(m => m.Groups["verb"].Value).Distinct().ToList();

        Assert.Equal(0, code);
        Assert.Contains("demo", verbs);
        Assert.Contains("test", verbs);
        Assert.All(verbs, verb => Assert.Matches($@"(?m)^ +{verb}\b", help));
    }

    [GeneratedRegex(@"\]\((?!https?:)(?<target>[^)#]+)(#[^)]*)?\)")]
    private static partial Regex Link();

    [Fact]
    public void Every_link_of_the_readme_and_the_docs_leads_somewhere()
    {
        foreach (var page in Directory.EnumerateFiles(Checkout.PathOf("docs"), "*.md", SearchOption.AllDirectories).Append(Checkout.PathOf("README.md")))
            foreach (var target in Link().Matches(File.ReadAllText(page)).Select(m => Path.Combine(Path.GetDirectoryName(page)!, m.Groups["target"].Value)))
                Assert.True(Path.Exists(target), $"{page} links to {target}, which is not there.");
    }

    [Fact]
    public async Task The_continuous_integration_runs_the_readme_s_test_command_and_nothing_else()
    {
        var commands = (await File.ReadAllLinesAsync(Checkout.PathOf(".ci/run"))).Where(l => l.Length > 0 && !l.StartsWith('#') && !l.StartsWith("set ", StringComparison.Ordinal));

        Assert.Equal(["exec \"$(dirname \"$0\")/../kumiki\" test"], commands);
    }

    [Fact]
    public async Task A_folder_without_a_program_is_refused_with_the_way_to_run_it()
    {
        var (code, said) = await Checkout.RunAsync(Checkout.PathOf("kumiki"), "make", "beans", "--project", Path.GetTempPath());

        Assert.Equal(1, code);
        Assert.Contains("dotnet run --project DIR -- make", said, StringComparison.Ordinal);
    }
}
