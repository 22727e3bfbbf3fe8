namespace Kumiki.Predictions;

/// <summary>A stretch of the ring: many threads write records into it at once, each into a place of its own, until one closes it.</summary>
/// <remarks>A closed chunk takes nothing, so that a thread that held on to it while it was written to the disk and lent out again cannot harm it.</remarks>
sealed class JournalChunk(int bytes)
{
    const long OneWriter = 1L << 32, Closed = 1L << 62;

    readonly byte[] place = GC.AllocateUninitializedArray<byte>(bytes);
    long state = Closed;        // bits 0–31: bytes that are taken; 32–61: threads that are writing; 62: closed

    public Span<byte> Bytes => place;

    /// <returns>Where the place begins; −1 where there is no room, or the chunk is closed.</returns>
    public int TryReserve(int length)
    {
        for (var now = Volatile.Read(ref state); (now & Closed) == 0;)
        {
            var at = (int)now;
            if (at + length > place.Length) return -1;
            var seen = Interlocked.CompareExchange(ref state, now + OneWriter + length, now);
            if (seen == now) return at;
            now = seen;
        }
        return -1;
    }

    /// <summary>The place that was reserved is written.</summary>
    public void Commit() => Interlocked.Add(ref state, -OneWriter);

    /// <returns>True for the one who closed it.</returns>
    public bool TryClose() => (Interlocked.Or(ref state, Closed) & Closed) == 0;

    /// <summary>Whether nothing was written into it.</summary>
    public bool IsEmpty => (int)Volatile.Read(ref state) == 0;

    /// <summary>Of a closed chunk: waits for those who are still writing, which takes a copy of memory at most.</summary>
    /// <returns>Bytes that were written.</returns>
    public int Written()
    {
        for (var spin = new SpinWait(); (Volatile.Read(ref state) & ~Closed) >= OneWriter; spin.SpinOnce()) { }
        return (int)Volatile.Read(ref state);
    }

    public void Open() => Volatile.Write(ref state, 0);
}
