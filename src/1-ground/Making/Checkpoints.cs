using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>Finished pieces of a long making, kept until it ends: a making with the same key that was killed goes on where it stopped.</summary>
/// <remarks>Plain files beside the store, whole when they can be seen. Losing one costs its computation, nothing else.</remarks>
public sealed class Checkpoints
{
    readonly string folder;

    /// <param name="root">Where all makings' checkpoints are.</param>
    /// <param name="key">What the pieces were made from; another key never sees them.</param>
    internal Checkpoints(string root, Digest key) => folder = Path.Combine(root, key.Hex);

    /// <summary>Whether a piece was finished.</summary>
    public bool Contains(string name) => File.Exists(PathOf(name));

    /// <summary>Keeps a finished piece by moving it.</summary>
    public void Keep(string name, string scratchFile)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var file = new FileStream(scratchFile, FileMode.Open, FileAccess.ReadWrite)) file.Flush(flushToDisk: true);
        DurableStep.At("checkpoint.rename");
        File.Move(scratchFile, path, overwrite: true);
        DurableStep.At("checkpoint.renamed");
    }

    /// <summary>Takes a piece back to be stored.</summary>
    public string Take(string name, Scratch scratch)
    {
        var taken = scratch.File(Digest.Of(name).Short);
        File.Move(PathOf(name), taken);
        return taken;
    }

    /// <summary>Removes what is left of this making's pieces.</summary>
    internal void Clear()
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>Removes the pieces of makings that nobody took up again.</summary>
    /// <returns>Bytes freed, or that would be.</returns>
    public static long Collect(string root, DateTimeOffset before, bool dryRun)
    {
        if (!Directory.Exists(root)) return 0;
        var bytes = 0L;
        foreach (var making in new DirectoryInfo(root).EnumerateDirectories())
        {
            List<FileInfo> files = [.. making.EnumerateFiles("*", SearchOption.AllDirectories)];
            if (files.Any(f => f.LastWriteTimeUtc >= before.UtcDateTime) || making.LastWriteTimeUtc >= before.UtcDateTime) continue;
            bytes += files.Sum(f => f.Length);
            if (!dryRun) making.Delete(recursive: true);
        }
        return bytes;
    }

    string PathOf(string name) => Path.Combine(folder, name);
}
