using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Serve;
using Kumiki.Hosting;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

public class MadeModelTests
{
    /// <summary>Where the metadata are; null for the folder.</summary>
    protected virtual Store.StoreSettings? Stores => null;

    [Fact]
    public async Task A_model_that_was_made_is_a_registered_version_with_its_run()
    {
        using var folder = new TemporaryFolder();
        await using var world = await DemoWorld.FilledAsync(folder.Path, Stores);
        await world.Tracking.CreateModelAsync("stock", null, [], default);
        await using var server = await KumikiServer.StartAsync(ServedWorld.Of(world) with { Tracking = world.Tracking }, ServeAddress.Of("127.0.0.1", 0),
            default);
        using var http = new HttpClient { BaseAddress = server.Address };
        await ShownAsync(world, http, "demand-model", "2");

        var version = JsonNode.Parse(await http.GetStringAsync("/api/2.0/mlflow/model-versions/get?name=demand-model&version=2"))!["model_version"]!;
        var run = JsonNode.Parse(await http.GetStringAsync($"/api/2.0/mlflow/runs/get?run_id={version["run_id"]}"))!["run"]!;

        Assert.Equal(("READY", "None"), ((string)version["status"]!, (string)version["current_stage"]!));
        Assert.Equal(("demand-model@2", "FINISHED"), ((string)run["info"]!["run_name"]!, (string)run["info"]!["status"]!));
        Assert.Contains("""{"key":"rounds","value":"300"}""", run["data"]!["params"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(11.872, (double)run["data"]!["metrics"]!.AsArray().Single(m => (string)m!["key"]! == "test.mae")!["value"]!);
        Assert.Contains("""{"key":"kumiki.version","value":"demand-model@2"}""", run["data"]!["tags"]!.ToJsonString(), StringComparison.Ordinal);
        var making = JsonNode.Parse(await http.GetStringAsync($"/api/runs/{run["data"]!["tags"]!.AsArray().Single(t => (string)t!["key"]! == "kumiki.run")!["value"]}"))!;
        Assert.Equal((string)version["run_id"]!, (string)making["tracked"]!);
        Assert.Equal("weekly-demand", (string)run["inputs"]!["dataset_inputs"]![0]!["dataset"]!["name"]!);

        foreach (var (method, path, body) in new[]
        {
            (HttpMethod.Delete, "registered-models/delete", """{"name": "demand-model"}"""),
                (HttpMethod.Delete, "model-versions/delete", """{"name": "demand-model", "version": "2"}"""),
            (HttpMethod.Post, "registered-models/rename", """{"name": "demand-model", "new_name": "x"}"""),
                (HttpMethod.Post, "model-versions/create", """{"name": "demand-model", "source": "s3://x"}"""),
        })
        {
            using var request = new HttpRequestMessage(method, "/api/2.0/mlflow/" + path) { Content = new StringContent(body, null, "application/json") };
            using var refused = await http.SendAsync(request);
            Assert.Equal("INVALID_STATE", (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error_code"]!);
        }
    }

    [Fact]
    public async Task A_model_made_while_the_server_runs_is_shown_once_and_under_a_free_name()
    {
        using var folder = new TemporaryFolder();
        await using var world = await DemoWorld.EmptyAsync(folder.Path, Stores);
        await world.Tracking.CreateModelAsync("roaster", null, [], default);
        await using (var server = await KumikiServer.StartAsync(ServedWorld.Of(world) with { Tracking = world.Tracking }, ServeAddress.Of("127.0.0.1", 0),
            default))
        {
            using var http = new HttpClient { BaseAddress = server.Address };
            var file = (await world.MakeAsync("roaster", AssetKind.Model, files: [("model.onnx", 512)])).Files.Single();
            await ShownAsync(world, http, "roaster (kumiki)", "1");
            var sent = await http.GetByteArrayAsync("/model-versions/get-artifact?name=roaster%20(kumiki)&version=1&path=model.onnx");
            Assert.Equal((file.Bytes, file.Content), (sent.Length, Digest.Of(sent)));
        }
        await using var again = await KumikiServer.StartAsync(ServedWorld.Of(world) with { Tracking = world.Tracking }, ServeAddress.Of("127.0.0.1", 0),
            default);
        using var client = new HttpClient { BaseAddress = again.Address };
        await world.MakeAsync("roaster", AssetKind.Model, facts: new() { ["second"] = "yes" }, texts: [("other.txt", "2")]);
        await ShownAsync(world, client, "roaster (kumiki)", "2");

        var models = JsonNode.Parse(await client.GetStringAsync("/api/2.0/mlflow/registered-models/search"))!["registered_models"]!.AsArray();
        Assert.Equal(["roaster", "roaster (kumiki)"], models.Select(m => (string)m!["name"]!));
        var versions = JsonNode.Parse(await client.GetStringAsync("/api/2.0/mlflow/model-versions/search"))!["model_versions"]!.AsArray();
        Assert.Equal(["2", "1"], versions.Select(v => (string)v!["version"]!).OrderDescending(StringComparer.Ordinal));
    }

    /// <summary>Waits for the change that brings a version.</summary>
    static async Task ShownAsync(DemoWorld world, HttpClient http, string name, string version)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var _ in world.Metadata.ChangesAsync(-1, limit.Token))
        {
            using var response = await http.GetAsync($"/api/2.0/mlflow/model-versions/get?name={Uri.EscapeDataString(name)}&version={version}", limit.Token);
            if (response.IsSuccessStatusCode) return;
        }
    }
}
