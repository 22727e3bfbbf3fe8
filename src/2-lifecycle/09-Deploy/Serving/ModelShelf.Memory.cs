using Kumiki.Native;
using Kumiki.Onnx;
using Kumiki.Store;

namespace Kumiki.Serving;

sealed partial class ModelShelf
{
    /// <summary>A version to be asked, whatever its stages are; whoever takes it releases it.</summary>
    /// <exception cref="InferenceException">It was unloaded, or cannot be loaded.</exception>
    public ValueTask<LoadedModel> UseAsync(VersionName version, CancellationToken stop)
    {
        if (!unloaded.IsEmpty && unloaded.ContainsKey(version.Asset)) throw Unloaded(version.Asset);
        if (!loaded.TryGetValue(version, out var model) || !model.TryUse()) return new(LoadAndUseAsync(version, stop));
        model.LastUsed = clock.GetTimestamp();
        return new(model);
    }

    async Task<LoadedModel> LoadAndUseAsync(VersionName version, CancellationToken stop)
    {
        while (true)
        {
            var model = await InMemoryAsync(version, stop);
            if (!model.TryUse()) continue;      // it left the memory meanwhile
            model.LastUsed = clock.GetTimestamp();
            return model;
        }
    }

    /// <summary>A version in memory, loaded by whoever comes first.</summary>
    Task<LoadedModel> InMemoryAsync(VersionName version, CancellationToken stop) => InMemoryAsync(version, token => LoadAsync(version, token), stop);

    /// <param name="load">Loads it; what goes wrong is kept for a while, so that not every request tries again.</param>
    async Task<LoadedModel> InMemoryAsync(VersionName version, Func<CancellationToken, Task<LoadedModel>> load, CancellationToken stop)
    {
        if (loaded.TryGetValue(version, out var model)) return model;
        if (failed.TryGetValue(version, out var before))
        {
            if (clock.GetElapsedTime(before.At) < Rest) throw new InferenceException(before.Why.Fault, before.Why.Says, before.Why);
            failed.TryRemove(version, out _);
        }
        using var span = ServingTrace.Source.StartActivity("load");
        // Not on the asking client's token: others wait for the same version.
        var task = loading.GetOrAdd(version, v => Task.Run(() => KeptAsync(v, load)));
        try
        {
            return await task.WaitAsync(stop);
        }
        finally
        {
            if (task.IsCompleted) loading.TryRemove(new(version, task));
        }
    }

    async Task<LoadedModel> LoadAsync(VersionName version, CancellationToken stop)
    {
        var (record, file) = await FileAsync(version, stop);
        var bytes = LoadedModel.Estimate(file.Bytes);
        MakeRoom(version, bytes);
        try
        {
            var model = await ReadAsync(file, stop);
            var external = External(record, file, model);
            var whole = LoadedModel.Estimate(file.Bytes + external.Sum(f => f.Bytes));
            if (whole > bytes) MakeRoom(version, whole - bytes, held: bytes);
            bytes = whole;
            return Shelve(await OpenAsync(version, bytes, model, external, stop));
        }
        catch
        {
            Interlocked.Add(ref taken, -bytes);
            throw;
        }
    }

    async Task<(VersionRecord Record, VersionFile File)> FileAsync(VersionName version, CancellationToken stop) =>
        await metadata.VersionAsync(version, stop) is { } record && OnnxFileOf(record) is { } file ? (record, file)
        : throw new InferenceException(InferenceFault.NotFound, Message.Of("inference.no-version", ("model", version.Asset), ("version", version.Number)));

    /// <summary>Puts an opened model where it is asked.</summary>
    LoadedModel Shelve(LoadedModel model)
    {
        model.Lane = new(model, engine, clock);
        model.LastUsed = clock.GetTimestamp();
        loaded[model.Version] = model;
        model.Figures.Loaded(succeeded: true);
        return model;
    }

    async Task<LoadedModel> KeptAsync(VersionName version, Func<CancellationToken, Task<LoadedModel>> load)
    {
        if (loaded.TryGetValue(version, out var there)) return there;
        try
        {
            return await load(stopping.Token);
        }
        catch (InferenceException e)
        {
            // That others take the room is over as soon as one of them ends; all else is not tried again at once.
            if (e.Says.Id != "inference.memory-busy") failed[version] = (clock.GetTimestamp(), e);
            FiguresOf(version).Loaded(succeeded: false);
            throw;
        }
        catch (Exception e) when (e is KumikiException or IOException)
        {
            var why = new InferenceException(InferenceFault.Unavailable, Message.Of("inference.unloadable", ("version", version), ("reason", e.Message)), e);
            failed[version] = (clock.GetTimestamp(), why);
            FiguresOf(version).Loaded(succeeded: false);
            throw why;
        }
    }

    /// <summary>The blobs that a version of a model is served from; none of a version that cannot be.</summary>
    /// <exception cref="KumikiException">A file of it is missing.</exception>
    public static async Task<IReadOnlyList<Digest>> ServedAsync(VersionRecord record, IArtifactStore artifacts, CancellationToken stop)
    {
        if (OnnxFileOf(record) is not { } file) return [];
        var model = await File.ReadAllBytesAsync(await artifacts.PathAsync(file.Content, stop), stop);
        return [file.Content, .. External(record, file, model).Select(f => f.Content)];
    }

    /// <summary>The files beside a model that was made elsewhere in which its tensors lie: whole files of that version, below the model's own folder.</summary>
    /// <exception cref="KumikiException">The model names another.</exception>
    static List<VersionFile> External(VersionRecord record, VersionFile file, byte[] model)
    {
        if (record.Imported is null || record.Files.Count == 1) return [];
        var folder = file.Path[..(file.Path.LastIndexOf('/') + 1)];
        var beside = record.Files.Where(f => f != file && f.Path.StartsWith(folder, StringComparison.Ordinal)).ToDictionary(f => f.Path[folder.Length..],
            StringComparer.Ordinal);
        return [.. ForeignModel.Look(model, below => beside.TryGetValue(below, out var there) ? there.Bytes : null).External
            .Select(below => beside[below] with { Path = below })];
    }

    async Task<LoadedModel> OpenAsync(VersionName version, long bytes, byte[] model, List<VersionFile> external, CancellationToken stop)
    {
        var (limits, counted) = (Settings.Of(version.Asset), FiguresOf(version));
        if (external.Count == 0) return LoadedModel.Open(version, model, null, bytes, limits, counted, stop);
        // A folder with the model and its tensors and nothing else; the engine keeps what it has opened of it.
        using var scratch = artifacts.NewScratch();
        foreach (var file in external)
        {
            var place = scratch.File(file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            var blob = await artifacts.PathAsync(file.Content, stop);
            if (!HardLink.Try(blob, place)) File.Copy(blob, place);
        }
        var path = scratch.File($"{Guid.NewGuid():n}.onnx");
        await File.WriteAllBytesAsync(path, model, stop);
        return LoadedModel.Open(version, model, path, bytes, limits, counted, stop);
    }

    async Task<byte[]> ReadAsync(VersionFile file, CancellationToken stop)
    {
        await using var stream = artifacts.Open(file.Content);
        var bytes = new byte[file.Bytes];
        await stream.ReadExactlyAsync(bytes, stop);
        return bytes;
    }

    /// <summary>Takes memory for a version, from those that were used longest ago; what runs stays.</summary>
    /// <param name="held">What it took already.</param>
    /// <exception cref="InferenceException">It does not fit.</exception>
    void MakeRoom(VersionName version, long bytes, long held = 0)
    {
        lock (room)
        {
            if (held + bytes > Settings.MemoryBytes)
                throw new InferenceException(InferenceFault.Unavailable,
                    Message.Of("inference.too-big", ("version", version), ("bytes", held + bytes), ("most", Settings.MemoryBytes)));
            if (taken + bytes > Settings.MemoryBytes)
            {
                var all = loaded.Values.OrderBy(m => m.LastUsed).ToList();
                // Where what runs leaves too little anyway, nothing is thrown out in vain.
                if (taken - all.Where(m => !m.IsUsed).Sum(m => m.Bytes) + bytes > Settings.MemoryBytes) throw Busy();
                foreach (var model in all)
                {
                    if (taken + bytes <= Settings.MemoryBytes) break;
                    if (!model.TryLeave()) continue;
                    Forget(model);
                    Interlocked.Increment(ref evicted);
                }
            }
            if (taken + bytes > Settings.MemoryBytes) throw Busy();
            Interlocked.Add(ref taken, bytes);
        }

        InferenceException Busy() => new(InferenceFault.Unavailable,
            Message.Of("inference.memory-busy", ("version", version), ("most", Settings.MemoryBytes)));
    }

    void Forget(LoadedModel model)
    {
        if (!loaded.TryRemove(new(model.Version, model))) return;
        model.Lane.Dispose();
        Interlocked.Add(ref taken, -model.Bytes);
        Interlocked.Increment(ref left);
    }

    // ── the repository ──

    /// <summary>Loads a model again that was unloaded, or loads it before its first request.</summary>
    /// <exception cref="InferenceException">There is none such, or it cannot be loaded.</exception>
    public async Task LoadAsync(string asset, string? version, CancellationToken stop)
    {
        var name = await ResolveAsync(asset, version, stop);
        failed.TryRemove(name, out _);
        await InMemoryAsync(name, stop);
        unloaded.TryRemove(asset, out _);
    }

    /// <summary>Takes every version of a model out of the memory and answers for it no more, until it is loaded or the server starts again. What runs
    /// ends.</summary>
    /// <exception cref="InferenceException">There is no such model.</exception>
    public async Task UnloadAsync(string asset, CancellationToken stop)
    {
        await ResolveAsync(asset, null, stop);
        unloaded[asset] = true;
        foreach (var model in loaded.Values.Where(m => m.Version.Asset == asset || m.Signature.Parts.Any(p => p.Version.Asset == asset)).ToList())
        {
            lock (room) Forget(model);
            model.Dispose();
        }
    }

    /// <summary>Whether a request of a version would be answered: it is there, was not unloaded, and did not fail to load just now.</summary>
    /// <exception cref="InferenceException">There is none such.</exception>
    public async ValueTask<bool> IsReadyAsync(string asset, string? version, CancellationToken stop)
    {
        var name = await ResolveAsync(asset, version, stop);
        return !IsDraining && !unloaded.ContainsKey(asset) && !(failed.TryGetValue(name, out var before) && clock.GetElapsedTime(before.At) < Rest);
    }

    /// <summary>Every version that could be served, with its state; by name, the newest version first.</summary>
    /// <param name="ready">Only those in memory.</param>
    public async Task<IReadOnlyList<ShelvedModel>> IndexAsync(bool ready, CancellationToken stop)
    {
        if (ready)
            return [.. loaded.Values.Where(m => m.Signature.Parts is []).Select(m => m.Version).Order().Select(v => new ShelvedModel(v, ModelState.Ready, null))];
        var now = pointers is { } seen ? await LookAsync(seen, stop) : await LookAsync(null, stop);
        var newest = await metadata.VersionsAsync([.. now.Newest], stop);
        var all = new List<ShelvedModel>();
        foreach (var asset in newest.Values.Where(v => v.Kind == AssetKind.Model || OnnxFileOf(v) is not null).Select(v =>
            v.Asset).Order(StringComparer.Ordinal))
        {
            RunId? before = null;
            IReadOnlyList<VersionRecord> page;
            do
            {
                page = await metadata.VersionsAsync(asset, PageOfVersions, before, stop);
                foreach (var version in page)
                {
                    before = version.MadeBy;
                    if (OnnxFileOf(version) is not null) all.Add(StateOf(version.Name));
                }
            }
            while (page.Count == PageOfVersions);
        }
        return all;
    }

    const int PageOfVersions = 200;

    ShelvedModel StateOf(VersionName version) =>
        unloaded.ContainsKey(version.Asset) ? new(version, ModelState.Unavailable, Message.Of("inference.unloaded", ("model", version.Asset)))
        : loaded.ContainsKey(version) ? new(version, ModelState.Ready, null)
        : loading.ContainsKey(version) ? new(version, ModelState.Loading, null)
        : failed.TryGetValue(version, out var before) ? new(version, ModelState.Unavailable, before.Why.Says)
        : new(version, ModelState.Unavailable, Message.Of("inference.loads-when-asked"));

    /// <summary>The versions of a model that could be asked for by number, newest first; at most 100.</summary>
    public async Task<IReadOnlyList<int>> VersionsAsync(string asset, CancellationToken stop) =>
        [.. (await metadata.VersionsAsync(asset, 100, null, stop)).Where(v => OnnxFileOf(v) is not null).Select(v => v.Name.Number)];
}

/// <summary>Where a version is.</summary>
enum ModelState { Ready, Loading, Unavailable }

/// <summary>A version that could be served.</summary>
/// <param name="Reason">Why it is not in memory.</param>
sealed record ShelvedModel(VersionName Version, ModelState State, Message? Reason);
