using System.Reflection;
using Kumiki.Importing;
using Kumiki.Making;
using Kumiki.Native;
using Kumiki.Queues;
using Kumiki.Store;
using Kumiki.Tracking;

namespace Kumiki;

/// <summary>A data folder that is open, and the project that works in it.</summary>
sealed class Session : IAsyncDisposable
{
    readonly DataFolder folder;
    readonly Assembly program;

    Session(Project project, Assembly program, DataFolder folder) => (Project, this.program, this.folder) = (project, program, folder);

    public Project Project { get; }
    public string Folder => folder.Path;

    /// <summary>The folder and the stores that are not in it, for people to read.</summary>
    public string Where => folder.Where;
    ProgramClosure Closure => field ??= ProgramClosure.Current(program);
    public IMetadataStore Metadata => folder.Metadata;
    public IArtifactStore Artifacts => folder.Artifacts;
    public ITrackingStore Tracking => folder.Tracking;
    public IMessageQueue Queue(QueueSettings settings) => folder.Queue(settings);
    public IQueueClaims Claims(QueueSettings settings) => folder.Claims(settings);
    public string CheckpointFolder => Path.Combine(folder.Path, "checkpoints");
    public static TimeProvider Clock => TimeProvider.System;

    /// <summary>Opens the folder, and clears up after processes that died.</summary>
    public static async Task<Session> OpenAsync(Project project, Assembly program, string path, StoreSettings stores, CancellationToken stop)
    {
        var folder = DataFolder.Open(path, Clock, stores);
        var session = new Session(project, program, folder);
        try
        {
            await session.Metadata.EndCrashedAsync(LivingProcess.IsAlive, stop);
            session.Artifacts.CollectPartial();
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>The graph as it stands now, with parameters set from outside and families opened by the data in use.</summary>
    public async Task<ProjectGraph> GraphAsync(IReadOnlyList<ParameterSetting>? settings, CancellationToken stop)
    {
        var keys = await FamilyKeys.ReadAsync(Project, Metadata, Artifacts, stop);
        return ProjectGraph.Build(Project, settings, (dataset, column) => keys.GetValueOrDefault($"{dataset}/{column}") ?? new Dictionary<string, long>());
    }

    public Maker MakerOf(ProjectGraph graph) => new(graph, PlaceOf());

    /// <summary>What takes models in that were trained elsewhere.</summary>
    public ImportedModels Imports() =>
        new(Metadata, Artifacts, Tracking, new(Itself(), Artifacts), Closure.Environment(Engines), IsDeclaredAsync, Clock);

    async Task<bool> IsDeclaredAsync(string asset, CancellationToken stop) => Project.Types.Count > 0 && (await GraphAsync(null, stop)).Find(asset) is { IsBroughtIn: false };

    public Workplace PlaceOf() => new(Metadata, Artifacts, Closure, Project.Folder, CheckpointFolder, Engines, StepCommand(), Clock);

    /// <summary>What makings compute with; no making decodes pictures.</summary>
    static IReadOnlyDictionary<string, string> Engines { get; } = NativeEngine.All.Where(e => e != NativeEngine.Vips)
        .ToDictionary(e => e.Library.Split(' ')[..^1] is var words ? string.Join(' ', words) : e.Library, e => e.Library.Split(' ')[^1]);

    /// <summary>This program, told to run one run.</summary>
    IReadOnlyList<string> StepCommand() => [.. Itself(), "run-step", "--data", Folder];

    /// <summary>The command that runs this program.</summary>
    string[] Itself()
    {
        var dll = Path.Combine(AppContext.BaseDirectory, program.GetName().Name + ".dll");
        var host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        return [host, dll];
    }

    public ValueTask DisposeAsync() => folder.DisposeAsync();
}
