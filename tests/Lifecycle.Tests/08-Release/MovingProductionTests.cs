using Xunit;

namespace Kumiki.Releasing.Tests;

/// <summary>Production moves while a release is being checked.</summary>
public sealed class MovingProductionTests : IAsyncLifetime
{
    readonly Bench bench = new();

    public async Task InitializeAsync()
    {
        await bench.PutAsync("beans@1", "beans@2", "roaster@1 from beans@1", "roaster@2 from beans@1", "roaster@3 from beans@2", "model price@1 from beans@1",
            "model price@2 from beans@2");
        await bench.LiveAsync("roaster@1");
    }

    public async Task DisposeAsync() => await bench.EndAsync();

    /// <summary>A clock that others use: each time it is read while a release is under way, they release something.</summary>
    sealed class Meanwhile(Bench bench, params string[] others) : TimeProvider
    {
        int reads;

        public override DateTimeOffset GetUtcNow()
        {
            if (reads < others.Length) Task.Run(() => bench.LiveAsync(others[reads++])).GetAwaiter().GetResult();
            return base.GetUtcNow();
        }
    }

    Releases While(params string[] others) => new(bench.Data.Metadata, bench.Data.Artifacts, new Meanwhile(bench, others), "mika");

    [Fact]
    public async Task A_release_that_still_fits_is_checked_again_and_goes_on_what_is_there_now()
    {
        var live = Bench.Live(await While("roaster@2").ReleaseAsync(new() { Set = ["price@1"] }));

        Assert.Equal("price@1 roaster@2", await bench.ProductionAsync());
        Assert.Equal((2, 2L), (live.Before, live.Base));
        Assert.Equal(["4 Live", "3 Withdrawn", "2 Withdrawn", "1 Withdrawn"], (await bench.Releases.HistoryAsync()).Select(r => $"{r.Number} {r.State}"));
        Assert.Null((await bench.Releases.HistoryAsync())[1].LiveAt);
    }

    [Fact]
    public async Task A_release_that_no_longer_fits_is_refused()
    {
        var refused = Bench.Refused(await While("roaster@3").ReleaseAsync(new() { Set = ["price@1"] }));

        Assert.Equal(["price@1 was made from beans@1 and roaster@3 from beans@2; models of one production share one version of a source, so make price@1 again from beans@2."], refused);
        Assert.Equal("roaster@3", await bench.ProductionAsync());
    }

    [Fact]
    public async Task A_release_that_another_made_meanwhile_would_change_nothing() =>
        Assert.Equal(["production holds this set already; nothing would change."],
            Bench.Refused(await While("roaster@2").ReleaseAsync(new() { Set = ["roaster@2"] })));

    [Fact]
    public async Task Production_that_never_rests_ends_in_a_refusal()
    {
        var others = Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? "roaster@2" : "roaster@1").ToArray();

        Assert.Equal(["production changed 8 times while this release was checked; nothing was released, look at 'kumiki history' and release again."],
            Bench.Refused(await While(others).ReleaseAsync(new() { Set = ["price@1"] })));
        Assert.DoesNotContain("price", await bench.ProductionAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollback_is_about_the_release_it_saw()
    {
        await bench.LiveAsync("roaster@2");

        Assert.Equal(["production is no longer at release 2, which this rollback was about; nothing was rolled back, look at 'kumiki history' first."],
            Bench.Refused(await While("roaster@1").RollbackAsync("worse")));
        Assert.Equal("roaster@1", await bench.ProductionAsync());
    }

    [Fact]
    public async Task A_rollback_from_a_release_that_is_not_live_any_more_is_refused()
    {
        await bench.LiveAsync("roaster@2");
        var live = (await bench.Data.Metadata.ProductionAsync(default)).Release;
        Bench.Live(await bench.Releases.RollbackAsync("worse", from: live));

        Assert.Equal([$"production is no longer at release {live}, which this rollback was about; nothing was rolled back, look at 'kumiki history' first."],
            Bench.Refused(await bench.Releases.RollbackAsync("worse", from: live)));
        Assert.Equal("roaster@1", await bench.ProductionAsync());
    }

    [Fact]
    public async Task Two_that_release_at_once_both_go_one_after_the_other()
    {
        await bench.PutAsync("price@3 from beans@1");
        for (var round = 0; round < 10; round++)
        {
            string[] sets = round % 2 == 0 ? ["price@1", "roaster@2"] : ["price@3", "roaster@1"];

            await Task.WhenAll(sets.Select(s => Task.Run(() => bench.LiveAsync(s))));

            Assert.Equal(string.Join(' ', sets), await bench.ProductionAsync());
        }
        Assert.Equal(21, (await bench.Data.Metadata.ProductionAsync(default)).Revision);
    }

    [Fact]
    public async Task Of_two_that_do_not_fit_together_one_goes()
    {
        for (var round = 0; round < 10; round++)
        {
            await bench.Releases.ReleaseAsync(new() { Without = [.. (await bench.Data.Metadata.ProductionAsync(default)).Set.Keys] });

            var ends = await Task.WhenAll(((string[])["price@2", "roaster@2"]).Select(s => Task.Run(() => bench.Releases.ReleaseAsync(new() { Set = [s] }))));

            Assert.Single(ends, e => e is ReleaseEnd.Live);
            Assert.Contains(await bench.ProductionAsync(), (string[])["price@2", "roaster@2"]);
        }
    }
}
