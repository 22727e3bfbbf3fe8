using Xunit;

namespace Kumiki.Releasing.Tests;

public sealed class StageTests : IAsyncLifetime
{
    readonly Bench bench = new();

    public async Task InitializeAsync() => await bench.PutAsync("beans@1", "beans@2", "roaster@1 from beans@1");

    public async Task DisposeAsync() => await bench.EndAsync();

    [Fact]
    public async Task Versions_are_staged_all_or_none()
    {
        await bench.StageAsync("beans@1");

        Assert.Equal("roaster@7 does not exist; 'kumiki show roaster' lists the versions there are.",
            await SaidAsync(() => bench.StageAsync("beans@2", "roaster@7")));
        Assert.Equal("beans is named more than once (beans@1, beans@2); name one version of it.",
            await SaidAsync(() => bench.StageAsync("beans@2", "beans@1")));
        Assert.Equal(["beans@1 staging"], await PointersAsync());
    }

    [Fact]
    public async Task What_is_not_staged_cannot_be_unstaged()
    {
        await bench.StageAsync("beans@1");

        Assert.Equal("roaster has no staging version; 'kumiki stage roaster@N' sets one, or name a version.",
            await SaidAsync(() => bench.Releases.UnstageAsync(["beans", "roaster"])));
        Assert.Equal(["beans@1 staging"], await PointersAsync());
        await bench.Releases.UnstageAsync(["beans"]);
        Assert.Empty(await PointersAsync());
    }

    [Fact]
    public async Task Moves_are_kept_with_who_and_why()
    {
        await bench.Releases.StageAsync([new("beans", 1)], "clean");
        await bench.Releases.StageAsync([new("beans", 2)], "newer");
        await bench.Releases.SetAliasAsync("champion", new("roaster", 1), "won");
        await bench.Releases.RemoveAliasAsync("champion", "roaster", "lost");
        await bench.Releases.UnstageAsync(["beans"], "dirty");
        await bench.LiveAsync("roaster@1");

        Assert.Equal(["production roaster  -> 1 ", "staging beans 2 ->  dirty", "champion roaster 1 ->  lost", "champion roaster  -> 1 won",
            "staging beans 1 -> 2 newer", "staging beans  -> 1 clean"],
            (await bench.Releases.StageHistoryAsync()).Select(m => $"{m.Stage} {m.Asset} {m.From} -> {m.Number} {m.Reason}"));
        Assert.Equal(3, (await bench.Releases.StageHistoryAsync("beans")).Count);
        Assert.All(await bench.Releases.StageHistoryAsync(), m => Assert.Equal("mika", m.By));
    }

    [Theory]
    [InlineData("staging", "'staging' cannot be an alias, because it means something already; choose another name.")]
    [InlineData("production", "'production' cannot be an alias, because it means something already; choose another name.")]
    [InlineData("newest", "'newest' cannot be an alias, because it means something already; choose another name.")]
    [InlineData("7", "'7' cannot be an alias; use at most 40 lower-case letters, digits and hyphens, beginning with a letter.")]
    [InlineData("7th", "'7th' cannot be an alias; use at most 40 lower-case letters, digits and hyphens, beginning with a letter.")]
    [InlineData("", "'' cannot be an alias; use at most 40 lower-case letters, digits and hyphens, beginning with a letter.")]
    [InlineData("Best", "'Best' cannot be an alias; use at most 40 lower-case letters, digits and hyphens, beginning with a letter.")]
    [InlineData("best-", "'best-' cannot be an alias; use at most 40 lower-case letters, digits and hyphens, beginning with a letter.")]
    [InlineData("be.st", "'be.st' cannot be an alias; use at most 40 lower-case letters, digits and hyphens, beginning with a letter.")]
    [InlineData("a1234567890123456789012345678901234567890",
        "'a1234567890123456789012345678901234567890' cannot be an alias; use at most 40 lower-case letters, digits and hyphens, beginning with a letter.")]
    public async Task An_alias_is_a_slug_that_means_nothing_else(string alias, string says)
    {
        Assert.Equal(says, await SaidAsync(() => bench.Releases.SetAliasAsync(alias, new("roaster", 1))));
        Assert.Equal(says, await SaidAsync(() => bench.Releases.RemoveAliasAsync(alias, "roaster")));
    }

    [Fact]
    public async Task An_alias_points_to_what_exists_and_leaves_when_it_is_there()
    {
        Assert.Equal("roaster@9 does not exist; 'kumiki show roaster' lists the versions there are.",
            await SaidAsync(() => bench.Releases.SetAliasAsync("best", new("roaster", 9))));
        Assert.Equal("roaster has no alias 'best'; 'kumiki alias best roaster@N' sets it.",
            await SaidAsync(() => bench.Releases.RemoveAliasAsync("best", "roaster")));
        await bench.Releases.SetAliasAsync("best", new("roaster", 1));
        Assert.Equal(["roaster@1 best"], await PointersAsync());
    }

    [Theory]
    [InlineData("roaster@7:goal=why not", "roaster@7", "goal", "why not")]
    [InlineData("demand.s1@2:rows.unique=a=b:c", "demand.s1@2", "rows.unique", "a=b:c")]
    public void A_waiver_is_read_as_it_is_written(string text, string version, string check, string because) =>
        Assert.Equal(new(VersionName.Parse(version), check, because), Waiver.Parse(text));

    [Theory]
    [InlineData("roaster@7:goal")]
    [InlineData("roaster@7:goal=")]
    [InlineData("roaster@7:goal=  ")]
    [InlineData("roaster:goal=why")]
    [InlineData("roaster@7:=why")]
    [InlineData("why=roaster@7:goal")]
    [InlineData("")]
    public async Task A_waiver_without_a_version_a_check_or_a_reason_is_refused(string text) =>
        Assert.Equal($"'{text}' is not a waiver; write VERSION:CHECK=REASON, as in demand-model@7:beats-baseline='the baseline had a bad week'.",
            await SaidAsync(() => Task.FromResult(Waiver.Parse(text))));

    async Task<IEnumerable<string>> PointersAsync() => (await bench.Data.Metadata.StagesAsync(default)).Select(s => $"{s.Asset}@{s.Number} {s.Stage}");

    static async Task<string> SaidAsync(Func<Task> act) => (await Assert.ThrowsAsync<KumikiException>(act)).Says.In("en");
}
