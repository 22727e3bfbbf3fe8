using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace Kumiki.Store.S3;

/// <summary>Blobs as objects of a bucket, under the names they have in a folder: <c>prefix/sha256/ab/cdef…</c>; what was put or asked for by path is also
/// kept in a folder of this machine.</summary>
/// <remarks>
/// <para>A blob's way: 1. its bytes go to the folder, hashed on the way, for the key is its digest and S3 knows no rename; 2. from there to the bucket, from
/// <see cref="PartBytes"/> on in parts, each read from the file as it is sent, so that memory stays flat; 3. S3 shows an object only when it is whole. A blob
/// that is there already is copied onto itself, which makes it new.</para>
/// <para>The folder is a <see cref="FolderStore"/>, shared by the processes of this machine and bounded: what was not used for longest goes first. Whether a
/// blob is there is always asked of the bucket.</para>
/// </remarks>
public sealed class S3ArtifactStore : IArtifactStore, IDisposable
{
    /// <summary>From here on an object goes in parts of this size, or larger where 10,000 would not do.</summary>
    internal const int PartBytes = 16 << 20;
    const int PartsAtOnce = 4;
    const long MostCopied = 5L << 30;           // S3 copies no larger object in one request
    const long ReadThroughBytes = 8 << 20;      // a small blob is kept beside when it is read; a large one only when its path is asked for

    /// <summary>Unfinished uploads older than this are nobody's: the processes that began them may be of any machine, and cannot be asked.</summary>
    static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    readonly S3Address address;
    readonly TimeProvider clock;
    readonly AmazonS3Client s3;
    readonly FolderStore kept;
    readonly BlobCache cache;
    readonly ConcurrentDictionary<Digest, Lazy<Task<string>>> fetching = [];

    /// <param name="folder">For what is kept beside and for scratch; made if it is not there.</param>
    /// <param name="clock">The system's by default: tells how long ago something was used or begun.</param>
    /// <exception cref="KumikiException">There are no keys, or the folder cannot be written. The bucket is not asked yet: see <see
    /// cref="LookAsync"/>.</exception>
    public S3ArtifactStore(S3Address address, string folder, TimeProvider? clock = null)
    {
        (this.address, this.clock) = (address, clock ?? TimeProvider.System);
        kept = new(folder);
        cache = new(kept, address.CacheBytes, this.clock);
        s3 = address.Connect();
    }

    /// <summary>Looks whether the bucket is there and lets us in.</summary>
    /// <exception cref="KumikiException">It is not, or does not; each reason in its own sentence.</exception>
    public static async Task LookAsync(S3Address address, CancellationToken stop)
    {
        using var s3 = address.Connect();
        await S3Trouble.SaidAsync(() => s3.ListObjectsV2Async(new() { BucketName = address.Bucket, Prefix = address.Prefix, MaxKeys = 1 }, stop), address);
    }

    public Scratch NewScratch() => kept.NewScratch();

    public async Task<Blob> PutAsync(Stream bytes, CancellationToken stop)
    {
        var blob = await kept.PutAsync(bytes, stop);
        await UploadAsync(blob, stop);
        return blob;
    }

    public async Task<Blob> TakeAsync(string path, CancellationToken stop)
    {
        var blob = await kept.TakeAsync(path, stop);
        await UploadAsync(blob, stop);
        return blob;
    }

    public Stream Open(Digest blob)
    {
        if (kept.Contains(blob)) return kept.Open(blob);
        var bytes = Wait(() => BytesOfAsync(blob, CancellationToken.None)) ?? throw Missing(blob);
        return bytes <= ReadThroughBytes
            ? File.OpenRead(Wait(() => PathAsync(blob, CancellationToken.None)))
            : new RangeStream(bytes, (from, stop) => SaidAsync(() => GetAsync(blob, from, stop)));
    }

    public async Task<string> PathAsync(Digest blob, CancellationToken stop)
    {
        if (cache.Used(blob)) return await kept.PathAsync(blob, stop);
        // One fetch of a blob at a time; it is not cancelled with the first who asked, for others may wait for it.
        var one = fetching.GetOrAdd(blob, b => new(() => Task.Run(() => FetchAsync(b))));
        try
        {
            return await one.Value.WaitAsync(stop);
        }
        finally
        {
            if (one.Value.IsCompleted) fetching.TryRemove(new(blob, one));
        }
    }

    public bool Contains(Digest blob) => Wait(() => BytesOfAsync(blob, CancellationToken.None)) is not null;

    public IEnumerable<StoredBlob> List()
    {
        var start = $"{address.Prefix}sha256/";
        var asked = new ListObjectsV2Request { BucketName = address.Bucket, Prefix = start };
        for (; ; )
        {
            var page = Wait(() => SaidAsync(() => s3.ListObjectsV2Async(asked)));
            foreach (var found in page.S3Objects ?? [])
                if (Digest.TryParse(found.Key[start.Length..].Replace("/", "", StringComparison.Ordinal), null, out var digest) && found.Key == Key(digest))
                    yield return new(digest, found.Size ?? 0, Utc(found.LastModified));
            if (page.IsTruncated != true) yield break;
            asked.ContinuationToken = page.NextContinuationToken;
        }
    }

    public Task<Digest?> RehashAsync(Digest blob, CancellationToken stop) => SaidAsync(async () =>
    {
        try
        {
            await using var bytes = new RangeStream(await BytesOfAsync(blob, stop) ?? -1, (from, token) => GetAsync(blob, from, token));
            return bytes.Length < 0 ? null : (Digest?)Digest.FromHash(await SHA256.HashDataAsync(bytes, stop));
        }
        catch (AmazonS3Exception e) when (S3Trouble.IsAbsent(e))
        {
            return null;        // removed meanwhile
        }
    });

    public void Remove(Digest blob)
    {
        DurableStep.At("blob.remove");
        Wait(() => SaidAsync(() => s3.DeleteObjectAsync(address.Bucket, Key(blob))));
        DurableStep.At("blob.removed");
        kept.Remove(blob);
    }

    /// <remarks>Between the look and the removal it may be put again: whoever does finds the collection in the metadata before it commits, waits for its end
    /// and looks again (<see cref="GarbageCollection.SettleAsync"/>). Some servers give times in whole seconds, rounded down: then a blob counts as a second
    /// younger.</remarks>
    public bool Remove(Digest blob, DateTimeOffset writtenBefore)
    {
        var asked = new ListObjectsV2Request { BucketName = address.Bucket, Prefix = Key(blob), MaxKeys = 1 };
        if (Wait(() => SaidAsync(() => s3.ListObjectsV2Async(asked))).S3Objects is not [var found, ..]) return false;
        var written = Utc(found.LastModified);
        if (written.Ticks % TimeSpan.TicksPerSecond == 0) written = written.AddSeconds(1);
        if (written >= writtenBefore) return false;
        Remove(blob);
        return true;
    }

    public long CollectPartial() => kept.CollectPartial() + Wait(CollectUploadsAsync);

    public void Dispose() => s3.Dispose();

    /// <summary>Lets go of the copy beside; the blob stays in the bucket.</summary>
    internal void Forget(Digest blob) => kept.Remove(blob);

    string Key(Digest blob) => $"{address.Prefix}sha256/{blob.Hex[..2]}/{blob.Hex[2..]}";

    /// <summary>Steps 2 and 3.</summary>
    async Task UploadAsync(Blob blob, CancellationToken stop)
    {
        var path = await kept.PathAsync(blob.Content, stop);
        var there = await BytesOfAsync(blob.Content, stop);
        await SaidAsync(async () =>
        {
            DurableStep.At("blob.upload");
            if (there == blob.Bytes && blob.Bytes <= MostCopied) await TouchAsync(blob.Content, stop);
            else if (blob.Bytes <= PartBytes) await s3.PutObjectAsync(new()
            {
                BucketName = address.Bucket,
                Key = Key(blob.Content),
                FilePath = path,
                ContentType = "application/octet-stream"
            }, stop);
            else await UploadPartsAsync(blob, path, stop);
            DurableStep.At("blob.uploaded");
            return true;
        });
        cache.Added(blob.Bytes);
    }

    async Task TouchAsync(Digest blob, CancellationToken stop) => await s3.CopyObjectAsync(new()
    {
        SourceBucket = address.Bucket,
        SourceKey = Key(blob),
        DestinationBucket = address.Bucket,
        DestinationKey = Key(blob),
        MetadataDirective = S3MetadataDirective.REPLACE,
        ContentType = "application/octet-stream",
    }, stop);

    async Task UploadPartsAsync(Blob blob, string path, CancellationToken stop)
    {
        var key = Key(blob.Content);
        var size = Math.Max(PartBytes, (blob.Bytes + 9_999) / 10_000);
        var upload = (await s3.InitiateMultipartUploadAsync(new() { BucketName = address.Bucket, Key = key, ContentType = "application/octet-stream" },
            stop)).UploadId;
        DurableStep.At("upload.begun");
        try
        {
            var parts = new PartETag[(blob.Bytes + size - 1) / size];
            await Parallel.ForAsync(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = PartsAtOnce, CancellationToken = stop }, async (i, token) =>
            {
                var part = await s3.UploadPartAsync(new()
                {
                    BucketName = address.Bucket,
                    Key = key,
                    UploadId = upload,
                    PartNumber = i + 1,
                    FilePath = path,
                    FilePosition = i * size,
                    PartSize = Math.Min(size, blob.Bytes - i * size),
                }, token);
                parts[i] = new(i + 1, part.ETag);
                DurableStep.At("upload.part");
            });
            await s3.CompleteMultipartUploadAsync(new() { BucketName = address.Bucket, Key = key, UploadId = upload, PartETags = [.. parts] },
                CancellationToken.None);
        }
        catch (Exception e)
        {
            try
            {
                await s3.AbortMultipartUploadAsync(address.Bucket, key, upload, CancellationToken.None);
            }
            catch (Exception second) when (second is AmazonS3Exception or HttpRequestException)
            {
                throw new AggregateException(e, second);        // what is left of it is collected after a day
            }
            throw;
        }
    }

    async Task<string> FetchAsync(Digest blob)
    {
        var stop = CancellationToken.None;
        var bytes = await BytesOfAsync(blob, stop) ?? throw Missing(blob);
        cache.Added(bytes);
        Blob found;
        await using (var stream = new RangeStream(bytes, (from, token) => SaidAsync(() => GetAsync(blob, from, token)))) found = await kept.PutAsync(stream,
            stop);
        if (found.Content == blob) return await kept.PathAsync(blob, stop);
        kept.Remove(found.Content);
        throw new KumikiException(Message.Of("store.s3-changed", ("blob", blob.Short), ("bucket", address.Bucket)));
    }

    async Task<Stream> GetAsync(Digest blob, long from, CancellationToken stop)
    {
        var asked = new GetObjectRequest { BucketName = address.Bucket, Key = Key(blob) };
        if (from > 0) asked.ByteRange = new($"bytes={from.ToString(CultureInfo.InvariantCulture)}-");
        return (await s3.GetObjectAsync(asked, stop)).ResponseStream;
    }

    async Task<long?> BytesOfAsync(Digest blob, CancellationToken stop) => (await FactsAsync(blob, stop))?.ContentLength;

    Task<GetObjectMetadataResponse?> FactsAsync(Digest blob, CancellationToken stop) => SaidAsync(async () =>
    {
        try
        {
            return await s3.GetObjectMetadataAsync(address.Bucket, Key(blob), stop);
        }
        catch (AmazonS3Exception e) when (S3Trouble.IsAbsent(e))
        {
            return null;
        }
        catch (AmazonS3Exception e) when (e.StatusCode is System.Net.HttpStatusCode.Forbidden or System.Net.HttpStatusCode.BadRequest)
        {
            await LookAsync(address, stop);         // the answer to this kind of request has no room for a reason; the one to that has
            throw;
        }
    });

    async Task<long> CollectUploadsAsync()
    {
        var freed = 0L;
        var asked = new ListMultipartUploadsRequest { BucketName = address.Bucket, Prefix = $"{address.Prefix}sha256/" };
        var before = clock.GetUtcNow() - Abandoned;
        for (; ; )
        {
            var page = await SaidAsync(() => s3.ListMultipartUploadsAsync(asked));
            foreach (var upload in (page.MultipartUploads ?? []).Where(u => Utc(u.Initiated) < before)) freed += await AbortAsync(upload.Key, upload.UploadId);
            if (page.IsTruncated != true) return freed;
            (asked.KeyMarker, asked.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
        }
    }

    /// <returns>The bytes its parts had.</returns>
    Task<long> AbortAsync(string key, string upload) => SaidAsync(async () =>
    {
        try
        {
            var parts = await s3.ListPartsAsync(address.Bucket, key, upload);
            await s3.AbortMultipartUploadAsync(address.Bucket, key, upload);
            return (parts.Parts ?? []).Sum(p => p.Size ?? 0);
        }
        catch (AmazonS3Exception e) when (S3Trouble.IsAbsent(e))
        {
            return 0;       // another process collects it at this moment
        }
    });

    KumikiException Missing(Digest blob) => new(Message.Of("store.no-blob", ("blob", blob.Short), ("folder", address)));

    static DateTimeOffset Utc(DateTime? time) => time is { } at ? new(at.ToUniversalTime()) : DateTimeOffset.MaxValue;

    Task<T> SaidAsync<T>(Func<Task<T>> what) => S3Trouble.SaidAsync(what, address);

    /// <summary>The driver only knows asynchronous calls. Where the contract has a plain one, a thread of the pool makes it, so that nothing the caller
    /// holds is waited for.</summary>
    static T Wait<T>(Func<Task<T>> call) => Task.Run(call).GetAwaiter().GetResult();
}
