using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>Every limit of the protocol, at it and one beyond; and requests that break off or were made to hurt.</summary>
public class LimitTests(TrackingWorld world) : IClassFixture<TrackingWorld>
{
    const string Set = """{"run_id": "RUN", "datasets": [{"dataset": {"name": "n", "source_type": "t", """;
    const string Files = "/api/2.0/mlflow-artifacts/artifacts", Parts = "/api/2.0/mlflow-artifacts/mpu";

    [Theory]
    [InlineData("experiments/create", """{"name": "TEXT"}""", 500)]
    [InlineData("experiments/set-experiment-tag", """{"experiment_id": "0", "key": "TEXT", "value": ""}""", 250)]
    [InlineData("experiments/set-experiment-tag", """{"experiment_id": "0", "key": "k", "value": "TEXT"}""", 5000)]
    [InlineData("runs/log-metric", """{"run_id": "RUN", "key": "TEXT", "value": 1, "timestamp": 1}""", 250)]
    [InlineData("runs/log-parameter", """{"run_id": "RUN", "key": "TEXT", "value": "1"}""", 250)]
    [InlineData("runs/log-batch", """{"run_id": "RUN", "tags": [{"key": "TEXT", "value": "1"}]}""", 250)]
    [InlineData("runs/log-inputs",
        """{"run_id": "RUN", "datasets": [{"dataset": {"name": "TEXT", "digest": "d", "source_type": "t", "source": "s"}}]}""", 500)]
    [InlineData("runs/log-inputs", Set + """ "digest": "TEXT", "source": "s"}}]}""", 36)]
    [InlineData("runs/log-inputs", Set + """ "digest": "1", "source": "TEXT"}}]}""", 65535)]
    [InlineData("runs/log-inputs", Set + """ "digest": "2", "source": "s", "schema": "TEXT"}}]}""", 1048575)]
    [InlineData("runs/log-inputs", Set + """ "digest": "3", "source": "s", "profile": "TEXT"}}]}""", 16777215)]
    [InlineData("runs/log-inputs", Set + """ "digest": "4", "source": "s"}, "tags": [{"key": "TEXT", "value": "v"}]}]}""", 255)]
    [InlineData("runs/log-inputs", Set + """ "digest": "5", "source": "s"}, "tags": [{"key": "k", "value": "TEXT"}]}]}""", 500)]
    [InlineData("registered-models/set-tag", """{"name": "limits", "key": "TEXT", "value": ""}""", 250)]
    [InlineData("registered-models/set-tag", """{"name": "limits", "key": "k", "value": "TEXT"}""", 100_000)]
    [InlineData("model-versions/set-tag", """{"name": "limits", "version": "1", "key": "k", "value": "TEXT"}""", 100_000)]
    [InlineData("registered-models/alias", """{"name": "limits", "alias": "TEXT", "version": "1"}""", 255)]
    public async Task A_text_may_have_as_many_characters_as_it_may_and_not_one_more(string path, string body, int most)
    {
        await world.SendAsync(HttpMethod.Post, "registered-models/create", """{"name": "limits"}""");
        await world.SendAsync(HttpMethod.Post, "model-versions/create", """{"name": "limits", "source": "s3://bucket/model"}""");
        body = body.Replace("RUN", await world.NewRunAsync(), StringComparison.Ordinal);
        string Of(int length) => body.Replace("TEXT", new string('x', length), StringComparison.Ordinal);

        var beyond = await world.RefusedAsync(path, Of(most + 1));
        var at = await world.SendAsync(HttpMethod.Post, path, Of(most));

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (beyond.Status, beyond.Code));
        Assert.Contains($"{most}", beyond.Says, StringComparison.Ordinal);
        Assert.True(at.Status == 200, at.Body.ToJsonString());
    }

    [Theory]
    [InlineData("runs/search", """{"experiment_ids": ["0"], "max_results": COUNT}""", 50_000)]
    [InlineData("experiments/search", """{"max_results": COUNT}""", 50_000)]
    [InlineData("registered-models/search?max_results=COUNT", null, 1000)]
    [InlineData("model-versions/search?max_results=COUNT", null, 200_000)]
    [InlineData("metrics/get-history-bulk-interval?run_ids=RUN&metric_key=m&max_results=COUNT", null, 2500)]
    public async Task A_page_may_be_as_long_as_it_may_and_not_one_more(string path, string? body, int most)
    {
        path = path.Replace("RUN", await world.NewRunAsync(), StringComparison.Ordinal);
        string Of(string text, int count) => text.Replace("COUNT", $"{count}", StringComparison.Ordinal);

        foreach (var count in new[] { most + 1, 0, -1 })
        {
            var refused = await world.RefusedAsync(Of(path, count), body is null ? null : Of(body, count));
            Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (refused.Status, refused.Code));
        }
        var (status, _) = await world.SendAsync(body is null ? HttpMethod.Get : HttpMethod.Post, Of(path, most), body is null ? null : Of(body, most));
        Assert.Equal(200, status);
    }

    [Fact]
    public async Task A_body_that_says_it_is_too_long_is_not_read()
    {
        var answer = await RawAsync("POST /api/2.0/mlflow/experiments/create HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {(64 << 20) + 1}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("is too long: 67108864 bytes at most", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_that_breaks_off_writes_nothing()
    {
        var run = await world.NewRunAsync(name: "half");
        var body = $$"""{"run_id": "{{run}}", "metrics": [{"key": "m", "value": 1, "timestamp": 1}], "params": [{"key": "p", "value": "1"}]}""";
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes("POST /api/2.0/mlflow/runs/log-batch HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {body.Length + 10}\r\n\r\n{body}"));
            client.Client.Shutdown(SocketShutdown.Send);
            await EndAsync(stream);
        }

        Assert.Equal("""{"tags":[{"key":"mlflow.runName","value":"half"}]}""", (await world.RunAsync(run))["data"]!.ToJsonString());
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_no_bytes_behind()
    {
        foreach (var head in new[] { "Content-Length: 1000000\r\n\r\nonly this", "Transfer-Encoding: chunked\r\n\r\nff\r\nonly this" })
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"PUT {Files}/half/file HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}"));
            client.Client.Shutdown(SocketShutdown.Send);
            await EndAsync(stream);
        }

        Assert.Empty(await world.GetAsync($"{Files}?path=half"));
        // The client learns that the line is closed before the server has put away what it had: none stays.
        var left = new DirectoryInfo(Path.Combine(world.Place, "artifacts", "tmp"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (left.EnumerateFiles("*", SearchOption.AllDirectories).Any()) await Task.Delay(10, patience.Token);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task A_page_of_another_site_sends_no_file_and_no_part(string header, string value)
    {
        var begun = await world.PostAsync($"{Parts}/create/other", """{"path": "f", "num_parts": 1}""");
        foreach (var (method, path) in new[] { (HttpMethod.Put, $"{Files}/other/f"), (HttpMethod.Delete, $"{Files}/other"),
            (HttpMethod.Put, new Uri((string)begun["credentials"]![0]!["url"]!).PathAndQuery), (HttpMethod.Post, $"{Parts}/create/other") })
        {
            using var request = new HttpRequestMessage(method, path) { Content = new StringContent("""{"path": "f"}""", null, "application/json") };
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await world.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }
        await world.PostAsync($"{Parts}/abort/other", $$"""{"path": "f", "upload_id": "{{begun["upload_id"]}}"}""");
        Assert.Empty(await world.GetAsync($"{Files}?path=other"));
    }

    [Theory]
    [InlineData("../../store.db")]
    [InlineData("0/%2e%2e/%2e%2e/store.db")]
    [InlineData("..%252f..%252fstore.db")]
    [InlineData("/etc/passwd")]
    [InlineData("%2fetc/passwd")]
    [InlineData("C:/windows")]
    [InlineData("a%5c..%5cb")]
    [InlineData("%5c%5cserver%5cshare")]
    public async Task A_path_that_leads_out_is_refused_for_parts_and_ranges_too(string path)
    {
        const string Body = """{"path": "f", "num_parts": 1}""";
        foreach (var request in new[]
        {
            $"GET /api/2.0/mlflow-artifacts/presigned/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
            $"POST {Parts}/create/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + $"Content-Length: {Body.Length}\r\n\r\n{Body}",
        })
        {
            var answer = await RawAsync(request);
            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
            Assert.Contains("Invalid path", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_looks_like_sql_is_text_wherever_it_stands_and_no_answer_tells_of_tables()
    {
        const string Evil = "x'); DROP TABLE tracked_runs; --";
        var experiment = await world.NewExperimentAsync(Evil);
        var run = await world.NewRunAsync(experiment, name: Evil);
        await world.PostAsync("runs/set-tag", new JsonObject { ["run_id"] = run, ["key"] = "k", ["value"] = Evil }.ToJsonString());
        await world.PostAsync("runs/log-parameter", new JsonObject { ["run_id"] = run, ["key"] = "p", ["value"] = Evil }.ToJsonString());

        Assert.Equal(Evil, await world.FoundAsync(experiment, $"tags.k = \"{Evil}\" AND params.p = \"{Evil}\" AND run_name LIKE '%DROP TABLE%'"));
        foreach (var (path, body) in new (string, string?)[]
        {
            ($"runs/get?run_id={Uri.EscapeDataString(Evil)}", null),
            ($"experiments/get?experiment_id={Uri.EscapeDataString("0 OR 1=1")}", null),
            ($"metrics/get-history?run_id={run}&metric_key=m&page_token={Uri.EscapeDataString(Evil)}", null),
            ($"registered-models/get?name={Uri.EscapeDataString(Evil)}", null),
            ("runs/search", new JsonObject { ["experiment_ids"] = new JsonArray("0"), ["filter"] = Evil }.ToJsonString()),
            ("runs/search", new JsonObject { ["experiment_ids"] = new JsonArray("0"), ["order_by"] = new JsonArray(Evil) }.ToJsonString()),
            ("runs/search", """{"experiment_ids": ["0"], "filter": "1 = 1 UNION SELECT * FROM sqlite_master"}"""),
        })
        {
            var refused = await world.RefusedAsync(path, body);
            Assert.InRange(refused.Status, 400, 404);
            var told = refused.Says.Replace(Evil, "", StringComparison.Ordinal);
            foreach (var word in new[] { "SELECT ", "INSERT ", "tracked_", "SQLite Error", "syntax error" })
                Assert.DoesNotContain(word, told.Replace("SELECT * FROM sqlite_master", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        }
        Assert.Equal(Evil, (string)(await world.RunAsync(run))["info"]!["run_name"]!);
    }

    [Fact]
    public async Task A_body_nested_without_end_is_refused_and_not_climbed()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"a":""", 100_000)) + "1" + new string('}', 100_000);

        var refused = await world.RefusedAsync("experiments/create", deep);

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task Two_who_set_a_parameter_at_once_agree_on_one_value()
    {
        var run = await world.NewRunAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            world.SendAsync(HttpMethod.Post, "runs/log-parameter", $$"""{"run_id": "{{run}}", "key": "p", "value": "{{i}}"}""")));

        Assert.Single(answers, a => a.Status == 200);
        Assert.All(answers.Where(a => a.Status != 200), a => Assert.Equal("INVALID_PARAMETER_VALUE", (string)a.Body["error_code"]!));
        var kept = (string)(await world.RunAsync(run))["data"]!["params"]![0]!["value"]!;
        Assert.Equal(200, answers[int.Parse(kept, System.Globalization.CultureInfo.InvariantCulture)].Status);
    }

    [Fact]
    public async Task Two_who_send_one_file_at_once_leave_one_of_the_two_whole()
    {
        var (one, other) = (new string('1', 300_000), new string('2', 300_000));

        for (var i = 0; i < 5; i++)
        {
            var sent = await Task.WhenAll(new[] { one, other }.Select(text => world.Http.PutAsync($"{Files}/both/f", new StringContent(text))));
            Assert.All(sent, s => Assert.Equal(HttpStatusCode.OK, s.StatusCode));
            Assert.Contains(await world.Http.GetStringAsync($"{Files}/both/f"), new[] { one, other });
        }
    }

    async Task<string> RawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync();
    }

    static async Task EndAsync(NetworkStream stream)
    {
        try
        {
            await stream.CopyToAsync(Stream.Null);
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // the server ends a connection whose request broke off; by then it has let go of it
        }
    }
}
