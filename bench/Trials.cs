using System.Diagnostics;
using Kumiki.Making;
using Kumiki.Tuning;

namespace Kumiki.Bench;

/// <summary>Trials that do nothing: what it costs to draw one, keep it, and find it again, and whether that grows with those there are.</summary>
static class Trials
{
    const int Few = 1000, Many = 20_000, Rounds = 5;

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var disk = Machine.Fsyncs(folder, 200, stop).Select(t => t.TotalMilliseconds).ToList();
        var (took, cpu, commits) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            await using var world = new World(Directory.CreateDirectory(Path.Combine(folder, $"round-{round}")).FullName, typeof(Nothing));
            var before = world.Fsyncs.Commits;
            var (end, spent) = await Spent.OfAsync(() => StudyAsync(world, Few, null));
            if (end.Trials.Any(t => t.Before || t.Why is not null)) throw new BenchmarkException("Not every trial ran to its end.");
            if (round == 0) continue;       // warms up
            took.Add(spent.Wall);
            cpu.Add(spent.Cpu);
            commits.Add(world.Fsyncs.Commits - before);
        }
        figures.Print("thousand", took, "s");
        figures.Print("thousand.cpu", cpu, "s");
        figures.Print("thousand.commits", commits, "");
        figures.Print("disk.fsync", disk, "ms");

        await using var large = new World(Directory.CreateDirectory(Path.Combine(folder, "large")).FullName, typeof(Nothing));
        var at = new Dictionary<long, long>();
        var started = Stopwatch.GetTimestamp();
        await StudyAsync(large, Many, progress =>
        {
            if (progress is MakingProgress.Moved { Done: var done } && done % Few == 0) at[done] = Stopwatch.GetTimestamp();
        });
        var first = Stopwatch.GetElapsedTime(started, at[Few]).TotalSeconds;
        var last = Stopwatch.GetElapsedTime(at[Many - Few], at[Many]).TotalSeconds;
        figures.Print("first-thousand-of-20000", first, "s");
        figures.Print("last-thousand-of-20000", last, "s");
        figures.Print("last-over-first", last / first, "");

        var (again, found) = await Spent.OfAsync(() => StudyAsync(large, Many, null));
        if (again.Trials.Any(t => !t.Before)) throw new BenchmarkException("A trial was repeated.");
        figures.Print("found-again", found.Wall * 1e3 / Many, "ms a trial");

        Task<StudyEnd> StudyAsync(World world, int trials, Action<MakingProgress>? tell) =>
            Study.RunAsync(world.Maker(world.Graph()), new StudyOrder("nothing") { Trials = trials, Parallel = 2 }, TimeProvider.System, tell, stop);
    });

    /// <summary>An asset whose trials return at once.</summary>
    sealed class Nothing : Note
    {
        [Parameter(Min = 0, Max = 1)] public double X { get; init; }
        [Parameter(Min = 1, Max = 1000)] public int N { get; init; } = 1;

        protected internal override IReadOnlyList<TrialFigure> TrialFigures => [new("x")];

        protected internal override Task TryAsync(MakingRun making, Trial trial, CancellationToken stop)
        {
            making.Metric("x", X * N);
            return Task.CompletedTask;
        }
    }
}
