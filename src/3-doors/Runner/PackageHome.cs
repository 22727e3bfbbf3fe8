using System.Text;
using Kumiki.Native;
using Kumiki.Packages;
using Kumiki.Store;

namespace Kumiki.Running;

/// <summary>A folder with the package that runs, the one before it, and the predictions that were not sent yet.</summary>
/// <remarks>
/// <c>packages/ID.kpkg</c>, each whole when it can be seen; <c>current</c>, two lines: the id of the package that runs and of the one before it. An update
/// writes the package, then the pointer, each under
/// another name first, so that a process killed at any instant leaves the old package running or the new one.
/// </remarks>
sealed class PackageHome
{
    readonly string folder;

    public PackageHome(string folder) => this.folder = Path.GetFullPath(folder);

    /// <summary>Whether a path is such a folder, or becomes one with its first package.</summary>
    public static bool Is(string path) => Directory.Exists(path) && !File.Exists(Path.Combine(path, "package.json"));

    public string LogFolder => Path.Combine(folder, "log");

    string Pointer => Path.Combine(folder, "current");

    string PathOf(string id) => Path.Combine(folder, "packages", id + EdgePackage.Extension);

    /// <summary>The ids of the package that runs and of the one before it.</summary>
    /// <exception cref="KumikiException">The pointer was written by nobody of us.</exception>
    public (string? Current, string? Before) Read()
    {
        if (!File.Exists(Pointer)) return default;
        var lines = File.ReadAllText(Pointer).Split('\n');
        if (lines is not [var current, var before, ""] || !IsId(current) || (before.Length > 0
            && !IsId(before))) throw new KumikiException(Message.Of("runner.pointer", ("path", Pointer)));
        return (current, before.Length > 0 ? before : null);

        static bool IsId(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);
    }

    /// <summary>Opens the package that is to run.</summary>
    /// <exception cref="KumikiException">There is none, or it was changed.</exception>
    public EdgePackage Open(TrustedKeys trusted) => Read().Current is { } id
        ? EdgePackage.Open(PathOf(id), trusted)
        : throw new KumikiException(Message.Of("runner.home-empty", ("folder", folder)));

    /// <summary>Makes a package the one that runs, once it was checked in every way that it is when it starts.</summary>
    /// <returns>Its manifest, and whether it ran already.</returns>
    /// <exception cref="KumikiException">It is refused, or is of another endpoint than the one that runs; what runs goes on.</exception>
    public async Task<(PackageManifest Manifest, bool RanAlready)> UpdateAsync(string path, TrustedKeys trusted, CancellationToken stop)
    {
        using var alone = Alone();
        using var package = EdgePackage.Open(path, trusted);
        using (PackagedEndpoint.Open(package))
        {
            // it answers its golden rows
        }
        var (current, before) = Read();
        if (current == package.Id) return (package.Manifest, true);
        if (current is not null)
        {
            using var running = EdgePackage.Open(PathOf(current), trusted);
            if (running.Manifest.Name != package.Manifest.Name)
                throw new KumikiException(Message.Of("runner.other-endpoint", ("folder", folder), ("runs", running.Manifest.Name), ("package", path),
                    ("name", package.Manifest.Name)));
        }
        var packages = Path.Combine(folder, "packages");
        Directory.CreateDirectory(packages);
        var partial = Path.Combine(packages, "partial");
        await using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write))
        {
            await package.WriteToAsync(file, stop);
            DurableStep.At("package.written");
            file.Flush(flushToDisk: true);
        }
        DurableStep.At("package.synced");
        File.Move(partial, PathOf(package.Id), overwrite: true);
        DurableStep.At("package.renamed");
        DurableFolder.Sync(packages);
        DurableStep.At("package.kept");
        Point(package.Id, current);
        foreach (var old in Directory.EnumerateFiles(packages))
            if (Path.GetFileNameWithoutExtension(old) is var id && id != package.Id && id != current) File.Delete(old);
        return (package.Manifest, false);
    }

    /// <summary>Brings back the package that ran before; a second one brings back this one.</summary>
    /// <exception cref="KumikiException">There is none, or it was changed.</exception>
    public PackageManifest RollBack(TrustedKeys trusted)
    {
        using var alone = Alone();
        var (current, before) = Read();
        if (before is null) throw new KumikiException(Message.Of("runner.nothing-before", ("folder", folder)));
        using var package = EdgePackage.Open(PathOf(before), trusted);
        using (PackagedEndpoint.Open(package))
        {
            // it answers its golden rows still
        }
        Point(before, current);
        return package.Manifest;
    }

    void Point(string current, string? before)
    {
        var partial = Pointer + ".new";
        using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes($"{current}\n{before}\n"));
            DurableStep.At("pointer.written");
            file.Flush(flushToDisk: true);
        }
        DurableStep.At("pointer.synced");
        File.Move(partial, Pointer, overwrite: true);
        DurableStep.At("pointer.renamed");
        DurableFolder.Sync(folder);
        DurableStep.At("pointer.kept");
    }

    /// <summary>What this home calls itself where it sends its predictions: made up with the first look.</summary>
    public string Device()
    {
        var path = Path.Combine(folder, "device");
        if (!File.Exists(path))
        {
            var partial = $"{path}.{Environment.ProcessId}";
            File.WriteAllText(partial, Guid.NewGuid().ToString("N"));
            File.Move(partial, path, overwrite: true);
        }
        return File.ReadAllText(path);
    }

    /// <summary>No two change the folder at once.</summary>
    FileStream Alone()
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new KumikiException(Message.Of("runner.busy", ("folder", folder)), e);
        }
    }
}
