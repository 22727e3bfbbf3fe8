using Xunit;

namespace Kumiki.Journeys;

/// <summary>What <c>./kumiki test</c> makes of its suites, with the build, dotnet and npm played by scripts.</summary>
public sealed class TestScriptTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-test-").FullName;

    public TestScriptTests()
    {
        foreach (var directory in new[] { "eng", "tools", "tests/Beans", "tests/Roast", "tests/Probe", "web" }) Directory.CreateDirectory(PathOf(directory));
        foreach (var file in new[] { "eng/test", "eng/steps.sh" }) File.Copy(Checkout.PathOf(file), PathOf(file));
        foreach (var project in new[] { "tests/Beans/Kumiki.Beans.csproj", "tests/Roast/Kumiki.Roast.csproj" }) File.WriteAllText(PathOf(project), "<IsTestProject>true</IsTestProject>");
        File.WriteAllText(PathOf("tests/Probe/Kumiki.Probe.csproj"), "<OutputType>Exe</OutputType>");     // a program that tests start, no suite
        Play("eng/build", "exit 0");
        Play("tools/npm", "exit 0");
        Suites(beans: "wrote Passed Passed NotExecuted", roast: "wrote Passed");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_last_line_is_the_sum_over_every_suite_and_the_spacing()
    {
        var (code, said) = await TestAsync();

        Assert.Equal((0, "4 passed, 0 failed, 1 skipped"), (code, LastLine(said)));
        Assert.Matches(@"(?m)^» dotnet test Kumiki.Beans: 2 passed, 0 failed, 1 skipped … \d+\.\d s$", said);
        Assert.DoesNotContain("words of Kumiki", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_test_shows_its_suite_s_words_and_fails_the_whole()
    {
        Suites(beans: "wrote Passed Failed; exit 1", roast: "wrote Passed");

        var (code, said) = await TestAsync();

        Assert.Equal((1, "3 passed, 1 failed, 0 skipped"), (code, LastLine(said)));
        Assert.Contains("  words of Kumiki.Beans", said, StringComparison.Ordinal);
        Assert.DoesNotContain("words of Kumiki.Roast", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_suite_that_breaks_off_counts_as_a_failure()
    {
        Suites(beans: "exit 134", roast: "wrote Passed");

        var (code, said) = await TestAsync();

        Assert.Equal((1, "2 passed, 1 failed, 0 skipped"), (code, LastLine(said)));
        Assert.Contains("» dotnet test Kumiki.Beans: 0 passed, 1 failed, 0 skipped", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Probe", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_spacing_is_a_failure()
    {
        Suites(beans: "wrote Passed", roast: "wrote Passed", format: "exit 2");

        Assert.Equal((1, "2 passed, 1 failed, 0 skipped"), await CodeAndSumAsync());
    }

    [Fact]
    public async Task The_pages_tests_count_too()
    {
        File.WriteAllText(PathOf("web/package.json"), "{}");
        Play("tools/npm", """for a; do case $a in --outputFile.json=*) echo '{"numPassedTests":5,"numFailedTests":2,"numPendingTests":1,"numTodoTests":0}' >"${a#*=}" ;; esac; done; exit 1""");

        Assert.Equal((1, "9 passed, 2 failed, 2 skipped"), await CodeAndSumAsync());
    }

    [Fact]
    public async Task Words_choose_the_tests_and_finding_none_is_a_failure()
    {
        Suites(beans: "echo \"$@\" >filter; wrote", roast: "wrote");

        Assert.Equal((1, "0 passed, 0 failed, 0 skipped"), await CodeAndSumAsync("Cup", "Water"));
        Assert.Contains("--filter FullyQualifiedName~Cup|FullyQualifiedName~Water", await File.ReadAllTextAsync(PathOf("filter")), StringComparison.Ordinal);
    }

    async Task<(int Code, string Sum)> CodeAndSumAsync(params IReadOnlyList<string> words)
    {
        var (code, said) = await TestAsync(words);
        return (code, LastLine(said));
    }

    Task<(int Code, string Said)> TestAsync(params IReadOnlyList<string> words) =>
        Checkout.RunAsync(folder, new Dictionary<string, string> { ["PATH"] = $"{PathOf("tools")}:{Environment.GetEnvironmentVariable("PATH")}" }, PathOf("eng/test"), words);

    static string LastLine(string said) => said.TrimEnd('\n').Split('\n')[^1];

    string PathOf(string relative) => Path.Combine(folder, relative);

    /// <summary>Plays dotnet: what each suite does; <c>wrote OUTCOME…</c> writes its results.</summary>
    void Suites(string beans, string roast, string format = "exit 0") => Play("tools/dotnet", $$"""
        [[ $1 == format ]] && { {{format}}; }
        echo "words of $(basename "$2" .dll)"
        name=$2
        wrote() { for outcome; do echo "<UnitTestResult testName=\"x\" outcome=\"$outcome\">"; done >"artifacts/tests/$(basename "$name" .dll)/results.trx"; }
        case $2 in
          *Beans*) {{beans}} ;;
          *) {{roast}} ;;
        esac
        """);

    void Play(string program, string body)
    {
        File.WriteAllText(PathOf(program), $"#!/bin/bash\n{body}\n");
        File.SetUnixFileMode(PathOf(program), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
