using System.Text;
using Kumiki.Native;
using Kumiki.Onnx;
using Kumiki.Store;
using Kumiki.Tracking;

namespace Kumiki.Importing;

public sealed partial class ImportedModels
{
    /// <summary>Where files that were brought in without a client are kept, below clients' artifacts.</summary>
    const string BroughtFolder = "kumiki/imports";

    /// <summary>Brings an ONNX file in as a version of an imported model: it is looked at, then registered as by a client, and so seen by
    /// clients too.</summary>
    /// <param name="name">The asset's name, and that of the registered model.</param>
    /// <param name="path">Its external data are taken from its own folder.</param>
    /// <param name="note">Kept as the registered version's description.</param>
    /// <returns>The version; an older one where the newest has these files already.</returns>
    /// <exception cref="KumikiException">The name is no asset's or is that of an asset that is made; there is no such file; or it is refused. Nothing is
    /// registered then.</exception>
    public async Task<(VersionRecord Version, bool IsNew)> BringAsync(string name, string path, string? note, CancellationToken stop)
    {
        if (!AssetName.IsValid(name) || name.Contains('.', StringComparison.Ordinal)) throw new KumikiException(Message.Of("imported.name", ("name", name)));
        if (await IsTakenAsync(name, stop)) throw new KumikiException(Message.Of("imported.name-taken", ("name", name)));
        if (!File.Exists(path)) throw new KumikiException(Message.Of("imported.no-file", ("path", path)));

        var generation = (await metadata.CollectionAsync(stop)).Generation;
        var (onnx, files) = await PutAsync(path, stop);
        await CatchUpAsync(name, stop);
        if (await SameAsync(name, onnx, files, stop) is { } same) return (same, false);
        var looked = await check.LookAsync(onnx, files, stop);
        if (await check.OpenAsync(looked, onnx, files, stop) is CheckEnd.Refused refused) throw new RefusedModelException(refused.Why);

        var content = Digest.OfParts([name, .. files.SelectMany(f => new[] { f.Path, f.Content.Hex })]);
        var description = MlModelFile.Written(onnx, new Guid(Convert.FromHexString(content.Hex[..32])));
        using (var bytes = new MemoryStream(Encoding.UTF8.GetBytes(description), writable: false))
        {
            var blob = await artifacts.PutAsync(bytes, stop);
            files.Add(new(MlModelFile.Name, blob.Content, blob.Bytes));
        }
        // Named for what is in it: after a kill, or when the files come back after others, the same files are there already.
        var folder = TrackedPath.Of($"{BroughtFolder}/{name}/{content.Hex[..32]}")!.Value;
        foreach (var file in files) await KeepAsync(folder.Below(file.Path)!.Value, file, generation, stop);
        var model = await RegisteredModelAsync(name, stop);
        var registered = await tracking.CreateVersionAsync(new(model, TrackedPath.Root + folder, null, null, note, null, []), stop);
        var taken = (ImportEnd.Taken)await TakeAsync(registered, asItIs: true, stop);
        return ((await metadata.VersionAsync(taken.Version, stop))!, true);
    }

    /// <summary>Puts the file, and what it keeps beside it.</summary>
    async Task<(string Onnx, List<VersionFile> Files)> PutAsync(string path, CancellationToken stop)
    {
        var (folder, onnx) = (Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path));
        if (TrackedPath.Of(onnx) is null || onnx == MlModelFile.Name) throw new KumikiException(Message.Of("imported.file-name", ("file", onnx)));
        var length = new FileInfo(path).Length;
        if (length == 0) throw new RefusedModelException(Message.Of("onnx.unreadable", ("at", 0)));
        if (length > int.MaxValue) throw new RefusedModelException(Message.Of("imported.too-long", ("file", onnx), ("most", int.MaxValue)));
        List<VersionFile> files = [await PutFileAsync(path, onnx, stop)];
        // From the copy: whatever happens to the file meanwhile, what is looked over is what is kept.
        using System.Buffers.IMemoryOwner<byte> bytes = MappedFile.Open(await artifacts.PathAsync(files[0].Content, stop));
        ForeignModel looked;
        try
        {
            looked = ForeignModel.Look(bytes.Memory, below => Beside(folder, below)?.Length);
        }
        catch (KumikiException e)
        {
            throw new RefusedModelException(e.Says);
        }
        foreach (var below in looked.External) files.Add(await PutFileAsync(Path.Combine(folder, below), below, stop));
        return (onnx, files);
    }

    /// <summary>A plain file below a folder: no link on the way leads out of it.</summary>
    static FileInfo? Beside(string folder, string below)
    {
        var at = folder;
        foreach (var name in below.Split('/'))
        {
            at = Path.Combine(at, name);
            if (new FileInfo(at).LinkTarget is not null) return null;
        }
        return File.Exists(at) ? new(at) : null;
    }

    async Task<VersionFile> PutFileAsync(string path, string name, CancellationToken stop)
    {
        await using var stream = File.OpenRead(path);
        var blob = await artifacts.PutAsync(stream, stop);
        return new(name, blob.Content, blob.Bytes);
    }

    /// <summary>Takes in what was registered of an asset and is none of its versions yet, as after a kill.</summary>
    async Task CatchUpAsync(string asset, CancellationToken stop)
    {
        var model = await OwnersAsync(asset, stop) is [var owner, ..] ? owner.Name : asset;
        var registered = await tracking.SearchVersionsAsync(
            new([new(SearchEntity.Attribute, "name", Comparison.Equal, model)], [new(SearchEntity.Attribute, "version_number", Descending: false)]),
            prompts: false, Page.Whole, stop);
        foreach (var version in registered.Where(v => v.Tags.All(t => t.Key != VersionTag))) await TakeAsync(version, asItIs: false, stop);
    }

    /// <summary>The newest version, where it has the same files.</summary>
    async Task<VersionRecord?> SameAsync(string name, string onnx, List<VersionFile> files, CancellationToken stop) =>
        await metadata.VersionsAsync(name, 1, null, stop) is [{ Imported: { Onnx: { } its, CanServe: true } } newest]
            && newest.Files.First(f => f.Path == its).Content == files.First(f => f.Path == onnx).Content
            && files.TrueForAll(f => f.Path == onnx || newest.Files.Any(n => n.Content == f.Content)) ? newest : null;

    async Task KeepAsync(TrackedPath path, VersionFile file, long generation, CancellationToken stop)
    {
        while (await tracking.KeepArtifactAsync(path, new(file.Content, file.Bytes), generation, stop) is not null)
        {
            var settled = await GarbageCollection.SettleAsync(metadata, artifacts, [file.Content], new(), clock, stop);
            if (settled.Missing.Count > 0) throw new KumikiException(Message.Of("tracking.collected", ("path", path)));
            generation = settled.Generation;
        }
    }

    /// <summary>The registered model of an asset, whatever clients call it; a new one of the asset's name where there is none.</summary>
    async Task<string> RegisteredModelAsync(string asset, CancellationToken stop)
    {
        if (await OwnersAsync(asset, stop) is [var owner, ..]) return owner.Name;
        try
        {
            await tracking.CreateModelAsync(asset, null, [], stop);
        }
        catch (TrackingException e) when (e.Fault == TrackingFault.AlreadyThere)
        {
            // a client's, of which nothing was taken in yet: its next version, then
        }
        return asset;
    }
}
