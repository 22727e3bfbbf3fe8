using System.Security.Cryptography;
using System.Text;

namespace Kumiki.Tables;

/// <summary>Files that are not UTF-8, or are compressed with gzip, become UTF-8 first, streaming, so that reading knows one form.</summary>
static class Transcoding
{
    /// <summary>The encoding of a name people use.</summary>
    /// <exception cref="KumikiException">No such encoding.</exception>
    internal static Encoding Named(string name)
    {
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (ArgumentException e)
        {
            throw new KumikiException(Message.Of("tables.csv-encoding-unknown", ("encoding", name)), e);
        }
    }

    /// <summary>The encoding a byte order mark tells; null for UTF-8 and for none.</summary>
    internal static Encoding? ByMark(ReadOnlySpan<byte> start) => start switch
    {
        [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true),
        [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true),
        _ => null,
    };

    /// <summary>Whether a file's first bytes are gzip's.</summary>
    internal static bool IsZipped(ReadOnlySpan<byte> start) => start is [0x1F, 0x8B, ..];

    /// <summary>Writes <paramref name="path"/> as UTF-8 to <paramref name="to"/>.</summary>
    /// <param name="encoding">Null: it is UTF-8 once it is unzipped.</param>
    /// <returns>The digest of the bytes as they were.</returns>
    /// <exception cref="KumikiException">A byte is not of that encoding, or the file is no whole gzip file.</exception>
    internal static Digest ToUtf8(string path, bool zipped, Encoding? encoding, string to, CancellationToken cancellation)
    {
        using var file = File.OpenRead(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var hashed = new HashingStream(file, hash);
        try
        {
            using var from = zipped ? new WholeGzip(hashed) : (Stream)hashed;
            using var utf8 = File.Create(to);
            if (encoding is null or UTF8Encoding) Copy(from, utf8, cancellation);
            else Decode(path, from, encoding, utf8, cancellation);
            hashed.CopyTo(Stream.Null);     // what stands behind the end of a gzip file was there too
        }
        catch (InvalidDataException e)
        {
            throw new KumikiException(Message.Of("tables.gzip-broken", ("file", path), ("reason", e.Message.TrimEnd('.'))), e);
        }
        return Digest.FromHash(hash.GetHashAndReset());
    }

    static void Copy(Stream from, Stream to, CancellationToken cancellation)
    {
        var bytes = new byte[1 << 20];
        while (from.Read(bytes) is > 0 and var got)
        {
            cancellation.ThrowIfCancellationRequested();
            to.Write(bytes, 0, got);
        }
    }

    static void Decode(string path, Stream from, Encoding encoding, Stream utf8, CancellationToken cancellation)
    {
        var strict = (Encoding)encoding.Clone();
        strict.DecoderFallback = DecoderFallback.ExceptionFallback;
        var decoder = strict.GetDecoder();
        var bytes = new byte[1 << 16];
        var chars = new char[encoding.GetMaxCharCount(bytes.Length)];
        var text = new byte[chars.Length * 3];
        long read = 0, line = 1;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var got = from.Read(bytes);
            int count;
            try
            {
                count = decoder.GetChars(bytes, 0, got, chars, 0, flush: got == 0);
            }
            catch (DecoderFallbackException e)
            {
                throw new KumikiException(Message.Of("tables.csv-not-in-encoding", ("file", path), ("encoding", encoding.WebName),
                    ("line", line + Lines(bytes, e.Index)), ("byte", read + e.Index)), e);
            }
            read += got;
            var written = Encoding.UTF8.GetBytes(chars.AsSpan(0, count), text);
            line += text.AsSpan(0, written).Count((byte)'\n');
            utf8.Write(text, 0, written);
            if (got == 0) return;
        }
    }

    // Near enough for the message in multi-byte encodings, where a byte 10 is always a line feed except in UTF-16, whose units are two bytes.
    static int Lines(byte[] bytes, int end) => bytes.AsSpan(0, Math.Clamp(end, 0, bytes.Length)).Count((byte)'\n');

    /// <summary>What to declare for bytes that are not UTF-8, by trying the encodings we meet most.</summary>
    internal static string Guess(ReadOnlySpan<byte> bytes)
    {
        foreach (var name in (ReadOnlySpan<string>)["shift_jis", "euc-jp"])
        {
            var strict = CodePagesEncodingProvider.Instance.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!;
            try
            {
                strict.GetCharCount(bytes);
                return name;
            }
            catch (DecoderFallbackException)
            {
                // Not this one: the next.
            }
        }
        return "windows-1252";
    }
}
