using System.Security.Cryptography;
using System.Text;
using Kumiki.Native;

namespace Kumiki.Packages;

/// <summary>A release of one endpoint that runs by itself: an archive or a folder whose every byte was checked when it was opened.</summary>
/// <remarks>
/// 1. The archive has the one form that its writer gives it. 2. <c>package.sig</c> is a trusted key's signature of <c>package.json</c>. 3. That lists every
/// file, with its length and SHA-256, and no other is
/// there. Files are mapped, not read: they must not be written to while the package is open. <c>docs/formats/edge-package.md</c> has the bytes.
/// </remarks>
public sealed class EdgePackage : IDisposable
{
    /// <summary>What an archive's name ends with.</summary>
    public const string Extension = ".kpkg";

    const string ManifestPath = "package.json", SignaturePath = "package.sig";

    readonly List<MappedFile> mapped = [];
    readonly SortedDictionary<string, ReadOnlyMemory<byte>> files = new(StringComparer.Ordinal);

    EdgePackage(string path) => Path = path;

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    public PackageManifest Manifest { get; private set; } = null!;

    /// <summary>SHA-256 of its manifest, which names the content of every other file: equal ids are equal packages.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Opens a package and checks all of it.</summary>
    /// <param name="path">An archive, or a folder with the same files.</param>
    /// <exception cref="KumikiException">It is none, was changed, or is signed by nobody trusted; the sentence names the file.</exception>
    public static EdgePackage Open(string path, TrustedKeys trusted)
    {
        var package = new EdgePackage(path);
        try
        {
            package.Read();
            package.Check(trusted);
            return package;
        }
        catch
        {
            package.Dispose();
            throw;
        }
    }

    /// <summary>A file's bytes, as long as the package is open; null where there is none of that name.</summary>
    public ReadOnlyMemory<byte>? File(string path) => files.TryGetValue(path, out var bytes) ? bytes : default(ReadOnlyMemory<byte>?);

    /// <summary>Writes it as an archive, whatever it was opened from.</summary>
    public Task WriteToAsync(Stream archive, CancellationToken stop) => TarArchive.WriteAsync(archive,
        files.OrderBy(f => f.Key switch { ManifestPath => 0, SignaturePath => 1, _ => 2 }).Select(f => TarEntry.File(f.Key, f.Value.ToArray())), stop);

    void Read()
    {
        if (Directory.Exists(Path))
        {
            foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
            {
                var name = System.IO.Path.GetRelativePath(Path, file);
                if (new FileInfo(file).LinkTarget is not null) throw Refused("package.file-extra", name);
                files.Add(name, Map(file));
            }
        }
        else if (System.IO.File.Exists(Path))
        {
            var archive = TarArchive.Read(Map(Path), out var at) ?? throw new KumikiException(Message.Of("package.archive-changed", ("package", Path),
                ("at", at)));
            foreach (var (name, bytes) in archive)
                if (!files.TryAdd(name, bytes)) throw Refused("package.file-extra", name);
        }
        else
        {
            throw new KumikiException(Message.Of("package.not-there", ("path", Path)));
        }
    }

    ReadOnlyMemory<byte> Map(string file)
    {
        switch (new FileInfo(file).Length)
        {
            case 0: return default;
            case > int.MaxValue: throw new KumikiException(Message.Of("package.too-large", ("path", file)));
            default:
                var opened = MappedFile.Open(file);
                mapped.Add(opened);
                return opened.Memory;
        }
    }

    void Check(TrustedKeys trusted)
    {
        var manifest = files.GetValueOrDefault(ManifestPath);
        var signature = files.GetValueOrDefault(SignaturePath);
        if (manifest.IsEmpty) throw Refused("package.file-missing", ManifestPath);
        if (signature.IsEmpty) throw Refused("package.file-missing", SignaturePath);
        var (key, signed) = ReadSignature(signature.Span);
        if (key is null || signed is null) throw Refused("package.file-changed", SignaturePath);
        if (!trusted.Knows(key))
            throw new KumikiException(Message.Of("package.untrusted", ("package", Path), ("key", key), ("trusted", string.Join(", ", trusted.Ids))));
        if (!trusted.Verify(key, manifest.Span, signed)) throw new KumikiException(Message.Of("package.signature", ("package", Path), ("key", key)));

        // What was signed is what somebody trusted wrote: another form is a newer writer's.
        Manifest = PackageManifest.Read(manifest.Span) is { Format: PackageManifest.Form } read
            ? read
            : throw new KumikiException(Message.Of("package.form", ("package", Path), ("known", PackageManifest.Form)));
        Id = Convert.ToHexStringLower(SHA256.HashData(manifest.Span));
        foreach (var file in Manifest.Files)
        {
            if (!files.TryGetValue(file.Path, out var bytes)) throw Refused("package.file-missing", file.Path);
            if (bytes.Length != file.Bytes || Convert.ToHexStringLower(SHA256.HashData(bytes.Span)) != file.Sha256) throw Refused("package.file-changed",
                file.Path);
        }
        var listed = Manifest.Files.Select(f => f.Path).Concat([ManifestPath, SignaturePath]).ToHashSet(StringComparer.Ordinal);
        if (files.Keys.FirstOrDefault(f => !listed.Contains(f)) is { } more) throw Refused("package.file-extra", more);
    }

    KumikiException Refused(string id, string file) => new(id switch
    {
        "package.file-missing" => Message.Of("package.file-missing", ("package", Path), ("file", file)),
        "package.file-extra" => Message.Of("package.file-extra", ("package", Path), ("file", file)),
        _ => Message.Of("package.file-changed", ("package", Path), ("file", file)),
    });

    static (string? Key, byte[]? Signature) ReadSignature(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var signature = new byte[bytes.Length];
        return text.Split(' ') is [var key, var base64] && base64.EndsWith('\n') && Convert.TryFromBase64String(base64[..^1], signature, out var length)
            && Convert.ToBase64String(signature, 0, length) == base64[..^1]
            ? (key, signature[..length])
            : default;
    }

    /// <summary>Writes a package; the same manifest, files and key give the same bytes.</summary>
    /// <param name="to">A path that ends with <see cref="Extension"/> gets the archive, any other a folder. Complete or not there: it is written under another
    /// name first.</param>
    /// <param name="manifest">Its files and key are filled in.</param>
    /// <exception cref="KumikiException">The folder is there already and is not empty, or the archive would pass 2 GiB.</exception>
    public static async Task<PackageManifest> WriteAsync(
        string to, PackageManifest manifest, IReadOnlyDictionary<string, Func<Stream>> content, PackageKey key, CancellationToken stop)
    {
        var listed = new List<PackagedFile>();
        foreach (var (path, open) in content.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            await using var bytes = open();
            var hash = await SHA256.HashDataAsync(bytes, stop);
            listed.Add(new(path, bytes.Length, Convert.ToHexStringLower(hash)));
        }
        if (listed.Sum(f => f.Bytes + 1024) > int.MaxValue - (1 << 20)) throw new KumikiException(Message.Of("package.too-large", ("path", to)));
        manifest = manifest with { Format = PackageManifest.Form, Files = listed, Key = key.Id };
        var signed = manifest.ToBytes();
        List<TarEntry> entries =
        [
            TarEntry.File(ManifestPath, signed), TarEntry.File(SignaturePath,
                Encoding.ASCII.GetBytes($"{key.Id} {Convert.ToBase64String(key.Sign(signed))}\n")),
            .. listed.Select(f => new TarEntry(f.Path, 0b110_100_100, f.Bytes, content[f.Path])),
        ];
        var full = System.IO.Path.GetFullPath(to).TrimEnd('/');
        var parent = System.IO.Path.GetDirectoryName(full)!;
        Directory.CreateDirectory(parent);
        var partial = System.IO.Path.Combine(parent, $".{System.IO.Path.GetFileName(full)}.{Guid.NewGuid():n}");
        try
        {
            if (full.EndsWith(Extension, StringComparison.Ordinal)) await WriteArchiveAsync(partial, full, entries, stop);
            else await WriteFolderAsync(partial, full, entries, stop);
        }
        finally
        {
            System.IO.File.Delete(partial);
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        }
        DurableFolder.Sync(parent);
        return manifest;
    }

    static async Task WriteArchiveAsync(string partial, string full, IEnumerable<TarEntry> entries, CancellationToken stop)
    {
        await using (var archive = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
        {
            await TarArchive.WriteAsync(archive, entries, stop);
            archive.Flush(flushToDisk: true);
        }
        System.IO.File.Move(partial, full, overwrite: true);
    }

    static async Task WriteFolderAsync(string partial, string full, IEnumerable<TarEntry> entries, CancellationToken stop)
    {
        if (System.IO.File.Exists(full) || (Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any()))
            throw new KumikiException(Message.Of("package.folder-there", ("path", full)));
        foreach (var entry in entries)
        {
            var path = System.IO.Path.Combine(partial, entry.Path);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            await using var bytes = entry.Open!();
            await bytes.CopyToAsync(file, stop);
            file.Flush(flushToDisk: true);
        }
        if (Directory.Exists(full)) Directory.Delete(full);
        Directory.Move(partial, full);
    }

    public void Dispose()
    {
        foreach (var file in mapped) ((IDisposable)file).Dispose();
    }
}
