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
            foreach (var pid in WriterPids(File.ReadLines("/proc/locks")))
                if (HasOpen(pid, database + "-shm")) return LivingProcess.Describe(pid);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;            // the process went while we looked, or may not be looked at
        }
        return null;
    }

    /// <summary>The processes that hold a write lock over that byte of some file. A line: <c>3: POSIX  ADVISORY  WRITE 1234 fe:00:9876 120 120</c>.</summary>
    internal static IEnumerable<int> WriterPids(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields is not [_, "POSIX", _, "WRITE", var pid, _, var start, var end]) continue;
            var last = end == "EOF" ? long.MaxValue : long.Parse(end, CultureInfo.InvariantCulture);
            var covers = long.Parse(start, CultureInfo.InvariantCulture) <= WriteLockByte && WriteLockByte <= last;
            if (covers && int.TryParse(pid, CultureInfo.InvariantCulture, out var number) && number > 0) yield return number;
        }
    }

    static bool HasOpen(int pid, string path) =>
        new DirectoryInfo($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/fd").EnumerateFileSystemInfos().Any(fd => fd.LinkTarget == path);
}
