using System.Collections.Concurrent;
using System.Globalization;
using Kumiki.Store;
using Kumiki.Tracking;

namespace Kumiki.Serving;

/// <summary>The models that can be asked, of which some are in memory: a version is loaded at its first request, and the one used longest ago leaves when room
/// is needed.</summary>
/// <remarks>It follows the store's pointers while it is used: a release is served within a second, and the version that it replaces answers until the new one
/// is loaded.</remarks>
sealed partial class ModelShelf : IAsyncDisposable
{
    /// <summary>How long a version that could not be loaded is not tried again.</summary>
    static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    /// <summary>How long it is said of a version that it could not be loaded, where nobody asks for it again.</summary>
    static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);

    /// <summary>Between two looks at the pointers: clients log thousands of times a second, and each is a change.</summary>
    static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    readonly IMetadataStore metadata;
    readonly IArtifactStore artifacts;
    readonly ITrackingStore? tracking;
    readonly TimeProvider clock;
    readonly EngineThreads engine = new();
    readonly ConcurrentDictionary<VersionName, LoadedModel> loaded = new();
    readonly ConcurrentDictionary<VersionName, Task<LoadedModel>> loading = new();
    readonly ConcurrentDictionary<VersionName, (long At, InferenceException Why)> failed = new();
    readonly ConcurrentDictionary<string, bool> unloaded = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<VersionName, ModelFigures> figures = new();
    readonly CancellationTokenSource stopping = new();
    readonly Lock room = new();
    readonly SemaphoreSlim looking = new(1);
    Pointers? pointers;
    Task following = Task.CompletedTask;
    long taken;
    int asked;
    readonly CancellationTokenSource drain = new();
    readonly long[] refused = new long[Enum.GetValues<InferenceFault>().Length];
    long evicted, left;

    public ModelShelf(IMetadataStore metadata, IArtifactStore artifacts, ITrackingStore? tracking, ServingSettings settings, TimeProvider clock)
    {
        (this.metadata, this.artifacts, this.tracking, Settings, this.clock) = (metadata, artifacts, tracking, settings, clock);
    }

    public ServingSettings Settings { get; }

    /// <summary>Bytes of the models in memory, as estimated.</summary>
    public long TakenBytes => Interlocked.Read(ref taken);

    /// <summary>Whether it answers what it was asked, and is asked nothing more.</summary>
    public bool IsDraining => drain.IsCancellationRequested;

    /// <summary>Tells when it begins to drain.</summary>
    public CancellationToken Draining => drain.Token;

    public IReadOnlyCollection<LoadedModel> Loaded => [.. loaded.Values];
    public IReadOnlyDictionary<VersionName, ModelFigures> Figures => figures;

    /// <summary>Requests that reached no model.</summary>
    public long RefusedOf(InferenceFault fault) => Interlocked.Read(ref refused[(int)fault]);

    /// <summary>Versions that left the memory so that others could come.</summary>
    public long Evicted => Interlocked.Read(ref evicted);

    /// <summary>Versions that left the memory, for whatever reason.</summary>
    public long Left => Interlocked.Read(ref left);

    /// <summary>Versions whose last try to load failed, within the last minutes.</summary>
    public IReadOnlyList<VersionName> Unloadable => [.. failed.Where(f => clock.GetElapsedTime(f.Value.At) < Remembered).Select(f => f.Key).Order()];

    public ModelFigures FiguresOf(VersionName version) => figures.GetOrAdd(version, static _ => new());

    // ── asking ──

    /// <summary>A model to be asked; whoever takes it releases it.</summary>
    /// <param name="version">A number, a stage or an alias; null or empty: production's, else the staging one, else the newest.</param>
    /// <exception cref="InferenceException">There is none such, it was unloaded, or it cannot be loaded.</exception>
    public ValueTask<LoadedModel> UseAsync(string asset, string? version, CancellationToken stop)
    {
        if (pointers is { } now && now.Resolved.TryGetValue((asset, version), out var name) && loaded.TryGetValue(name, out var model) && unloaded.IsEmpty
            && !IsDraining && model.TryUse())
        {
            model.LastUsed = clock.GetTimestamp();
            return new(model);
        }
        return new(FindAsync(asset, version, stop));
    }

    async Task<LoadedModel> FindAsync(string asset, string? version, CancellationToken stop)
    {
        try
        {
            if (IsDraining) throw new InferenceException(InferenceFault.Unavailable, Message.Of("inference.stopping"));
            if (asset.Contains(Together, StringComparison.Ordinal)) return await UseTogetherAsync(asset, version, stop);
            var name = await ResolveAsync(asset, version, stop);
            if (unloaded.ContainsKey(asset)) throw Unloaded(asset);
            return await LoadAndUseAsync(name, stop);
        }
        catch (InferenceException e)
        {
            Interlocked.Increment(ref refused[(int)e.Fault]);
            throw;
        }
    }

    static InferenceException Unloaded(string asset) => new(InferenceFault.Unavailable, Message.Of("inference.unloaded", ("model", asset)));

    /// <summary>Counts a request that is under way, so that a server that stops waits for it; dispose to end it.</summary>
    /// <exception cref="InferenceException">The server stops.</exception>
    public Asking Ask()
    {
        Interlocked.Increment(ref asked);
        if (!IsDraining) return new(this);
        Interlocked.Decrement(ref asked);
        throw new InferenceException(InferenceFault.Unavailable, Message.Of("inference.stopping"));
    }

    public readonly struct Asking(ModelShelf shelf) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref shelf.asked);
    }

    /// <summary>Refuses what is asked from now on, and waits for what was asked before.</summary>
    public async Task DrainAsync(CancellationToken stop)
    {
        await drain.CancelAsync();
        while (Volatile.Read(ref asked) > 0) await Task.Delay(TimeSpan.FromMilliseconds(10), clock, stop);
    }

    // ── names ──

    /// <summary>The version that a name and a version text mean.</summary>
    /// <exception cref="InferenceException">There is none such.</exception>
    public async ValueTask<VersionName> ResolveAsync(string asset, string? version, CancellationToken stop)
    {
        var now = pointers ?? await LookAsync(null, stop);
        if (now.Resolved.TryGetValue((asset, version), out var known)) return known;
        // What is not known may have been made since the last look.
        var name = await FindAsync(now, asset, version, stop) ?? await FindAsync(now = await LookAsync(now, stop), asset, version, stop);
        if (name is not { } found)
            throw new InferenceException(InferenceFault.NotFound, string.IsNullOrEmpty(version) ? Message.Of("inference.no-model", ("model", Cut(asset)))
                : Message.Of("inference.no-version", ("model", Cut(asset)), ("version", Cut(version))));
        if (now.Resolved.Count < MostResolved) now.Resolved[(asset, version)] = found;      // 7, 07, 007 … are as many texts as a client likes
        return found;
    }

    const int MostResolved = 10_000;

    static string Cut(string text) => text.Length <= 80 ? text : text[..80] + "…";

    async Task<VersionName?> FindAsync(Pointers now, string asset, string? version, CancellationToken stop)
    {
        VersionName? name;
        if (string.IsNullOrEmpty(version)) name = now.Default(asset);
        else if (int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) name = new(asset, number);
        else name = now.Staged(asset, version) ?? await AliasedAsync(asset, version, stop);
        if (name is not { } found || await metadata.VersionAsync(found, stop) is not { } record) return null;
        if (record.Imported?.Refused is { } refused)
            throw new InferenceException(InferenceFault.Unavailable,
                Message.Of("inference.unloadable", ("version", found), ("reason", refused.ToString().TrimEnd('.'))));
        return OnnxFileOf(record) is null ? null : found;
    }

    async Task<VersionName?> AliasedAsync(string model, string alias, CancellationToken stop)
    {
        if (tracking is null) return null;
        try
        {
            return new(model, (await tracking.AliasedAsync(model, alias, stop)).Number);
        }
        catch (TrackingException e) when (e.Fault is TrackingFault.NotThere or TrackingFault.InvalidValue)
        {
            return null;
        }
    }

    /// <summary>The file of a version that is served: <c>model.onnx</c>, else the only ONNX file it has; of one made elsewhere only what a process of its own
    /// opened and found sound.</summary>
    static VersionFile? OnnxFileOf(VersionRecord version)
    {
        if (version.Imported is { } from) return from is { CanServe: true, CheckedBy: not null } ? version.Files.FirstOrDefault(f => f.Path == from.Onnx)
            : null;
        if (version.Files.FirstOrDefault(f => f.Path == "model.onnx") is { } file) return file;
        return version.Files.Where(f => f.Path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)).Take(2).ToList() is [var only] ? only : null;
    }

    // ── following the store ──

    /// <summary>Reads the pointers, unless somebody did since <paramref name="seen"/>.</summary>
    async Task<Pointers> LookAsync(Pointers? seen, CancellationToken stop)
    {
        await looking.WaitAsync(stop);
        try
        {
            if (pointers is { } now && now != seen) return now;
            // What changes after this number was read is looked at again.
            var revision = pointers is null ? await metadata.RevisionAsync(stop) : (long?)null;
            pointers = await Pointers.ReadAsync(metadata, stop);
            if (revision is { } from) following = Task.Run(() => FollowAsync(from, stopping.Token), CancellationToken.None);
            return pointers;
        }
        finally
        {
            looking.Release();
        }
    }

    async Task FollowAsync(long revision, CancellationToken stop)
    {
        try
        {
            await foreach (var _ in metadata.ChangesAsync(revision, stop))
            {
                try
                {
                    await SwapAsync(await Pointers.ReadAsync(metadata, stop), stop);
                }
                catch (KumikiException)
                {
                    // the store cannot be read just now: the pointers stay as they were, and the next change brings another look
                }
                await Task.Delay(BetweenLooks, clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the server stops
        }
    }

    /// <summary>Takes new pointers, once the versions that take over from one in memory are in memory too.</summary>
    async Task SwapAsync(Pointers next, CancellationToken stop)
    {
        var before = pointers!;
        foreach (var asset in loaded.Keys.Select(v => v.Asset).Distinct(StringComparer.Ordinal).ToList())
        {
            if (before.Default(asset) is not { } was || next.Default(asset) is not { } now || was == now || !loaded.ContainsKey(was)
                || unloaded.ContainsKey(asset)) continue;
            try
            {
                await InMemoryAsync(now, stop);
            }
            catch (InferenceException)
            {
                // it is served all the same, for it was released: its requests are told why it cannot be loaded
            }
        }
        foreach (var model in loaded.Values.Where(m => m.Signature.Parts.Count > 0).ToList())
        {
            var parts = model.Signature.Parts.Select(p => p.Version).ToList();
            var now = parts.ConvertAll(p => next.Default(p.Asset) ?? p);
            if (parts.Exists(p => before.Default(p.Asset) != p) || now.SequenceEqual(parts)) continue;
            try
            {
                (await UseTogetherAsync(now, stop)).Release();
            }
            catch (InferenceException)
            {
                // they share nothing any more, or cannot be loaded: their requests are told
            }
        }
        await looking.WaitAsync(stop);
        pointers = next;
        looking.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await drain.CancelAsync();
        await stopping.CancelAsync();
        await following;
        foreach (var task in loading.Values) await task.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        engine.Dispose();
        foreach (var model in loaded.Values)
        {
            model.Lane.Dispose();
            model.Dispose();
        }
        loaded.Clear();
        looking.Dispose();
        stopping.Dispose();
        drain.Dispose();
    }
}
