using System.Diagnostics;
using System.Runtime.InteropServices;
using Kumiki.Native;
using Kumiki.Packages;

namespace Kumiki.Serving;

/// <summary>The files that a runner needs around it in an image: the C library, OpenSSL, .NET's runtime, the runner itself. No registry has to be asked for
/// them: they are those of this machine.</summary>
static class ImageRoot
{
    public const string Runner = "kumiki-runner", RunnerFolder = "kumiki", DotnetFolder = "usr/share/dotnet", RunnerVariable = "KUMIKI_RUNNER";

    /// <summary>Loaded by name while the runner works, so that no file says that it needs them.</summary>
    static readonly string[] LoadedLater = ["libssl.so.3", "libcrypto.so.3", "libgcc_s.so.1", "libstdc++.so.6"];

    /// <summary>The lowest layers: system, runtime, runner.</summary>
    /// <exception cref="KumikiException">The runner was not built, or a library is not on this machine.</exception>
    public static async Task<IReadOnlyList<IReadOnlyList<TarEntry>>> LayersAsync(CancellationToken stop)
    {
        var runner = RunnerProgram();
        var runtime = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());
        var dotnet = Path.GetFullPath(Path.Combine(runtime, "../../.."));
        var version = Path.GetFileName(runtime);
        var onnx = NativeEngine.OnnxRuntime.Candidates().FirstOrDefault(File.Exists)
            ?? throw new KumikiException(Message.Of("edge.no-library", ("library", NativeEngine.OnnxRuntime.FileNames[0])));
        var fxr = Directory.EnumerateDirectories(Path.Combine(dotnet, "host/fxr")).OrderBy(d => d, StringComparer.Ordinal).Last();

        var runtimeFiles = Directory.EnumerateFiles(runtime).Select(f => ($"{DotnetFolder}/shared/Microsoft.NETCore.App/{version}/{Path.GetFileName(f)}", f))
            .Append(($"{DotnetFolder}/host/fxr/{Path.GetFileName(fxr)}/libhostfxr.so", Path.Combine(fxr, "libhostfxr.so")));
        var runnerFiles = Directory.EnumerateFiles(runner).Where(f => Path.GetExtension(f) is ".dll" or ".json" or "").Select(f =>
            ($"{RunnerFolder}/{Path.GetFileName(f)}", f))
            .Append(($"{RunnerFolder}/runtimes/linux-x64/native/{Path.GetFileName(onnx)}", onnx));
        var libraries = await LibrariesAsync([.. Directory.EnumerateFiles(runtime, "*.so"), Path.Combine(runner, Runner), onnx], stop);
        List<TarEntry> system =
        [
            TarEntry.File("etc/passwd", "root:x:0:0:root:/:/\nkumiki:x:65532:65532:kumiki:/:/\n"u8.ToArray()),
                TarEntry.File("etc/group", "root:x:0:\nkumiki:x:65532:\n"u8.ToArray()),
            .. libraries.Select(l => TarEntry.File(l.Key, l.Value, 0b111_101_101)),
        ];
        return [WithFolders([.. system, Tmp]), WithFolders(Entries(runtimeFiles)), WithFolders(Entries(runnerFiles))];
    }

    static TarEntry Tmp { get; } = new("tmp/", 0b001_111_111_111, 0, null);

    static IEnumerable<TarEntry> Entries(IEnumerable<(string To, string From)> files) =>
        files.Select(f => TarEntry.File(f.To, f.From, Path.GetExtension(f.From) is "" or ".so" || f.From.Contains(".so.", StringComparison.Ordinal)
            ? 0b111_101_101 : 0b110_100_100));

    /// <summary>With the folders above every entry, sorted.</summary>
    public static IReadOnlyList<TarEntry> WithFolders(IEnumerable<TarEntry> entries)
    {
        var all = new SortedDictionary<string, TarEntry>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            all[entry.Path] = entry;
            for (var slash = entry.Path.TrimEnd('/').LastIndexOf('/'); slash > 0; slash = entry.Path.LastIndexOf('/', slash - 1))
                all.TryAdd(entry.Path[..(slash + 1)], TarEntry.Folder(entry.Path[..slash]));
        }
        return [.. all.Values];
    }

    /// <summary>The folder of the runner: the one that KUMIKI_RUNNER names, or what was built beside this program.</summary>
    static string RunnerProgram()
    {
        if (Environment.GetEnvironmentVariable(RunnerVariable) is { Length: > 0 } named)
            return File.Exists(Path.Combine(named, Runner)) ? named : throw new KumikiException(Message.Of("edge.no-runner", ("folder", named),
                ("variable", RunnerVariable)));
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            foreach (var build in (string[])["release_linux-x64", "debug_linux-x64"])
                if (Path.Combine(up.FullName, "Kumiki.Runner", build) is var folder && File.Exists(Path.Combine(folder, Runner))) return folder;
        throw new KumikiException(Message.Of("edge.no-runner", ("folder", AppContext.BaseDirectory), ("variable", RunnerVariable)));
    }

    /// <summary>The shared libraries that files need, by the path they are looked for at.</summary>
    static async Task<SortedDictionary<string, string>> LibrariesAsync(IReadOnlyList<string> files, CancellationToken stop)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var later = new List<string>();
        foreach (var name in LoadedLater)
            later.Add(((string[])["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64"]).Select(f =>
                Path.Combine(f, name)).FirstOrDefault(File.Exists)
                ?? throw new KumikiException(Message.Of("edge.no-library", ("library", name))));
        foreach (var path in later) found[path[1..]] = path;
        foreach (var file in (IEnumerable<string>)[.. files, .. later])
        {
            foreach (var line in (await LddAsync(file, stop)).Split('\n'))
            {
                // "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)", or the loader's own path alone; what is not found belongs to parts of .NET that the
                // runner does not use
                var path = line.Split("=>")[^1].Trim().Split(' ')[0];
                if (path.StartsWith('/') && !files.Contains(path) && Path.GetDirectoryName(path) != Path.GetDirectoryName(file)) found[path[1..]] = path;
            }
        }
        return found;
    }

    static async Task<string> LddAsync(string file, CancellationToken stop)
    {
        using var ldd = Process.Start(new ProcessStartInfo("ldd", [file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = ldd.StandardError.ReadToEndAsync(stop);
        var said = await ldd.StandardOutput.ReadToEndAsync(stop);
        await ldd.WaitForExitAsync(stop);
        await errors;
        return said;
    }
}
