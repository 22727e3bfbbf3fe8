using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Kumiki.Bench;

/// <summary>The machine's own limits, to hold figures against.</summary>
static class Machine
{
    const int Block = 1 << 20;

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(folder =>
    {
        figures.Print("processor", Processor());
        figures.Print("cores", Environment.ProcessorCount, "");
        figures.Print("memory", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Math.Pow(2, 30), "GiB");
        figures.Print("kernel", RuntimeInformation.OSDescription + ", " + File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
        figures.Print("runtime", RuntimeInformation.FrameworkDescription);
        figures.Print("load", double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), "processes in the last minute");
        figures.Print("fsync", Fsyncs(folder, 200, stop).Select(t => t.TotalMilliseconds).ToList(), "ms");
        figures.Print("write", SequentialWrite(folder, 512, stop) / 1e6, "MB/s, fsync included");
        figures.Print("copy", MemoryCopy(stop) / 1e9, "GB/s, one thread");
        return Task.CompletedTask;
    });

    public static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? RuntimeInformation.OSArchitecture.ToString();

    /// <summary>How long it takes to append 4 KiB to a file and make them durable.</summary>
    public static IReadOnlyList<TimeSpan> Fsyncs(string folder, int count, CancellationToken stop)
    {
        using var file = File.OpenHandle(Path.Combine(folder, $"fsync-{Guid.NewGuid():n}"), FileMode.CreateNew, FileAccess.Write);
        var page = new byte[4096];
        Random.Shared.NextBytes(page);
        var took = new List<TimeSpan>(count);
        for (var i = 0; i < count; i++)
        {
            stop.ThrowIfCancellationRequested();
            var started = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, page, i * (long)page.Length);
            RandomAccess.FlushToDisk(file);
            took.Add(Stopwatch.GetElapsedTime(started));
        }
        return took;
    }

    /// <summary>Bytes a second that one file takes, until they are durable.</summary>
    public static double SequentialWrite(string folder, int mebibytes, CancellationToken stop)
    {
        var block = new byte[Block];
        Random.Shared.NextBytes(block);
        using var file = File.OpenHandle(Path.Combine(folder, "write"), FileMode.CreateNew, FileAccess.Write);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0L; i < mebibytes; i++)
        {
            stop.ThrowIfCancellationRequested();
            RandomAccess.Write(file, block, i * Block);
        }
        RandomAccess.FlushToDisk(file);
        return mebibytes * (double)Block / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Bytes a second that one thread copies from memory to memory, the best of ten.</summary>
    public static double MemoryCopy(CancellationToken stop)
    {
        var from = GC.AllocateUninitializedArray<byte>(256 * Block);
        var to = GC.AllocateUninitializedArray<byte>(from.Length);
        from.AsSpan().Fill(1);
        to.AsSpan().Fill(2);
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            stop.ThrowIfCancellationRequested();
            var started = Stopwatch.GetTimestamp();
            from.CopyTo(to, 0);
            var took = Stopwatch.GetElapsedTime(started);
            if (took < best) best = took;
        }
        return from.Length / best.TotalSeconds;
    }
}
