namespace Kumiki.Lifecycle.Tests;

/// <summary>The real data beside the checkout.</summary>
static class SharedData
{
    public static string Folder(string name)
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (Directory.Exists(Path.Combine(up.FullName, "shared", "data", name))) return Path.Combine(up.FullName, "shared", "data", name);
        throw new DirectoryNotFoundException($"shared/data/{name} is not beside the checkout.");
    }
}
