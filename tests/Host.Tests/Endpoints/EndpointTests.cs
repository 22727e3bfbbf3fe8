using System.Globalization;
using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Kumiki.Onnx;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

public sealed class EndpointTests
{
    [Fact]
    public async Task One_row_gets_one_answer_that_names_every_version_that_made_it()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        await world.ReleaseAsync(2);

        using var response = await world.SendAsync("""{"x": 0.75, "place": "street", "some_day": "2026-03-01", "count": 3, "size": "large", "seen": true, "price": 1.10, "notes": {"any": [1]}}""", headers: ("Kumiki-Prediction-Id", "order-7"));
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.Equal("2", response.Headers.GetValues("Kumiki-Release").Single());
        Assert.Equal("""{"id":"order-7","answer":"high","score":2.75,"model":"model@2","threshold":"cut@2","endpoint":"verdict@2","release":2}""", answer.ToJsonString());
    }

    [Fact]
    public async Task Rows_are_decided_each_by_itself_with_the_bits_that_one_alone_gets()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(3);
        double[] values = [-4.25, 0.3999, 0.41, 0.5, 1e6, 0.1];

        var rows = string.Join(',', values.Select(v => string.Create(CultureInfo.InvariantCulture, $$"""{"x": {{v}} }""")));
        var all = await world.AnswerAsync("{\"rows\": [" + rows + "], \"parameters\": {\"ids\": [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"]}}");

        Assert.Equal(["a low", "b low", "c unsure", "d high", "e high", "f low"], all["predictions"]!.AsArray().Select(p => $"{p!["id"]} {p["answer"]}"));
        foreach (var (value, row) in values.Zip(all["predictions"]!.AsArray()))
            Assert.Equal((float)(await world.AnswerAsync(string.Create(CultureInfo.InvariantCulture, $$"""[{"x": {{value}} }]""")))["predictions"]![0]!["score"]!, (float)row!["score"]!);
        Assert.Equal(6, all["predictions"]!.AsArray().Count);
        Assert.Equal(32, ((string)(await world.AnswerAsync("""{"x": 1}"""))["id"]!).Length);
    }

    [Theory]
    [InlineData("""{"x": 1, "x": 2}""", "1.x:field-twice")]
    [InlineData("""{"place": "street"}""", "1.x:field-missing")]
    [InlineData("""{"x": null}""", "1.x:field-missing")]
    [InlineData("""{"x": "1"}""", "1.x:not-number")]
    [InlineData("""{"x": -1000.5}""", "1.x:field-range")]
    [InlineData("""{"x": 1e999}""", "1.x:field-infinite")]
    [InlineData("""{"x": 1e299}""", "1.x:field-infinite")]
    [InlineData("""{"x": 1, "somDay": "2026-01-01"}""", "1.somDay:unknown-field")]
    [InlineData("""{"x": 1, "someDay": "1.1.2026"}""", "1.some_day:not-date")]
    [InlineData("""{"x": 1, "some_day": "1969-12-31"}""", "1.some_day:field-range")]
    [InlineData("""{"x": 1, "count": 1.5}""", "1.count:not-integer")]
    [InlineData("""{"x": 1, "count": 0}""", "1.count:field-range")]
    [InlineData("""{"x": 1, "size": "huge"}""", "1.size:field-choice")]
    [InlineData("""{"x": 1, "size": {"a": 1}}""", "1.size:not-text")]
    [InlineData("""{"x": 1, "seen": 1}""", "1.seen:not-flag")]
    [InlineData("""{"x": 1, "price": true}""", "1.price:not-number")]
    [InlineData("""{"x": 1, "place": "\ud800"}""", "1.place:not-utf8")]
    [InlineData("""[{"x": 1}, {"x": true, "size": "huge"}, {}]""", "2.x:not-number 2.size:field-choice 3.x:field-missing")]
    public async Task Every_field_that_is_wrong_is_named(string body, string errors)
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);

        var refused = await world.RefusedAsync(body);

        Assert.Equal(("400", errors), (refused.Split(' ')[0], string.Join(' ', refused.Split(' ').Skip(2))));
    }

    [Fact]
    public async Task A_sentence_says_what_is_wrong_where_and_how_to_mend_it_in_the_readers_language()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        async Task<string> SaysAsync(string body, string language)
        {
            using var response = await world.SendAsync(body, headers: ("Accept-Language", language));
            return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["detail"]!;
        }

        Assert.Equal("The field x of row 1 is \"ten\", but a number is wanted.", await SaysAsync("""{"x": "ten"}""", "en"));
        Assert.Equal("1 行目のフィールド x は \"ten\" ですが、数が必要です。", await SaysAsync("""{"x": "ten"}""", "ja"));
        Assert.Equal("Row 1 has a field plase that this endpoint does not know; it has place, x, among others.", await SaysAsync("""{"x": 1, "plase": "a"}""", "en"));
        Assert.Equal("The field some_day of row 1 is 1900-01-01, outside of [1970-01-01, ∞]; send a value within it.", await SaysAsync("""{"x": 1, "some_day": "1900-01-01"}""", "en"));
    }

    [Theory]
    [InlineData("", "400 endpoint.bad-json")]
    [InlineData("{\"x\": 1", "400 endpoint.bad-json")]
    [InlineData("{\"x\": 1} 2", "400 endpoint.bad-json")]
    [InlineData("3", "400 endpoint.no-object")]
    [InlineData("[]", "400 endpoint.no-rows")]
    [InlineData("""{"rows": []}""", "400 endpoint.no-rows")]
    [InlineData("""{"rows": [1]}""", "400 endpoint.row-no-object")]
    [InlineData("""{"rows": [{"x": 1}], "more": 1}""", "400 endpoint.odd-property")]
    [InlineData("""{"rows": [{"x": 1}], "parameters": 1}""", "400 endpoint.no-parameters")]
    [InlineData("""{"rows": [{"x": 1}], "parameters": {"colour": 1}}""", "400 endpoint.odd-parameter")]
    [InlineData("""{"rows": [{"x": 1}], "parameters": {"ids": []}}""", "400 inference.field")]
    [InlineData("""{"rows": [{"x": 1},{"x": 1}], "parameters": {"ids": ["a", "a"]}}""", "400 inference.field")]
    [InlineData("""{"rows": [{"x": 1}], "parameters": {"session": ""}}""", "400 inference.field")]
    [InlineData("""{"rows": [{"x": 1}], "parameters": {"timeout_ms": 0}}""", "400 inference.field")]
    [InlineData("""{"rows": [{"x": 1}], "parameters": {"priority": 4}}""", "400 inference.field")]
    [InlineData("""{"rows": [{"x": 1}], "parameters": {"scores": "yes"}}""", "400 inference.field")]
    public async Task A_body_of_another_form_is_refused(string body, string refused)
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);

        Assert.Equal(refused, await world.RefusedAsync(body));
        Assert.Equal("high", (string)(await world.AnswerAsync("""{"x": 1}"""))["answer"]!);
    }

    [Fact]
    public async Task What_cannot_be_asked_is_said()
    {
        await using var world = await EndpointWorld.StartAsync(new() { MostBodyBytes = 4096 });
        Assert.Equal("404 endpoint.none", await world.RefusedAsync("""{"x": 1}"""));
        await world.ReleaseAsync(1);
        var old = await world.World.MakeAsync("ancient", AssetKind.Endpoint, contents: [("decision.json", "{}"u8.ToArray())]);
        var release = await world.LiveAsync([old], 1);
        await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Release-At-Least", $"{release}"));

        Assert.Equal("404 endpoint.none", await world.RefusedAsync("""{"x": 1}""", "other"));
        Assert.Equal("503 endpoint.old", await world.RefusedAsync("""{"x": 1}""", "ancient"));
        Assert.Equal("413 inference.body-long", await world.RefusedAsync($$"""{"x": 1, "place": "{{new string('a', 5000)}}"}"""));
        Assert.Equal("403 serve.other-origin", await world.RefusedAsync("""{"x": 1}""", headers: ("Origin", "http://evil.example")));
        Assert.Equal("400 inference.unknown-category 2.place:inference.unknown-category", await world.RefusedAsync("""[{"x": 1}, {"x": 1, "place": "roof"}]"""));
        Assert.Equal("high", (string)(await world.AnswerAsync("""{"rows": [{"x": 1, "place": "roof"}], "parameters": {"unknown_categories": "score"}}"""))["predictions"]![0]!["answer"]!);
        using var get = await world.Http.GetAsync("/api/endpoints/verdict/predict");
        Assert.Equal(405, (int)get.StatusCode);
    }

    [Fact]
    public async Task A_release_takes_over_under_load_without_an_error_or_a_mixed_answer()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        using var over = new CancellationTokenSource();
        var (answered, seen) = (0, new System.Collections.Concurrent.ConcurrentDictionary<int, int>());
        var clients = Enumerable.Range(0, 4).Select(c => Task.Run(async () =>
        {
            var random = new Random(c);
            while (!over.IsCancellationRequested)
            {
                var x = Math.Round(random.NextDouble(), 3);
                using var response = await world.SendAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"x": {{x}} }"""));
                var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
                Assert.True(response.IsSuccessStatusCode, answer.ToJsonString());
                var release = (int)answer["release"]!;
                int n;
                lock (world.Releases)
                    if (!world.Releases.TryGetValue(release, out n)) n = (int)Math.Floor((double)answer["score"]! - x + 0.5);      // live, and not yet told to this test
                Assert.Equal($"{release}", response.Headers.GetValues("Kumiki-Release").Single());
                Assert.Equal((float)x + n, (float)answer["score"]!, 1e-5f);
                Assert.Equal((float)answer["score"]! >= n + 0.5 ? "high" : (float)answer["score"]! >= n + 0.4 ? "unsure" : "low", (string)answer["answer"]!);
                Assert.Equal(($"model@{n}", $"cut@{n}", $"verdict@{n}"), ((string)answer["model"]!, (string)answer["threshold"]!, (string)answer["endpoint"]!));
                seen.AddOrUpdate(release, 1, (_, count) => count + 1);
                Interlocked.Increment(ref answered);
            }
        })).ToArray();

        while (!seen.ContainsKey(1) && clients.All(c => !c.IsCompleted)) await Task.Delay(5);
        for (var n = 2; n <= 6; n++)
        {
            var release = await world.ReleaseAsync(n);
            while (!seen.ContainsKey(release) && clients.All(c => !c.IsCompleted)) await Task.Delay(5);
        }
        await over.CancelAsync();
        await Task.WhenAll(clients);

        Assert.Equal([1, 2, 3, 4, 5, 6], seen.Keys.Order());
        Assert.True(answered > 6);
    }

    [Fact]
    public async Task A_caller_who_knows_of_a_release_gets_no_answer_of_an_older_one()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        await world.AnswerAsync("""{"x": 1}""");
        for (var n = 2; n <= 4; n++)
        {
            var release = await world.ReleaseAsync(n);
            Assert.Equal(release, (int)(await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Release-At-Least", $"{release}")))["release"]!);
        }
        Assert.Equal("503 endpoint.older-release", await world.RefusedAsync("""{"x": 1}""", headers: ("Kumiki-Release-At-Least", "99")));
        Assert.Equal("400 inference.header", await world.RefusedAsync("""{"x": 1}""", headers: ("Kumiki-Release-At-Least", "new")));
    }

    [Fact]
    public async Task A_caller_who_names_a_release_is_answered_by_that_one_whatever_is_live()
    {
        await using var world = await EndpointWorld.StartAsync();
        for (var n = 1; n <= 7; n++) await world.ReleaseAsync(n);
        async Task<string> ByAsync(int release)
        {
            using var response = await world.SendAsync("""{"x": 0.75}""", headers: ("Kumiki-Release", $"{release}"));
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            var by = response.Headers.GetValues("Kumiki-Release").Single();
            return $"{(int)response.StatusCode} {by} {answer["release"]} {answer["score"]} {answer["model"]} {answer["threshold"]} {answer["endpoint"]}";
        }

        // More than are held open at once, in any order and at once.
        foreach (var release in (int[])[7, 1, 2, 3, 4, 5, 6, 1, 7, 3])
            Assert.Equal($"200 {release} {release} {release}.75 model@{release} cut@{release} verdict@{release}", await ByAsync(release));
        var all = await Task.WhenAll(Enumerable.Range(0, 70).Select(i => ByAsync((i % 7) + 1)));
        Assert.Equal(Enumerable.Range(0, 70).Select(i => (i % 7) + 1).Select(r => $"200 {r} {r} {r}.75 model@{r} cut@{r} verdict@{r}"), all);

        // The one that is live now is known at once.
        await world.ReleaseAsync(8);
        Assert.StartsWith("200 8 8 8.75", await ByAsync(8), StringComparison.Ordinal);
        Assert.StartsWith("200 7 7 7.75", await ByAsync(7), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_that_was_rolled_back_or_never_live_answers_no_one()
    {
        await using var world = await EndpointWorld.StartAsync();
        for (var n = 1; n <= 3; n++) await world.ReleaseAsync(n);
        var production = await world.World.Metadata.ProductionAsync(default);
        var draft = (await world.World.Metadata.ReleaseAsync(3, default))! with { Base = production.Revision };
        var candidate = (await world.World.Metadata.AddReleaseAsync(draft, default)).Number;
        Task<string> RefusedAsync(string release, params (string, string)[] more) =>
            world.RefusedAsync("""{"x": 1}""", headers: [("Kumiki-Release", release), .. more]);
        await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Release", "3"));

        Assert.Equal("404 endpoint.release-never-live", await RefusedAsync($"{candidate}"));
        Assert.Equal("404 endpoint.release-never-live", await RefusedAsync("99"));
        var back = await world.RollBackAsync();
        await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Release", $"{back}"));

        Assert.Equal("404 endpoint.release-never-live", await RefusedAsync($"{candidate}"));
        Assert.Equal("409 endpoint.release-rolled-back", await RefusedAsync("3"));
        Assert.Equal("model@2", (string)(await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Release", "2")))["model"]!);
        // One that was open when it was rolled back is closed.
        var again = await world.RollBackAsync();
        Assert.Equal("model@1", (string)(await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Release-At-Least", $"{again}")))["model"]!);
        Assert.Equal("409 endpoint.release-rolled-back", await RefusedAsync("2"));
        Assert.Equal("409 endpoint.release-rolled-back", await RefusedAsync($"{back}"));
        Assert.Equal(1, (int)(await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Release", "1")))["release"]!);

        Assert.Equal(3, (int)(await world.GetAsync("/api/endpoints/verdict"))["counts"]!["faults"]!["withdrawn"]!);
        foreach (var wrong in (string[])["0", "-1", "newest", "1.0", ""]) Assert.Equal("400 inference.header", await RefusedAsync(wrong));
        Assert.Equal("400 endpoint.release-pair", await RefusedAsync("1", ("Kumiki-Release-At-Least", "2")));
        Assert.Equal("404 endpoint.none", await world.RefusedAsync("""{"x": 1}""", "gone", ("Kumiki-Release", "1")));
    }

    [Fact]
    public async Task A_session_goes_on_with_the_release_it_began_with_on_whichever_server_it_comes_to()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        var served = Serve.ServedWorld.Of(world.World) with { DataFolder = world.FolderOf("second"), LogPredictions = false };
        await using var second = await KumikiServer.StartAsync(served, ServeAddress.Of("127.0.0.1", 0), default);
        using var other = new HttpClient { BaseAddress = second.Address, Timeout = TimeSpan.FromMinutes(2) };
        async Task<(string Says, string Release)> AskAsync(HttpClient http, string x, string? release, string? session = "mika")
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/endpoints/verdict/predict");
            request.Content = new StringContent("{\"x\": " + x + "}", System.Text.Encoding.UTF8, "application/json");
            if (session is not null) request.Headers.Add("Kumiki-Session", session);
            if (release is not null) request.Headers.Add("Kumiki-Session-Release", release);
            using var response = await http.SendAsync(request);
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            return ($"{answer["model"]} {answer["score"]}", response.Headers.TryGetValues("Kumiki-Session-Release", out var begun) ? begun.Single() : "");
        }

        var (says, begun) = await AskAsync(world.Http, "0.75", null);
        Assert.Equal(("model@1 1.75", "1"), (says, begun));
        await world.ReleaseAsync(2);
        await world.AnswerAsync("""{"x": 0.75}""", ("Kumiki-Release-At-Least", "2"));

        Assert.Equal(("model@2 2.75", "2"), await AskAsync(other, "0.75", "2", "first"));      // it has not looked since release 1, perhaps
        Assert.Equal(("model@1 1.75", "1"), await AskAsync(other, "0.75", begun));
        Assert.Equal(("model@1 1.25", "1"), await AskAsync(other, "0.25", begun));
        Assert.Equal(("model@1 1.25", "1"), await AskAsync(world.Http, "0.25", begun));
        Assert.Equal(("model@2 2.75", "2"), await AskAsync(other, "0.75", null, "ken"));
        Assert.Equal("", (await AskAsync(other, "0.75", begun, session: null)).Release);

        // What another release had answered to the session is not what it was begun with.
        Assert.Equal(("model@2 2.5", "2"), await AskAsync(other, "0.5", null));
        Assert.Equal(("model@1 1.5", "1"), await AskAsync(other, "0.5", begun));

        // A release that was rolled back answers no more; the session goes on with what is live.
        Assert.Equal(("model@2 2.125", "2"), await AskAsync(other, "0.125", "2", "ken"));
        var back = await world.RollBackAsync();
        foreach (var http in (HttpClient[])[world.Http, other])
        {
            await AskAsync(http, "0.1", $"{back}");
            Assert.Equal(("model@1 1.125", $"{back}"), await AskAsync(http, "0.125", "2", "ken"));
            Assert.Equal(("model@1 1.125", $"{back}"), await AskAsync(http, "0.125", "77", "ken"));
        }
        Assert.Equal("400 inference.header", await world.RefusedAsync("""{"x": 1}""", headers: ("Kumiki-Session-Release", "first")));
    }

    [Fact]
    public async Task A_release_that_cannot_be_read_takes_over_as_soon_as_it_can_and_the_one_before_answers_until_then()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        await world.AnswerAsync("""{"x": 1}""");
        var model = await world.World.MakeAsync("model", AssetKind.Model, contents: [("model.onnx", EndpointWorld.Model(2))]);
        var cut = await world.World.MakeAsync("cut", AssetKind.Threshold, [(model, EdgeKind.Fit)], contents: [("parts/choice.json", "2"u8.ToArray())]);
        var endpoint = await world.World.MakeAsync("verdict", AssetKind.Endpoint, [(model, EdgeKind.Fit), (cut, EdgeKind.Fit)], contents: [("endpoint.json", EndpointWorld.Plan(2.5).ToBytes())]);
        var blob = await world.World.Artifacts.PathAsync(endpoint.Files.Single().Content, default);
        File.Move(blob, blob + ".away");
        var release = await world.LiveAsync([model, cut, endpoint], 2);

        Assert.StartsWith("503", await world.RefusedAsync("""{"x": 1}""", headers: ("Kumiki-Release-At-Least", $"{release}")), StringComparison.Ordinal);
        Assert.Equal("model@1", (string)(await world.AnswerAsync("""{"x": 1}"""))["model"]!);
        File.Move(blob + ".away", blob);

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((string)(await world.AnswerAsync("""{"x": 1}"""))["model"]! != "model@2") await Task.Delay(20, limit.Token);
    }

    [Fact]
    public async Task Where_the_model_fails_the_fallbacks_are_tried_in_turn_and_the_answer_says_which_it_was()
    {
        await using var world = await EndpointWorld.StartAsync();
        PlannedFallback small = new PlannedFallback.Smaller(new("smaller", null, new DecisionRule.AtThreshold(10, 10, "high", "unsure", "low")));
        PlannedFallback rule = new PlannedFallback.ByRule(new FieldRule.All([new FieldRule.Compares("x", "<", 100), new FieldRule.Missing("place")]), "low", null);
        PlannedFallback constant = new PlannedFallback.Always("unsure", null);
        // Of x above 1 the model's score is infinite, and from 2 on the smaller one's too.
        await world.ReleaseAsync(1, EndpointWorld.Model(0, 3e38f), EndpointWorld.Model(0, 1.5e38f), small, rule, constant);
        async Task<string> OneAsync(string row) => await world.AnswerAsync(row) is var answer ? $"{answer["answer"]} {answer["fallback"] ?? answer["model"]}" : "";

        Assert.Equal("high model@1", await OneAsync("""{"x": 0.5}"""));
        Assert.Equal("high model smaller", await OneAsync("""{"x": 1.5}"""));
        Assert.Equal("low rule x < 100 and place is missing", await OneAsync("""{"x": 3}"""));
        Assert.Equal("unsure constant", await OneAsync("""{"x": 3, "place": "street"}"""));
        Assert.Equal("unsure constant", await OneAsync("""{"x": 200}"""));

        // Five failures in a row: the model is left alone, and rows that it could answer are answered by the next.
        Assert.Equal("low rule x < 100 and place is missing", await OneAsync("""{"x": 3}"""));
        Assert.Equal("high model smaller", await OneAsync("""{"x": 0.5}"""));
        var detail = await world.GetAsync("/api/endpoints/verdict");
        Assert.True((bool)detail["endpoint"]!["resting"]!);
        Assert.Equal(7, (int)detail["counts"]!["requests"]!);
        Assert.Equal(2, (int)detail["counts"]!["fallbacks"]!["model smaller"]!);
    }

    [Fact]
    public async Task Without_a_fallback_the_caller_gets_the_models_error_and_after_five_is_told_to_wait()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1, EndpointWorld.Model(0, 3e38f));

        for (var i = 0; i < Breaker.Failures; i++) Assert.StartsWith("500 inference.not-a-number", await world.RefusedAsync("""{"x": 3}"""), StringComparison.Ordinal);

        Assert.Equal("503 endpoint.resting", await world.RefusedAsync("""{"x": 0.5}"""));
        // Another version is another model: what kept the old one away does not keep it away.
        await world.ReleaseAsync(2);
        Assert.Equal("high", (string)(await world.AnswerAsync("""{"x": 0.5}""", ("Kumiki-Release-At-Least", "2")))["answer"]!);
    }

    [Fact]
    public async Task Equal_rows_of_a_session_get_equal_answers_whatever_is_released_meanwhile()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1);
        var first = await world.AnswerAsync("""{"x": 0.75, "some_day": "2026-01-01"}""", ("Kumiki-Session", "mika"));
        await world.ReleaseAsync(2);

        var again = await world.AnswerAsync("""{"rows": [{"x": 0.75, "some_day": "2026-01-02"}, {"x": 0.1}], "parameters": {"session": "mika"}}""", ("Kumiki-Release-At-Least", "2"));
        var other = await world.AnswerAsync("""{"x": 0.75}""", ("Kumiki-Session", "ken"));

        Assert.Equal("model@1", (string)first["model"]!);
        Assert.Equal(["model@1 True", "model@2 "], again["predictions"]!.AsArray().Select(p => $"{p!["model"]} {(p["remembered"] is { } r ? (bool)r : "")}"));
        Assert.Equal("model@2", (string)other["model"]!);
    }

    [Fact]
    public async Task The_last_answer_of_a_session_stands_in_for_the_model()
    {
        await using var world = await EndpointWorld.StartAsync();
        await world.ReleaseAsync(1, EndpointWorld.Model(0, 3e38f), null, new PlannedFallback.LastAnswer(3600));
        await world.AnswerAsync("""{"x": 0.75}""", ("Kumiki-Session", "mika"));

        var last = await world.AnswerAsync("""{"x": 3}""", ("Kumiki-Session", "mika"));

        Assert.Equal("high last answer", $"{last["answer"]} {last["fallback"]}");
        Assert.StartsWith("500", await world.RefusedAsync("""{"x": 3}""", headers: ("Kumiki-Session", "ken")), StringComparison.Ordinal);
        Assert.StartsWith("500", await world.RefusedAsync("""{"x": 3}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_describes_itself_and_what_it_was_asked()
    {
        await using var world = await EndpointWorld.StartAsync(readOnly: true);
        Assert.Equal("""{"release":0,"endpoints":[],"unanswerable":[]}""", (await world.GetAsync("/api/endpoints")).ToJsonString());
        await world.ReleaseAsync(1);
        await world.AnswerAsync("""{"x": 1}""", ("Kumiki-Release-At-Least", "1"));
        await world.RefusedAsync("""{"x": true}""");

        var list = await world.GetAsync("/api/endpoints");
        var detail = await world.GetAsync("/api/endpoints/verdict");
        var document = await world.GetAsync("/api/endpoints/verdict/openapi.json");
        var serving = await world.GetAsync("/api/serving");

        Assert.Equal("""{"version":"verdict@1","model":"model@1","threshold":"cut@1","resting":false,"answered":1,"failed":1}""", list["endpoints"]![0]!.ToJsonString());
        Assert.Equal("""{"high":1}""", detail["counts"]!["answers"]!.ToJsonString());
        Assert.Equal("""{"bad_request":1}""", detail["counts"]!["faults"]!.ToJsonString());
        Assert.Equal(1, detail["counts"]!["latency"]!.AsArray().Sum(b => (int)b!["count"]!));
        Assert.Equal("high", (string)(await world.AnswerAsync(detail["example"]!.ToJsonString()))["answer"]!);
        Assert.Equal("""["x"]""", document["components"]!["schemas"]!["Row"]!["required"]!.ToJsonString());
        Assert.Equal("""{"type":["integer","null"],"exclusiveMinimum":0,"description":"No model reads it."}""", document["components"]!["schemas"]!["Row"]!["properties"]!["count"]!.ToJsonString());
        Assert.Equal("""["high","unsure","low"]""", document["components"]!["schemas"]!["Prediction"]!["properties"]!["answer"]!["enum"]!.ToJsonString());
        Assert.Equal("model@1", (string)serving["models"]![0]!["version"]!);
        using var none = await world.Http.GetAsync("/api/endpoints/none");
        Assert.Equal(404, (int)none.StatusCode);
    }
}
