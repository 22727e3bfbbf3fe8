using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Kumiki.Making;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>A server with a project: its graph, not only what was recorded.</summary>
public sealed class ProjectTests : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-project-").FullName;
    readonly Project project = new Project().Add<Beans>().Add<Roast>();
    DataFolder data = null!;
    Workplace place = null!;

    public async Task InitializeAsync()
    {
        data = DataFolder.Open(folder, TimeProvider.System);
        place = new(data.Metadata, data.Artifacts, ProgramClosure.Current(typeof(ProjectTests).Assembly), folder, Path.Combine(folder, "checkpoints"), new Dictionary<string, string>(), ["false"], TimeProvider.System);
        var made = await new Maker(Graph(), place).MakeAsync(new("beans"), null, default);
        Assert.IsType<MakingEnd.Made>(Assert.Single(made));
    }

    [Fact]
    public async Task Assets_not_made_yet_are_part_of_the_graph_with_their_parameters()
    {
        await using var server = await ServeAsync(() => Graph());
        using var http = new HttpClient { BaseAddress = server.Address };

        var graph = JsonNode.Parse(await http.GetStringAsync("api/graph"))!;
        var beans = JsonNode.Parse(await http.GetStringAsync("api/assets/beans"))!;

        Assert.True((bool)graph["hasProject"]!);
        Assert.Equal(["beans upToDate", "roast neverMade"], graph["nodes"]!.AsArray().Select(n => $"{n!["name"]} {n["freshness"]}"));
        Assert.Equal(["bags 3 false 1 9"], beans["parameters"]!.AsArray().Select(p => $"{p!["name"]} {p["value"]} {p["isSet"]} {p["min"]} {p["max"]}".ToLowerInvariant()));
        Assert.Equal("roast", (string)beans["users"]![0]!["name"]!);
    }

    [Fact]
    public async Task A_changed_parameter_makes_a_version_stale_as_soon_as_the_project_has_it()
    {
        var bags = "3";
        await using var server = await ServeAsync(() => Graph(new ParameterSetting("beans", "bags", bags)));
        using var http = new HttpClient { BaseAddress = server.Address };

        Assert.Equal("upToDate", (string)JsonNode.Parse(await http.GetStringAsync("api/assets/beans"))!["status"]!["freshness"]!);
        bags = "5";
        var status = JsonNode.Parse(await http.GetStringAsync("api/assets/beans"))!["status"]!;

        Assert.Equal("stale", (string)status["freshness"]!);
        Assert.Contains("3 → 5", (string)status["stale"]![0]!["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Versions_of_a_class_that_is_gone_are_still_shown_and_named_as_such()
    {
        await using var server = await ServeAsync(() => ProjectGraph.Build(new Project(), null));
        using var http = new HttpClient { BaseAddress = server.Address };

        var graph = JsonNode.Parse(await http.GetStringAsync("api/graph"))!;
        var beans = JsonNode.Parse(await http.GetStringAsync("api/assets/beans"))!["status"]!;

        Assert.Equal("""["beans"]""", graph["undeclared"]!.ToJsonString());
        Assert.False((bool)beans["declared"]!);
        Assert.Equal("unknown", (string)beans["freshness"]!);
    }

    [Fact]
    public async Task A_graph_with_faults_is_shown_with_all_of_them()
    {
        await using var server = await ServeAsync(() => ProjectGraph.Build(new Project().Add<Roast>(), null));
        using var http = new HttpClient { BaseAddress = server.Address };

        var graph = JsonNode.Parse(await http.GetStringAsync("api/graph"))!;

        Assert.Equal("graph.missing", (string)Assert.Single(graph["findings"]!.AsArray())!["says"]!["id"]!);
    }

    [Fact]
    public async Task What_is_up_to_date_is_answered_at_once_and_what_is_not_begins_in_a_process_of_its_own()
    {
        await using var server = await ServeAsync(() => Graph());
        using var http = new HttpClient { BaseAddress = server.Address };

        var (beansStatus, beans) = await MakeAsync(http, "beans");
        Assert.Equal((200, "reused", "beans@1", null), (beansStatus, (string)beans["end"]!, (string)beans["version"]!, beans["run"]));
        var (missing, refused) = await MakeAsync(http, "roast");
        Assert.Equal((409, "making.inputs-missing"), (missing, (string)refused["id"]!));
        await data.Metadata.MoveStagesAsync([("beans", "staging", 1)], "mika", "", default);
        var (roastStatus, roast) = await MakeAsync(http, "roast");
        Assert.Equal((202, "begun", "roast"), (roastStatus, (string)roast["end"]!, (string)roast["asset"]!));

        // Its process is 'false', which ends at once and makes nothing; the run says so, and the server goes on.
        var run = RunId.Parse((string)roast["run"]!);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var _ in data.Metadata.ChangesAsync(-1, limit.Token))
            if ((await data.Metadata.RunAsync(run, limit.Token))!.State != RunState.Running) break;
        Assert.Contains((await data.Metadata.RunAsync(run, default))!.State, new[] { RunState.Failed, RunState.Crashed });
        Assert.Equal("run", (string)JsonNode.Parse(await http.GetStringAsync("api/overview"))!["attention"]![0]!["rule"]!);
    }

    [Fact]
    public async Task A_making_that_cannot_begin_is_refused_with_what_is_missing()
    {
        await using var server = await ServeAsync(() => ProjectGraph.Build(new Project().Add<Roast>(), null));
        using var http = new HttpClient { BaseAddress = server.Address };

        var (status, answer) = await MakeAsync(http, "roast");

        Assert.Equal(409, status);
        Assert.Contains("Beans", (string)answer["detail"]!, StringComparison.Ordinal);
    }

    static async Task<(int Status, JsonNode Answer)> MakeAsync(HttpClient http, string asset)
    {
        using var response = await http.PostAsync($"api/assets/{asset}/makings", new StringContent("{}", System.Text.Encoding.UTF8, "application/json"));
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    Task<KumikiServer> ServeAsync(Func<ProjectGraph> graph) => KumikiServer.StartAsync(
        new()
        {
            Name = "Coffee",
            DataFolder = folder,
            Metadata = data.Metadata,
            Artifacts = data.Artifacts,
            Project = (_, _) => Task.FromResult(Now(graph())),
        },
        ServeAddress.Of("127.0.0.1", 0), default);

    ServedProject Now(ProjectGraph graph) => new(graph, new(graph, place));

    ProjectGraph Graph(params ParameterSetting[] settings) => ProjectGraph.Build(project, settings);

    public async Task DisposeAsync()
    {
        await data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    sealed class Beans : Asset
    {
        [Parameter(Min = 1, Max = 9)] public int Bags { get; init; } = 3;

        public override AssetKind Kind => AssetKind.Dataset;

        protected override async Task MakeAsync(MakingRun making, CancellationToken stop) => await making.AddBytesAsync("bags", new byte[] { (byte)Bags }, stop);
    }

#pragma warning disable CS9113 // what an asset asks for is its dependency
    sealed class Roast(Beans beans) : Asset
#pragma warning restore CS9113
    {
        public override AssetKind Kind => AssetKind.Model;

        protected override Task MakeAsync(MakingRun making, CancellationToken stop) => making.AddBytesAsync("roast", new byte[1], stop);
    }
}
