using Xunit;

namespace Kumiki.Releasing.Tests;

public sealed class ReleasesTests : IAsyncLifetime
{
    readonly Bench bench = new();

    public async Task InitializeAsync() => await bench.PutAsync(
        "beans@1", "beans@2", "roaster@1 from beans@1", "roaster@2 from beans@2", "cut@1 from roaster@1", "cut@2 from roaster@2",
        "model price@1 from beans@1", "model price@2 from beans@2");

    public async Task DisposeAsync() => await bench.EndAsync();

    [Fact]
    public async Task An_empty_order_releases_what_is_staged_and_differs_from_production()
    {
        await bench.StageAsync("roaster@1", "cut@1");
        var first = Bench.Live(await bench.Releases.ReleaseAsync(new() { Reason = "first roast" }));
        Assert.Equal(["cut@1", "roaster@1"], first.Asked.Select(v => v.ToString()));

        await bench.StageAsync("price@1");
        var second = Assert.IsType<ReleaseEnd.Live>(await bench.Releases.ReleaseAsync(new() { Author = "ken" }));

        Assert.Equal([new("price", null, 1)], second.Changes);
        Assert.Equal((2, ReleaseState.Live, "ken", 1), (second.Release.Number, second.Release.State, second.Release.Author, second.Release.Before));
        Assert.Equal("cut@1 price@1 roaster@1", await bench.ProductionAsync());
        Assert.Equal((ReleaseState.Withdrawn, "mika", "first roast"), await OfAsync(1));
        Assert.Equal(["nothing is staged that differs from production; 'kumiki stage NAME@N' puts a version there, or name what to release."],
            Bench.Refused(await bench.Releases.ReleaseAsync(new())));

        async Task<(ReleaseState, string, string)> OfAsync(int number) =>
            (await bench.Releases.HistoryAsync()).Single(r => r.Number == number) is var r ? (r.State, r.Author, r.Reason) : default;
    }

    [Fact]
    public async Task A_name_is_a_version_an_alias_or_what_is_staged()
    {
        await bench.StageAsync("roaster@2");
        await bench.Releases.SetAliasAsync("champion", new("cut", 2));

        await bench.LiveAsync("roaster", "cut@champion", "price@2");

        Assert.Equal("cut@2 price@2 roaster@2", await bench.ProductionAsync());
    }

    [Fact]
    public async Task Names_that_stand_for_nothing_are_all_told_at_once()
    {
        var end = await bench.Releases.ReleaseAsync(new() { Set = ["roaster", "cut@best", "No Such", "price@1", "price@staging"] });

        Assert.Equal(
        [
            "roaster has no staging version; 'kumiki stage roaster@N' sets one, or name a version.",
            "cut has no alias 'best'; 'kumiki alias best cut@N' sets it.",
            "'No Such' is neither an asset nor a version; write demand-model, demand-model@7 or demand-model@alias.",
            "price has no staging version; 'kumiki stage price@N' sets one, or name a version.",
        ], Bench.Refused(end));
    }

    [Fact]
    public async Task What_does_not_fit_leaves_production_as_it_was()
    {
        await bench.LiveAsync("roaster@1", "cut@1", "price@1");

        var refused = Bench.Refused(await bench.Releases.ReleaseAsync(new() { Set = ["roaster@2"] }));

        Assert.Equal(
        [
            "price@1 was made from beans@1 and roaster@2 from beans@2; models of one production share one version of a source, so make price@1 again from beans@2.",
            "cut@1 was cut for roaster@1, but production would hold roaster@2; make it again for roaster@2.",
        ], refused);
        Assert.Equal("cut@1 price@1 roaster@1", await bench.ProductionAsync());
        Assert.Single(await bench.Releases.HistoryAsync());
    }

    [Fact]
    public async Task A_dry_run_tells_all_and_changes_nothing()
    {
        await bench.LiveAsync("roaster@1", "price@1");
        var before = await bench.Data.Metadata.RevisionAsync(default);

        var would = Assert.IsType<ReleaseEnd.WouldGoLive>(await bench.Releases.ReleaseAsync(new() { Set = ["roaster@2"], Without = ["price"], DryRun = true }));
        var wouldNot = Bench.Refused(await bench.Releases.ReleaseAsync(new() { Set = ["cut@2"], DryRun = true }));
        var back = Bench.Refused(await bench.Releases.RollbackAsync("", dryRun: true));

        Assert.Equal([new("price", 1, null), new("roaster", 1, 2)], would.Changes);
        Assert.Equal(new Dictionary<string, int> { ["roaster"] = 2 }, would.Set);
        Assert.Equal(["cut@2 was cut for roaster@2, but production holds roaster@1; release roaster@2 with it, or make it again for roaster@1."], wouldNot);
        Assert.Equal(["nothing was live before release 1, so there is nothing to go back to; 'kumiki release --without ASSET' takes assets out."], back);
        Assert.Equal(before, await bench.Data.Metadata.RevisionAsync(default));
    }

    [Fact]
    public async Task A_waiver_stays_with_the_release_it_let_through()
    {
        await bench.PutAsync("model plain@1 from beans@1 fails goal beats-baseline");

        var order = new ReleaseOrder { Set = ["plain@1"], Waivers = [Waiver.Parse("plain@1:beats-baseline=a strike that week")] };
        var end = Assert.IsType<ReleaseEnd.Live>(await bench.Releases.ReleaseAsync(order));

        Assert.Equal(["plain@1: the check 'beats-baseline' is waived: a strike that week"], end.Notes.Select(n => n.Says.In("en")));
        Assert.Equal([new(new("plain", 1), "beats-baseline", "a strike that week")], (await bench.Releases.HistoryAsync())[0].Waivers);
    }

    [Fact]
    public async Task A_set_whose_bytes_are_gone_is_refused_even_as_a_rollback()
    {
        await bench.LiveAsync("roaster@1");
        await bench.LiveAsync("roaster@2");
        var gone = bench["roaster@1"].Files[0].Content;
        bench.Data.Artifacts.Remove(gone);

        var refused = Bench.Refused(await bench.Releases.RollbackAsync("worse"));

        Assert.Equal([$"roaster@1 lacks its file it.bin: the store no longer has the bytes {gone.Short}; 'kumiki verify' lists all that is gone."], refused);
        Assert.Equal("roaster@2", await bench.ProductionAsync());
    }

    [Fact]
    public async Task A_rollback_skips_gates()
    {
        await bench.PutAsync("model plain@1 from beans@1 fails goal beats-baseline", "plain@2 from beans@1");
        Bench.Live(await bench.Releases.ReleaseAsync(new() { Set = ["plain@1"], Waivers = [Waiver.Parse("plain@1:beats-baseline=a strike")] }));
        await bench.LiveAsync("plain@2");

        var back = Bench.Live(await bench.Releases.RollbackAsync("worse", by: "ken"));

        Assert.Equal(("plain@1", 1, "ken", "worse"), (await bench.ProductionAsync(), back.Restores, back.Author, back.Reason));
    }

    [Fact]
    public async Task Each_rollback_goes_one_further_back_whatever_came_between()
    {
        await bench.PutAsync("beans@3", "roaster@3 from beans@3", "roaster@4 from beans@3");
        var told = new List<string>();
        const string Steps = "roaster@1 roaster@2 roaster@3 back back back roaster@4 back back roaster@2 roaster@3 back roaster@4 back back back back";
        foreach (var step in Steps.Split(' '))
        {
            var end = step == "back" ? await bench.Releases.RollbackAsync("") : await bench.Releases.ReleaseAsync(new() { Set = [step] });
            told.Add(end is ReleaseEnd.Live(var r, _, _)
                ? $"{step}: {r.Number} {await bench.ProductionAsync()} before {r.Before}{(r.Restores is { } n ? $" restores {n}" : "")}"
                : $"{step}: {Bench.Refused(end)[0][..26]}");
        }

        Assert.Equal(
        [
            "roaster@1: 1 roaster@1 before 0",
            "roaster@2: 2 roaster@2 before 1",
            "roaster@3: 3 roaster@3 before 2",
            "back: 4 roaster@2 before 1 restores 2",
            "back: 5 roaster@1 before 0 restores 1",
            "back: nothing was live before re",
            "roaster@4: 6 roaster@4 before 5",
            "back: 7 roaster@1 before 0 restores 5",
            "back: nothing was live before re",
            "roaster@2: 8 roaster@2 before 7",
            "roaster@3: 9 roaster@3 before 8",
            "back: 10 roaster@2 before 7 restores 8",
            "roaster@4: 11 roaster@4 before 10",
            "back: 12 roaster@2 before 7 restores 10",
            "back: 13 roaster@1 before 0 restores 7",
            "back: nothing was live before re",
            "back: nothing was live before re",
        ], told);
    }

    [Fact]
    public async Task Before_anything_is_released_there_is_nothing_to_roll_back() =>
        Assert.Equal(["nothing is released yet, so there is nothing to roll back."], Bench.Refused(await bench.Releases.RollbackAsync("")));

    [Fact]
    public async Task A_candidate_can_be_withdrawn_and_nothing_else()
    {
        await bench.LiveAsync("roaster@1");
        var live = (await bench.Releases.HistoryAsync())[0];
        var candidate = await bench.Data.Metadata.AddReleaseAsync(live with { Base = 1 }, default);

        await bench.Releases.WithdrawAsync(candidate.Number);

        Assert.Equal([(2, ReleaseState.Withdrawn), (1, ReleaseState.Live)], (await bench.Releases.HistoryAsync()).Select(r => (r.Number, r.State)));
        Assert.Equal("release 2 is withdrawn already.", await SaidAsync(() => bench.Releases.WithdrawAsync(2)));
        Assert.Equal("release 1 is live and cannot be withdrawn; 'kumiki rollback' brings back what was live before.",
            await SaidAsync(() => bench.Releases.WithdrawAsync(1)));
        Assert.Equal("there is no release 9; 'kumiki history' lists them.", await SaidAsync(() => bench.Releases.WithdrawAsync(9)));
    }

    [Fact]
    public async Task Bytes_equal_further_on_are_found_though_nothing_of_them_is_released()
    {
        await bench.PutAsync("dataset north@1 from beans@1", "dataset north@2 is north@1 from beans@2", "model cold@1 from north@1");

        await bench.LiveAsync("cold@1", "price@2");

        Assert.Equal("cold@1 price@2", await bench.ProductionAsync());
    }

    [Fact]
    public async Task A_lineage_is_read_a_generation_at_a_time()
    {
        await bench.PutAsync([.. Enumerable.Range(0, 20).Select(i => $"dataset step{i}@1{(i == 0 ? "" : $" from step{i - 1}@1")}"),
            .. Enumerable.Range(0, 60).Select(i => $"model leaf{i}@1 from step19@1, step3@1")]);
        var shelf = new ShelfReader(bench.Data.Metadata);

        await shelf.ReadAsync(Enumerable.Range(0, 60).Select(i => new VersionName($"leaf{i}", 1)), default);

        Assert.Equal((80, 17), (shelf.Versions.Count, shelf.Questions));     // the leaves, then step19 to step4; the rest came along with step3
    }

    static async Task<string> SaidAsync(Func<Task> act) => (await Assert.ThrowsAsync<KumikiException>(act)).Says.In("en");
}
