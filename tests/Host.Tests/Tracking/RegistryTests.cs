using System.Text.Json.Nodes;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

public class RegistryTests(TrackingWorld world) : IClassFixture<TrackingWorld>
{
    [Fact]
    public async Task A_model_is_registered_described_renamed_and_deleted()
    {
        await world.PostAsync("registered-models/create", """{"name": "roaster", "description": "dark", "tags": [{"key": "team", "value": "roast"}]}""");
        Assert.Equal((400, "RESOURCE_ALREADY_EXISTS", "Registered Model (name=roaster) already exists."),
            await world.RefusedAsync("registered-models/create", """{"name": "roaster"}"""));
        await VersionAsync("roaster");

        await PatchAsync("registered-models/update", """{"name": "roaster", "description": "light"}""");
        await world.PostAsync("registered-models/set-tag", """{"name": "roaster", "key": "k", "value": "v"}""");
        await world.SendAsync(HttpMethod.Delete, "registered-models/delete-tag", """{"name": "roaster", "key": "team"}""");
        await world.PostAsync("registered-models/rename", """{"name": "roaster", "new_name": "roaster 2"}""");

        var model = (await world.GetAsync("registered-models/get?name=roaster%202"))["registered_model"]!;
        Assert.Equal(("roaster 2", "light", """[{"key":"k","value":"v"}]"""),
            ((string)model["name"]!, (string)model["description"]!, model["tags"]!.ToJsonString()));
        Assert.Equal("roaster 2", (string)model["latest_versions"]![0]!["name"]!);
        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=roaster not found"),
            await world.RefusedAsync("registered-models/get?name=roaster"));

        Assert.Equal(200, (await world.SendAsync(HttpMethod.Delete, "registered-models/delete", """{"name": "roaster 2"}""")).Status);
        Assert.Equal(404, (await world.RefusedAsync("registered-models/get?name=roaster%202")).Status);
        Assert.Equal(404, (await world.RefusedAsync("model-versions/get?name=roaster%202&version=1")).Status);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a:b")]
    [InlineData("  ")]
    [InlineData("..")]
    public async Task A_name_is_not_blank_and_no_path(string name) =>
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("registered-models/create",
            new JsonObject { ["name"] = name }.ToJsonString())));

    [Fact]
    public async Task Versions_are_numbered_on_and_a_number_is_never_given_again()
    {
        await world.PostAsync("registered-models/create", """{"name": "numbered"}""");

        var made = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => VersionAsync("numbered")));
        Assert.Equal(Enumerable.Range(1, 10), made.Select(int.Parse).Order());

        await world.SendAsync(HttpMethod.Delete, "model-versions/delete", """{"name": "numbered", "version": "10"}""");
        Assert.Equal("11", await VersionAsync("numbered"));
        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST", "Model Version (name=numbered, version=10) not found"),
            await world.RefusedAsync("model-versions/get?name=numbered&version=10"));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("model-versions/get?name=numbered&version=ten")));
        Assert.Equal(404, (await world.RefusedAsync("model-versions/create", """{"name": "nobody", "source": "s3://b/x"}""")).Status);
    }

    [Fact]
    public async Task An_alias_names_one_version_and_goes_with_it()
    {
        await world.PostAsync("registered-models/create", """{"name": "aliased"}""");
        await VersionAsync("aliased");
        await VersionAsync("aliased");
        await AliasAsync("champion", "1");
        await AliasAsync("champion", "2");

        var version = (await world.GetAsync("registered-models/alias?name=aliased&alias=champion"))["model_version"]!;
        Assert.Equal(("2", """["champion"]"""), ((string)version["version"]!, version["aliases"]!.ToJsonString()));
        Assert.Equal("""[{"alias":"champion","version":"2"}]""",
            (await world.GetAsync("registered-models/get?name=aliased"))["registered_model"]!["aliases"]!.ToJsonString());

        await world.SendAsync(HttpMethod.Delete, "model-versions/delete", """{"name": "aliased", "version": "2"}""");
        Assert.Equal((400, "INVALID_PARAMETER_VALUE", "Registered model alias champion not found."),
            await world.RefusedAsync("registered-models/alias?name=aliased&alias=champion"));
        Assert.Equal(200, (await world.SendAsync(HttpMethod.Delete, "registered-models/alias", """{"name": "aliased", "alias": "champion"}""")).Status);

        Assert.Equal(404, (await RefusedAliasAsync("x", "9")).Status);
        foreach (var reserved in new[] { "latest", "LATEST", "v1", "V22", "a b", "ä" }) Assert.Equal((400, "INVALID_PARAMETER_VALUE"),
            Two(await RefusedAliasAsync(reserved, "1")));

        Task AliasAsync(string alias, string version) => world.PostAsync("registered-models/alias",
            $$"""{"name": "aliased", "alias": "{{alias}}", "version": "{{version}}"}""");
        Task<(int Status, string Code, string Says)> RefusedAliasAsync(string alias, string version) =>
            world.RefusedAsync("registered-models/alias", $$"""{"name": "aliased", "alias": "{{alias}}", "version": "{{version}}"}""");
    }

    [Fact]
    public async Task Stages_are_read_in_any_case_and_archive_the_others_where_asked()
    {
        await world.PostAsync("registered-models/create", """{"name": "staged"}""");
        foreach (var _ in Enumerable.Range(0, 3)) await VersionAsync("staged");

        await MoveAsync("1", "production", "false");
        await MoveAsync("2", "PRODUCTION", "\"FALSE\"");
        Assert.Equal(["None 3", "Production 2"], await LatestAsync(""));
        await MoveAsync("3", "Production", "true");
        Assert.Equal(["Archived 2", "Production 3"], await LatestAsync(""));
        Assert.Equal(["Production 3"], await LatestAsync("&stages=production"));

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("model-versions/transition-stage",
            """{"name": "staged", "version": "1", "stage": "Live", "archive_existing_versions": false}""")));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("model-versions/transition-stage",
            """{"name": "staged", "version": "1", "stage": "None", "archive_existing_versions": true}""")));
        Assert.StartsWith("Missing value for required parameter 'archive_existing_versions'.",
            (await world.RefusedAsync("model-versions/transition-stage", """{"name": "staged", "version": "1", "stage": "None"}""")).Says,
            StringComparison.Ordinal);
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("registered-models/get-latest-versions?name=staged&stages=Live")));

        Task MoveAsync(string version, string stage, string archive) =>
            world.PostAsync("model-versions/transition-stage",
            $$"""{"name": "staged", "version": "{{version}}", "stage": "{{stage}}", "archive_existing_versions": {{archive}}}""");
        async Task<IEnumerable<string>> LatestAsync(string stages) =>
            (await world.GetAsync($"registered-models/get-latest-versions?name=staged{stages}"))["model_versions"]!.AsArray()
                .Select(v => $"{v!["current_stage"]} {v["version"]}").Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_version_keeps_what_was_said_of_it()
    {
        await world.PostAsync("registered-models/create", """{"name": "kept"}""");
        var run = await world.NewRunAsync();
        var made = (await world.PostAsync("model-versions/create",
            $$"""{"name": "kept", "source": "mlflow-artifacts:/0/{{run}}/artifacts/model", "run_id": "{{run}}", "run_link": "http://x", "description": "d", "tags": [{"key": "t", "value": "1"}]}"""))["model_version"]!;
        await world.PostAsync("model-versions/set-tag", """{"name": "kept", "version": "1", "key": "u", "value": "2"}""");
        await world.SendAsync(HttpMethod.Delete, "model-versions/delete-tag", """{"name": "kept", "version": "1", "key": "t"}""");
        await PatchAsync("model-versions/update", """{"name": "kept", "version": "1", "description": "better"}""");

        Assert.Equal(("1", "None", "READY", "d"), ((string)made["version"]!, (string)made["current_stage"]!, (string)made["status"]!,
            (string)made["description"]!));
        var version = (await world.GetAsync("model-versions/get?name=kept&version=1"))["model_version"]!;
        Assert.Equal(("better", run, "http://x", """[{"key":"u","value":"2"}]"""),
            ((string)version["description"]!, (string)version["run_id"]!, (string)version["run_link"]!, version["tags"]!.ToJsonString()));
        Assert.Equal($"mlflow-artifacts:/0/{run}/artifacts/model",
            (string)(await world.GetAsync("model-versions/get-download-uri?name=kept&version=1"))["artifact_uri"]!);
        using (var put = await world.Http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model/MLmodel",
            new StringContent("m"))) Assert.Equal(200, (int)put.StatusCode);
        Assert.Equal("m", await world.Http.GetStringAsync("/model-versions/get-artifact?name=kept&version=1&path=MLmodel"));
        var tooLong = await world.RefusedAsync("model-versions/set-tag",
            $$"""{"name": "kept", "version": "1", "key": "k", "value": "{{new string('x', 100_001)}}"}""");
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(tooLong));
    }

    [Fact]
    public async Task What_a_version_was_registered_with_stays_until_the_version_goes()
    {
        const string Files = "/api/2.0/mlflow-artifacts/artifacts";
        await world.PostAsync("registered-models/create", """{"name": "frozen"}""");
        var run = await world.NewRunAsync();
        await PutAsync("model/MLmodel", "first");
        await PutAsync("notes", "first");
        await world.PostAsync("model-versions/create", $$"""{"name": "frozen", "source": "runs:/{{run}}/model", "run_id": "{{run}}"}""");
        Assert.Equal($"mlflow-artifacts:/0/{run}/artifacts/model",
            (string)(await world.GetAsync("model-versions/get-download-uri?name=frozen&version=1"))["artifact_uri"]!);

        Assert.Equal("INVALID_STATE", await PutAsync("model/MLmodel", "second"));
        foreach (var path in new[] { "/model/MLmodel", "/model", "" })
            Assert.Equal((400, "INVALID_STATE"), await DeleteAsync(path));
        Assert.Null(await PutAsync("model/MLmodel", "first"));
        Assert.Null(await PutAsync("model/more", "added"));
        Assert.Null(await PutAsync("notes", "second"));
        Assert.Equal("first", await world.Http.GetStringAsync($"/model-versions/get-artifact?name=frozen&version=1&path=MLmodel"));

        await world.SendAsync(HttpMethod.Delete, "model-versions/delete", """{"name": "frozen", "version": "1"}""");
        Assert.Null(await PutAsync("model/MLmodel", "second"));
        Assert.Equal((200, null), await DeleteAsync("/model"));

        async Task<string?> PutAsync(string path, string text)
        {
            using var put = await world.Http.PutAsync($"{Files}/0/{run}/artifacts/{path}", new StringContent(text));
            return (string?)JsonNode.Parse(await put.Content.ReadAsStringAsync())!["error_code"];
        }

        async Task<(int, string?)> DeleteAsync(string path)
        {
            var (status, body) = await world.SendAsync(HttpMethod.Delete, $"{Files}/0/{run}/artifacts{path}");
            return (status, (string?)body["error_code"]);
        }
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("file:///etc")]
    [InlineData("relative/path")]
    [InlineData("s3://bucket/../other")]
    [InlineData("mlflow-artifacts:/0/%2e%2e/x")]
    [InlineData("mlflow-artifacts:/0/%252e%252e/x")]
    public async Task A_source_that_could_lead_to_files_of_this_machine_is_refused(string source)
    {
        await world.SendAsync(HttpMethod.Post, "registered-models/create", """{"name": "sourced"}""");

        var refused = await world.RefusedAsync("model-versions/create", new JsonObject { ["name"] = "sourced", ["source"] = source }.ToJsonString());

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(refused));
    }

    [Fact]
    public async Task Models_and_versions_are_searched()
    {
        foreach (var name in new[] { "search a", "search b", "SEARCH c" })
            await world.PostAsync("registered-models/create", $$"""{"name": "{{name}}", "tags": [{"key": "size", "value": "{{name[^1]}}"}]}""");
        var run = await world.NewRunAsync();
        foreach (var name in new[] { "search a", "search a", "search b" })
        {
            // a time of its own for each: what changed in one millisecond has no order by time
            for (var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(); DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() == now;) await Task.Yield();
            await world.PostAsync("model-versions/create",
                $$"""{"name": "{{name}}", "source": "s3://x/{{name[^1]}}", "run_id": "{{run}}", "tags": [{"key": "k", "value": "{{name[^1]}}"}]}""");
        }

        Assert.Equal("search a, search b", await ModelsAsync("name LIKE 'search %'"));
        Assert.Equal("search b, search a, SEARCH c", await ModelsAsync("name ILIKE 'search %'", "name DESC"));
        Assert.Equal("search b", await ModelsAsync("name ILIKE 'search %' AND tags.size = 'b'"));
        Assert.Equal("search a", await ModelsAsync("name LIKE 'search %'", "timestamp DESC", 1, skip: 1));
        Assert.Equal("search a@1, search a@2, search b@1", await VersionsAsync($"run_id = '{run}'", "name", "version_number ASC"));
        Assert.Equal("search a@2, search a@1", await VersionsAsync("name = 'search a'", "version_number DESC"));
        Assert.Equal("search a@2", await VersionsAsync("name = 'search a' AND version_number > 1"));
        Assert.Equal("search b@1", await VersionsAsync($"run_id IN ('{run}') AND source_path LIKE '%/b' AND tags.k = 'b'"));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("registered-models/search?max_results=1001")));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("model-versions/search?max_results=200001")));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("model-versions/search?filter=stage%20%3D%20'x'")));

        async Task<string> VersionsAsync(string filter, params string[] order) => string.Join(", ",
            (await world.GetAsync($"model-versions/search?filter={Uri.EscapeDataString(filter)}{string.Concat(order.Select(o => $"&order_by={Uri.EscapeDataString(o)}"))}"))
            ["model_versions"]?.AsArray().Select(v => $"{v!["name"]}@{v["version"]}") ?? []);
    }

    async Task<string> ModelsAsync(string filter, string? order = null, int most = 100, int skip = 0)
    {
        var body = new JsonObject { ["filter"] = filter, ["max_results"] = most.ToString() };
        if (order is not null) body["order_by"] = new JsonArray(order);
        for (; skip > 0; skip--) body["page_token"] = (string)(await world.PostAsync("registered-models/search", body.ToJsonString()))["next_page_token"]!;
        return string.Join(", ", (await world.PostAsync("registered-models/search", body.ToJsonString()))["registered_models"]?.AsArray()
            .Select(m => (string)m!["name"]!) ?? []);
    }

    [Fact]
    public async Task Prompts_are_found_only_where_they_are_asked_for()
    {
        await world.PostAsync("registered-models/create", """{"name": "prompt one", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}""");
        await world.PostAsync("registered-models/create", """{"name": "prompt not"}""");
        await world.PostAsync("model-versions/create",
            """{"name": "prompt one", "source": "prompt-template", "tags": [{"key": "mlflow.prompt.text", "value": "Roast {{beans}}"}]}""");

        Assert.Equal("prompt not", await ModelsAsync("name LIKE 'prompt %'"));
        Assert.Equal("prompt one", await ModelsAsync("name LIKE 'prompt %' AND tags.`mlflow.prompt.is_prompt` = 'true'"));
        Assert.Equal("prompt one", await ModelsAsync("tags.`mlflow.prompt.is_prompt` != 'false' AND name LIKE 'prompt %'"));
        Assert.Equal("prompt not", await ModelsAsync("name LIKE 'prompt %' AND tags.`mlflow.prompt.is_prompt` = 'false'"));
        Assert.False((await world.GetAsync($"model-versions/search?filter={Uri.EscapeDataString("name = 'prompt one'")}")).ContainsKey("model_versions"));
    }

    [Fact]
    public async Task A_model_is_logged_uploaded_registered_and_found_again_as_clients_do_it()
    {
        var experiment = await world.NewExperimentAsync();
        var run = await world.NewRunAsync(experiment);
        var info = (await world.PostAsync("logged-models", $$"""{"experiment_id": "{{experiment}}", "name": "beans", "model_type": "tree", "source_run_id": "{{run}}", "params": [{"key": "depth", "value": "3"}]}"""))["model"]!["info"]!;
        var id = (string)info["model_id"]!;
        Assert.Matches("^m-[0-9a-f]{32}$", id);
        Assert.Equal(($"mlflow-artifacts:/{experiment}/models/{id}/artifacts", "LOGGED_MODEL_PENDING"),
            ((string)info["artifact_uri"]!, (string)info["status"]!));
        using (var put = await world.Http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/{experiment}/models/{id}/artifacts/data/MLmodel",
            new StringContent("m"))) Assert.Equal(200, (int)put.StatusCode);
        await PatchAsync($"logged-models/{id}/tags", """{"tags": [{"key": "a/b", "value": "1"}]}""");
        await PatchAsync($"logged-models/{id}", $$"""{"model_id": "{{id}}", "status": "LOGGED_MODEL_READY"}""");
        await world.PostAsync("runs/outputs", $$"""{"run_id": "{{run}}", "models": [{"model_id": "{{id}}", "step": 0}]}""");
        await world.PostAsync("runs/log-metric",
            $$"""{"run_id": "{{run}}", "key": "mae", "value": 0.5, "timestamp": 1, "model_id": "{{id}}", "dataset_name": "beans", "dataset_digest": "d1"}""");
        await world.PostAsync("registered-models/create", """{"name": "from logged"}""");
        var version = (await world.PostAsync("model-versions/create",
            $$"""{"name": "from logged", "source": "models:/{{id}}", "run_id": "{{run}}", "model_id": "{{id}}"}"""))["model_version"]!;

        Assert.Equal(id, (string)version["model_id"]!);
        Assert.Equal($"mlflow-artifacts:/{experiment}/models/{id}/artifacts",
            (string)(await world.GetAsync("model-versions/get-download-uri?name=from%20logged&version=1"))["artifact_uri"]!);
        var model = (await world.GetAsync($"logged-models/{id}"))["model"]!;
        Assert.Equal("""[{"name":"from logged","version":"1"}]""", model["info"]!["registrations"]!.ToJsonString());
        Assert.Equal(["a/b 1", """mlflow.modelVersions [{"name":"from logged","version":1}]"""], model["info"]!["tags"]!.AsArray()
            .Select(t => $"{t!["key"]} {t["value"]}"));
        Assert.Equal($$"""{"params":[{"key":"depth","value":"3"}],"metrics":[{"key":"mae","value":0.5,"timestamp":1,"step":0,"dataset_name":"beans","dataset_digest":"d1","model_id":"{{id}}","run_id":"{{run}}"}]}""", model["data"]!.ToJsonString());
        Assert.Equal("data/MLmodel",
            (string)(await world.GetAsync($"logged-models/{id}/artifacts/directories?artifact_directory_path=data"))["files"]![0]!["path"]!);
        Assert.Equal("m", await world.Http.GetStringAsync($"/ajax-api/2.0/mlflow/logged-models/{id}/artifacts/files?artifact_file_path=data/MLmodel"));

        Assert.Equal(200, (await world.SendAsync(HttpMethod.Delete, $"logged-models/{id}/tags/a%2Fb")).Status);
        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST"), Two(await DeletedAsync($"logged-models/{id}/tags/nothing")));
        Assert.Equal(200, (await world.SendAsync(HttpMethod.Delete, $"logged-models/{id}")).Status);
        Assert.Equal(404, (await world.RefusedAsync($"logged-models/{id}")).Status);
        Assert.Equal(id, (string)(await world.GetAsync($"logged-models/{id}?allow_deleted=true"))["model"]!["info"]!["model_id"]!);

        async Task<(int, string, string)> DeletedAsync(string path)
        {
            var (status, body) = await world.SendAsync(HttpMethod.Delete, path);
            return (status, (string)body["error_code"]!, (string)body["message"]!);
        }
    }

    [Fact]
    public async Task Logged_models_are_searched_and_ordered_by_their_metrics()
    {
        var experiment = await world.NewExperimentAsync();
        var run = await world.NewRunAsync(experiment);
        foreach (var (name, mae) in new[] { ("one", "0.5"), ("two", "0.25"), ("three", "\"NaN\""), ("four", "") })
        {
            var id = (string)(await world.PostAsync("logged-models", $$"""{"experiment_id": "{{experiment}}", "name": "{{name}}", "params": [{"key": "p", "value": "{{name}}"}]}"""))["model"]!["info"]!["model_id"]!;
            if (mae.Length > 0) await world.PostAsync("runs/log-metric",
                $$"""{"run_id": "{{run}}", "key": "mae", "value": {{mae}}, "timestamp": 1, "model_id": "{{id}}", "dataset_name": "d"}""");
        }

        Assert.Equal("two one three four", await FoundAsync("", """{"field_name": "metrics.mae"}"""));
        Assert.Equal("one two three four", await FoundAsync("", """{"field_name": "metrics.mae", "ascending": false, "dataset_name": "d"}"""));
        Assert.Equal("four one three two", await FoundAsync("", """{"field_name": "name"}"""));
        Assert.Equal("two one", await FoundAsync("metrics.mae < 1", """{"field_name": "metrics.mae"}"""));
        Assert.Equal("one", await FoundAsync("params.p IN ('one', 'x') AND status = 'PENDING'", ""));
        Assert.Equal("", await FoundAsync("metrics.mae < 1", "", """{"dataset_name": "other"}"""));

        async Task<string> FoundAsync(string filter, string order, string datasets = "") => string.Join(' ',
            (await world.PostAsync("logged-models/search",
                $$"""{"experiment_ids": ["{{experiment}}"], "filter": "{{filter}}", "order_by": [{{order}}], "datasets": [{{datasets}}]}"""))
            ["models"]?.AsArray().Select(m => (string)m!["info"]!["name"]!) ?? []);
    }

    async Task<string> VersionAsync(string name) => (string)(await world.PostAsync("model-versions/create",
        $$"""{"name": "{{name}}", "source": "s3://bucket/model"}"""))["model_version"]!["version"]!;

    async Task PatchAsync(string path, string body)
    {
        var (status, answer) = await world.SendAsync(HttpMethod.Patch, path, body);
        Assert.True(status == 200, answer.ToJsonString());
    }

    static (int, string) Two((int Status, string Code, string Says) refused) => (refused.Status, refused.Code);
}
