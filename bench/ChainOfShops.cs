using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Kumiki.Bench;

/// <summary>The demand forecast on made-up chains of four sizes, three years each, up to 1,000 stores × 1,000 items: what each step takes, in time and memory.</summary>
/// <remarks>Each step is a command of its own, <c>./kumiki make …</c>, so that its peak memory is its own: registering what a register wrote (CSV to checked
/// Parquet), days and weeks, the rows that are learnt from, training, and forecasts of eight weeks. Units are so few that a tenth of the days of a series have
/// a line: 1,000 × 1,000 × 3 years are 100 M lines. <c>KUMIKI_CHAIN=100,316</c> runs chains of so many stores and items only.</remarks>
static class ChainOfShops
{
    const string Sizes = "KUMIKI_CHAIN";

    /// <summary>What an item sells a day in a store.</summary>
    const double Units = 0.08;

    static readonly (string Step, string Asset)[] Steps =
    [
        ("register", "sales"), ("weeks", "demand-series"), ("rows", "weekly-demand"), ("train", "demand-model"), ("forecast", "demand-forecasts"),
    ];

    public static async Task RunAsync(Figures figures, CancellationToken stop)
    {
        foreach (var side in (Environment.GetEnvironmentVariable(Sizes) ?? "32,100,316,1000").Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture)))
            await Checkout.InFolderAsync(folder => OneAsync(figures, folder, side, stop));
    }

    static async Task OneAsync(Figures figures, string folder, int side, CancellationToken stop)
    {
        var count = side.ToString(CultureInfo.InvariantCulture);
        var written = await RunAsync(folder, ["generate-sales", "--from", "2023-01-02", "--to", "2025-12-28", "--stores", count, "--items", count,
            "--units", Units.ToString(CultureInfo.InvariantCulture)], stop);
        figures.Print($"{count}.generate", written.Seconds, "s");
        figures.Print($"{count}.csv", new DirectoryInfo(Path.Combine(folder, "data/sales")).EnumerateFiles().Sum(f => f.Length) / 1e6, "MB");
        var (whole, processor) = (0.0, 0.0);
        foreach (var (step, asset) in Steps)
        {
            var took = await RunAsync(folder, ["make", asset, "--upstream", "--stage"], stop);
            (whole, processor) = (whole + took.Seconds, processor + took.Cpu);
            figures.Print($"{count}.{step}", took.Seconds, "s");
            figures.Print($"{count}.{step}.processor", took.Cpu, "s");
            figures.Print($"{count}.{step}.memory", took.MiB, "MiB at most");
        }
        figures.Print($"{count}.whole", whole, "s");
        figures.Print($"{count}.whole.processor", processor, "s");
        foreach (var asset in (string[])["sales", "demand-series", "weekly-sales", "weekly-demand", "demand-forecasts"])
            figures.Print($"{count}.rows.{asset}", await RowsAsync(folder, asset, stop), "rows");
        figures.Print($"{count}.store", new DirectoryInfo(Path.Combine(folder, ".kumiki")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) / 1e6,
            "MB");
    }

    static async Task<double> RowsAsync(string folder, string asset, CancellationToken stop)
    {
        var said = await RunAsync(folder, ["show", $"{asset}@1", "--json"], stop);
        using var json = JsonDocument.Parse(said.Out);
        return json.RootElement.GetProperty("version").GetProperty("metrics").GetProperty("rows").GetDouble();
    }

    static async Task<(string Out, double Seconds, double Cpu, double MiB)> RunAsync(string folder, IReadOnlyList<string> arguments, CancellationToken stop)
    {
        var start = new ProcessStartInfo(Path.Combine(Checkout.Root, "kumiki"), arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KUMIKI_PROJECT"] = Path.Combine(Checkout.Root, "systems", "DemandForecast");
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        var (most, cpu) = (0.0, 0.0);
        try
        {
            while (!process.HasExited)
            {
                if (Looked(process.Id) is var (mib, seen)) (most, cpu) = (Math.Max(most, mib), Math.Max(cpu, seen));
                await Task.Delay(20, stop);
            }
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);      // cancelled: its folder is about to go
        }
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return process.ExitCode == 0 ? (await said, seconds, cpu, most)
            : throw new BenchmarkException($"{string.Join(' ', arguments)} ended with code {process.ExitCode}: {await complained}{await said}");
    }

    /// <summary>The most memory a process ever held in MiB, and its processor seconds, as the kernel counts them; null where it has just ended.</summary>
    static (double MiB, double Cpu)? Looked(int process)
    {
        try
        {
            var peak = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            if (peak is null) return null;
            var fields = File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');      // from the third field on: the second may hold blanks
            return (Number(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024, (Number(fields[11]) + Number(fields[12])) / 100);
        }
        catch (IOException)
        {
            return null;
        }

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }
}
