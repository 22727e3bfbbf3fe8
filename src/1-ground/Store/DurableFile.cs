namespace Kumiki.Store;

/// <summary>Files and folders outside the store that are seen whole or not at all: written under another name on the same file system, made durable,
/// renamed.</summary>
public static class DurableFile
{
    /// <summary>Makes a file's bytes durable, and lets it take the place of what <paramref name="path"/> names; that changes in one step.</summary>
    /// <param name="temporary">A whole file on the same file system; nothing writes to it any more.</param>
    /// <exception cref="IOException">The disk is full, or the two are on different file systems.</exception>
    public static void Appear(string temporary, string path)
    {
        using (var file = File.OpenHandle(temporary, FileMode.Open, FileAccess.ReadWrite)) Posix.Fsync(file, temporary);
        DurableStep.At("file.rename");
        if (!Posix.Rename(temporary, path)) throw new IOException($"{temporary} and {path} are on different file systems.");
        DurableStep.At("file.renamed");
        Posix.FsyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>The same for a folder and all its files. What was there before is then at <paramref name="temporary"/>.</summary>
    /// <inheritdoc cref="Appear"/>
    public static void AppearFolder(string temporary, string path)
    {
        foreach (var name in Directory.EnumerateFiles(temporary, "*", SearchOption.AllDirectories))
            using (var file = File.OpenHandle(name, FileMode.Open, FileAccess.ReadWrite)) Posix.Fsync(file, name);
        foreach (var folder in Directory.EnumerateDirectories(temporary, "*", SearchOption.AllDirectories)) Posix.FsyncFolder(folder);
        Posix.FsyncFolder(temporary);
        DurableStep.At("folder.rename");
        if (Directory.Exists(path)) Posix.Exchange(temporary, path);
        else if (!Posix.Rename(temporary, path)) throw new IOException($"{temporary} and {path} are on different file systems.");
        DurableStep.At("folder.renamed");
        Posix.FsyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
