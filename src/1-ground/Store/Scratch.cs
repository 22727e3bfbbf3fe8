namespace Kumiki.Store;

/// <summary>A temporary folder beside the artifacts; removed with all that is in it.</summary>
public sealed class Scratch(string folder) : IDisposable
{
    static readonly FileStreamOptions New = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };

    public string Folder { get; } = folder;

    /// <summary>A path in it for a file that does not exist yet.</summary>
    public string File(string name) => Path.Combine(Folder, name);

    /// <summary>Writes a new file of it, hashed on the way; whoever wants it to outlive this process puts it into the store.</summary>
    /// <exception cref="KumikiException">The disk is full, or cannot be written.</exception>
    public async Task<Blob> WriteAsync(string name, Stream bytes, CancellationToken stop)
    {
        var path = File(name);
        try
        {
            using var file = new FileStream(path, New);
            return await FolderStore.CopyAsync(bytes, file.SafeFileHandle, stop);
        }
        catch (Exception e) when (StoreTrouble.Of(e, path) is { } said)
        {
            throw said;
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }
}
