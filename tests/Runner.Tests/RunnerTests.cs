using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Runner.Tests;

public sealed class RunnerTests(ServedShop shop) : IClassFixture<ServedShop>
{
    readonly RunnerProcess runner = shop.Runner;
    readonly RunnerWorld world = shop.World;

    [Fact]
    public async Task Scores_and_decisions_have_the_bits_of_the_platforms_own()
    {
        var (json, columns) = RunnerWorld.Rows(700, seed: 3);
        using var scorer = Scorer.Open(RunnerWorld.Model);
        var scores = scorer.Score(columns);
        var rule = RunnerWorld.PlanAt(0.5).Decision.Rule;

        var (status, many) = await runner.PostAsync("/predict", $$"""{"rows": {{json.ToJsonString()}}}""");

        Assert.True(status == 200, many.ToJsonString());
        var answers = many["predictions"]!.AsArray();
        Assert.Equal(700, answers.Count);
        Assert.Equal(scores.Select(BitConverter.SingleToInt32Bits), answers.Select(a => BitConverter.SingleToInt32Bits(a!["score"]!.GetValue<float>())));
        Assert.Equal(scores.Select(s => rule.Decide([s], ModelOutputs.Single).Answer), answers.Select(a => (string)a!["answer"]!));
        Assert.Equal(3, answers.Select(a => (string)a!["answer"]!).Distinct().Count());
        for (var row = 0; row < 30; row++)
        {
            var (_, one) = await runner.PostAsync("/predict", json[row]!.ToJsonString());
            Assert.Equal(BitConverter.SingleToInt32Bits(scores[row]), BitConverter.SingleToInt32Bits(one["score"]!.GetValue<float>()));
            Assert.Equal(("shop-order@1", "shop-model@7", 1), ((string)one["endpoint"]!, (string)one["model"]!, (int)one["release"]!));
        }
    }

    [Fact]
    public async Task Several_decisions_come_to_the_strictest_as_on_the_platform()
    {
        PlannedDecision Part(string? threshold, double value, string above) => new("shop-model", threshold, new DecisionRule.AtThreshold(value, value, above, above, "Wait"));
        var rule = new DecisionRule.Strictest([Part("order-above", 0.5, "Ask"), Part(null, 1, "Order")], ["Order", "Ask", "Wait"]);
        await using var two = await world.ServeAsync(await world.PackageAsync("two.kpkg", decision: new("shop-model", null, rule)));
        var (json, columns) = RunnerWorld.Rows(100, seed: 5);
        using var scorer = Scorer.Open(RunnerWorld.Model);

        var (status, many) = await two.PostAsync("/predict", $$"""{"rows": {{json.ToJsonString()}}}""");

        Assert.True(status == 200, many.ToJsonString());
        foreach (var (score, answer) in scorer.Score(columns).Zip(many["predictions"]!.AsArray()))
        {
            Assert.Equal(score >= 1 ? "Order" : score >= 0.5 ? "Ask" : "Wait", (string)answer!["answer"]!);
            Assert.Equal([("shop-model@7", "order-above@1", score >= 0.5 ? "Ask" : "Wait"), ("shop-model@7", null, score >= 1 ? "Order" : "Wait")],
                answer["parts"]!.AsArray().Select(p => ((string)p!["model"]!, (string?)p["threshold"], (string)p["answer"]!)));
            Assert.All(answer["parts"]!.AsArray(), p => Assert.Equal(BitConverter.SingleToInt32Bits(score), BitConverter.SingleToInt32Bits(p!["score"]!.GetValue<float>())));
        }
        Assert.Equal(3, many["predictions"]!.AsArray().Select(a => (string)a!["answer"]!).Distinct().Count());
    }

    [Fact]
    public async Task The_open_inference_protocol_gives_the_same_scores()
    {
        var (json, columns) = RunnerWorld.Rows(50, seed: 4);
        using var scorer = Scorer.Open(RunnerWorld.Model);
        var metadata = await runner.GetAsync("/v2/models/shop-model");
        Assert.Equal(["price", "units", "day", "discount", "store"], metadata["inputs"]!.AsArray().Select(i => (string)i!["name"]!));
        string Data(string name, Func<JsonNode?, JsonNode?> of) =>
            $$"""{"name": "{{name}}", "datatype": "{{(name == "store" ? "BYTES" : "FP32")}}", "shape": [50, 1], "data": {{new JsonArray([.. json.Select(r => of(r![name])?.DeepClone())]).ToJsonString()}}}""";

        var (status, answer) = await runner.PostAsync("/v2/models/shop-model/versions/7/infer", $$"""
            {"id": "x", "inputs": [{{Data("price", v => v)}}, {{Data("units", v => v)}}, {{Data("day", v => Days((string)v!))}},
                {{Data("discount", v => (bool)v! ? 1 : 0)}}, {{Data("store", v => v)}}] }
            """);

        Assert.True(status == 200, answer.ToJsonString());
        Assert.Equal(("x", "7"), ((string)answer["id"]!, (string)answer["model_version"]!));
        Assert.Equal(scorer.Score(columns), answer["outputs"]![0]!["data"]!.AsArray().Select(v => v!.GetValue<float>()));
        Assert.True((await runner.Http.GetAsync("/v2/health/ready")).IsSuccessStatusCode);

        static JsonNode Days(string day) => DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture).DayNumber - new DateOnly(1970, 1,
            1).DayNumber;
    }

    [Theory]
    [InlineData("""{"price": 1, "day": "2024-02-30", "discount": true}""", "day")]
    [InlineData("""{"price": -1, "day": "2024-02-03", "discount": true}""", "price")]
    [InlineData("""{"price": 1, "day": "2024-02-03", "discount": 1}""", "discount")]
    [InlineData("""{"price": 1, "discount": true}""", "day")]
    [InlineData("""{"price": 1, "day": "2024-02-03", "discount": true, "prise": 1}""", "prise")]
    [InlineData("""{"price": 1, "day": "2024-02-03", "discount": true, "store": "Nowhere"}""", "store")]
    [InlineData("""{"price": 1e300, "day": "2024-02-03", "discount": true}""", "price")]
    public async Task A_wrong_field_is_named(string row, string field)
    {

        var (status, refused) = await runner.PostAsync("/predict", row);

        Assert.Equal((400, field), (status, (string)refused["fields"]![0]!["field"]!));
        var (unknown, _) = await runner.PostAsync("/predict", $$"""{"rows": [{"price": 1, "day": "2024-02-03", "discount": true, "store": "Nowhere"}], "parameters": {"unknown_categories": "score"} }""");
        Assert.Equal(200, unknown);
    }

    [Theory]
    [InlineData("GET /release HTTP/1.1\r\n\r\n", 403)]                                              // no host
    [InlineData("GET /release HTTP/1.1\r\nHost: example.com\r\n\r\n", 403)]
    [InlineData("GET /release HTTP/1.1\r\nHost: localhost\r\nOrigin: http://example.com\r\n\r\n", 403)]
    [InlineData("GET /release HTTP/1.1\r\nHost: localhost\r\n\r\n", 200)]
    [InlineData("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [InlineData("GET /v2/models/other HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [InlineData("GET /predict HTTP/1.1\r\nHost: localhost\r\n\r\n", 405)]
    [InlineData("GET /release HTTP/2.0\r\nHost: localhost\r\n\r\n", 505)]
    [InlineData("GET  /release HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET /release HTTP/1.1\r\nHost : localhost\r\n\r\n", 400)]
    [InlineData("GET /release HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n", 400)]
    [InlineData("\0\u0001\u0002\r\n\r\n", 400)]
    [InlineData("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400)]
    [InlineData("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400)]
    [InlineData("POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501)]
    [InlineData("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741824\r\n\r\n", 413)]
    [InlineData("POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\n", 400)]
    [InlineData("POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n7FFFFFFF\r\n", 413)]
    [InlineData("POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400)]
    [InlineData("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nnot json", 400)]
    [InlineData("POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n{\"price\":1,\"day\":\"2024-02-03\",\r\n10;x=y\r\n\"discount\": true\r\n1\r\n}\r\n0\r\ntrailer: x\r\n\r\n", 200)]
    public async Task Http_is_taken_strictly(string request, int status)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", runner.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));

        using var reader = new StreamReader(client.GetStream());
        var first = await reader.ReadLineAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", first, StringComparison.Ordinal);
        Assert.Equal(200, (await runner.PostAsync("/predict", """{"price": 1, "day": "2024-02-03", "discount": true}""")).Status);
    }

    [Fact]
    public async Task A_head_that_does_not_end_is_cut_off_and_many_requests_go_over_one_connection()
    {
        using (var client = new TcpClient())
        {
            await client.ConnectAsync("127.0.0.1", runner.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nX: " + new string('a', 20_000)));
            using var reader = new StreamReader(client.GetStream());
            Assert.StartsWith("HTTP/1.1 431 ", await reader.ReadLineAsync(), StringComparison.Ordinal);
        }
        using var again = new TcpClient();
        await again.ConnectAsync("127.0.0.1", runner.Port);
        // Three at once, of which the last closes.
        await again.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /release HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nHEAD /release HTTP/1.1\r\nHost: [::1]\r\n\r\nGET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        using var all = new StreamReader(again.GetStream());
        var text = await all.ReadToEndAsync();
        Assert.Equal(3, text.Split("HTTP/1.1 200 OK").Length - 1);
        Assert.Equal(1, text.Split("\"releasedAt\"").Length - 1);
    }

    [Fact]
    public async Task A_changed_package_is_refused_in_one_sentence_that_names_the_file()
    {
        var folder = await world.PackageAsync("changed");
        File.AppendAllText(Path.Combine(folder, "endpoint.json"), " ");
        var stranger = await world.RunAsync(world.PathOf("shop.kpkg"), "--trust", world.PathOf("none.pub"));

        var (code, said, error) = await world.RunAsync(folder, "--trust", world.PathOf("packages.key.pub"), "--port", "0");

        Assert.Equal((1, "", $"{folder} is refused: its file endpoint.json is not what was signed; get it again from where it was made.\n"),
            (code, said, error));
        Assert.Equal((1, $"There is no public key at {world.PathOf("none.pub")}; give --trust the .pub file that kumiki package keys wrote.\n"),
            (stranger.Code, stranger.Error));
        Assert.Equal(1, (await world.RunAsync("--port", "x")).Code);
        Assert.Equal(1, (await world.RunAsync(world.PathOf("shop.kpkg"))).Code);
    }

    [Fact]
    public async Task A_sound_package_is_said_to_be_so()
    {
        var (code, said, _) = await world.RunAsync("check", world.PathOf("shop.kpkg"), "--trust", world.PathOf("packages.key.pub"));

        Assert.Equal((0, $"{world.PathOf("shop.kpkg")} is whole: shop-order, release 1, 5 files, signed with key {world.KeyId}, golden rows answered.\n"),
            (code, said));
    }
}
