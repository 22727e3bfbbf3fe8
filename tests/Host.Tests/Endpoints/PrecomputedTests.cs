using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Onnx;
using Kumiki.Tables;
using Microsoft.Playwright;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

/// <summary>Answers that were computed before anybody asked, over HTTP: by place and day, in many releases.</summary>
public sealed class PrecomputedTests : IAsyncLifetime
{
    /// <summary>Releases rows that are fresh for ever, and says where they are served.</summary>
    internal async Task<Uri> ReleasedAsync()
    {
        await ReleaseAsync(1, ByPlace());
        return world.Server.Address;
    }

    sealed record Computed(string Place, DateOnly SomeDay, double Answer, double? Lower, double? Upper);

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-precomputed-").FullName;
    EndpointWorld world = null!;

    public async Task InitializeAsync() => world = await EndpointWorld.StartAsync();

    public async Task DisposeAsync()
    {
        await world.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Rows of five places and one day, each answered with <paramref name="n"/> and its own place.</summary>
    byte[] Rows(int n, bool twice = false) => RowsIn(folder, n, twice);

    /// <summary>Makes rows that an endpoint of another test answers from.</summary>
    internal static async Task<(VersionRecord Rows, PlannedPrecomputed Plan)> MakeAsync(Serve.DemoWorld world, string folder) =>
        (await world.MakeAsync("computed", AssetKind.Dataset, contents: [("rows/00001.parquet", RowsIn(folder, 1, twice: false))],
            schema: RowSchema.Of<Computed>().ToJson()), ByPlace(staleSeconds: 1e9));

    static byte[] RowsIn(string folder, int n, bool twice)
    {
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill"), MemoryBytes = 256 << 20 });
        var schema = RowSchema.Of<Computed>();
        using var writer = new TableWriter(engine, schema);
        var block = new TableBlock(schema);
        block.Set("place", (string?[])["garden", "garden 1", "garden 2", "garden 3", twice ? "garden 3" : "garden 4"]);
        block.Set<DateOnly>("some_day", Enumerable.Repeat(new DateOnly(2026, 3, 2), 5).ToArray());
        block.Set<double>("answer", Enumerable.Range(0, 5).Select(i => (n * 10.0) + i).ToArray());
        block.Set<double>("lower", Enumerable.Range(0, 5).Select(i => n - 1.0).ToArray(), [false, false, true, false, false]);
        block.Set<double>("upper", Enumerable.Range(0, 5).Select(i => n + 1.0).ToArray(), [false, false, true, false, false]);
        writer.Append(block);
        return File.ReadAllBytes(writer.Complete(Path.Combine(folder, $"{Guid.NewGuid():N}.parquet")).Path);
    }

    /// <summary>Releases model, threshold, endpoint and rows n as one set.</summary>
    async Task<int> ReleaseAsync(int n, PlannedPrecomputed plan, byte[]? rows = null, bool withRows = true)
    {
        var model = await world.World.MakeAsync("model", AssetKind.Model, contents: [("model.onnx", EndpointWorld.Model(n))]);
        var cut = await world.World.MakeAsync("cut", AssetKind.Threshold, [(model, EdgeKind.Fit)], contents: [("parts/choice.json", Encoding.UTF8.GetBytes($"{n}"))]);
        var computed = await world.World.MakeAsync("computed", AssetKind.Dataset, contents: [("rows/00001.parquet", rows ?? Rows(n))], schema: RowSchema.Of<Computed>().ToJson());
        var endpoint = await world.World.MakeAsync("verdict", AssetKind.Endpoint, [(model, EdgeKind.Fit), (cut, EdgeKind.Fit), (computed, EdgeKind.Source)],
            contents: [("endpoint.json", (EndpointWorld.Plan(n + 0.5) with { Precomputed = plan }).ToBytes())]);
        return await world.LiveAsync(withRows ? [model, cut, computed, endpoint] : [model, cut, endpoint], n);
    }

    static PlannedPrecomputed ByPlace(double? staleSeconds = null, bool refuses = false) => new("computed", ["place", "some_day"], "answer", "lower", "upper", staleSeconds, refuses);

    const string Path0 = "/api/endpoints/verdict/precomputed";

    async Task<(int Status, JsonNode Body, string Release)> AskAsync(string query, string? row = null)
    {
        using var request = new HttpRequestMessage(row is null ? HttpMethod.Get : HttpMethod.Post, Path0 + query);
        if (row is not null) request.Content = new StringContent(row, Encoding.UTF8, "application/json");
        using var response = await world.Http.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!, response.Headers.TryGetValues("Kumiki-Release", out var release) ? release.Single() : "");
    }

    [Fact]
    public async Task A_key_finds_its_row_with_versions_and_age()
    {
        await ReleaseAsync(1, ByPlace(staleSeconds: 1e9));

        var (status, found, release) = await AskAsync("?place=garden%203&someDay=2026-03-02");

        Assert.Equal((200, "1"), (status, release));
        Assert.Equal((13.0, 0.0, 2.0, "verdict@1", 1), ((double)found["answer"]!, (double)found["lower"]!, (double)found["upper"]!, (string)found["endpoint"]!, (int)found["release"]!));
        var computed = found["precomputed"]!;
        Assert.Equal(("computed@1", false), ((string)computed["version"]!, (bool)computed["stale"]!));
        var (madeAt, age) = (DateTimeOffset.Parse((string)computed["made_at"]!, CultureInfo.InvariantCulture), (double)computed["age_seconds"]!);
        Assert.InRange(age, (DateTimeOffset.UtcNow - madeAt).TotalSeconds - 600, (DateTimeOffset.UtcNow - madeAt).TotalSeconds);
        Assert.Equal("""{"place":"garden 3","some_day":"2026-03-02","answer":13,"lower":0,"upper":2}""", computed["row"]!.ToJsonString());
        var without = (await AskAsync("?place=garden 2&some_day=2026-03-02")).Body;
        Assert.Equal((12.0, null), ((double)without["answer"]!, without["lower"]));
    }

    [Fact]
    public async Task Where_no_row_was_computed_the_model_answers_if_it_can_be_asked()
    {
        await ReleaseAsync(1, ByPlace());

        Assert.Equal("404 computed@1 has no row of place = garden 9, some_day = 2026-03-02; send the whole row with POST to ask the model, or wait for the next batch.", await RefusedAsync("?place=garden 9&some_day=2026-03-02"));
        Assert.StartsWith("404 computed@1 has no row", await RefusedAsync("", """{"place":"street","some_day":"2026-03-02"}"""), StringComparison.Ordinal);
        var (_, found, _) = await AskAsync("", """{"place":"garden 4","some_day":"2026-03-02","x":99}""");
        var (_, asked, _) = await AskAsync("", """{"place":"street","someDay":"2026-03-02","x":99}""");
        var (status, wrong, _) = await AskAsync("", """{"place":"street","some_day":"2026-03-02","x":"many"}""");

        Assert.Equal((14.0, "computed@1"), ((double)found["answer"]!, (string)found["precomputed"]!["version"]!));
        Assert.Equal(("high", "model@1", 1, null), ((string)asked["answer"]!, (string)asked["model"]!, (int)asked["release"]!, asked["precomputed"]));
        Assert.Equal((400, "x"), (status, (string)wrong["errors"]![0]!["field"]!));
    }

    async Task<string> RefusedAsync(string query, string? row = null)
    {
        var (status, body, _) = await AskAsync(query, row);
        return $"{status} {body["detail"]}";
    }

    [Theory]
    [InlineData("?place=garden 1", null, "400 The key some_day is missing")]
    [InlineData("?place=garden 1&some_day=2026-03-02&colour=red", null, "400 colour is no key here; the keys are place, some_day.")]
    [InlineData("?place=a&place=b&some_day=2026-03-02", null, "400 The key place is missing; name every key once")]
    [InlineData("?place=garden 1&some_day=yesterday", null, "400 'yesterday' is no value of some_day")]
    [InlineData("", "[1]", "400 The body is no row")]
    [InlineData("", "{\"place\":", "400 The body is no row")]
    [InlineData("", "{\"place\":null,\"some_day\":\"2026-03-02\"}", "400 The key place is missing")]
    public async Task A_key_that_is_none_is_refused_by_its_name(string query, string? row, string says)
    {
        await ReleaseAsync(1, ByPlace());

        Assert.StartsWith(says, await RefusedAsync(query, row), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_of_a_release_that_is_named_are_found_beside_those_of_the_live_one()
    {
        for (var n = 1; n <= 3; n++) await ReleaseAsync(n, ByPlace());
        async Task<string> ByAsync(int release, string method = "GET")
        {
            using var request = new HttpRequestMessage(HttpMethod.Parse(method), Path0 + (method == "GET" ? "?place=garden 3&some_day=2026-03-02" : ""));
            request.Headers.Add("Kumiki-Release", $"{release}");
            const string row = """{"place":"street","some_day":"2026-03-02","x":99}""";
            if (method == "POST") request.Content = new StringContent(row, Encoding.UTF8, "application/json");
            using var response = await world.Http.SendAsync(request);
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            return $"{(int)response.StatusCode} {body["release"]} {body["precomputed"]?["version"] ?? body["model"] ?? body["id"]} {body["answer"]}";
        }

        Assert.Equal("200 3 computed@3 33", await ByAsync(3));
        Assert.Equal("200 1 computed@1 13", await ByAsync(1));
        Assert.Equal("200 2 computed@2 23", await ByAsync(2));
        Assert.Equal("200 1 model@1 high", await ByAsync(1, "POST"));
        await world.RollBackAsync();
        Assert.Equal("200 4 computed@2 23", await ByAsync(4));
        Assert.StartsWith("409  endpoint.release-rolled-back", await ByAsync(3), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stale_rows_are_flagged_or_are_no_answer()
    {
        await ReleaseAsync(1, ByPlace(staleSeconds: 60));
        var (_, flagged, _) = await AskAsync("?place=garden 1&some_day=2026-03-02");
        await ReleaseAsync(2, ByPlace(staleSeconds: 60, refuses: true));

        Assert.True((bool)flagged["precomputed"]!["stale"]!);
        await UntilAsync(async () => (await AskAsync("?place=garden 1&some_day=2026-03-02")).Status == 503);
        var refused = await RefusedAsync("?place=garden 1&some_day=2026-03-02");
        Assert.Contains("The row of computed@2 is ", refused, StringComparison.Ordinal);
        Assert.Contains("after 0 hours it is no answer any more", refused, StringComparison.Ordinal);
        var (_, asked, _) = await AskAsync("", """{"place":"garden","some_day":"2026-03-02","x":-1}""");
        Assert.Equal(("low", "model@2"), ((string)asked["answer"]!, (string)asked["model"]!));
    }

    static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await holds()) await Task.Delay(20, limit.Token);
    }

    [Fact]
    public async Task Rows_that_cannot_be_asked_say_why_and_the_model_answers_all_the_same()
    {
        await ReleaseAsync(1, ByPlace(), Rows(1, twice: true));
        Assert.StartsWith("503 computed@1 cannot be asked by key: rows 4 and 5 have the same place, some_day", await RefusedAsync("?place=garden 1&some_day=2026-03-02"), StringComparison.Ordinal);
        Assert.Equal("high", (string)(await world.AnswerAsync("""{"x":99,"place":"street"}"""))["answer"]!);
        Assert.StartsWith("404 No endpoint nobody is released", await RefusedNoEndpointAsync(), StringComparison.Ordinal);

        async Task<string> RefusedNoEndpointAsync()
        {
            using var response = await world.Http.GetAsync("/api/endpoints/nobody/precomputed");
            return $"{(int)response.StatusCode} {JsonNode.Parse(await response.Content.ReadAsStringAsync())!["detail"]}";
        }
    }

    [Fact]
    public async Task Rows_outside_of_production_are_not_answered_with()
    {
        await ReleaseAsync(1, ByPlace(), withRows: false);

        Assert.StartsWith("503 verdict answers from rows of computed, of which no version is in production", await RefusedAsync("?place=garden 1&some_day=2026-03-02"), StringComparison.Ordinal);
    }

    /// <summary>Answer, version of the rows and release of every request belong together, while a release goes live now and then.</summary>
    [Fact]
    public async Task A_new_batch_takes_over_in_one_step_and_no_request_is_lost_or_mixed()
    {
        await ReleaseAsync(1, ByPlace());
        using var over = new CancellationTokenSource();
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<int, int>();
        var asking = Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
        {
            for (var i = client; !over.IsCancellationRequested; i++)
            {
                var (status, body, release) = await AskAsync($"?place={(i % 5 == 0 ? "garden" : $"garden {i % 5}")}&some_day=2026-03-02");
                Assert.True(status == 200, $"{status}: {body}");
                var number = int.Parse(release, CultureInfo.InvariantCulture);
                Assert.Equal(($"computed@{number}", (number * 10.0) + (i % 5), number), ((string)body["precomputed"]!["version"]!, (double)body["answer"]!, (int)body["release"]!));
                seen.AddOrUpdate(number, 1, static (_, count) => count + 1);
            }
        })).ToList();
        await UntilAsync(() => Task.FromResult(seen.ContainsKey(1) || asking.Any(a => a.IsFaulted)));
        for (var n = 2; n <= 6; n++)
        {
            await ReleaseAsync(n, ByPlace());
            var live = n;
            await UntilAsync(() => Task.FromResult(seen.ContainsKey(live) || asking.Any(a => a.IsFaulted)));
        }
        await over.CancelAsync();
        await Task.WhenAll(asking);

        Assert.Equal([1, 2, 3, 4, 5, 6], seen.Keys.Order());
    }

    // ── logged, counted, described ──

    async Task<string> LoggedAsync(string columns)
    {
        var sql = new JsonObject { ["sql"] = $"SELECT {columns} FROM predictions_verdict ORDER BY time, id" };
        using var content = new StringContent(sql.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await world.Http.PostAsync("/api/predictions/sql", content);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.True(response.IsSuccessStatusCode, answer.ToJsonString());
        return string.Join(" / ", answer["rows"]!.AsArray().Select(r => string.Join("|", r!.AsArray().Select(c => (string?)c ?? "-"))));
    }

    async Task<JsonNode> PostAsync(string body, int status = 200)
    {
        var (found, answer, _) = await AskAsync("", body);
        Assert.True(found == status, $"{found}: {answer}");
        return answer;
    }

    [Fact]
    public async Task Every_lookup_is_logged_once_with_keys_age_and_version_and_one_that_the_model_answered_as_the_models()
    {
        await ReleaseAsync(1, ByPlace(staleSeconds: 1e9));
        var day = "some_day=2026-03-02";
        var found = (await AskAsync($"?place=garden 3&{day}")).Body;
        await AskAsync($"?place=nowhere&{day}");
        await AskAsync("?place=garden 3");
        var asked = await PostAsync("""{"place":"street","some_day":"2026-03-02","x":99}""");

        Assert.Equal("computed@1|13|-|precomputed|-|garden 3|2026-03-02 / computed@1|-|-|-|precomputed.none|nowhere|2026-03-02 "
            + "/ computed@1|-|-|-|precomputed.no-key|-|- / model@1|high|100|-|-|street|2026-03-02", await LoggedAsync("models, decision, score, fallback, error, input_place, input_some_day"));
        var ids = (await LoggedAsync("id")).Split(" / ");
        Assert.Equal(((string)found["id"]!, (string)asked["id"]!, 4), (ids[0], ids[^1], ids.Distinct().Count()));
        var age = (await LoggedAsync("round(feature_precomputed_age_s)")).Split(" / ");
        Assert.Equal((double)found["precomputed"]!["age_seconds"]!, double.Parse(age[0], CultureInfo.InvariantCulture), 600.0);
        Assert.Equal(["-", "-", "-"], age[1..]);

        using var outcome = await world.Http.PostAsync("/api/endpoints/verdict/outcomes",
            new StringContent($$"""{"id": "{{found["id"]}}", "value": 12.5}""", Encoding.UTF8, "application/json"));
        Assert.True(outcome.IsSuccessStatusCode);
        var one = await world.GetAsync($"/api/predictions/{found["id"]}");
        Assert.Equal(("13", "12.5", "precomputed"),
            ((string)one["prediction"]!["decision"]!, (string)one["prediction"]!["outcome"]!, (string)one["prediction"]!["fallback"]!));
    }

    [Fact]
    public async Task Several_rows_are_answered_in_their_order_each_by_its_row_or_by_the_model_or_with_why_not()
    {
        await ReleaseAsync(1, ByPlace());

        var all = await PostAsync("""
            {"rows": [{"place":"garden 2","some_day":"2026-03-02"}, {"place":"street","some_day":"2026-03-02","x":-99},
             {"place":"garden","some_day":"2027-01-01"}, {"some_day":"2026-03-02","place":"garden 4","x":7}, {"place":"street","some_day":"2026-03-03","x":99}], "parameters": {"ids": ["a", "b", "c", "d", "e"]}}
            """);

        var said = all["predictions"]!.AsArray();
        Assert.Equal(("verdict@1", 1), ((string)all["endpoint"]!, (int)all["release"]!));
        Assert.Equal(["a 12 computed@1", "b low model@1", "c  precomputed.none", "d 14 computed@1", "e high model@1"], said.Select(p =>
            $"{p!["id"]} {p["answer"]} {p["model"] ?? p["precomputed"]?["version"] ?? p["missing"]!["id"]}"));
        Assert.StartsWith("computed@1 has no row of place = garden, some_day = 2027-01-01;", (string)said[2]!["missing"]!["detail"]!, StringComparison.Ordinal);
        Assert.Equal("a|12|precomputed|- / b|low|-|- / c|-|-|precomputed.none / d|14|precomputed|- / e|high|-|-",
            string.Join(" / ", (await LoggedAsync("id, decision, fallback, error")).Split(" / ").Order(StringComparer.Ordinal)));
        var twice = await PostAsync("""[{"place":"garden","some_day":"2026-03-02"}, {"place":"garden","some_day":"2026-03-02"}]""");
        Assert.Equal(2, twice["predictions"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("[]", "precomputed.one-row")]
    [InlineData("""{"rows": []}""", "precomputed.one-row")]
    [InlineData("""{"rows": [{"place":"a","some_day":"2026-03-02"}], "more": 1}""", "precomputed.one-row")]
    [InlineData("""[{"place":"a","some_day":"2026-03-02"}] 1""", "precomputed.one-row")]
    [InlineData("""[{"place":"a","some_day":"2026-03-02"}, {"place":"a"}]""", "precomputed.no-key 2.some_day")]
    [InlineData("""[{"place":"a","some_day":"2026-03-02"}, {"place":"a","some_day":"soon"}]""", "precomputed.key-value 2.some_day")]
    [InlineData("""[{"place":"garden","some_day":"2026-03-02"}, {"place":"a","some_day":"2026-03-02","x":"many"}]""", "endpoint.not-number 2.x")]
    [InlineData("""{"rows": [{"place":"a","some_day":"2026-03-02"}], "parameters": {"colour": 1}}""", "endpoint.odd-parameter")]
    public async Task A_list_that_is_wrong_is_refused_with_the_row_and_field_named(string body, string says)
    {
        await ReleaseAsync(1, ByPlace());

        var problem = await PostAsync(body, 400);

        Assert.Equal(says, string.Join(' ', [$"{problem["id"]}", .. problem["errors"]?.AsArray().Select(e => $"{e!["row"]}.{e["field"]}") ?? []]));
        Assert.Equal(1, (int)(await world.GetAsync("api/endpoints/verdict"))["counts"]!["faults"]!["bad_request"]!);
    }

    [Fact]
    public async Task Ten_thousand_rows_are_looked_up_at_once_and_one_more_is_refused()
    {
        await ReleaseAsync(1, ByPlace());
        const string row = """{"place":"garden","some_day":"2026-03-02"}""";
        static string Of(int count) => $"[{string.Join(',', Enumerable.Repeat(row, count))}]";

        Assert.Equal(10_000, (await PostAsync(Of(10_000)))["predictions"]!.AsArray().Count);
        Assert.Equal("precomputed.too-many", (string)(await PostAsync(Of(10_001), 400))["id"]!);
    }

    [Fact]
    public async Task What_came_of_lookups_is_counted_in_the_endpoint_and_in_the_metrics()
    {
        await ReleaseAsync(1, ByPlace(staleSeconds: 60));
        var day = "some_day=2026-03-02";
        for (var i = 0; i < 3; i++) await AskAsync($"?place=garden 3&{day}");
        await AskAsync($"?place=nowhere&{day}");
        await PostAsync("""{"place":"street","some_day":"2026-03-02","x":99}""");

        var computed = (await world.GetAsync("api/endpoints/verdict"))["precomputed"]!;
        Assert.Equal("""{"fresh":0,"stale":3,"missing":1,"refused":0,"model":1,"unavailable":0}""", computed["ends"]!.ToJsonString());
        Assert.Equal(("computed", "computed@1", 5, 60.0, true, false), ((string)computed["rows"]!, (string)computed["version"]!, (int)computed["count"]!,
            (double)computed["staleSeconds"]!, (bool)computed["isStale"]!, (bool)computed["refusesStale"]!));
        Assert.Equal("""[{"name":"place","type":"text"},{"name":"some_day","type":"date"}]""", computed["keys"]!.ToJsonString());
        Assert.Equal("""{"place":"garden","some_day":"2026-03-02"}""", computed["example"]!.ToJsonString());
        var metrics = await world.Http.GetStringAsync("/metrics");
        Assert.Contains("\nkumiki_endpoint_precomputed_total{endpoint=\"verdict\",result=\"stale\"} 3\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nkumiki_endpoint_precomputed_total{endpoint=\"verdict\",result=\"model\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nkumiki_endpoint_precomputed_rows{endpoint=\"verdict\"} 5\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nkumiki_endpoint_precomputed_stale_after_seconds{endpoint=\"verdict\"} 60\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nkumiki_endpoint_resting{endpoint=\"verdict\",model=\"model\",version=\"1\"} 0\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_cannot_be_asked_are_counted_and_say_why_on_the_endpoint()
    {
        await ReleaseAsync(1, ByPlace(), Rows(1, twice: true));
        await AskAsync("?place=garden 1&some_day=2026-03-02");

        var computed = (await world.GetAsync("api/endpoints/verdict"))["precomputed"]!;
        Assert.Equal((1, 0, "precomputed.key-twice"), ((int)computed["ends"]!["unavailable"]!, (int)computed["count"]!, (string)computed["fault"]!["id"]!));
        Assert.Equal("-|precomputed.key-twice|-", await LoggedAsync("decision, error, inputs"));
    }

    [Fact]
    public async Task The_endpoints_description_has_its_keys_and_what_comes_back()
    {
        await ReleaseAsync(1, ByPlace());

        var document = await world.GetAsync("/api/endpoints/verdict/openapi.json");

        var get = document["paths"]!["/api/endpoints/verdict/precomputed"]!["get"]!;
        Assert.Equal(["place query string", "some_day query date", "Kumiki-Prediction-Id header string"], get["parameters"]!.AsArray().Select(p =>
            $"{p!["name"]} {p["in"]} {p["schema"]!["format"] ?? p["schema"]!["type"]}"));
        foreach (var reference in Walk(document).OfType<JsonObject>().Select(o => (string?)o["$ref"]).OfType<string>())
            Assert.NotNull(document["components"]!["schemas"]![reference["#/components/schemas/".Length..]]);
        Assert.NotNull(document["paths"]!["/api/endpoints/verdict/precomputed"]!["post"]!["responses"]!["503"]);

        static IEnumerable<JsonNode> Walk(JsonNode node) => node switch
        {
            JsonObject o => [o, .. o.Where(p => p.Value is not null).SelectMany(p => Walk(p.Value!))],
            JsonArray a => a.OfType<JsonNode>().SelectMany(Walk),
            _ => [],
        };
    }
}

/// <summary>Answers that were computed before, as people see and look them up in a real browser.</summary>
public sealed class PrecomputedPageTests(Serve.Browser browser) : IClassFixture<Serve.Browser>
{
    [Fact]
    public async Task The_endpoints_page_shows_its_rows_and_finds_one_by_key()
    {
        var tests = new PrecomputedTests();
        await tests.InitializeAsync();
        try
        {
            var server = await tests.ReleasedAsync();
            await using var visit = await browser.VisitAsync(server, "#/endpoints/verdict/try", refusals: true);
            var (page, form) = (visit.Page, visit.Page.GetByRole(AriaRole.Form, new() { Name = "Try it by key" }));
            await Assertions.Expect(form.GetByLabel("place")).ToHaveValueAsync("garden");
            await form.GetByLabel("place").FillAsync("garden 3");
            await form.GetByRole(AriaRole.Button, new() { Name = "Look up" }).ClickAsync();
            var answer = page.GetByRole(AriaRole.Region, new() { Name = "Answer computed before" });
            await Assertions.Expect(answer.Locator(".big")).ToContainTextAsync("13 (0 … 2)");
            await Assertions.Expect(answer.GetByRole(AriaRole.Link, new() { Name = "computed@1" })).ToBeVisibleAsync();
            Assert.Equal("", await visit.AxeAsync());
            await form.GetByLabel("place").FillAsync("nowhere");
            await form.GetByRole(AriaRole.Button, new() { Name = "Look up" }).ClickAsync();
            await Assertions.Expect(page.GetByText("No row was computed for these keys")).ToBeVisibleAsync();

            await page.GetByRole(AriaRole.Link, new() { Name = "What it does" }).ClickAsync();
            await Assertions.Expect(page.Locator(".tile").Filter(new() { HasText = "Found" }).Locator("b")).ToHaveTextAsync("50%");
            await Assertions.Expect(page.GetByText("computed@1")).ToBeVisibleAsync();
            Assert.Equal("", await visit.AxeAsync());
            await page.GetByRole(AriaRole.Link, new() { Name = "Last predictions" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Last predictions" })).ToContainTextAsync("13 computed before");
        }
        finally
        {
            await tests.DisposeAsync();
        }
    }
}
