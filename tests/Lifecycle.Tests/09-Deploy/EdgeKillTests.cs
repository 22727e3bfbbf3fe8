using System.Diagnostics;
using System.Globalization;
using Kumiki.Predictions;
using Kumiki.ReleaseProbe;
using Kumiki.Store;
using Xunit;
using Xunit.Abstractions;

namespace Kumiki.Lifecycle.Tests;

/// <summary>A process that takes what offline runners send is killed at a durable step; then they send it again.</summary>
/// <remarks>Some kills run always; <c>KUMIKI_ALL_KILLS=1</c> kills at every step.</remarks>
public sealed class EdgeKillTests(ITestOutputHelper output)
{
    static readonly bool All = Environment.GetEnvironmentVariable("KUMIKI_ALL_KILLS") == "1";

    static readonly string[] Kinds = ["segment.begun", "segment.written", "segment.synced", "segment.put", "segment.listed", "edge.taken"];

    [Fact]
    public async Task Killed_in_the_middle_of_a_batch_no_record_is_lost_and_none_is_there_twice()
    {
        using var whole = new ProbeFolder();
        var (code, said) = await RunAsync(whole.Path, ("KUMIKI_STEPS", Path.Combine(whole.Path, "steps")));
        Assert.Equal((0, "done"), (code, said[^1]));
        var steps = (await File.ReadAllLinesAsync(Path.Combine(whole.Path, "steps"))).Select(l => l.Split(' ')[1]).ToList();
        Assert.Empty(Kinds.Except(steps));
        await CheckAsync(whole.Path, "not killed");

        var own = Enumerable.Range(1, steps.Count).Where(i => Kinds.Contains(steps[i - 1])).ToList();
        var kills = All ? own : [.. Kinds.Select(k => steps.LastIndexOf(k) + 1), .. Enumerable.Range(0, 3).Select(i => own[i * (own.Count - 1) / 3])];
        foreach (var kill in kills.Distinct())
        {
            using var folder = new ProbeFolder();
            var (killed, before) = await RunAsync(folder.Path, ("KUMIKI_KILL_AT", kill.ToString(CultureInfo.InvariantCulture)));
            Assert.Equal(137, killed);
            var when = $"killed at step {kill} ({steps[kill - 1]})";
            await AnsweredAsync(folder.Path, before, when);
            var (again, after) = await RunAsync(folder.Path);
            Assert.Equal((0, "done"), (again, after[^1]));
            await CheckAsync(folder.Path, when);
        }
        output.WriteLine($"{kills.Distinct().Count()} of {own.Count} steps");
    }

    /// <summary>What a sender was told of is in the log, once.</summary>
    static async Task AnsweredAsync(string folder, IReadOnlyList<string> said, string when)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        using var reader = new PredictionReader(data.Metadata, data.Artifacts, folder, null);
        // Before the first record there is no view.
        if ((await reader.PageAsync("credit-decision", 1, null, CancellationToken.None)).Predictions.Count == 0)
        {
            Assert.DoesNotContain(said, s => s.StartsWith("answered ", StringComparison.Ordinal));
            return;
        }
        var there = (await reader.SqlAsync("SELECT device, id FROM credit_decision", new(), CancellationToken.None)).Rows.Select(r => string.Join(' ', r)).ToList();
        Assert.True(there.Count == there.Distinct().Count(), $"{when}: a record is there twice");
        foreach (var answered in said.Where(s => s.StartsWith("answered ", StringComparison.Ordinal)).Select(s => s.Split(' ')))
            for (var number = 0; number < EdgeProcess.Records; number++)
                Assert.True(there.Contains($"{answered[1]} e-{(int.Parse(answered[2], CultureInfo.InvariantCulture) * EdgeProcess.Records) + number}"),
                    $"{when}: a record of an answered batch is gone");
    }

    static async Task CheckAsync(string folder, string when)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        using var reader = new PredictionReader(data.Metadata, data.Artifacts, folder, null);
        var rows = (await reader.SqlAsync("SELECT device, count(*), count(DISTINCT id), min(time), max(time) FROM credit_decision GROUP BY 1 ORDER BY 1", new(),
            CancellationToken.None)).Rows.Select(r => string.Join(' ', r));
        Assert.True(rows.SequenceEqual([.. ((string[])["one", "two"]).Select(d => $"{d} 120 120 2026-03-01 09:00:00 2026-03-01 09:01:59")]),
            $"{when}: {string.Join(" / ", rows)}");
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "edge")));
    }

    static async Task<(int Code, IReadOnlyList<string> Said)> RunAsync(string folder, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var word in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "ReleaseProbe.dll"), folder, "edge"]) start.ArgumentList.Add(word);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var lines = said.Split('\n')[..^1];
        Assert.DoesNotContain(lines, l => l.StartsWith("trouble", StringComparison.Ordinal));
        return (process.ExitCode, lines);
    }

    sealed class ProbeFolder : IDisposable
    {
        public ProbeFolder() => EdgeProcess.WriteBefore(Path);

        public string Path { get; } = Directory.CreateTempSubdirectory("kumiki-edgekill-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
