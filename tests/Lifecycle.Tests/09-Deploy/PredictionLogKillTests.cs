using System.Diagnostics;
using System.Globalization;
using Kumiki.Predictions;
using Kumiki.Store;
using Xunit;
using Xunit.Abstractions;

namespace Kumiki.Lifecycle.Tests;

/// <summary>A process that logs is killed at a durable step; then the log is opened again.</summary>
/// <remarks>Twelve kills run always, and one at a random instant; <c>KUMIKI_ALL_KILLS=1</c> kills at every step and at three hundred random instants.</remarks>
public sealed class PredictionLogKillTests(ITestOutputHelper output)
{
    static readonly bool All = Environment.GetEnvironmentVariable("KUMIKI_ALL_KILLS") == "1";

    static readonly string[] Kinds = ["segment.begun", "segment.written", "segment.synced", "segment.put", "segment.listed", "segment.removed",
        "writer.removed"];

    [Fact]
    public async Task Killed_at_a_durable_step_each_record_is_there_once_and_what_was_not_written_is_counted()
    {
        using var whole = new ProbeFolder();
        var (code, said) = await RunAsync(whole.Path, 0, ("KUMIKI_STEPS", Path.Combine(whole.Path, "steps")));
        Assert.Equal((0, "done"), (code, said[^1]));
        var steps = (await File.ReadAllLinesAsync(Path.Combine(whole.Path, "steps"))).Select(l => l.Split(' ')[1]).ToList();
        Assert.Empty(Kinds.Except(steps));
        await CheckAsync(whole.Path, said, "not killed", 0);

        // The steps of the log itself, spread evenly, and every kind of them.
        var ofLog = Enumerable.Range(1, steps.Count).Where(i => !steps[i - 1].StartsWith("schema", StringComparison.Ordinal)
            && !steps[i - 1].StartsWith("folder", StringComparison.Ordinal)).ToList();
        var kills = All ? ofLog : [.. Kinds.Select(k => steps.IndexOf(k) + 1), .. Enumerable.Range(0, 5).Select(i => ofLog[i * (ofLog.Count - 1) / 4])];
        var missed = 0;
        foreach (var kill in kills.Distinct())
        {
            using var folder = new ProbeFolder();
            var own = Path.Combine(folder.Path, "steps");
            var (killed, before) = await RunAsync(folder.Path, 0, ("KUMIKI_KILL_AT", kill.ToString(CultureInfo.InvariantCulture)), ("KUMIKI_STEPS", own));
            if (killed == 0)
            {
                // What waits is written every 200 ms: a run that was quicker than the first has fewer steps, and ended before this one.
                Assert.InRange((await File.ReadAllLinesAsync(own)).Length, 1, kill - 1);
                missed++;
                continue;
            }
            Assert.Equal(137, killed);
            // Another process takes over what the dead one left, and works on.
            var (again, after) = await RunAsync(folder.Path, 1000);
            Assert.Equal((0, "done"), (again, after[^1]));
            await CheckAsync(folder.Path, [.. before, .. after], $"killed at step {kill} ({steps[kill - 1]})", 30);
        }
        output.WriteLine($"{kills.Distinct().Count()} of {steps.Count} steps, {missed} of them not reached");
        Assert.InRange(missed, 0, kills.Distinct().Count() / 4);
    }

    [Fact]
    public async Task Killed_at_any_instant_each_record_is_there_once_and_what_was_not_written_is_counted()
    {
        using var whole = new ProbeFolder();
        var began = Stopwatch.GetTimestamp();
        await RunAsync(whole.Path, 0);
        var takes = Stopwatch.GetElapsedTime(began);
        var random = new Random(23);
        var (kills, hits) = (All ? 300 : 1, 0);
        for (var kill = 1; kill <= kills; kill++)
        {
            using var folder = new ProbeFolder();
            var after = takes * random.NextDouble();
            var (code, before) = await RunAsync(folder.Path, 0, after);
            if (code == 137) hits++;
            var (again, said) = await RunAsync(folder.Path, 1000);
            Assert.Equal((0, "done"), (again, said[^1]));
            var when = $"killed after {after.TotalMilliseconds:F0} ms, having said {(before is [.., var last] ? last : "nothing")}";
            await CheckAsync(folder.Path, [.. before, .. said], when, 30);
        }
        output.WriteLine($"{hits} of {kills} kills hit");
    }

    static async Task CheckAsync(string folder, IReadOnlyList<string> said, string when, int mostLost)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        Assert.Empty(JournalFolder.Segments(PredictionLog.FolderOf(folder)));
        Assert.Empty(Directory.EnumerateDirectories(PredictionLog.FolderOf(folder)));
        using var reader = new PredictionReader(data.Metadata, data.Artifacts, folder, null);
        var rows = (await reader.SqlAsync("SELECT id, outcome_label FROM credit_decision", new(), CancellationToken.None)).Rows;
        var ids = rows.Select(r => r[0]!).ToList();
        Assert.True(ids.Count == ids.Distinct().Count(), $"{when}: a prediction is there twice");

        var taken = said.Where(s => s.StartsWith("taken ", StringComparison.Ordinal)).Select(s => s["taken ".Length..]).ToHashSet();
        var durable = said.Where(s => s.StartsWith("durable ", StringComparison.Ordinal)).Select(s => int.Parse(s["durable ".Length..],
            CultureInfo.InvariantCulture)).ToList();
        foreach (var number in durable.SelectMany(last => Enumerable.Range(last - 29, 30))) Assert.True(ids.Contains($"p-{number}"),
            $"{when}: p-{number} was durable and is gone");
        foreach (var outcome in said.Where(s => s.StartsWith("outcome ", StringComparison.Ordinal)).Select(s => s["outcome ".Length..]))
            Assert.True(rows.Single(r => r[0] == outcome)[1] == "true", $"{when}: the outcome of {outcome} is gone");

        // One may have been taken, or an outcome with it, and not said any more.
        var lost = (await data.Metadata.PredictionSegmentsAsync(null, CancellationToken.None)).Sum(s => s.Lost);
        var missing = taken.Count(t => !ids.Contains(t));
        Assert.True(lost >= missing && lost <= missing + 2, $"{when}: {missing} are missing, {lost} were counted");
        Assert.InRange(lost, 0, mostLost + 2);
        Assert.True((await Verification.RunAsync(data.Metadata, data.Artifacts, null, CancellationToken.None)).IsSound, when);
    }

    static Task<(int Code, IReadOnlyList<string> Said)> RunAsync(string folder, int first, params (string Name, string Value)[] environment) =>
        RunAsync(folder, first, null, environment);

    /// <param name="killAfter">When it is killed; null: it is not.</param>
    static async Task<(int Code, IReadOnlyList<string> Said)> RunAsync(
        string folder, int first, TimeSpan? killAfter, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var word in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "ReleaseProbe.dll"), folder, "log",
            first.ToString(CultureInfo.InvariantCulture)]) start.ArgumentList.Add(word);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var reading = process.StandardOutput.ReadToEndAsync();
        if (killAfter is { } after)
        {
            await Task.WhenAny(reading, Task.Delay(after));
            process.Kill();
        }
        var said = await reading;
        await process.WaitForExitAsync();
        var lines = said.Split('\n')[..^1];
        Assert.DoesNotContain(lines, l => l.StartsWith("trouble", StringComparison.Ordinal));
        return (process.ExitCode, lines);
    }

    sealed class ProbeFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("kumiki-logkill-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
