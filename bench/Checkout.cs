namespace Kumiki.Bench;

/// <summary>The checkout this benchmark was built from.</summary>
static class Checkout
{
    public static string Root { get; } = Find();

    static string Find()
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (File.Exists(Path.Combine(up.FullName, "Kumiki.slnx"))) return up.FullName;
        throw new BenchmarkException("Benchmarks run from a checkout: ./kumiki bench NAME");
    }

    /// <summary>An empty folder on the checkout's disk, which is the one that is measured; gone after the work.</summary>
    public static async Task InFolderAsync(Func<string, Task> work)
    {
        var folder = Path.Combine(Root, "artifacts", "bench", Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(folder);
        try
        {
            await work(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
