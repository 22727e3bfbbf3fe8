using Kumiki.Queues;
using Kumiki.Store.Postgres;
using Kumiki.Store.S3;
using Kumiki.Store.Sqlite;
using Kumiki.Tracking;

namespace Kumiki.Store;

/// <summary>One folder with everything Kumiki keeps: <c>store.db</c>, <c>artifacts/</c>, <c>server.lock</c>. Several processes may have it open.</summary>
/// <remarks>Where the settings name other stores, the metadata or artifacts are there, and the folder holds what belongs to this machine: <c>server.lock</c>,
/// <c>cache/</c> with copies of artifacts in S3. The layout is described in <c>docs/formats/store-folder.md</c>.</remarks>
public sealed class DataFolder : IAsyncDisposable
{
    DataFolder(string path, string where, (IMetadataStore Records, ITrackingStore Tracking) metadata, IArtifactStore artifacts) =>
        (Path, Where, Metadata, Tracking, Artifacts) = (path, where, metadata.Records, metadata.Tracking, artifacts);

    /// <summary>The folder, whole.</summary>
    public string Path { get; }

    /// <summary>The folder, and the stores that are not in it, for people to read; no passwords.</summary>
    public string Where { get; }

    public IMetadataStore Metadata { get; }
    public IArtifactStore Artifacts { get; }

    /// <summary>What clients log, in the metadata's store.</summary>
    public ITrackingStore Tracking { get; }

    /// <summary>Opens a folder, making what is not there.</summary>
    /// <exception cref="KumikiException">It cannot be made or written, lies on a network file system, or holds another program's or a newer Kumiki's
    /// data; or a store that the settings name cannot be used.</exception>
    public static DataFolder Open(string folder, TimeProvider clock, StoreSettings? settings = null)
    {
        var path = System.IO.Path.GetFullPath(folder);
        for (var place = path; place is not null && !Directory.Exists(place); place = System.IO.Path.GetDirectoryName(place))
            if (File.Exists(place)) throw new KumikiException(Message.Of("store.not-a-folder", ("path", place)));
        try
        {
            // Before anything is made; artifacts/ may be a link to, or the mount of, another disk.
            foreach (var place in new[] { path, System.IO.Path.Combine(path, "artifacts") }) CheckFileSystem(place, Posix.FileSystemMagic(Existing(place)));
            if (!Directory.Exists(path))
            {
                Directory.CreateDirectory(path);
                if (System.IO.Path.GetDirectoryName(path) is { } parent) Posix.FsyncFolder(parent);
            }
            // Opened for writing, so that a folder that cannot be written is found before anything is changed in it.
            Posix.OpenUnlocked(LockFile(path)).Dispose();
        }
        catch (Exception e) when (StoreTrouble.Of(e, path) is { } said)
        {
            throw said;
        }
        settings ??= new();
        var artifacts = OpenArtifacts(path, settings);
        try
        {
            return new(path, string.Join(", ", new[] { path, Written(settings.Metadata), Written(settings.Artifacts) }.OfType<string>()),
                OpenMetadata(path, settings, clock), artifacts);
        }
        catch (Exception)
        {
            (artifacts as IDisposable)?.Dispose();
            throw;
        }
    }

    static (IMetadataStore, ITrackingStore) OpenMetadata(string folder, StoreSettings settings, TimeProvider clock)
    {
        if (settings.Metadata is { } address)
        {
            var shared = PostgresMetadataStore.Open(PostgresAddress.Parse(address), settings, clock);
            return (shared, shared.Tracking);
        }
        var own = SqliteMetadataStore.Open(System.IO.Path.Combine(folder, "store.db"), settings, clock);
        return (own, own.Tracking);
    }

    static IArtifactStore OpenArtifacts(string folder, StoreSettings settings)
    {
        if (settings.Artifacts is { } address && S3Address.Is(address))
            return new S3ArtifactStore(S3Address.Parse(address), System.IO.Path.Combine(folder, "cache"));
        var place = settings.Artifacts is null ? System.IO.Path.Combine(folder, "artifacts") : System.IO.Path.GetFullPath(settings.Artifacts);
        CheckFileSystem(place, Posix.FileSystemMagic(Existing(place)));
        return new FolderStore(place);
    }

    static string? Written(string? address) =>
        address is null ? null
        : S3Address.Is(address) ? S3Address.Parse(address).ToString()
        : PostgresAddress.Is(address) ? PostgresAddress.Parse(address).ToString()
        : System.IO.Path.GetFullPath(address);

    /// <summary>Looks whether a folder could be opened, without making or changing anything.</summary>
    /// <returns>True when it holds a store; false when the first use would make one.</returns>
    /// <exception cref="KumikiException">It could not: one of the reasons of <see cref="Open"/>, as far as they show from outside.</exception>
    public static bool Look(string folder)
    {
        var path = System.IO.Path.GetFullPath(folder);
        var there = path;
        while (!Directory.Exists(there))
        {
            if (File.Exists(there)) throw new KumikiException(Message.Of("store.not-a-folder", ("path", there)));
            there = System.IO.Path.GetDirectoryName(there)!;
        }
        try
        {
            CheckFileSystem(there, Posix.FileSystemMagic(there));
            Posix.CheckWritable(there);
        }
        catch (Exception e) when (StoreTrouble.Of(e, there) is { } said)
        {
            throw said;
        }
        return File.Exists(System.IO.Path.Combine(path, "store.db"));
    }

    /// <summary>Queues in the metadata's store; open as long as this is.</summary>
    public IMessageQueue Queue(QueueSettings settings) => Queues(Metadata, settings);

    /// <summary>Whose messages of a broker's queues are, in the metadata's store.</summary>
    public IQueueClaims Claims(QueueSettings settings) => Queues(Metadata, settings);

    /// <summary>The queues of a metadata store; open as long as it is.</summary>
    public static IStoreQueue Queues(IMetadataStore metadata, QueueSettings settings) =>
        metadata is PostgresMetadataStore shared ? shared.Queue(settings) : ((SqliteMetadataStore)metadata).Queue(settings);

    public async ValueTask DisposeAsync()
    {
        await Metadata.DisposeAsync();
        (Artifacts as IDisposable)?.Dispose();
    }

    /// <summary>The folder itself or the nearest one above it that is there.</summary>
    static string Existing(string path)
    {
        while (!Directory.Exists(path) && System.IO.Path.GetDirectoryName(path) is { } parent) path = parent;
        return path;
    }

    /// <exception cref="KumikiException">It is a network file system.</exception>
    internal static void CheckFileSystem(string path, long magic)
    {
        if (FileSystemKind.Network(magic) is { } kind) throw new KumikiException(Message.Of("store.network-file-system", ("path", path), ("kind", kind)));
    }

    internal static string LockFile(string folder) => System.IO.Path.Combine(folder, "server.lock");
}
