using System.Runtime.InteropServices;
using Kumiki.Native;
using Kumiki.Native.DuckDb;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Native.Vips;
using Kumiki.Native.XGBoost;
using Kumiki.Store;

namespace Kumiki.Doctor;

/// <summary>Looks at a machine and a data folder, and tells what is missing and what mends it.</summary>
static class Examination
{
    /// <param name="data">The data folder, there or not.</param>
    /// <param name="stores">Where the stores are that are not in it.</param>
    public static async Task<IReadOnlyList<Examined>> OfAsync(string data, StoreSettings stores, TimeProvider clock, CancellationToken stop)
    {
        var path = Path.GetFullPath(data);
        List<Examined> found =
        [
            Checks.Runtime(RuntimeInformation.FrameworkDescription, Environment.Version, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.RuntimeIdentifier}"),
            .. NativeEngine.All.Select(e => Checks.Engine(e, VersionOf(e))),
            Checks.Tool("git", Message.Of("doctor.no-git"), "apt-get install git"),
            Checks.Tool("node", Message.Of("doctor.no-node"), "apt-get install nodejs npm"),
            Checks.Folder(path),
            Checks.Disk(path, new DriveInfo(Nearest(path)).AvailableFreeSpace),
            Checks.Memory(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
        ];
        if (stores.Metadata is { } metadata) found.Add(Checks.Metadata(metadata, stores));
        if (stores.Artifacts is { } artifacts) found.Add(await Checks.ArtifactsAsync(artifacts, stop));
        if (stores is { Metadata: not null, Artifacts: null }) found.Add(new("artifacts", Health.Note, Message.Of("doctor.artifacts-here", ("path", path))));
        // An ill store has been told; a new one has no records to tell of yet.
        var isThere = stores.Metadata is null ? File.Exists(Path.Combine(path, "store.db")) : found.Exists(f => f is { Name: "metadata", Found.Id: "doctor.metadata" });
        found.AddRange(isThere && !found.Exists(f => f is { Name: "artifacts", Health: Health.Ill }) ? await StoreAsync(path, stores, clock, stop) : [Checks.Clock(clock.GetUtcNow(), newest: null)]);
        return found;
    }

    /// <summary>What the store's own records tell: whether it opens, and whether the clock went back since.</summary>
    static async Task<IReadOnlyList<Examined>> StoreAsync(string path, StoreSettings stores, TimeProvider clock, CancellationToken stop)
    {
        try
        {
            await using var folder = DataFolder.Open(path, clock, stores);
            var run = (await folder.Metadata.RunsAsync(asset: null, state: null, limit: 1, before: null, stop)) is [var newest, ..] ? newest : null;
            return [new("store", Health.Well, Message.Of("doctor.store", ("run", run?.Id.ToString() ?? "-"))), Checks.Clock(clock.GetUtcNow(), run?.Ended ?? run?.Started)];
        }
        catch (KumikiException e)
        {
            return [new("store", Health.Ill, e.Says), Checks.Clock(clock.GetUtcNow(), newest: null)];
        }
    }

    static Func<string> VersionOf(NativeEngine engine) =>
        engine == NativeEngine.OnnxRuntime ? () => OnnxSession.LibraryVersion
        : engine == NativeEngine.DuckDb ? () => DuckDbDatabase.LibraryVersion.TrimStart('v')
        : engine == NativeEngine.XGBoost ? () => Booster.LibraryVersion
        : engine == NativeEngine.Vips ? () => EncodedPicture.LibraryVersion
        : throw new ArgumentException($"Say how {engine.Library} tells its version.", nameof(engine));

    static string Nearest(string path)
    {
        while (!Directory.Exists(path)) path = Path.GetDirectoryName(path)!;
        return path;
    }
}
