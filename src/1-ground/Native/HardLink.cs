using System.Runtime.InteropServices;

namespace Kumiki.Native;

/// <summary>A second name for a file's bytes.</summary>
public static partial class HardLink
{
    /// <returns>False where the file system has no such links, or the two paths are on different ones.</returns>
    public static bool Try(string file, string name) => link(file, name) == 0;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string file, string name);
}
