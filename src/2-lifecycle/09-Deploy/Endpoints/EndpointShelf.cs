using System.Collections.Concurrent;
using System.Collections.Frozen;
using Kumiki.Onnx;
using Kumiki.Store;

namespace Kumiki.Serving;

/// <summary>The endpoints of the release that is live. It follows production: when a release goes live its models are loaded first, then all its endpoints take over in one step; requests under way
/// keep the release they began with.</summary>
sealed partial class EndpointShelf : IAsyncDisposable
{
    readonly IMetadataStore metadata;
    readonly IArtifactStore artifacts;
    readonly ModelShelf models;
    readonly TimeProvider clock;
    readonly Sessions sessions;
    readonly ConcurrentDictionary<string, EndpointFigures> figures = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<(string Endpoint, VersionName Model), Breaker> breakers = new();
    readonly SemaphoreSlim looking = new(1);
    readonly CancellationTokenSource stopping = new();
    Task following = Task.CompletedTask;
    LiveRelease? live;

    public EndpointShelf(IMetadataStore metadata, IArtifactStore artifacts, ModelShelf models, TimeProvider clock) =>
        (this.metadata, this.artifacts, this.models, this.clock, sessions, trail) = (metadata, artifacts, models, clock, new(clock), new(metadata));

    public IReadOnlyDictionary<string, EndpointFigures> Figures => figures;

    /// <summary>Where answers are logged; null: nowhere.</summary>
    public EndpointLog? Log { get; init; }

    /// <summary>The release that is live, as last seen; null before the first look.</summary>
    public LiveRelease? Seen => live;

    /// <summary>The release that is live: within some 250 ms of its going live, and at once where the caller knows of a newer one.</summary>
    /// <param name="atLeast">The oldest release that will do.</param>
    /// <exception cref="InferenceException">An older one is live.</exception>
    public async ValueTask<LiveRelease> LiveAsync(int atLeast, CancellationToken stop)
    {
        var now = await NewestAsync(atLeast, stop);
        return now.Number >= atLeast ? now
            : throw new InferenceException(InferenceFault.Unavailable, Message.Of("endpoint.older-release", ("asked", atLeast), ("live", now.Number)));
    }

    /// <summary>An endpoint of a release.</summary>
    /// <exception cref="InferenceException">There is none such.</exception>
    public static LiveEndpoint Find(LiveRelease release, string name)
    {
        if (release.Endpoints.TryGetValue(name, out var endpoint)) return endpoint;
        throw release.Unanswerable.Where(v => v.Asset == name).Select(v => (VersionName?)v).FirstOrDefault() is { } old
            ? new InferenceException(InferenceFault.Unavailable, Message.Of("endpoint.old", ("endpoint", old), ("asset", old.Asset)))
            : new InferenceException(InferenceFault.NotFound, Message.Of("endpoint.none", ("endpoint", name.Length <= 80 ? name : name[..80] + "…"),
                ("endpoints", string.Join(", ", release.Endpoints.Keys.Order(StringComparer.Ordinal).DefaultIfEmpty("-")))));
    }

    /// <summary>Logs a request whose rows could not be read.</summary>
    /// <param name="id">What its caller calls it; empty or too long: it gets a name.</param>
    public void Unreadable(LiveRelease release, LiveEndpoint endpoint, ReadOnlySpan<byte> body, string id, Message why)
    {
        var now = clock.GetUtcNow();
        // Of pictures nothing is logged but what they are called and how long they are: of a body that could not be read, nobody knows where they are.
        if (endpoint.Schema.HasPictures) body = [];
        Log?.Unreadable(release, endpoint, body, id is { Length: > 0 and <= Predictions.PredictionLog.MostId } ? id : Guid.CreateVersion7(now).ToString("N"), now, why);
    }

    // ── following production ──

    async Task<LiveRelease> LookAsync(LiveRelease? seen, CancellationToken stop)
    {
        await looking.WaitAsync(stop);
        try
        {
            if (live is { } now && now != seen) return now;
            var revision = live is null ? await metadata.RevisionAsync(stop) : (long?)null;
            await TakeAsync(stop);
            if (revision is { } from) following = Task.Run(() => FollowAsync(from, stopping.Token), CancellationToken.None);
            return live!;
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
                for (var taken = false; !taken;)
                {
                    await looking.WaitAsync(stop);
                    try
                    {
                        await TakeAsync(stop);
                        taken = true;
                    }
                    catch (Exception e) when (e is KumikiException or IOException or UnauthorizedAccessException)
                    {
                        // the store cannot be read just now: the release before goes on answering until it can
                    }
                    finally
                    {
                        looking.Release();
                    }
                    await Task.Delay(taken ? BetweenLooks : AfterTrouble, clock, stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the server stops
        }
    }

    /// <summary>Between two looks: clients log thousands of times a second, and each is a change.</summary>
    static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    /// <summary>Before a release that could not be read is looked at again.</summary>
    static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(1);

    /// <summary>Makes the release of the store the one that answers, once its models are in memory.</summary>
    async Task TakeAsync(CancellationToken stop)
    {
        var production = await metadata.ProductionAsync(stop);
        if (live is { } now && now.Revision == production.Revision) return;
        var next = await ReadAsync(production, stop);
        if (live is not null)
        {
            foreach (var run in next.Endpoints.Values.SelectMany(e => e.Decisions).SelectMany(RunsOf).DistinctBy(r => string.Join('+', r))) await WarmAsync(run, stop);
        }
        live = next;
        foreach (var gone in breakers.Keys.Where(b => !next.Endpoints.TryGetValue(b.Endpoint, out var endpoint) || endpoint.Decisions.All(d => d.Model != b.Model))) breakers.TryRemove(gone, out _);
    }

    /// <summary>The releases that are open, whose endpoints and rows others take over where they have the same.</summary>
    IEnumerable<LiveRelease> Open => live is { } now ? pins.Select(p => p.Release).Prepend(now) : pins.Select(p => p.Release);

    async Task<LiveRelease> ReadAsync(Production production, CancellationToken stop)
    {
        var versions = await metadata.VersionsAsync([.. production.Set.Select(s => new VersionName(s.Key, s.Value))], stop);
        var (endpoints, old) = (new Dictionary<string, LiveEndpoint>(StringComparer.Ordinal), new List<VersionName>());
        foreach (var version in versions.Values.Where(v => v.Kind == AssetKind.Endpoint))
        {
            if (version.Files.FirstOrDefault(f => f.Path == EndpointPlan.FileName) is not { } file)
            {
                old.Add(version.Name);
                continue;
            }
            var open = Open.Select(r => r.Endpoints.GetValueOrDefault(version.Asset));
            if (open.FirstOrDefault(e => e?.Version == version.Name && e.Decisions.SelectMany(d => d.Parts).All(IsHeld) && IsCurrent(e)) is { } before)
            {
                endpoints[version.Asset] = before;
                continue;
            }
            var plan = EndpointPlan.Read(await File.ReadAllBytesAsync(await artifacts.PathAsync(file.Content, stop), stop));
            endpoints[version.Asset] = EndpointOf(version.Name, plan, await PrecomputedAsync(version.Asset, plan, versions, production, stop));
        }
        foreach (var together in endpoints.Values.SelectMany(e => e.Decisions).Where(d => d.Parts.Count > 1)) await CutIntoRunsAsync(together, stop);
        return new(production.Release, production.Revision, endpoints.ToFrozenDictionary(StringComparer.Ordinal)) { Unanswerable = old };

        bool IsHeld(LiveDecision decision) => Holds(decision.Model) && (decision.Threshold is not { } threshold || Holds(threshold));

        bool Holds(VersionName version) => production.Set.TryGetValue(version.Asset, out var number) && number == version.Number;

        bool IsCurrent(LiveEndpoint endpoint) => endpoint.Precomputed is null || (endpoint.Precomputed.Rows is { } rows && Holds(rows.Version));

        LiveEndpoint EndpointOf(VersionName name, EndpointPlan plan, LivePrecomputed? precomputed) => new(name, plan, Decision(name.Asset, plan.Decision),
            [.. plan.Fallbacks.Select(f => (f, f is PlannedFallback.Smaller other ? Decision(name.Asset, other.Decision) : null))], figures.GetOrAdd(name.Asset, static _ => new()))
        {
            Precomputed = precomputed,
        };

        LiveDecision Decision(string endpoint, PlannedDecision plan)
        {
            if (plan.Rule is DecisionRule.OfParts several)
            {
                List<LiveDecision> parts = [.. several.Parts.Select(p => Decision(endpoint, p))];
                var whole = ModelShelf.WholeOf([.. parts.Select(p => p.Model).Distinct()]);
                return new(whole, parts, several, breakers.GetOrAdd((endpoint, whole), static (_, time) => new(time), clock));
            }
            // The release's fit rule holds each of them in production.
            var model = new VersionName(plan.Model, production.Set[plan.Model]);
            VersionName? threshold = plan.Threshold is { } cut ? new(cut, production.Set[cut]) : null;
            return new(model, threshold, plan.Rule, breakers.GetOrAdd((endpoint, model), static (_, time) => new(time), clock));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await following;
        looking.Dispose();
        opening.Dispose();
        stopping.Dispose();
    }
}
