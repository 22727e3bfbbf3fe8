using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Kumiki.Predictions;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

/// <summary>What a server's endpoints answer is in the log, with every part of it.</summary>
public sealed class PredictionLogTests
{
    static async Task<JsonNode> PostAsync(EndpointWorld world, string path, string body, int status = 200)
    {
        using var response = await world.Http.PostAsync(path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    static Task<JsonNode> SqlAsync(EndpointWorld world, string sql, int status = 200) => PostAsync(world, "/api/predictions/sql",
        new JsonObject { ["sql"] = sql }.ToJsonString(), status);

    static async Task<string> RowsAsync(EndpointWorld world, string sql) =>
        string.Join(" / ", (await SqlAsync(world, sql))["rows"]!.AsArray().Select(r => string.Join("|", r!.AsArray().Select(c => (string?)c ?? "-"))));

    [Fact]
    public async Task Every_answer_is_logged_with_its_versions_features_and_score_and_its_outcome_is_joined()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(2);
        await world.AnswerAsync("""{"x": 0.75, "place": "street", "someDay": "2026-03-01", "count": 3, "notes": {"any": [1]}}""", ("Kumiki-Prediction-Id", "order-7"));
        await world.AnswerAsync("""{"rows": [{"x": -4}, {"x": 1}], "parameters": {"ids": ["a", "b"]}}""");

        Assert.Equal("order-7|verdict|1|model@1|cut@1|high|2.75|0.75|street|0.75|street|2026-03-01|3|-", await RowsAsync(world,
            "SELECT id, endpoint, release, models, threshold, decision, score, feature_x, feature_place, input_x, input_place, input_some_day, input_count, error FROM predictions_verdict WHERE id = 'order-7'"));
        Assert.Equal("a|low / b|high / order-7|high", await RowsAsync(world, "SELECT id, decision FROM predictions_verdict ORDER BY id"));

        Assert.Equal(2, (int)(await PostAsync(world, "/api/endpoints/verdict/outcomes", """[{"id": "order-7", "value": true}, {"id": "b", "value": 3.5, "at": "2026-03-01T10:00:00Z", "note": "late"}]"""))["kept"]!);
        await PostAsync(world, "/api/endpoints/verdict/outcomes", """{"id": "order-7", "value": false, "note": "a correction"}""");
        Assert.Equal("a|-|- / b|3.5|late / order-7|0|a correction", await RowsAsync(world, "SELECT id, outcome, outcome_note FROM verdict ORDER BY id"));

        var one = await world.GetAsync("/api/predictions/order-7");
        Assert.Equal(("false", "high", "2.75"), ((string)one["prediction"]!["outcome"]!, (string)one["prediction"]!["decision"]!,
            (string)one["scores"]!["score"]!));
        Assert.Equal(["false", "true"], one["outcomes"]!.AsArray().Select(o => (string)o!["label"]!));
        var page = await world.GetAsync("/api/endpoints/verdict/predictions?limit=2");
        Assert.Equal(2, page["predictions"]!.AsArray().Count);
        Assert.Single((await world.GetAsync($"/api/endpoints/verdict/predictions?limit=2&before={Uri.EscapeDataString((string)page["before"]!)}"))["predictions"]!.AsArray());
        var log = await world.GetAsync("/api/predictions/log");
        Assert.Equal((true, 6, 0, 0), ((bool)log["isOpen"]!, (int)log["accepted"]!, (int)log["dropped"]!, (int)log["lostBefore"]!));
        Assert.Contains("kumiki_prediction_log_accepted_total 6", await world.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_refused_or_answered_by_a_fallback_is_logged_too()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1, model: [1, 2, 3], fallbacks: [new Kumiki.Onnx.PlannedFallback.Always("unsure", null)]);
        Assert.Equal("unsure", (string)(await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Prediction-Id", "fell")))["answer"]!);
        await world.RefusedAsync("""{"x": "no number"}""", headers: ("Kumiki-Prediction-Id", "refused"));
        await world.ReleaseAsync(2, model: [1, 2, 3]);
        await world.RefusedAsync("""{"x": 1}""", headers: [("Kumiki-Prediction-Id", "failed"), ("Kumiki-Release-At-Least", "2")]);

        Assert.Equal("failed|-|-|inference.unloadable|1 / fell|unsure|constant|-|1 / refused|-|-|endpoint.not-number|-", await RowsAsync(world,
            "SELECT id, decision, fallback, error, input_x FROM predictions_verdict ORDER BY id"));
    }

    [Fact]
    public async Task The_log_is_whole_when_the_server_starts_again_and_is_read_without_it()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        for (var i = 0; i < 20; i++) await world.AnswerAsync("""{"x": 1}""");
        await world.Server.DisposeAsync();

        Assert.Empty(JournalFolder.Segments(PredictionLog.FolderOf(world.World.Folder)));
        using var reader = new PredictionReader(world.World.Metadata, world.World.Artifacts, world.World.Folder, null);
        Assert.Equal("20", (await reader.SqlAsync("SELECT count(DISTINCT id) FROM predictions_verdict", new(), default)).Rows[0][0]);
    }

    [Theory]
    [InlineData("""{"value": 1}""", "predlog.outcome-id")]
    [InlineData("""{"id": "a"}""", "predlog.outcome-value")]
    [InlineData("""{"id": "a", "value": [1]}""", "predlog.outcome-value")]
    [InlineData("""{"id": 7, "value": 1}""", "predlog.outcome-text")]
    [InlineData("""{"id": "a", "value": 1, "at": "soon"}""", "predlog.outcome-time")]
    [InlineData("""{"id": "a", "value": 1, "when": "2026-01-01"}""", "predlog.outcome-unknown")]
    [InlineData("""[{"id": "a", "value": 1}, 3]""", "predlog.outcome-object")]
    public async Task An_outcome_that_is_wrong_is_refused_and_none_of_its_request_is_kept(string body, string says)
    {
        await using var world = await EndpointWorld.StartAsync();

        Assert.Equal(says, (string)(await PostAsync(world, "/api/endpoints/verdict/outcomes", body, 400))["id"]!);
        Assert.Equal(0, (int)(await world.GetAsync("/api/predictions/log"))["accepted"]!);
    }

    [Fact]
    public async Task Sql_and_ids_that_are_wrong_are_refused_in_one_sentence_each()
    {
        await using var world = await EndpointWorld.StartAsync();

        Assert.Equal("predlog.sql-outside", (string)(await SqlAsync(world, "SELECT * FROM read_csv('/etc/passwd')", 400))["id"]!);
        Assert.Equal("predlog.sql-no-view", (string)(await SqlAsync(world, "SELECT * FROM predictions_verdict", 400))["id"]!);
        using var none = await world.Http.GetAsync("/api/predictions/never-was");
        Assert.Equal((404, "predlog.none"), ((int)none.StatusCode, (string)(await none.Content.ReadFromJsonAsync<JsonNode>())!["id"]!));
        using var place = await world.Http.GetAsync("/api/endpoints/verdict/predictions?before=x");
        Assert.Equal((400, "predlog.bad-place"), ((int)place.StatusCode, (string)(await place.Content.ReadFromJsonAsync<JsonNode>())!["id"]!));
        Assert.Empty((await world.GetAsync("/api/endpoints/verdict/predictions"))["predictions"]!.AsArray());
    }

    [Fact]
    public async Task A_server_that_only_shows_logs_nothing_and_takes_no_outcomes()
    {
        await using var world = await EndpointWorld.StartAsync(readOnly: true);
        await world.ReleaseAsync(1);
        await world.AnswerAsync("""{"x": 1}""");

        Assert.False((bool)(await world.GetAsync("/api/predictions/log"))["isOpen"]!);
        Assert.Equal("serve.read-only", (string)(await PostAsync(world, "/api/endpoints/verdict/outcomes", """{"id": "a", "value": 1}""", 403))["id"]!);
        Assert.False(Directory.Exists(PredictionLog.FolderOf(world.World.Folder)));
    }
}
