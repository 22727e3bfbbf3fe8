using System.Globalization;
using Kumiki.Making;

namespace Kumiki.Bench;

/// <summary>A graph of 1,000 assets that do nothing: what it costs to build it, to make all, to find that all can be reused, and to say the state of all.</summary>
/// <remarks>
/// Families of 166 members with chains, diamonds, two joins of a whole family and a fan out of one of them:
/// <code>
/// root → first → second → third → fourth ────→ fifth → sixth → total ─┐
///           └────────────→ third → halfway ─┴→ fifth                  ├→ report
///                                     └─────────────────────────────┘
/// </code>
/// </remarks>
static class ThousandAssets
{
    const int Members = 166, Rounds = 9;

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        await using var world = new World(folder, typeof(Root), typeof(First), typeof(Second), typeof(Third), typeof(Halfway), typeof(Fourth), typeof(Fifth), typeof(Sixth), typeof(Total), typeof(Report))
        {
            Keys = [.. Enumerable.Range(1, Members).Select(i => i.ToString("'key-'000", CultureInfo.InvariantCulture))],
        };
        var builds = new List<double>();
        for (var round = 0; round < Rounds; round++) builds.Add((await Spent.OfAsync(() => Task.FromResult(world.Graph()))).Spent.Wall * 1e3);
        var graph = world.Graph();
        var nodes = graph.Nodes.Count;
        figures.Print("nodes", nodes, "");
        figures.Print("edges", graph.Nodes.Sum(n => n.Inputs.Count), "");
        figures.Print("build", builds, "ms");

        var disk = Machine.Fsyncs(folder, 200, stop).Median(t => t.TotalMilliseconds);
        var before = world.Fsyncs;
        var (made, first) = await Spent.OfAsync(() => MakeAsync(graph));
        var after = world.Fsyncs;
        if (made.FirstOrDefault(m => m is not MakingEnd.Made) is { } other) throw World.Unexpected(other);
        figures.Print("make", first.Wall * 1e3 / nodes, "ms a node");
        figures.Print("make.cpu", first.Cpu * 1e3 / nodes, "ms a node");
        figures.Print("make.fsyncs", (after.Blobs - before.Blobs + after.Commits - before.Commits) / (double)nodes, "a node");
        figures.Print("disk.fsync", disk, "ms");

        List<Spent> reuse = [], status = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var (ends, spent) = await Spent.OfAsync(() => MakeAsync(graph));
            if (ends.Count != nodes || ends.FirstOrDefault(e => e is not MakingEnd.Reused { Run: null }) is not null) throw new BenchmarkException("Something was made again though nothing had changed.");
            var (states, looked) = await Spent.OfAsync(() => world.Maker(graph).StatusAsync(stop));
            if (states.Count != nodes || states.Any(s => s.Value.Causes.Count > 0)) throw new BenchmarkException("Something is said to be out of date though nothing had changed.");
            if (round == 0) continue;       // warms up
            reuse.Add(spent);
            status.Add(looked);
        }
        figures.Print("reuse", [.. reuse.Select(s => s.Wall * 1e3 / nodes)], "ms a node");
        figures.Print("reuse.cpu", [.. reuse.Select(s => s.Cpu * 1e3 / nodes)], "ms a node");
        figures.Print("status", [.. status.Select(s => s.Wall * 1e3 / nodes)], "ms a node");
        figures.Print("status.cpu", [.. status.Select(s => s.Cpu * 1e3 / nodes)], "ms a node");

        Task<IReadOnlyList<MakingEnd>> MakeAsync(ProjectGraph of) => world.Maker(of).MakeAsync(new MakeOrder("report") { Upstream = true }, null, stop);
    });

    sealed class Root : Note;

    [KeysFrom(typeof(Root), "key")]
    sealed class First(FamilyKey key, Root root) : Member(key, root);

    [KeysFrom(typeof(Root), "key")]
    sealed class Second(FamilyKey key, First first) : Member(key, first);

    [KeysFrom(typeof(Root), "key")]
    sealed class Third(FamilyKey key, Second second, First first) : Member(key, second, first);

    sealed class Halfway(Family<Third> thirds) : Join(thirds.Members.Count);

    [KeysFrom(typeof(Root), "key")]
    sealed class Fourth(FamilyKey key, Third third) : Member(key, third);

    [KeysFrom(typeof(Root), "key")]
    sealed class Fifth(FamilyKey key, Fourth fourth, Halfway halfway) : Member(key, fourth, halfway);

    [KeysFrom(typeof(Root), "key")]
    sealed class Sixth(FamilyKey key, Fifth fifth) : Member(key, fifth);

    sealed class Total(Family<Sixth> sixths) : Join(sixths.Members.Count);

    sealed class Report(Total total, Halfway halfway) : Member(new("report"), total, halfway);

    /// <param name="key">The member's, which no note needs.</param>
    abstract class Member(FamilyKey key, params Asset[] inputs) : Note
    {
        public override string ToString() => $"{key} of {inputs.Length}";
    }

    abstract class Join(int members) : Note
    {
        public override string ToString() => $"join of {members}";
    }
}
