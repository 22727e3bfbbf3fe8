using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Kumiki.Native;

/// <summary>One native library Kumiki loads: where it may lie, and the command that brings it when it is missing.</summary>
/// <param name="Library">The engine as people name it.</param>
/// <param name="ImportName">The name our <c>[LibraryImport]</c>s use.</param>
/// <param name="FileNames">File names to look for, in order.</param>
/// <param name="Package">The package that holds it, as people would look for it.</param>
/// <param name="Mend">The command that installs it.</param>
public sealed record NativeEngine(string Library, string ImportName, IReadOnlyList<string> FileNames, string Package, string Mend)
{
    public static NativeEngine OnnxRuntime { get; } = new("ONNX Runtime 1.30.0", "onnxruntime", ["libonnxruntime.so.1"], "npm package onnxruntime-node", "./kumiki setup");
    public static NativeEngine DuckDb { get; } = new("DuckDB 1.5.6", "duckdb", ["libduckdb.so"], "npm package @duckdb/node-bindings-linux-x64", "./kumiki setup");
    public static NativeEngine XGBoost { get; } = new("XGBoost 1.7.4", "xgboost", ["libxgboost.so.0", "libxgboost.so"], "Debian package libxgboost0", "apt-get install libxgboost0");

    public static NativeEngine Vips { get; } = new("libvips 8.18.7", "vips-cpp", ["libvips-cpp.so.8.18.7"], "npm package @img/sharp-libvips-linux-x64", "./kumiki setup");

    public static IReadOnlyList<NativeEngine> All { get; } = [OnnxRuntime, DuckDb, XGBoost, Vips];

    /// <summary>Where to look, in order: the folders of KUMIKI_NATIVE (colons between), beside the program, native/lib of a folder above it, then the system's own loader.</summary>
    public IEnumerable<string> Candidates()
    {
        var folders = new List<string>();
        if (Environment.GetEnvironmentVariable("KUMIKI_NATIVE") is { Length: > 0 } named) folders.AddRange(named.Split(Path.PathSeparator));
        folders.Add(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"));
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent) folders.Add(Path.Combine(up.FullName, "native", "lib"));
        foreach (var folder in folders)
            foreach (var file in FileNames)
                if (File.Exists(Path.Combine(folder, file))) yield return Path.Combine(folder, file);
        foreach (var file in FileNames) yield return file;
    }

    /// <summary>The folders this program finds its engines in, as KUMIKI_NATIVE takes them: for a child that runs from another folder.</summary>
    public static string Folders() =>
        string.Join(Path.PathSeparator, All.Select(e => e.Candidates().FirstOrDefault(File.Exists)).OfType<string>().Select(f => Path.GetDirectoryName(f)!).Distinct());

    /// <summary>Loads the library.</summary>
    /// <exception cref="KumikiException">It is missing or broken; the sentence names the command that mends it.</exception>
    public nint Load()
    {
        foreach (var path in Candidates())
        {
            if (NativeLibrary.TryLoad(path, out var handle)) return handle;
            if (!File.Exists(path)) continue;
            try
            {
                return NativeLibrary.Load(path);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                throw new KumikiException(Message.Of("native.broken", ("library", Library), ("path", path), ("reason", e.Message.Split('\n')[0]), ("mend", Mend)), e);
            }
        }
        throw new KumikiException(Message.Of("native.missing", ("library", Library), ("name", FileNames[0]), ("package", Package), ("mend", Mend)));
    }

    /// <summary>The file it was loaded from, links followed; null while it is not loaded.</summary>
    public string? LoadedFrom()
    {
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            var path = line.IndexOf('/', StringComparison.Ordinal) is var at and >= 0 ? line[at..] : "";
            if (Path.GetFileName(path).StartsWith($"lib{ImportName}.so", StringComparison.Ordinal)) return path;
        }
        return null;
    }

    static readonly Lock Gate = new();
    static readonly Dictionary<string, nint> Loaded = [];

    /// <summary>Loaded on first use by every <c>[LibraryImport]</c> of this assembly.</summary>
    [ModuleInitializer]
    internal static void Register()
    {
        NativeLibrary.SetDllImportResolver(typeof(NativeEngine).Assembly, static (name, _, _) =>
        {
            var engine = All.FirstOrDefault(e => e.ImportName == name);
            if (engine is null) return 0;
            lock (Gate)
            {
                if (!Loaded.TryGetValue(name, out var handle)) Loaded[name] = handle = engine.Load();
                return handle;
            }
        });
    }
}

/// <summary>A native library refused; its own message is kept.</summary>
public class NativeException(NativeEngine engine, string doing, string reason)
    : KumikiException(Kumiki.Message.Of("native.failed", ("library", engine.Library), ("doing", doing), ("reason", reason)))
{
    public NativeEngine Engine { get; } = engine;

    /// <summary>The library's own words.</summary>
    public string Reason { get; } = reason;
}
