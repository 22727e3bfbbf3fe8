namespace Kumiki.Store;

/// <summary>Where assets, versions, runs, stages and releases are kept. Every write is durable when its task ends, and is all or nothing.</summary>
/// <remarks>Several processes share one store. One contract suite runs against every implementation.</remarks>
public partial interface IMetadataStore : IAsyncDisposable
{
    /// <summary>Rises by one or more with every committed write of any process.</summary>
    Task<long> RevisionAsync(CancellationToken stop);

    /// <summary>Yields the newest revision whenever it has risen above <paramref name="after"/>, whoever wrote; ends only when cancelled.</summary>
    IAsyncEnumerable<long> ChangesAsync(long after, CancellationToken stop);

    // ── versions ──

    Task<VersionRecord?> VersionAsync(VersionName name, CancellationToken stop);

    /// <summary>Several versions at once; those that do not exist are left out.</summary>
    Task<IReadOnlyDictionary<VersionName, VersionRecord>> VersionsAsync(IReadOnlyCollection<VersionName> names, CancellationToken stop);

    /// <summary>The versions of one asset (or of all: null), newest first.</summary>
    /// <param name="before">Only versions that were there before the one this run made; for paging.</param>
    Task<IReadOnlyList<VersionRecord>> VersionsAsync(string? asset, int limit, RunId? before, CancellationToken stop);

    /// <summary>The newest version number of every asset that has one.</summary>
    Task<IReadOnlyDictionary<string, int>> NewestAsync(CancellationToken stop);

    /// <summary>The versions that really read some of <paramref name="name"/>, newest first.</summary>
    Task<IReadOnlyList<VersionRecord>> UsersOfAsync(VersionName name, int limit, CancellationToken stop);

    // ── runs ──

    /// <summary>Begins a run, or finds one with the same asset and making key that is running in a living process.</summary>
    Task<RunBegun> BeginRunAsync(string asset, RunPlan plan, ProcessIdentity owner, CancellationToken stop);

    /// <summary>A new attempt at a run (a retry, or a child process taking over): raises the fence, so that the attempt before can no longer commit.</summary>
    /// <returns>The new fence; null when the run has ended.</returns>
    Task<int?> BeginAttemptAsync(RunId run, ProcessIdentity owner, CancellationToken stop);

    /// <exception cref="KumikiException">No such run.</exception>
    Task AppendMetricsAsync(RunId run, IReadOnlyList<MetricPoint> points, CancellationToken stop);

    /// <summary>Appends to a run's log; sequence numbers are given by the store, rising by one from 1.</summary>
    /// <exception cref="KumikiException">No such run.</exception>
    Task AppendLogAsync(RunId run, IReadOnlyList<LogLine> lines, CancellationToken stop);

    /// <summary>Commits a run's result: a new version, or the existing one with the same content.</summary>
    /// <param name="generation">The store's collection generation when the first blob was put; see <see cref="CollectionAsync"/>.</param>
    Task<CommitEnd> CommitAsync(RunId run, int fence, NewVersion version, RunCost cost, long generation, CancellationToken stop);

    /// <summary>Ends a run without a result.</summary>
    /// <param name="state">Failed, Cancelled or Crashed.</param>
    /// <returns>False when the fence is not the newest or the run has ended.</returns>
    Task<bool> EndRunAsync(RunId run, int fence, RunState state, Message error, RunCost? cost, CancellationToken stop);

    /// <summary>Marks running runs of dead processes on this machine as crashed, and gives them.</summary>
    Task<IReadOnlyList<RunRecord>> EndCrashedAsync(Func<ProcessIdentity, bool> alive, CancellationToken stop);

    /// <summary>Keeps a trial that is over and was not begun in the store: the whole run in one write.</summary>
    /// <param name="plan">Its making key says what was tried; see <see cref="TriedAsync"/>.</param>
    /// <param name="points">Its metrics, in the order they were measured.</param>
    /// <param name="lines">Its log.</param>
    /// <returns>The run; an older one where the same was tried already, by another process perhaps, and then nothing is written.</returns>
    Task<RunId> AddTrialAsync(string asset, RunPlan plan, ProcessIdentity owner, TrialOutcome end, IReadOnlyList<MetricPoint> points, IReadOnlyList<LogLine> lines, CancellationToken stop);

    /// <summary>Ends a begun trial.</summary>
    /// <returns>False when the fence is not the newest or the run has ended.</returns>
    Task<bool> EndTrialAsync(RunId run, int fence, TrialOutcome end, CancellationToken stop);

    /// <summary>The trials that ended with figures, by making key: the first of each key.</summary>
    Task<IReadOnlyDictionary<Digest, RunRecord>> TriedAsync(string asset, IReadOnlyCollection<Digest> makingKeys, CancellationToken stop);

    Task<RunRecord?> RunAsync(RunId run, CancellationToken stop);

    /// <summary>Runs, newest first; of one asset or one state if named.</summary>
    Task<IReadOnlyList<RunRecord>> RunsAsync(string? asset, RunState? state, int limit, RunId? before, CancellationToken stop);

    /// <summary>Ended makings of an asset with this recipe key that have a result, newest first: candidates for reuse.</summary>
    Task<IReadOnlyList<RunRecord>> MakingsAsync(string asset, Digest recipeKey, int limit, CancellationToken stop);

    /// <summary>A run's points, of one metric if named: by name, each series in the order of appending.</summary>
    Task<IReadOnlyList<MetricPoint>> MetricsAsync(RunId run, string? name, CancellationToken stop);

    /// <summary>A run's log after a sequence number, in order.</summary>
    Task<IReadOnlyList<LogLine>> LogAsync(RunId run, long after, int limit, CancellationToken stop);

    // ── stages ──

    /// <summary>Every pointer but production.</summary>
    Task<IReadOnlyList<StagePointer>> StagesAsync(CancellationToken stop);

    /// <summary>Moves pointers, all or none; a null number takes a pointer away.</summary>
    /// <exception cref="KumikiException">One of them is <c>production</c>, which only a release moves.</exception>
    /// <returns>The version that does not exist, if one was named; then nothing moved.</returns>
    Task<VersionName?> MoveStagesAsync(IReadOnlyList<(string Asset, string Stage, int? Number)> moves, string by, string reason, CancellationToken stop);

    /// <summary>Moves of pointers, production's too, newest first.</summary>
    Task<IReadOnlyList<StageMove>> StageHistoryAsync(string? asset, int limit, CancellationToken stop);

    // ── releases ──

    Task<Production> ProductionAsync(CancellationToken stop);
    Task<ReleaseRecord?> ReleaseAsync(int number, CancellationToken stop);
    Task<IReadOnlyList<ReleaseRecord>> ReleasesAsync(int limit, int? before, CancellationToken stop);

    /// <summary>Keeps a checked candidate.</summary>
    /// <param name="draft">Its number and state are given by the store.</param>
    /// <exception cref="KumikiException">Its set names a version that does not exist.</exception>
    Task<ReleaseRecord> AddReleaseAsync(ReleaseRecord draft, CancellationToken stop);

    /// <summary>Moves a release on: from checked to rolling, live or withdrawn, from rolling to live or withdrawn. To Live: production becomes its set in one
    /// step, and the release that was live is withdrawn.</summary>
    /// <returns>False when production's revision is no longer the release's base, or the release was not in a state to move from; nothing changed.</returns>
    Task<bool> MoveReleaseAsync(int number, ReleaseState to, CancellationToken stop);

    // ── artifacts ──

    /// <summary>What was hashed before: an outside file's digest, if it has the same size, time and inode as then.</summary>
    Task<Digest?> KnownOutsideAsync(string path, long bytes, long modifiedTicks, long inode, CancellationToken stop);
    Task RememberOutsideAsync(IReadOnlyList<OutsideRead> files, CancellationToken stop);

    /// <summary>Keeps a program's files for as long as a run refers to it; said before the first run that does.</summary>
    /// <param name="closure">Blob of the manifest.</param>
    /// <param name="files">Blobs the manifest lists.</param>
    /// <param name="generation">As for <see cref="CommitAsync"/>.</param>
    /// <returns>Null when it is kept; else a collection began since, as with <see cref="CommitEnd.Collected"/>.</returns>
    Task<Collection?> KeepProgramAsync(Digest closure, IReadOnlyCollection<Digest> files, long generation, CancellationToken stop);

    /// <summary>Every blob that a version, a run's program, a client's artifact or the prediction log refers to.</summary>
    Task<IReadOnlySet<Digest>> ReferencedAsync(CancellationToken stop);

    /// <summary>The versions that hold a blob.</summary>
    Task<IReadOnlyList<VersionName>> HoldersAsync(Digest blob, CancellationToken stop);

    /// <summary>The collection's generation and the blobs it is removing just now.</summary>
    Task<Collection> CollectionAsync(CancellationToken stop);

    /// <summary>Begins a collection, or takes over one whose process died: raises the generation and dooms those of <paramref name="candidates"/> that
    /// nothing refers to.</summary>
    /// <returns>What is doomed now, with what a dead collector left; null while another living process collects.</returns>
    Task<Collection?> DoomAsync(IReadOnlyCollection<Digest> candidates, ProcessIdentity owner, CancellationToken stop);

    /// <summary>Ends the collection of blobs that were removed, or are not going to be.</summary>
    Task RemovedAsync(IReadOnlyCollection<Digest> removed, CancellationToken stop);

    /// <summary>Removes ended runs without a result, trials with figures excepted, that ended before <paramref name="before"/>, with their metrics and logs.</summary>
    /// <returns>How many; with <paramref name="dryRun"/>, how many there would be.</returns>
    Task<int> ForgetRunsAsync(DateTimeOffset before, bool dryRun, CancellationToken stop);
}

/// <summary>What a making hands to the store; the store gives it a number.</summary>
/// <param name="Version">Its name's number is ignored.</param>
/// <param name="Number">The number it has elsewhere: it gets that where it is higher than all of the asset's, else the next. Null: the next.</param>
public sealed record NewVersion(VersionRecord Version, int? Number = null);

/// <summary>How a trial ended: with figures, or with an error.</summary>
/// <param name="Figures">By name; empty where it failed.</param>
/// <param name="Error">Why it failed; null where it did not.</param>
public sealed record TrialOutcome(DateTimeOffset Started, IReadOnlyDictionary<string, double> Figures, Message? Error, RunCost Cost, IReadOnlyList<InputUse> Inputs, IReadOnlyList<OutsideRead> Outside)
{
    public RunState State => Error is null ? RunState.Tried : RunState.Failed;
}

/// <summary>How the beginning of a run ended.</summary>
public abstract record RunBegun
{
    RunBegun() { }

    public sealed record Started(RunId Run, int Fence) : RunBegun;

    /// <summary>The same making runs already.</summary>
    public sealed record Joined(RunId Run) : RunBegun;
}

/// <summary>How a commit ended.</summary>
public abstract record CommitEnd
{
    CommitEnd() { }

    public sealed record Made(VersionRecord Version) : CommitEnd;

    /// <summary>A version with this content was there already.</summary>
    public sealed record Existing(VersionRecord Version) : CommitEnd;

    /// <summary>A newer attempt has taken over, or the run has ended.</summary>
    public sealed record Fenced : CommitEnd;

    /// <summary>A collection began since the blobs were put: look whether they are all there, put what is gone, and commit with the new generation.</summary>
    public sealed record Collected(Collection Now) : CommitEnd;
}

/// <summary>The garbage collection of blobs.</summary>
/// <param name="Doomed">Blobs that a collection is removing, or was removing when its process died.</param>
/// <param name="Owner">The process that collects.</param>
public sealed record Collection(long Generation, IReadOnlySet<Digest> Doomed, ProcessIdentity? Owner);
