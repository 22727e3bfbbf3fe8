using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Inference;
using Kumiki.Host.Tests.Serve;
using Kumiki.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kumiki.Host.Tests.Operate;

/// <summary>SIGHUP reaches every log of the process: these tests run alone.</summary>
[Collection("alone")]
public sealed class AccessLogTests
{
    [Fact]
    public async Task Each_request_has_a_line_without_its_query_its_body_and_the_keys_of_its_address()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "access.log");
        await using var world = await InferenceWorld.StartAsync(operating: new() { AccessLog = file }, models: [("two", Graphs.Two(3)), ("shop", InferenceWorld.Shop)]);
        await world.InferAsync("shop", InferenceWorld.ShopRequest(1, 1, 0, 1));
        await world.RefusedAsync("none", "{}");
        await world.Http.GetAsync("/api/assets/shop?secret=4711");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{world.GrpcPort}/inference.GRPCInferenceService/ModelInfer")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(GrpcTests.Asked("none")),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using (var answer = await world.Http.SendAsync(request)) await answer.Content.ReadAsByteArrayAsync();
        await world.StopServerAsync();

        var text = await File.ReadAllTextAsync(file);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject()).ToList();
        Assert.Equal(
            ["POST /v2/models/shop/infer HTTP/1.1 200 ", "POST /v2/models/none/infer HTTP/1.1 404 ", "GET /api/assets/{name} HTTP/1.1 200 ",
                "POST /inference.GRPCInferenceService/ModelInfer HTTP/2 200 5"],
            lines.Select(l => $"{l["method"]} {l["path"]} {l["protocol"]} {l["status"]} {l["grpc_status"]}"));
        Assert.All(lines, l => Assert.InRange(l["ms"]!.GetValue<double>(), 0.001, 60_000));
        Assert.All(lines, l => Assert.InRange(DateTimeOffset.Parse((string)l["at"]!, CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow));
        Assert.True((long)lines[0]["request_bytes"]! > 100 && (long)lines[0]["answer_bytes"]! > 50);
        Assert.Empty(lines.SelectMany(l => l.Select(f => f.Key)).Distinct()
            .Except(["at", "method", "path", "protocol", "status", "grpc_status", "ms", "request_bytes", "answer_bytes", "trace", "gone"]));
        Assert.DoesNotContain("4711", text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
    }

    static async Task AskAsync(AccessLog log, int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            var http = new DefaultHttpContext();
            (http.Request.Method, http.Request.Path) = ("GET", $"/{i}");
            await log.Of(http, _ => Task.CompletedTask);
        }
        while (log.Written + log.Dropped < from + count) await Task.Delay(1);
    }

    static AccessLog Begin(string file, long bytes = 64 << 20, int kept = 5) =>
        AccessLog.Begin(new() { AccessLog = file, AccessLogBytes = bytes, AccessLogKept = kept }, TimeProvider.System, NullLogger.Instance)!;

    static string[] PathsOf(string file) => [.. File.ReadLines(file).Select(l => (string)JsonNode.Parse(l)!["path"]!)];

    [Fact]
    public async Task A_file_that_is_long_enough_is_put_aside_and_the_oldest_goes()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "access.log");
        await using (var log = Begin(file, bytes: 1, kept: 2))
            for (var i = 0; i < 5; i++) await AskAsync(log, i, 1);

        Assert.Equal(["access.log", "access.log.1", "access.log.2"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        Assert.Equal(["/4", "/3", "/2"], new[] { "", ".1", ".2" }.Select(end => PathsOf(file + end).Single()));
    }

    [Fact]
    public async Task Moved_away_and_hung_up_on_it_goes_on_in_a_new_file_and_nothing_is_lost()
    {
        using var folder = new TemporaryFolder();
        var (file, moved) = (Path.Combine(folder.Path, "access.log"), Path.Combine(folder.Path, "moved.log"));
        await using (var log = Begin(file))
        {
            await AskAsync(log, 0, 3);
            File.Move(file, moved);
            await AskAsync(log, 3, 2);
            // Heard or not (a shell's nohup keeps it away), no line goes.
            using (var kill = Process.Start("kill", ["-HUP", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
            await AskAsync(log, 5, 3);
        }

        Assert.Equal(["/0", "/1", "/2"], PathsOf(moved));
        Assert.Equal(["/3", "/4", "/5", "/6", "/7"], PathsOf(file));
    }

    [Fact]
    public async Task A_server_goes_on_though_its_disk_is_full_and_counts_what_it_left_out()
    {
        await using var world = await InferenceWorld.StartAsync(operating: new() { AccessLog = "/dev/full" }, models: ("shop", InferenceWorld.Shop));
        for (var i = 0; i < 3; i++) await world.InferAsync("shop", InferenceWorld.ShopRequest(1, 1, 0, 1));

        // Each look is a line too, that is left out as the others are.
        const string Dropped = "\nkumiki_access_log_dropped_total ";
        string text;
        do text = await world.Http.GetStringAsync("/metrics");
        while (int.Parse(text[(text.IndexOf(Dropped, StringComparison.Ordinal) + Dropped.Length)..].Split('\n')[0], CultureInfo.InvariantCulture) < 3);
        Assert.Contains("\nkumiki_access_log_lines_total 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_refused_before_the_server_starts()
    {
        var refused = await Assert.ThrowsAsync<KumikiException>(() => InferenceWorld.StartAsync(operating: new() { AccessLog = "/nowhere/access.log" }));

        Assert.Equal("operate.access-log", refused.Says.Id);
        Assert.StartsWith("The access log /nowhere/access.log cannot be written (", refused.Says.In("en"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 100, "--access-log-size 0 is out of range; give 1 to 65536 MiB.")]
    [InlineData(64, 0, "--most-connections 0 is out of range; give 1 to 1000000.")]
    public void Numbers_out_of_range_are_refused(int size, int connections, string says) =>
        Assert.Equal(says, Assert.Throws<KumikiException>(() => OperatingSettings.Of(null, "x", size, connections)).Says.In("en"));
}
