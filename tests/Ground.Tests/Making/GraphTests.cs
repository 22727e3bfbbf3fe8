using Kumiki.Making;
using Xunit;

namespace Kumiki.Ground.Tests.Making;

public sealed class GraphTests
{
    static ProjectGraph Build(Type[] assets, params (string Asset, string Name, string Value)[] settings)
    {
        var project = new Project();
        foreach (var asset in assets) project.Add(asset);
        return ProjectGraph.Build(project, [.. settings.Select(s => new ParameterSetting(s.Asset, s.Name, s.Value))],
            (dataset, column) => dataset == "beans" && column == "origin" ? new Dictionary<string, long> { ["Kenya AA"] = 200, ["Perú"] = 3 } : []);
    }

    static string[] Says(ProjectGraph graph) => [.. graph.Findings.Select(f => f.Says.In("en"))];

    abstract class Empty : Asset
    {
        public override AssetKind Kind => AssetKind.Other;

        protected internal override Task MakeAsync(MakingRun making, CancellationToken stop) => Task.CompletedTask;
    }

    sealed class Hen(Egg egg) : Empty { public Egg Egg { get; } = egg; }
    sealed class Egg(Hen hen) : Empty { public Hen Hen { get; } = hen; }
    sealed class Odd(string text, Beans beans) : Empty { public string Text { get; } = text; public Beans Beans { get; } = beans; }

    static class Other
    {
        public sealed class Beans : Empty;
    }

    [Fact]
    public void Inputs_come_before_their_users_and_equal_ranks_by_name()
    {
        var graph = Build([typeof(Cup), typeof(Roaster), typeof(Grinder), typeof(Beans)]);

        Assert.True(graph.IsSound);
        Assert.Equal(["beans", "grinder", "roaster", "cup"], graph.Nodes.Select(n => n.Name));
        Assert.Equal(["beans", "roaster"], graph.Upstream("roaster").Select(n => n.Name));
        Assert.Equal(["grinder", "cup"], graph.Downstream("grinder").Select(n => n.Name));
    }

    [Fact]
    public void All_findings_come_at_once()
    {
        var graph = Build([typeof(Hen), typeof(Egg), typeof(Odd), typeof(Roaster)], ("roaster", "heat", "9"), ("rooster", "heat", "9"));

        Assert.Equal(
        [
            "odd asks for 'text' of type String, which is not an asset; its constructor may ask for assets, Family<…> and FamilyKey.",
            "odd asks for Beans, which is not part of the project; add it: project.Add<Beans>()",
            "roaster asks for Beans, which is not part of the project; add it: project.Add<Beans>()",
            "These assets wait for each other: egg → hen → egg; take one of the constructor parameters away.",
            "roaster has no parameter 'heat'; it has: -.",
            "There is no asset 'rooster'; the nearest is: roaster.",
        ], Says(graph));
        Assert.Throws<GraphException>(graph.Sound);
    }

    [Fact]
    public void Two_classes_of_one_name_are_told_by_their_full_names()
    {
        var graph = Build([typeof(Beans), typeof(Other.Beans)]);

        Assert.Equal(["Kumiki.Ground.Tests.Making.Beans and Kumiki.Ground.Tests.Making.GraphTests+Other+Beans are both named beans; rename one class."], Says(graph));
    }

    [Theory]
    [InlineData("bags", "many", "beans: 'many' is no value for bags, which is int 1 … 9.")]
    [InlineData("bags", "10", "beans: bags = 10 is out of range, which is int 1 … 9.")]
    [InlineData("bag", "1", "beans has no parameter 'bag'; it has: bags, shout.")]
    [InlineData("shout", "loud", "beans: 'loud' is no value for shout, which is bool.")]
    public void A_bad_parameter_is_named_with_what_it_takes(string name, string value, string says) => Assert.Equal([says], Says(Build([typeof(Beans)], ("beans", name, value))));

    [Fact]
    public void A_parameter_set_from_outside_overrides_the_default()
    {
        var graph = Build([typeof(Beans)], ("beans", "bags", "7"));

        Assert.Equal(7, ((Beans)graph["beans"].Instance!).Bags);
        Assert.Equal(["bags=7", "shout=false"], graph["beans"].Parameters.Select(p => $"{p.Name}={p.Value}"));
    }

    sealed class Throws : Empty
    {
        public Throws() => throw new InvalidOperationException("no beans today");
    }

    [Fact]
    public void A_constructor_that_throws_is_a_finding() => Assert.Equal(["throws could not be built: no beans today"], Says(Build([typeof(Throws)])));

    [Keys("no-animal", "Grotesque")]
    sealed class Judge(FamilyKey key, Beans beans) : Empty
    {
        public string Key { get; } = key.Raw;
        public Beans Beans { get; } = beans;
    }

    [Keys("no-animal", "Grotesque")]
    sealed class Bar(FamilyKey key, Judge judge) : Empty
    {
        public string Key { get; } = key.Raw;
        public Judge Judge { get; } = judge;
    }

    sealed class Court(Family<Judge> judges) : Empty { public Family<Judge> Judges { get; } = judges; }

    [KeysFrom(typeof(Beans), "origin")]
    sealed class Blend(FamilyKey key, Beans beans) : Empty { public string Key { get; } = key.Raw + beans.Name; }

    [Fact]
    public void A_family_is_one_asset_for_each_key_and_members_of_one_key_belong_together()
    {
        var graph = Build([typeof(Beans), typeof(Judge), typeof(Bar), typeof(Court)]);

        Assert.Empty(Says(graph));
        Assert.Equal(["beans", "judge.grotesque", "judge.no-animal", "bar.grotesque", "bar.no-animal", "court"], graph.Nodes.Select(n => n.Name).OrderBy(n => n.Split('.')[0] switch { "beans" => 0, "judge" => 1, "bar" => 2, _ => 3 }));
        Assert.Equal("Grotesque", graph["judge.grotesque"].RawKey);
        Assert.Equal(["judge.grotesque"], graph["bar.grotesque"].Inputs.Select(i => i.Asset));
        Assert.Equal(["judge.grotesque", "judge.no-animal"], graph["court"].Inputs.Select(i => i.Asset));
        Assert.Equal(["Grotesque", "no-animal"], ((Court)graph["court"].Instance!).Judges.Members.Keys.Order());
    }

    [Fact]
    public void The_values_of_a_column_open_a_family_by_themselves()
    {
        var graph = Build([typeof(Beans), typeof(Blend)]);

        Assert.Empty(Says(graph));
        Assert.Equal(["blend.kenya-aa", $"blend.per-{Digest.Of("Perú").Hex[..8]}"], graph.Nodes.Select(n => n.Name).Where(n => n.StartsWith("blend", StringComparison.Ordinal)).Order());
        Assert.Equal(["origin"], graph["beans"].KeyColumns);
    }

    [KeysFrom(typeof(Beans), "origin", AtLeast = 4)]
    sealed class Estate(FamilyKey key, Beans beans) : Empty { public string Key { get; } = key.Raw + beans.Name; }

    [Fact]
    public void A_key_with_too_few_rows_gets_no_asset_of_its_own()
    {
        var graph = Build([typeof(Beans), typeof(Estate)]);

        Assert.Empty(Says(graph));
        Assert.Equal(["beans", "estate.kenya-aa"], graph.Nodes.Select(n => n.Name));
    }

    [Obsolete("Use Arabica.")]
    sealed class Robusta : Empty;

#pragma warning disable CS0618 // the point of the test
    sealed class Mix(Robusta robusta) : Empty { public Robusta Robusta { get; } = robusta; }
#pragma warning restore CS0618

    [OnlyFor(typeof(Roaster))]
    sealed class Secret : Empty;

    sealed class Spy(Secret secret) : Empty { public Secret Secret { get; } = secret; }

    [Fact]
    public void Rules_on_use_hold_at_run_time_too()
    {
#pragma warning disable CS0618
        var graph = Build([typeof(Robusta), typeof(Mix), typeof(Secret), typeof(Spy)]);
#pragma warning restore CS0618

        Assert.Equal(["Note: mix still uses robusta, which is obsolete. Use Arabica.", "Refusal: spy uses secret, which is only for roaster; use another input, or name spy in its [OnlyFor]."],
            graph.Findings.Select(f => $"{f.Severity}: {f.Says.In("en")}").Order());
    }

    [Fact]
    public void An_unknown_asset_is_answered_with_the_nearest() =>
        Assert.Equal("There is no asset 'bens'; the nearest is: beans.", Assert.Throws<KumikiException>(() => Build([typeof(Beans)])["bens"]).Says.In("en"));
}
