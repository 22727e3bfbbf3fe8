using Kumiki.Hosting;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>What is worked out for the pages, without a server.</summary>
public sealed class ShownTests
{
    static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_thinned_series_keeps_its_ends_and_its_spikes()
    {
        List<MetricPoint> points = [.. Enumerable.Range(0, 10_000).Select(i => new MetricPoint("loss", i, i == 7_777 ? 99 : i == 1_234 ? -5 : Math.Sin(i / 100.0), Noon))];

        var thin = MetricSeries.Of("loss", points, 50);

        Assert.Equal(10_000, thin.Count);
        Assert.InRange(thin.Points.Count, 40, 50);
        Assert.Equal((0, 9_999), (thin.Points[0].Step, thin.Points[^1].Step));
        Assert.Equal((-5.0, 99.0), (thin.Points.Min(p => p.Value), thin.Points.Max(p => p.Value)));
        Assert.Equal(thin.Points.Select(p => p.Step).Order(), thin.Points.Select(p => p.Step));
    }

    [Fact]
    public void A_short_series_is_kept_whole_in_the_order_of_its_steps()
    {
        var series = MetricSeries.Of("loss", [new("loss", 2, 0.5, Noon), new("loss", 1, 1, Noon)], 10);

        Assert.Equal([1L, 2L], series.Points.Select(p => p.Step));
    }

    [Fact]
    public void Inputs_stand_before_users_and_a_circle_of_old_versions_does_not_lose_any()
    {
        GraphEdge[] edges = [new("a", "c", EdgeKind.Source), new("c", "b", EdgeKind.Fit), new("d", "e", EdgeKind.Source), new("e", "d", EdgeKind.Source)];

        Assert.Equal(["a", "c", "b", "d", "e"], RecordedGraph.Ordered(["e", "d", "c", "b", "a"], edges));
    }

    [Fact]
    public void A_release_is_compared_asset_by_asset()
    {
        var changes = ReleaseChange.Between(new Dictionary<string, int> { ["kept"] = 1, ["gone"] = 2, ["moved"] = 3 }, new Dictionary<string, int> { ["kept"] = 1, ["moved"] = 4, ["new"] = 5 });

        Assert.Equal([new("gone", 2, null), new("moved", 3, 4), new("new", null, 5)], changes);
    }

    [Fact]
    public void A_message_of_another_program_is_said_by_its_values()
    {
        var said = Said.Of(new("future.thing", new Dictionary<string, string> { ["asset"] = "sales" }), new("en"));

        Assert.Equal("future.thing: asset = sales", said.Text);
    }
}
