namespace Kumiki.Store;

/// <summary>A temporary folder beside the artifacts; removed with all that is in it.</summary>
public sealed class Scratch(string folder) : IDisposable
{
    public string Folder { get; } = folder;

    /// <summary>A path in it for a file that does not exist yet.</summary>
    public string File(string name) => Path.Combine(Folder, name);

    public void Dispose()
    {
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }
}
