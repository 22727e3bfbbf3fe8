using Xunit;

namespace Kumiki.Releasing.Tests;

/// <summary>Which releases were live and which were rolled back, held against a stack that is pushed and popped.</summary>
public sealed class ReleaseTrailTests : IAsyncLifetime
{
    static readonly CancellationToken Go = CancellationToken.None;
    readonly Bench bench = new();

    public async Task InitializeAsync() => await bench.PutAsync("roaster@1", "roaster@2", "roaster@3", "roaster@4", "roaster@5");

    public async Task DisposeAsync() => await bench.EndAsync();

    [Fact]
    public async Task A_rollback_undoes_what_it_replaces_and_a_second_one_also_what_the_first_brought_back()
    {
        for (var n = 1; n <= 3; n++) await bench.LiveAsync($"roaster@{n}");
        var never = await bench.Data.Metadata.AddReleaseAsync(Candidate(await bench.Data.Metadata.ProductionAsync(Go)), Go);
        await BackAsync();
        var early = new ReleaseTrail(bench.Data.Metadata);
        Assert.Equal((true, null), await early.OfAsync(2, 5, Go));
        Assert.Equal((true, 5), await early.OfAsync(3, 5, Go));
        Assert.Equal((false, null), await early.OfAsync(never.Number, 5, Go));
        await BackAsync();
        await bench.LiveAsync("roaster@5");

        foreach (var trail in (ReleaseTrail[])[early, new(bench.Data.Metadata)])
        {
            var became = new List<(bool, int?)>();
            for (var number = 7; number >= 0; number--) became.Add(await trail.OfAsync(number, 7, Go));
            Assert.Equal([(true, null), (true, null), (true, 6), (false, null), (true, 5), (true, 6), (true, null), (false, null)], became);
        }
    }

    [Fact]
    public async Task Any_walk_of_releases_and_rollbacks_is_what_a_stack_says()
    {
        var random = new Random(11);
        var (stack, undone, wereLive) = (new Stack<List<int>>(), new HashSet<int>(), new HashSet<int>());
        var growing = new ReleaseTrail(bench.Data.Metadata);
        for (var (step, last) = (0, 0); step < 120; step++)
        {
            if (random.Next(4) == 0) await bench.Data.Metadata.AddReleaseAsync(Candidate(await bench.Data.Metadata.ProductionAsync(Go)), Go);
            if (stack.Count > 1 && random.Next(5) < 2)
            {
                var number = await BackAsync();
                undone.UnionWith(stack.Pop());
                stack.Peek().Add(number);
                wereLive.Add(number);
                last = number;
            }
            else
            {
                var next = (await bench.Data.Metadata.ProductionAsync(Go)).Set.GetValueOrDefault("roaster") % 5 + 1;
                last = (await bench.LiveAsync($"roaster@{next}")).Number;
                stack.Push([last]);
                wereLive.Add(last);
            }
            if (step % 10 != 9) continue;
            var fresh = new ReleaseTrail(bench.Data.Metadata);
            foreach (var number in Enumerable.Range(1, last).OrderBy(_ => random.Next()))
            {
                var (wasLive, by) = await fresh.OfAsync(number, last, Go);
                Assert.Equal((wereLive.Contains(number), undone.Contains(number)), (wasLive, by is not null));
                if (random.Next(3) == 0) Assert.Equal((wasLive, by), await growing.OfAsync(number, last, Go));
            }
        }
        Assert.True(undone.Count > 10 && stack.Count > 3);
    }

    async Task<int> BackAsync() => Bench.Live(await bench.Releases.RollbackAsync("back")).Number;

    /// <summary>A release that is checked and never goes live, as a process leaves it that is killed.</summary>
    static ReleaseRecord Candidate(Production production) => new()
    {
        Number = 0,
        State = ReleaseState.Checked,
        Asked = [],
        Set = production.Set,
        Base = production.Revision,
        Before = production.Release,
        Author = "mika",
        Reason = "",
        At = TimeProvider.System.GetUtcNow(),
    };
}
