using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

public class ArtifactTests(TrackingWorld world) : IClassFixture<TrackingWorld>
{
    const string Files = "/api/2.0/mlflow-artifacts/artifacts";

    [Fact]
    public async Task A_runs_files_are_uploaded_listed_and_downloaded()
    {
        var run = await world.NewRunAsync();
        await PutAsync($"0/{run}/artifacts/model/MLmodel", "flavors: {}");
        await PutAsync($"0/{run}/artifacts/model/data/weights.bin", "12345");
        await PutAsync($"0/{run}/artifacts/model/data0", "0");
        await PutAsync($"0/{run}/artifacts/readme.txt", "hello");

        Assert.Equal(
            $$"""{"root_uri":"mlflow-artifacts:/0/{{run}}/artifacts","files":[{"path":"model","is_dir":true},{"path":"readme.txt","is_dir":false,"file_size":5}]}""",
            (await world.GetAsync($"artifacts/list?run_id={run}")).ToJsonString());
        Assert.Equal(["model/MLmodel", "model/data", "model/data0"], Paths(await world.GetAsync($"artifacts/list?run_uuid={run}&path=model")));
        Assert.Equal(["MLmodel", "data", "data0"], Paths(await world.GetAsync($"{Files}?path=0/{run}/artifacts/model")));
        Assert.Equal("{}", (await world.GetAsync($"{Files}?path=0/{run}/artifacts/readme.txt")).ToJsonString());
        Assert.Equal("{}", (await world.GetAsync($"{Files}?path=nowhere")).ToJsonString());

        using var sent = await world.Http.GetAsync($"{Files}/0/{run}/artifacts/model/MLmodel");
        Assert.Equal("flavors: {}", await sent.Content.ReadAsStringAsync());
        Assert.Equal("text/plain", sent.Content.Headers.ContentType!.MediaType);
        Assert.Equal(("attachment", "nosniff"), (sent.Content.Headers.ContentDisposition!.DispositionType, sent.Headers.GetValues("X-Content-Type-Options")
            .Single()));
        Assert.Equal("hello", await world.Http.GetStringAsync($"/get-artifact?run_id={run}&path=readme.txt"));
    }

    [Fact]
    public async Task A_file_is_written_over_and_deleted_with_or_without_its_folder()
    {
        await PutAsync("w/a/one", "1");
        await PutAsync("w/a/one", "uno");
        await PutAsync("w/a/b/two", "2");
        await PutAsync("w/a0", "beside");
        Assert.Equal("uno", await world.Http.GetStringAsync($"{Files}/w/a/one"));

        Assert.Equal(200, (await world.SendAsync(HttpMethod.Delete, $"{Files}/w/a/one")).Status);
        Assert.Equal(404, (int)(await world.Http.GetAsync($"{Files}/w/a/one")).StatusCode);
        Assert.Equal(200, (await world.SendAsync(HttpMethod.Delete, $"{Files}/w/a")).Status);
        Assert.Equal(200, (await world.SendAsync(HttpMethod.Delete, $"{Files}/w/never")).Status);

        Assert.Equal(["a0"], Paths(await world.GetAsync($"{Files}?path=w")));
    }

    [Theory]
    [InlineData("with space + plus & percent%.txt")]
    [InlineData("日本/豆 🫘.csv")]
    [InlineData("a;b=c,d'e(f)[g]{h}~!@$^.bin")]
    [InlineData("...dots/..still a name")]
    public async Task A_name_may_hold_what_a_file_name_may(string name)
    {
        var run = await world.NewRunAsync();
        var address = $"{Files}/0/{run}/artifacts/{string.Join('/', name.Split('/').Select(Uri.EscapeDataString))}";
        using (var put = await world.Http.PutAsync(address, new StringContent("x"))) Assert.Equal(HttpStatusCode.OK, put.StatusCode);

        using var sent = await world.Http.GetAsync(address);

        Assert.Equal("x", await sent.Content.ReadAsStringAsync());
        Assert.Equal(name.Split('/')[^1], sent.Content.Headers.ContentDisposition!.FileNameStar);
        Assert.Equal(name.Split('/')[0], Paths(await world.GetAsync($"artifacts/list?run_id={run}")).Single());
        Assert.Equal("x", await world.Http.GetStringAsync($"/get-artifact?run_id={run}&path={Uri.EscapeDataString(name)}"));
    }

    [Theory]
    [InlineData("../../store.db")]
    [InlineData("0/../../store.db")]
    [InlineData("%2e%2e/store.db")]
    [InlineData("..%2fstore.db")]
    [InlineData("0/%252e%252e/store.db")]
    [InlineData("0/..%252fstore.db")]
    [InlineData("0/%25252e%25252e/store.db")]
    [InlineData("/etc/passwd")]
    [InlineData("%2fetc/passwd")]
    [InlineData("%252fetc/passwd")]
    [InlineData("C:/windows")]
    [InlineData("c%3a/windows")]
    [InlineData("a%5c..%5cb")]
    [InlineData("a\\b")]
    [InlineData("%5c%5cserver%5cshare")]
    [InlineData("a%23b")]
    [InlineData("a%00b")]
    [InlineData("a%0db")]
    [InlineData("./a")]
    [InlineData("a//b")]
    public async Task A_path_that_leads_out_is_refused_however_it_is_written(string path)
    {
        foreach (var method in new[] { "GET", "PUT", "DELETE" })
        {
            var answer = await RawAsync($"{method} {Files}/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
            if (!path.Contains("%00", StringComparison.Ordinal)) Assert.Contains("Invalid path", answer, StringComparison.Ordinal);
        }
        var listed = await RawAsync($"GET {Files}?path={path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", listed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_in_the_store_is_no_way_out_since_paths_are_rows_and_not_files()
    {
        File.CreateSymbolicLink(Path.Combine(world.Place, "artifacts", "0"), "/etc");

        Assert.Equal(404, (int)(await world.Http.GetAsync($"{Files}/0/passwd")).StatusCode);
        Assert.Equal(404, (int)(await world.Http.GetAsync($"{Files}/sha256")).StatusCode);
    }

    [Fact]
    public async Task A_file_is_no_folder_and_a_folder_no_file()
    {
        await PutAsync("f/file", "1");

        Assert.Equal(HttpStatusCode.BadRequest, (await world.Http.PutAsync($"{Files}/f/file/below", new StringContent("x"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await world.Http.PutAsync($"{Files}/f", new StringContent("x"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await world.Http.PutAsync($"{Files}/", new StringContent("x"))).StatusCode);
    }

    [Fact]
    public async Task A_large_file_comes_back_to_the_byte()
    {
        var bytes = new byte[20 * 1024 * 1024 + 7];
        new Random(7).NextBytes(bytes);
        using (var put = await world.Http.PutAsync($"{Files}/large/model.bin", new StreamContent(new MemoryStream(bytes)))) Assert.Equal(HttpStatusCode.OK,
            put.StatusCode);

        using var sent = await world.Http.GetAsync($"{Files}/large/model.bin", HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(bytes.Length, sent.Content.Headers.ContentLength);
        Assert.Equal(SHA256.HashData(bytes), await SHA256.HashDataAsync(await sent.Content.ReadAsStreamAsync()));
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_the_file_as_it_was()
    {
        await PutAsync("broken/file", "whole");

        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"PUT {Files}/broken/file HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\nonly this"));
            client.Client.Shutdown(SocketShutdown.Send);
            try
            {
                await stream.CopyToAsync(Stream.Null);
            }
            catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
            {
                // the server ends a connection whose request broke off; by then it has let go of the upload
            }
        }

        Assert.Equal("whole", await world.Http.GetStringAsync($"{Files}/broken/file"));
        Assert.Equal(["file"], Paths(await world.GetAsync($"{Files}?path=broken")));
    }

    [Fact]
    public async Task A_collection_keeps_what_a_path_names_and_takes_what_none_does()
    {
        await PutAsync("gc/kept", "kept by its path");
        await PutAsync("gc/gone", "named by none");
        await world.SendAsync(HttpMethod.Delete, $"{Files}/gc/gone");

        var report = await GarbageCollection.RunAsync(world.Folder.Metadata, world.Folder.Artifacts, new() { Grace = TimeSpan.Zero }, dryRun: false,
            new Later(), default);

        Assert.Contains(Digest.Of("named by none"), report.Removed);
        Assert.DoesNotContain(Digest.Of("kept by its path"), report.Removed);
        Assert.Equal("kept by its path", await world.Http.GetStringAsync($"{Files}/gc/kept"));
        await PutAsync("gc/again", "named by none");
        Assert.Equal("named by none", await world.Http.GetStringAsync($"{Files}/gc/again"));
    }

    sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromMinutes(5);
    }

    [Fact]
    public async Task What_a_page_uploads_is_one_file_and_not_large()
    {
        var run = await world.NewRunAsync();
        using (var done = await world.Http.PostAsync($"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=notes/a.txt",
            new ByteArrayContent(Encoding.UTF8.GetBytes("note")))) Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        Assert.Equal("note", await world.Http.GetStringAsync($"{Files}/0/{run}/artifacts/notes/a.txt"));

        using var large = await world.Http.PostAsync($"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=b",
            new ByteArrayContent(new byte[10 * 1024 * 1024 + 1]));
        Assert.Equal(HttpStatusCode.BadRequest, large.StatusCode);
    }

    [Theory]
    [InlineData("POST", "/v1/traces")]
    public async Task What_this_store_does_not_do_is_said_so_that_clients_go_another_way(string method, string path)
    {
        var (status, body) = await world.SendAsync(new HttpMethod(method), path);

        Assert.Equal((501, "NOT_IMPLEMENTED"), (status, (string)body["error_code"]!));
    }

    [Fact]
    public async Task A_packed_body_is_read_and_one_that_unpacks_without_end_is_not()
    {
        Assert.Equal(HttpStatusCode.OK, await PackedAsync(Encoding.UTF8.GetBytes("""{"name": "packed"}"""), "gzip"));
        Assert.Equal("packed", (string)(await world.GetAsync("experiments/get-by-name?experiment_name=packed"))["experiment"]!["name"]!);
        Assert.Equal(HttpStatusCode.BadRequest, await PackedAsync(new byte[80 * 1024 * 1024], "gzip"));
        Assert.Equal(HttpStatusCode.BadRequest, await PackedAsync([1, 2, 3], "br"));

        using var broken = new ByteArrayContent([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7]);
        broken.Headers.Add("Content-Encoding", "gzip");
        broken.Headers.Add("Content-Type", "application/json");
        using var refused = await world.Http.PostAsync("/api/2.0/mlflow/experiments/create", broken);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    async Task<HttpStatusCode> PackedAsync(byte[] body, string encoding)
    {
        var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest)) gzip.Write(body);
        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.Add("Content-Encoding", encoding);
        content.Headers.Add("Content-Type", "application/json");
        using var response = await world.Http.PostAsync("/api/2.0/mlflow/experiments/create", content);
        return response.StatusCode;
    }

    async Task PutAsync(string path, string text)
    {
        using var put = await world.Http.PutAsync($"{Files}/{path}", new StringContent(text));
        Assert.Equal("{}", await put.Content.ReadAsStringAsync());
    }

    async Task<string> RawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync();
    }

    static IEnumerable<string> Paths(JsonObject list) => list["files"]?.AsArray().Select(f => (string)f!["path"]!) ?? [];
}
