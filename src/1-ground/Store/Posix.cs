using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kumiki.Store;

/// <summary>The few calls of the C library that .NET has no word for: making a folder's entries durable, a rename that never copies, a file system's kind, a
/// lock on a file.</summary>
static partial class Posix
{
    const int ReadOnly = 0, ReadWrite = 2, Create = 0x40, Directory = 0x10000, CloseOnExec = 0x80000;

    internal const int NoPermission = 13, NotPermitted = 1, CrossDevice = 18, NoSpace = 28, ReadOnlyFileSystem = 30, NoQuota = 122;

    static long fsyncs;

    /// <summary>How many fsyncs of files and folders this process has done (SQLite's own not counted).</summary>
    internal static long Fsyncs => Interlocked.Read(ref fsyncs);

    /// <summary>Makes a file's bytes durable.</summary>
    internal static void Fsync(SafeFileHandle file, string path)
    {
        Interlocked.Increment(ref fsyncs);
        if (fsync(file) != 0) throw Failed("fsync", path);
    }

    /// <summary>Lets the system begin to write bytes of a file to the disk, and does not wait for it.</summary>
    /// <remarks>Only a hint: what cannot be written is said by <see cref="Fsync"/>.</remarks>
    internal static void BeginWriting(SafeFileHandle file, long from, long bytes)
    {
        const uint write = 2;
        _ = sync_file_range(file, from, bytes, write);
    }

    /// <summary>Makes a folder's entries durable: what was created in it, renamed into it or removed from it.</summary>
    internal static void FsyncFolder(string folder)
    {
        using var handle = open(folder, ReadOnly | Directory | CloseOnExec, 0);
        if (handle.IsInvalid) throw Failed("open", folder);
        Fsync(handle, folder);
    }

    /// <summary>Opens a file for reading and writing, making it if it is not there, without the lock that .NET puts on what it opens.</summary>
    internal static SafeFileHandle OpenUnlocked(string path)
    {
        var handle = open(path, ReadWrite | Create | CloseOnExec, 0b110_100_100);
        return handle.IsInvalid ? throw Failed("open", path) : handle;
    }

    /// <summary>Renames within one file system, over what is there.</summary>
    /// <returns>False when the two paths are on different file systems.</returns>
    internal static bool Rename(string from, string to)
    {
        if (rename(from, to) == 0) return true;
        return Marshal.GetLastPInvokeError() == CrossDevice ? false : throw Failed("rename", to);
    }

    /// <summary>Lets two paths of one file system change places in one step.</summary>
    internal static void Exchange(string one, string other)
    {
        const int here = -100;
        const uint exchange = 2;
        if (renameat2(here, one, here, other, exchange) != 0) throw Failed("renameat2", other);
    }

    /// <summary>The magic number of the file system that holds <paramref name="path"/>.</summary>
    internal static long FileSystemMagic(string path) => statfs(path, out var found) == 0 ? found.Type : throw Failed("statfs", path);

    /// <summary>Throws what writing into a folder would throw, and writes nothing.</summary>
    internal static void CheckWritable(string folder)
    {
        const int write = 2, enter = 1;
        if (access(folder, write | enter) != 0) throw Failed("access", folder);
    }

    /// <summary>The inode number of a file.</summary>
    internal static long Inode(string path)
    {
        const int here = -100, inode = 0x100;
        return statx(here, path, 0, inode, out var found) == 0 ? found.Inode : throw Failed("statx", path);
    }

    /// <summary>Locks an open file for this process alone, until the handle closes.</summary>
    /// <returns>False when another has it.</returns>
    internal static bool TryLock(SafeFileHandle file)
    {
        const int exclusive = 2, doNotWait = 4;
        return flock(file, exclusive | doNotWait) == 0;
    }

    /// <summary>Lets go of <see cref="TryLock"/>. Closing the handle alone does so later, where another thread just starts a program: until that program runs,
    /// the child has the handle too.</summary>
    internal static void Unlock(SafeFileHandle file)
    {
        const int unlock = 8;
        if (flock(file, unlock) != 0) throw Failed("flock", "of an open file");
    }

    /// <summary>From now on the calling thread has the processor when hardly anybody else wants it, and so have the threads that it makes: let it make none
    /// that outlive it.</summary>
    internal static void GiveWay()
    {
        const int process = 0, thisThread = 0, last = 19;
        if (setpriority(process, thisThread, last) != 0) throw Failed("setpriority", "of a thread");
    }

    static IOException Failed(string call, string path)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {path}: {new Win32Exception(errno).Message}", errno);      // HResult is the errno, as in .NET's own exceptions on Linux
    }

    /// <summary>The first field of <c>struct statfs</c>; the rest only has to have room.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct FileSystem
    {
        [FieldOffset(0)]
        public long Type;
    }

    /// <summary>One field of <c>struct statx</c>, which is alike on all machines.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct FileFacts
    {
        [FieldOffset(32)]
        public long Inode;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, out FileFacts found);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(SafeFileHandle file, long from, long bytes, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statfs(string path, out FileSystem found);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setpriority(int which, int who, int niceness);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
