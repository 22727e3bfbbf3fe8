using System.Buffers.Binary;
using Kumiki.Store;
using Microsoft.Win32.SafeHandles;

namespace Kumiki.Predictions;

/// <summary>The segments of a folder, and the writers that died before theirs became files.</summary>
static class JournalFolder
{
    /// <summary>All segments that are there, by writer and number.</summary>
    public static IReadOnlyList<string> Segments(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        return [.. Directory.EnumerateDirectories(folder).Where(w => IsWriter(Path.GetFileName(w))).SelectMany(SegmentsOf).Order(StringComparer.Ordinal)];
    }

    /// <summary>The name a segment has in the metadata.</summary>
    public static string NameOf(string path) => $"{Path.GetFileName(Path.GetDirectoryName(path))}/{Path.GetFileName(path)}";

    static bool IsWriter(string name) => name.Length == 32 && name.All(char.IsAsciiHexDigitLower);

    static IEnumerable<string> SegmentsOf(string writer)
    {
        try
        {
            return [.. Directory.EnumerateFiles(writer).Where(f => Path.GetFileName(f) is { Length: 6 } name && name.All(char.IsAsciiDigit))];
        }
        catch (DirectoryNotFoundException)
        {
            return [];      // its segments became files meanwhile
        }
    }

    /// <summary>Takes the writers that live no more; they are this process's until disposed.</summary>
    public static IEnumerable<DeadWriter> TakeDead(string folder)
    {
        if (!Directory.Exists(folder)) yield break;
        foreach (var writer in Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(writer);
            // One that was killed before it had its name has written nothing.
            var isNew = name.StartsWith("new-", StringComparison.Ordinal) && IsWriter(name[4..]);
            if (!isNew && !IsWriter(name)) continue;
            var locked = Path.Combine(writer, Journal.LockFile);
            if (!File.Exists(locked))
            {
                // Its removal was under way; or it is being made at this moment, and is nobody else's business.
                if (!isNew && !SegmentsOf(writer).Any()) Remove(writer);
                continue;
            }
            var hold = Posix.OpenUnlocked(locked);
            if (!Posix.TryLock(hold) || !File.Exists(locked))
            {
                hold.Dispose();
                continue;
            }
            var counts = File.Exists(Path.Combine(writer, Journal.CountsFile)) ? File.ReadAllBytes(Path.Combine(writer, Journal.CountsFile)) : [];
            if (counts.Length < 16) counts = new byte[16];      // killed when it was made
            yield return new(writer, hold, [.. SegmentsOf(writer).Order(StringComparer.Ordinal)],
                BinaryPrimitives.ReadInt64LittleEndian(counts), BinaryPrimitives.ReadInt64LittleEndian(counts.AsSpan(8)));
        }
    }

    /// <summary>Removes a writer's folder, in which nothing is left that is not in a file.</summary>
    public static void Remove(string writer)
    {
        try
        {
            Directory.Delete(writer, recursive: true);
            Posix.FsyncFolder(Path.GetDirectoryName(writer)!);
        }
        catch (DirectoryNotFoundException)
        {
            // another did it
        }
        DurableStep.At("writer.removed");
    }

    /// <summary>Removes a segment that is in files.</summary>
    public static void RemoveSegment(string path)
    {
        File.Delete(path);
        Posix.FsyncFolder(Path.GetDirectoryName(path)!);
        DurableStep.At("segment.removed");
    }
}

/// <summary>A writer whose process is gone.</summary>
/// <param name="Accepted">Records it had taken.</param>
/// <param name="Dropped">Records it had no room for.</param>
sealed record DeadWriter(string Folder, SafeFileHandle Hold, IReadOnlyList<string> Segments, long Accepted, long Dropped) : IDisposable
{
    public string Name => Path.GetFileName(Folder);

    public void Dispose() => Hold.Dispose();
}
