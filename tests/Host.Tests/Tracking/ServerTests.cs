using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>What takes a server of its own.</summary>
public sealed class ServerTests
{
    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_new_start()
    {
        var world = new TrackingWorld();
        await world.StartAsync();
        try
        {
            var run = await world.NewRunAsync(name: "kept");
            await world.LogAsync(run, """ "metrics": [{"key": "m", "value": 1, "timestamp": 1}], "params": [{"key": "p", "value": "1"}]""");
            using (var put = await world.Http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/a",
                new StringContent("bytes"))) Assert.Equal(200, (int)put.StatusCode);
            var before = (await world.RunAsync(run)).ToJsonString();

            await world.StopAsync();
            await world.StartAsync();

            Assert.Equal(before, (await world.RunAsync(run)).ToJsonString());
            Assert.Equal("bytes", await world.Http.GetStringAsync($"/get-artifact?run_id={run}&path=a"));
        }
        finally
        {
            await world.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_server_that_only_shows_answers_searches_and_writes_nothing()
    {
        var world = new TrackingWorld();
        await world.StartAsync(readOnly: true);
        try
        {
            Assert.Empty(await world.PostAsync("runs/search", """{"experiment_ids": ["0"]}"""));
            Assert.Equal("Default", (string)(await world.GetAsync("experiments/get?experiment_id=0"))["experiment"]!["name"]!);
            Assert.Equal((403, "PERMISSION_DENIED"), Two(await world.RefusedAsync("runs/create", "{}")));
            Assert.Equal((403, "PERMISSION_DENIED"), Two(await world.RefusedAsync("registered-models/create", """{"name": "x"}""")));
            using var put = await world.Http.PutAsync("/api/2.0/mlflow-artifacts/artifacts/a", new StringContent("x"));
            Assert.Equal(403, (int)put.StatusCode);
        }
        finally
        {
            await world.DisposeAsync();
        }

        static (int, string) Two((int Status, string Code, string Says) refused) => (refused.Status, refused.Code);
    }

    [Fact]
    public async Task A_store_without_tracking_leaves_those_addresses_to_the_pages()
    {
        var folder = Directory.CreateTempSubdirectory("kumiki-tracking-").FullName;
        await using (var data = Kumiki.Store.DataFolder.Open(folder, TimeProvider.System))
        {
            await using var server = await KumikiServer.StartAsync(new()
            {
                Name = "x",
                DataFolder = folder,
                Metadata = data.Metadata,
                Artifacts = data.Artifacts
            }, ServeAddress.Of("127.0.0.1", 0), default);
            using var http = new HttpClient { BaseAddress = server.Address };
            using var response = await http.GetAsync("/api/2.0/mlflow/experiments/get?experiment_id=0");

            Assert.Equal(404, (int)response.StatusCode);
            Assert.Equal("serve.no-address", (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["id"]!);
        }
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Many runs with the same values, so that the three ways of a search meet: a rare clause, an index in order, all runs sorted.</summary>
    [Fact]
    public async Task However_a_search_is_made_it_finds_the_same_in_the_same_order()
    {
        var world = new TrackingWorld();
        await world.StartAsync();
        try
        {
            var random = new Random(5);
            var experiment = await world.NewExperimentAsync();
            var other = await world.NewExperimentAsync();
            var truth = new List<(string Name, long Start, double? Metric, string? Param, string Id)>();
            for (var i = 0; i < 120; i++)
            {
                var (name, start) = ($"r{i}", 1000L + random.Next(10));
                var id = await world.NewRunAsync(experiment, start, name);
                double? metric = random.Next(5) switch { 0 => null, 1 => double.NaN, var n => n };
                var param = random.Next(3) switch { 0 => null, var n => $"v{n}" };
                var log = new JsonObject { ["run_id"] = id, ["metrics"] = new JsonArray(), ["params"] = new JsonArray() };
                if (metric is { } value) log["metrics"]!.AsArray().Add(new JsonObject
                {
                    ["key"] = "m",
                    ["value"] = double.IsNaN(value) ? "NaN" : value,
                    ["timestamp"] = 1
                });
                if (param is not null) log["params"]!.AsArray().Add(new JsonObject { ["key"] = "p", ["value"] = param });
                await world.PostAsync("runs/log-batch", log.ToJsonString());
                truth.Add((name, start, metric, param, id));
            }

            foreach (var (filter, holds) in new (string, Func<double?, string?, bool>)[]
            {
                ("", (_, _) => true), ("metrics.m > 2", (m, _) => m > 2), ("params.p = 'v1'", (_, p) => p == "v1"),
                ("metrics.m <= 3 AND params.p != 'v1'", (m, p) => m <= 3 && p is not null && p != "v1"), ("metrics.m != 3", (m, _) => m is not null && m != 3),
            })
                foreach (var descending in new[] { false, true })
                {
                    var ordered = truth.Where(t => holds(t.Metric, t.Param))
                        .OrderBy(t => t.Metric is null ? 2 : double.IsNaN(t.Metric.Value) ? 1 : 0)
                        .ThenBy(t => t.Metric is { } m && !double.IsNaN(m) ? descending ? -m : m : 0)
                        .ThenByDescending(t => t.Start).ThenBy(t => t.Id, StringComparer.Ordinal).Select(t => t.Name);
                    foreach (var experiments in new[] { new JsonArray(experiment), new JsonArray(experiment, other) })
                    {
                        var (seen, token) = (new List<string>(), (string?)null);
                        do
                        {
                            var search = new JsonObject
                            {
                                ["experiment_ids"] = experiments.DeepClone(),
                                ["filter"] = filter,
                                ["order_by"] = new JsonArray(descending ? "metrics.m DESC" : "metrics.m"),
                                ["max_results"] = 17
                            };
                            if (token is not null) search["page_token"] = token;
                            var page = await world.PostAsync("runs/search", search.ToJsonString());
                            seen.AddRange(page["runs"]?.AsArray().Select(r => (string)r!["info"]!["run_name"]!) ?? []);
                            token = (string?)page["next_page_token"];
                        }
                        while (token is not null);
                        Assert.Equal(ordered, seen);
                    }
                }
        }
        finally
        {
            await world.DisposeAsync();
        }
    }
}
