using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

namespace Kumiki.Bench;

/// <summary>Every test that kills a process, in full: at each durable step, and at 300 random instants.</summary>
/// <remarks>The tests are those in files that ask for <c>KUMIKI_ALL_KILLS</c>; they say themselves how often they killed. <c>KUMIKI_ALL_KILLS=0</c> runs the few that every test run has.</remarks>
static class Kills
{
    const string All = "KUMIKI_ALL_KILLS";

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        figures.Print("all", Environment.GetEnvironmentVariable(All) ?? "1");
        var (passed, failed) = (0, 0);
        foreach (var project in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "tests"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            List<string> classes = [.. Directory.EnumerateFiles(Path.GetDirectoryName(project)!, "*.cs", SearchOption.AllDirectories)
                .Where(f => File.ReadAllText(f).Contains(All, StringComparison.Ordinal)).Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];
            if (classes.Count == 0) continue;
            foreach (var test in await TestAsync(Path.GetFileNameWithoutExtension(project), classes, folder, stop))
            {
                (passed, failed) = test.Passed ? (passed + 1, failed) : (passed, failed + 1);
                figures.Print(test.Name, test.Took);
                foreach (var line in test.Said) figures.Print(test.Name, line);
            }
        }
        figures.Print("passed", passed, "tests");
        figures.Print("failed", failed, "tests");
        if (failed > 0) throw new BenchmarkException("A kill left what must not be: see the failed tests above.");
    });

    sealed record Test(string Name, bool Passed, TimeSpan Took, IReadOnlyList<string> Said);

    static async Task<IReadOnlyList<Test>> TestAsync(string assembly, IReadOnlyList<string> classes, string folder, CancellationToken stop)
    {
        var built = Path.Combine(Checkout.Root, "artifacts", "bin", assembly, "debug", assembly + ".dll");
        if (!File.Exists(built)) throw new BenchmarkException($"{built} is not there. Run ./kumiki bench kills, which builds it.");
        var results = Path.Combine(folder, assembly + ".trx");
        var filter = string.Join('|', classes.Select(c => $"FullyQualifiedName~.{c}."));
        var start = new ProcessStartInfo("dotnet", ["test", built, "--filter", filter, "--results-directory", folder, "--logger", $"trx;LogFileName={assembly}.trx"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.TryAdd(All, "1");
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        await process.WaitForExitAsync(stop);
        if (!File.Exists(results)) throw new BenchmarkException($"The tests of {assembly} did not run: {string.Join(" | ", said.SelectMany(s => s.Split('\n')).Where(l => l.Length > 0).TakeLast(5))}");
        XNamespace trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
        return [.. XDocument.Load(results).Descendants(trx + "UnitTestResult").Select(r => new Test(
            ((string)r.Attribute("testName")!).Split('.')[^1],
            (string)r.Attribute("outcome")! == "Passed",
            TimeSpan.Parse((string)r.Attribute("duration")!, CultureInfo.InvariantCulture),
            [.. r.Descendants(trx + "StdOut").Concat(r.Descendants(trx + "Message")).SelectMany(o => o.Value.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))]))
            .OrderBy(t => t.Name, StringComparer.Ordinal)];
    }
}
