using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Kumiki.Host.Tests.Serve;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

/// <summary>What offline runners send back is in the prediction log, as what the server answered itself is.</summary>
public sealed class EdgeLogTests
{
    const string One = """{"id":"a-1","at":"2026-02-03T04:05:06.789012+00:00","endpoint":"verdict@1","release":1,"took_us":1234,"model":"model@1","threshold":"cut@1","answer":"high","score":2.75,"input":{"x":0.75,"place":"street","some_day":"2026-01-31","count":3}}""";
    const string Two = """{"id":"a-2","at":"2026-02-03T04:05:07Z","endpoint":"verdict@1","release":1,"fallback":"constant","answer":"unsure","input":{"x":-4}}""";

    static async Task<(int Status, JsonNode Said)> SendAsync(HttpClient http, string lines, string device = "till-7")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/edge/logs") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(lines)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/jsonl");
        request.Headers.Add("Kumiki-Device", device);
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    static async Task<string> TakenAsync(HttpClient http, string lines, string device = "till-7")
    {
        var (status, said) = await SendAsync(http, lines, device);
        Assert.True(status == 200, said.ToJsonString());
        return $"{said["taken"]} {said["known"]}";
    }

    static async Task<string> RowsAsync(HttpClient http, string sql)
    {
        using var response = await http.PostAsync("/api/predictions/sql", new StringContent(new JsonObject { ["sql"] = sql }.ToJsonString(), Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return string.Join(" / ", JsonNode.Parse(text)!["rows"]!.AsArray().Select(r => string.Join("|", r!.AsArray().Select(c => (string?)c ?? "-"))));
    }

    static async Task<JsonNode> GetAsync(HttpClient http, string path) => JsonNode.Parse(await http.GetStringAsync(path))!;

    [Fact]
    public async Task A_record_is_in_the_log_with_its_time_its_versions_and_its_device_and_its_outcome_is_joined()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(2);
        await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Prediction-Id", "here"));

        Assert.Equal("2 0", await TakenAsync(world.Http, $"{One}\n{Two}\n"));
        Assert.Equal("0 2", await TakenAsync(world.Http, $"{One}\n{Two}\n"));
        Assert.Equal("1 1", await TakenAsync(world.Http, $"{Two}\n{Two.Replace("a-2", "a-3", StringComparison.Ordinal)}"));

        Assert.Equal("a-1|2026-02-03 04:05:06.789012|1|1|model@1|cut@1|-|high|2.75|1234|0.75|street|0.75|street|2026-01-31|3", await RowsAsync(world.Http,
            "SELECT id, time, endpoint_version, release, models, threshold, arm, decision, score, latency_us, feature_x, feature_place, input_x, input_place, input_some_day, input_count FROM verdict WHERE id = 'a-1'"));
        Assert.Equal("a-1|till-7|high|- / a-2|till-7|unsure|constant / a-3|till-7|unsure|constant / here|-|high|-", await RowsAsync(world.Http,
            "SELECT id, device, decision, fallback FROM verdict ORDER BY id"));

        using var outcome = await world.Http.PostAsync("/api/endpoints/verdict/outcomes", new StringContent("""{"id": "a-1", "value": true}""", Encoding.UTF8, "application/json"));
        Assert.True(outcome.IsSuccessStatusCode);
        Assert.Equal("1", await RowsAsync(world.Http, "SELECT outcome FROM verdict WHERE id = 'a-1'"));
        var one = await world.GetAsync("/api/predictions/a-1");
        Assert.Equal(("till-7", "true", "2.75", "street"), ((string)one["prediction"]!["device"]!, (string)one["prediction"]!["outcome"]!,
            (string)one["scores"]!["score"]!, (string)one["features"]!["place"]!));
        Assert.Equal(["here", "a-3", "a-2", "a-1"], (await world.GetAsync("/api/endpoints/verdict/predictions"))["predictions"]!.AsArray()
            .OrderByDescending(p => (string)p!["at"]!).ThenByDescending(p => (string)p!["id"]!).Select(p => (string)p!["id"]!));
        var device = (await world.GetAsync("/api/edge/devices"))["devices"]!.AsArray().Single()!;
        Assert.Equal(("till-7", 3), ((string)device["device"]!, (int)device["records"]!));
        Assert.StartsWith("2026-02-03T04:05:07", (string)device["lastAt"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_personal_is_not_kept_and_of_an_endpoint_that_is_not_known_no_inputs_are()
    {
        await using var world = await EndpointWorld.StartAsync();
        var model = await world.World.MakeAsync("model", AssetKind.Model, contents: [("model.onnx", EndpointWorld.Model(1))]);
        var plan = EndpointWorld.Plan(1);
        plan = plan with
        {
            Decision = plan.Decision with { Threshold = null },
            Fields = [.. plan.Fields.Select(f => f.Name == "place" ? f with { Personal = true, Optional = false } : f)],
        };
        await world.LiveAsync([model, await world.World.MakeAsync("verdict", AssetKind.Endpoint, [(model, EdgeKind.Fit)], contents: [("endpoint.json", plan.ToBytes())])], 1);

        // The first as a runner sends it; the second as one that does not know what is personal.
        Assert.Equal("3 0", await TakenAsync(world.Http, $"{Two}\n{One}\n{One.Replace("verdict@1", "elsewhere@9", StringComparison.Ordinal)}".Replace("\"a-1\",\"at\":\"2026-02-03T04:05:06.789012+00:00\",\"endpoint\":\"else", "\"a-9\",\"at\":\"2026-02-03T04:05:06Z\",\"endpoint\":\"else", StringComparison.Ordinal)));

        Assert.Equal("a-1|-|-|0.75 / a-2|-|-|-4", await RowsAsync(world.Http, "SELECT id, input_place, feature_place, feature_x FROM verdict ORDER BY id"));
        Assert.Equal("0", await RowsAsync(world.Http, "SELECT count(*) FROM verdict WHERE inputs LIKE '%street%'"));
        Assert.Equal("a-9|high|2.75|-", await RowsAsync(world.Http, "SELECT id, decision, score, inputs FROM elsewhere"));
    }

    [Fact]
    public async Task Records_are_known_after_a_restart_and_those_of_an_older_data_folder_are_taken_in_once()
    {
        using var folder = new TemporaryFolder();
        await using var demo = await DemoWorld.EmptyAsync(folder.Path);
        var served = ServedWorld.Of(demo);
        Directory.CreateDirectory(Path.Combine(served.DataFolder, "edge"));
        await File.WriteAllTextAsync(Path.Combine(served.DataFolder, "edge", "2026-02-03.jsonl"), $$"""
            {"device":"till-7","record":{{One}}}
            {"device":"till-8","record":{{One}}}

            """);
        await File.WriteAllTextAsync(Path.Combine(served.DataFolder, "edge", "2026-02-04.jsonl"), $$"""
            {"device":"till-8","record":{{Two}}}
            {"device":"till-8","record":{"id"
            """);
        for (var start = 0; start < 2; start++)
        {
            await using var server = await KumikiServer.StartAsync(served, ServeAddress.Of("127.0.0.1", 0), default);
            using var http = new HttpClient { BaseAddress = server.Address };
            Assert.Equal("0 1", await TakenAsync(http, One));
            Assert.Equal(start == 0 ? "1 0" : "0 1", await TakenAsync(http, Two));
            Assert.Equal("till-7 2 till-8 2", string.Join(' ', (await GetAsync(http, "/api/edge/devices"))["devices"]!.AsArray().Select(d => $"{d!["device"]} {d["records"]}")));
            Assert.Equal("4|4", await RowsAsync(http, "SELECT count(*), count(DISTINCT id || device) FROM verdict"));
        }
        // A file with a line that was cut off stays, and is taken no second time.
        Assert.Equal(["2026-02-04.jsonl"], Directory.GetFiles(Path.Combine(served.DataFolder, "edge")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("""{"id":"x","at":"2026-02-03T04:05:06Z","endpoint":"verdict"}""", "endpoint is no version such as credit-decision@3")]
    [InlineData("""{"id":"x","at":"yesterday","endpoint":"verdict@1"}""", "at is no time")]
    [InlineData("""{"at":"2026-02-03T04:05:06Z","endpoint":"verdict@1"}""", "no id")]
    [InlineData("""{"id":"x","at":"2026-02-03T04:05:06Z","endpoint":"verdict@1","score":1e99}""", "a score is no number")]
    [InlineData("""{"id":"x","at":"2026-02-03T04:05:06Z","endpoint":"verdict@1","answer":{}}""", "answer is neither text nor number")]
    [InlineData("[1]", "no object")]
    [InlineData("{\"id\"", "byte 6 is no JSON")]
    public async Task A_line_that_is_no_record_is_named_and_none_of_its_batch_is_taken(string line, string reason)
    {
        await using var world = await EndpointWorld.StartAsync();
        var (status, said) = await SendAsync(world.Http, $"{One}\n{line}\n");
        Assert.Equal((400, $"Line 2 is no record of a prediction: {reason}; none was taken."), (status, (string)said["detail"]!));
        Assert.Empty((await world.GetAsync("/api/edge/devices"))["devices"]!.AsArray());
    }

    [Fact]
    public async Task A_server_that_logs_nothing_takes_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var demo = await DemoWorld.EmptyAsync(folder.Path);
        await using var server = await KumikiServer.StartAsync(ServedWorld.Of(demo) with { LogPredictions = false }, ServeAddress.Of("127.0.0.1", 0), default);
        using var http = new HttpClient { BaseAddress = server.Address };
        var (status, said) = await SendAsync(http, One);
        Assert.Equal((503, "predlog.no-log"), (status, (string)said["id"]!));
    }
}
