using System.Globalization;
using System.Text;

namespace Kumiki.Packages;

/// <summary>One entry of an archive.</summary>
/// <param name="Path">Relative, with forward slashes; a folder's ends with one.</param>
/// <param name="Mode">The permission bits, such as 0o644.</param>
/// <param name="Bytes">Of a file; 0 of a folder or a link.</param>
/// <param name="Open">Gives a file's bytes; null for a folder or a link.</param>
/// <param name="Link">Where a symbolic link leads; null for what is none.</param>
public sealed record TarEntry(string Path, int Mode, long Bytes, Func<Stream>? Open, string? Link = null)
{
    public static TarEntry File(string path, byte[] content, int mode = 0b110_100_100) =>
        new(path, mode, content.Length, () => new MemoryStream(content, writable: false));

    /// <param name="file">Where its bytes are; of a link, those it leads to.</param>
    public static TarEntry File(string path, string file, int mode = 0b110_100_100)
    {
        var real = new FileInfo(file) is { LinkTarget: not null } link ? (FileInfo)link.ResolveLinkTarget(returnFinalTarget: true)! : new FileInfo(file);
        return new(path, mode, real.Length, real.OpenRead);
    }

    public static TarEntry Folder(string path) => new(path.TrimEnd('/') + "/", 0b111_101_101, 0, null);

    public static TarEntry LinkTo(string path, string target) => new(path, 0b111_111_111, 0, null, target);
}

/// <summary>Archives whose bytes depend on nothing but the names, modes and contents of their files: POSIX ustar, owner 0, time 0.</summary>
public static class TarArchive
{
    const int Block = 512, NameBytes = 100, PrefixBytes = 155;

    /// <summary>Writes the entries in the order given.</summary>
    /// <exception cref="ArgumentException">A path is too long for the form (100 bytes behind its last cut, 155 before), or a file's length is not what was
    /// said.</exception>
    public static async Task WriteAsync(Stream to, IEnumerable<TarEntry> entries, CancellationToken stop)
    {
        foreach (var entry in entries)
        {
            await to.WriteAsync(Header(entry.Path, entry.Mode, entry.Bytes, entry.Link), stop);
            if (entry.Open is null) continue;
            var bytes = entry.Open();
            await using (bytes)
            {
                var buffer = new byte[1 << 16];
                var left = entry.Bytes;
                for (int read; (read = await bytes.ReadAsync(buffer, stop)) > 0; left -= read)
                    await to.WriteAsync(buffer.AsMemory(0, read), stop);
                if (left != 0) throw new ArgumentException($"{entry.Path} has {entry.Bytes - left} bytes, not {entry.Bytes}.", nameof(entries));
            }
            await to.WriteAsync(new byte[Padding(entry.Bytes)], stop);
        }
        await to.WriteAsync(new byte[2 * Block], stop);
    }

    /// <summary>The files of an archive that <see cref="WriteAsync"/> wrote, every file with mode 0o644, and where their bytes are.</summary>
    /// <returns>Null where a byte outside the files' own differs from what is written for these names and lengths; <paramref name="at"/> then says
    /// where.</returns>
    public static IReadOnlyList<(string Path, ReadOnlyMemory<byte> Bytes)>? Read(ReadOnlyMemory<byte> archive, out long at)
    {
        var files = new List<(string, ReadOnlyMemory<byte>)>();
        for (at = 0; archive.Length - at >= 2 * Block;)
        {
            var header = archive.Span.Slice((int)at, Block);
            if (header[0] == 0)
                return archive.Length - at == 2 * Block && archive.Span[(int)at..].IndexOfAnyExcept((byte)0) < 0 ? files : null;
            if (!Ascii.IsValid(header) || PathOf(header) is not { } path || !TryLength(header, out var length) || length > archive.Length - at - Block
                || !header.SequenceEqual(Header(path, 0b110_100_100, length, null))) return null;
            at += Block;
            files.Add((path, archive.Slice((int)at, (int)length)));
            at += length;
            if (archive.Length - at < Padding(length) || archive.Span.Slice((int)at, Padding(length)).IndexOfAnyExcept((byte)0) >= 0) return null;
            at += Padding(length);
        }
        return null;
    }

    static int Padding(long bytes) => (int)((Block - (bytes % Block)) % Block);

    static byte[] Header(string path, int mode, long bytes, string? link)
    {
        var header = new byte[Block];
        var (prefix, name) = Cut(path);
        Text(0, name);
        Octal(100, 7, mode);
        Octal(108, 7, 0);       // owner
        Octal(116, 7, 0);       // group
        Octal(124, 11, bytes);
        Octal(136, 11, 0);      // time
        header[156] = link is not null ? (byte)'2' : path.EndsWith('/') ? (byte)'5' : (byte)'0';
        if (link is not null) Text(157, Encoding.UTF8.GetByteCount(link) <= NameBytes ? link : throw TooLong(link));
        Text(257, "ustar\0" + "00");
        Text(345, prefix);
        header.AsSpan(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var b in header) sum += b;
        Octal(148, 6, sum);
        header[154] = 0;
        return header;

        void Text(int from, string text) => Encoding.UTF8.GetBytes(text, header.AsSpan(from));
        void Octal(int from, int digits, long value) => Text(from, Convert.ToString(value, 8).PadLeft(digits, '0') is var octal && octal.Length == digits
            ? octal : throw TooLong(path));
    }

    /// <summary>A long path stands in two fields, cut at a slash.</summary>
    static (string Prefix, string Name) Cut(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) <= NameBytes) return ("", path);
        for (var cut = path.IndexOf('/', StringComparison.Ordinal); cut > 0 && cut < path.Length - 1; cut = path.IndexOf('/', cut + 1))
            if (Encoding.UTF8.GetByteCount(path.AsSpan(0, cut)) <= PrefixBytes
                && Encoding.UTF8.GetByteCount(path.AsSpan(cut + 1)) <= NameBytes) return (path[..cut], path[(cut + 1)..]);
        throw TooLong(path);
    }

    static ArgumentException TooLong(string path) => new(string.Create(CultureInfo.InvariantCulture, $"{path} does not fit into a ustar header."),
        nameof(path));

    static string? PathOf(ReadOnlySpan<byte> header)
    {
        var name = Field(header[..NameBytes]);
        var prefix = Field(header.Slice(345, PrefixBytes));
        return name.Length == 0 ? null : prefix.Length == 0 ? name : $"{prefix}/{name}";

        static string Field(ReadOnlySpan<byte> field) => Encoding.UTF8.GetString(field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field);
    }

    static bool TryLength(ReadOnlySpan<byte> header, out long length)
    {
        length = 0;
        foreach (var digit in header.Slice(124, 11))
        {
            if (digit is < (byte)'0' or > (byte)'7') return false;
            length = (length * 8) + (digit - '0');
        }
        return true;
    }
}
