using System.Diagnostics;

namespace Kumiki.Making;

/// <summary>Wall time, processor time and peak memory of this process from its creation on; exact for a run that has the process to itself.</summary>
sealed class RunUsage
{
    readonly long started = Stopwatch.GetTimestamp();
    readonly TimeSpan cpu = Environment.CpuUsage.TotalTime;

    public RunUsage()
    {
        // Linux starts counting the high-water mark anew; where that is not allowed, the mark of the whole process is given.
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            IsWholeProcess = true;
        }
    }

    public bool IsWholeProcess { get; }

    public RunCost End(IReadOnlyDictionary<string, TimeSpan> steps) => new(Stopwatch.GetElapsedTime(started), Environment.CpuUsage.TotalTime - cpu, Peak(), steps);

    static long Peak()
    {
        if (File.Exists("/proc/self/status"))
            foreach (var line in File.ReadLines("/proc/self/status"))
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                    return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB "), System.Globalization.CultureInfo.InvariantCulture) * 1024;
        return Environment.WorkingSet;
    }
}
