using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Kumiki.Store;

/// <summary>Blobs as files of one folder: <c>sha256/ab/cdef…</c>, read only, and <c>tmp/</c> for what is not whole yet.</summary>
/// <remarks>A blob's way: 1. bytes to a temporary name, hashed on the way; 2. fsync of the file; 3. rename to its digest; 4. fsync of the folder. Whoever
/// sees a blob sees all of it. Several processes share one folder. A blob that is there already is touched, so that a collection does not take it for
/// old.</remarks>
public sealed class FolderStore : IArtifactStore
{
    const int BufferBytes = 512 * 1024, WritingBytes = 16 * BufferBytes;
    const UnixFileMode BlobMode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    static readonly FileStreamOptions NewBlob = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = BlobMode };

    readonly string folder, blobs, partial;
    readonly Lazy<string> putting;
    long put;

    /// <param name="folder">Made if it is not there.</param>
    /// <exception cref="KumikiException">It cannot be made or written.</exception>
    public FolderStore(string folder)
    {
        this.folder = Path.GetFullPath(folder);
        (blobs, partial) = (Path.Combine(this.folder, "sha256"), Path.Combine(this.folder, "tmp"));
        Said(() =>
        {
            MakeFolder(this.folder);
            MakeFolder(blobs);
            MakeFolder(partial);
            return true;
        });
        putting = new(() => NewPartial());
    }

    /// <summary>How many fsyncs of files and folders this process has done for blobs.</summary>
    public static long Fsyncs => Posix.Fsyncs;

    public Scratch NewScratch() => Said(() => new Scratch(NewPartial()));

    public async Task<Blob> PutAsync(Stream bytes, CancellationToken stop)
    {
        var temporary = Said(NewPartialName);
        try
        {
            Blob blob;
            using (var file = new FileStream(temporary, NewBlob))
            {
                blob = await CopyAsync(bytes, file.SafeFileHandle, stop);
                DurableStep.At("blob.written");
                Posix.Fsync(file.SafeFileHandle, temporary);
                DurableStep.At("blob.synced");
            }
            Place(temporary, blob.Content);
            return blob;
        }
        catch (Exception e) when (StoreTrouble.Of(e, folder) is { } said)
        {
            throw said;
        }
        finally
        {
            File.Delete(temporary);     // gone already where all went well
        }
    }

    public Task<Blob> TakeAsync(string path, CancellationToken stop) => Task.Run(async () =>
    {
        if (new FileInfo(path).LinkTarget is not null)
        {
            // A link may point anywhere, also at a file that changes later: its bytes are copied.
            Blob copied;
            await using (var linked = File.OpenRead(path)) copied = await PutAsync(linked, stop);
            File.Delete(path);
            return copied;
        }
        try
        {
            Blob blob;
            using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan))
            {
                blob = Hash(file, stop);
                File.SetUnixFileMode(file, BlobMode);
                Posix.Fsync(file, path);
                DurableStep.At("blob.synced");
            }
            Place(path, blob.Content);
            return blob;
        }
        catch (Exception e) when (StoreTrouble.Of(e, folder) is { } said)
        {
            throw said;
        }
    }, stop);

    public Stream Open(Digest blob)
    {
        try
        {
            return new FileStream(PathOf(blob), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 64 * 1024, useAsync: false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Missing(blob, e);
        }
    }

    public Task<string> PathAsync(Digest blob, CancellationToken stop) =>
        Contains(blob) ? Task.FromResult(PathOf(blob)) : Task.FromException<string>(Missing(blob));

    public bool Contains(Digest blob) => File.Exists(PathOf(blob));

    public IEnumerable<StoredBlob> List()
    {
        foreach (var start in new DirectoryInfo(blobs).EnumerateDirectories())
            foreach (var file in start.EnumerateFiles())
                if (Digest.TryParse(start.Name + file.Name, null, out var digest)) yield return new(digest, file.Length, file.LastWriteTimeUtc);
    }

    public Task<Digest?> RehashAsync(Digest blob, CancellationToken stop) => Task.Run(() =>
    {
        try
        {
            using var file = File.OpenHandle(PathOf(blob), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
            return Hash(file, stop).Content;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (Digest?)null;
        }
    }, stop);

    public void Remove(Digest blob)
    {
        DurableStep.At("blob.remove");
        Said(() =>
        {
            if (Contains(blob)) File.Delete(PathOf(blob));
            return true;
        });
        DurableStep.At("blob.removed");
    }

    /// <remarks>The blob is taken away before its time is looked at: whoever puts it meanwhile does not find it, and puts its own.</remarks>
    public bool Remove(Digest blob, DateTimeOffset writtenBefore) => Said(() =>
    {
        var away = NewPartialName();
        DurableStep.At("blob.remove");
        if (!Contains(blob) || !Posix.Rename(PathOf(blob), away)) return false;
        DurableStep.At("blob.away");
        if (File.GetLastWriteTimeUtc(away) >= writtenBefore.UtcDateTime)
        {
            Place(away, blob);
            return false;
        }
        File.Delete(away);
        DurableStep.At("blob.removed");
        return true;
    });

    public long CollectPartial() => Said(() =>
    {
        var freed = 0L;
        foreach (var left in new DirectoryInfo(partial).EnumerateDirectories())
        {
            if (!IsOfDead(left.Name)) continue;
            try
            {
                freed += left.EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
                DurableStep.At("partial.remove");
                left.Delete(recursive: true);
            }
            catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
            {
                // another process collects it at this moment
            }
        }
        return freed;
    });

    /// <summary>Whether a folder is named for a process that lives no more; one that is not named so is not ours.</summary>
    static bool IsOfDead(string name) =>
        name.Split('-') is [var number, var ticks, _]
        && int.TryParse(number, CultureInfo.InvariantCulture, out var pid)
        && long.TryParse(ticks, CultureInfo.InvariantCulture, out var start)
        && (pid == Environment.ProcessId ? LivingProcess.Current : LivingProcess.Of(pid))?.StartTicks != start;

    internal string PathOf(Digest blob) => Path.Combine(blobs, blob.Hex[..2], blob.Hex[2..]);

    string NewPartialName() => Path.Combine(putting.Value, Interlocked.Increment(ref put).ToString(CultureInfo.InvariantCulture));

    string NewPartial()
    {
        var made = Path.Combine(partial, $"{LivingProcess.Current.Pid}-{LivingProcess.Current.StartTicks}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(made);
        return made;
    }

    /// <summary>Steps 3 and 4: the rename makes the blob seen, the fsync keeps it so.</summary>
    void Place(string temporary, Digest content)
    {
        var final = PathOf(content);
        var home = Path.GetDirectoryName(final)!;
        if (Touch(final)) File.Delete(temporary);
        else
        {
            MakeFolder(home);
            var moved = Posix.Rename(temporary, final);
            if (!moved) throw new ArgumentException($"{temporary} is on another file system than {folder}: take files of NewScratch().");
            DurableStep.At("blob.renamed");
        }
        // Also when it was there: who renamed it may not have come to its fsync yet.
        Posix.FsyncFolder(home);
        DurableStep.At("blob.durable");
    }

    /// <returns>False when there is no such file.</returns>
    static bool Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    static void MakeFolder(string path)
    {
        if (Directory.Exists(path)) return;
        Directory.CreateDirectory(path);
        Posix.FsyncFolder(Path.GetDirectoryName(path)!);
        DurableStep.At("folder.durable");
    }

    /// <summary>Hashes and writes one buffer while the next is read; what is written goes to the disk at once, so that little is left for the fsync.</summary>
    /// <param name="place">Where in the file the first byte goes.</param>
    internal static async Task<Blob> CopyAsync(Stream from, SafeFileHandle to, CancellationToken stop, long place = 0)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (filling, full) = (ArrayPool<byte>.Shared.Rent(BufferBytes), Array.Empty<byte>());
        var written = Task.CompletedTask;
        try
        {
            for (var at = 0L; ; at += BufferBytes)
            {
                var length = await from.ReadAtLeastAsync(filling.AsMemory(0, BufferBytes), BufferBytes, throwOnEndOfStream: false, stop);
                await written;
                if (length < BufferBytes)
                {
                    Keep(filling, length, at);
                    return new(Digest.FromHash(hash.GetHashAndReset()), at + length);
                }
                if (full.Length == 0) full = ArrayPool<byte>.Shared.Rent(BufferBytes);
                (filling, full) = (full, filling);
                var (buffer, start) = (full, at);
                written = Task.Run(() =>
                {
                    Keep(buffer, BufferBytes, start);
                    Posix.BeginWriting(to, place + start, BufferBytes);
                }, CancellationToken.None);
            }
        }
        finally
        {
            await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);     // the buffer is in use until then; what it throws was thrown above
            ArrayPool<byte>.Shared.Return(filling);
            if (full.Length > 0) ArrayPool<byte>.Shared.Return(full);
        }

        void Keep(byte[] buffer, int length, long at)
        {
            hash.AppendData(buffer, 0, length);
            RandomAccess.Write(to, buffer.AsSpan(0, length), place + at);
        }
    }

    static Blob Hash(SafeFileHandle file, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var at = 0L;
            for (int read; (read = RandomAccess.Read(file, buffer, at)) > 0; at += read)
            {
                stop.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }
            return new(Digest.FromHash(hash.GetHashAndReset()), at);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    KumikiException Missing(Digest blob, Exception? inner = null) => new(Message.Of("store.no-blob", ("blob", blob.Short), ("folder", folder)), inner);

    T Said<T>(Func<T> what)
    {
        try
        {
            return what();
        }
        catch (Exception e) when (StoreTrouble.Of(e, folder) is { } said)
        {
            throw said;
        }
    }
}
