using System.Globalization;
using Kumiki.Making;
using Kumiki.Tuning;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class TuningSpaceTests
{
    public enum Shape { Round, Square, Flat }

    /// <summary>One parameter of each kind.</summary>
    public sealed class Kinds : Asset
    {
        [Parameter(Min = 1, Max = 16)] public int Depth { get; init; } = 5;
        [Parameter(Min = 0.001, Max = 1, Log = true)] public double Rate { get; init; } = 0.05;
        [Parameter(Min = 0)] public double Alpha { get; init; } = 1;
        [Parameter(Min = 0, Max = 1)] public decimal Price { get; init; } = 0.5m;
        [Parameter] public bool Deep { get; init; }
        [Parameter] public Shape Shape { get; init; }
        [Parameter] public string Files { get; init; } = "*.csv";

        public override AssetKind Kind => AssetKind.Other;

        protected internal override Task MakeAsync(MakingRun making, CancellationToken stop) => Task.CompletedTask;
    }

    public sealed class Plain : Asset
    {
        [Parameter] public double Alpha { get; init; }

        public override AssetKind Kind => AssetKind.Other;

        protected internal override Task MakeAsync(MakingRun making, CancellationToken stop) => Task.CompletedTask;
    }

    static SearchSpace Of(params string[] searches) => SearchSpace.Of(ProjectGraph.Build(new Project().Add<Kinds>())["kinds"], searches);

    static string Said(params string[] searches) => Assert.Throws<KumikiException>(() => Of(searches)).Says.In("en");

    [Fact]
    public void Without_a_word_every_parameter_with_two_ends_is_searched_and_every_enum_and_flag() =>
        Assert.Equal("deep=false,true depth=1..16 price=0..1 rate=0.001..1:log shape=Round,Square,Flat", Of().ToString());

    [Theory]
    [InlineData("depth=3,5,7", "depth=3,5,7")]
    [InlineData("depth=3, 5, 3", "depth=3,5")]
    [InlineData("Depth=3..7", "depth=3..7")]
    [InlineData("depth", "depth=1..16")]
    [InlineData("rate=0.01..0.3", "rate=0.01..0.3:log")]
    [InlineData("rate=0.01..0.3:linear", "rate=0.01..0.3")]
    [InlineData("alpha=0.1..10:log:5", "alpha=0.1..10:log")]
    [InlineData("files=a.csv,b..csv", "files=a.csv,b..csv")]
    [InlineData("shape=flat,round", "shape=Flat,Round")]
    public void What_is_asked_is_searched(string search, string space) => Assert.Equal(space, Of(search).ToString());

    [Theory]
    [InlineData("deph=3", "kinds has no parameter 'deph'; it has: alpha, deep, depth, files, price, rate, shape.")]
    [InlineData("depth=3..99", "kinds: depth = 99 is out of range, which is int 1 … 16.")]
    [InlineData("depth=3,99", "kinds: depth = 99 is out of range, which is int 1 … 16.")]
    [InlineData("depth=3.5..5", "kinds: '3.5' is no value for depth, which is int 1 … 16.")]
    [InlineData("depth=7..3", "The search of depth of kinds from 7 to 3 holds no value; it takes int 1 … 16.")]
    [InlineData("alpha", "alpha of kinds takes double 0 … Infinity, which has no two ends to search between; write --search alpha=FROM..TO.")]
    [InlineData("files", "files of kinds takes string, which has no order; list the values to try: --search files=A,B.")]
    [InlineData("alpha=0..10:log", "alpha of kinds is searched on a log scale from 0, which has no orders of magnitude; begin above 0.")]
    [InlineData("depth=", "'depth=' names nothing to search; write name, name=1..9, name=0.1..10:log or name=3,5,7.")]
    [InlineData("depth=1..9:much", "'depth=1..9:much' names nothing to search; write name, name=1..9, name=0.1..10:log or name=3,5,7.")]
    public void What_cannot_be_searched_is_refused_by_name_and_range(string search, string says) => Assert.Equal(says, Said(search));

    [Fact]
    public void A_parameter_named_twice_is_refused() => Assert.Equal("depth of kinds is searched twice; name it once.", Said("depth", "Depth=3,5"));

    [Fact]
    public void Nothing_to_search_is_refused() =>
        Assert.Equal("plain has no parameter with two ends to search between; it has: alpha (double). Name one with --search name=FROM..TO.",
            Assert.Throws<KumikiException>(() => SearchSpace.Of(ProjectGraph.Build(new Project().Add<Plain>())["plain"], [])).Says.In("en"));

    [Fact]
    public void A_grid_is_every_combination_of_values_and_points()
    {
        Assert.Equal(["1", "8", "16"], Of("depth").Ranges[0].Points);
        Assert.Equal(["0.001", "0.03162", "1"], Of("rate").Ranges[0].Points);
        Assert.Equal(["0.1", "0.3162", "1", "3.162", "10"], Of("alpha=0.1..10:log:5").Ranges[0].Points);
        Assert.Equal(["3", "4", "5"], Of("depth=3..5:9").Ranges[0].Points);
        Assert.Equal(["0", "0.5", "1"], Of("price").Ranges[0].Points);
        var space = Of("shape=Flat,Round", "depth=3,5,7");

        Assert.Equal(6, space.GridPoints);
        Assert.Equal(["3 Flat", "3 Round", "5 Flat", "5 Round", "7 Flat", "7 Round"], space.Grid().Select(v => $"{v["depth"]} {v["shape"]}"));
    }

    [Fact]
    public void Draws_depend_on_seed_and_number_alone_begin_with_the_present_values_and_differ()
    {
        var (few, many) = (Of().Draws(7, 10).Select(Written).ToList(), Of().Draws(7, 500).Select(Written).ToList());

        Assert.Equal("false 5 0.5 0.05 Round", few[0]);
        Assert.Equal(few, many.Take(10));
        Assert.Equal(500, many.Distinct().Count());
        Assert.Empty(many.Skip(1).Intersect(Of().Draws(8, 500).Select(Written).Skip(1)));
        Assert.NotEqual("5", Of("depth=9..16").Draws(7, 1).Single()["depth"]);

        // One parameter's draws do not change with what else is searched.
        Assert.Equal(Of("rate").Draws(7, 5).Select(v => v["rate"]), Of("rate", "shape").Draws(7, 5).Select(v => v["rate"]));

        static string Written(IReadOnlyDictionary<string, string> values) => string.Join(' ', values.Values);
    }

    [Fact]
    public void A_small_space_is_drawn_whole_and_then_ends()
    {
        Assert.Equal(Enumerable.Range(1, 16), Of("depth").Draws(0, 30).Select(v => int.Parse(v["depth"], CultureInfo.InvariantCulture)).Order());
        Assert.Equal(48, Of("depth", "shape").Draws(1, 1000).Count());
        Assert.Equal(["0.1"], Of("alpha=0.1..0.1").Draws(0, 5).Select(v => v["alpha"]));
    }

    [Fact]
    public void Draws_are_even_on_their_scale()
    {
        var depths = Enumerable.Range(0, 1600).Select(i => Of("depth").Ranges[0].At(i / 1600.0)).CountBy(d => d).Select(d => d.Value);
        Assert.All(depths, count => Assert.Equal(100, count));
        var rates = Of("rate").Draws(3, 2000).Select(v => double.Parse(v["rate"], CultureInfo.InvariantCulture)).ToList();
        Assert.All(rates, r => Assert.InRange(r, 0.001, 1));
        Assert.All(Enumerable.Range(0, 3), decade => Assert.InRange(rates.Count(r => Math.Floor(Math.Log10(r)) == decade - 3) / 2000.0, 0.30, 0.37));
    }

    [Theory]
    [InlineData(1, "1×1")]
    [InlineData(2, "2×1")]
    [InlineData(3, "3×1/3 1×1")]
    [InlineData(30, "30×1/27 10×1/9 3×1/3 1×1")]
    [InlineData(50, "50×1/27 16×1/9 5×1/3 1×1")]
    [InlineData(500, "500×1/27 166×1/9 55×1/3 18×1")]
    public void Halving_keeps_a_third_and_gives_it_three_times_the_effort(int trials, string rungs) =>
        Assert.Equal(rungs, string.Join(' ', Halving.Rungs(trials).Select(r => $"{r.Candidates}×{(r.Share == 1 ? "1" : $"1/{Math.Round(1 / r.Share)}")}")));
}
