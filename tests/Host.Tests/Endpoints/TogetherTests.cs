using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

/// <summary>An endpoint whose answer several models over tables come to.</summary>
public sealed class TogetherTests
{
    static PlannedDecision At(string model, string? threshold, double value) =>
        new(model, threshold, new DecisionRule.AtThreshold(value, value - 0.1, "high", "unsure", "low"));

    /// <summary>Releases models a (x + a) and b (x + b), a at its threshold cut 0.5, b at 1.</summary>
    static async Task<int> ReleaseAsync(
        EndpointWorld world, float a, float b, Func<IReadOnlyList<PlannedDecision>, DecisionRule>? rule = null, float weight = 1,
        params PlannedFallback[] fallbacks)
    {
        var first = await world.World.MakeAsync("a", AssetKind.Model, contents: [("model.onnx", EndpointWorld.Model(a, weight))]);
        var second = await world.World.MakeAsync("b", AssetKind.Model, contents: [("model.onnx", EndpointWorld.Model(b))]);
        var cut = await world.World.MakeAsync("cut", AssetKind.Threshold, [(first, EdgeKind.Fit)],
            contents: [("parts/choice.json", Encoding.UTF8.GetBytes($"{a}"))]);
        var plan = EndpointWorld.Plan(0.5, fallbacks) with
        {
            Decision = new("a", null,
                (rule ?? (parts => new DecisionRule.Strictest(parts, ["high", "unsure", "low"])))([At("a", "cut", 0.5), At("b", null, 1)])),
        };
        var endpoint = await world.World.MakeAsync("verdict", AssetKind.Endpoint, [(first, EdgeKind.Fit), (second, EdgeKind.Fit), (cut, EdgeKind.Fit)],
            contents: [("endpoint.json", plan.ToBytes())]);
        return await world.LiveAsync([first, second, cut, endpoint], 0);
    }

    [Fact]
    public async Task The_answer_is_the_strictest_and_tells_what_each_model_said()
    {
        await using var world = await EndpointWorld.StartAsync();
        await ReleaseAsync(world, 0, 0.75f);

        var answer = await world.AnswerAsync("""{"x": 0.25}""", ("Kumiki-Prediction-Id", "one"));
        var rows = await world.AnswerAsync("""{"rows": [{"x": 0.1}, {"x": 0.45}, {"x": 0.17}]}""");

        const string parts = """[{"model":"a@1","threshold":"cut@1","answer":"low","score":0.25},{"model":"b@1","answer":"high","score":1}]""";
        Assert.Equal($$"""{"id":"one","answer":"high","parts":{{parts}},"endpoint":"verdict@1","release":1}""", answer.ToJsonString());
        Assert.Equal(["low low low", "high unsure high", "unsure low unsure"],
            rows["predictions"]!.AsArray().Select(p => $"{p!["answer"]} {p["parts"]![0]!["answer"]} {p["parts"]![1]!["answer"]}"));
        Assert.Equal("400 inference.unknown-category 2.place:inference.unknown-category",
            await world.RefusedAsync("""[{"x": 1}, {"x": 1, "place": "roof"}]"""));

        // Both are logged with the score of each.
        using var sql = await world.Http.PostAsync("/api/predictions/sql", new StringContent(new JsonObject
        {
            ["sql"] = "SELECT models, threshold, decision, score_a, score_b, feature_x FROM predictions_verdict WHERE id = 'one'",
        }.ToJsonString(), Encoding.UTF8, "application/json"));
        Assert.Equal("""["a@1 b@1","cut@1","high","0.25","1","0.25"]""", JsonNode.Parse(await sql.Content.ReadAsStringAsync())!["rows"]![0]!.ToJsonString());

        var list = await world.GetAsync("/api/endpoints");
        Assert.Equal("""[{"model":"a@1","threshold":"cut@1"},{"model":"b@1","threshold":null}]""", list["endpoints"]![0]!["parts"]!.ToJsonString());
        var document = await world.GetAsync("/api/endpoints/verdict/openapi.json");
        Assert.Equal("""["high","unsure","low"]""", document["components"]!["schemas"]!["Prediction"]!["properties"]!["answer"]!["enum"]!.ToJsonString());
    }

    [Fact]
    public async Task Each_model_may_answer_for_itself()
    {
        await using var world = await EndpointWorld.StartAsync();
        await ReleaseAsync(world, 0, 0.75f, parts => new DecisionRule.Each(parts));

        var answer = await world.AnswerAsync("""{"x": 0.25}""", ("Kumiki-Prediction-Id", "one"));

        Assert.Equal("""{"a":"low","b":"high"}""", answer["answer"]!.ToJsonString());
        Assert.Equal("""{"a":"low","b":"high"}""", (string)(await world.GetAsync("/api/predictions/one"))["prediction"]!["decision"]!);
        var document = await world.GetAsync("/api/endpoints/verdict/openapi.json");
        Assert.Equal("""{"a":{"type":"string"},"b":{"type":"string"}}""",
            document["components"]!["schemas"]!["Prediction"]!["properties"]!["answer"]!["oneOf"]![0]!["properties"]!.ToJsonString());
    }

    [Fact]
    public async Task Where_one_of_them_fails_the_decision_fails_over_and_a_smaller_decision_may_be_of_several_too()
    {
        await using var world = await EndpointWorld.StartAsync();
        PlannedFallback other = new PlannedFallback.Smaller(
            new("b", null, new DecisionRule.Strictest([At("b", null, 1), At("b", null, 2)], ["high", "unsure", "low"])));
        // Of x above 1 the first model's score is infinite.
        await ReleaseAsync(world, 0, 0, weight: 3e38f, fallbacks: [other]);

        var answer = await world.AnswerAsync("""{"x": 1.95}""");

        Assert.Equal(("high", "model b"), ((string)answer["answer"]!, (string)answer["fallback"]!));
        Assert.Equal(["b@1 high", "b@1 unsure"], answer["parts"]!.AsArray().Select(p => $"{p!["model"]} {p["answer"]}"));
        for (var i = 0; i < 4; i++) await world.AnswerAsync("""{"x": 2}""");
        Assert.Equal("model b", (string)(await world.AnswerAsync("""{"x": 0.5}"""))["fallback"]!);      // left alone after five failures
        Assert.True((bool)(await world.GetAsync("/api/endpoints"))["endpoints"]![0]!["resting"]!);
        await ReleaseAsync(world, 0, 0);
        Assert.Null((await world.AnswerAsync("""{"x": 0.5}""", ("Kumiki-Release-At-Least", "2")))["fallback"]);
    }

    [Fact]
    public async Task A_session_gets_the_same_answer_with_what_each_said()
    {
        await using var world = await EndpointWorld.StartAsync();
        await ReleaseAsync(world, 0, 0);
        var first = await world.AnswerAsync("""{"x": 0.25}""", ("Kumiki-Session", "mika"));
        await ReleaseAsync(world, 5, 5);

        var again = await world.AnswerAsync("""{"x": 0.25}""", ("Kumiki-Session", "mika"), ("Kumiki-Release-At-Least", "2"));

        Assert.Equal(first["parts"]!.ToJsonString(), again["parts"]!.ToJsonString());
        Assert.True((bool)again["remembered"]!);
    }

    [Fact]
    public async Task A_release_takes_over_as_a_whole_under_load()
    {
        await using var world = await EndpointWorld.StartAsync();
        await ReleaseAsync(world, 1, 1);
        using var over = new CancellationTokenSource();
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<int, int>();
        var clients = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                var answer = await world.AnswerAsync("""{"x": 0}""");
                var n = (int)answer["release"]!;
                Assert.Equal([$"a@{n} {n}", $"b@{n} {n}"],
                    answer["parts"]!.AsArray().Select(p => string.Create(CultureInfo.InvariantCulture, $"{p!["model"]} {(float)p["score"]!}")));
                seen[n] = 1;
            }
        })).ToArray();

        for (var n = 2; n <= 4; n++)
        {
            Assert.Equal(n, await ReleaseAsync(world, n, n));
            while (!seen.ContainsKey(n) && clients.All(c => !c.IsCompleted)) await Task.Delay(5);
        }
        await over.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Equal([1, 2, 3, 4], seen.Keys.Order());
    }
}
