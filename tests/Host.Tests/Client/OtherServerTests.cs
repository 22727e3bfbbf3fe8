using System.Collections.Concurrent;
using Kumiki.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Kumiki.Host.Tests.Client;

/// <summary>What a server of another make, or a proxy before one, may answer; each says what the original does, since that does not run here.</summary>
public sealed class OtherServerTests : IAsyncLifetime
{
    readonly ConcurrentQueue<(string Call, string Authorization, long Bytes)> heard = [];
    readonly string file = Path.GetTempFileName();
    WebApplication app = null!;
    Func<HttpContext, IResult?> answers = _ => null;

    Uri Address => new(app.Urls.First() + "/");

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { EnvironmentName = Environments.Production });
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(async http =>
        {
            var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            heard.Enqueue(($"{http.Request.Method} {http.Request.Path}", http.Request.Headers.Authorization.ToString(), body.Length));
            await (answers(http) ?? Results.Text("{}", "application/json")).ExecuteAsync(http);
        });
        await app.StartAsync();
        await File.WriteAllBytesAsync(file, new byte[1000]);
    }

    TrackingHttp Http(TimeSpan retryFor, string? token = null) => new(Address, new() { RetryFor = retryFor, Token = token });

    static IResult Error(int status, string code) => Results.Text(
        $$"""{"error_code": "{{code}}", "message": "{{code}} was said."}""", "application/json", null, status);

    [Fact]
    public async Task Where_a_server_takes_no_parts_the_file_is_sent_whole()
    {
        answers = http => http.Request.Path.Value!.Contains("/mpu/", StringComparison.Ordinal) ? Error(501, "NOT_IMPLEMENTED") : null;
        using var http = Http(TimeSpan.Zero);

        await new ArtifactTransfer(http, new() { PartsFrom = 1 }).UploadAsync("mlflow-artifacts:/0/r/artifacts", "model", file, default);

        Assert.Equal([("POST /api/2.0/mlflow-artifacts/mpu/create/0/r/artifacts/model", 0L),
            ($"PUT /api/2.0/mlflow-artifacts/artifacts/0/r/artifacts/model/{Path.GetFileName(file)}", 1000L)],
            heard.Select(h => (h.Call, h.Call[0] == 'P' && h.Call[1] == 'U' ? h.Bytes : 0)));
    }

    [Fact]
    public async Task Parts_that_go_to_another_server_do_not_carry_the_servers_token_there()
    {
        await using var elsewhere = new FaultyLine(Address.Port);       // the same server under another name
        answers = http => http.Request.Path.Value! switch
        {
            var path when path.Contains("/mpu/create/", StringComparison.Ordinal) => Results.Text($$"""
                {"upload_id": "u",
                 "credentials": [{"url": "{{elsewhere.Address}}/bucket/part?n=1", "part_number": 1, "headers": {"x-amz-acl": "private"} }]}
                """, "application/json"),
            "/bucket/part" when http.Request.Headers["x-amz-acl"] == "private" => Results.Text(""),
            _ => null,
        };
        using var http = Http(TimeSpan.Zero, "secret");

        await new ArtifactTransfer(http, new() { PartsFrom = 1 }).UploadAsync("mlflow-artifacts:/0/r/artifacts", "", file, default);

        Assert.Equal([("POST /api/2.0/mlflow-artifacts/mpu/create/0/r/artifacts", "Bearer secret"), ("PUT /bucket/part", ""),
            ("POST /api/2.0/mlflow-artifacts/mpu/complete/0/r/artifacts", "Bearer secret")], heard.Select(h => (h.Call, h.Authorization)));
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task An_answer_of_the_kind_that_passes_is_waited_for(int status)
    {
        answers = http =>
        {
            if (heard.Count > 2) return null;
            http.Response.Headers.RetryAfter = "0";
            return Results.Text("<html>busy</html>", "text/html", null, status);
        };
        using var http = Http(TimeSpan.FromSeconds(60));

        await http.GetAsync("runs/get", default);

        Assert.Equal(3, heard.Count);
    }

    [Fact]
    public async Task A_server_that_cannot_for_too_long_is_told_with_what_it_said()
    {
        answers = _ => Error(503, "TEMPORARILY_UNAVAILABLE");
        using var http = Http(TimeSpan.FromMilliseconds(200));

        var given = await Assert.ThrowsAsync<TrackingUnreachableException>(() => http.GetAsync("runs/get", default));

        Assert.Equal("client.unable", given.Says.Id);
        Assert.Contains("TEMPORARILY_UNAVAILABLE was said.", given.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_asked_for_again()
    {
        await using var line = new FaultyLine(Address.Port) { Losing = ("GET /api/2.0/mlflow/runs/get", 2, 120) };
        answers = _ => Results.Text($$"""{"unknown": "{{new string('x', 100_000)}}", "experiment_id": "7"}""", "application/json");
        using var http = new TrackingHttp(new(line.Address + "/"), new());

        Assert.Equal("7", (await http.GetAsync("runs/get", default)).ExperimentId);
        Assert.Equal((2, 3), (line.Lost, heard.Count));
    }

    [Fact]
    public async Task A_fault_that_stays_is_the_callers_after_seven_times()
    {
        answers = http =>
        {
            http.Response.Headers.RetryAfter = "0";
            return Error(500, "INTERNAL_ERROR");
        };
        using var http = Http(TimeSpan.FromMinutes(5));

        var refused = await Assert.ThrowsAsync<TrackingRefusedException>(() => http.GetAsync("runs/get", default));

        Assert.Equal(("INTERNAL_ERROR", 500, 7), (refused.Code, refused.Status, heard.Count));
    }

    [Theory]
    [InlineData(400, "INVALID_PARAMETER_VALUE")]
    [InlineData(403, "PERMISSION_DENIED")]
    [InlineData(404, "RESOURCE_DOES_NOT_EXIST")]
    [InlineData(501, "NOT_IMPLEMENTED")]
    public async Task A_refusal_is_not_asked_again(int status, string code)
    {
        answers = _ => Error(status, code);
        using var http = Http(TimeSpan.FromMinutes(5));

        var refused = await Assert.ThrowsAsync<TrackingRefusedException>(() => http.GetAsync("runs/get", default));

        Assert.Equal((code, status, 1), (refused.Code, refused.Status, heard.Count));
        Assert.Equal($"{code} was said. ({code} from /api/2.0/mlflow/runs/get)", refused.Says.In("en"));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("..")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\\\b")]
    public async Task A_server_that_lists_a_name_which_leads_out_of_the_folder_writes_nothing(string name)
    {
        answers = _ => Results.Text($$"""{"files": [{"path": "{{name}}", "is_dir": false, "file_size": 1}]}""", "application/json");
        using var http = Http(TimeSpan.Zero);
        var into = Directory.CreateTempSubdirectory("kumiki-lists-").FullName;

        var refused = await Assert.ThrowsAsync<KumikiException>(() => new ArtifactTransfer(http, new()).DownloadAsync("0/r", into, default));

        Assert.Equal("client.bad-name", refused.Says.Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(into));
        Directory.Delete(into);
    }

    [Fact]
    public async Task A_server_that_knows_no_ranges_is_downloaded_from_anew()
    {
        var bytes = new byte[300_000];
        new Random(2).NextBytes(bytes);
        await using var line = new FaultyLine(Address.Port) { Losing = ("GET /api/2.0/mlflow-artifacts/artifacts/", 1, 200_000) };
        answers = http => http.Request.Query.ContainsKey("path") ? null : Results.Bytes(bytes);
        using var http = new TrackingHttp(new(line.Address + "/"), new());
        var into = Directory.CreateTempSubdirectory("kumiki-ranges-").FullName;

        var back = await new ArtifactTransfer(http, new()).DownloadAsync("0/r/f", into, default);

        Assert.Equal(1, line.Lost);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(back));
        Directory.Delete(into, recursive: true);
    }

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        File.Delete(file);
    }
}
