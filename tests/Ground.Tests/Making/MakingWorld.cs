using System.Text;
using Kumiki.Making;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Ground.Tests.Making;

/// <summary>A data folder and a small project of notes: assets whose version is one text file.</summary>
sealed class MakingWorld : IAsyncDisposable
{
    readonly string root;
    readonly Project project;
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> keys = new Dictionary<string, IReadOnlyDictionary<string, long>>();
    DataFolder data;

    public MakingWorld(params Type[] assets)
    {
        root = Directory.CreateTempSubdirectory("kumiki-making-").FullName;
        Directory.CreateDirectory(Path.Combine(root, "program"));
        Code("the first code");
        project = new Project { Folder = root };
        foreach (var asset in assets) project.Add(asset);
        data = DataFolder.Open(Path.Combine(root, "data"), Clock);
    }

    public string Root => root;
    public IMetadataStore Store => data.Metadata;
    public IArtifactStore Artifacts => data.Artifacts;
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What the project's own assembly holds.</summary>
    public void Code(string code) => File.WriteAllText(Path.Combine(root, "program", "Notes.dll"), code);

    public ProjectGraph Graph(params string[] settings) => ProjectGraph.Build(project, [.. settings.Select(s => new ParameterSetting(s.Split('.')[0], s.Split('.', '=')[1], s.Split('=')[1]))],
        (dataset, column) => keys.GetValueOrDefault($"{dataset}/{column}") ?? new Dictionary<string, long>());

    /// <summary>Opens families by the data that is in use now.</summary>
    public async Task TakeKeysAsync() => keys = await FamilyKeys.ReadAsync(project, Store, Artifacts, CancellationToken.None);

    public Maker Maker(params string[] settings) => new(Graph(settings), new Workplace(data.Metadata, data.Artifacts, ProgramClosure.Of(Path.Combine(root, "program"), "Notes"), root,
        Path.Combine(root, "checkpoints"), new Dictionary<string, string>(), ["false"], Clock));

    public Task<IReadOnlyList<MakingEnd>> MakeAsync(MakeOrder order, params string[] settings) => Maker(settings).MakeAsync(order, null, CancellationToken.None);

    /// <summary>Makes one asset, and expects a version.</summary>
    public async Task<MakingEnd> MakeAsync(string asset, params string[] settings) => (await MakeAsync(new MakeOrder(asset), settings))[^1];

    public async Task StageAsync(params string[] versions)
    {
        var moves = versions.Select(v => VersionName.Parse(v)).Select(v => (v.Asset, "staging", (int?)v.Number)).ToList();
        Assert.Null(await Store.MoveStagesAsync(moves, "test", "", CancellationToken.None));
    }

    public async Task<string> TextAsync(MakingEnd end)
    {
        using var reader = new StreamReader(Artifacts.Open(end.Result!.Files[0].Content));
        return await reader.ReadToEndAsync();
    }

    /// <summary>The causes for which the version in use is out of date, as sentences.</summary>
    public async Task<string[]> WhyAsync(string asset, params string[] settings) => [.. (await Maker(settings).WhyAsync(asset, CancellationToken.None)).Causes.Select(c => c.Says.In("en"))];

    public async ValueTask DisposeAsync()
    {
        await data.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }
}

/// <summary>An asset whose version is a text.</summary>
abstract class Note : Asset
{
    public override AssetKind Kind => AssetKind.Other;

    protected internal override async Task MakeAsync(MakingRun making, CancellationToken stop) =>
        await making.AddBytesAsync("text", Encoding.UTF8.GetBytes(await TextAsync(making, stop)), stop);

    protected abstract Task<string> TextAsync(MakingRun making, CancellationToken stop);

    protected static async Task<string> ReadAsync(MakingRun making, Asset input, CancellationToken stop) => Encoding.UTF8.GetString(await making.Input(input).BytesAsync("text", stop));
}

sealed class Beans : Note
{
    [Parameter(Min = 1, Max = 9)] public int Bags { get; init; } = 1;
    [Parameter] public bool Shout { get; init; }

    protected override Task<string> TextAsync(MakingRun making, CancellationToken stop) => Task.FromResult($"{Bags} bags");
}

sealed class Roaster(Beans beans) : Note
{
    protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop) => $"roasted {await ReadAsync(making, beans, stop)}";
}

sealed class Grinder(Beans beans) : Note
{
    protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop) => $"ground {await ReadAsync(making, beans, stop)}";
}

sealed class Cup(Roaster roaster, Grinder grinder) : Note
{
    protected override async Task<string> TextAsync(MakingRun making, CancellationToken stop) => $"{await ReadAsync(making, roaster, stop)} + {await ReadAsync(making, grinder, stop)}";
}

/// <summary>Asks for beans, and never looks at them.</summary>
sealed class Picture(Beans beans) : Note
{
    protected override Task<string> TextAsync(MakingRun making, CancellationToken stop) => Task.FromResult(beans.Name);
}
