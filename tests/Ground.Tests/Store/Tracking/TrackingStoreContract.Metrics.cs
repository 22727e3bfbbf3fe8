using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    [Fact]
    public async Task The_newest_point_is_the_one_of_the_last_step_then_time_then_value()
    {
        var run = await NewRunAsync();
        await LogAsync(run, Point("m", 1, 10, 5), Point("m", 9, 99, 3));
        Assert.Equal([Point("m", 1, 10, 5)], (await Store.RunAsync(run, Go)).Metrics);
        await LogAsync(run, Point("m", 2, 9, 5));
        Assert.Equal([Point("m", 1, 10, 5)], (await Store.RunAsync(run, Go)).Metrics);
        await LogAsync(run, Point("m", 0.5, 10, 5), Point("m", 3, 10, 5), Point("m", 2, 10, 5));
        Assert.Equal([Point("m", 3, 10, 5)], (await Store.RunAsync(run, Go)).Metrics);
        await LogAsync(run, Point("m", double.NegativeInfinity, 0, 6), Point("m", 7, 1000, -4));
        Assert.Equal([Point("m", double.NegativeInfinity, 0, 6)], (await Store.RunAsync(run, Go)).Metrics);

        Assert.Equal([(0L, 6L), (9, 5), (10, 5), (10, 5), (10, 5), (10, 5), (99, 3), (1000, -4)],
            (await Store.HistoryAsync(run, "m", Page.Whole, Go)).Select(p => (p.TimestampMs, p.Step)));
    }

    [Fact]
    public async Task Any_double_is_kept_as_it_is()
    {
        var run = await NewRunAsync();
        double[] values = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, 0.1,
            1 / 3.0, 0, 1e300, long.MaxValue];

        await LogAsync(run, [.. values.Select((value, i) => new LoggedMetric("m", value, i, long.MaxValue - i)),
            new("least", 1, long.MaxValue, long.MinValue)]);

        Assert.Equal(values, (await Store.HistoryAsync(run, "m", Page.Whole, Go)).Select(p => p.Value));
        Assert.Equal(["least 1 -9223372036854775808", "m NaN 9223372036854775807"],
            (await Store.RunAsync(run, Go)).Metrics.Select(m => FormattableString.Invariant($"{m.Key} {m.Value} {m.Step}")));
    }

    [Fact]
    public async Task A_point_that_comes_again_is_one_point()
    {
        var run = await NewRunAsync();
        await LogAsync(run, Point("m", 1), Point("m", 1), Point("m", 0), Point("m", double.NaN), Point("m", double.NaN));
        await LogAsync(run, Point("m", 1));
        await LogAsync(run, Point("m", -0.0));

        Assert.Equal([0, double.NaN, 1], (await Store.HistoryAsync(run, "m", Page.Whole, Go)).Select(p => p.Value));
        Assert.Equal([Point("m", 1)], (await Store.RunAsync(run, Go)).Metrics);
    }

    [Fact]
    public async Task A_batch_of_a_thousand_of_each_is_one_write()
    {
        var run = await NewRunAsync();
        var before = await Metadata.RevisionAsync(Go);
        LoggedMetric[] points = [.. Enumerable.Range(0, 1000).Select(i => new LoggedMetric($"m{i % 300:000}", i, i, i))];

        await Store.LogAsync(run, new(points, [.. Enumerable.Range(0, 1000).Select(i => new Entry($"p{i:000}", $"{i}"))],
            [.. Enumerable.Range(0, 1000).Select(i => new Entry($"t{i % 600:000}", $"{i}"))]), Go);

        var read = await Store.RunAsync(run, Go);
        Assert.Equal(points[700..].OrderBy(p => p.Key, StringComparer.Ordinal), read.Metrics);
        Assert.Equal((1000, 601), (read.Params.Count, read.Tags.Count));
        Assert.Equal("999", read.Tags.Single(t => t.Key == "t399").Value);
        Assert.Equal(before + 1, await Metadata.RevisionAsync(Go));
    }

    [Fact]
    public async Task History_is_paged_in_its_order_whatever_came_first()
    {
        var (run, random) = (await NewRunAsync(), new Random(7));
        LoggedMetric[] points = [.. Enumerable.Range(0, 500).Select(i => Point("m", i % 10, i / 20, i % 7 - 3)).DistinctBy(p => p)];
        await LogAsync(run, [.. points.Shuffled(random), Point("other", 1)]);
        LoggedMetric[] sorted = [.. points.OrderBy(p => p.TimestampMs).ThenBy(p => p.Step).ThenBy(p => p.Value)];

        Assert.Equal(sorted, await Store.HistoryAsync(run, "m", Page.Whole, Go));
        Assert.Equal(sorted[33..50], await Store.HistoryAsync(run, "m", new(33, 17), Go));
        Assert.Empty(await Store.HistoryAsync(run, "m", new(500, 10), Go));
        Assert.Empty(await Store.HistoryAsync(run, "none", Page.Whole, Go));
    }

    [Fact]
    public async Task A_long_series_is_one_however_it_was_logged_and_a_point_sent_again_late_is_one_point()
    {
        var (run, steps) = (await NewRunAsync(), Enumerable.Range(0, 3 * PointBlocks.Full).ToArray());
        new Random(1).Shuffle(steps);
        foreach (var batch in steps.Chunk(1000)) await LogAsync(run, [.. batch.Select(i => Point("m", i, i, i)), Point("nan", double.NaN), Point("other", 1)]);
        await LogAsync(run, [.. steps[..50].Select(i => Point("m", i, i, i)), Point("nan", double.NaN), Point("nan", 0)]);

        var all = await Store.HistoryAsync(run, "m", Page.Whole, Go);
        Assert.Equal(Enumerable.Range(0, steps.Length).Select(i => Point("m", i, i, i)), all);
        Assert.Equal(all.Skip(5000).Take(10), await Store.HistoryAsync(run, "m", new(5000, 10), Go));
        Assert.Equal([0, double.NaN], (await Store.HistoryAsync(run, "nan", Page.Whole, Go)).Select(p => p.Value));
        Assert.Equal(all.Skip(100).Take(51), (await Store.SampledAsync([run], "m", (100, 150), 1000, Go)).Select(p => p.Point));
        Assert.Equal(all.Take(9), (await Store.HistoryAsync([run], "m", 9, Go)).Select(p => p.Point));
    }

    [Fact]
    public async Task Several_runs_give_their_history_one_after_another()
    {
        var (one, two, none) = (await NewRunAsync(), await NewRunAsync(), await NewRunAsync());
        await LogAsync(one, Point("m", 1, 2), Point("m", 2, 1), Point("x", 1));
        await LogAsync(two, Point("m", 3, 1), Point("m", 4, 2));

        Assert.Equal([(two, 3.0), (two, 4.0), (one, 2.0), (one, 1.0)],
            (await Store.HistoryAsync([two, none, one], "m", 10, Go)).Select(p => (p.Run, p.Point.Value)));
        Assert.Equal([(two, 3.0), (two, 4.0), (one, 2.0)], (await Store.HistoryAsync([two, one], "m", 3, Go)).Select(p => (p.Run, p.Point.Value)));
        Assert.Empty(await Store.HistoryAsync([], "m", 10, Go));
    }

    [Fact]
    public async Task Sampled_steps_are_the_same_for_all_runs_with_each_ones_first_and_last()
    {
        var (one, two) = (await NewRunAsync(), await NewRunAsync());
        await LogAsync(one, [.. Enumerable.Range(0, 100).Select(i => Point("m", i, 1000 - i, i))]);
        await LogAsync(two, [.. Enumerable.Range(0, 60).Select(i => Point("m", -i, i, i)), Point("m", 7, 3, 20)]);

        Assert.Equal("0 10 20 30 40 50 59 60 70 80 90 99 / 0 10 20 20 30 40 50 59", Steps(await Store.SampledAsync([one, two], "m", null, 10, Go)));
        Assert.Equal("5 6 7 8 / 5 6 7 8", Steps(await Store.SampledAsync([one, two], "m", (5, 8), 10, Go)));
        Assert.Equal("", Steps(await Store.SampledAsync([one, two], "none", null, 10, Go)));

        static string Steps(IReadOnlyList<MetricOfRun> points) =>
            string.Join(" / ", points.GroupBy(p => p.Run).Select(r => string.Join(' ', r.Select(p => p.Point.Step))));
    }
}

static class Shuffling
{
    /// <summary>In an order that is the same for the same seed.</summary>
    internal static IReadOnlyList<T> Shuffled<T>(this IReadOnlyList<T> items, Random random)
    {
        var shuffled = items.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }
}
