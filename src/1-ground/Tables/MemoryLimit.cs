using System.Globalization;

namespace Kumiki.Tables;

/// <summary>How much memory this process may have.</summary>
static class MemoryLimit
{
    /// <summary>The lowest limit of the control groups it is in (v2, then v1), else the machine's memory.</summary>
    /// <param name="root">The file system's root; tests give a folder.</param>
    internal static long Bytes(string root = "/")
    {
        var machine = Machine(root);
        return Groups(root).Select(Limit).Where(l => l > 0).Append(machine).Min();
    }

    static long Machine(string root)
    {
        var file = Path.Combine(root, "proc/meminfo");
        var total = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal)) : null;
        return total is not null && long.TryParse(total.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes * 1024
            : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }

    // A line of /proc/self/cgroup is "0::/path" in v2 and "N:memory:/path" in v1; a limit may stand at the group or at any group above it.
    static IEnumerable<string> Groups(string root)
    {
        var list = Path.Combine(root, "proc/self/cgroup");
        if (!File.Exists(list)) yield break;
        foreach (var line in File.ReadLines(list))
        {
            var parts = line.Split(':', 3);
            if (parts.Length < 3) continue;
            var second = parts[1].Length == 0;
            if (!second && !parts[1].Split(',').Contains("memory")) continue;
            var mount = Path.Combine(root, second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
            for (var group = parts[2].Trim('/'); ; group = Path.GetDirectoryName(group) ?? "")
            {
                yield return Path.Combine(mount, group, second ? "memory.max" : "memory.limit_in_bytes");
                if (group.Length == 0) break;
            }
        }
    }

    static long Limit(string file) => File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out var bytes)
        ? bytes : 0;
}
