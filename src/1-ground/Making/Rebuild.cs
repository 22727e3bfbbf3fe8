using System.Xml.Linq;

namespace Kumiki.Making;

/// <summary>A recorded program built again from its commit and its lock file, in a clone of its own: the author's work tree is not touched.</summary>
static class Rebuild
{
    /// <summary>Builds the program of a run.</summary>
    /// <param name="projectFolder">A folder of the author's repository.</param>
    /// <param name="programs">A folder for clones; one that was built before is used again.</param>
    /// <returns>The path of its assembly.</returns>
    /// <exception cref="KumikiException">No commit was recorded, or it was built from more than the commit, or the commit is not there, or it does not build.</exception>
    public static async Task<string> OfAsync(RunId run, CodeRevision code, string projectFolder, string programs, Action<string> say, CancellationToken stop)
    {
        if (code.GitCommit is not { } commit) throw new KumikiException(Message.Of("rebuild.no-commit", ("run", run)));
        if (code.GitDirty != false) throw new KumikiException(Message.Of("rebuild.dirty", ("run", run), ("commit", code.ShortCommit)));
        var root = await GitAsync(projectFolder, stop, "rev-parse", "--show-toplevel") ?? throw new KumikiException(Message.Of("rebuild.no-repository", ("folder", projectFolder)));
        if (await GitAsync(root, stop, "cat-file", "-e", commit + "^{commit}") is null) throw new KumikiException(Message.Of("rebuild.unknown-commit", ("commit", code.ShortCommit), ("folder", root)));

        var clone = Path.Combine(programs, "commit-" + commit);
        if (!Directory.Exists(clone))
        {
            say($"git checkout {code.ShortCommit}");
            Directory.CreateDirectory(programs);
            var partial = $"{clone}-{Environment.ProcessId}.partial";
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
            if (await GitAsync(root, stop, "clone", "--quiet", "--shared", "--no-checkout", root, partial) is null || await GitAsync(partial, stop, "checkout", "--quiet", "--detach", commit) is null)
                throw new KumikiException(Message.Of("rebuild.unknown-commit", ("commit", code.ShortCommit), ("folder", root)));
            try
            {
                Directory.Move(partial, clone);
            }
            catch (IOException) when (Directory.Exists(clone))
            {
                Directory.Delete(partial, recursive: true);     // another process made the same clone meanwhile
            }
        }

        var project = ProjectOf(clone, code.EntryAssembly) ?? throw new KumikiException(Message.Of("rebuild.no-project", ("commit", code.ShortCommit), ("assembly", code.EntryAssembly)));
        var locked = File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json"));
        say($"dotnet build {Path.GetRelativePath(clone, project)}");
        var built = await ChildProcess.RunAsync("dotnet", clone,
            ["build", project, "-c", "Release", "-nodeReuse:false", "-clp:ErrorsOnly;NoSummary", "-v", "quiet", .. locked ? (string[])["-p:RestoreLockedMode=true"] : []], stop);
        if (built is not { Code: 0 })
            throw new KumikiException(Message.Of("rebuild.failed", ("commit", code.ShortCommit), ("reason", FirstLine(built?.Output, built?.Errors))));
        var path = await ChildProcess.RunAsync("dotnet", clone, ["msbuild", project, "-getProperty:TargetPath", "-p:Configuration=Release"], stop);
        return path is { Code: 0, Output: { Length: > 0 } dll } && File.Exists(dll)
            ? dll
            : throw new KumikiException(Message.Of("rebuild.failed", ("commit", code.ShortCommit), ("reason", FirstLine(path?.Output, path?.Errors))));
    }

    /// <summary>What git says; null where it fails, or there is no git.</summary>
    public static async Task<string?> GitAsync(string folder, CancellationToken stop, params IReadOnlyList<string> arguments) =>
        await ChildProcess.RunAsync("git", folder, arguments, stop) is { Code: 0 } done ? done.Output : null;

    /// <summary>The project file of an assembly: of that name, or with that AssemblyName.</summary>
    static string? ProjectOf(string folder, string assembly)
    {
        var projects = Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        return projects.Find(p => NameIn(p) == assembly) ?? projects.Find(p => Path.GetFileNameWithoutExtension(p) == assembly && NameIn(p) is null);

        static string? NameIn(string path) => XDocument.Load(path).Descendants().FirstOrDefault(e => e.Name.LocalName == "AssemblyName")?.Value.Trim();
    }

    static string FirstLine(params IEnumerable<string?> texts) =>
        texts.OfType<string>().SelectMany(t => t.Split('\n')).Select(l => l.Trim()).OrderByDescending(l => l.Contains("error", StringComparison.OrdinalIgnoreCase)).FirstOrDefault(l => l.Length > 0) ?? "-";
}
