using System.Globalization;

namespace Kumiki.Store.Sqlite;

/// <summary>Finds who holds a database's write lock: WAL's writer locks byte 120 of the <c>-shm</c> file, and <c>/proc/locks</c> lists all locks.</summary>
static class LockHolder
{
    const long WriteLockByte = 120;

    /// <returns>The process that holds it, as people find it; null when it cannot be found (another user's, another container's, or just gone).</returns>
    internal static string? Of(string database)
    {
        try
        {
            var shared = database + "-shm";
            foreach (var pid in WriterPids(File.ReadLines("/proc/locks"), Posix.Inode(shared)))
                if (HasOpen(pid, shared)) return LivingProcess.Describe(pid);       // another file system may have the same inode number
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;            // the process went while we looked, or may not be looked at
        }
        return null;
    }

    /// <summary>The processes that hold a write lock over that byte of a file. A line: <c>3: POSIX  ADVISORY  WRITE 1234 fe:00:9876 120 120</c>.</summary>
    internal static IEnumerable<int> WriterPids(IEnumerable<string> lines, long inode)
    {
        foreach (var line in lines)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields is not [_, "POSIX", _, "WRITE", var pid, var file, var start, var end]) continue;
            if (long.Parse(file.AsSpan(file.LastIndexOf(':') + 1), CultureInfo.InvariantCulture) != inode) continue;
            var last = end == "EOF" ? long.MaxValue : long.Parse(end, CultureInfo.InvariantCulture);
            var covers = long.Parse(start, CultureInfo.InvariantCulture) <= WriteLockByte && WriteLockByte <= last;
            if (covers && int.TryParse(pid, CultureInfo.InvariantCulture, out var number) && number > 0) yield return number;
        }
    }

    static bool HasOpen(int pid, string path) =>
        new DirectoryInfo($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/fd").EnumerateFileSystemInfos().Any(fd => fd.LinkTarget == path);
}
