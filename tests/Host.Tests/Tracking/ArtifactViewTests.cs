using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Native.DuckDb;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>What pages show of artifacts beyond the clients' protocol.</summary>
public sealed class ArtifactViewTests(TrackingWorld world) : IClassFixture<TrackingWorld>
{
    const string Files = "/api/2.0/mlflow-artifacts/artifacts";

    [Fact]
    public async Task A_csv_files_rows_are_given_as_they_are_written_a_page_at_a_time()
    {
        await PutAsync("v/beans 豆🫘.csv", "code,name,price\n007,\"a, b\",1.50\n008,豆🫘,2\n009,,3\n");

        var page = await RowsAsync("v/beans 豆🫘.csv", "&offset=1&limit=1");
        Assert.Equal(["code TEXT true", "name TEXT false", "price TEXT true"],
            page["columns"]!.AsArray().Select(c => $"{c!["name"]} {c["type"]} {c["isNumber"]}"));
        Assert.Equal("""[["008","豆🫘","2"]]""", Plain(page["rows"]!));
        Assert.Equal((3, 1, true), ((int)page["count"]!, (int)page["offset"]!, (bool)page["isWhole"]!));
        Assert.Equal("""["009","","3"]""", Plain((await RowsAsync("v/beans 豆🫘.csv"))["rows"]![2]!));
    }

    [Theory]
    [InlineData("semicolons.csv", "a;b\n1;2\n", """[["1","2"]]""")]
    [InlineData("tabs.tsv", "a\tb,c\n1\t2,3\n", """[["1","2,3"]]""")]
    [InlineData("one-column.csv", "a\nx\ny\n", """[["x"],["y"]]""")]
    [InlineData("no-rows.csv", "a,b\n", "[]")]
    [InlineData("empty.csv", "", "[]")]
    [InlineData("quoted.csv", "\"x,1\",\"y \"\"q\"\"\"\n1,\"two\nlines\"\n", """[["1","two\nlines"]]""")]
    [InlineData("marked.csv", "\uFEFFa,b\n1,2\n", """[["1","2"]]""")]
    [InlineData("windows.csv", "a,b\r\n1,2\r\n", """[["1","2"]]""")]
    public async Task A_table_of_text_is_read_by_what_divides_its_cells(string name, string text, string rows)
    {
        await PutAsync($"t/{name}", text);
        Assert.Equal(rows, Plain((await RowsAsync($"t/{name}"))["rows"]!));
    }

    [Fact]
    public async Task A_parquet_files_rows_come_with_the_types_of_its_columns()
    {
        var written = Path.Combine(world.Place, "kinds.parquet");
        using (var duckdb = DuckDbDatabase.OpenInMemory(256 << 20, 1, world.Place))
        using (var connection = duckdb.Connect())
            connection.Execute($"""
                COPY (SELECT * FROM (VALUES
                    (1::BIGINT, 0.1::DOUBLE, '豆🫘', DATE '2026-01-02', ['a', 'b']), (2, NULL, '<b>x</b>', DATE '2026-01-03', []), (3, 3, NULL, NULL, NULL))
                    AS t(id, price, name, day, tags)) TO '{written}' (FORMAT parquet)
                """);
        await PutAsync("v/rows.parquet", File.ReadAllBytes(written));

        var page = await RowsAsync("v/rows.parquet", "&limit=2");

        Assert.Equal(3, (int)page["count"]!);
        Assert.Equal(["id BIGINT true", "price DOUBLE true", "name VARCHAR false", "day DATE false", "tags VARCHAR[] false"],
            page["columns"]!.AsArray().Select(c => $"{c!["name"]} {c["type"]} {c["isNumber"]}"));
        Assert.Equal("""[["1","0.1","豆🫘","2026-01-02","[a, b]"],["2",null,"<b>x</b>","2026-01-03","[]"]]""", Plain(page["rows"]!));
    }

    [Theory]
    [InlineData("ragged.csv", "a,b\n1,2\n3,4,5,6\n7,8\n")]
    [InlineData("short-row.csv", "a,b\n1\n3,4\n")]
    [InlineData("open-quote.csv", "a,b\n1,\"2\n3,4\n")]
    [InlineData("cut.parquet", "PAR1 and then nothing of it")]
    [InlineData("picture.csv", "a,b\n\u0000\u0001,\u0002\u0000,\u0003\n")]
    public async Task A_broken_table_is_one_sentence_that_names_the_file_and_no_folder_of_the_server(string name, string text)
    {
        await PutAsync($"b/{name}", text);

        using var answer = await world.Http.GetAsync($"/api/tracking/rows?path=b/{name}");
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("tables.foreign-broken", (string)problem["id"]!);
        Assert.StartsWith($"{name} cannot be read as a table: ", (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Place, (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', (string)problem["detail"]!);
    }

    [Fact]
    public async Task A_table_that_names_another_file_reads_nothing_but_itself()
    {
        var outside = Path.Combine(world.Place, "outside.csv");
        File.WriteAllText(outside, "secret\nof the server\n");
        await PutAsync("s/names.csv", $"path\n{outside}\n");

        Assert.Equal($"""[["{outside}"]]""", Plain((await RowsAsync("s/names.csv"))["rows"]!));
        foreach (var path in new[] { outside, "../outside.csv", "s/%2e%2e/%2e%2e/outside.csv", "s/../../outside.csv", "", "s\\..\\outside.csv" })
        {
            using var refused = await world.Http.GetAsync($"/api/tracking/rows?path={Uri.EscapeDataString(path)}");
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
    }

    [Theory]
    [InlineData("rows?path=nowhere.csv", 404, "tracking.no-artifact")]
    [InlineData("frame?path=nowhere.html", 404, "tracking.no-artifact")]
    [InlineData("rows?path=k/notes.txt", 400, "artifacts.no-table")]
    [InlineData("frame?path=k/notes.txt", 400, "artifacts.no-frame")]
    [InlineData("rows?path=k/notes.txt&limit=x", 400, "serve.bad-number")]
    [InlineData("files?path=", 400, "tracking.bad-path")]
    [InlineData("series", 400, "tracking.missing")]
    [InlineData("series?run_id=..", 400, "tracking.bad-run-id")]
    [InlineData("series?run_id=00000000000000000000000000000000", 404, "tracking.no-run")]
    public async Task What_cannot_be_shown_is_refused_in_one_sentence(string address, int status, string id)
    {
        await PutAsync("k/notes.txt", "x");
        using var refused = await world.Http.GetAsync("/api/tracking/" + address);
        Assert.Equal((status, id), ((int)refused.StatusCode, (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["id"]!));
    }

    [Theory]
    [InlineData("page.html", "text/html; charset=utf-8")]
    [InlineData("drawing.svg", "image/svg+xml")]
    public async Task A_clients_page_is_sent_into_a_sandbox_whatever_opens_it(string name, string type)
    {
        await PutAsync($"f/{name}", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");

        using var still = await world.Http.GetAsync($"/api/tracking/frame?path=f/{name}");
        using var moving = await world.Http.GetAsync($"/api/tracking/frame?path=f/{name}&scripts=true");

        Assert.Equal(type, still.Content.Headers.ContentType!.ToString());
        Assert.Equal("nosniff", still.Headers.GetValues("X-Content-Type-Options").Single());
        var (shut, own) = (still.Headers.GetValues("Content-Security-Policy").Single(), moving.Headers.GetValues("Content-Security-Policy").Single());
        Assert.StartsWith("sandbox; default-src 'none'; ", shut, StringComparison.Ordinal);
        Assert.DoesNotContain("script", shut, StringComparison.Ordinal);
        Assert.StartsWith("sandbox allow-scripts; default-src 'none'; ", own, StringComparison.Ordinal);
        Assert.DoesNotContain("allow-same-origin", own, StringComparison.Ordinal);
        Assert.DoesNotContain("connect-src", own, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_files_below_a_folder_are_told_with_their_digests()
    {
        await PutAsync("d/model/b/weights.bin", "12345");
        await PutAsync("d/model/MLmodel", "flavors: {}");
        await PutAsync("d/other", "x");

        var files = JsonNode.Parse(await world.Http.GetStringAsync("/api/tracking/files?path=d/model"))!;

        Assert.True((bool)files["isWhole"]!);
        Assert.Equal([$"MLmodel 11 {Sha("flavors: {}")}", $"b/weights.bin 5 {Sha("12345")}"],
            files["files"]!.AsArray().Select(f => $"{f!["path"]} {f["bytes"]} {f["content"]}"));
        Assert.Equal("[]", JsonNode.Parse(await world.Http.GetStringAsync("/api/tracking/files?path=nowhere"))!["files"]!.ToJsonString());
    }

    [Fact]
    public async Task A_series_keeps_its_ends_and_its_spike_and_tells_the_range_of_all_its_points()
    {
        var run = await world.NewRunAsync();
        for (var part = 0; part < 3; part++)
        {
            var metrics = Enumerable.Range(part * 1000, 1000)
                .Select(i => $$"""{"key": "loss", "value": {{(i == 1234 ? 99 : 1)}}, "timestamp": {{i}}, "step": {{i}}}""");
            await world.LogAsync(run, $"\"metrics\": [{string.Join(", ", metrics)}]");
        }
        await world.LogAsync(run, """
            "metrics": [{"key": "loss", "value": "NaN", "timestamp": 4000, "step": 4000}, {"key": "odd", "value": "NaN", "timestamp": 1, "step": 0}]
            """);

        var address = $"/api/tracking/series?run_id={run}&points=100&metric_key=loss&metric_key=odd&metric_key=none";
        var series = JsonNode.Parse(await world.Http.GetStringAsync(address))!["series"]!;

        Assert.Equal(["loss 3001 1 99", "odd 1  ", "none 0  "], series.AsArray().Select(s => $"{s!["name"]} {s["count"]} {s["low"]} {s["high"]}"));
        var points = series[0]!["points"]!.AsArray();
        Assert.InRange(points.Count, 10, 100);
        Assert.Contains(points, p => (int)p!["step"]! == 1234);
        Assert.Equal((0, 4000), ((int)points[0]!["step"]!, (int)points[^1]!["step"]!));
        var many = string.Concat(Enumerable.Range(0, 51).Select(i => $"&metric_key=m{i}"));
        Assert.Equal(HttpStatusCode.BadRequest, (await world.Http.GetAsync($"/api/tracking/series?run_id={run}{many}")).StatusCode);
    }

    async Task<JsonNode> RowsAsync(string path, string more = "") =>
        JsonNode.Parse(await world.Http.GetStringAsync($"/api/tracking/rows?path={Uri.EscapeDataString(path)}{more}"))!;

    /// <summary>JSON with its characters as they are; the writer escapes what lies beyond the basic plane whatever it is told.</summary>
    static string Plain(JsonNode node) =>
        node.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })
            .Replace(@"\uD83E\uDED8", "🫘", StringComparison.Ordinal);

    static string Sha(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    Task PutAsync(string path, string text) => PutAsync(path, Encoding.UTF8.GetBytes(text));

    async Task PutAsync(string path, byte[] bytes)
    {
        using var put = await world.Http.PutAsync($"{Files}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}", new ByteArrayContent(bytes));
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
    }
}
