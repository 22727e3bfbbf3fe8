using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Kumiki.Ground.Tests.Onnx;
using Kumiki.Host.Tests.Serve;
using Kumiki.Host.Tests.Tracking;
using Kumiki.Hosting;
using Kumiki.Importing;
using Kumiki.Making;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Releasing;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Endpoints;

public sealed record Photo(string? Id, [Picture] byte[] Image);

public enum PhotoVerdict { Publish, Review, Suspend }

public sealed class HeadOne : ImportedModel;

public sealed class HeadTwo : ImportedModel;

public sealed class HeadThree : ImportedModel;

public sealed class HeadFour : ImportedModel;

public sealed class HeadFive : ImportedModel;

/// <summary>Its outputs are the verdicts.</summary>
public sealed class HeadSix : ImportedModel;

/// <summary>What six heads on one backbone say of a photo.</summary>
public sealed class PhotoCheck(HeadOne one, HeadTwo two, HeadThree three, HeadFour four, HeadFive five, HeadSix six) : Endpoint<Photo, PhotoVerdict>
{
    public override Decision Decision => Decision.Strictest([PhotoVerdict.Suspend, PhotoVerdict.Review, PhotoVerdict.Publish],
    [
        .. new Asset[] { one, two, three, four, five }.Select(m => Decision.At(m, 0.9, PhotoVerdict.Suspend, 0.5, PhotoVerdict.Review, PhotoVerdict.Publish)),
        Decision.Top(six, 2),
    ]);
}

/// <summary>A cut that would have to be learnt on rows that nobody has.</summary>
public sealed class HeadCut(HeadOne one) : Threshold(one)
{
    public override Choice Choose(Scored validation) => throw new InvalidOperationException("nothing to choose on");
}

/// <summary>A project that decides on photos by models that were made elsewhere, and a server over it.</summary>
sealed class HeadsWorld : IAsyncDisposable
{
    /// <summary>The classes of the heads, and of what is decided by them.</summary>
    public static readonly Type[] All =
        [typeof(HeadOne), typeof(HeadTwo), typeof(HeadThree), typeof(HeadFour), typeof(HeadFive), typeof(HeadSix), typeof(PhotoCheck)];

    public static readonly string[] Names = ["head-one", "head-two", "head-three", "head-four", "head-five", "head-six"];

    readonly TemporaryFolder folder = new();
    readonly Project project = new();
    readonly DataFolder data;
    readonly Workplace place;

    public HeadsWorld(params Type[] assets)
    {
        foreach (var asset in assets) project.Add(asset);
        data = DataFolder.Open(Path.Combine(folder.Path, "data"), TimeProvider.System);
        place = new(data.Metadata, data.Artifacts, ProgramClosure.Current(typeof(HeadsWorld).Assembly), folder.Path,
            Path.Combine(folder.Path, "checkpoints"), new Dictionary<string, string>(), ["false"], TimeProvider.System);
    }

    /// <summary>One that has brought six heads in, made and released the endpoint, and serves it.</summary>
    public static async Task<HeadsWorld> StartAsync()
    {
        var world = new HeadsWorld(All);
        foreach (var (number, name) in Names.Index()) await world.BringAsync(name, number + 1);
        await world.ReleaseAsync(await world.MakeAsync("photo-check"));
        world.Server = await KumikiServer.StartAsync(
            new()
            {
                Name = "photos",
                DataFolder = world.data.Path,
                Metadata = world.Metadata,
                Artifacts = world.Artifacts,
                Tracking = world.data.Tracking,
            },
            ServeAddress.Of("127.0.0.1", 0), default);
        world.Http = new(new SocketsHttpHandler()) { BaseAddress = world.Server.Address, Timeout = TimeSpan.FromMinutes(2) };
        return world;
    }

    public IMetadataStore Metadata => data.Metadata;
    public IArtifactStore Artifacts => data.Artifacts;
    public KumikiServer? Server { get; private set; }
    public HttpClient Http { get; private set; } = new();

    public ProjectGraph Graph => ProjectGraph.Build(project);
    public Maker Maker => new(Graph, place);

    /// <summary>A head's file: of one score, or of the three verdicts.</summary>
    public static byte[] Head(string name, int seed)
    {
        if (name != "head-six") return BackbonePackage.Head(seed).ToBytes();
        var random = new Random(seed);
        var graph = new OnnxGraph("classes",
            [new("embedding", TensorType.Float, [OnnxModel.Free, 1408])], [new("score", TensorType.Float, [OnnxModel.Free, 3])],
            [new("MatMul", ["embedding", "weights"], ["logits"]), new("Softmax", ["logits"], ["score"])],
            [OnnxConstant.Of("weights", Enumerable.Range(0, 3 * 1408).Select(_ => (random.NextSingle() - 0.5f) / 8).ToArray(), 1408, 3)], []);
        return new ModelOutputs(["Publish", "Review", "Suspend"], []).On(OnnxModel.Read(BackbonePackage.Onnx).UpTo("embedding").Append(new(graph))).ToBytes();
    }

    /// <summary>Brings a head in as the next version of its asset, and stages it.</summary>
    public async Task<VersionName> BringAsync(string name, int seed)
    {
        var path = Path.Combine(folder.Path, $"{name}.onnx");
        await File.WriteAllBytesAsync(path, Head(name, seed));
        var imports = new ImportedModels(Metadata, Artifacts, data.Tracking, new ModelCheck(TrackingWorld.Program, Artifacts),
            new("", "", 0, 0, "", new Dictionary<string, string>(), new Dictionary<string, string>()),
            (asset, _) => Task.FromResult(Graph.Find(asset) is { IsBroughtIn: false }), TimeProvider.System);
        var (version, isNew) = await imports.BringAsync(name, path, null, default);
        Assert.True(isNew);
        await StageAsync(version.Name);
        return version.Name;
    }

    public async Task StageAsync(VersionName version) =>
        Assert.Null(await Metadata.MoveStagesAsync([(version.Asset, "staging", version.Number)], "test", "", default));

    /// <summary>Makes an asset and stages it.</summary>
    public async Task<VersionName> MakeAsync(string asset)
    {
        var end = (await Maker.MakeAsync(new(asset) { Upstream = true }, null, default))[^1];
        Assert.True(end.Result is not null, end is MakingEnd.Failed failed ? failed.Why.In("en") : end.ToString());
        await StageAsync(end.Result!.Name);
        return end.Result.Name;
    }

    /// <summary>Releases all that is staged.</summary>
    public async Task<int> ReleaseAsync(VersionName leads)
    {
        var end = await new Releases(Metadata, Artifacts, TimeProvider.System, "test").ReleaseAsync(new() { Reason = leads.ToString() });
        return Assert.IsType<ReleaseEnd.Live>(end).Release.Number;
    }

    public async Task<(int Status, JsonNode Answer)> SendAsync(HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/endpoints/photo-check/predict") { Content = content };
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var response = await Http.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    public static HttpContent Json(string json) => new StringContent(json, System.Text.Encoding.UTF8, "application/json");

    public static HttpContent Body(byte[] picture, string type = "image/jpeg") =>
        new ByteArrayContent(picture) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    public async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(path))!;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (Server is not null) await Server.DisposeAsync();
        await data.DisposeAsync();
        folder.Dispose();
    }
}
