using System.Security.Cryptography;
using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>Looks at files outside the store: first by size, time and inode, then by digest.</summary>
static class OutsideFile
{
    /// <summary>A file as an asset's making records it: by its path from the project's folder where it lies in it, so that a project may be moved.</summary>
    public static async Task<OutsideRead> LookFromAsync(string projectFolder, string path, IMetadataStore metadata, CancellationToken stop)
    {
        var file = await LookAsync(Path.GetFullPath(path, projectFolder), metadata, stop);
        var relative = Path.GetRelativePath(projectFolder, file.Path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? file : file with { Path = relative };
    }

    public static async Task<OutsideRead> LookAsync(string path, IMetadataStore metadata, CancellationToken stop)
    {
        var info = new FileInfo(path);
        if (!info.Exists) throw new KumikiException(Message.Of("making.no-outside-file", ("file", path)));
        var inode = Inode(path);
        if (await metadata.KnownOutsideAsync(path, info.Length, info.LastWriteTimeUtc.Ticks, inode, stop) is { } known)
            return new(path, info.Length, info.LastWriteTimeUtc.Ticks, inode, known);
        await using var stream = new FileStream(path, new FileStreamOptions { Access = FileAccess.Read, Share = FileShare.ReadWrite, BufferSize = 1 << 20, Options = FileOptions.SequentialScan });
        var digest = Digest.FromHash(await SHA256.HashDataAsync(stream, stop));
        var read = new OutsideRead(path, info.Length, info.LastWriteTimeUtc.Ticks, inode, digest);
        await metadata.RememberOutsideAsync([read], stop);
        return read;
    }

    /// <summary>The inode number, from the symbolic link the kernel keeps for an open file's fdinfo; 0 where the system has none.</summary>
    static long Inode(string path)
    {
        using var handle = File.OpenHandle(path);
        var info = $"/proc/self/fdinfo/{handle.DangerousGetHandle()}";
        if (!File.Exists(info)) return 0;
        foreach (var line in File.ReadLines(info))
            if (line.StartsWith("ino:", StringComparison.Ordinal)) return long.Parse(line.AsSpan(4).Trim(), System.Globalization.CultureInfo.InvariantCulture);
        return 0;
    }
}
