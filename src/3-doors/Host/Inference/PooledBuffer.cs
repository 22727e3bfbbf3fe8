using System.Buffers;

namespace Kumiki.Hosting;

/// <summary>Bytes that are written one after another, in memory of the pool.</summary>
sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    byte[] bytes = ArrayPool<byte>.Shared.Rent(4096);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Room(sizeHint);
        return bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Room(sizeHint);
        return bytes.AsSpan(Length);
    }

    /// <summary>Bytes that were written, to be written over.</summary>
    public Span<byte> At(int from, int count) => bytes.AsSpan(0, Length).Slice(from, count);

    /// <summary>Forgets what was written.</summary>
    public void Clear() => Length = 0;

    public void Write(ReadOnlySpan<byte> more)
    {
        more.CopyTo(GetSpan(more.Length));
        Length += more.Length;
    }

    void Room(int wanted)
    {
        wanted = Math.Max(wanted, 1);
        if (bytes.Length - Length >= wanted) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + wanted), (int)Math.Min(Array.MaxLength, 2L * bytes.Length)));
        Written.Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = larger;
    }

    public void Dispose()
    {
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
        (bytes, Length) = ([], 0);
    }
}
