using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Importing;
using Kumiki.Releasing;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

public class ImportedModelTests(TrackingWorld world) : IClassFixture<TrackingWorld>
{
    const string Onnx = """
        flavors:
          onnx:
            data: model.onnx
            onnx_version: 1.12.0
          python_function:
            loader_module: mlflow.onnx
        signature:
          inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]},
            "name": "x"}]'
          outputs: null

        """;

    readonly ClientModels stored = new(world);

    Releases Releases => new(world.Folder.Metadata, world.Folder.Artifacts, TimeProvider.System, "tester");

    [Fact]
    public async Task A_registered_ONNX_model_becomes_a_version_with_its_signature_run_and_data()
    {
        var made = await world.Folder.Metadata.NewestAsync(default);
        Assert.DoesNotContain("iris-ranker", made.Keys);
        var run = await world.NewRunAsync();
        await world.LogAsync(run, """
            "metrics": [{"key": "auc", "value": 0.5, "timestamp": 1, "step": 1}, {"key": "auc", "value": 0.75, "timestamp": 2, "step": 2},
              {"key": "loss", "value": "NaN", "timestamp": 1}],
            "params": [{"key": "depth", "value": "3"}],
            "tags": [{"key": "mlflow.source.git.commit", "value": "0123456789abcdef"}, {"key": "mlflow.source.name", "value": "train.py"}]
            """);
        await world.PostAsync("runs/log-inputs", $$"""
            {"run_id": "{{run}}", "datasets": [{"dataset": {"name": "iris", "digest": "8d4c", "source_type": "local", "source": "iris.csv"},
              "tags": [{"key": "mlflow.data.context", "value": "training"}]}]}
            """);
        await stored.PutAsync(run, ("MLmodel", Encoding.UTF8.GetBytes(Onnx)), ("model.onnx", TrackingWorld.Model("classes.onnx")), ("code/a.py", [1]));

        var name = await stored.RegisterAsync("Iris Ranker", run, 1);

        Assert.Equal("iris-ranker@1", name.ToString());
        var version = (await world.Folder.Metadata.VersionAsync(name, default))!;
        Assert.Equal(["MLmodel", "code/a.py", "model.onnx"], version.Files.Select(f => f.Path).Order(StringComparer.Ordinal));
        Assert.Equal((AssetKind.Model, "Iris Ranker"), (version.Kind, version.RawKey));
        var from = version.Imported!;
        Assert.Equal(("Iris Ranker", 1, run, true, "model.onnx", "ONNX Runtime 1.30.0"),
            (from.Model, from.Number, from.Run, from.CanServe, from.Onnx, from.CheckedBy));
        Assert.Equal(["onnx"], from.Flavors);
        Assert.Equal([new("iris", "8d4c", "training")], from.Data);
        Assert.Equal([new("auc", 0.75)], version.Metrics);
        var schema = JsonNode.Parse(version.Schema!.Value.GetRawText())!;
        Assert.Equal("""[{"name":"x","type":"float","shape":["n","3"]}]""", schema["inputs"]!.ToJsonString());
        Assert.Equal("seq(map(int64,float))", (string)schema["outputs"]![1]!["type"]!);
        Assert.Equal("x", (string)schema["signature"]!["inputs"]![0]!["name"]!);
        var taken = (await world.Folder.Metadata.RunAsync(version.MadeBy, default))!;
        Assert.Equal((RunState.Made, "3", "train.py", "0123456789ab"),
            (taken.State, taken.Plan.Parameters["depth"], taken.Plan.Code.EntryAssembly, taken.Plan.Code.ShortCommit));

        var page = JsonNode.Parse(await world.Http.GetStringAsync("/api/versions/iris-ranker/1"))!;
        Assert.Equal(("model", run), ((string)page["kind"]!, (string)page["imported"]!["run"]!));
        Assert.Equal("8d4c", (string)page["imported"]!["data"]![0]!["digest"]!);

        // stageable and releasable like any other
        await Releases.StageAsync([name]);
        var end = await Releases.ReleaseAsync(new() { Set = ["iris-ranker"] });
        Assert.Equal(1, Assert.IsType<ReleaseEnd.Live>(end).Release.Set["iris-ranker"]);
        // MLflow's own stages and aliases are labels, and moved nothing
        await world.PostAsync("registered-models/alias", """{"name": "Iris Ranker", "alias": "champion", "version": "1"}""");
        await world.PostAsync("model-versions/transition-stage",
            """{"name": "Iris Ranker", "version": "1", "stage": "Production", "archive_existing_versions": false}""");
        Assert.Equal(["staging"], (await world.Folder.Metadata.StagesAsync(default)).Where(s => s.Asset == "iris-ranker").Select(s => s.Stage));
    }

    [Fact]
    public async Task A_registered_ONNX_model_answers_over_the_inference_protocol()
    {
        var run = await world.NewRunAsync();
        await stored.PutAsync(run, ("MLmodel", Encoding.UTF8.GetBytes(Onnx)), ("model.onnx", TrackingWorld.Model("linear.onnx")));
        var name = await stored.RegisterAsync("slope", run, 1);

        const string Ask = """{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 3], "data": [1, 2, 3, 0, 0, 0.5]}]}""";
        var (status, answer) = await world.SendAsync(HttpMethod.Post, $"/v2/models/{name.Asset}/infer", Ask);

        Assert.True(status == 200, $"{answer}");
        Assert.Equal("1", (string)answer["model_version"]!);
        var output = answer["outputs"]![0]!;
        Assert.Equal("y", (string)output["name"]!);
        Assert.Equal([-1.25f, 0.5f], output["data"]!.AsArray().Select(v => v!.GetValue<float>()));        // a − 2b + c/2 + 1/4
    }

    [Fact]
    public async Task Another_form_is_kept_and_shown_and_its_release_names_what_exports_it()
    {
        var run = await world.NewRunAsync();
        const string Sklearn = "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n  sklearn:\n    pickled_model: model.pkl\n";
        await stored.PutAsync(run, ("MLmodel", Encoding.UTF8.GetBytes(Sklearn)), ("model.pkl", [1, 2]));
        var name = await stored.RegisterAsync("forest", run, 1);
        await Releases.StageAsync([name]);

        var refused = Assert.IsType<ReleaseEnd.Refused>(await Releases.ReleaseAsync(new() { Set = ["forest@1"], Waivers = [new(name, "onnx", "because")] }));

        var finding = refused.Findings.Single(f => f.Rule == "imported");
        Assert.Equal("forest@1 cannot be released: it was saved as sklearn, which Kumiki keeps and shows but cannot serve: export it to ONNX with "
            + "skl2onnx.to_onnx, and register that with mlflow.onnx.log_model or 'kumiki models import forest FILE.onnx'.", finding.Says.In("en"));
        Assert.Equal(["kumiki unstage forest"], finding.Mends);
        Assert.Equal(["model.pkl"], (await world.Folder.Metadata.VersionAsync(name, default))!.Files.Select(f => f.Path).Where(p => p != "MLmodel"));
        await Releases.UnstageAsync(["forest"]);
    }

    [Theory]
    [InlineData("custom.onnx", "The model uses the operator Steal of the domain 'com.evil'")]
    [InlineData("huge.onnx", "bytes of memory to open the model, and was stopped")]
    [InlineData("upward.onnx", "'../weights.bin', which is not a path below the model's own folder")]
    public async Task A_model_that_is_not_opened_is_kept_and_cannot_be_released(string file, string says)
    {
        var run = await world.NewRunAsync();
        await stored.PutAsync(run, ("MLmodel", Encoding.UTF8.GetBytes(Onnx)), ("model.onnx", TrackingWorld.Model(file)));

        var name = await stored.RegisterAsync("hostile " + file, run, 1);

        Assert.Contains(says, (await world.Folder.Metadata.VersionAsync(name, default))!.Imported!.Refused!.In("en"), StringComparison.Ordinal);
        var refused = Assert.IsType<ReleaseEnd.Refused>(await Releases.ReleaseAsync(new() { Set = [name.ToString()] }));
        Assert.Equal(["imported"], refused.Findings.Where(f => f.Severity == Severity.Refusal).Select(f => f.Rule));
    }

    [Fact]
    public async Task Files_that_come_after_the_registration_are_waited_for()
    {
        var run = await world.NewRunAsync();
        var source = await stored.CreateAsync("late", run);
        await stored.PutAsync(run, ("MLmodel", Encoding.UTF8.GetBytes(Onnx)));
        await stored.PutAsync(run, ("model.onnx", TrackingWorld.Model("external.onnx")));
        await stored.PutAsync(run, ("weights.bin", TrackingWorld.Model("weights.bin")));

        var name = await stored.TakenAsync("late", 1);

        Assert.True((await world.Folder.Metadata.VersionAsync(name, default))!.Imported!.CanServe, source);
    }

    [Fact]
    public async Task What_a_stage_needs_is_not_deleted()
    {
        var experiment = await world.NewExperimentAsync();
        var run = await world.NewRunAsync(experiment);
        await stored.PutAsync(run, ("MLmodel", Encoding.UTF8.GetBytes(Onnx)), ("model.onnx", TrackingWorld.Model("linear.onnx")));
        var name = await stored.RegisterAsync("needed", run, 1);
        await Releases.StageAsync([name]);
        (HttpMethod, string, string)[] deletions =
        [
            (HttpMethod.Post, "runs/delete", $$"""{"run_id": "{{run}}"}"""),
            (HttpMethod.Post, "experiments/delete", $$"""{"experiment_id": "{{experiment}}"}"""),
            (HttpMethod.Delete, "registered-models/delete", """{"name": "needed"}"""),
            (HttpMethod.Delete, "model-versions/delete", """{"name": "needed", "version": "1"}"""),
        ];
        foreach (var (method, path, body) in deletions)
        {
            var (status, answer) = await world.SendAsync(method, path, body);
            Assert.Equal((400, "INVALID_STATE"), (status, (string)answer["error_code"]!));
            Assert.Equal("This cannot be deleted: needed@1, registered as needed version 1, comes from it and is needed by staging. Take it out of that first.",
                (string)answer["message"]!);
        }
        var (artifact, _) = await world.SendAsync(HttpMethod.Delete, $"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/model/model.onnx");
        Assert.Equal(400, artifact);

        await Releases.UnstageAsync(["needed"]);
        foreach (var (method, path, body) in deletions.Where(d => d.Item2 != "registered-models/delete").Reverse())
            Assert.Equal(200, (await world.SendAsync(method, path, body)).Status);
        Assert.NotNull(await world.Folder.Metadata.VersionAsync(name, default));      // a version stays
    }

    [Fact]
    public async Task The_tags_that_lead_to_the_assets_are_not_the_clients_to_write()
    {
        var run = await world.NewRunAsync();
        await stored.CreateAsync("tagged", run);
        foreach (var (path, body) in new[]
        {
            ("registered-models/set-tag", """{"name": "tagged", "key": "kumiki.asset", "value": "x"}"""),
            ("model-versions/set-tag", """{"name": "tagged", "version": "1", "key": "kumiki.version", "value": "x@1"}"""),
            ("registered-models/create", """{"name": "tagged too", "tags": [{"key": "kumiki.asset", "value": "x"}]}"""),
        })
        {
            var (status, code, says) = await world.RefusedAsync(path, body);
            Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (status, code));
            Assert.Contains("is written by the server alone", says, StringComparison.Ordinal);
        }
    }
}

/// <summary>Models as clients store and register them.</summary>
sealed class ClientModels(TrackingWorld world)
{
    internal async Task PutAsync(string run, params IReadOnlyList<(string Path, byte[] Bytes)> files)
    {
        var root = (string)(await world.RunAsync(run))["info"]!["artifact_uri"]!;
        foreach (var (path, bytes) in files)
        {
            using var body = new ByteArrayContent(bytes);
            var address = $"/api/2.0/mlflow-artifacts/artifacts/{root["mlflow-artifacts:/".Length..]}/model/{path}";
            using var put = await world.Http.PutAsync(new Uri(address, UriKind.Relative), body);
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        }
    }

    internal async Task<string> CreateAsync(string name, string run)
    {
        await world.SendAsync(HttpMethod.Post, "registered-models/create", new JsonObject { ["name"] = name }.ToJsonString());
        var source = $"runs:/{run}/model";
        await world.PostAsync("model-versions/create", new JsonObject { ["name"] = name, ["source"] = source, ["run_id"] = run }.ToJsonString());
        return source;
    }

    internal async Task<VersionName> RegisterAsync(string name, string run, int number)
    {
        await CreateAsync(name, run);
        return await TakenAsync(name, number);
    }

    /// <summary>Waits for the change that makes a registered version one of an asset.</summary>
    internal async Task<VersionName> TakenAsync(string name, int number)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await foreach (var _ in world.Folder.Metadata.ChangesAsync(-1, limit.Token))
        {
            var version = await world.Folder.Tracking.VersionAsync(name, number, limit.Token);
            if (version.Tags.FirstOrDefault(t => t.Key == ImportedModels.VersionTag) is { Value: { } told }) return VersionName.Parse(told);
        }
        throw new InvalidOperationException($"{name} {number} was not taken in.");
    }
}
