using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

public class RunTests(TrackingWorld world) : IClassFixture<TrackingWorld>
{
    [Fact]
    public async Task A_run_begins_as_asked_and_is_read_back()
    {
        var begun = (await world.PostAsync("runs/create",
            """{"experiment_id": "0", "user_id": "mika", "run_name": "first", "start_time": "1700000000123", "tags": [{"key": "mlflow.source.name", "value": "train.py"}]}"""))["run"]!;
        var id = (string)begun["info"]!["run_id"]!;

        Assert.Matches("^[0-9a-f]{32}$", id);
        Assert.Equal(
            $$"""{"run_id":"{{id}}","run_uuid":"{{id}}","run_name":"first","experiment_id":"0","user_id":"mika","status":"RUNNING","start_time":1700000000123,"artifact_uri":"mlflow-artifacts:/0/{{id}}/artifacts","lifecycle_stage":"active"}""",
            begun["info"]!.ToJsonString());
        Assert.Equal("""{"tags":[{"key":"mlflow.runName","value":"first"},{"key":"mlflow.source.name","value":"train.py"}]}""", begun["data"]!.ToJsonString());
        Assert.Equal("{}", begun["inputs"]!.ToJsonString());
        Assert.Equal(begun.ToJsonString(), (await world.GetAsync($"runs/get?run_uuid={id}"))["run"]!.ToJsonString());
    }

    [Fact]
    public async Task A_run_without_a_name_gets_one_and_one_by_tag_keeps_it()
    {
        var made = (await world.PostAsync("runs/create", "{}"))["run"]!;
        Assert.Matches("^[a-z]+-[a-z]+-[0-9]+$", (string)made["info"]!["run_name"]!);
        Assert.Equal("0", (string)made["info"]!["experiment_id"]!);

        var tagged = (await world.PostAsync("runs/create", """{"tags": [{"key": "mlflow.runName", "value": "by tag"}]}"""))["run"]!;
        Assert.Equal("by tag", (string)tagged["info"]!["run_name"]!);

        var two = await world.RefusedAsync("runs/create", """{"run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}]}""");
        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (two.Status, two.Code));
    }

    [Fact]
    public async Task Only_what_an_update_gives_is_changed()
    {
        var run = await world.NewRunAsync(name: "before");

        await world.PostAsync("runs/update", $$"""{"run_id": "{{run}}", "status": "FINISHED", "end_time": 1.7e+12}""");
        var info = (await world.PostAsync("runs/update", $$"""{"run_id": "{{run}}", "run_name": "after"}"""))["run_info"]!;

        Assert.Equal(("FINISHED", 1_700_000_000_000, "after"), ((string)info["status"]!, (long)info["end_time"]!, (string)info["run_name"]!));
        Assert.Contains("""{"key":"mlflow.runName","value":"after"}""", (await world.RunAsync(run))["data"]!["tags"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("KILLED", (string)(await world.PostAsync("runs/update", $$"""{"run_id": "{{run}}", "status": 5}"""))["run_info"]!["status"]!);

        await world.PostAsync("runs/set-tag", $$"""{"run_id": "{{run}}", "key": "mlflow.runName", "value": "by tag"}""");
        Assert.Equal("by tag", (string)(await world.RunAsync(run))["info"]!["run_name"]!);
    }

    [Fact]
    public async Task A_deleted_run_is_read_but_not_written_until_it_is_restored()
    {
        var run = await world.NewRunAsync();
        await world.PostAsync("runs/delete", $$"""{"run_id": "{{run}}"}""");
        await world.PostAsync("runs/delete", $$"""{"run_id": "{{run}}"}""");

        Assert.Equal("deleted", (string)(await world.RunAsync(run))["info"]!["lifecycle_stage"]!);
        foreach (var (path, rest) in new[]
        {
            ("runs/log-metric", """, "key": "m", "value": 1, "timestamp": 1"""), ("runs/log-parameter", """, "key": "p", "value": "1" """), ("runs/set-tag", """, "key": "t", "value": "1" """),
            ("runs/update", """, "status": "FAILED" """), ("runs/log-batch", ""), ("runs/log-inputs", ""), ("runs/delete-tag", """, "key": "t" """),
        })
        {
            var refused = await world.RefusedAsync(path, $$"""{"run_id": "{{run}}"{{rest}}}""");
            Assert.Equal((400, "INVALID_PARAMETER_VALUE", $"The run {run} must be in the 'active' state. Current state is deleted."), refused);
        }

        await world.PostAsync("runs/restore", $$"""{"run_id": "{{run}}"}""");
        await world.PostAsync("runs/log-metric", $$"""{"run_id": "{{run}}", "key": "m", "value": 1, "timestamp": 1}""");
    }

    [Fact]
    public async Task A_parameter_is_logged_again_only_with_the_same_value()
    {
        var run = await world.NewRunAsync();
        await world.PostAsync("runs/log-parameter", $$"""{"run_id": "{{run}}", "key": "rate", "value": "0.1"}""");
        await world.PostAsync("runs/log-parameter", $$"""{"run_id": "{{run}}", "key": "rate", "value": "0.1"}""");
        await world.PostAsync("runs/log-parameter", $$"""{"run_id": "{{run}}", "key": "nothing"}""");

        var refused = await world.RefusedAsync("runs/log-parameter", $$"""{"run_id": "{{run}}", "key": "rate", "value": "0.2"}""");

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (refused.Status, refused.Code));
        Assert.Equal(
            $"Changing param values is not allowed. Param with key='rate' was already logged with value='0.1' for run ID='{run}'. Attempted logging new value '0.2'.",
            refused.Says);
        Assert.Equal("""[{"key":"nothing","value":""},{"key":"rate","value":"0.1"}]""", (await world.RunAsync(run))["data"]!["params"]!.ToJsonString());
    }

    [Fact]
    public async Task Lengths_count_characters_and_what_is_too_long_is_cut_or_refused()
    {
        var run = await world.NewRunAsync();
        var beans = string.Concat(Enumerable.Repeat("🫘", 6000));

        await world.LogAsync(run, $$"""
            "params": [{"key": "whole", "value": "{{beans}}"}, {"key": "cut", "value": "{{beans}}🫘x"}],
            "tags": [{"key": "{{new string('k', 250)}}", "value": "{{new string('t', 8001)}}"}]
            """);

        var data = (await world.RunAsync(run))["data"]!;
        Assert.Equal(beans, (string)data["params"]![1]!["value"]!);
        Assert.Equal(beans, (string)data["params"]![0]!["value"]!);
        Assert.Equal(8000, ((string)data["tags"]!.AsArray().Single(t => ((string)t!["key"]!).StartsWith('k'))!["value"]!).Length);
        var refused = await world.RefusedAsync("runs/set-tag", $$"""{"run_id": "{{run}}", "key": "{{new string('k', 251)}}", "value": ""}""");
        Assert.Equal((400, "INVALID_PARAMETER_VALUE", "'Tag key' exceeds the maximum length of 250 characters"), refused);
    }

    [Theory]
    [InlineData("naïve/日本.1-a_b:c d", true)]
    [InlineData("a//b", false)]
    [InlineData("./x", false)]
    [InlineData("../x", false)]
    [InlineData("..x", false)]
    [InlineData("/x", false)]
    [InlineData("a/", false)]
    [InlineData("a/../b", false)]
    [InlineData(".", false)]
    [InlineData("a\tb", false)]
    [InlineData("a%b", false)]
    [InlineData("a'; DROP TABLE runs; --", false)]
    public async Task A_key_is_a_name_that_is_also_a_path(string key, bool taken)
    {
        var run = await world.NewRunAsync();
        var metric = new JsonObject { ["run_id"] = run, ["key"] = key, ["value"] = 1, ["timestamp"] = 1 }.ToJsonString();

        if (taken) Assert.Empty(await world.PostAsync("runs/log-metric", metric));
        else Assert.StartsWith($"Invalid value \"{JsonText(key)}\" for parameter 'key' supplied: Names ", (await world.RefusedAsync("runs/log-metric", metric)).Says, StringComparison.Ordinal);

        static string JsonText(string key) => key.Replace("\t", "\\t", StringComparison.Ordinal).Replace("'", "\\u0027", StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_newest_point_is_the_one_of_the_greatest_step_then_time_then_value()
    {
        var run = await world.NewRunAsync();
        foreach (var (value, time, step) in new[] { (1.0, 10, 5), (2.0, 20, -3), (3.0, 9, 5), (0.5, 10, 5), (4.0, 10, 5) })
            await world.PostAsync("runs/log-metric", $$"""{"run_id": "{{run}}", "key": "m", "value": {{value.ToString(CultureInfo.InvariantCulture)}}, "timestamp": {{time}}, "step": {{step}}}""");

        Assert.Equal("""[{"key":"m","value":4,"timestamp":10,"step":5}]""", (await world.RunAsync(run))["data"]!["metrics"]!.ToJsonString());
        Assert.Equal("3@9/5 0.5@10/5 1@10/5 4@10/5 2@20/-3", await HistoryAsync(run, "m"));
    }

    [Fact]
    public async Task A_point_that_comes_again_is_kept_once()
    {
        var run = await world.NewRunAsync();
        await world.LogAsync(run, """ "metrics": [{"key": "m", "value": 1, "timestamp": 1, "step": 1}, {"key": "m", "value": 1, "timestamp": 1, "step": 1}, {"key": "m", "value": "NaN", "timestamp": 1, "step": 1}]""");
        await world.LogAsync(run, """ "metrics": [{"key": "m", "value": 1, "timestamp": 1, "step": 1}, {"key": "m", "value": "NaN", "timestamp": 1, "step": 1}]""");

        Assert.Equal("NaN@1/1 1@1/1", await HistoryAsync(run, "m"));
    }

    [Fact]
    public async Task Values_that_are_no_numbers_go_and_come_as_texts()
    {
        var run = await world.NewRunAsync();
        await world.LogAsync(run, """
            "metrics": [{"key": "nan", "value": "NaN", "timestamp": 0}, {"key": "up", "value": "Infinity", "timestamp": "0"}, {"key": "down", "value": "-Infinity", "timestamp": 0},
                        {"key": "text", "value": "0.25", "timestamp": "1.7e+12", "step": "-3"}]
            """);

        Assert.Equal(
            """[{"key":"down","value":"-Infinity","timestamp":0,"step":0},{"key":"nan","value":"NaN","timestamp":0,"step":0},{"key":"text","value":0.25,"timestamp":1700000000000,"step":-3},{"key":"up","value":"Infinity","timestamp":0,"step":0}]""",
            (await world.RunAsync(run))["data"]!["metrics"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"key": "m", "timestamp": 1}""", "Missing value for required parameter 'value'.")]
    [InlineData("""{"key": "m", "value": 1}""", "Missing value for required parameter 'timestamp'.")]
    [InlineData("""{"value": 1, "timestamp": 1}""", "Missing value for required parameter 'key'.")]
    [InlineData("""{"key": "m", "value": "many", "timestamp": 1}""", "Invalid value \"many\" for parameter 'value' supplied:  Hint: Value was of type 'str'.")]
    [InlineData("""{"key": "m", "value": 1, "timestamp": -1}""", "Invalid value -1 for parameter 'timestamp' supplied: ")]
    [InlineData("""{"key": "m", "value": 1, "timestamp": 1.5}""", "Invalid value 1.5 for parameter 'timestamp' supplied:  Hint: Value was of type 'float'.")]
    [InlineData("""{"key": "m", "value": 1, "timestamp": 1, "step": 9223372036854775808}""", "Invalid value 9223372036854775808 for parameter 'step' supplied:  Hint: Value was of type 'int'.")]
    public async Task A_metric_that_is_not_right_is_said(string metric, string says)
    {
        var run = await world.NewRunAsync();

        var refused = await world.RefusedAsync("runs/log-metric", $$"""{"run_id": "{{run}}", {{metric[1..]}}""");

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (refused.Status, refused.Code));
        Assert.StartsWith(says, refused.Says, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""" "metrics": [{"key": "a", "value": 1, "timestamp": 1}, {"key": "a//b", "value": 1, "timestamp": 1}]""", "Invalid value \"a//b\" for parameter 'metrics[1].name' supplied: ")]
    [InlineData(""" "metrics": [{"key": "a", "value": 1, "timestamp": -7}]""", "Invalid value -7 for parameter 'metrics[0].timestamp' supplied: ")]
    [InlineData(""" "metrics": [{"key": "a", "timestamp": 7}]""", "Missing value for required parameter 'metrics[0].value'.")]
    [InlineData(""" "metrics": [5]""", "Invalid value 5 for parameter 'metrics[0]' supplied: ")]
    [InlineData(""" "metrics": {}""", "Invalid value {} for parameter 'metrics' supplied:  Hint: Value was of type 'dict'.")]
    [InlineData(""" "params": [{"key": "a"}, {"key": "b"}, {"key": "../c"}]""", "Invalid value \"../c\" for parameter 'params[2].key' supplied: ")]
    [InlineData(""" "params": [{"key": "a", "value": "1"}, {"key": "a", "value": "1"}]""", "Duplicate parameter keys have been submitted: ['a'].")]
    [InlineData(""" "tags": [{"key": "/t"}]""", "Invalid value \"/t\" for parameter 'tags[0].key' supplied: ")]
    [InlineData(""" "metrics": [{"key": "new", "value": 1, "timestamp": 1}], "params": [{"key": "other", "value": "1"}, {"key": "kept", "value": "2"}], "tags": [{"key": "new"}]""", "Changing param values is not allowed.")]
    public async Task A_batch_that_is_not_right_writes_nothing(string rest, string says)
    {
        var run = await world.NewRunAsync(name: "batch");
        await world.LogAsync(run, """ "params": [{"key": "kept", "value": "1"}]""");

        var refused = await world.RefusedAsync("runs/log-batch", $$"""{"run_id": "{{run}}", {{rest}}}""");

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (refused.Status, refused.Code));
        Assert.StartsWith(says, refused.Says, StringComparison.Ordinal);
        Assert.Equal("""{"params":[{"key":"kept","value":"1"}],"tags":[{"key":"mlflow.runName","value":"batch"}]}""", (await world.RunAsync(run))["data"]!.ToJsonString());
    }

    [Theory]
    [InlineData(1000, 0, 0, null)]
    [InlineData(1001, 0, 0, "A batch logging request can contain at most 1000 metrics. Got 1001 metrics.")]
    [InlineData(0, 101, 0, "A batch logging request can contain at most 100 params. Got 101 params.")]
    [InlineData(0, 0, 101, "A batch logging request can contain at most 100 tags. Got 101 tags.")]
    [InlineData(900, 100, 1, "A batch logging request can contain at most 1000 metrics, params, and tags in total. Got 1001 of them.")]
    public async Task A_batch_has_its_limits(int metrics, int parameters, int tags, string? says)
    {
        var run = await world.NewRunAsync();
        var body = $$"""
            "metrics": [{{string.Join(',', Enumerable.Range(0, metrics).Select(i => $$"""{"key": "m{{i}}", "value": {{i}}, "timestamp": 1}"""))}}],
            "params": [{{string.Join(',', Enumerable.Range(0, parameters).Select(i => $$"""{"key": "p{{i}}", "value": "{{i}}"}"""))}}],
            "tags": [{{string.Join(',', Enumerable.Range(0, tags).Select(i => $$"""{"key": "t{{i}}", "value": "{{i}}"}"""))}}]
            """;

        if (says is null) Assert.Empty(await world.LogAsync(run, body));
        else Assert.StartsWith(says, (await world.RefusedAsync("runs/log-batch", $$"""{"run_id": "{{run}}", {{body}}}""")).Says, StringComparison.Ordinal);
        Assert.Equal(says is null ? metrics : 0, (await world.RunAsync(run))["data"]!["metrics"]?.AsArray().Count ?? 0);
    }

    [Fact]
    public async Task A_batch_of_more_than_a_million_bytes_is_refused()
    {
        var run = await world.NewRunAsync();
        var head = $$"""{"run_id": "{{run}}", "unknown": "{{new string('x', 999_900)}}"}""";

        Assert.Equal(200, (await world.SendAsync(HttpMethod.Post, "runs/log-batch", head)).Status);
        Assert.StartsWith("Batched logging API requests must be at most 1000000 bytes, got a request of size ",
            (await world.RefusedAsync("runs/log-batch", head + new string(' ', 100))).Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_of_a_tag_that_comes_twice_counts()
    {
        var run = await world.NewRunAsync(name: "r");
        await world.LogAsync(run, """ "tags": [{"key": "t", "value": "first"}, {"key": "t", "value": "last"}]""");
        Assert.Contains("""{"key":"t","value":"last"}""", (await world.RunAsync(run))["data"]!["tags"]!.ToJsonString(), StringComparison.Ordinal);

        await world.PostAsync("runs/delete-tag", $$"""{"run_id": "{{run}}", "key": "t"}""");

        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST", $"No tag with name: t in run with id {run}"), await world.RefusedAsync("runs/delete-tag", $$"""{"run_id": "{{run}}", "key": "t"}"""));
    }

    [Fact]
    public async Task A_history_is_read_whole_or_page_by_page()
    {
        var run = await world.NewRunAsync();
        for (var from = 0; from < 2500; from += 1000)
            await world.LogAsync(run, $$""" "metrics": [{{string.Join(',', Enumerable.Range(from, Math.Min(1000, 2500 - from)).Select(i => $$"""{"key": "m", "value": {{i}}, "timestamp": {{5000 - i}}, "step": {{i}}}"""))}}]""");

        Assert.Equal(2500, (await world.GetAsync($"metrics/get-history?run_id={run}&metric_key=m"))["metrics"]!.AsArray().Count);
        var (seen, token) = (new List<int>(), "");
        do
        {
            var page = await world.GetAsync($"metrics/get-history?run_id={run}&metric_key=m&max_results=999&page_token={token}");
            seen.AddRange(page["metrics"]!.AsArray().Select(p => (int)p!["value"]!));
            token = (string?)page["next_page_token"] ?? "";
        }
        while (token.Length > 0);
        Assert.Equal(Enumerable.Range(0, 2500).Reverse(), seen);
        Assert.Empty(await world.GetAsync($"metrics/get-history?run_id={run}&metric_key=other"));
        var first = (string)(await world.GetAsync($"metrics/get-history?run_id={run}&metric_key=m&max_results=1"))["next_page_token"]!;
        Assert.StartsWith("Invalid page token", (await world.RefusedAsync($"metrics/get-history?run_id={run}&metric_key=other&page_token={first}")).Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Histories_of_several_runs_are_thinned_at_the_same_steps_and_keep_their_ends()
    {
        var (one, two) = (await world.NewRunAsync(), await world.NewRunAsync());
        await world.LogAsync(one, $$""" "metrics": [{{string.Join(',', Enumerable.Range(0, 1000).Select(i => $$"""{"key": "m", "value": {{i}}, "timestamp": {{i}}, "step": {{i}}}"""))}}]""");
        await world.LogAsync(two, $$""" "metrics": [{{string.Join(',', Enumerable.Range(0, 333).Select(i => $$"""{"key": "m", "value": {{i}}, "timestamp": {{i}}, "step": {{i * 2 + 1}}}"""))}}]""");

        var points = (await world.GetAsync($"metrics/get-history-bulk-interval?run_ids={one}&run_ids={two}&metric_key=m&max_results=10"))["metrics"]!.AsArray();

        var steps = points.ToLookup(p => (string)p!["run_id"]!, p => (int)p!["step"]!);
        Assert.Equal([0, 1, 100, 200, 300, 400, 500, 600, 665, 700, 800, 900, 999], steps[one]);
        Assert.Equal([1, 665], steps[two]);
        var part = (await world.GetAsync($"/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids={one}&metric_key=m&start_step=10&end_step=12"))["metrics"]!.AsArray();
        Assert.Equal([10, 11, 12], part.Select(p => (int)p!["step"]!));
        Assert.Equal(1333, (await world.GetAsync($"/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id={one}&run_id={two}&metric_key=m"))["metrics"]!.AsArray().Count);
        Assert.StartsWith("If either start step", (await world.RefusedAsync($"metrics/get-history-bulk-interval?run_ids={one}&metric_key=m&start_step=1")).Says, StringComparison.Ordinal);
        Assert.StartsWith("Invalid value 2501 for parameter 'max_results'", (await world.RefusedAsync($"metrics/get-history-bulk-interval?run_ids={one}&metric_key=m&max_results=2501")).Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Datasets_and_models_are_linked_once_with_the_first_tags()
    {
        var experiment = await world.NewExperimentAsync();
        var run = await world.NewRunAsync(experiment);
        const string Dataset = """{"dataset": {"name": "beans", "digest": "abc", "source_type": "local", "source": "{}", "schema": "{}"}, "tags": [{"key": "mlflow.data.context", "value": "CONTEXT"}]}""";
        await world.PostAsync("runs/log-inputs", $$"""{"run_id": "{{run}}", "datasets": [{{Dataset.Replace("CONTEXT", "train", StringComparison.Ordinal)}}], "models": [{"model_id": "m-1"}]}""");
        await world.PostAsync("runs/log-inputs", $$"""{"run_id": "{{run}}", "datasets": [{{Dataset.Replace("CONTEXT", "test", StringComparison.Ordinal)}}]}""");
        await world.PostAsync("runs/outputs", $$"""{"run_id": "{{run}}", "models": [{"model_id": "m-2", "step": 3}]}""");
        Assert.Equal("'model_id' exceeds the maximum length of 256 characters",
            (await world.RefusedAsync("runs/outputs", $$"""{"run_id": "{{run}}", "models": [{"model_id": "{{new string('m', 257)}}"}]}""")).Says);

        var read = await world.RunAsync(run);

        Assert.Equal(
            """{"dataset_inputs":[{"dataset":{"name":"beans","digest":"abc","source_type":"local","source":"{}","schema":"{}"},"tags":[{"key":"mlflow.data.context","value":"train"}]}],"model_inputs":[{"model_id":"m-1"}]}""",
            read["inputs"]!.ToJsonString());
        Assert.Equal("""{"model_outputs":[{"model_id":"m-2","step":3}]}""", read["outputs"]!.ToJsonString());
        Assert.Equal($$"""{"dataset_summaries":[{"experiment_id":"{{experiment}}","name":"beans","digest":"abc","context":"train"}]}""",
            (await world.PostAsync("/ajax-api/2.0/mlflow/experiments/search-datasets", $$"""{"experiment_ids": ["{{experiment}}"]}""")).ToJsonString());
        Assert.Equal("'Dataset digest' exceeds the maximum length of 36 characters", (await world.RefusedAsync("runs/log-inputs",
            $$"""{"run_id": "{{run}}", "datasets": [{{Dataset.Replace("abc", new string('a', 37), StringComparison.Ordinal)}}]}""")).Says);
    }

    [Fact]
    public async Task A_logged_model_is_added_to_the_history_in_the_runs_tag()
    {
        var run = await world.NewRunAsync();
        foreach (var name in new[] { "one", "two" })
            await world.PostAsync("runs/log-model", new JsonObject
            {
                ["run_id"] = run,
                ["model_json"] = $$"""{"artifact_path": "{{name}}", "flavors": {}, "utc_time_created": "now", "run_id": "{{run}}"}""",
            }.ToJsonString());

        var tag = (string)(await world.RunAsync(run))["data"]!["tags"]!.AsArray().Single(t => (string)t!["key"]! == "mlflow.log-model.history")!["value"]!;

        Assert.Equal(["one", "two"], JsonNode.Parse(tag)!.AsArray().Select(m => (string)m!["artifact_path"]!));
        Assert.StartsWith("Invalid value for parameter 'model_json'", (await world.RefusedAsync("runs/log-model", $$"""{"run_id": "{{run}}", "model_json": "[]"}""")).Says, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runs/get", 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'run_id'.")]
    [InlineData("runs/get?run_id=0123456789abcdef0123456789abcdef", 404, "RESOURCE_DOES_NOT_EXIST", "Run with id=0123456789abcdef0123456789abcdef not found")]
    [InlineData("runs/get?run_id=..%2Fx", 400, "INVALID_PARAMETER_VALUE", "Invalid run ID: '../x'.")]
    public async Task A_run_that_is_not_there_is_said(string path, int status, string code, string says)
    {
        var refused = await world.RefusedAsync(path);

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.StartsWith(says, refused.Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_writers_at_once_lose_nothing()
    {
        var run = await world.NewRunAsync();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => world.PostAsync("runs/log-metric", $$"""{"run_id": "{{run}}", "key": "m{{i % 2}}", "value": {{i}}, "timestamp": {{i}}, "step": {{i}}}""")));

        var metrics = (await world.RunAsync(run))["data"]!["metrics"]!.AsArray();
        Assert.Equal([198, 199], metrics.Select(m => (int)m!["value"]!));
        Assert.Equal(100, (await world.GetAsync($"metrics/get-history?run_id={run}&metric_key=m0"))["metrics"]!.AsArray().Count);
    }

    async Task<string> HistoryAsync(string run, string key) => string.Join(' ',
        (await world.GetAsync($"metrics/get-history?run_id={run}&metric_key={key}"))["metrics"]!.AsArray().Select(p => $"{p!["value"]}@{p["timestamp"]}/{p["step"]}"));
}
