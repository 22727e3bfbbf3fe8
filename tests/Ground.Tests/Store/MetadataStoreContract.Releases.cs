using Xunit;

namespace Kumiki.Store.Tests;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task Stages_point_move_and_go_with_their_history()
    {
        await Sample.MakeAsync(Store, "beans", "a");
        await Sample.MakeAsync(Store, "beans", "b");
        var at = Clock.Now;

        Assert.Null(await Store.MoveStagesAsync([("beans", "staging", 1), ("beans", "champion", 1)], "mika", "first", Go));
        Assert.Null(await Store.MoveStagesAsync([("beans", "staging", 2)], "ken", "better", Go));
        Assert.Null(await Store.MoveStagesAsync([("beans", "champion", null), ("beans", "nobody", null)], "ken", "enough", Go));

        Assert.Equal([new("beans", "staging", 2, at, "ken")], await Store.StagesAsync(Go));
        Assert.Equal(
            [
                new("beans", "champion", 1, null, at, "ken", "enough"), new("beans", "staging", 1, 2, at, "ken", "better"),
                new("beans", "champion", null, 1, at, "mika", "first"), new("beans", "staging", null, 1, at, "mika", "first"),
            ],
            await Store.StageHistoryAsync("beans", 10, Go));
        Assert.Empty(await Store.StageHistoryAsync("rice", 10, Go));
        Assert.Equal(2, (await Store.StageHistoryAsync(null, 2, Go)).Count);
    }

    [Fact]
    public async Task Stages_move_all_or_none()
    {
        await Sample.MakeAsync(Store, "beans", "a");

        Assert.Equal(new VersionName("rice", 1), await Store.MoveStagesAsync([("beans", "staging", 1), ("rice", "staging", 1)], "mika", "both", Go));

        Assert.Empty(await Store.StagesAsync(Go));
        Assert.Empty(await Store.StageHistoryAsync(null, 10, Go));
    }

    [Fact]
    public async Task Production_moves_only_by_a_release()
    {
        await Sample.MakeAsync(Store, "beans", "a");

        var refused = await Assert.ThrowsAsync<KumikiException>(() => Store.MoveStagesAsync([("beans", "production", 1)], "mika", "quick", Go));

        Assert.Equal("beans cannot be moved to production alone. Release it with what it fits: kumiki release beans", refused.Says.In("en"));
    }

    [Fact]
    public async Task A_release_becomes_production_in_one_step_and_withdraws_the_one_before()
    {
        var beans = await Sample.MakeAsync(Store, "beans", "a");
        var rice = await Sample.MakeAsync(Store, "rice", "a");
        var better = await Sample.MakeAsync(Store, "beans", "b");
        Assert.Equal((0L, 0), (await Store.ProductionAsync(Go)) is var none ? (none.Revision, none.Release) : default);

        var first = await Store.AddReleaseAsync(Sample.Draft(Production.Empty, beans.Name, rice.Name), Go);
        Assert.Equal((1, ReleaseState.Checked), (first.Number, first.State));
        Assert.True(await Store.MoveReleaseAsync(1, ReleaseState.Live, Go));
        var draft = Sample.Draft(await Store.ProductionAsync(Go), better.Name) with { Waivers = [new(better.Name, "goal", "for the festival")] };
        var second = await Store.AddReleaseAsync(draft, Go);
        Clock.Now += TimeSpan.FromHours(1);
        Assert.True(await Store.MoveReleaseAsync(2, ReleaseState.Rolling, Go));
        Assert.Equal(1, (await Store.ProductionAsync(Go)).Set["beans"]);
        Assert.True(await Store.MoveReleaseAsync(2, ReleaseState.Live, Go));

        var now = await Store.ProductionAsync(Go);
        Assert.Equal((2L, 2), (now.Revision, now.Release));
        Assert.Equal(new Dictionary<string, int> { ["beans"] = 2, ["rice"] = 1 }, now.Set);
        var (old, live) = ((await Store.ReleaseAsync(1, Go))!, (await Store.ReleaseAsync(2, Go))!);
        Assert.Equal((ReleaseState.Withdrawn, Clock.Now), (old.State, old.WithdrawnAt));
        Assert.Equal((ReleaseState.Live, Clock.Now, null), (live.State, live.LiveAt, live.WithdrawnAt));
        Assert.Equal((second.Waivers.Single(), 1, 1L), (live.Waivers.Single(), live.Before, live.Base));
        Assert.Equal(new("beans", "production", 1, 2, Clock.Now, "mika", "better beans"), (await Store.StageHistoryAsync("beans", 1, Go)).Single());
        Assert.Single(await Store.StageHistoryAsync("rice", 10, Go));
        Assert.Equal([2, 1], (await Store.ReleasesAsync(10, null, Go)).Select(r => r.Number));
        Assert.Equal([1], (await Store.ReleasesAsync(10, 2, Go)).Select(r => r.Number));
        Assert.Null(await Store.ReleaseAsync(3, Go));
    }

    [Fact]
    public async Task An_asset_that_leaves_production_is_gone_from_it()
    {
        var beans = await Sample.MakeAsync(Store, "beans", "a");
        var rice = await Sample.MakeAsync(Store, "rice", "a");
        await Store.AddReleaseAsync(Sample.Draft(Production.Empty, beans.Name, rice.Name), Go);
        await Store.MoveReleaseAsync(1, ReleaseState.Live, Go);

        var now = await Store.ProductionAsync(Go);
        await Store.AddReleaseAsync(Sample.Draft(now) with { Without = ["rice"], Set = now.Overlaid([], ["rice"]) }, Go);
        Assert.True(await Store.MoveReleaseAsync(2, ReleaseState.Live, Go));

        Assert.Equal(["beans"], (await Store.ProductionAsync(Go)).Set.Keys);
        Assert.Equal(new("rice", "production", 1, null, Clock.Now, "mika", "better beans"), (await Store.StageHistoryAsync("rice", 1, Go)).Single());
    }

    [Theory]
    [InlineData(ReleaseState.Live)]
    [InlineData(ReleaseState.Rolling)]
    public async Task A_release_checked_against_an_older_production_does_not_move(ReleaseState to)
    {
        var beans = await Sample.MakeAsync(Store, "beans", "a");
        await Store.AddReleaseAsync(Sample.Draft(Production.Empty, beans.Name), Go);
        await Store.AddReleaseAsync(Sample.Draft(Production.Empty, beans.Name), Go);
        Assert.True(await Store.MoveReleaseAsync(1, ReleaseState.Live, Go));
        var revision = await Store.RevisionAsync(Go);

        Assert.False(await Store.MoveReleaseAsync(2, to, Go));

        Assert.Equal(ReleaseState.Checked, (await Store.ReleaseAsync(2, Go))!.State);
        Assert.Equal(1, (await Store.ProductionAsync(Go)).Release);
        Assert.Equal(revision, await Store.RevisionAsync(Go));
        Assert.True(await Store.MoveReleaseAsync(2, ReleaseState.Withdrawn, Go));
    }

    [Fact]
    public async Task A_release_moves_only_onwards()
    {
        var beans = await Sample.MakeAsync(Store, "beans", "a");
        await Store.AddReleaseAsync(Sample.Draft(Production.Empty, beans.Name), Go);

        Assert.False(await Store.MoveReleaseAsync(1, ReleaseState.Checked, Go));
        Assert.True(await Store.MoveReleaseAsync(1, ReleaseState.Live, Go));
        foreach (var to in Enum.GetValues<ReleaseState>()) Assert.False(await Store.MoveReleaseAsync(1, to, Go));
        Assert.False(await Store.MoveReleaseAsync(7, ReleaseState.Live, Go));
        Assert.Equal(ReleaseState.Live, (await Store.ReleaseAsync(1, Go))!.State);
    }

    [Fact]
    public async Task Of_two_releases_that_go_live_at_once_one_does()
    {
        var beans = await Sample.MakeAsync(Store, "beans", "a");
        for (var i = 0; i < 6; i++) await Store.AddReleaseAsync(Sample.Draft(Production.Empty, beans.Name), Go);
        await using var other = await OpenAsync(Clock);

        var moved = await Task.WhenAll(Enumerable.Range(1, 6).Select(n => (n % 2 == 0 ? Store : other).MoveReleaseAsync(n, ReleaseState.Live, Go)));

        Assert.Single(moved, m => m);
        Assert.Equal(1, (await Store.ProductionAsync(Go)).Revision);
    }

    [Fact]
    public async Task A_release_of_a_version_that_does_not_exist_is_refused()
    {
        var refused = await Assert.ThrowsAsync<KumikiException>(() => Store.AddReleaseAsync(Sample.Draft(Production.Empty, new VersionName("beans", 1)), Go));

        Assert.Equal("There is no beans@1 in this store. List the versions with kumiki show beans.", refused.Says.In("en"));
        Assert.Empty(await Store.ReleasesAsync(10, null, Go));
    }
}
