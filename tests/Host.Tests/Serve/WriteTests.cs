using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>Staging, releasing and bringing back over HTTP, and whom it is refused.</summary>
public sealed class WriteTests : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-write-").FullName;
    DemoWorld world = null!;
    KumikiServer server = null!;
    HttpClient Http => field ??= new() { BaseAddress = server.Address };

    public async Task InitializeAsync()
    {
        world = await DemoWorld.TestedAsync(folder, go: false);
        server = await KumikiServer.StartAsync(ServedWorld.Of(world) with { Author = "aiko" }, ServeAddress.Of("127.0.0.1", 0), default);
    }

    [Fact]
    public async Task A_version_is_staged_with_who_and_why_and_taken_out_again()
    {
        var (status, answer) = await PostAsync("api/stages", """{"versions": ["demand-report@1"], "reason": "to look at"}""");
        Assert.Equal((HttpStatusCode.OK, "demand-report@1"), (status, (string)answer["staged"]![0]!));
        var move = (await GetAsync("api/stages/history?asset=demand-report"))["moves"]![0]!;
        Assert.Equal("staging 1 aiko to look at", $"{move["stage"]} {move["number"]} {move["by"]} {move["reason"]}");

        await PostAsync("api/stages", """{"unstage": ["demand-report"]}""");
        Assert.Null((await GetAsync("api/assets/demand-report"))["status"]!["staging"]);
    }

    [Fact]
    public async Task A_failed_gate_keeps_a_release_back_until_it_is_waived_by_name_and_a_rollback_brings_back_what_was()
    {
        var (refusedStatus, refused) = await PostAsync("api/releases", """{"set": ["demand-report@1"]}""");
        Assert.Equal((HttpStatusCode.Conflict, "refused"), (refusedStatus, (string)refused["end"]!));
        var finding = Assert.Single(refused["findings"]!.AsArray())!;
        Assert.Contains("the check 'target' did not hold", (string)finding["says"]!["text"]!, StringComparison.Ordinal);
        Assert.Contains("--waive demand-report@1:target=REASON", (string)finding["mends"]!.AsArray()[^1]!, StringComparison.Ordinal);
        Assert.Equal(1, (int)(await GetAsync("api/production"))["release"]!);

        const string waived = """ "set": ["demand-report@1"], "waivers": [{"version": "demand-report@1", "check": "target", "because": "a trial week"}] """;
        var (_, would) = await PostAsync("api/releases", $$"""{ {{waived}}, "dryRun": true }""");
        Assert.Equal("would-go-live", (string)would["end"]!);
        Assert.Equal("demand-report  1", $"{would["changes"]![0]!["asset"]} {would["changes"]![0]!["from"]} {would["changes"]![0]!["to"]}");
        var (_, live) = await PostAsync("api/releases", $$"""{ {{waived}}, "reason": "try it" }""");
        Assert.Equal(("live", 2), ((string)live["end"]!, (int)live["release"]!));

        var (movedStatus, moved) = await PostAsync("api/releases/rollback", """{"live": 1, "reason": "seen too late"}""");
        Assert.Equal((HttpStatusCode.Conflict, "moved"), (movedStatus, (string)Assert.Single(moved["findings"]!.AsArray())!["rule"]!));
        var (_, back) = await PostAsync("api/releases/rollback", """{"live": 2, "reason": "worse"}""");
        Assert.Equal(("live", 3), ((string)back["end"]!, (int)back["release"]!));
        Assert.DoesNotContain("demand-report@1", (await GetAsync("api/production"))["set"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_leaves_production_is_looked_at_first_and_who_took_it_out_and_why_is_kept()
    {
        var (_, would) = await PostAsync("api/releases", """{"without": ["demand-model"], "dryRun": true}""");
        Assert.Equal(("would-go-live", "demand-model 1 "), ((string)would["end"]!, Change(would["changes"]![0]!)));
        Assert.Equal(1, (int)(await GetAsync("api/production"))["release"]!);

        var (_, live) = await PostAsync("api/releases", """{"without": ["demand-model"], "reason": "it went wrong", "author": " kenji "}""");
        Assert.Equal("live", (string)live["end"]!);
        var release = (await GetAsync("api/releases/2"))["release"]!;
        Assert.Equal(("kenji", "it went wrong", "demand-model 1 "), ((string)release["author"]!, (string)release["reason"]!, Change(release["changes"]![0]!)));

        var (again, refused) = await PostAsync("api/releases", """{"without": ["demand-model"]}""");
        Assert.Equal((HttpStatusCode.Conflict, "not-in-production"), (again, (string)refused["findings"]![0]!["rule"]!));
        var (back, _) = await PostAsync("api/releases/rollback", """{"live": 2, "reason": "it was the data", "author": "aiko"}""");
        Assert.Equal(HttpStatusCode.OK, back);

        static string Change(JsonNode change) => $"{change["asset"]} {change["from"]} {change["to"]}";
    }

    [Theory]
    [InlineData("api/stages", "{}", 400, "serve.stages-nothing")]
    [InlineData("api/stages", """{"versions": ["sales"]}""", 400, "serve.bad-version")]
    [InlineData("api/stages", """{"versions": ["weekly-demand@9"]}""", 409, "release.unknown")]
    [InlineData("api/stages", """{"versions": ["weekly-demand@1"], "unstage": ["demand-model"]}""", 400, "serve.stages-both")]
    [InlineData("api/stages", """{"unstage": ["weekly-demand"]}""", 409, "release.not-staged")]
    [InlineData("api/releases", """{"set": "weekly-demand@1"}""", 400, "serve.bad-body")]
    [InlineData("api/releases", """{"without": ["demand-model"], "author": "two\nlines"}""", 400, "serve.bad-author")]
    [InlineData("api/releases/rollback", """{"author": "two\nlines"}""", 400, "serve.bad-author")]
    [InlineData("api/releases", "not json", 400, "serve.bad-body")]
    [InlineData("api/releases", "null", 400, "serve.bad-body")]
    [InlineData("api/releases", """{"waivers": [{"version": "demand-report@1", "check": "target"}]}""", 400, "serve.waiver")]
    [InlineData("api/assets/weekly-demand/makings", "{}", 409, "serve.makes-nothing")]
    [InlineData("api/assets/NOT/makings", "{}", 400, "serve.bad-name")]
    public async Task What_cannot_be_done_is_refused_in_one_sentence_and_changes_nothing(string path, string body, int status, string id)
    {
        var before = await world.Metadata.RevisionAsync(default);

        var (answered, answer) = await PostAsync(path, body);

        Assert.Equal((status, id), ((int)answered, (string)answer["id"]!));
        Assert.Equal(before, await world.Metadata.RevisionAsync(default));
    }

    [Theory]
    [InlineData("api/versions/weekly-demand/1/rows", 503, "tables.file-broken")]
    [InlineData("api/versions/weekly-demand/1/rows?file=rows%2Fother.parquet", 404, "serve.no-file")]
    public async Task Rows_that_cannot_be_read_are_one_sentence(string path, int status, string id)
    {
        using var response = await Http.GetAsync(path);

        Assert.Equal((status, id), ((int)response.StatusCode, (string)(await response.Content.ReadFromJsonAsync<JsonNode>())!["id"]!));
    }

    [Fact]
    public async Task A_reason_and_a_request_have_a_longest_length()
    {
        var (_, reason) = await PostAsync("api/stages", $$"""{"versions": ["weekly-demand@1"], "reason": "{{new string('x', 2001)}}"}""");
        Assert.Equal("serve.long-reason", (string)reason["id"]!);
        var (_, body) = await PostAsync("api/stages", $$"""{"versions": ["{{new string('x', 300_000)}}"]}""");
        Assert.Equal("serve.body-long", (string)body["id"]!);
    }

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task A_page_of_another_site_may_not_write_through_its_readers_browser(string header, string value)
    {
        var (status, answer) = await PostAsync("api/stages", """{"versions": ["weekly-demand@1"]}""", (header, value));

        Assert.Equal((HttpStatusCode.Forbidden, "serve.other-origin"), (status, (string)answer["id"]!));
        Assert.Null((await GetAsync("api/assets/weekly-demand"))["status"]!["staging"]);
    }

    [Fact]
    public async Task A_form_which_cannot_send_JSON_is_refused()
    {
        using var response = await Http.PostAsync("api/stages", new StringContent("""{"versions": ["weekly-demand@1"]}""", Encoding.UTF8, "text/plain"));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal("serve.not-json", (string)(await response.Content.ReadFromJsonAsync<JsonNode>())!["id"]!);
    }

    [Fact]
    public async Task A_server_that_only_shows_refuses_every_change()
    {
        using var other = new TemporaryFolder();
        await using var shown = await DemoWorld.TestedAsync(other.Path, go: true);
        await using var quiet = await KumikiServer.StartAsync(ServedWorld.Of(shown) with { ReadOnly = true }, ServeAddress.Of("127.0.0.1", 0), default);
        using var client = new HttpClient { BaseAddress = quiet.Address };

        foreach (var path in new[] { "api/stages", "api/releases", "api/releases/rollback", "api/assets/weekly-demand/makings" })
        {
            using var response = await client.PostAsync(path, new StringContent("{}", Encoding.UTF8, "application/json"));
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.Equal("serve.read-only", (string)(await response.Content.ReadFromJsonAsync<JsonNode>())!["id"]!);
        }
        Assert.Equal((false, false),
            ((bool)JsonNode.Parse(await client.GetStringAsync("api/project"))!["mayChange"]!,
            (bool)JsonNode.Parse(await client.GetStringAsync("api/project"))!["mayMake"]!));
    }

    async Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var response = await Http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(path))!;

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await server.DisposeAsync();
        await world.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
