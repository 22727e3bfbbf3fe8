namespace Kumiki.Store.S3;

/// <summary>Keeps a folder of copies within a bound: what was not used for longest goes first, but nothing that was used within a day, for an engine may open
/// a path long after it asked for it.</summary>
sealed class BlobCache(FolderStore folder, long bound, TimeProvider clock)
{
    static readonly TimeSpan InUse = TimeSpan.FromDays(1);

    readonly Lock gate = new();
    long added = -1;        // since the folder was last looked through; unknown at first

    /// <summary>Marks a copy as used now.</summary>
    /// <returns>False when there is none.</returns>
    internal bool Used(Digest blob)
    {
        if (!folder.Contains(blob)) return false;
        try
        {
            File.SetLastWriteTimeUtc(folder.PathOf(blob), clock.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;       // another process has just let it go
        }
    }

    /// <summary>Counts new copies; looks through the folder when they may have filled it, now and then also for what other processes added.</summary>
    internal void Added(long bytes)
    {
        lock (gate)
        {
            if (added >= 0 && (added += bytes) < Math.Max(bound / 16, 1)) return;
            added = 0;
            Trim();
        }
    }

    void Trim()
    {
        var copies = folder.List().OrderBy(c => c.Written).ToList();
        var over = copies.Sum(c => c.Bytes) - bound;
        var before = clock.GetUtcNow() - InUse;
        foreach (var copy in copies)
        {
            if (over <= 0 || copy.Written >= before) return;
            folder.Remove(copy.Content);
            over -= copy.Bytes;
        }
    }
}
