using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Kumiki.Native;

/// <summary>Limits that this process sets itself, before it looks at what a stranger sent; the system holds them, and they cannot be raised again.</summary>
/// <param name="DataBytes">Memory that can be written, beside what the process has already: heaps and stacks; what is mapped from files for reading does
/// not count. Beyond it, allocations fail.</param>
/// <param name="Processor">Processor time from the process's start; beyond it, SIGXCPU ends the process. Whole seconds, 1 or more.</param>
/// <param name="LargestFileBytes">A file may be written up to here; beyond it, SIGXFSZ ends the process.</param>
public sealed partial record ProcessLimits(long DataBytes, TimeSpan Processor, long LargestFileBytes)
{
    const int Cpu = 0, FileSize = 1, Data = 2, Core = 4;

    /// <summary>Sets them, for good.</summary>
    /// <exception cref="Win32Exception">The system does not take one of them.</exception>
    public void Hold()
    {
        Set(Core, 0);
        Set(FileSize, LargestFileBytes);
        Set(Cpu, Math.Max(1, (long)Processor.TotalSeconds), more: 2);       // SIGKILL, for what outlives the signal
        Set(Data, DataNow() + DataBytes);
    }

    static long DataNow()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmData:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("VmData:".Length, line.Length - "VmData:".Length - " kB".Length), NumberStyles.AllowLeadingWhite,
            CultureInfo.InvariantCulture) * 1024;
    }

    static void Set(int what, long most, long more = 0)
    {
        var limit = new Limit { Soft = (ulong)most, Hard = (ulong)(most + more) };
        if (setrlimit(what, in limit) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary><c>struct rlimit</c>.</summary>
    struct Limit
    {
        public ulong Soft, Hard;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int what, in Limit limit);
}
