using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;

namespace Kumiki.Importing;

/// <summary>Files of a package on npm: got by npm itself, or out of a package that is there already. Nothing of a package is run, and nothing of it
/// stays.</summary>
static class NpmPackage
{
    const long LongestFile = 256 << 20;

    /// <summary>Reads some files of one version.</summary>
    /// <param name="paths">Below the package's folder.</param>
    /// <param name="from">A folder where the package is installed, or its <c>.tgz</c>; null: npm gets it.</param>
    /// <param name="scratch">An empty folder for what is got.</param>
    /// <returns>The files, in the order of <paramref name="paths"/>.</returns>
    /// <exception cref="KumikiException">npm is not there or cannot get it, or a file is not in it.</exception>
    public static async Task<IReadOnlyList<byte[]>> ReadAsync(
        string package, string version, IReadOnlyList<string> paths, string? from, string scratch, CancellationToken stop)
    {
        if (from is not null && Directory.Exists(from))
        {
            var files = new List<byte[]>();
            foreach (var path in paths)
            {
                var file = new FileInfo(Path.Combine(from, path));
                if (!file.Exists || file.Length > LongestFile) throw Missing(path, from);
                files.Add(await File.ReadAllBytesAsync(file.FullName, stop));
            }
            return files;
        }
        if (from is not null && !File.Exists(from)) throw new KumikiException(Message.Of("images.no-package", ("path", from)));
        var packed = from ?? await GetAsync($"{package}@{version}", scratch, stop);
        try
        {
            return await UnpackAsync(packed, paths, stop);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw new KumikiException(Message.Of("images.package-broken", ("path", packed), ("reason", e.Message)), e);
        }
    }

    static KumikiException Missing(string path, string from) => new(Message.Of("images.package-file", ("file", path), ("path", from)));

    static async Task<IReadOnlyList<byte[]>> UnpackAsync(string packed, IReadOnlyList<string> paths, CancellationToken stop)
    {
        var files = new byte[paths.Count][];
        await using var stream = new GZipStream(File.OpenRead(packed), CompressionMode.Decompress);
        await using var tar = new TarReader(stream);
        while (files.Contains(null) && await tar.GetNextEntryAsync(copyData: false, stop) is { } entry)
        {
            // npm puts everything below one folder, mostly called package.
            var path = entry.Name[(entry.Name.IndexOf('/', StringComparison.Ordinal) + 1)..];
            var at = paths.ToList().IndexOf(path);
            if (at < 0 || entry.DataStream is not { } data) continue;
            if (entry.Length > LongestFile) throw Missing(path, packed);
            files[at] = new byte[entry.Length];
            await data.ReadExactlyAsync(files[at], stop);
        }
        return Array.FindIndex(files, f => f is null) is >= 0 and var missing ? throw Missing(paths[missing], packed) : files;
    }

    static async Task<string> GetAsync(string package, string scratch, CancellationToken stop)
    {
        var start = new ProcessStartInfo("npm", ["pack", package, "--ignore-scripts", "--pack-destination", scratch])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = scratch,
        };
        Process npm;
        try
        {
            npm = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new KumikiException(Message.Of("images.no-npm", ("package", package)), e);
        }
        using (npm)
        {
            var (said, complained) = (npm.StandardOutput.ReadToEndAsync(stop), npm.StandardError.ReadToEndAsync(stop));
            try
            {
                await npm.WaitForExitAsync(stop);
            }
            catch (OperationCanceledException)
            {
                npm.Kill(entireProcessTree: true);
                throw;
            }
            await said;
            if (npm.ExitCode == 0 && Directory.GetFiles(scratch, "*.tgz") is [var file]) return file;
            var lines = (await complained).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var reason = Array.Find(lines, l => l.StartsWith("npm error", StringComparison.Ordinal) && !l.Contains(" code ", StringComparison.Ordinal))
                ?? lines.LastOrDefault() ?? $"exit code {npm.ExitCode}";
            throw new KumikiException(Message.Of("images.npm-failed", ("package", package), ("reason", reason)));
        }
    }
}
