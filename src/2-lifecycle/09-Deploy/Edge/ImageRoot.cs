using System.Diagnostics;
using System.Runtime.InteropServices;
using Kumiki.Native;
using Kumiki.Packages;

namespace Kumiki.Serving;

/// <summary>The files that a program needs around it in an image: the C library, OpenSSL, .NET's runtime, the program itself. No registry has to be asked for
/// them: they are those of this machine.</summary>
static class ImageRoot
{
    public const string Runner = "kumiki-runner", RunnerFolder = "kumiki", DotnetFolder = "usr/share/dotnet", RunnerVariable = "KUMIKI_RUNNER";

    /// <summary>Loaded by name while the runner works, so that no file says that it needs them.</summary>
    static readonly string[] LoadedLater = ["libssl.so.3", "libcrypto.so.3", "libgcc_s.so.1", "libstdc++.so.6"];

    /// <summary>Where a server's program, the release it begins with and its data are in an image.</summary>
    public const string ProgramFolder = "kumiki", ReleaseFolder = "kumiki-release", DataFolder = "data";

    /// <summary>The folder of .NET's runtime that this process runs on.</summary>
    static string Runtime { get; } = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());

    static string Dotnet { get; } = Path.GetFullPath(Path.Combine(Runtime, "../../.."));

    static IEnumerable<(string To, string From)> RuntimeFiles()
    {
        var fxr = Directory.EnumerateDirectories(Path.Combine(Dotnet, "host/fxr")).OrderBy(d => d, StringComparer.Ordinal).Last();
        return Framework(Runtime).Append(($"{DotnetFolder}/host/fxr/{Path.GetFileName(fxr)}/libhostfxr.so", Path.Combine(fxr, "libhostfxr.so")));
    }

    /// <summary>The files of a framework's version, <c>…/shared/NAME/10.0.0</c>.</summary>
    static IEnumerable<(string To, string From)> Framework(string folder) =>
        Directory.EnumerateFiles(folder).Select(f =>
            ($"{DotnetFolder}/shared/{Path.GetFileName(Path.GetDirectoryName(folder))}/{Path.GetFileName(folder)}/{Path.GetFileName(f)}", f));

    static string Engine(NativeEngine engine) => engine.Candidates().FirstOrDefault(File.Exists)
        ?? throw new KumikiException(Message.Of("edge.no-library", ("library", engine.FileNames[0])));

    /// <summary>The layers below a server's release: system, runtime with ASP.NET, engines, program.</summary>
    /// <param name="program">The name of the program's assembly, in the folder it runs from.</param>
    /// <exception cref="KumikiException">The program is one single file, or a library is not on this machine.</exception>
    public static async Task<IReadOnlyList<IReadOnlyList<TarEntry>>> ServerAsync(string program, CancellationToken stop)
    {
        var folder = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        if (!File.Exists(Path.Combine(folder, program + ".dll")))
            throw new KumikiException(Message.Of("edge.no-program", ("file", Path.Combine(folder, program + ".dll"))));
        var web = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator)
            .FirstOrDefault(f => Path.GetFileName(f) == "Microsoft.AspNetCore.dll") is { } found ? Path.GetDirectoryName(found)!
            : throw new KumikiException(Message.Of("edge.no-library", ("library", "Microsoft.AspNetCore.App")));
        List<string> engines = [Engine(NativeEngine.OnnxRuntime), Engine(NativeEngine.DuckDb), Engine(NativeEngine.Vips)];
        // What its build put there; what belongs to other systems, and to people who debug, stays.
        var own = Directory.EnumerateFiles(folder).Where(f => !f.EndsWith(".runtimeconfig.dev.json", StringComparison.Ordinal)
                && (Path.GetExtension(f) is ".dll" or ".json" or ".so" || f.Contains(".so.", StringComparison.Ordinal)))
            .Concat(((string[])["linux-x64", "linux", "unix"]).Select(system => Path.Combine(folder, "runtimes", system)).Where(Directory.Exists)
                .SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories)))
            .Where(f => engines.All(e => Path.GetFileName(e) != Path.GetFileName(f))).ToList();
        List<string> native = [Path.Combine(Dotnet, "dotnet"), .. Directory.EnumerateFiles(Runtime, "*.so"), .. engines,
            .. own.Where(f => Path.GetExtension(f) is not (".dll" or ".json"))];
        return
        [
            WithFolders([.. await SystemAsync(native, stop), new($"{DataFolder}/", 0b001_111_111_111, 0, null)]),
            WithFolders(Entries(RuntimeFiles().Concat(Framework(web)).Append(($"{DotnetFolder}/dotnet", Path.Combine(Dotnet, "dotnet"))))),
            WithFolders(Entries(engines.Select(e => ($"{ProgramFolder}/runtimes/linux-x64/native/{Path.GetFileName(e)}", e)))),
            WithFolders(Entries(own.Select(f => ($"{ProgramFolder}/{Path.GetRelativePath(folder, f)}", f)))),
        ];
    }

    /// <summary>The lowest layers: system, runtime, runner.</summary>
    /// <exception cref="KumikiException">The runner was not built, or a library is not on this machine.</exception>
    public static async Task<IReadOnlyList<IReadOnlyList<TarEntry>>> LayersAsync(CancellationToken stop)
    {
        var runner = RunnerProgram();
        var onnx = Engine(NativeEngine.OnnxRuntime);
        var runnerFiles = Directory.EnumerateFiles(runner).Where(f => Path.GetExtension(f) is ".dll" or ".json" or "").Select(f =>
            ($"{RunnerFolder}/{Path.GetFileName(f)}", f))
            .Append(($"{RunnerFolder}/runtimes/linux-x64/native/{Path.GetFileName(onnx)}", onnx));
        var system = await SystemAsync([.. Directory.EnumerateFiles(Runtime, "*.so"), Path.Combine(runner, Runner), onnx], stop);
        return [WithFolders(system), WithFolders(Entries(RuntimeFiles())), WithFolders(Entries(runnerFiles))];
    }

    /// <summary>Who runs, where it may write, and the libraries that files need.</summary>
    static async Task<IReadOnlyList<TarEntry>> SystemAsync(IReadOnlyList<string> files, CancellationToken stop) =>
    [
        TarEntry.File("etc/passwd", "root:x:0:0:root:/:/\nkumiki:x:65532:65532:kumiki:/:/\n"u8.ToArray()),
        TarEntry.File("etc/group", "root:x:0:\nkumiki:x:65532:\n"u8.ToArray()),
        .. (await LibrariesAsync(files, stop)).Select(l => TarEntry.File(l.Key, l.Value, 0b111_101_101)),
        Tmp,
    ];

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
