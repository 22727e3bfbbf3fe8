using System.Text.Json;
using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>An input in the version in use.</summary>
public sealed class InputVersion
{
    readonly MakingRun making;
    readonly IArtifactStore artifacts;
    readonly bool isBehind;

    internal InputVersion(MakingRun making, VersionRecord version, IArtifactStore artifacts, bool isBehind = false) => (this.making, Record, this.artifacts, this.isBehind) = (making, version, artifacts, isBehind);

    /// <summary>What is known of the version; looking at it records nothing.</summary>
    public VersionRecord Record { get; }

    public VersionName Name => Record.Name;

    /// <summary>The local paths of its files below a folder, in order; records that the whole version was read.</summary>
    public async Task<IReadOnlyList<string>> PathsAsync(string folder, CancellationToken stop)
    {
        Whole();
        var paths = new List<string>();
        foreach (var file in Record.Files.Where(f => folder.Length == 0 || f.Path.StartsWith(folder + "/", StringComparison.Ordinal)))
            paths.Add(await artifacts.PathAsync(file.Content, stop));
        return paths;
    }

    /// <summary>The same, recording nothing: for what is only told about a version, such as a comparison with the last one.</summary>
    public async Task<IReadOnlyList<string>> PathsUnrecordedAsync(string folder, CancellationToken stop)
    {
        var paths = new List<string>();
        foreach (var file in Record.Files.Where(f => f.Path.StartsWith(folder + "/", StringComparison.Ordinal))) paths.Add(await artifacts.PathAsync(file.Content, stop));
        return paths;
    }

    /// <summary>The local path of one file; records that the whole version was read.</summary>
    public Task<string> PathAsync(string path, CancellationToken stop)
    {
        Whole();
        return artifacts.PathAsync(FileOf(path).Content, stop);
    }

    /// <summary>One file's bytes; records that the whole version was read.</summary>
    public async Task<byte[]> BytesAsync(string path, CancellationToken stop)
    {
        Whole();
        return await File.ReadAllBytesAsync(await artifacts.PathAsync(FileOf(path).Content, stop), stop);
    }

    /// <summary>One part, kept as a JSON file <c>parts/NAME.json</c>; records that this part was read, and only this.</summary>
    public T Part<T>(string name)
    {
        var digest = Record.Part(name) ?? throw new KumikiException(Message.Of("making.no-part", ("version", Name), ("part", name)));
        if (!isBehind) making.Read(Record, name, digest);
        using var stream = artifacts.Open(FileOf($"parts/{name}.json").Content);
        return JsonSerializer.Deserialize<T>(stream, JsonSerializerOptions.Web)!;
    }

    /// <summary>Records that the whole version was read.</summary>
    public void Whole()
    {
        if (!isBehind) making.Read(Record, "", Record.Content);
    }

    /// <summary>The version that this one was made from, such as the dataset a model was trained on, whichever version of it is in use now. Reading it counts as reading this one, which it is a part of the history of.</summary>
    /// <exception cref="KumikiException">This version was not made from that asset.</exception>
    public async Task<InputVersion> BehindAsync(Asset asset, CancellationToken stop)
    {
        Whole();
        var use = Record.Inputs.FirstOrDefault(i => i.Version.Asset == asset.Name && i.Read.Count > 0) ?? throw new KumikiException(Message.Of("making.not-behind", ("version", Name), ("input", asset.Name)));
        return new(making, await making.RecordAsync(use.Version, stop), artifacts, isBehind: true);
    }

    /// <summary>This version and those of the same asset before it, the first one first. Reading them counts as reading this one: versions never change, so its number says which they are.</summary>
    public async Task<IReadOnlyList<InputVersion>> WithEarlierAsync(CancellationToken stop)
    {
        Whole();
        return [.. (await making.EarlierAsync(Name, stop)).Select(v => new InputVersion(making, v, artifacts, isBehind: true)), this];
    }

    /// <summary>The run that made it, with every point of its series; looking at it records nothing.</summary>
    /// <exception cref="KumikiException">The run is no longer there.</exception>
    public async Task<(RunRecord Run, IReadOnlyList<MetricPoint> Series)> MakingAsync(CancellationToken stop) => await making.RunAsync(Record.MadeBy, stop);

    VersionFile FileOf(string path) =>
        Record.Files.FirstOrDefault(f => f.Path == path) ?? throw new KumikiException(Message.Of("making.no-file", ("version", Name), ("file", path)));
}
