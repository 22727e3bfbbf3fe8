using System.IO.Compression;
using System.Security.Cryptography;

namespace Kumiki.Tables;

/// <summary>A stream that is read once, from its start to its end.</summary>
abstract class ForwardStream : Stream
{
    public abstract override int Read(Span<byte> buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Hashes the bytes as they are read.</summary>
sealed class HashingStream(Stream from, IncrementalHash hash) : ForwardStream
{
    public override int Read(Span<byte> buffer)
    {
        var got = from.Read(buffer);
        hash.AppendData(buffer[..got]);
        return got;
    }
}

/// <summary>What a gzip file holds, one member or several, provided that it is whole.</summary>
/// <remarks><see cref="GZipStream"/> takes a file that was cut off for one that ends. So a member of our own follows the file: only where the file is whole does it
/// come out at the end, as it went in.</remarks>
sealed class WholeGzip : ForwardStream
{
    static readonly byte[] End = "kumiki: the file was whole"u8.ToArray();
    static readonly byte[] EndZipped = Zipped();

    readonly GZipStream unzipped;
    readonly byte[] held = new byte[1 << 16];
    int length;
    bool ended;

    internal WholeGzip(Stream zipped) => unzipped = new(new Followed(zipped), CompressionMode.Decompress);

    static byte[] Zipped()
    {
        var bytes = new MemoryStream();
        using (var zip = new GZipStream(bytes, CompressionLevel.Fastest)) zip.Write(End);
        return bytes.ToArray();
    }

    /// <exception cref="InvalidDataException">The file is broken, or cut off.</exception>
    public override int Read(Span<byte> buffer)
    {
        // The last bytes are always held back, until they turn out to be ours.
        while (!ended && length <= End.Length)
        {
            var got = unzipped.Read(held.AsSpan(length));
            length += got;
            ended = got == 0;
        }
        if (ended && !held.AsSpan(0, length).EndsWith(End)) throw new InvalidDataException("the file ends too early");
        var given = Math.Min(buffer.Length, length - End.Length);
        held.AsSpan(0, given).CopyTo(buffer);
        held.AsSpan(given, length - given).CopyTo(held);
        length -= given;
        return given;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) unzipped.Dispose();
        base.Dispose(disposing);
    }

    sealed class Followed(Stream file) : ForwardStream
    {
        bool fileEnded;
        int at;

        public override int Read(Span<byte> buffer)
        {
            if (!fileEnded)
            {
                var got = file.Read(buffer);
                if (got > 0 || buffer.IsEmpty) return got;
                fileEnded = true;
            }
            var given = Math.Min(buffer.Length, EndZipped.Length - at);
            EndZipped.AsSpan(at, given).CopyTo(buffer);
            at += given;
            return given;
        }
    }
}
