using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Kumiki.Store;

namespace Kumiki.Making;

/// <summary>The program that runs: the digest of the author's own assemblies, and every file needed to run it again.</summary>
public sealed class ProgramClosure
{
    readonly string folder;
    readonly string entry;
    readonly IReadOnlyList<string> own;
    CodeRevision? kept;

    ProgramClosure(string folder, string entry, IReadOnlyList<string> own, IReadOnlyDictionary<string, string> packages) =>
        (this.folder, this.entry, this.own, Packages, ProjectDigest) = (folder, entry, own, packages, DigestOf(folder, own));

    /// <summary>Package versions by name, from the program's dependency file.</summary>
    public IReadOnlyDictionary<string, string> Packages { get; }

    /// <summary>Over the author's own assemblies. Kumiki's never count: its transforms and learners have recipe numbers.</summary>
    public Digest ProjectDigest { get; }

    /// <summary>The running program.</summary>
    /// <param name="project">An assembly of the project, for a program whose entry is something else, such as a test runner.</param>
    public static ProgramClosure Current(Assembly? project = null)
    {
        var assembly = project ?? Assembly.GetEntryAssembly() ?? throw new InvalidOperationException("The process has no entry assembly.");
        return Of(AppContext.BaseDirectory, assembly.GetName().Name!);
    }

    /// <summary>The program in a folder.</summary>
    internal static ProgramClosure Of(string folder, string name)
    {
        var deps = Path.Combine(folder, name + ".deps.json");
        var own = new List<string> { name };
        var packages = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (File.Exists(deps))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(deps));
            foreach (var library in document.RootElement.GetProperty("libraries").EnumerateObject())
            {
                var slash = library.Name.IndexOf('/', StringComparison.Ordinal);
                var (library1, version) = (library.Name[..slash], library.Name[(slash + 1)..]);
                if (library.Value.GetProperty("type").GetString() != "project") packages[library1] = version;
                else if (library1 != name && !IsOurs(library1)) own.Add(library1);
            }
        }
        return new(folder, name, [.. own.Where(n => File.Exists(Path.Combine(folder, n + ".dll"))).Order(StringComparer.Ordinal)], packages);
    }

    static bool IsOurs(string name) => name == "kumiki" || name.StartsWith("Kumiki.", StringComparison.Ordinal);

    static Digest DigestOf(string folder, IReadOnlyList<string> own) =>
        Digest.OfParts(own.SelectMany(n => new[] { n, Digest.Of(File.ReadAllBytes(Path.Combine(folder, n + ".dll"))).Hex }));

    /// <summary>Keeps every file of the program in the store, once, and a manifest that lists them.</summary>
    public async Task<CodeRevision> KeepAsync(IMetadataStore metadata, IArtifactStore artifacts, string projectFolder, CancellationToken stop)
    {
        if (kept is not null) return kept;
        var git = GitAsync(projectFolder, stop);
        while (true)
        {
            var generation = (await metadata.CollectionAsync(stop)).Generation;
            var files = new List<VersionFile>();
            foreach (var path in Files())
            {
                var full = Path.Combine(folder, path);
                var look = await OutsideFile.LookAsync(full, metadata, stop);
                if (!artifacts.Contains(look.Content))
                {
                    await using var stream = File.OpenRead(full);
                    await artifacts.PutAsync(stream, stop);
                }
                files.Add(new(path, look.Content, look.Bytes));
            }
            using var manifest = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(files), writable: false);
            var closure = (await artifacts.PutAsync(manifest, stop)).Content;
            if (await metadata.KeepProgramAsync(closure, [.. files.Select(f => f.Content)], generation, stop) is null)
            {
                var (commit, dirty) = await git;
                return kept = new(ProjectDigest, closure, entry, commit, dirty);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), stop);     // a collection is under way: look again whether all is there
        }
    }

    /// <summary>The files of a kept program.</summary>
    public static async Task<IReadOnlyList<VersionFile>> FilesOfAsync(Digest closure, IArtifactStore artifacts, CancellationToken stop)
    {
        await using var manifest = artifacts.Open(closure);
        return (await JsonSerializer.DeserializeAsync<List<VersionFile>>(manifest, cancellationToken: stop))!;
    }

    /// <summary>Assemblies, dependency and runtime files, and small natives; the engines' own binaries are installed, and named in the environment.</summary>
    IEnumerable<string> Files()
    {
        var mine = Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>()
            .Where(f => f.EndsWith(".dll", StringComparison.Ordinal) || f.EndsWith(".json", StringComparison.Ordinal));
        var natives = Path.Combine(folder, "runtimes", "linux-x64", "native");
        var small = Directory.Exists(natives)
            ? Directory.EnumerateFiles(natives).Where(f => new FileInfo(f).Length < 8 << 20).Select(f => Path.GetRelativePath(folder, f))
            : Directory.EnumerateFiles(folder, "*.so").Where(f => new FileInfo(f).Length < 8 << 20).Select(f => Path.GetRelativePath(folder, f));
        return mine.Concat(small).Order(StringComparer.Ordinal);
    }

    /// <summary>Commit and dirty flag of the folder's git work tree; nulls where there is none or no git.</summary>
    static async Task<(string? Commit, bool? Dirty)> GitAsync(string folder, CancellationToken stop)
    {
        var commit = await Rebuild.GitAsync(folder, stop, "rev-parse", "HEAD");
        if (commit is null) return (null, null);
        var status = await Rebuild.GitAsync(folder, stop, "status", "--porcelain", "--untracked-files=no");
        return (commit, status is null ? null : status.Length > 0);
    }

    /// <summary>What this process runs on.</summary>
    public RunEnvironment Environment(IReadOnlyDictionary<string, string> engines)
    {
        var cpu = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : null;
        return new(RuntimeInformation.OSDescription, cpu ?? RuntimeInformation.ProcessArchitecture.ToString(), System.Environment.ProcessorCount,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, RuntimeInformation.FrameworkDescription, Packages, engines);
    }
}
