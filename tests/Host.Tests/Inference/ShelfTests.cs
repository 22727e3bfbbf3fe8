using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

public sealed class ShelfTests
{
    const string Ask = """{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,1]},{"name":"b","datatype":"FP32","shape":[1,1],"data":[0]}],"outputs":[{"name":"times"}]}""";

    [Fact]
    public async Task A_version_is_named_by_number_stage_or_alias_and_else_it_is_productions()
    {
        await using var world = await InferenceWorld.StartAsync();
        var versions = new List<VersionRecord>();
        for (var factor = 1; factor <= 4; factor++) versions.Add(await world.AddAsync("two", Graphs.Two(factor)));
        async Task<string> AnswersAsync(string version)
        {
            var (status, answer) = await world.SendAsync(HttpMethod.Post, $"/v2/models/two{version}/infer", Ask);
            Assert.True(status == 200, $"{answer}");
            return $"{answer["model_version"]} {answer["outputs"]![0]!["data"]![0]}";
        }

        Assert.Equal("4 4", await AnswersAsync(""));
        await world.World.MoveAsync("staging", versions[1], "");
        await EventuallyAsync(async () => await AnswersAsync("") == "2 2");
        await world.World.ReleaseAsync([versions[2]], "", []);
        await EventuallyAsync(async () => await AnswersAsync("") == "3 3");
        await world.World.MoveAsync("audit", versions[0], "");
        await EventuallyAsync(() => world.World.Tracking.IsShownAsync(versions[3].Name, default));
        await world.World.Tracking.AliasModelAsync("two", "champion", 4, default);

        Assert.Equal(["1 1", "2 2", "3 3", "1 1", "4 4"],
            [await AnswersAsync("/versions/1"), await AnswersAsync("/versions/staging"), await AnswersAsync("/versions/production"),
                await AnswersAsync("/versions/audit"),
                await AnswersAsync("/versions/champion")]);
    }

    /// <summary>Until the server has heard of a change; a minute at most.</summary>
    static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await holds()) await Task.Delay(10, limit.Token);
    }

    [Fact]
    public async Task The_index_lists_every_version_and_what_is_unloaded_answers_no_more_until_it_is_loaded()
    {
        await using var world = await InferenceWorld.StartAsync(models: [("two", Graphs.Two(1)), ("shop", InferenceWorld.Shop), ("two", Graphs.Two(2))]);
        await world.World.MakeAsync("sales", AssetKind.Dataset, files: [("rows.csv", 100)]);
        async Task<string> IndexAsync(string body) =>
            string.Join(' ', (await world.SendAsync(HttpMethod.Post, "/v2/repository/index", body)).Body.AsArray().Select(m =>
                $"{m!["name"]}@{m["version"]}:{m["state"]}"));

        Assert.Equal("shop@1:UNAVAILABLE two@2:UNAVAILABLE two@1:UNAVAILABLE", await IndexAsync(""));
        await world.InferAsync("two", Ask);
        Assert.Equal("shop@1:UNAVAILABLE two@2:READY two@1:UNAVAILABLE", await IndexAsync("{}"));
        Assert.Equal("two@2:READY", await IndexAsync("""{"ready":true}"""));

        Assert.Equal(200, (await world.SendAsync(HttpMethod.Post, "/v2/repository/models/two/unload", "")).Status);
        Assert.Equal("", await IndexAsync("""{"ready":true}"""));
        Assert.Equal((503, "two was unloaded; load it by POST /v2/repository/models/two/load."), await world.RefusedAsync("two", Ask));
        Assert.Equal(503, (await world.SendAsync(HttpMethod.Get, "/v2/models/two/ready")).Status);
        Assert.Equal(200, (await world.SendAsync(HttpMethod.Post, "/v2/repository/models/two/load", "")).Status);
        Assert.Equal("two@2:READY", await IndexAsync("""{"ready":true}"""));
        await world.InferAsync("two", Ask);
        Assert.Equal(404, (await world.SendAsync(HttpMethod.Post, "/v2/repository/models/none/load", "")).Status);
        Assert.Equal(404, (await world.SendAsync(HttpMethod.Post, "/v2/repository/models/sales/load", "")).Status);
        Assert.Equal(400, (await world.SendAsync(HttpMethod.Post, "/v2/repository/index", "[]")).Status);
    }

    [Fact]
    public async Task A_server_that_only_shows_answers_and_does_not_unload()
    {
        await using var world = await InferenceWorld.StartAsync(readOnly: true, models: ("two", Graphs.Two(1)));

        Assert.Equal(403, (await world.SendAsync(HttpMethod.Post, "/v2/repository/models/two/unload", "")).Status);
        await world.InferAsync("two", Ask);
    }

    [Fact]
    public async Task A_file_that_is_no_model_is_said_so_and_does_not_touch_others()
    {
        await using var world = await InferenceWorld.StartAsync(models: [("broken", [1, 2, 3, 4]), ("two", Graphs.Two(1))]);

        var (status, says) = await world.RefusedAsync("broken", Ask);

        Assert.Equal(503, status);
        Assert.StartsWith("broken@1 cannot be loaded: ", says, StringComparison.Ordinal);
        Assert.Equal(503, (await world.SendAsync(HttpMethod.Get, "/v2/models/broken/ready")).Status);
        await world.InferAsync("two", Ask);
    }

    [Fact]
    public async Task Many_clients_get_right_answers_while_models_come_and_go()
    {
        // room for six of twelve: three that are asked, and three whose answers were read a moment ago
        var one = LoadedModel.Estimate(Graphs.Two(1).Length);
        var settings = new ServingSettings { MemoryBytes = (6 * one) + 1000 };
        await using var world = await InferenceWorld.StartAsync(settings, models: [.. Enumerable.Range(1, 12).Select(n => ($"two-{n}", Graphs.Two(n)))]);
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        var answered = 0;

        await Task.WhenAll(Enumerable.Range(0, 3).Select(client => Task.Run(async () =>
        {
            var random = new Random(client);
            for (var i = 0; i < 100; i++)
            {
                var n = random.Next(12) + 1;
                var (status, answer) = await world.SendAsync(HttpMethod.Post, $"/v2/models/two-{n}/infer", Ask);
                if (status != 200 || answer["outputs"]![0]!["data"]!.ToJsonString() != $"[{n},{n}]") wrong.Add($"{n}: {status} {answer}");
                else Interlocked.Increment(ref answered);
            }
        })));

        Assert.Empty(wrong);
        Assert.Equal(300, answered);
        Assert.InRange((await world.SendAsync(HttpMethod.Post, "/v2/repository/index", """{"ready":true}""")).Body.AsArray().Count, 1, 6);
    }

    [Fact]
    public async Task A_model_is_refused_at_once_while_those_that_run_fill_the_memory_and_answers_as_soon_as_they_end()
    {
        var slow = Graphs.Slow(2000);
        await using var world = await InferenceWorld.StartAsync(new() { MemoryBytes = LoadedModel.Estimate(slow.Length) + 1000 },
            models: [("slow", slow), ("two", Graphs.Two(1))]);
        using var over = new CancellationTokenSource();
        var running = world.Http.PostAsync("/v2/models/slow/infer", new StringContent(Graphs.SlowRequest(1024)), over.Token);
        async Task<bool> RunsAsync() => (await world.Http.GetStringAsync("/metrics")).Contains("kumiki_inference_running{model=\"slow\",version=\"1\"} 1\n",
            StringComparison.Ordinal);
        await EventuallyAsync(RunsAsync);

        var refused = await world.RefusedAsync("two", Ask);

        Assert.Equal(503, refused.Status);
        Assert.StartsWith("There is no room for two@1 now: the models that run take the ", refused.Says, StringComparison.Ordinal);
        Assert.True(await RunsAsync());
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await EventuallyAsync(async () => !await RunsAsync());
        await EventuallyAsync(async () => (await world.SendAsync(HttpMethod.Post, "/v2/models/two/infer", Ask)).Status == 200);
        Assert.Contains("\nkumiki_models_evicted_total 1\n", await world.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_larger_than_the_memory_is_refused()
    {
        await using var world = await InferenceWorld.StartAsync(new() { MemoryBytes = 1000 }, models: ("two", Graphs.Two(1)));

        var (status, says) = await world.RefusedAsync("two", Ask);

        Assert.Equal(503, status);
        Assert.Contains("more than the 1000 that models may take together", says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Releases_under_load_drop_no_request_and_mix_no_versions()
    {
        await using var world = await InferenceWorld.StartAsync();
        var versions = new List<VersionRecord>();
        for (var factor = 1; factor <= 4; factor++) versions.Add(await world.AddAsync("two", Graphs.Two(factor)));
        await world.World.ReleaseAsync([versions[0]], "", []);
        using var over = new CancellationTokenSource();
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();

        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                var (status, answer) = await world.SendAsync(HttpMethod.Post, "/v2/models/two/infer", Ask);
                var version = (string?)answer["model_version"];
                if (status != 200 || answer["outputs"]![0]!["data"]!.ToJsonString() != $"[{version},{version}]") wrong.Add($"{status} {answer}");
                else seen[version!] = true;
            }
        })).ToList();
        foreach (var version in versions)
        {
            if (version != versions[0]) await world.World.ReleaseAsync([version], "", []);
            await EventuallyAsync(() => Task.FromResult(seen.ContainsKey($"{version.Name.Number}")));
        }
        await over.CancelAsync();
        await Task.WhenAll(clients);

        Assert.Empty(wrong);
        Assert.Equal(["1", "2", "3", "4"], seen.Keys.Order());
    }
}
