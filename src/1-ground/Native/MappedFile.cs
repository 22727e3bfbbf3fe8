using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace Kumiki.Native;

/// <summary>A file's bytes without a copy of them: the system brings in the pages that are looked at.</summary>
/// <remarks>For files that nobody shortens meanwhile: a page that is gone ends the process.</remarks>
public sealed unsafe class MappedFile : MemoryManager<byte>
{
    readonly MemoryMappedFile file;
    readonly MemoryMappedViewAccessor view;
    readonly int length;
    readonly byte* start;

    MappedFile(MemoryMappedFile file, int length, MemoryMappedFileAccess access)
    {
        (this.file, this.length) = (file, length);
        view = file.CreateViewAccessor(0, length, access);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
    }

    /// <param name="path">Of a file of 1 byte … 2³¹ − 1 bytes.</param>
    public static MappedFile Open(string path)
    {
        var length = checked((int)new FileInfo(path).Length);
        return new(MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read), length, MemoryMappedFileAccess.Read);
    }

    /// <summary>A file to write to by its memory: what is written there is in the file, also when the process is killed, and on the disk when the system likes.</summary>
    /// <param name="path">Made, of zeros, where it is not there.</param>
    public static MappedFile OpenToWrite(string path, int length)
    {
        using (var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite))
            if (RandomAccess.GetLength(file) < length) RandomAccess.SetLength(file, length);
        return new(MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, length, MemoryMappedFileAccess.ReadWrite), length, MemoryMappedFileAccess.ReadWrite);
    }

    public override Span<byte> GetSpan() => new(start, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex);

    public override void Unpin()
    {
        // mapped memory does not move
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        file.Dispose();
    }
}
