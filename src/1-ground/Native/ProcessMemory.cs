using System.Runtime.InteropServices;

namespace Kumiki.Native;

/// <summary>The memory of this process.</summary>
public static partial class ProcessMemory
{
    /// <summary>Gives what is free back to the system: the collector's, and that of the native libraries, which would keep it for later.</summary>
    /// <remarks>For once between two large phases; some ten milliseconds a hundred megabytes.</remarks>
    public static void GiveBack()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = malloc_trim(0);
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint keep);
}
