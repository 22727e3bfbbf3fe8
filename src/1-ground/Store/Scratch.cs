namespace Kumiki.Store;

/// <summary>A temporary folder beside the artifacts; removed with all that is in it.</summary>
public sealed class Scratch(string folder) : IDisposable
{
    public string Folder { get; } = folder;

    /// <summary>A path in it for a file that does not exist yet.</summary>
    public string File(string name) => Path.Combine(Folder, name);

    /// <summary>Writes into a file of it, hashed on the way; whoever wants it to outlive this process puts it into the store. Several may write into one file
    /// at once, where their places do not overlap.</summary>
    /// <param name="name">Made if it is not there.</param>
    /// <param name="place">Where in the file the first byte goes.</param>
    /// <returns>Of the bytes that were written.</returns>
    /// <exception cref="KumikiException">The disk is full, or cannot be written.</exception>
    public async Task<Blob> WriteAsync(string name, Stream bytes, CancellationToken stop, long place = 0)
    {
        var path = File(name);
        try
        {
            using var file = System.IO.File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            return await FolderStore.CopyAsync(bytes, file, stop, place);
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
