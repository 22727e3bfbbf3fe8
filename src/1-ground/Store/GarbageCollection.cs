namespace Kumiki.Store;

/// <summary>What a collection of blobs keeps and forgets.</summary>
public sealed record CollectionPolicy
{
    /// <summary>Blobs younger than this are kept: a making puts its files before it commits the version that names them.</summary>
    /// <value>One hour.</value>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Runs without a result are forgotten this long after they ended, with their metrics, logs and programs; null keeps them for ever.</summary>
    /// <value>90 days.</value>
    public TimeSpan? ForgetRunsAfter { get; init; } = TimeSpan.FromDays(90);
}

/// <summary>What a collection would do.</summary>
/// <param name="Removable">Old blobs that nothing refers to.</param>
/// <param name="Young">Blobs that nothing refers to yet, kept for the grace period.</param>
/// <param name="Referred">Blobs that a version or a run's program needs.</param>
public sealed record CollectionPlan(IReadOnlyList<StoredBlob> Removable, int Young, int Referred);

/// <summary>What a collection did, or with <paramref name="DryRun"/> would do.</summary>
/// <param name="Bytes">Bytes of the removed blobs.</param>
/// <param name="PartialBytes">Bytes that dead processes had left half-written.</param>
public sealed record CollectionReport(bool DryRun, IReadOnlyList<Digest> Removed, long Bytes, int Young, int RunsForgotten, long PartialBytes, Message Says);

/// <summary>Where the blobs of a version stand after a collection.</summary>
/// <param name="Generation">To commit with.</param>
/// <param name="Missing">Blobs that are gone and have to be put again first.</param>
public sealed record Settled(long Generation, IReadOnlyList<Digest> Missing);

/// <summary>Removes the blobs that no version and no run's program needs.</summary>
/// <remarks>
/// <para>1. Blobs are listed, and the old ones that nothing refers to are doomed in one transaction that raises the collection's generation. 2. They are
/// removed. 3. The doom is lifted.</para>
/// <para>Meanwhile a commit that names a doomed blob, or whose blobs were put under an older generation, is refused and looks again (<see
/// cref="SettleAsync"/>): so no version can name a blob that goes. A collector that dies between 1 and 3 is followed by the next, or by a commit that waits
/// for it. A blob that was put again since it was doomed is young, and stays.</para>
/// </remarks>
public static class GarbageCollection
{
    /// <summary>One at a time in this process; the metadata store keeps other processes out.</summary>
    static readonly SemaphoreSlim One = new(1);

    /// <summary>Decides for each blob.</summary>
    public static CollectionPlan Plan(IEnumerable<StoredBlob> blobs, IReadOnlySet<Digest> referenced, DateTimeOffset now, TimeSpan grace)
    {
        var removable = new List<StoredBlob>();
        int young = 0, referred = 0;
        foreach (var blob in blobs)
        {
            if (referenced.Contains(blob.Content)) referred++;
            else if (now - blob.Written < grace) young++;
            else removable.Add(blob);
        }
        return new(removable, young, referred);
    }

    /// <summary>Forgets expired runs, removes what dead processes left half-written, then collects blobs.</summary>
    /// <exception cref="KumikiException">Another process is collecting.</exception>
    public static async Task<CollectionReport> RunAsync(
        IMetadataStore metadata, IArtifactStore artifacts, CollectionPolicy policy, bool dryRun, TimeProvider clock, CancellationToken stop)
    {
        await One.WaitAsync(stop);
        try
        {
            var now = clock.GetUtcNow();
            var forgotten = policy.ForgetRunsAfter is { } age ? await metadata.ForgetRunsAsync(now - age, dryRun, stop) : 0;
            var partial = dryRun ? 0 : artifacts.CollectPartial();

            var plan = Plan(artifacts.List(), await metadata.ReferencedAsync(stop), now, policy.Grace);
            var bytes = plan.Removable.ToDictionary(b => b.Content, b => b.Bytes);
            IReadOnlyList<Digest> removed = [.. bytes.Keys];
            if (!dryRun)
            {
                var doomed = await metadata.DoomAsync(removed, LivingProcess.Current, stop) ?? throw await Busy(metadata, stop);
                removed = await RemoveAsync(metadata, artifacts, doomed, now - policy.Grace, stop);
            }
            var freed = removed.Sum(blob => bytes.GetValueOrDefault(blob));
            var says = dryRun
                ? Message.Of("store.would-collect", ("count", removed.Count), ("bytes", freed), ("young", plan.Young), ("runs", forgotten))
                : Message.Of("store.collected", ("count", removed.Count), ("bytes", freed), ("young", plan.Young), ("runs", forgotten));
            return new(dryRun, removed, freed, plan.Young, forgotten, partial, says);
        }
        finally
        {
            One.Release();
        }
    }

    /// <summary>After a commit was refused with <see cref="CommitEnd.Collected"/>: waits until none of <paramref name="needed"/> is doomed any more, ending the
    /// collection of a process that died, and says which of them are gone.</summary>
    public static async Task<Settled> SettleAsync(IMetadataStore metadata, IArtifactStore artifacts,
        IReadOnlyCollection<Digest> needed, CollectionPolicy policy, TimeProvider clock, CancellationToken stop)
    {
        for (; ; )
        {
            var revision = await metadata.RevisionAsync(stop);
            var now = await metadata.CollectionAsync(stop);
            if (!needed.Any(now.Doomed.Contains)) return new(now.Generation, [.. needed.Where(blob => !artifacts.Contains(blob))]);
            if (now.Owner is { } owner && LivingProcess.IsAlive(owner)) await NextChange(metadata, revision, stop);
            else await FinishAsync(metadata, artifacts, clock.GetUtcNow() - policy.Grace, stop);
        }
    }

    /// <summary>Ends what a dead collector began, if no other has yet.</summary>
    static async Task FinishAsync(IMetadataStore metadata, IArtifactStore artifacts, DateTimeOffset writtenBefore, CancellationToken stop)
    {
        await One.WaitAsync(stop);
        try
        {
            if (await metadata.DoomAsync([], LivingProcess.Current, stop) is { } left) await RemoveAsync(metadata, artifacts, left, writtenBefore, stop);
        }
        finally
        {
            One.Release();
        }
    }

    static async Task<IReadOnlyList<Digest>> RemoveAsync(
        IMetadataStore metadata, IArtifactStore artifacts, Collection doomed, DateTimeOffset writtenBefore, CancellationToken stop)
    {
        var removed = new List<Digest>();
        try
        {
            foreach (var blob in doomed.Doomed)
            {
                stop.ThrowIfCancellationRequested();
                if (artifacts.Remove(blob, writtenBefore)) removed.Add(blob);
            }
        }
        finally
        {
            // Also of those that were not removed: from here on this collection touches nothing, and whoever waits may go on.
            await metadata.RemovedAsync([.. doomed.Doomed], CancellationToken.None);
        }
        return removed;
    }

    static async Task<KumikiException> Busy(IMetadataStore metadata, CancellationToken stop) =>
        new(Message.Of("store.collection-runs", ("pid", (await metadata.CollectionAsync(stop)).Owner?.Pid)));

    static async Task NextChange(IMetadataStore metadata, long after, CancellationToken stop)
    {
        await foreach (var _ in metadata.ChangesAsync(after, stop)) return;
    }
}
