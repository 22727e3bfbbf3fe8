using System.Text;
using Kumiki.Making;
using Xunit;

namespace Kumiki.Ground.Tests.Making;

public sealed class MakeTests
{
    static readonly Type[] Coffee = [typeof(Beans), typeof(Roaster), typeof(Grinder), typeof(Cup), typeof(Picture)];

    [Fact]
    public async Task Several_assets_are_made_in_one_call_each_of_what_they_share_once()
    {
        await using var world = new MakingWorld(typeof(Cup), typeof(Roaster), typeof(Grinder), typeof(Beans), typeof(Picture));

        var ends = await world.MakeAsync(new MakeOrder("roaster") { And = ["grinder", "picture"], Upstream = true });

        Assert.Equal(["beans@1", "grinder@1", "picture@1", "roaster@1"], ends.Select(e => Assert.IsType<MakingEnd.Made>(e).Version.Name.ToString()));
        var given = await world.MakeAsync(new MakeOrder("roaster") { And = ["grinder"], Upstream = true, Use = [new("beans", 1)] });
        Assert.Equal(["grinder@1", "roaster@1"], given.Select(e => Assert.IsType<MakingEnd.Reused>(e).Version.Name.ToString()));
    }

    [Fact]
    public async Task An_input_without_a_version_keeps_the_making_back_and_names_the_commands_that_help()
    {
        await using var world = new MakingWorld(Coffee);

        var refused = await Assert.ThrowsAsync<InputsMissingException>(() => world.MakeAsync("cup"));

        Assert.Equal(["kumiki make cup --upstream", "kumiki make roaster --stage"], refused.Findings[0].Mends);
        Assert.Equal(2, refused.Findings.Count);
        Assert.Empty(await world.Store.RunsAsync(null, null, 10, null, default));
    }

    [Fact]
    public async Task A_version_that_is_made_but_not_staged_is_offered_for_staging()
    {
        await using var world = new MakingWorld(Coffee);
        await world.MakeAsync("beans");

        var refused = await Assert.ThrowsAsync<InputsMissingException>(() => world.MakeAsync("roaster"));

        Assert.Equal(["kumiki stage beans@1", "kumiki make roaster --use newest"], refused.Findings[0].Mends);
    }

    [Fact]
    public async Task Make_takes_the_staging_version_of_an_input_and_touches_nothing_else()
    {
        await using var world = new MakingWorld(Coffee);
        await world.MakeAsync("beans");
        await world.MakeAsync("beans", "beans.bags=2");
        await world.StageAsync("beans@1");

        var roasted = await world.MakeAsync("roaster");

        Assert.Equal("roasted 1 bags", await world.TextAsync(roasted));
        Assert.Equal("beans@1", Assert.Single(roasted.Result!.Inputs).Version.ToString());
        Assert.Equal(["staging beans@1"], (await world.Store.StagesAsync(default)).Select(s => $"{s.Stage} {s.Asset}@{s.Number}"));
        Assert.Equal(new Dictionary<string, int> { ["beans"] = 2, ["roaster"] = 1 }, await world.Store.NewestAsync(default));
    }

    [Fact]
    public async Task Use_takes_the_version_named_or_the_newest_and_the_run_says_so()
    {
        await using var world = new MakingWorld(Coffee);
        await world.MakeAsync("beans");
        await world.MakeAsync("beans", "beans.bags=2");
        await world.StageAsync("beans@2");

        var named = Assert.Single(await world.MakeAsync(new MakeOrder("roaster") { Use = [new("beans", 1)] }));
        var newest = Assert.Single(await world.MakeAsync(new MakeOrder("grinder") { UseNewest = true }));

        Assert.Equal("roasted 1 bags", await world.TextAsync(named));
        Assert.Equal("ground 2 bags", await world.TextAsync(newest));
        Assert.Equal(["--use newest"], (await world.Store.RunAsync(newest.Result!.MadeBy, default))!.Plan.Notes);
    }

    [Fact]
    public async Task Upstream_makes_what_is_missing_inputs_first_and_gives_fresh_versions_on()
    {
        await using var world = new MakingWorld(Coffee);

        var ends = await world.MakeAsync(new MakeOrder("cup") { Upstream = true });

        Assert.Equal(["beans", "grinder", "roaster", "cup"], ends.Select(e => e.Asset));
        Assert.Equal("roasted 1 bags + ground 1 bags", await world.TextAsync(ends[^1]));
        Assert.All(await world.MakeAsync(new MakeOrder("cup") { Upstream = true }), e => Assert.IsType<MakingEnd.Reused>(e));
        Assert.Equal(4, (await world.Store.RunsAsync(null, null, 100, null, default)).Count);
    }

    [Fact]
    public async Task Downstream_makes_what_depends_on_it_after_it()
    {
        await using var world = new MakingWorld(Coffee);
        await world.MakeAsync(new MakeOrder("cup") { Upstream = true });

        var ends = await world.MakeAsync(new MakeOrder("beans") { Downstream = true }, "beans.bags=3");

        Assert.Equal(["beans", "grinder", "picture", "roaster", "cup"], ends.Select(e => e.Asset));
        Assert.Equal("roasted 3 bags + ground 3 bags", await world.TextAsync(ends[^1]));
    }

    [Fact]
    public async Task What_was_asked_for_but_never_read_makes_nothing_stale()
    {
        await using var world = new MakingWorld(Coffee);
        await world.MakeAsync("beans");
        await world.StageAsync("beans@1");
        await world.MakeAsync("picture");
        await world.MakeAsync("beans", "beans.bags=2");
        await world.StageAsync("beans@2");

        Assert.IsType<MakingEnd.Reused>(await world.MakeAsync("picture"));
        Assert.Empty(Assert.Single((await world.Store.VersionAsync(new("picture", 1), default))!.Inputs).Read);
    }

    [Fact]
    public async Task A_making_whose_output_is_identical_records_a_run_and_returns_the_existing_version()
    {
        await using var world = new MakingWorld(Coffee);
        await world.MakeAsync("beans");
        world.Code("other code that changes no output");

        var again = Assert.IsType<MakingEnd.Reused>(await world.MakeAsync("beans"));

        Assert.Equal("beans@1", again.Version.Name.ToString());
        Assert.Equal(RunState.Reused, (await world.Store.RunAsync(again.Run!.Value, default))!.State);
        Assert.Null(Assert.IsType<MakingEnd.Reused>(await world.MakeAsync("beans")).Run);
        Assert.Empty(await world.WhyAsync("beans"));
    }

    [Fact]
    public async Task Why_names_code_parameter_input_and_upstream()
    {
        await using var world = new MakingWorld(Coffee);
        await world.MakeAsync(new MakeOrder("cup") { Upstream = true });
        Assert.Empty(await world.WhyAsync("cup"));
        Assert.Equal(["bags changed (1 → 4)"], (await world.WhyAsync("beans", "beans.bags=4")).Select(s => s.Replace("parameter.", "", StringComparison.Ordinal)));
        Assert.Equal(["upstream.beans.bags changed (- → 4)", "its input beans is out of date itself"], await world.WhyAsync("roaster", "beans.bags=4"));

        await world.MakeAsync("beans", "beans.bags=4");
        await world.StageAsync("beans@2");
        Assert.Equal(["it was made from beans@1; beans@2 is in use now"], (await world.WhyAsync("roaster", "beans.bags=4"))[1..]);

        world.Code("new code");
        Assert.Contains("the project's code changed", Assert.Single(await world.WhyAsync("beans", "beans.bags=4")), StringComparison.Ordinal);
        Assert.Equal(["no version was made yet"], await world.WhyAsync("picture"));
    }

    sealed class Counter(Roaster roaster, Beans beans) : Note
    {
        protected override Task<string> TextAsync(MakingRun making, CancellationToken stop) => Task.FromResult($"{beans.Bags} bags for {roaster.Name}");
    }

    [Fact]
    public async Task A_parameter_set_for_an_input_counts_where_the_input_could_be_asked_for_it()
    {
        await using var world = new MakingWorld([.. Coffee, typeof(Counter)]);
        await world.MakeAsync(new MakeOrder("counter") { Upstream = true });

        var other = Assert.IsType<MakingEnd.Made>((await world.MakeAsync(new MakeOrder("counter") { UseNewest = true }, "beans.bags=4"))[0]);
        var same = Assert.IsType<MakingEnd.Reused>((await world.MakeAsync(new MakeOrder("counter") { UseNewest = true }, "beans.bags=4"))[0]);

        Assert.Equal("4 bags for roaster", await world.TextAsync(other));
        Assert.Equal(other.Version.Name, same.Version.Name);
        Assert.Equal("4", (await world.Store.RunAsync(other.Run, default))!.Plan.Upstream["beans.bags"]);
    }

    sealed class Curious(Beans beans) : Note
    {
        protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop)
        {
            var other = await making.ReadAsync(new("roaster", 1), stop);
            return beans.Name + Encoding.UTF8.GetString(await other.BytesAsync("text", stop));
        }
    }

    [Fact]
    public async Task What_was_read_without_being_asked_for_is_recorded_as_undeclared()
    {
        await using var world = new MakingWorld([.. Coffee, typeof(Curious)]);
        await world.MakeAsync(new MakeOrder("roaster") { Upstream = true });

        var made = (await world.MakeAsync(new MakeOrder("curious") { UseNewest = true }))[0].Result!;

        Assert.Equal(["beans@1 True", "roaster@1 False"], made.Inputs.Select(i => $"{i.Version} {i.Declared}"));
    }

    sealed class Picky : Note
    {
        protected override Task<string> TextAsync(MakingRun making, CancellationToken stop)
        {
            making.Check(new("fresh", CheckKind.Expectation, Held: false, Message.Of("stale.never")));
            return Task.FromResult("old");
        }
    }

    sealed class Guest(Picky picky) : Note
    {
        protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop) => await ReadAsync(making, picky, stop);
    }

    [Fact]
    public async Task A_failed_expectation_keeps_dependents_from_being_made_unless_told_otherwise()
    {
        await using var world = new MakingWorld(typeof(Picky), typeof(Guest));
        await world.MakeAsync("picky");

        var refused = Assert.IsType<MakingEnd.Failed>((await world.MakeAsync(new MakeOrder("guest") { UseNewest = true }))[0]);
        Assert.Contains("picky@1, whose expectation 'fresh' failed", refused.Why.In("en"), StringComparison.Ordinal);

        var forced = (await world.MakeAsync(new MakeOrder("guest") { UseNewest = true, DespiteChecks = true }))[0];
        Assert.Equal("old", await world.TextAsync(forced));
        Assert.Contains("--despite-checks", (await world.Store.RunAsync(forced.Result!.MadeBy, default))!.Plan.Notes);
    }

    sealed class Menu : Note
    {
        protected internal override IReadOnlyList<string> OutsideFiles(string projectFolder) => Directory.GetFiles(projectFolder, "*.menu").Order().ToList();

        protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop)
        {
            foreach (var file in OutsideFiles(making.ProjectFolder)) await making.TakeInAsync(file, declared: true, stop);
            return "menu";
        }
    }

    [Fact]
    public async Task An_outside_file_that_changes_comes_or_goes_makes_its_dataset_stale()
    {
        await using var world = new MakingWorld(typeof(Menu));
        var (a, b) = (Path.Combine(world.Root, "a.menu"), Path.Combine(world.Root, "b.menu"));
        File.WriteAllText(a, "espresso");
        await world.MakeAsync("menu");

        File.SetLastWriteTimeUtc(a, DateTime.UtcNow.AddMinutes(1));
        Assert.Empty(await world.WhyAsync("menu"));      // another time, but the same bytes
        File.WriteAllText(a, "espresso doppio");
        Assert.Equal(["the file a.menu changed"], await world.WhyAsync("menu"));
        File.WriteAllText(a, "espresso");
        File.WriteAllText(b, "latte");
        Assert.Equal(["the file b.menu is new"], await world.WhyAsync("menu"));
        File.Delete(a);
        Assert.Equal(["the file b.menu is new", "the file a.menu is gone"], await world.WhyAsync("menu"));
    }
}
