namespace Kumiki.Store;

/// <summary>Content-addressed blobs, written once: a blob is durable and whole when it can be seen.</summary>
public interface IArtifactStore
{
    /// <summary>A new folder for a making's files, on the store's own file system; it goes when disposed, or at a later start if this process dies.</summary>
    Scratch NewScratch();

    /// <summary>Stores a stream's bytes: temporary name, hash on the way, fsync, rename, fsync of the folder. A blob that is there already counts as written
    /// now.</summary>
    Task<Blob> PutAsync(Stream bytes, CancellationToken stop);

    /// <summary>Stores a file of a <see cref="Scratch"/> by moving it. Nothing may be writing to it any more.</summary>
    Task<Blob> TakeAsync(string path, CancellationToken stop);

    /// <exception cref="KumikiException">No such blob; the sentence names it.</exception>
    Stream Open(Digest blob);

    /// <summary>A local path that holds the blob's bytes, for engines that want a path; read only.</summary>
    Task<string> PathAsync(Digest blob, CancellationToken stop);

    bool Contains(Digest blob);

    /// <summary>All blobs, in no order.</summary>
    IEnumerable<StoredBlob> List();

    /// <summary>Hashes a blob again.</summary>
    /// <returns>The digest its bytes really have; null when it is gone.</returns>
    Task<Digest?> RehashAsync(Digest blob, CancellationToken stop);

    /// <summary>Removes a blob; gone already is no error.</summary>
    void Remove(Digest blob);

    /// <summary>Removes a blob, unless it was put, or put again, since.</summary>
    /// <returns>Whether it was there and is gone now.</returns>
    bool Remove(Digest blob, DateTimeOffset writtenBefore);

    /// <summary>Removes what dead processes left half-written.</summary>
    /// <returns>Bytes freed.</returns>
    long CollectPartial();
}

public readonly record struct Blob(Digest Content, long Bytes);

/// <param name="Written">When it was put last.</param>
public readonly record struct StoredBlob(Digest Content, long Bytes, DateTimeOffset Written);
