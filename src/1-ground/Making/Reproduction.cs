using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Kumiki.Making;

/// <summary>A version made again from what its run recorded, beside the version.</summary>
/// <param name="BitEqual">Every file has the same bytes.</param>
/// <param name="Differences">What differs, after the tolerance for metrics.</param>
public sealed record Reproduction(VersionName Version, RunId Run, CodeRevision Program, bool BitEqual, IReadOnlyList<Difference> Differences)
{
    /// <summary>Makes a version again in a child process that runs the kept program, or one built again from its commit, with the recorded inputs, parameters and seed.</summary>
    /// <param name="rebuild">Build the program from the recorded commit and lock file, instead of running the one that was kept; packages that differ are listed.</param>
    /// <param name="programs">A folder for unpacked programs; one that is there already is used again.</param>
    /// <param name="arguments">What the program is told, before the run's id.</param>
    /// <param name="environment">Variables it runs with besides ours.</param>
    /// <param name="tolerance">Largest difference of a metric, relative to its size, that still counts as equal.</param>
    public static async Task<Reproduction> OfAsync(VersionName version, Workplace at, string programs, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, double tolerance, bool rebuild, Action<MakingProgress>? progress, CancellationToken stop)
    {
        var record = await at.Metadata.VersionAsync(version, stop) ?? throw new KumikiException(Message.Of("making.no-version", ("version", version)));
        if (record.Imported is not null) throw new KumikiException(Message.Of("imported.not-remade", ("version", version)));
        var run = await at.Metadata.RunAsync(record.MadeBy, stop) ?? throw new KumikiException(Message.Of("making.no-run", ("run", record.MadeBy)));
        var program = rebuild
            ? await Rebuild.OfAsync(run.Id, run.Plan.Code, at.ProjectFolder, programs, text => progress?.Invoke(new MakingProgress.Said(version.Asset, "info", text)), stop)
            : Path.Combine(await UnpackAsync(run.Plan.Code, at, programs, stop), run.Plan.Code.EntryAssembly + ".dll");
        var repeated = await RepeatAsync(program, [.. arguments, run.Id.ToString()], environment, version, at.ProjectFolder, progress, stop);

        var equal = record.Files.Select(f => (f.Path, f.Content)).Order().SequenceEqual(repeated.Files.Select(f => (f.Path, f.Content)).Order());
        var differences = VersionDiff.Of(record, null, repeated, null).Where(d => d.Section != "metrics" || !Close(d, tolerance)).ToList();
        foreach (var file in repeated.Outside.Where(f => record.Outside.FirstOrDefault(o => o.Path == f.Path) is { } then && then.Content != f.Content))
            differences.Add(new("outside", file.Path, record.Outside.First(o => o.Path == file.Path).Content.Short, file.Content.Short));
        if (rebuild) differences.AddRange(Packages(run.Plan.Environment.Packages, ProgramClosure.Of(Path.GetDirectoryName(program)!, run.Plan.Code.EntryAssembly).Packages));
        return new(version, run.Id, run.Plan.Code, equal, differences);
    }

    static IEnumerable<Difference> Packages(IReadOnlyDictionary<string, string> then, IReadOnlyDictionary<string, string> now) =>
        then.Keys.Union(now.Keys).Order(StringComparer.OrdinalIgnoreCase).Select(p => new Difference("packages", p, then.GetValueOrDefault(p), now.GetValueOrDefault(p))).Where(d => d.Left != d.Right);

    static bool Close(Difference difference, double tolerance) =>
        difference is { Left: { } left, Right: { } right }
        && double.Parse(left, CultureInfo.InvariantCulture) is var a && double.Parse(right, CultureInfo.InvariantCulture) is var b
        && Math.Abs(a - b) <= tolerance * Math.Max(Math.Abs(a), Math.Abs(b));

    /// <summary>The kept program as files: written beside, then renamed, so that a half-unpacked one is never run.</summary>
    static async Task<string> UnpackAsync(CodeRevision code, Workplace at, string programs, CancellationToken stop)
    {
        var folder = Path.Combine(programs, code.Closure.Hex);
        if (Directory.Exists(folder)) return folder;
        var files = await ProgramClosure.FilesOfAsync(code.Closure, at.Artifacts, stop);
        Directory.CreateDirectory(programs);
        var partial = Path.Combine(programs, $"{code.Closure.Short}-{Environment.ProcessId}.partial");
        foreach (var file in files)
        {
            var path = Path.Combine(partial, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var from = at.Artifacts.Open(file.Content);
            await using var to = File.Create(path);
            await from.CopyToAsync(to, stop);
        }
        try
        {
            Directory.Move(partial, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(partial, recursive: true);     // another process unpacked the same program meanwhile
        }
        return folder;
    }

    static async Task<VersionRecord> RepeatAsync(string dll, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, VersionName version, string projectFolder, Action<MakingProgress>? progress, CancellationToken stop)
    {
        var start = new ProcessStartInfo("dotnet", [dll, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = projectFolder };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var child = Process.Start(start)!;
        await using var kill = stop.Register(() => child.Kill(entireProcessTree: true));
        var errors = child.StandardError.ReadToEndAsync(CancellationToken.None);
        VersionRecord? result = null;
        while (await child.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line.StartsWith("version ", StringComparison.Ordinal)) result = JsonSerializer.Deserialize<VersionRecord>(line.AsSpan(8));
            else if (StepLine.TryRead(line, version.Asset) is { } said) progress?.Invoke(said);
        }
        await child.WaitForExitAsync(CancellationToken.None);
        stop.ThrowIfCancellationRequested();
        return result ?? throw new KumikiException(Message.Of("reproduce.failed", ("version", version), ("reason", (await errors).Trim().Split('\n')[^1])));
    }
}
