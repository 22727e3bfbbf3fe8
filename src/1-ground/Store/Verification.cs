using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Kumiki.Store;

/// <summary>A blob that is not what it should be.</summary>
/// <param name="Found">The digest its bytes have now; null where it is gone or cannot be read.</param>
/// <param name="Touches">The versions that hold it.</param>
public sealed record BlobFault(Digest Blob, Digest? Found, IReadOnlyList<VersionName> Touches, Message Says);

/// <summary>A file outside the store that a version needs unchanged, and that is not.</summary>
public sealed record PinnedFault(VersionName Version, OutsideRead File, Message Says);

/// <summary>What a verification found.</summary>
/// <param name="Blobs">Blobs hashed again.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record VerificationReport(int Blobs, long Bytes, IReadOnlyList<BlobFault> Faults, IReadOnlyList<PinnedFault> Pinned, Message Says)
{
    public bool IsSound => Faults.Count == 0 && Pinned.Count == 0;
}

/// <summary>Holds the stores against each other: every blob is hashed again, every blob a version or program needs is looked for, every pinned outside file is
/// hashed.</summary>
public static class Verification
{
    const int PageOfVersions = 500;

    /// <param name="progress">Told the bytes hashed so far.</param>
    public static async Task<VerificationReport> RunAsync(IMetadataStore metadata, IArtifactStore artifacts, IProgress<long>? progress, CancellationToken stop)
    {
        var blobs = artifacts.List().ToList();
        var referenced = await metadata.ReferencedAsync(stop);      // after the list: a version committed since has its blobs looked for below
        var wrong = new ConcurrentBag<(Digest Blob, Digest? Found, string? Unreadable)>();
        var bytes = 0L;
        var width = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = stop };
        await Parallel.ForEachAsync(blobs, width, async (blob, token) =>
        {
            var (found, unreadable) = await RehashedAsync(artifacts, blob.Content, token);
            var collected = found is null && unreadable is null && !referenced.Contains(blob.Content);
            if (found != blob.Content && !collected) wrong.Add((blob.Content, found, unreadable));
            var sofar = Interlocked.Add(ref bytes, blob.Bytes);
            progress?.Report(sofar);
        });
        var listed = blobs.Select(b => b.Content).ToHashSet();
        foreach (var blob in referenced)
            if (!listed.Contains(blob) && !artifacts.Contains(blob)) wrong.Add((blob, null, null));

        var logged = wrong.IsEmpty ? null : (await metadata.PredictionFilesAsync(null, [], stop)).Files.ToLookup(f => f.Blob, f => f.Endpoint);
        var faults = new List<BlobFault>();
        foreach (var (blob, found, unreadable) in wrong.OrderBy(w => w.Blob))
        {
            var holders = await metadata.HoldersAsync(blob, stop);
            var endpoint = unreadable is null ? logged?[blob].FirstOrDefault() : null;
            faults.Add(new(blob, found, holders, (endpoint, found) switch
            {
                (not null, null) => Message.Of("predlog.blob-missing", ("blob", blob.Short), ("endpoint", endpoint)),
                (not null, _) => Message.Of("predlog.blob-changed", ("blob", blob.Short), ("endpoint", endpoint)),
                _ => Fault(blob, found, unreadable, holders, isProgram: holders.Count == 0 && referenced.Contains(blob)),
            }));
        }
        var pinned = await PinnedAsync(metadata, stop);
        var says = faults.Count + pinned.Count == 0
            ? Message.Of("store.verified", ("count", blobs.Count), ("bytes", bytes))
            : Message.Of("store.verified-with-faults", ("count", blobs.Count), ("bytes", bytes), ("faults", faults.Count + pinned.Count));
        return new(blobs.Count, bytes, faults, pinned, says);
    }

    static async Task<(Digest? Found, string? Unreadable)> RehashedAsync(IArtifactStore artifacts, Digest blob, CancellationToken stop)
    {
        try
        {
            return (await artifacts.RehashAsync(blob, stop), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, e.Message);       // a finding about this blob; the others are still to be looked at
        }
    }

    static Message Fault(Digest blob, Digest? found, string? unreadable, IReadOnlyList<VersionName> holders, bool isProgram)
    {
        var touched = string.Join(", ", holders);
        return (found, unreadable) switch
        {
            (_, not null) => Message.Of("store.blob-unreadable", ("blob", blob.Short), ("reason", unreadable)),
            (null, _) when isProgram => Message.Of("store.program-blob-missing", ("blob", blob.Short)),
            (null, _) => Message.Of("store.blob-missing", ("blob", blob.Short), ("versions", touched)),
            _ when isProgram => Message.Of("store.program-blob-changed", ("blob", blob.Short)),
            _ when holders.Count == 0 => Message.Of("store.unused-blob-changed", ("blob", blob.Short)),
            _ => Message.Of("store.blob-changed", ("blob", blob.Short), ("versions", touched)),
        };
    }

    static async Task<IReadOnlyList<PinnedFault>> PinnedAsync(IMetadataStore metadata, CancellationToken stop)
    {
        var faults = new List<PinnedFault>();
        var hashed = new Dictionary<string, Digest?>(StringComparer.Ordinal);
        RunId? before = null;
        for (; ; )
        {
            var page = await metadata.VersionsAsync(null, PageOfVersions, before, stop);
            foreach (var version in page)
                foreach (var file in version.Outside.Where(f => f.Pinned))
                {
                    if (!hashed.TryGetValue(file.Path, out var now)) hashed[file.Path] = now = await HashAsync(file.Path, stop);
                    if (now == file.Content) continue;
                    faults.Add(new(version.Name, file, now is null
                        ? Message.Of("store.pinned-missing", ("path", file.Path), ("version", version.Name), ("asset", version.Asset))
                        : Message.Of("store.pinned-changed", ("path", file.Path), ("version", version.Name), ("asset", version.Asset))));
                }
            if (page.Count < PageOfVersions) return faults;
            before = page[^1].MadeBy;
        }
    }

    static async Task<Digest?> HashAsync(string path, CancellationToken stop)
    {
        if (!File.Exists(path)) return null;
        await using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        return Digest.FromHash(await SHA256.HashDataAsync(file, stop));
    }
}
