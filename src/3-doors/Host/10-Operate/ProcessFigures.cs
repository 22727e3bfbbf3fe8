using System.Diagnostics;
using System.Globalization;

namespace Kumiki.Hosting;

/// <summary>What the process takes of the machine, under the names that Prometheus' own clients have for it; and what .NET does in it.</summary>
static class ProcessFigures
{
    public static void Write(MetricsText family)
    {
        using var process = Process.GetCurrentProcess();
        family.Of("process_cpu_seconds_total", "counter", "Processor time of the process.").Add("", Environment.CpuUsage.TotalTime.TotalSeconds);
        family.Of("process_start_time_seconds", "gauge", "When the process began, in seconds since 1970.")
            .Add("", new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0);
        family.Of("process_resident_memory_bytes", "gauge", "Memory of the process that is in the machine's.").Add("", Environment.WorkingSet);
        family.Of("process_virtual_memory_bytes", "gauge", "Memory that the process has addresses for.").Add("", process.VirtualMemorySize64);
        family.Of("process_threads", "gauge", "Threads of the process.").Add("", process.Threads.Count);
        if (OperatingSystem.IsLinux())
        {
            family.Of("process_open_fds", "gauge", "Files and connections that are open.").Add("", Directory.GetFileSystemEntries("/proc/self/fd").Length);
            if (MostFiles() is { } most) family.Of("process_max_fds", "gauge", "Files and connections that may be open.").Add("", most);
        }
        var memory = GC.GetGCMemoryInfo();
        family.Of("dotnet_gc_collections_total", "counter", "Garbage collections.");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            family.Add($"generation=\"{generation.ToString(CultureInfo.InvariantCulture)}\"", GC.CollectionCount(generation));
        family.Of("dotnet_gc_pause_seconds_total", "counter", "Time that all threads stood still for the garbage collector.")
            .Add("", GC.GetTotalPauseDuration().TotalSeconds);
        family.Of("dotnet_gc_allocated_bytes_total", "counter", "Bytes that were allocated.").Add("", GC.GetTotalAllocatedBytes());
        family.Of("dotnet_gc_heap_bytes", "gauge", "Managed memory after the last garbage collection.").Add("", memory.HeapSizeBytes);
        family.Of("dotnet_gc_committed_bytes", "gauge", "Managed memory that the process holds.").Add("", memory.TotalCommittedBytes);
        family.Of("dotnet_thread_pool_threads", "gauge", "Threads of the pool.").Add("", ThreadPool.ThreadCount);
        family.Of("dotnet_thread_pool_queue_length", "gauge", "Work that waits for a thread of the pool.").Add("", ThreadPool.PendingWorkItemCount);
        family.Of("dotnet_thread_pool_completed_total", "counter", "Work that threads of the pool have done.").Add("", ThreadPool.CompletedWorkItemCount);
        family.Of("dotnet_lock_contentions_total", "counter", "Times that a thread had to wait for another's lock.").Add("", Monitor.LockContentionCount);
    }

    /// <summary>The soft limit, of <c>Max open files   1024   524288   files</c>; null where it has none.</summary>
    static long? MostFiles()
    {
        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        return line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
            && long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? most : null;
    }
}
