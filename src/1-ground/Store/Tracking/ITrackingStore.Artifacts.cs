using Kumiki.Store;

namespace Kumiki.Tracking;

public partial interface ITrackingStore
{
    /// <summary>Lets a path name a blob that has been put, instead of what it named before.</summary>
    /// <param name="generation">The store's collection generation when the blob was put; see <see cref="IMetadataStore.CollectionAsync"/>.</param>
    /// <returns>Null when it is kept; else a collection began since, as with <see cref="CommitEnd.Collected"/>.</returns>
    /// <exception cref="TrackingException">The path is a folder; or one of the folders above it is a file; or it names another blob that a registered version
    /// was registered with.</exception>
    Task<Collection?> KeepArtifactAsync(TrackedPath path, Blob blob, long generation, CancellationToken stop);

    /// <summary>The blob a path names; null where there is no such file.</summary>
    Task<Blob?> ArtifactAsync(TrackedPath path, CancellationToken stop);

    /// <summary>What lies directly in a folder, by name; empty where there is none, and for a file.</summary>
    Task<IReadOnlyList<ArtifactEntry>> ArtifactsAsync(TrackedPath folder, CancellationToken stop);

    /// <summary>Removes a file, or a folder with all in it; nothing there is no error. Blobs that nothing names any more go with the next collection.</summary>
    /// <exception cref="TrackingException">A registered version was registered with it.</exception>
    Task DeleteArtifactsAsync(TrackedPath path, CancellationToken stop);
}

/// <summary>A file or folder in a folder.</summary>
/// <param name="Bytes">Null for a folder.</param>
public readonly record struct ArtifactEntry(string Name, long? Bytes);
