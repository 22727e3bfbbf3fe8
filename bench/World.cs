using Kumiki.Making;
using Kumiki.Releasing;
using Kumiki.Store;
using Kumiki.Store.Sqlite;

namespace Kumiki.Bench;

/// <summary>A project and an empty data folder, used as the command line uses them, without its words.</summary>
sealed class World : IAsyncDisposable
{
    readonly Project project;
    readonly string folder;
    readonly DataFolder data;
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> taken = new Dictionary<string, IReadOnlyDictionary<string, long>>();

    /// <param name="folder">Where the project's files are; its data are in a folder below.</param>
    public World(string folder, params Type[] assets)
    {
        this.folder = folder;
        project = new Project { Folder = folder, Name = "bench" };
        foreach (var asset in assets) project.Add(asset);
        data = DataFolder.Open(Path.Combine(folder, "data"), TimeProvider.System);
    }

    /// <summary>The keys of every family whose keys are data.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    public IArtifactStore Artifacts => data.Artifacts;

    public IMetadataStore Metadata => data.Metadata;

    /// <summary>Fsyncs so far: those of blobs and folders, and the database's commits, each of which is one.</summary>
    public (long Blobs, long Commits) Fsyncs => (FolderStore.Fsyncs, ((SqliteMetadataStore)data.Metadata).Commits);

    public ProjectGraph Graph() => ProjectGraph.Build(project, [], (dataset, column) => taken.GetValueOrDefault($"{dataset}/{column}") ?? Keys.ToDictionary(k => k, _ => 1L));

    /// <summary>Opens families by the data that is in use now.</summary>
    public async Task TakeKeysAsync(CancellationToken stop) => taken = await FamilyKeys.ReadAsync(project, data.Metadata, data.Artifacts, stop);

    public Task StageAsync(IEnumerable<VersionName> versions, CancellationToken stop) => Releases.StageAsync([.. versions], "", stop);

    public Releases Releases => new(data.Metadata, data.Artifacts, TimeProvider.System, "bench");

    /// <summary>As at the start of a program: nothing is known of an earlier call.</summary>
    public Maker Maker(ProjectGraph graph) => new(graph, new Workplace(data.Metadata, data.Artifacts, ProgramClosure.Current(typeof(World).Assembly), folder,
        Path.Combine(folder, "checkpoints"), new Dictionary<string, string>(), ["false"], TimeProvider.System));

    /// <summary>The run that a making ended with.</summary>
    public async Task<RunRecord> RunOfAsync(MakingEnd end, CancellationToken stop)
    {
        var run = end switch { MakingEnd.Made made => made.Run, MakingEnd.Reused { Run: { } again } => again, _ => throw Unexpected(end) };
        return (await data.Metadata.RunAsync(run, stop))!;
    }

    public static BenchmarkException Unexpected(MakingEnd end) => new(end is MakingEnd.Failed failed ? failed.Why.In("en") : $"{end.Asset} ended as {end.GetType().Name}.");

    public ValueTask DisposeAsync() => data.DisposeAsync();
}
