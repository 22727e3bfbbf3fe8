using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>Uploads in parts, as Python's client makes them with <c>MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD</c>.</summary>
public class PartUploadTests(TrackingWorld world) : IClassFixture<TrackingWorld>
{
    const string Files = "/api/2.0/mlflow-artifacts/artifacts", Parts = "/api/2.0/mlflow-artifacts/mpu";

    string Scratch => Path.Combine(world.Place, "artifacts", "tmp");

    int ScratchFiles => Directory.EnumerateFiles(Scratch, "*", SearchOption.AllDirectories).Count();

    [Fact]
    public async Task A_file_in_parts_that_arrive_in_any_order_is_joined_to_the_byte()
    {
        var bytes = new byte[(5 * 1024 * 1024) + 17];
        new Random(3).NextBytes(bytes);
        var chunks = bytes.Chunk(1024 * 1024).ToList();

        // As the client does it: the folder is in the address, and what it calls the file is the path on its own machine.
        var begun = await BeginAsync("0/run/artifacts/model", "/home/mika/models/weights.bin", chunks.Count);
        var credentials = begun["credentials"]!.AsArray();
        Assert.Equal(Enumerable.Range(1, 6), credentials.Select(c => (int)c!["part_number"]!));
        Assert.All(credentials, c => Assert.Empty(c!["headers"]!.AsObject()));
        var etags = new string[chunks.Count];
        await Task.WhenAll(Enumerable.Range(0, 6).Reverse().Select(async i => etags[i] = await PutAsync((string)credentials[i]!["url"]!, chunks[i])));
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(chunks[5]))}\"", etags[5]);
        Assert.Equal(HttpStatusCode.NotFound, (await world.Http.GetAsync($"{Files}/0/run/artifacts/model/weights.bin")).StatusCode);

        Assert.Empty((await CompleteAsync(begun, "0/run/artifacts/model", "/home/mika/models/weights.bin", etags)).Body);

        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(await world.Http.GetByteArrayAsync($"{Files}/0/run/artifacts/model/weights.bin")));
        Assert.Equal(0, ScratchFiles);
    }

    [Fact]
    public async Task The_addresses_of_parts_are_under_the_name_by_which_the_client_came()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Parts}/create/a");
        request.Headers.Host = "localhost:9999";
        request.Content = new StringContent("""{"path": "f", "num_parts": 1}""", Encoding.UTF8, "application/json");
        using var response = await world.Http.SendAsync(request);

        var begun = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.StartsWith($"http://localhost:9999/api/2.0/mlflow-artifacts/mpu/part/{begun["upload_id"]}/1", (string)begun["credentials"]![0]!["url"]!,
            StringComparison.Ordinal);
        await AbortAsync(begun.AsObject(), "a", "f");
    }

    [Theory]
    [InlineData(@"C:\Users\Mika\model.bin", "model.bin")]
    [InlineData("model.bin", "model.bin")]
    [InlineData("/tmp/日本 豆.bin", "日本 豆.bin")]
    public async Task The_file_has_the_last_name_of_the_clients_own_path(string local, string name)
    {
        var folder = $"named/{Guid.NewGuid():N}";
        var begun = await BeginAsync(folder, local, 1);

        await CompleteAsync(begun, folder, local, await PutAsync(begun, 1, "x"));

        Assert.Equal(name, (string)(await world.GetAsync($"{Files}?path={folder}"))["files"]!.AsArray().Single()!["path"]!);
    }

    [Fact]
    public async Task A_part_that_is_sent_again_takes_the_place_of_the_first()
    {
        var begun = await BeginAsync("again", "f", 2);
        var first = await PutAsync(begun, 1, "old");
        var second = await PutAsync(begun, 2, " end");

        var newer = await PutAsync(begun, 1, "new");

        Assert.NotEqual(first, newer);
        Assert.Contains("The ETag of part 1 of again/f is ", (await RefusedAsync(begun, "again", "f", first, second)).Says, StringComparison.Ordinal);
        await CompleteAsync(begun, "again", "f", newer.Trim('"'), second);
        Assert.Equal("new end", await world.Http.GetStringAsync($"{Files}/again/f"));
    }

    [Theory]
    [InlineData("aaaa bbbb cc", "aaaabbbbcc")]          // each at its place
    [InlineData("aaaa bbbb cccc", "aaaabbbbcccc")]
    [InlineData("aaaa bb cccccc dd", "aaaabbccccccdd")]
    [InlineData("a bbbb ccccccc", "abbbbccccccc")]
    [InlineData("- aaaa bb -", "aaaabb")]
    [InlineData("- - -", "")]
    [InlineData("-", "")]
    [InlineData("aaaa", "aaaa")]
    public async Task Parts_may_have_any_lengths(string parts, string whole)
    {
        var texts = parts.Split(' ').Select(p => p == "-" ? "" : p).ToList();
        foreach (var backwards in new[] { false, true })
            foreach (var chunked in new[] { false, true })
            {
                var folder = $"lengths/{Guid.NewGuid():N}";
                var begun = await BeginAsync(folder, "f", texts.Count);
                var etags = new string[texts.Count];
                foreach (var i in backwards ? Enumerable.Range(0, texts.Count).Reverse() : Enumerable.Range(0, texts.Count))
                {
                    using var request = new HttpRequestMessage(HttpMethod.Put, (string)begun["credentials"]![i]!["url"]!)
                    {
                        Content = new ByteArrayContent(Encoding.UTF8.GetBytes(texts[i]))
                    };
                    request.Headers.TransferEncodingChunked = chunked;          // then the length is not known beforehand
                    using var put = await world.Http.SendAsync(request);
                    etags[i] = put.Headers.ETag!.Tag;
                }

                await CompleteAsync(begun, folder, "f", etags);

                Assert.Equal(whole, await world.Http.GetStringAsync($"{Files}/{folder}/f"));
            }
        Assert.Equal(0, ScratchFiles);
    }

    [Fact]
    public async Task A_part_far_behind_all_others_takes_its_own_room_only()
    {
        var begun = await BeginAsync("far", "f", 100_000);
        var part = new byte[50_000_000];
        await PutAsync((string)begun["credentials"]![0]!["url"]!, part);

        var etag = await PutAsync((string)begun["credentials"]![99_000]!["url"]!, part);

        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(part))}\"", etag);
        Assert.True(Directory.EnumerateFiles(Scratch, "*", SearchOption.AllDirectories).All(file => new FileInfo(file).Length == part.Length));
        await AbortAsync(begun, "far", "f");
    }

    [Fact]
    public async Task A_part_that_is_being_written_over_does_not_count_until_it_is_whole_again()
    {
        var begun = await BeginAsync("over", "f", 3);
        string[] etags = [await PutAsync(begun, 1, "1111"), await PutAsync(begun, 2, "2222"), await PutAsync(begun, 3, "3333")];
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
            var stream = client.GetStream();
            var part = new Uri((string)begun["credentials"]![1]!["url"]!).PathAndQuery;
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT {part} HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"));
            Assert.NotEqual(0, await stream.ReadAsync(new byte[25]));         // "HTTP/1.1 100 Continue": by then it reads the part
            await stream.WriteAsync("xx"u8.ToArray());
            client.Client.Shutdown(SocketShutdown.Send);
            await EndAsync(stream);
        }

        Assert.StartsWith("Part 2 of over/f has not been uploaded", (await RefusedAsync(begun, "over", "f", etags)).Says, StringComparison.Ordinal);
        etags[1] = await PutAsync(begun, 2, "zwei");
        etags[2] = await PutAsync(begun, 3, "3");           // shorter than before
        await CompleteAsync(begun, "over", "f", etags);
        Assert.Equal("1111zwei3", await world.Http.GetStringAsync($"{Files}/over/f"));
    }

    [Fact]
    public async Task One_part_sent_many_times_at_once_is_one_of_them()
    {
        var texts = Enumerable.Range(0, 10).Select(i => new string((char)('a' + i), 500_000)).ToList();
        for (var round = 0; round < 3; round++)
        {
            var begun = await BeginAsync("race", "f", 2);
            var sent = await Task.WhenAll(texts.Select(text => PutAsync(begun, 1, text)));
            var end = await PutAsync(begun, 2, "!");

            var done = new List<string>();
            foreach (var (text, etag) in texts.Zip(sent))
                if ((await world.SendAsync(HttpMethod.Post, $"{Parts}/complete/race", Listed(begun, "f", (1, etag), (2, end)))).Status == 200) done.Add(text);

            Assert.Equal(Assert.Single(done) + "!", await world.Http.GetStringAsync($"{Files}/race/f"));
        }
    }

    [Fact]
    public async Task A_list_that_is_not_that_of_the_parts_is_refused_and_the_upload_goes_on()
    {
        var begun = await BeginAsync("lists", "f", 3);
        var (one, two) = (await PutAsync(begun, 1, "1"), await PutAsync(begun, 2, "2"));

        Assert.Equal((400, "INVALID_PARAMETER_VALUE", "Part 3 of lists/f has not been uploaded: send it, then complete the upload again."),
            await RefusedAsync(begun, "lists", "f", one, two, "x"));
        var three = await PutAsync(begun, 3, "3");
        Assert.Equal("Invalid value for parameter 'parts' supplied: 2 parts of lists/f are listed, but it was begun with 3.",
            (await RefusedAsync(begun, "lists", "f", one, two)).Says);
        Assert.Equal("Missing value for required parameter 'parts'.", (await RefusedAsync(begun, "lists", "f")).Says.Split(" See")[0]);
        Assert.Contains("and in place 1 stands part 2.",
            (await world.RefusedAsync($"{Parts}/complete/lists", Listed(begun, "f", (2, two), (1, one), (3, three)))).Says, StringComparison.Ordinal);
        Assert.Contains("and in place 3 stands part 2.",
            (await world.RefusedAsync($"{Parts}/complete/lists", Listed(begun, "f", (1, one), (2, two), (2, two)))).Says, StringComparison.Ordinal);
        Assert.StartsWith("Invalid value \"one\" for parameter 'parts[0].part_number' supplied: ", (await world.RefusedAsync($"{Parts}/complete/lists",
            $$"""{"path": "f", "upload_id": "{{begun["upload_id"]}}", "parts": [{"part_number": "one", "etag": "x"}]}""")).Says, StringComparison.Ordinal);
        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST"), Two(await RefusedAsync(begun, "elsewhere", "f", one, two, three)));

        await CompleteAsync(begun, "lists", "f", one, two, three);
        Assert.Equal("123", await world.Http.GetStringAsync($"{Files}/lists/f"));
    }

    [Fact]
    public async Task Completed_twice_at_once_or_later_it_is_completed_once()
    {
        var begun = await BeginAsync("twice", "f", 2);
        string[] etags = [await PutAsync(begun, 1, "a"), await PutAsync(begun, 2, "b")];

        var both = await Task.WhenAll(CompleteAsync(begun, "twice", "f", etags), CompleteAsync(begun, "twice", "f", etags));

        Assert.All(both, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(200, (await CompleteAsync(begun, "twice", "f", etags)).Status);
        Assert.Equal((400, "INVALID_STATE"), Two(await RefusedAsync(begun, "twice", "f", etags[1], etags[0])));
        using var late = await world.Http.PutAsync((string)begun["credentials"]![0]!["url"]!, new StringContent("late"));
        Assert.Equal(HttpStatusCode.BadRequest, late.StatusCode);
        await AbortAsync(begun, "twice", "f");
        Assert.Equal("ab", await world.Http.GetStringAsync($"{Files}/twice/f"));
    }

    [Fact]
    public async Task What_is_aborted_leaves_nothing_and_takes_no_part()
    {
        await world.Http.PutAsync($"{Files}/aborted/f", new StringContent("before"));
        var begun = await BeginAsync("aborted", "f", 2);
        var one = await PutAsync(begun, 1, "1");

        await AbortAsync(begun, "aborted", "f");
        await AbortAsync(begun, "aborted", "f");

        Assert.Equal(0, ScratchFiles);
        using var part = await world.Http.PutAsync((string)begun["credentials"]![1]!["url"]!, new StringContent("2"));
        Assert.Equal(HttpStatusCode.NotFound, part.StatusCode);
        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST"), Two(await RefusedAsync(begun, "aborted", "f", one, "x")));
        Assert.Equal("before", await world.Http.GetStringAsync($"{Files}/aborted/f"));
    }

    [Fact]
    public async Task A_part_that_breaks_off_does_not_count_and_goes_with_the_upload()
    {
        var begun = await BeginAsync("broken", "f", 1);
        var address = new Uri((string)begun["credentials"]![0]!["url"]!);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT {address.PathAndQuery} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\nonly this"));
            client.Client.Shutdown(SocketShutdown.Send);
            await EndAsync(stream);
        }

        Assert.Contains("Part 1 of broken/f has not been uploaded", (await RefusedAsync(begun, "broken", "f", "x")).Says, StringComparison.Ordinal);
        await AbortAsync(begun, "broken", "f");
        Assert.Equal(0, ScratchFiles);
    }

    [Fact]
    public async Task An_abort_ends_the_parts_that_are_on_their_way()
    {
        var begun = await BeginAsync("slow", "f", 1);
        var address = new Uri((string)begun["credentials"]![0]!["url"]!);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"PUT {address.PathAndQuery} HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n"));
        var answer = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 100 Continue", await answer.ReadLineAsync());        // by then it reads the part

        await AbortAsync(begun, "slow", "f");

        await answer.ReadLineAsync();
        Assert.StartsWith("HTTP/1.1 404 ", await answer.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal(0, ScratchFiles);
    }

    [Theory]
    [InlineData("""{"path": "f", "num_parts": 0}""", 400, "Invalid value 0 for parameter 'num_parts' supplied: it must be at least 1 and at most 100000.")]
    [InlineData("""{"path": "f", "num_parts": 100001}""", 400, "Invalid value 100001 for parameter 'num_parts' supplied: it must be at least 1")]
    [InlineData("""{"num_parts": 1}""", 400, "Missing value for required parameter 'path'.")]
    [InlineData("""{"path": "/tmp/", "num_parts": 1}""", 400, "Invalid path: \"/tmp/\".")]
    [InlineData("""{"path": "..", "num_parts": 1}""", 400, "Invalid path: \"..\".")]
    [InlineData("""{"path": "a%2f..%2f..%2fb", "num_parts": 1}""", 400, "Invalid path: \"a%2f..%2f..%2fb\".")]
    [InlineData("""[]""", 400, "The body is JSON but no object")]
    public async Task What_cannot_be_begun_is_said(string body, int status, string says)
    {
        var refused = await world.RefusedAsync($"{Parts}/create/refused", body);

        Assert.Equal((status, "INVALID_PARAMETER_VALUE"), Two(refused));
        if (!body.StartsWith('[')) Assert.StartsWith(says, refused.Says, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("part/none/1", 404)]
    [InlineData("part/none", 400)]
    [InlineData("part/none/one", 400)]
    [InlineData("part/none/-1", 400)]
    [InlineData("part/..%2f..%2fetc/1", 404)]
    public async Task A_part_of_no_upload_is_refused(string path, int status)
    {
        using var put = await world.Http.PutAsync($"{Parts}/{path}", new StringContent("x"));

        Assert.Equal(status, (int)put.StatusCode);
    }

    [Fact]
    public async Task A_part_beyond_the_last_or_packed_or_too_large_is_refused()
    {
        var begun = await BeginAsync("limits", "f", 1);
        var address = (string)begun["credentials"]![0]!["url"]!;
        using var beyond = await world.Http.PutAsync(address[..^1] + "2", new StringContent("x"));
        Assert.Equal(HttpStatusCode.BadRequest, beyond.StatusCode);
        Assert.Contains("has the parts 1 to 1, and no part 2.", await beyond.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var packed = new StringContent("x");
        packed.Headers.Add("Content-Encoding", "gzip");
        using var encoded = await world.Http.PutAsync(address, packed);
        Assert.Equal(HttpStatusCode.BadRequest, encoded.StatusCode);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, world.Server.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"PUT {new Uri(address).PathAndQuery} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {(5L << 30) + 1}\r\n\r\n"));
        using var reader = new StreamReader(client.GetStream());
        Assert.Equal("HTTP/1.1 400 Bad Request", await reader.ReadLineAsync());
        await AbortAsync(begun, "limits", "f");
    }

    [Fact]
    public async Task What_a_version_was_registered_with_is_not_written_over_in_parts_either()
    {
        var run = await world.NewRunAsync();
        using (var put = await world.Http.PutAsync($"{Files}/0/{run}/artifacts/model/f", new StringContent("frozen"))) put.EnsureSuccessStatusCode();
        await world.PostAsync("registered-models/create", """{"name": "in parts"}""");
        await world.PostAsync("model-versions/create",
            $$"""{"name": "in parts", "run_id": "{{run}}", "source": "mlflow-artifacts:/0/{{run}}/artifacts/model"}""");
        var begun = await BeginAsync($"0/{run}/artifacts/model", "f", 1);
        var etag = await PutAsync(begun, 1, "other");

        Assert.Equal((400, "INVALID_STATE"), Two(await RefusedAsync(begun, $"0/{run}/artifacts/model", "f", etag)));
        Assert.Equal("frozen", await world.Http.GetStringAsync($"{Files}/0/{run}/artifacts/model/f"));
        await AbortAsync(begun, $"0/{run}/artifacts/model", "f");
        Assert.Equal(0, ScratchFiles);
    }

    [Fact]
    public async Task A_server_that_ends_lets_go_of_what_was_not_complete()
    {
        var own = new TrackingWorld();
        await own.StartAsync();
        try
        {
            var begun = await BeginAsync("left", "f", 2, own);
            using (var put = await own.Http.PutAsync((string)begun["credentials"]![0]!["url"]!, new StringContent("1"))) put.EnsureSuccessStatusCode();

            await own.StopAsync();

            Assert.Empty(Directory.EnumerateFiles(Path.Combine(own.Place, "artifacts", "tmp"), "*", SearchOption.AllDirectories));
            await own.StartAsync();
            using var part = await own.Http.PutAsync(new Uri((string)begun["credentials"]![1]!["url"]!).PathAndQuery, new StringContent("2"));
            Assert.Equal(HttpStatusCode.NotFound, part.StatusCode);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_upload_left_alone_for_a_day_is_let_go_of()
    {
        var clock = new Turned();
        using var uploads = new PartUploads(new()
        {
            Name = "x",
            DataFolder = world.Place,
            Metadata = world.Folder.Metadata,
            Artifacts = world.Folder.Artifacts,
            Clock = clock,
        });
        Kumiki.Tracking.TrackedPath Named(string name) => Kumiki.Tracking.TrackedPath.Of(name)!.Value;
        var left = uploads.Begin(Named("left"), 2)!;
        await left.PutAsync(1, new MemoryStream([1]), null, default);
        var before = ScratchFiles;
        clock.Now += TimeSpan.FromHours(20);
        var busy = uploads.Begin(Named("busy"), 1)!;
        clock.Now += TimeSpan.FromHours(5);

        uploads.Begin(Named("next"), 1);

        Assert.Equal(before - 1, ScratchFiles);
        Assert.Throws<Kumiki.Tracking.TrackingException>(() => uploads.Of(left.Id));
        Assert.Same(busy, uploads.Of(busy.Id));
        for (var i = 2; i < PartUploads.Most; i++) Assert.NotNull(uploads.Begin(Named("full"), 1));
        Assert.Null(uploads.Begin(Named("one too many"), 1));
        await busy.PutAsync(1, new MemoryStream([2]), 1, default);
        Assert.True(ScratchFiles > 0);
    }

    sealed class Turned : TimeProvider
    {
        internal DateTimeOffset Now = System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => Now;
    }

    [Fact]
    public async Task Where_a_file_may_be_fetched_in_ranges_is_told_with_its_size()
    {
        var run = await world.NewRunAsync();
        var file = $"0/{run}/artifacts/日本 豆+1.txt";
        using (var put = await world.Http.PutAsync($"{Files}/{Uri.EscapeDataString(file).Replace("%2F", "/", StringComparison.Ordinal)}",
            new StringContent("0123456789"))) put.EnsureSuccessStatusCode();

        var told = await world.GetAsync($"/api/2.0/mlflow-artifacts/presigned/{Uri.EscapeDataString(file).Replace("%2F", "/", StringComparison.Ordinal)}");

        Assert.Equal(10, (int)told["file_size"]!);
        Assert.Empty(told["headers"]!.AsObject());
        Assert.Equal("345", await RangeAsync((string)told["url"]!, "bytes=3-5", 206));
        Assert.Equal((404, "RESOURCE_DOES_NOT_EXIST"), Two(await world.RefusedAsync($"/api/2.0/mlflow-artifacts/presigned/0/{run}/artifacts/none")));
    }

    [Theory]
    [InlineData("bytes=0-0", 206, "0", "bytes 0-0/10")]
    [InlineData("bytes=3-5", 206, "345", "bytes 3-5/10")]
    [InlineData("bytes=7-", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=-3", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=-30", 206, "0123456789", "bytes 0-9/10")]
    [InlineData("bytes=5-500", 206, "56789", "bytes 5-9/10")]
    [InlineData("bytes=10-", 416, null, "bytes */10")]
    [InlineData("bytes=-0", 416, null, "bytes */10")]
    [InlineData("bytes=0-1,3-4", 200, "0123456789", null)]
    [InlineData("bytes=5-2", 200, "0123456789", null)]
    [InlineData("lines=1-2", 200, "0123456789", null)]
    [InlineData("nonsense", 200, "0123456789", null)]
    public async Task A_range_of_a_file_is_sent(string range, int status, string? bytes, string? content)
    {
        using (var put = await world.Http.PutAsync($"{Files}/ranges/f", new StringContent("0123456789"))) put.EnsureSuccessStatusCode();

        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Files}/ranges/f");
        request.Headers.TryAddWithoutValidation("Range", range);
        using var response = await world.Http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(content, response.Content.Headers.ContentRange?.ToString());
        if (bytes is not null) Assert.Equal(bytes, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_range_is_of_the_file_that_the_asker_knows_or_the_whole_is_sent()
    {
        using (var put = await world.Http.PutAsync($"{Files}/known/f", new StringContent("0123456789"))) put.EnsureSuccessStatusCode();
        using var whole = await world.Http.GetAsync($"{Files}/known/f");
        var tag = whole.Headers.ETag!.Tag;
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData("0123456789"u8))}\"", tag);

        Assert.Equal("12", await RangeAsync($"{Files}/known/f", "bytes=1-2", 206, ("If-Range", tag)));
        Assert.Equal("0123456789", await RangeAsync($"{Files}/known/f", "bytes=1-2", 200, ("If-Range", "\"other\"")));
        Assert.Equal("0123456789", await RangeAsync($"{Files}/known/f", "bytes=1-2", 200, ("If-Range", "W/" + tag)));
        Assert.Equal("0123456789", await RangeAsync($"{Files}/known/f", "bytes=1-2", 200, ("If-Range", "Sun, 22 Nov 2026 00:00:00 GMT")));
        Assert.Equal("", await RangeAsync($"{Files}/known/f", "bytes=1-2", 304, ("If-None-Match", tag)));
        using var head = await world.Http.SendAsync(new(HttpMethod.Head, $"{Files}/known/f"));
        Assert.Equal((10, "bytes", tag), ((int)head.Content.Headers.ContentLength!, head.Headers.AcceptRanges.Single(), head.Headers.ETag!.Tag));
    }

    async Task<string> RangeAsync(string address, string range, int status, params (string Name, string Value)[] more)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Range", range);
        foreach (var (name, value) in more) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await world.Http.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    async Task<JsonObject> BeginAsync(string folder, string local, int parts, TrackingWorld? at = null) => await (at ?? world).PostAsync(
        $"{Parts}/create/{folder}", new JsonObject { ["path"] = local, ["num_parts"] = parts }.ToJsonString());

    Task<string> PutAsync(JsonObject begun, int number, string text) =>
        PutAsync((string)begun["credentials"]![number - 1]!["url"]!, Encoding.UTF8.GetBytes(text));

    async Task<string> PutAsync(string address, byte[] bytes)
    {
        using var put = await world.Http.PutAsync(address, new ByteArrayContent(bytes));
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        return put.Headers.ETag!.Tag;
    }

    static string Listed(JsonObject begun, string local, params IEnumerable<(int Number, string ETag)> parts) => new JsonObject
    {
        ["path"] = local,
        ["upload_id"] = (string)begun["upload_id"]!,
        ["parts"] = new JsonArray([.. parts.Select(p => new JsonObject { ["part_number"] = p.Number, ["etag"] = p.ETag, ["url"] = "any" })]),
    }.ToJsonString();

    async Task<(int Status, JsonObject Body)> CompleteAsync(JsonObject begun, string folder, string local, params string[] etags)
    {
        var answer = await world.SendAsync(HttpMethod.Post, $"{Parts}/complete/{folder}", Listed(begun, local, etags.Select((e, i) => (i + 1, e))));
        Assert.True(answer.Status == 200, answer.ToString());
        return answer;
    }

    Task<(int Status, string Code, string Says)> RefusedAsync(JsonObject begun, string folder, string local, params string[] etags) =>
        world.RefusedAsync($"{Parts}/complete/{folder}", Listed(begun, local, etags.Select((e, i) => (i + 1, e))));

    Task AbortAsync(JsonObject begun, string folder, string local) =>
        world.PostAsync($"{Parts}/abort/{folder}", new JsonObject { ["path"] = local, ["upload_id"] = (string)begun["upload_id"]! }.ToJsonString());

    static (int, string) Two((int Status, string Code, string Says) refused) => (refused.Status, refused.Code);

    static async Task EndAsync(NetworkStream stream)
    {
        try
        {
            await stream.CopyToAsync(Stream.Null);
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // the server ends a connection whose request broke off; by then it has let go of the upload
        }
    }
}
