using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

public sealed partial class ApiTests(ServedWorld served) : IClassFixture<ServedWorld>
{
    [Fact]
    public async Task The_graph_names_every_asset_once_inputs_before_users_with_its_versions()
    {
        var graph = await served.GetAsync("api/graph");

        Assert.False((bool)graph["hasProject"]!);
        Assert.Equal(
            ["demand-goal", "sales", "weekly-demand", "demand-model", "stock-report.130016b2", "stock-report.osaka", "demand-forecast", "reorder-threshold", "reorder-endpoint"],
            Texts(graph["nodes"]!, "name"));
        var sales = Find(graph["nodes"]!, "name", "sales");
        Assert.Equal((3, 3, 3, 2), ((int)sales["inUse"]!, (int)sales["newest"]!, (int)sales["staging"]!, (int)sales["production"]!));
        Assert.Equal("dataset", (string)sales["kind"]!);
        Assert.Equal(["demand-model→demand-forecast fit", "weekly-demand→demand-forecast scored"],
            graph["edges"]!.AsArray().Where(e => (string)e!["to"]! == "demand-forecast").Select(e => $"{e!["from"]}→{e["to"]} {e["edge"]}"));
    }

    [Fact]
    public async Task A_version_made_from_an_older_input_is_stale_with_its_cause_and_so_is_what_follows()
    {
        var nodes = (await served.GetAsync("api/graph"))["nodes"]!;

        Assert.Equal(["it was made from sales@2; sales@3 is in use now"], Texts(Find(nodes, "name", "weekly-demand")["stale"]!, "text"));
        Assert.Equal(["stale.upstream"], Texts(Find(nodes, "name", "demand-model")["stale"]!, "id"));
        Assert.Equal("upToDate", (string)Find(nodes, "name", "sales")["freshness"]!);
        Assert.Equal([served.World.Running.ToString()], Find(nodes, "name", "demand-model")["running"]!.AsArray().Select(r => (string)r!));
    }

    [Fact]
    public async Task A_cause_is_said_in_the_language_asked_for()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/assets/weekly-demand");
        request.Headers.AcceptLanguage.ParseAdd("ja-JP,ja;q=0.9,en;q=0.5");
        using var response = await served.Http.SendAsync(request);

        Assert.Contains("sales@2 から作られましたが、現在は sales@3 が使われています", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Versions_of_an_asset_come_in_pages_newest_first()
    {
        var first = await served.GetAsync("api/assets/sales?limit=2");
        var second = await served.GetAsync($"api/assets/sales?limit=2&before={first["next"]}");

        Assert.Equal(["sales@3", "sales@2"], Texts(first["versions"]!, "name"));
        Assert.Equal(["sales@1"], Texts(second["versions"]!, "name"));
        Assert.Null(second["next"]);
    }

    [Fact]
    public async Task A_version_is_told_whole_with_lineage_up_and_down()
    {
        var version = await served.GetAsync("api/versions/demand-model/2");

        Assert.Equal("demand-model@1", (string)version["previous"]!);
        Assert.Equal(["production", "staging"], version["stages"]!.AsArray().Select(s => (string)s!));
        Assert.Equal(11.872, (double)version["metrics"]!["test.mae"]!);
        Assert.Equal(["weekly-demand@2", "demand-goal@1"], Texts(version["inputs"]!, "version"));
        Assert.Equal(["reorder-endpoint@2", "reorder-threshold@2", "demand-forecast@1", "reorder-endpoint@1", "reorder-threshold@1"], Texts(version["users"]!, "name"));
        var lineage = Texts(version["lineage"]!["nodes"]!, "name");
        Assert.Contains("sales@2", lineage);
        Assert.Contains("reorder-endpoint@2", lineage);
        Assert.DoesNotContain("sales@1", lineage);
        Assert.True((bool)version["lineage"]!["isWhole"]!);
    }

    [Fact]
    public async Task A_file_is_downloaded_whole_or_in_part_and_never_shown_as_a_page()
    {
        using var whole = await served.Http.GetAsync("api/versions/sales/2/files/rows/2026-W10.csv");
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/versions/sales/2/files/rows/2026-W10.csv");
        request.Headers.Range = new RangeHeaderValue(0, 22);
        using var part = await served.Http.SendAsync(request);

        Assert.Equal(91_204, whole.Content.Headers.ContentLength);
        Assert.Equal("attachment", whole.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal("application/octet-stream", whole.Content.Headers.ContentType?.MediaType);
        Assert.Equal("nosniff", Assert.Single(whole.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("sales rows/2026-W10.csv", await part.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_file_that_is_held_already_is_not_sent_again()
    {
        using var first = await served.Http.GetAsync("api/versions/sales/2/files/rejects.csv");
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/versions/sales/2/files/rejects.csv");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var again = await served.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public async Task Two_versions_are_compared()
    {
        var diff = await served.GetAsync("api/diff?left=demand-model@1&right=demand-model@2");

        Assert.Contains("metrics test.mae 14.31 11.872", diff["differences"]!.AsArray().Select(d => $"{d!["section"]} {d["name"]} {d["left"]} {d["right"]}"));
    }

    [Fact]
    public async Task Runs_are_listed_by_asset_and_state()
    {
        Assert.Equal([served.World.Failed.ToString()], Texts((await served.GetAsync("api/runs?state=failed"))["runs"]!, "id"));
        Assert.Equal([served.World.Running.ToString(), served.World.Failed.ToString(), "run-7", "run-4"], Texts((await served.GetAsync("api/runs?asset=demand-model"))["runs"]!, "id"));
        var first = await served.GetAsync("api/runs?asset=demand-model&limit=3");
        Assert.Equal("run-7", (string)first["next"]!);
        Assert.Equal(["run-4"], Texts((await served.GetAsync("api/runs?asset=demand-model&limit=3&before=run-7"))["runs"]!, "id"));
    }

    [Fact]
    public async Task A_run_says_what_it_ran_with_and_what_it_cost()
    {
        var run = await served.GetAsync("api/runs/7");

        Assert.Equal("300", (string)run["parameters"]!["rounds"]!);
        Assert.Equal((37.4, "fit"), ((double)run["cost"]!["wallSeconds"]!, (string)run["cost"]!["steps"]![0]!["name"]!));
        Assert.Equal("1.7.4", (string)run["environment"]!["engines"]!["XGBoost"]!);
        Assert.Equal(["weekly-demand@2", "demand-goal@1"], run["planned"]!.AsArray().Select(p => (string)p!));
    }

    [Fact]
    public async Task Logs_and_series_are_read_from_where_the_reader_left_off()
    {
        var log = await served.GetAsync($"api/runs/{served.World.Running}/log?after=1");
        var metrics = await served.GetAsync($"api/runs/{served.World.Running}/metrics?name=train.mae&points=20");

        Assert.Equal(["training 500 rounds"], Texts(log["lines"]!, "text"));
        Assert.Equal((2, "running"), ((int)log["last"]!, (string)log["state"]!));
        var series = Assert.Single(metrics["series"]!.AsArray())!;
        Assert.Equal(120, (int)series["count"]!);
        Assert.InRange(series["points"]!.AsArray().Count, 10, 20);
        Assert.Equal((1, 120), ((int)series["points"]![0]!["step"]!, (int)series["points"]!.AsArray()[^1]!["step"]!));
    }

    [Fact]
    public async Task Releases_say_what_they_changed_and_what_was_waived()
    {
        var releases = (await served.GetAsync("api/releases"))["releases"]!;

        Assert.Equal([3, 2, 1], releases.AsArray().Select(r => (int)r!["number"]!));
        Assert.Equal(["demand-forecast 1→", "reorder-endpoint 2→1", "reorder-threshold 2→1"], releases[0]!["changes"]!.AsArray().Select(c => $"{c!["asset"]} {c["from"]}→{c["to"]}"));
        Assert.Equal((1, "live"), ((int)releases[0]!["restores"]!, (string)releases[0]!["state"]!));
        Assert.Equal("no traffic yet", (string)releases[2]!["waivers"]![0]!["because"]!);
    }

    [Fact]
    public async Task Production_is_the_set_of_the_live_release()
    {
        var production = await served.GetAsync("api/production");
        var release = await served.GetAsync("api/releases/3");

        Assert.Equal(3, (int)production["release"]!);
        Assert.Equal(["demand-goal@1", "demand-model@2", "reorder-endpoint@1", "reorder-threshold@1", "sales@2", "weekly-demand@2"], Texts(production["set"]!, "name"));
        Assert.Equal(Texts(release["set"]!, "name"), Texts(production["set"]!, "name"));
    }

    [Fact]
    public async Task Moves_of_stages_are_kept_with_who_and_why()
    {
        var move = (await served.GetAsync("api/stages/history?asset=demand-model&limit=1"))["moves"]![0]!;

        Assert.Equal(("audit", 1, "mika", "kept for the auditors"), ((string)move["stage"]!, (int)move["number"]!, (string)move["by"]!, (string)move["reason"]!));
    }

    [Fact]
    public async Task The_document_and_the_page_of_the_API_describe_the_same_addresses()
    {
        var document = await served.GetAsync("openapi/v1.json");
        var described = File.ReadLines(Kumiki.Journeys.Checkout.PathOf("docs/api.md")).Select(l => Address().Match(l)).Where(m => m.Success)
            .Select(m => $"{m.Groups[1].Value} {Hole().Replace(m.Groups[2].Value, "{}")}");

        var paths = document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject().Select(m => $"{m.Key.ToUpperInvariant()} {Hole().Replace(p.Key, "{}")}"));
        Assert.Equal(described.Order(StringComparer.Ordinal), paths.Order(StringComparer.Ordinal));
        Assert.Equal("string", (string)document["components"]!["schemas"]!["VersionName"]!["type"]!);
    }

    [GeneratedRegex(@"^\| `(GET|POST) ([^`?]+)")]
    private static partial Regex Address();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Hole();

    static IEnumerable<string> Texts(JsonNode list, string name) => list.AsArray().Select(i => (string)i![name]!);

    static JsonNode Find(JsonNode list, string name, string value) => list.AsArray().First(i => (string)i![name]! == value)!;
}
