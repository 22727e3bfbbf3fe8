using System.Security.Cryptography;
using System.Text;
using Kumiki.Native;
using Microsoft.Win32.SafeHandles;

namespace Kumiki.Tables;

/// <summary>Cuts files into parts, in order, by their bytes alone: the same files give the same parts whatever the number of readers, and rows added at the end
/// change only the last part.</summary>
sealed class FileParts(IReadOnlyList<TextFile> files, TextFormat format) : TextParts
{
    readonly Lock gate = new();
    readonly List<SourceRead> reads = [];
    readonly long total = files.Sum(f => f.TextBytes);
    int number;
    int current;
    SafeFileHandle? handle;
    IncrementalHash? hash;
    long length;
    long position;
    long line;
    long bytesRead;

    internal override IReadOnlyList<SourceRead> Reads => reads;

    internal override double? Share => Math.Min(1, bytesRead / (double)Math.Max(total, 1));

    internal override TextPart? Next(NativeBuffer buffer)
    {
        lock (gate)
        {
            var segments = new List<TextSegment>();
            var tooLong = new List<Reject>();
            var used = 0;
            while (current < files.Count && used < buffer.Length)
            {
                if (handle is null) Open(files[current]);
                var got = Read(buffer.Span[used..]);
                var atEnd = position + got == length;
                var text = buffer.Span.Slice(used, got);
                var whole = atEnd ? got : format.LastRecordEnd(text);
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

    void Open(TextFile file)
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
        bytesRead += text.Length;
    }

    Reject SkipLine(Span<byte> buffer)
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
        return new(files[current].Path, at, null, null, Message.Of("tables.reject-long", ("bytes", position - start), ("most", buffer.Length)),
            Encoding.UTF8.GetString(beginning));
    }

    // Cut between characters, so that it stays valid UTF-8.
    static byte[] Beginning(ReadOnlySpan<byte> text) => Utf8Text.Cut(text, 1000).ToArray();

    void Close()
    {
        var file = files[current++];
        FileStamp.Require(file.Path, file.Bytes, file.ModifiedTicks);
        reads.Add(new(file.Path, file.Bytes, file.ModifiedTicks, file.Content ?? Digest.FromHash(hash!.GetHashAndReset())));
        Dispose();
    }

    public override void Dispose()
    {
        handle?.Dispose();
        hash?.Dispose();
        (handle, hash) = (null, null);
    }
}

/// <summary>A file must stay as it is while it is read.</summary>
static class FileStamp
{
    internal static void Require(string path, long bytes, long modifiedTicks)
    {
        var now = new FileInfo(path);
        if (!now.Exists || now.Length != bytes || now.LastWriteTimeUtc.Ticks != modifiedTicks)
            throw new KumikiException(Message.Of("tables.file-changed", ("file", path)));
    }
}
