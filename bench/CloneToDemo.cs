using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Kumiki.Bench;

/// <summary>What a newcomer waits for: <c>git clone</c>, <c>./kumiki demo</c> until the page is served, and the same once more when everything is there.</summary>
/// <remarks>System packages and downloaded packages that this machine already has are not fetched again; what the script did is printed step by step.</remarks>
static partial class CloneToDemo
{
    const int WarmRuns = 7;

    [GeneratedRegex(@"^» (?<step>.+) … (?<seconds>\d+\.\d) s$")]
    private static partial Regex Step();

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var clone = Path.Combine(folder, "clone");
        var whole = Stopwatch.StartNew();
        await CloneAsync(clone, stop);
        figures.Print("clone", whole.Elapsed);

        var (server, took) = await Server.StartAsync(clone, ["demo"], line => PrintStep(figures, line), TimeSpan.FromMinutes(20), stop);
        await using (server) await server.StopAsync(stop);
        figures.Print("first", took);
        figures.Print("total", whole.Elapsed);

        var warm = new List<double>();
        for (var run = 0; run < WarmRuns; run++)
        {
            (server, took) = await Server.StartAsync(clone, ["demo"], said: _ => { }, TimeSpan.FromMinutes(1), stop);
            await using (server) await server.StopAsync(stop);
            warm.Add(took.TotalSeconds);
        }
        figures.Print("again", warm, "s");
    });

    static void PrintStep(Figures figures, string line)
    {
        if (Step().Match(line) is { Success: true } step)
            figures.Print("step", double.Parse(step.Groups["seconds"].ValueSpan, CultureInfo.InvariantCulture), $"s: {step.Groups["step"].Value}");
    }

    static async Task CloneAsync(string to, CancellationToken stop)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["clone", "--quiet", "--no-hardlinks", Checkout.Root, to]) { RedirectStandardError = true })!;
        var said = await git.StandardError.ReadToEndAsync(stop);
        await git.WaitForExitAsync(stop);
        if (git.ExitCode != 0) throw new BenchmarkException($"git clone failed: {said.Trim()}");
    }
}
