using System.Collections.Concurrent;
using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    /// <summary>Does it in two processes by turns.</summary>
    async Task ByTwoAsync(int times, Func<ITrackingStore, int, Task> call)
    {
        var (metadata, other) = await OpenAsync(Clock);
        await using (metadata) await Task.WhenAll(Enumerable.Range(0, times).Select(i => Task.Run(() => call(i % 2 == 0 ? Store : other, i))));
    }

    [Fact]
    public async Task Of_writers_that_give_a_parameter_other_values_one_wins_and_the_rest_write_nothing()
    {
        var run = await NewRunAsync();
        var (won, lost) = (new ConcurrentBag<int>(), new ConcurrentBag<int>());

        await ByTwoAsync(40, async (store, i) =>
        {
            try
            {
                await store.LogAsync(run, new([Point("m", i, i)], [new("p", $"{i % 10}")], []), Go);
                won.Add(i);
            }
            catch (TrackingException e) when (e.Fault == TrackingFault.InvalidValue)
            {
                lost.Add(i);
            }
        });

        var kept = Assert.Single((await Store.RunAsync(run, Go)).Params).Value;
        Assert.Equal(4, won.Count);
        Assert.All(won, i => Assert.Equal(kept, $"{i % 10}"));
        Assert.Equal(36, lost.Count);
        Assert.Equal(won.Select(i => (double)i).Order(), (await Store.HistoryAsync(run, "m", Page.Whole, Go)).Select(p => p.Value).Order());
    }

    [Fact]
    public async Task Of_writers_that_ask_for_one_name_one_gets_it_and_numbers_have_no_gaps()
    {
        var taken = 0;
        await ByTwoAsync(40, async (store, i) =>
        {
            try
            {
                if (i < 20) await store.CreateExperimentAsync($"e{i / 4}", null, [new("k", "v")], Go);
                else await store.CreateModelAsync($"m{i / 4}", null, [], Go);
            }
            catch (TrackingException e) when (e.Fault == TrackingFault.AlreadyThere)
            {
                Interlocked.Increment(ref taken);
            }
        });
        Assert.Equal(30, taken);
        Assert.Equal([0, 1, 2, 3, 4, 5], (await Store.SearchExperimentsAsync(Search.All, ViewType.All, Page.Whole, Go)).Select(e => e.Id).Order());

        var given = new ConcurrentBag<int>();
        await ByTwoAsync(40, async (store, i) =>
            given.Add((await store.CreateVersionAsync(new("m5", $"s3://{i}", null, null, null, null, [new("i", $"{i}")]), Go)).Number));
        Assert.Equal(Enumerable.Range(1, 40), given.Order());
    }

    [Fact]
    public async Task Writers_of_one_run_lose_nothing_and_leave_the_newest_point()
    {
        var run = await NewRunAsync();
        var model = (await Store.CreateLoggedModelAsync(new(0, "m", null, run, [], []), Go)).Id;
        var data = new DatasetInput("beans", "d", "s", "s", null, null, []);

        await ByTwoAsync(60, async (store, i) =>
        {
            await store.LogAsync(run, new([.. Enumerable.Range(0, 20).Select(k => new LoggedMetric($"m{k}", i, i, i, model, "d"))], [new($"p{i}", "1")],
                [new("last", $"{i}")]), Go);
            await store.ChangeRunTagAsync(run, "count", old => $"{int.Parse(old ?? "0", null) + 1}", Go);
            await store.LogInputsAsync(run, [data, data with { Digest = $"{i % 7}" }], [$"m{i % 5}"], Go);
        });

        var read = await Store.RunAsync(run, Go);
        Assert.Equal(Enumerable.Repeat(59.0, 20), read.Metrics.Select(m => m.Value));
        Assert.Equal((60, "60"), (read.Params.Count, read.Tags.Single(t => t.Key == "count").Value));
        Assert.Equal((8, 5), (read.Datasets.Count, read.ModelInputs.Count));
        Assert.Equal(60, (await Store.HistoryAsync(run, "m7", Page.Whole, Go)).Count);
        Assert.Equal(Enumerable.Repeat(59.0, 20), (await Store.LoggedModelAsync(model, false, Go)).Metrics.Select(m => m.Point.Value));
    }

    [Fact]
    public async Task Runs_that_begin_while_their_experiment_is_deleted_are_deleted_or_refused()
    {
        var experiment = await Store.CreateExperimentAsync("short", null, [], Go);
        var refused = 0;

        await ByTwoAsync(60, async (store, i) =>
        {
            try
            {
                if (i == 20) await store.DeleteExperimentAsync(experiment, true, Go);
                else await store.CreateRunAsync(new(experiment, $"{i}", null, null, []), Go);
            }
            catch (TrackingException e) when (e.Fault == TrackingFault.InvalidValue)
            {
                Interlocked.Increment(ref refused);
            }
        });

        Assert.Equal("", await FoundAsync([experiment], "", []));
        Assert.Equal(59 - refused, (await Store.SearchRunsAsync([experiment], Search.All, ViewType.DeletedOnly, Page.Whole, Go)).Count);
    }

    [Fact]
    public async Task Files_and_folders_of_two_writers_do_not_mix()
    {
        var kept = new ConcurrentBag<string>();

        await ByTwoAsync(40, async (store, i) =>
        {
            var path = i % 4 == 0 ? $"r/{i / 8}" : $"r/{i / 8}/{i % 3}";
            try
            {
                if (await store.KeepArtifactAsync(At(path), BlobOf($"{i}"), 0, Go) is null) kept.Add(path);
            }
            catch (TrackingException e) when (e.Fault == TrackingFault.InvalidValue)
            {
                Assert.Contains(path, e.Says.In("en"), StringComparison.Ordinal);
            }
        });

        Assert.All(kept, path => Assert.DoesNotContain(kept, other => other.StartsWith(path + "/", StringComparison.Ordinal)));
        foreach (var path in kept) Assert.NotNull(await Store.ArtifactAsync(At(path), Go));
    }

    [Fact]
    public async Task A_cancelled_write_writes_nothing_and_what_was_written_is_seen_by_the_other_process_at_once()
    {
        var (metadata, other) = await OpenAsync(Clock);
        await using (metadata)
        {
            var run = await NewRunAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.LogAsync(run, new([Point("m", 1)], [], []),
                new CancellationToken(canceled: true)));
            Assert.Empty((await other.RunAsync(run, Go)).Metrics);

            await other.LogAsync(run, new([Point("m", 2)], [], []), Go);
            Assert.Equal([Point("m", 2)], (await Store.RunAsync(run, Go)).Metrics);
        }
    }
}
