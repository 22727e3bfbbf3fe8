using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Kumiki.Client;
using Kumiki.Host.Tests.Tracking;
using Kumiki.Journeys;
using Xunit;

namespace Kumiki.Host.Tests.Client;

public sealed class TransferTests(TrackingWorld world) : IClassFixture<TrackingWorld>, IDisposable
{
    static readonly TrackingOptions Quick = new()
    {
        Linger = TimeSpan.Zero,
        RetryFor = TimeSpan.FromSeconds(60),
        PartsFrom = 1 << 20,
        PartBytes = 200_000,
    };

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-transfer-").FullName;

    TrackingClient Client(string? at = null, TrackingOptions? options = null) => new(at ?? world.Server.Address.ToString(), options ?? Quick);

    string NewFile(string name, int bytes, int seed = 1)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var content = new byte[bytes];
        new Random(seed).NextBytes(content);
        File.WriteAllBytes(path, content);
        return path;
    }

    static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    int ScratchFiles => Directory.EnumerateFiles(Path.Combine(world.Place, "artifacts", "tmp"), "*", SearchOption.AllDirectories).Count();

    [Fact]
    public async Task Files_and_folders_go_and_come_back_to_the_byte()
    {
        await using var client = Client();
        await using var run = await client.StartRunAsync("files");
        var model = Path.Combine(folder, "model");
        NewFile("model/MLmodel", 100);
        NewFile("model/data/日本 豆+1.bin", 70_000, 2);
        var large = NewFile("weights.bin", 2_345_678, 3);
        NewFile("empty", 0);

        await run.LogArtifactAsync(model, "kept/model");
        await run.LogArtifactAsync(large);
        await run.LogArtifactAsync(Path.Combine(folder, "empty"), "/kept/");
        await run.LogArtifactAsync("hello"u8.ToArray(), "notes/a.txt");

        Assert.Equal([new("kept", null), new("notes", null), new("weights.bin", 2_345_678)], await client.ArtifactsAsync(run.Id));
        Assert.Equal([new("kept/empty", 0), new("kept/model", null)], await client.ArtifactsAsync(run.Id, "kept"));
        var into = Path.Combine(folder, "back");
        Assert.Equal(Path.Combine(into, "kept"), await client.DownloadAsync(run.Id, "kept", into));
        Assert.Equal(Hash(Path.Combine(model, "data/日本 豆+1.bin")), Hash(Path.Combine(into, "kept/model/data/日本 豆+1.bin")));
        Assert.Equal("hello", await File.ReadAllTextAsync(await client.DownloadAsync(run.Id, "notes/a.txt", into)));
        Assert.Equal(Hash(large), Hash(await client.DownloadAsync(run.Id, "weights.bin", into)));
        Assert.Empty(Directory.EnumerateFiles(into, "*.part", SearchOption.AllDirectories));
        Assert.Equal("client.no-file", (await Assert.ThrowsAsync<KumikiException>(() => run.LogArtifactAsync(Path.Combine(folder, "none")))).Says.Id);
        Assert.Equal("RESOURCE_DOES_NOT_EXIST", (await Assert.ThrowsAsync<TrackingRefusedException>(() => client.DownloadAsync(run.Id, "none", into))).Code);
        foreach (var path in new[] { "../x", "a/../../x", "a/./x", "a//x", "a\\x" })
            Assert.Equal("client.bad-path", (await Assert.ThrowsAsync<KumikiException>(() => run.LogArtifactAsync("x"u8.ToArray(), path))).Says.Id);
    }

    [Fact]
    public async Task A_large_file_goes_in_parts_though_lines_break_and_the_server_is_started_anew()
    {
        await using var line = new FaultyLine(world.Server.Address.Port);
        await using var client = Client(line.Address, Quick with { PartsAtOnce = 1 });
        await using var run = await client.StartRunAsync("parts");
        var large = NewFile("large.bin", 3_000_000, 4);

        line.Losing = ("PUT /api/2.0/mlflow-artifacts/mpu/part/", 3, 0);
        await run.LogArtifactAsync(large, "first");
        line.Losing = ("POST /api/2.0/mlflow-artifacts/mpu/complete/", 1, 0);
        await run.LogArtifactAsync(large, "second");

        Assert.Equal(4, line.Lost);
        line.Losing = ("PUT /api/2.0/mlflow-artifacts/mpu/part/", 4, 0);
        var sending = run.LogArtifactAsync(large, "third");
        await Task.WhenAny(sending, LostAsync(line, 5));
        await world.StopAsync();
        await world.StartAsync();
        line.Port = world.Server.Address.Port;
        await sending;

        foreach (var place in new[] { "first", "second", "third" })
            Assert.Equal(Hash(large), Hash(await client.DownloadAsync(run.Id, $"{place}/large.bin", Path.Combine(folder, place))));
        Assert.Equal(0, ScratchFiles);
    }

    static async Task LostAsync(FaultyLine line, int count)
    {
        while (line.Lost < count) await Task.Delay(5);
    }

    [Fact]
    public async Task A_server_that_is_killed_leaves_parts_until_the_next_command_only()
    {
        using var demo = new Demo();
        using var server = demo.Start([], ["serve", "--port", "0"]);
        var address = (await server.LineAsync("answers on")).Split(' ').First(word => word.StartsWith("http://", StringComparison.Ordinal));
        using var http = new HttpClient { BaseAddress = new(address) };
        using var begun = await http.PostAsync("/api/2.0/mlflow-artifacts/mpu/create/0",
            new StringContent("""{"path": "f", "num_parts": 2}""", null, "application/json"));
        var part = (string)JsonNode.Parse(await begun.Content.ReadAsStringAsync())!["credentials"]![0]!["url"]!;
        using (var put = await http.PutAsync(part, new ByteArrayContent(new byte[100_000]))) put.EnsureSuccessStatusCode();
        var scratch = demo.PathOf(".kumiki/artifacts/tmp");

        await server.SignalAsync("KILL");
        await server.EndAsync();

        Assert.Single(Directory.EnumerateFiles(scratch, "*", SearchOption.AllDirectories));
        await demo.MustAsync("gc");
        Assert.Empty(Directory.EnumerateFiles(scratch, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task An_upload_that_is_cancelled_or_refused_leaves_nothing_on_the_server()
    {
        await using var client = Client();
        await using var run = await client.StartRunAsync("cancelled upload");
        var large = NewFile("large.bin", 20_000_000, 5);
        await run.LogArtifactAsync("a file"u8.ToArray(), "taken");

        var refused = await Assert.ThrowsAsync<TrackingRefusedException>(() => run.LogArtifactAsync(large, "taken"));
        using var stop = new CancellationTokenSource();
        var sending = run.LogArtifactAsync(large, "elsewhere", stop.Token);
        while (ScratchFiles == 0 && !sending.IsCompleted) await Task.Delay(1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);

        Assert.Equal("INVALID_PARAMETER_VALUE", refused.Code);
        Assert.Equal(0, ScratchFiles);
        Assert.Equal(["taken"], (await client.ArtifactsAsync(run.Id)).Select(f => f.Path));
    }

    [Fact]
    public async Task A_download_whose_line_breaks_goes_on_where_it_broke()
    {
        await using var line = new FaultyLine(world.Server.Address.Port);
        await using var client = Client(line.Address);
        await using var run = await client.StartRunAsync("broken line");
        var large = NewFile("large.bin", 5_000_000, 6);
        await run.LogArtifactAsync(large);

        line.Losing = ("GET /api/2.0/mlflow-artifacts/artifacts/", 2, 1_500_000);
        var back = await client.DownloadAsync(run.Id, "large.bin", Path.Combine(folder, "back"));

        Assert.Equal(2, line.Lost);
        Assert.Equal(Hash(large), Hash(back));
    }

    [Fact]
    public async Task Models_are_registered_found_named_and_downloaded()
    {
        await using var line = new FaultyLine(world.Server.Address.Port);
        await using var client = Client(line.Address);
        await using var run = await client.StartRunAsync("registry");
        await run.LogArtifactAsync("flavors: {}"u8.ToArray(), "model/MLmodel");
        line.Losing = ("POST /api/2.0/mlflow/model-versions/create", 1, 0);

        var first = await client.Models.RegisterAsync("it's beans", run, "model", "the first");
        var second = await client.Models.RegisterAsync("it's beans", run, "/model/");
        await client.Models.SetAliasAsync("it's beans", "champion", 1);
        await client.Models.SetAliasAsync("it's beans", "champion", 2);

        Assert.Equal(1, line.Lost);
        Assert.Equal((1, 2, run.Id, "the first"), (first.Number, second.Number, first.RunId, first.Description));
        Assert.Equal([2, 1], (await LoggingTests.ListAsync(client.Models.VersionsAsync("it's beans"))).Select(v => v.Number));
        Assert.Equal(2, (await client.Models.VersionAsync("it's beans", "champion")).Number);
        Assert.Equal(2, (await client.Models.ModelAsync("it's beans")).Aliases["champion"]);
        Assert.Contains(await LoggingTests.ListAsync(client.Models.SearchAsync()), m => m.Name == "it's beans");
        var back = await client.Models.DownloadAsync(await client.Models.VersionAsync("it's beans", 1), folder);
        Assert.Equal("flavors: {}", await File.ReadAllTextAsync(Path.Combine(back, "MLmodel")));
        await client.Models.DeleteAliasAsync("it's beans", "champion");
        await Assert.ThrowsAsync<TrackingRefusedException>(() => client.Models.VersionAsync("it's beans", "champion"));
        var byRun = await client.Models.RegisterAsync("by run", $"runs:/{run.Id}/model", run.Id);
        back = await client.Models.DownloadAsync(byRun, Path.Combine(folder, "again"));
        Assert.Equal("flavors: {}", await File.ReadAllTextAsync(Path.Combine(back, "MLmodel")));
        var elsewhere = await client.Models.RegisterAsync("elsewhere", "s3://bucket/model");
        Assert.Equal("client.kept-elsewhere", (await Assert.ThrowsAsync<KumikiException>(() => client.Models.DownloadAsync(elsewhere, folder))).Says.Id);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
