[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Kumiki.Store.Tests;

/// <summary>A folder of its own for one test.</summary>
sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("kumiki-store-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
