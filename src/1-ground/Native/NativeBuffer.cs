using System.Runtime.InteropServices;

namespace Kumiki.Native;

/// <summary>Bytes outside the collected heap: they do not move, so DuckDB may point into them.</summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    byte* start;

    public NativeBuffer(int bytes)
    {
        start = (byte*)NativeMemory.Alloc((nuint)bytes);
        Length = bytes;
    }

    ~NativeBuffer() => Free();

    public int Length { get; }

    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(start is null, this);
            return new(start, Length);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        NativeMemory.Free(start);
        start = null;
    }
}
