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
        var file = await FileAsync(version, stop);
        return await OpenInRoomAsync(version, LoadedModel.Estimate(file.Bytes),
            async () => LoadedModel.Open(version, await ReadAsync(file, stop), Settings.Of(version.Asset), FiguresOf(version), stop));
    }

    async Task<VersionFile> FileAsync(VersionName version, CancellationToken stop) =>
        await metadata.VersionAsync(version, stop) is { } record && OnnxFileOf(record) is { } file ? file
        : throw new InferenceException(InferenceFault.NotFound, Message.Of("inference.no-version", ("model", version.Asset), ("version", version.Number)));

    /// <summary>Takes memory for a model and opens it in there.</summary>
    async Task<LoadedModel> OpenInRoomAsync(VersionName version, long bytes, Func<Task<LoadedModel>> open)
    {
        MakeRoom(version, bytes);
        try
        {
            var model = await open();
            model.Lane = new(model, engine, clock);
            model.LastUsed = clock.GetTimestamp();
            loaded[version] = model;
            return model;
        }
        catch
        {
            Interlocked.Add(ref taken, -bytes);
            throw;
        }
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
            failed[version] = (clock.GetTimestamp(), e);
            throw;
        }
        catch (Exception e) when (e is KumikiException or IOException)
        {
            var why = new InferenceException(InferenceFault.Unavailable, Message.Of("inference.unloadable", ("version", version), ("reason", e.Message)), e);
            failed[version] = (clock.GetTimestamp(), why);
            throw why;
        }
    }

    async Task<byte[]> ReadAsync(VersionFile file, CancellationToken stop)
    {
        await using var stream = artifacts.Open(file.Content);
        var bytes = new byte[file.Bytes];
        await stream.ReadExactlyAsync(bytes, stop);
        return bytes;
    }

    /// <summary>Takes memory for a version, from those that were used longest ago; what runs stays.</summary>
    /// <exception cref="InferenceException">It does not fit.</exception>
    void MakeRoom(VersionName version, long bytes)
    {
        lock (room)
        {
            if (bytes > Settings.MemoryBytes)
                throw new InferenceException(InferenceFault.Unavailable,
                    Message.Of("inference.too-big", ("version", version), ("bytes", bytes), ("most", Settings.MemoryBytes)));
            if (taken + bytes > Settings.MemoryBytes)
            {
                foreach (var model in loaded.Values.OrderBy(m => m.LastUsed).ToList())
                {
                    if (taken + bytes <= Settings.MemoryBytes) break;
                    if (model.TryLeave()) Forget(model);
                }
            }
            if (taken + bytes > Settings.MemoryBytes)
                throw new InferenceException(InferenceFault.Unavailable,
                    Message.Of("inference.memory-busy", ("version", version), ("most", Settings.MemoryBytes)));
            Interlocked.Add(ref taken, bytes);
        }
    }

    void Forget(LoadedModel model)
    {
        if (!loaded.TryRemove(new(model.Version, model))) return;
        model.Lane.Dispose();
        Interlocked.Add(ref taken, -model.Bytes);
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
        if (ready) return [.. loaded.Values.Where(m => m.Signature.Parts is []).Select(m => m.Version).Order().Select(v => new ShelvedModel(v, ModelState.Ready, null))];
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
