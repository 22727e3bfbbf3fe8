using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Kumiki.Predictions;

/// <summary>The bytes of a segment: 8 that say what it is, then records, each as its length, its checksum and itself. docs/formats/prediction-log.md.</summary>
static class JournalSegment
{
    /// <summary>Bytes before each record: its length and the CRC-32C of it, four each, little-endian.</summary>
    public const int Head = 8;

    /// <summary>The longest record with its head: what a chunk of the ring holds.</summary>
    public const int LongestRecord = 256 * 1024;

    /// <summary>The first bytes of a segment.</summary>
    public static ReadOnlySpan<byte> Magic => "KMKPLOG1"u8;

    public static uint Checksum(ReadOnlySpan<byte> record)
    {
        var crc = uint.MaxValue;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(record)) crc = BitOperations.Crc32C(crc, word);
        foreach (var one in record[(record.Length & ~7)..]) crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }

    /// <summary>Fills in the checksums of records that lie behind each other, each with its length before it.</summary>
    /// <returns>How many there are.</returns>
    public static int Seal(Span<byte> records)
    {
        var count = 0;
        for (var at = 0; at < records.Length; count++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(records[at..]);
            BinaryPrimitives.WriteUInt32LittleEndian(records[(at + 4)..], Checksum(records.Slice(at + Head, length)));
            at += Head + length;
        }
        return count;
    }

    /// <param name="record">Of the segment's bytes, which stay where they are as long as it is held.</param>
    public delegate void Each(ReadOnlyMemory<byte> record);

    /// <summary>Reads the records that are whole. A record whose checksum is another is passed over; where no length can be right, the rest is not read: a
    /// kill or power cut leaves such an end.</summary>
    /// <returns>Bytes that were not read as records; 0 where the segment is whole.</returns>
    /// <exception cref="KumikiException">It is no segment, or one of a newer Kumiki.</exception>
    public static long Read(string path, Each each)
    {
        Memory<byte> whole;
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan))
        {
            // Pinned: its texts are read where they lie.
            var place = GC.AllocateUninitializedArray<byte>(checked((int)RandomAccess.GetLength(file)), pinned: true);
            var read = 0;
            for (int more; read < place.Length && (more = RandomAccess.Read(file, place.AsSpan(read), read)) > 0;) read += more;
            whole = place.AsMemory(0, read);
        }
        var bytes = whole.Span;
        if (bytes.Length < Magic.Length) return bytes.Length;       // killed when it was made
        if (!bytes[..Magic.Length].SequenceEqual(Magic)) throw new KumikiException(Message.Of("predlog.not-a-segment", ("path", path)));
        long unread = 0;
        for (var at = Magic.Length; at < bytes.Length;)
        {
            if (bytes.Length - at < Head) return unread + bytes.Length - at;
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);
            if (length <= 0 || length > LongestRecord - Head || length > bytes.Length - at - Head) return unread + bytes.Length - at;
            var record = whole.Slice(at + Head, length);
            if (Checksum(record.Span) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 4)..])) each(record);
            else unread += Head + length;
            at += Head + length;
        }
        return unread;
    }
}
