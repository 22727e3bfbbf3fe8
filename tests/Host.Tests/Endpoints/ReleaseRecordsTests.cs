using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Host.Tests.Serve;
using Kumiki.Hosting;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

/// <summary>A release is brought from its store into the data folder of a server that answers by it alone.</summary>
public sealed class ReleaseRecordsTests
{
    /// <summary>Writes a release as an image has it.</summary>
    static async Task<string> WriteAsync(EndpointWorld world, int number, string to)
    {
        var demo = world.World;
        var release = (await demo.Metadata.ReleaseAsync(number, default))!;
        Directory.CreateDirectory(to);
        await File.WriteAllBytesAsync(Path.Combine(to, ReleaseRecords.FileName), await ReleaseRecords.ReadAsync(ServedWorld.Of(demo).DataFolder, new(), demo.Metadata, release, default));
        foreach (var version in (await demo.Metadata.VersionsAsync([.. release.Set.Select(s => new VersionName(s.Key, s.Value))], default)).Values)
            foreach (var file in version.Files)
            {
                var path = Path.Combine(to, ReleaseRecords.PathOf(file.Content));
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Copy(await demo.Artifacts.PathAsync(file.Content, default), path, overwrite: true);
            }
        return to;
    }

    static async Task<JsonNode> AskAsync(string data, Func<HttpClient, Task<JsonNode>> ask)
    {
        await using var folder = DataFolder.Open(data, TimeProvider.System);
        var served = new Served
        {
            Name = "brought",
            DataFolder = data,
            Metadata = folder.Metadata,
            Artifacts = folder.Artifacts,
            Tracking = folder.Tracking,
            ReadOnly = true,
            AnswersOnly = true,
        };
        await using var server = await KumikiServer.StartAsync(served, ServeAddress.Of("127.0.0.1", 0), default);
        using var http = new HttpClient { BaseAddress = server.Address };
        return await ask(http);
    }

    static async Task<(int Status, JsonNode Said)> PostAsync(HttpClient http, string path, string body)
    {
        using var answer = await http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }

    static async Task<string> AnswerAsync(string data) => (await AskAsync(data, async http => (await PostAsync(http, "/api/endpoints/verdict/predict", """{"x": 1}""")).Said)) is var said
        ? $"{said["release"]} {said["model"]} {said["score"]} {said["answer"]}" : "";

    [Fact]
    public async Task It_answers_there_is_updated_and_rolled_back_and_what_was_logged_stays()
    {
        await using var world = await EndpointWorld.StartAsync();
        using var folder = new TemporaryFolder();
        await world.ReleaseAsync(1);
        var one = await WriteAsync(world, 1, Path.Combine(folder.Path, "one"));
        await world.ReleaseAsync(2);
        var two = await WriteAsync(world, 2, Path.Combine(folder.Path, "two"));
        var again = await WriteAsync(world, 1, Path.Combine(folder.Path, "again"));
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(one, ReleaseRecords.FileName)), await File.ReadAllBytesAsync(Path.Combine(again, ReleaseRecords.FileName)));
        var data = Path.Combine(folder.Path, "data");

        Assert.Equal(1, await ReleaseRecords.TakeAsync(one, data, TimeProvider.System, default));
        Assert.Equal("1 model@1 2 high", await AnswerAsync(data));
        Assert.Equal(1, await ReleaseRecords.TakeAsync(one, data, TimeProvider.System, default));
        Assert.Equal(2, await ReleaseRecords.TakeAsync(two, data, TimeProvider.System, default));
        Assert.Equal("2 model@2 3 high", await AnswerAsync(data));
        await ReleaseRecords.TakeAsync(one, data, TimeProvider.System, default);
        Assert.Equal("1 model@1 2 high", await AnswerAsync(data));

        await using (var taken = DataFolder.Open(data, TimeProvider.System))
        {
            Assert.Equal([(2, ReleaseState.Withdrawn), (1, ReleaseState.Live)], (await taken.Metadata.ReleasesAsync(10, null, default)).Select(r => (r.Number, r.State)));
            Assert.Equal(1, (await taken.Metadata.ProductionAsync(default)).Release);
        }
        var logged = await AskAsync(data, async http =>
        {
            var (made, refused) = (await PostAsync(http, "/api/releases", "{}"), await PostAsync(http, "/api/predictions/sql", """{"sql": "SELECT release, count(*) FROM verdict GROUP BY 1 ORDER BY 1"}"""));
            Assert.Equal((403, "serve.read-only"), (made.Status, (string)made.Said["id"]!));
            Assert.Equal(200, (await PostAsync(http, "/api/endpoints/verdict/outcomes", """{"id": "later", "value": true}""")).Status);
            return refused.Said["rows"]!;
        });
        Assert.Equal("""[["1","2"],["2","1"]]""", logged.ToJsonString());
    }

    [Fact]
    public async Task What_cannot_be_taken_is_refused_in_one_sentence_and_changes_nothing()
    {
        await using var world = await EndpointWorld.StartAsync();
        await using var other = await EndpointWorld.StartAsync();
        using var folder = new TemporaryFolder();
        await world.ReleaseAsync(1);
        await other.World.MakeAsync("another", AssetKind.Model, contents: [("model.onnx", EndpointWorld.Model(9))]);
        await other.ReleaseAsync(5);
        var one = await WriteAsync(world, 1, Path.Combine(folder.Path, "one"));
        var others = await WriteAsync(other, 1, Path.Combine(folder.Path, "others"));
        var data = Path.Combine(folder.Path, "data");
        await ReleaseRecords.TakeAsync(one, data, TimeProvider.System, default);

        Assert.Equal("store.brought-other", await RefusedAsync(others, data));
        Assert.Equal("1 model@1 2 high", await AnswerAsync(data));
        Assert.Equal("store.brought-own", await RefusedAsync(others, ServedWorld.Of(world.World).DataFolder));
        Assert.Equal("store.brought-unreadable", await RefusedAsync(Path.Combine(folder.Path, "nowhere"), data));

        var model = Directory.GetFiles(Path.Combine(one, "artifacts"), "*", SearchOption.AllDirectories).MaxBy(f => new FileInfo(f).Length)!;
        File.SetUnixFileMode(model, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var bytes = await File.ReadAllBytesAsync(model);
        bytes[^9] ^= 1;
        await File.WriteAllBytesAsync(model, bytes);
        var fresh = Path.Combine(folder.Path, "fresh");
        Assert.Equal("store.brought-damaged", await RefusedAsync(one, fresh));
        bytes[^9] ^= 1;
        await File.WriteAllBytesAsync(model, bytes);
        await ReleaseRecords.TakeAsync(one, fresh, TimeProvider.System, default);        // where the first start failed, the next one goes on
        Assert.Equal("1 model@1 2 high", await AnswerAsync(fresh));

        var records = Path.Combine(one, ReleaseRecords.FileName);
        await File.WriteAllTextAsync(records, (await File.ReadAllTextAsync(records)).Replace("kumiki-release/1", "kumiki-release/2", StringComparison.Ordinal));
        Assert.Equal("store.brought-unreadable", await RefusedAsync(one, data));

        static async Task<string> RefusedAsync(string from, string data) =>
            (await Assert.ThrowsAsync<KumikiException>(() => ReleaseRecords.TakeAsync(from, data, TimeProvider.System, default))).Says.Id;
    }
}
