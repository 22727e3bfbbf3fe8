using System.Security.Cryptography;
using Kumiki.Native;
using Microsoft.Win32.SafeHandles;

namespace Kumiki.Tables;

/// <summary>Whole records of one file, lying in a part's buffer.</summary>
/// <param name="Start">In the buffer.</param>
/// <param name="Line">Of the first byte, from 1.</param>
/// <param name="Offset">Of the first byte in the file's text.</param>
sealed record CsvSegment(CsvFile File, int Start, int Length, long Line, long Offset);

/// <summary>What becomes one Parquet file: up to a buffer of whole records, from one or several files.</summary>
/// <param name="TooLong">Records that did not fit in a buffer: their file, line and beginning.</param>
sealed record CsvPart(int Number, IReadOnlyList<CsvSegment> Segments, IReadOnlyList<(CsvFile File, long Line, byte[] Beginning, long Bytes)> TooLong);

/// <summary>Cuts files into parts, in order, by their bytes alone: the same files give the same parts whatever the number of readers, and rows added at the end
/// change only the last part.</summary>
sealed class CsvParts(IReadOnlyList<CsvFile> files, CsvText grammar) : IDisposable
{
    readonly Lock gate = new();
    readonly List<CsvInput> inputs = [];
    int number;
    int current;
    SafeFileHandle? handle;
    IncrementalHash? hash;
    long length;
    long position;
    long line;

    /// <summary>The files read to their end so far.</summary>
    internal IReadOnlyList<CsvInput> Inputs => inputs;

    /// <summary>Bytes of text handed out so far, of all files.</summary>
    internal long BytesRead { get; private set; }

    /// <summary>Fills the buffer with the next part; null after the last. Any thread.</summary>
    internal CsvPart? Next(NativeBuffer buffer)
    {
        lock (gate)
        {
            var segments = new List<CsvSegment>();
            var tooLong = new List<(CsvFile, long, byte[], long)>();
            var used = 0;
            while (current < files.Count && used < buffer.Length)
            {
                if (handle is null) Open(files[current]);
                var got = Read(buffer.Span[used..]);
                var atEnd = position + got == length;
                var text = buffer.Span.Slice(used, got);
                var whole = atEnd ? got : grammar.LastRecordEnd(text);
                if (whole == 0 && !atEnd)
                {
                    // Not one whole record: with an empty buffer none will ever fit.
                    if (used > 0) break;
                    tooLong.Add(SkipLine(buffer.Span));
                    if (position == length) Close();
                    continue;
                }
                if (whole > 0) segments.Add(new(files[current], used, whole, line, position));
                Advance(text[..whole]);
                used += whole;
                if (!atEnd) break;
                Close();
            }
            return segments.Count + tooLong.Count == 0 ? null : new(number++, segments, tooLong);
        }
    }

    void Open(CsvFile file)
    {
        handle = File.OpenHandle(file.TextPath, options: FileOptions.SequentialScan);
        hash = file.Content is null ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        length = RandomAccess.GetLength(handle);
        position = 0;
        if (hash is not null)
        {
            var header = new byte[file.Start];
            Read(header);
            hash.AppendData(header);
        }
        (position, line) = (file.Start, file.Line);
    }

    int Read(Span<byte> into)
    {
        var got = 0;
        while (got < into.Length && RandomAccess.Read(handle!, into[got..], position + got) is > 0 and var some) got += some;
        // A file that grows meanwhile is read to the length it had; one that shrinks is noticed at its end.
        return (int)Math.Min(got, length - position);
    }

    void Advance(ReadOnlySpan<byte> text)
    {
        hash?.AppendData(text);
        line += text.Count((byte)'\n');
        position += text.Length;
        BytesRead += text.Length;
    }

    (CsvFile File, long Line, byte[] Beginning, long Bytes) SkipLine(Span<byte> buffer)
    {
        var (at, start, beginning) = (line, position, Array.Empty<byte>());
        while (position < length)
        {
            var text = buffer[..Read(buffer)];
            if (beginning.Length == 0) beginning = Beginning(text);
            var newline = text.IndexOf((byte)'\n');
            Advance(newline < 0 ? text : text[..(newline + 1)]);
            if (newline >= 0) break;
        }
        return (files[current], at, beginning, position - start);
    }

    // Cut between characters, so that it stays valid UTF-8.
    static byte[] Beginning(ReadOnlySpan<byte> text)
    {
        var end = Math.Min(text.Length, 1000);
        while (end > 0 && end < text.Length && (text[end] & 0xC0) == 0x80) end--;
        return text[..end].ToArray();
    }

    void Close()
    {
        var file = files[current++];
        var now = new FileInfo(file.Path);
        if (now.Length != file.Bytes || now.LastWriteTimeUtc.Ticks != file.ModifiedTicks)
            throw new KumikiException(Message.Of("tables.csv-changed", ("file", file.Path)));
        inputs.Add(new(file.Path, file.Bytes, file.ModifiedTicks, file.Content ?? Digest.FromHash(hash!.GetHashAndReset())));
        Dispose();
    }

    public void Dispose()
    {
        handle?.Dispose();
        hash?.Dispose();
        (handle, hash) = (null, null);
    }
}
