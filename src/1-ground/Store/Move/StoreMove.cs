using System.Collections.Concurrent;
using Kumiki.Store.Moving;
using Kumiki.Store.Postgres;
using Kumiki.Store.S3;

namespace Kumiki.Store;

/// <summary>What a move did, or with <paramref name="DryRun"/> would do.</summary>
/// <param name="Records">Rows by table; empty where the metadata stay.</param>
/// <param name="Blobs">How many; 0 where the artifacts stay.</param>
public sealed record MoveReport(bool DryRun, string From, string? Metadata, string? Artifacts, IReadOnlyDictionary<string, long> Records, int Blobs, long Bytes,
    Message Says);

/// <summary>How far a move has come.</summary>
/// <param name="What">A table, or <c>blobs</c>.</param>
/// <param name="IsChecking">Whether it is being compared, after it was copied.</param>
public readonly record struct MoveProgress(string What, long Done, long Of, bool IsChecking);

/// <summary>Copies every record and blob of a store into others that are empty, and compares them.</summary>
/// <remarks>
/// 1. Nothing runs, and nothing is lost that the other store has no place for. 2. Blobs, each hashed on its way. 3. Records, table by table in the order of
/// their keys, some thousands at a time. 4. Everything is read back and compared by count and digest, and the source has not changed. 5. In one step the new
/// store opens for others. Killed before that, it goes on where it was; the old store is only ever read.
/// </remarks>
public static class StoreMove
{
    const int BlobsAtOnce = 4;

    /// <param name="folder">The data folder.</param>
    /// <param name="from">Its stores now.</param>
    /// <param name="to">Where to: a null stays where it is. A folder for the metadata gets a <c>store.db</c>.</param>
    /// <exception cref="KumikiException">A server or run works in the store; the target is not empty; something changed or differs; each in its own
    /// sentence.</exception>
    public static async Task<MoveReport> RunAsync(string folder, StoreSettings from, StoreSettings to, bool dryRun, IProgress<MoveProgress>? progress,
        TimeProvider clock, CancellationToken stop)
    {
        if (to is { Metadata: null, Artifacts: null }) throw new KumikiException(Message.Of("store.move-nowhere"));
        using var alone = ServerLock.Take(folder, "kumiki move-store");
        await using var data = DataFolder.Open(folder, clock, from);
        await using var source = TablesOf(data.Path, from);
        await CheckIdleAsync(data.Metadata, stop);
        if (to.Metadata is not null && await source.UnknownAsync(stop) is { Count: > 0 } unknown)
            throw new KumikiException(Message.Of("store.move-unknown-tables", ("tables", string.Join(", ", unknown))));

        var revision = await source.RevisionAsync(stop);
        var blobs = to.Artifacts is null ? [] : data.Artifacts.List().ToList();
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        if (to.Metadata is not null)
            foreach (var table in RecordTable.All) counts[table.Name] = await source.CountAsync(table, stop);
        if (!dryRun)
        {
            if (to.Artifacts is { } artifacts) await BlobsAsync(data, blobs, artifacts, progress, stop);
            if (to.Metadata is { } metadata) await RecordsAsync(source, data.Where, revision, metadata, to, counts, progress, stop);
            if (await source.RevisionAsync(stop) != revision) throw new KumikiException(Message.Of("store.move-changed", ("store", data.Where)));
        }
        var bytes = blobs.Sum(b => b.Bytes);
        return new(dryRun, data.Where, to.Metadata, to.Artifacts, counts, blobs.Count, bytes,
            dryRun
                ? Message.Of("store.would-move", ("records", counts.Values.Sum()), ("count", blobs.Count), ("bytes", bytes))
                : Message.Of("store.moved", ("records", counts.Values.Sum()), ("count", blobs.Count), ("bytes", bytes)));
    }

    static async Task CheckIdleAsync(IMetadataStore metadata, CancellationToken stop)
    {
        var running = (await metadata.RunsAsync(null, RunState.Running, 1000, null, stop))
            .Where(r => LivingProcess.IsAlive(r.Owner)).Select(r => r.Id.ToString());
        var occurring = (await metadata.OccurrencesAsync(null, open: true, 1000, null, stop))
            .Where(o => o is { State: OccurrenceState.Running, Owner: { } owner } && LivingProcess.IsAlive(owner));
        var busy = running.Concat(occurring.Select(o => o.Schedule)).ToList();
        if (busy.Count > 0) throw new KumikiException(Message.Of("store.move-busy", ("runs", string.Join(", ", busy.Take(5)))));
    }

    internal static IRecordTables TablesOf(string folder, StoreSettings settings) => settings.Metadata is { } address
        ? PostgresTables.Of(PostgresAddress.Parse(address), settings, filling: false)
        : SqliteTables.Of(Path.Combine(folder, "store.db"), settings.Patience);

    static async Task<IFilledTables> EmptyAsync(string target, StoreSettings settings, CancellationToken stop)
    {
        if (!PostgresAddress.Is(target))
        {
            var path = Path.Combine(Path.GetFullPath(target), "store.db");
            return File.Exists(path) ? throw NotEmpty(path) : SqliteTables.ToFill(path, settings.Patience);
        }
        var address = PostgresAddress.Parse(target);
        var tables = PostgresTables.Of(address, settings, filling: true);
        if (await tables.IsBegunAsync(stop) || await tables.RevisionAsync(stop) == 0) return tables;
        await tables.DisposeAsync();
        throw NotEmpty(address);
    }

    static KumikiException NotEmpty(object store) => new(Message.Of("store.move-not-empty", ("store", store)));

    static async Task RecordsAsync(IRecordTables source, string where, long revision, string target, StoreSettings settings,
        IReadOnlyDictionary<string, long> counts, IProgress<MoveProgress>? progress, CancellationToken stop)
    {
        await using var into = await EmptyAsync(target, settings, stop);
        await into.BeginAsync(where, revision, stop);
        foreach (var table in RecordTable.All)
        {
            // The one row of `store` is there from the start, and is replaced.
            var after = table.Name == "store" ? null : await into.LastAsync(table, stop);
            for (var done = after is null ? 0 : await into.CountAsync(table, stop); ;)
            {
                var page = await source.PageAsync(table, after, table.Page, stop);
                if (page.Count > 0) await into.AddAsync(table, page, stop);
                done += page.Count;
                progress?.Report(new(table.Name, done, counts[table.Name], IsChecking: false));
                if (page.Count < table.Page) break;
                after = table.KeyOf(page[^1]);
            }
        }
        var given = new Dictionary<RecordTable, long>();
        foreach (var table in RecordTable.All)
        {
            var (was, now) = (await TableDigest.OfAsync(source, table, stop), await TableDigest.OfAsync(into, table, stop));
            if (was != now) throw new KumikiException(Message.Of("store.move-differs", ("what", table.Name), ("from", was.Rows), ("to", now.Rows)));
            if (table.IsNumbered) given[table] = await source.GivenAsync(table, stop);
            progress?.Report(new(table.Name, now.Rows, was.Rows, IsChecking: true));
        }
        if (await source.RevisionAsync(stop) != revision) throw new KumikiException(Message.Of("store.move-changed", ("store", where)));
        await into.EndAsync(given, stop);
    }

    static async Task BlobsAsync(DataFolder data, IReadOnlyList<StoredBlob> blobs, string target, IProgress<MoveProgress>? progress, CancellationToken stop)
    {
        // Copies on their way into a bucket lie in a folder of their own, which goes with the move.
        var passing = Path.Combine(data.Path, "moving");
        var bucket = S3Address.Is(target) ? new S3ArtifactStore(S3Address.Parse(target), passing) : null;
        try
        {
            IArtifactStore into = bucket is not null ? bucket : new FolderStore(Path.GetFullPath(target));
            var there = into.List().ToDictionary(b => b.Content, b => b.Bytes);
            var wanted = blobs.Select(b => b.Content).ToHashSet();
            if (there.Keys.Any(blob => !wanted.Contains(blob))) throw NotEmpty(target);

            var width = new ParallelOptions { MaxDegreeOfParallelism = BlobsAtOnce, CancellationToken = stop };
            var done = 0;
            await Parallel.ForEachAsync(blobs, width, async (blob, token) =>
            {
                if (!there.TryGetValue(blob.Content, out var bytes) || bytes != blob.Bytes)
                {
                    await using var stream = data.Artifacts.Open(blob.Content);
                    var put = await into.PutAsync(stream, token);
                    bucket?.Forget(put.Content);
                    if (put.Content != blob.Content)
                    {
                        into.Remove(put.Content);
                        throw new KumikiException(Message.Of("store.move-damaged", ("blob", blob.Content.Short)));
                    }
                }
                progress?.Report(new("blobs", Interlocked.Increment(ref done), blobs.Count, IsChecking: false));
            });

            var checkedSoFar = 0;
            var wrong = new ConcurrentBag<Digest>();
            await Parallel.ForEachAsync(blobs, width, async (blob, token) =>
            {
                if (await into.RehashAsync(blob.Content, token) != blob.Content) wrong.Add(blob.Content);
                progress?.Report(new("blobs", Interlocked.Increment(ref checkedSoFar), blobs.Count, IsChecking: true));
            });
            var count = into.List().Count();
            if (!wrong.IsEmpty || count != blobs.Count) throw new KumikiException(Message.Of("store.move-differs", ("what", "blobs"), ("from", blobs.Count),
                ("to", count - wrong.Count)));
        }
        finally
        {
            bucket?.Dispose();
            if (Directory.Exists(passing)) Directory.Delete(passing, recursive: true);
        }
    }
}
