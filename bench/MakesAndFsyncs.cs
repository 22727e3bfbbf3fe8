using Kumiki.Making;

namespace Kumiki.Bench;

/// <summary>Makings that do nothing, one after another and eight at once, beside the fsyncs they need and what the disk takes for one.</summary>
/// <remarks>One durable making after another cannot be faster than its fsyncs: <c>product</c> is their number times the disk's own time, in the same run.</remarks>
static class MakesAndFsyncs
{
    const int Makes = 400, Lanes = 8;

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        await using var world = new World(folder, typeof(Lane)) { Keys = [] };
        var maker = world.Maker(world.Graph());
        var lanes = Enumerable.Range(1, Lanes).Select(lane => $"lane.l{lane}").ToList();
        foreach (var lane in lanes) await MakeAsync(lane, 5);      // warms up

        var disk = new List<double>();
        await MeasureAsync("one", [lanes[0]]);
        await MeasureAsync("eight", lanes);
        figures.Print("disk.fsync", disk, "ms");

        async Task MeasureAsync(string what, IReadOnlyList<string> at)
        {
            var own = Machine.Fsyncs(folder, 200, stop).Select(t => t.TotalMilliseconds).ToList();
            disk.AddRange(own);
            var before = world.Fsyncs;
            var spent = await Spent.OfAsync(() => Task.WhenAll(at.Select(lane => Task.Run(() => MakeAsync(lane, Makes / at.Count), stop))));
            var after = world.Fsyncs;
            own.AddRange(Machine.Fsyncs(folder, 200, stop).Select(t => t.TotalMilliseconds));
            disk.AddRange(own.Skip(200));
            var (blobs, commits) = ((after.Blobs - before.Blobs) / (double)Makes, (after.Commits - before.Commits) / (double)Makes);
            figures.Print($"{what}.rate", Makes / spent.Wall, "makes/s");
            figures.Print($"{what}.took", spent.Wall * 1e3 / Makes, "ms a make");
            figures.Print($"{what}.cpu", spent.Cpu * 1e3 / Makes, "ms a make");
            figures.Print($"{what}.fsyncs.blobs", blobs, "a make");
            figures.Print($"{what}.fsyncs.database", commits, "a make");
            figures.Print($"{what}.product", (blobs + commits) * own.Average(), "ms a make: its fsyncs by the disk's mean time for one");
        }

        async Task MakeAsync(string lane, int count)
        {
            for (var i = 0; i < count; i++)
            {
                var ends = await maker.MakeAsync(new MakeOrder(lane) { Anew = true }, null, stop);
                if (ends is not [MakingEnd.Made]) throw World.Unexpected(ends[^1]);
            }
        }
    });

    [Keys("l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8")]
    sealed class Lane(FamilyKey key) : Note
    {
        public override string ToString() => key.ToString();
    }
}
