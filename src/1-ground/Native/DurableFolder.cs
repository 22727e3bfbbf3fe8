using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kumiki.Native;

/// <summary>What .NET has no word for: making a folder's entries durable.</summary>
public static partial class DurableFolder
{
    const int ReadOnly = 0, Directory = 0x10000, CloseOnExec = 0x80000;

    /// <summary>Makes durable what was created in a folder, renamed into it or removed from it.</summary>
    /// <exception cref="IOException">The system refused; its words are kept.</exception>
    public static void Sync(string folder)
    {
        using var handle = open(folder, ReadOnly | Directory | CloseOnExec, 0);
        if (handle.IsInvalid || fsync(handle) != 0) throw new IOException($"fsync {folder}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);
}
