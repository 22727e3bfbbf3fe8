using System.Text.RegularExpressions;
using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>What the kernel is asked for, in which order: strace watches a process that puts a blob and commits a version of it.</summary>
public sealed partial class TraceTests : IDisposable
{
    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [GeneratedRegex(
        @"^(?<thread>\d+) +(?:(?<name>\w+)\((?<arguments>.*?)(?:(?<unfinished> <unfinished \.\.\.>)|\) += .*)|<\.\.\. (?<resumed>\w+) resumed>.*)$")]
    private static partial Regex Line();

    sealed record Call(string Name, string Arguments, int Began, int Ended);

    [Fact]
    public async Task A_version_is_committed_after_its_blob_is_synced_renamed_and_its_folder_synced()
    {
        var data = Path.GetFullPath(folder["data"]);
        var (code, said) = await Probe.RunAsync(["make", data, "beans", "1"],
            under: ["strace", "-f", "-y", "-s", "300", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,pwrite64,write", "-o", folder["trace"]]);
        Assert.Equal((0, "made beans@1"), (code, Assert.Single(said)));
        var calls = Read(await File.ReadAllLinesAsync(folder["trace"]));

        var renamed = Assert.Single(calls, c => c.Name is "rename" or "renameat" or "renameat2" && c.Arguments.Contains("/sha256/", StringComparison.Ordinal));
        var paths = Regex.Matches(renamed.Arguments, "\"([^\"]+)\"").Select(m => m.Groups[1].Value).ToList();
        var (temporary, home) = (paths[0], Path.GetDirectoryName(paths[1])!);
        var written = Assert.Single(calls, c => c.Name == "pwrite64" && c.Arguments.Contains($"<{temporary}>", StringComparison.Ordinal));
        var fileSynced = Assert.Single(calls, c => c.Name == "fsync" && c.Arguments.EndsWith($"<{temporary}>", StringComparison.Ordinal));
        var folderSynced = Assert.Single(calls, c => c.Name == "fsync" && c.Arguments.EndsWith($"<{home}>", StringComparison.Ordinal));
        var saying = Assert.Single(calls, c => c.Name == "write" && c.Arguments.Contains("made beans@1", StringComparison.Ordinal));
        var logged = calls.Last(c => c.Name == "pwrite64" && c.Arguments.Contains("/store.db-wal>", StringComparison.Ordinal) && c.Ended < saying.Began);
        var committed = calls.Last(c => IsSyncOfWal(c) && c.Ended < saying.Began);
        var sinceTheBlob = calls.Where(c => IsSyncOfWal(c) && c.Began > folderSynced.Ended && c.Ended < saying.Began);

        IReadOnlyList<Call> order = [written, fileSynced, renamed, folderSynced, logged, committed, saying];
        foreach (var (first, next) in order.Zip(order.Skip(1))) Assert.True(first.Ended < next.Began, $"{first} came not before {next}");
        Assert.Equal(2, sinceTheBlob.Count());      // the metrics' commit and the version's: one fsync of the database each
    }

    static bool IsSyncOfWal(Call call) => call.Name is "fsync" or "fdatasync" && call.Arguments.EndsWith("/store.db-wal>", StringComparison.Ordinal);

    /// <summary>Calls in the order they began; a call of one thread may be cut in two lines by another's.</summary>
    static IReadOnlyList<Call> Read(IReadOnlyList<string> lines)
    {
        var calls = new List<Call>();
        var open = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Count; i++)
        {
            var line = Line().Match(lines[i]);
            if (!line.Success) continue;            // a signal, or a thread's end
            var thread = line.Groups["thread"].Value;
            if (line.Groups["resumed"].Success)
            {
                if (open.Remove(thread, out var call)) calls[call] = calls[call] with { Ended = i };
                continue;
            }
            if (line.Groups["unfinished"].Success) open[thread] = calls.Count;
            calls.Add(new(line.Groups["name"].Value, line.Groups["arguments"].Value, i, line.Groups["unfinished"].Success ? int.MaxValue : i));
        }
        return calls;
    }
}
