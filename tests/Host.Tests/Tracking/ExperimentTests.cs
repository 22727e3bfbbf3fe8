using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

public class ExperimentTests(TrackingWorld world) : IClassFixture<TrackingWorld>
{
    [Fact]
    public async Task An_empty_folder_is_a_server_with_one_experiment()
    {
        Assert.Equal("OK", await world.Http.GetStringAsync("/health"));
        Assert.Equal("3.11.0", await world.Http.GetStringAsync("/version"));
        Assert.Equal("""{"store_type":"SqlStore","workspaces_enabled":false}""", (await world.GetAsync("/api/3.0/mlflow/server-info")).ToJsonString());

        var first = (await world.GetAsync("experiments/get?experiment_id=0"))["experiment"]!;

        Assert.Equal(("0", "Default", "mlflow-artifacts:/0", "active"),
            ((string)first["experiment_id"]!, (string)first["name"]!, (string)first["artifact_location"]!, (string)first["lifecycle_stage"]!));
        Assert.Equal(System.Text.Json.JsonValueKind.Number, first["creation_time"]!.GetValueKind());
        Assert.False(first.AsObject().ContainsKey("tags"));
    }

    [Fact]
    public async Task An_experiment_is_made_found_and_described()
    {
        var id = (string)(await world.PostAsync("experiments/create",
            """{"name": "豆 🫘", "tags": [{"key": "team", "value": "roast"}], "unknown": 1}"""))["experiment_id"]!;

        var found = (await world.GetAsync($"experiments/get-by-name?experiment_name={Uri.EscapeDataString("豆 🫘")}"))["experiment"]!;
        Assert.Equal((id, $"mlflow-artifacts:/{id}"), ((string)found["experiment_id"]!, (string)found["artifact_location"]!));
        Assert.Equal("""[{"key":"team","value":"roast"}]""", found["tags"]!.ToJsonString());

        var again = await world.RefusedAsync("experiments/create", """{"name": "豆 🫘"}""");
        Assert.Equal((400, "RESOURCE_ALREADY_EXISTS"), (again.Status, again.Code));
    }

    [Fact]
    public async Task Of_many_who_make_one_name_at_once_one_does()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => world.SendAsync(HttpMethod.Post, "experiments/create", """{"name": "at once"}""")));

        Assert.Single(made, m => m.Status == 200);
        Assert.All(made.Where(m => m.Status != 200), m => Assert.Equal("RESOURCE_ALREADY_EXISTS", (string)m.Body["error_code"]!));
    }

    [Fact]
    public async Task An_experiment_goes_with_its_runs_and_comes_back_with_them()
    {
        var id = await world.NewExperimentAsync("to go");
        var run = await world.NewRunAsync(id);

        await world.PostAsync("experiments/delete", $$"""{"experiment_id": "{{id}}"}""");

        Assert.Equal("deleted", (string)(await world.RunAsync(run))["info"]!["lifecycle_stage"]!);
        Assert.Equal("deleted", (string)(await world.GetAsync("experiments/get-by-name?experiment_name=to%20go"))["experiment"]!["lifecycle_stage"]!);
        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST"), Two(await world.RefusedAsync("experiments/delete", $$"""{"experiment_id": "{{id}}"}""")));
        Assert.Equal((400, "RESOURCE_ALREADY_EXISTS"), Two(await world.RefusedAsync("experiments/create", """{"name": "to go"}""")));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("runs/create", $$"""{"experiment_id": "{{id}}"}""")));
        Assert.Equal((400, "INVALID_STATE"), Two(await world.RefusedAsync("experiments/update", $$"""{"experiment_id": "{{id}}", "new_name": "x"}""")));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("experiments/set-experiment-tag",
            $$"""{"experiment_id": "{{id}}", "key": "k", "value": "v"}""")));

        await world.PostAsync("experiments/restore", $$"""{"experiment_id": "{{id}}"}""");

        Assert.Equal("active", (string)(await world.RunAsync(run))["info"]!["lifecycle_stage"]!);
        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST"), Two(await world.RefusedAsync("experiments/restore", $$"""{"experiment_id": "{{id}}"}""")));
    }

    [Fact]
    public async Task A_name_is_changed_unless_another_has_it()
    {
        var (one, other) = (await world.NewExperimentAsync("renamed"), await world.NewExperimentAsync("taken"));

        await world.PostAsync("experiments/update", $$"""{"experiment_id": "{{one}}", "new_name": "renamed now"}""");

        Assert.Equal("renamed now", (string)(await world.GetAsync($"experiments/get?experiment_id={one}"))["experiment"]!["name"]!);
        Assert.Equal((400, "RESOURCE_ALREADY_EXISTS"), Two(await world.RefusedAsync("experiments/update",
            $$"""{"experiment_id": "{{other}}", "new_name": "renamed now"}""")));
    }

    [Fact]
    public async Task Tags_are_set_written_over_and_deleted()
    {
        var id = await world.NewExperimentAsync();
        await world.PostAsync("experiments/set-experiment-tag", $$"""{"experiment_id": "{{id}}", "key": "k", "value": "1"}""");
        await world.PostAsync("experiments/set-experiment-tag", $$"""{"experiment_id": "{{id}}", "key": "k", "value": "2"}""");
        Assert.Equal("""[{"key":"k","value":"2"}]""", (await world.GetAsync($"experiments/get?experiment_id={id}"))["experiment"]!["tags"]!.ToJsonString());

        await world.PostAsync("experiments/delete-experiment-tag", $$"""{"experiment_id": "{{id}}", "key": "k"}""");

        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST"), Two(await world.RefusedAsync("experiments/delete-experiment-tag",
            $$"""{"experiment_id": "{{id}}", "key": "k"}""")));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"),
            Two(await world.RefusedAsync("experiments/set-experiment-tag",
                $$"""{"experiment_id": "{{id}}", "key": "k", "value": "{{new string('v', 5001)}}"}""")));
    }

    [Theory]
    [InlineData("experiments/create", "{}", 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'.")]
    [InlineData("experiments/create", "", 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'.")]
    [InlineData("experiments/create", "{\"name\": ", 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'.")]
    [InlineData("experiments/create", """{"name": ""}""", 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'.")]
    [InlineData("experiments/create", """{"name": null}""", 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'.")]
    [InlineData("experiments/create", """{"name": 123}""", 400, "INVALID_PARAMETER_VALUE",
        "Invalid value 123 for parameter 'name' supplied:  Hint: Value was of type 'int'. See the API docs")]
    [InlineData("experiments/create", """{"name": "a\u0000b"}""", 400, "INVALID_PARAMETER_VALUE", "Invalid value for parameter 'name'")]
    [InlineData("experiments/create", """{"name": "a\ud800b"}""", 400, "INVALID_PARAMETER_VALUE", "Invalid value for parameter 'name'")]
    [InlineData("experiments/create", """{"name": "x", "artifact_location": "runs:/1/a"}""", 400, "INVALID_PARAMETER_VALUE", "Invalid artifact location")]
    [InlineData("experiments/create", """{"name": "x", "artifact_location": "s3://b/../c"}""", 400, "INVALID_PARAMETER_VALUE", "Invalid artifact location")]
    [InlineData("experiments/create", """{"name": "x", "tags": [{"key": "a//b", "value": ""}]}""", 400, "INVALID_PARAMETER_VALUE",
        "Invalid value \"a//b\" for parameter 'tags[0].key' supplied: Names may be treated as files")]
    [InlineData("experiments/create", "[1]", 400, "INVALID_PARAMETER_VALUE", "The body is to be one JSON object")]
    [InlineData("experiments/create", "7", 400, "INVALID_PARAMETER_VALUE", "The body is to be one JSON object")]
    [InlineData("experiments/delete", """{"experiment_id": "999"}""", 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=999 exists")]
    [InlineData("experiments/search", """{"max_results": 0}""", 400, "INVALID_PARAMETER_VALUE", "Invalid value 0 for parameter 'max_results' supplied: ")]
    [InlineData("experiments/search", """{"max_results": 50001}""", 400, "INVALID_PARAMETER_VALUE",
        "Invalid value 50001 for parameter 'max_results' supplied: ")]
    [InlineData("experiments/search", """{"filter": "metrics.x > 1"}""", 400, "INVALID_PARAMETER_VALUE", "Invalid entity type 'metrics'.")]
    [InlineData("experiments/search", """{"view_type": "SOME"}""", 400, "INVALID_PARAMETER_VALUE",
        "Invalid value \"SOME\" for parameter 'view_type' supplied: ")]
    public async Task What_is_not_right_is_said(string path, string body, int status, string code, string says)
    {
        var refused = await world.RefusedAsync(path, body);

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.StartsWith(says, refused.Says, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("experiments/get", 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'experiment_id'.")]
    [InlineData("experiments/get?experiment_id=12345", 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=12345 exists")]
    [InlineData("experiments/get?experiment_id=abc", 400, "INVALID_PARAMETER_VALUE", "Invalid value \"abc\" for parameter 'experiment_id' supplied: ")]
    [InlineData("experiments/get-by-name?experiment_name=nobody", 404, "RESOURCE_DOES_NOT_EXIST", "Could not find experiment with name 'nobody'")]
    [InlineData("experiments/nothing", 404, "ENDPOINT_NOT_FOUND", "")]
    [InlineData("experiments/create", 405, "ENDPOINT_NOT_FOUND", "")]
    public async Task What_cannot_be_read_is_said(string path, int status, string code, string says)
    {
        var refused = await world.RefusedAsync(path);

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.StartsWith(says, refused.Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_is_json_whatever_its_charset_and_nothing_else()
    {
        Assert.Equal(200, (await world.SendAsync(HttpMethod.Post, "experiments/search", "{}", "application/json; charset=utf-8")).Status);
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("experiments/search", "{}", "text/plain")));
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), Two(await world.RefusedAsync("experiments/search", "{}", "")));
    }

    [Fact]
    public async Task Old_and_other_spellings_are_read()
    {
        var id = await world.NewExperimentAsync("spellings");
        var twice = JsonValue.Create($$"""{"experiment_id": "{{id}}", "key": "k", "value": "twice"}""").ToJsonString();

        await world.PostAsync("experiments/set-experiment-tag", twice);
        await world.PostAsync("/ajax-api/2.0/mlflow/experiments/set-experiment-tag", $$"""{"experimentId": "{{id}}", "key": "camel", "value": "v"}""");

        Assert.Equal(2, (await world.GetAsync($"/ajax-api/2.0/mlflow/experiments/get?experimentId={id}"))["experiment"]!["tags"]!.AsArray().Count);
    }

    [Fact]
    public async Task Experiments_are_searched_by_name_time_and_tag_page_by_page()
    {
        foreach (var i in Enumerable.Range(0, 5))
        {
            var id = await world.NewExperimentAsync($"Search {i}");
            await world.PostAsync("experiments/set-experiment-tag", $$"""{"experiment_id": "{{id}}", "key": "a key", "value": "{{i % 2}}"}""");
        }

        Assert.Equal("Search 3, Search 1", await Names("name LIKE 'Search%' AND tags.`a key` = '1'"));
        Assert.Equal("", await Names("name LIKE 'search%'"));
        Assert.Equal("Search 0, Search 2, Search 4", await Names("attribute.name ILIKE 'search%' AND tag.\"a key\" != '1'", "name ASC"));
        Assert.Equal("Search 4, Search 3, Search 2, Search 1, Search 0", await Names("name LIKE 'Search _' AND creation_time > 0"));
        Assert.Equal("Search 0", await Names("name = 'Search 0' AND tags.`a key` IS NOT NULL AND tags.other IS NULL"));

        var (seen, token) = (new List<string>(), "");
        do
        {
            var page = await world.GetAsync($"experiments/search?max_results=2&filter={Uri.EscapeDataString("name LIKE 'Search %'")}&order_by=name&page_token={token}");
            seen.AddRange(page["experiments"]!.AsArray().Select(e => (string)e!["name"]!));
            token = (string?)page["next_page_token"] ?? "";
        }
        while (token.Length > 0);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"Search {i}"), seen);

        async Task<string> Names(string filter, params string[] order) => string.Join(", ",
            (await world.PostAsync("experiments/search", new JsonObject
            {
                ["max_results"] = 100,
                ["filter"] = filter,
                ["order_by"] = new JsonArray([.. order.Select(o => JsonValue.Create(o))])
            }.ToJsonString()))
            ["experiments"]?.AsArray().Select(e => (string)e!["name"]!) ?? []);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task A_page_of_another_site_writes_nothing(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            "/api/2.0/mlflow/experiments/create")
        { Content = new StringContent($$"""{"name": "by {{header}}"}""", null, "application/json") };
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await world.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST"), Two(await world.RefusedAsync($"experiments/get-by-name?experiment_name=by%20{header}")));
    }

    [Fact]
    public async Task A_sentence_is_in_the_readers_language()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/2.0/mlflow/experiments/get?experiment_id=777");
        request.Headers.AcceptLanguage.ParseAdd("ja");
        using var response = await world.Http.SendAsync(request);

        Assert.Equal("id=777 の実験はありません", (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["message"]!);
    }

    static (int, string) Two((int Status, string Code, string Says) refused) => (refused.Status, refused.Code);
}
