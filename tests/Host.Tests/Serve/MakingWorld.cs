using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Kumiki.Making;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>A project with a family of two blends and a parameter of each type, served; what is made runs until it is cancelled.</summary>
public sealed class MakingWorld : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-making-").FullName;
    readonly Project project = new Project().Add<Harvest>().Add<Blend>();
    DataFolder data = null!;
    Workplace place = null!;
    HttpClient? client;

    internal KumikiServer Server { get; private set; } = null!;
    internal IMetadataStore Metadata => data.Metadata;
    internal HttpClient Http => client ??= new() { BaseAddress = Server.Address };

    public async Task InitializeAsync()
    {
        data = DataFolder.Open(folder, TimeProvider.System);
        // A step that ends when it is asked to, and makes nothing.
        place = new(data.Metadata, data.Artifacts, ProgramClosure.Current(typeof(MakingWorld).Assembly), folder, Path.Combine(folder, "checkpoints"),
            new Dictionary<string, string>(), ["/bin/sh", "-c", "exec sleep 600"], TimeProvider.System);
        foreach (var bags in new[] { "3", "4" })
            Assert.IsType<MakingEnd.Made>(Assert.Single(await new Maker(Graph(new ParameterSetting("harvest", "bags", bags)), place).MakeAsync(new("harvest"), null, default)));
        await data.Metadata.MoveStagesAsync([("harvest", "staging", 1)], "mika", "", default);
        Assert.IsType<MakingEnd.Made>(Assert.Single(await new Maker(Graph(new ParameterSetting("blend", "rounds", "20")), place).MakeAsync(new("blend.mocha"), null, default)));
        Server = await KumikiServer.StartAsync(
            new()
            {
                Name = "Coffee",
                DataFolder = folder,
                Metadata = data.Metadata,
                Artifacts = data.Artifacts,
                Author = "mika",
                Project = (settings, _) =>
                {
                    var graph = Graph([.. settings]);
                    return Task.FromResult(new ServedProject(graph, new(graph, place)));
                },
            },
            ServeAddress.Of("127.0.0.1", 0), default);
    }

    ProjectGraph Graph(params ParameterSetting[] settings) => ProjectGraph.Build(project, settings);

    internal async Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(string path, string body)
    {
        using var response = await Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    /// <summary>A run when it has ended.</summary>
    internal async Task<RunRecord> EndedAsync(RunId run)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var _ in data.Metadata.ChangesAsync(-1, limit.Token))
            if (await data.Metadata.RunAsync(run, limit.Token) is { State: not RunState.Running } ended) return ended;
        throw new InvalidOperationException($"{run} did not end.");
    }

    public async Task DisposeAsync()
    {
        client?.Dispose();
        await Server.DisposeAsync();
        await data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    sealed class Harvest : Asset
    {
        [Parameter(Min = 1, Max = 9)] public int Bags { get; init; } = 3;

        public override AssetKind Kind => AssetKind.Dataset;

        protected override Task MakeAsync(MakingRun making, CancellationToken stop) => making.AddBytesAsync("bags", new byte[] { (byte)Bags }, stop);
    }

    public enum Degree { Light, City, French }

#pragma warning disable CS9113 // what an asset asks for is its dependency
    [Keys("mocha", "kilimanjaro")]
    sealed class Blend(FamilyKey key, Harvest harvest) : Asset
#pragma warning restore CS9113
    {
        [Parameter(Min = 1, Max = 500)] public int Rounds { get; init; } = 10;
        [Parameter(Min = 0.01, Max = 1)] public double Rate { get; init; } = 0.1;
        [Parameter] public Degree Degree { get; init; } = Degree.City;
        [Parameter] public bool Washed { get; init; }
        [Parameter] public string Note { get; init; } = "";

        public override AssetKind Kind => AssetKind.Model;

        protected override Task MakeAsync(MakingRun making, CancellationToken stop) => making.AddBytesAsync("roast", new[] { (byte)Rounds }, stop);
    }
}
