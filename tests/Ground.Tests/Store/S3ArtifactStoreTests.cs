using System.Security.Cryptography;
using Amazon.S3;
using Kumiki.Store.S3;
using Xunit;

namespace Kumiki.Store.Tests;

[Collection(S3Collection.Name)]
public sealed class S3ArtifactStoreContract : ArtifactStoreContract
{
    readonly TestFolder folder = new();
    readonly S3ArtifactStore store;

    public S3ArtifactStoreContract(S3Server server) => store = new(S3Address.Parse(server.NewStore()), folder.Path);

    protected override IArtifactStore Store => store;

    public override void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }
}

[Collection(S3Collection.Name)]
public sealed class S3ArtifactStoreTests(S3Server server) : IDisposable
{
    static readonly CancellationToken Go = CancellationToken.None;
    readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    S3ArtifactStore Open(string address, string machine = "cache") => new(S3Address.Parse(address), folder[machine]);

    static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    static Task<Blob> PutAsync(IArtifactStore store, byte[] bytes) => store.PutAsync(new MemoryStream(bytes), Go);

    [Theory]
    [InlineData("s3://models/team/a?endpoint=https://s3.example:9000&region=eu-west-1&cache=5", "s3://models/team/a/?endpoint=https://s3.example:9000")]
    [InlineData("s3://models", "s3://models/")]
    public void An_address_is_read_and_written(string text, string written) => Assert.Equal(written, S3Address.Parse(text).ToString());

    [Theory]
    [InlineData("s3://AKIA:secret@models/a", "keys do not belong into an address")]
    [InlineData("s3://m/a", "a bucket is named in 3 to 63 small letters")]
    [InlineData("s3://models/a?endpoint=ftp://x", "endpoint is not known there, or not with that value")]
    [InlineData("s3://models/a?endpoint=http://K:S@x", "endpoint is not known there, or not with that value")]
    [InlineData("s3://models/a?speed=high", "speed is not known there")]
    [InlineData("s3://models/a?credentials=/no/such/file", "credentials is not known there, or not with that value")]
    public void What_is_no_address_is_refused_without_its_keys(string text, string says)
    {
        var refused = Assert.Throws<KumikiException>(() => S3Address.Parse(text)).Says.In("en");

        Assert.Contains(says, refused, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_refuses_is_said_in_a_sentence_with_its_mend()
    {
        async Task<string> Refused(string address)
        {
            using var store = Open(address);
            var put = await Assert.ThrowsAsync<KumikiException>(() => PutAsync(store, Bytes(10)));
            Assert.Equal(put.Says, (await Assert.ThrowsAsync<KumikiException>(() => S3ArtifactStore.LookAsync(S3Address.Parse(address), Go))).Says);
            return put.Says.In("en");
        }

        var at = server.Endpoint;
        Assert.Equal($"S3 at {at} refuses the keys (SignatureDoesNotMatch). Mend AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the file they come from.",
            await Refused(server.Address("kumiki-tests/x", "wrong-keys")));
        Assert.StartsWith($"S3 at {at} refuses the keys (InvalidAccessKeyId).", await Refused(server.Address("kumiki-tests/x", "unknown-keys")),
            StringComparison.Ordinal);
        Assert.Equal($"S3 at {at} has no bucket nowhere. Make it, or mend the address (KUMIKI_ARTIFACTS).", await Refused(server.Address("nowhere")));
        Assert.Equal($"S3 at {at} lets these keys in, but not to all that bucket kumiki-tests is needed for. Give them the rights that docs/stores.md lists.",
            await Refused(server.Address("kumiki-tests/x", "others-keys")));
        Assert.Equal("No S3 answers at http://127.0.0.1:1. Start it, or mend the address of the artifact store (KUMIKI_ARTIFACTS).",
            await Refused(server.Address("kumiki-tests").Replace(at, "http://127.0.0.1:1", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_wrong_clock_and_a_full_bucket_are_said()
    {
        var address = S3Address.Parse(server.NewStore());
        KumikiException Of(string code, System.Net.HttpStatusCode status) =>
            S3Trouble.Of(new AmazonS3Exception("no", Amazon.Runtime.ErrorType.Sender, code, "1", status), address)!;

        Assert.StartsWith("The clock of this machine is too far", Of("RequestTimeTooSkewed", System.Net.HttpStatusCode.Forbidden).Says.In("en"),
            StringComparison.Ordinal);
        Assert.Equal("store.s3-full", Of("QuotaExceeded", System.Net.HttpStatusCode.Forbidden).Says.Id);
        Assert.Equal("store.s3-failed", Of("InternalError", System.Net.HttpStatusCode.InternalServerError).Says.Id);
    }

    [Fact]
    public async Task A_large_blob_goes_in_parts_comes_back_by_range_and_takes_little_memory()
    {
        var address = server.NewStore();
        using var store = Open(address);
        using var scratch = store.NewScratch();
        var length = 5L * S3ArtifactStore.PartBytes + 12_345;
        // What other tests allocate meanwhile is counted too and only adds: the least of some tries tells.
        var (blob, allocated) = await TakenAsync(0);
        for (var again = 1; allocated >= length / 4 && again < 8; again++)
        {
            store.Remove(blob.Content);
            (blob, allocated) = await TakenAsync(again) is var next && next.Allocated < allocated ? next : (next.Blob, allocated);
        }
        Assert.True(allocated < length / 4, $"{allocated} bytes allocated for {length}");
        Assert.Equal((blob.Content, length), (Assert.Single(store.List()).Content, Assert.Single(store.List()).Bytes));
        Assert.Equal(blob.Content, await store.RehashAsync(blob.Content, Go));
        using var elsewhere = Open(address, "another machine");
        var all = await File.ReadAllBytesAsync(await store.PathAsync(blob.Content, Go));
        await using var line = elsewhere.Open(blob.Content);
        Assert.Equal(length, line.Length);
        foreach (var from in new[] { length - 7, 0, 3L * S3ArtifactStore.PartBytes - 3 })
        {
            var read = new byte[6];
            line.Position = from;
            await line.ReadExactlyAsync(read);
            Assert.Equal(all[(int)from..((int)from + 6)], read);
            line.Seek(-6, SeekOrigin.Current);
            line.ReadExactly(read);
            Assert.Equal(all[(int)from..((int)from + 6)], read);
        }
        Assert.Equal(all, await File.ReadAllBytesAsync(await elsewhere.PathAsync(blob.Content, Go)));

        async Task<(Blob Blob, long Allocated)> TakenAsync(int number)
        {
            var path = scratch.File($"large-{number}");
            await using (var file = File.Create(path))
            {
                for (var (left, seed) = (length, 1000 * number); left > 0; left -= 1 << 20) await file.WriteAsync(Bytes((int)Math.Min(left, 1 << 20), ++seed));
            }
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var taken = await store.TakeAsync(path, Go);
            return (taken, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
    }

    [Fact]
    public async Task What_one_machine_puts_another_reads_and_what_one_removes_is_gone_for_all()
    {
        var address = server.NewStore();
        using var one = Open(address, "one");
        using var other = Open(address, "other");
        var blob = await PutAsync(one, Bytes(1000));

        Assert.True(other.Contains(blob.Content));
        var paths = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => other.PathAsync(blob.Content, Go)));
        Assert.Equal(Bytes(1000), await File.ReadAllBytesAsync(Assert.Single(paths.Distinct())));
        one.Remove(blob.Content);

        Assert.False(other.Contains(blob.Content));
        Assert.Null(await other.RehashAsync(blob.Content, Go));
        Assert.Empty(other.List());
        Assert.Equal(blob, await PutAsync(other, Bytes(1000)));
        Assert.Equal(blob.Content, await one.RehashAsync(blob.Content, Go));
    }

    [Fact]
    public async Task Bytes_that_were_changed_in_the_bucket_are_never_handed_out_as_the_blob()
    {
        var address = server.NewStore();
        using var store = Open(address);
        var blob = await PutAsync(store, Bytes(1000));
        var key = $"{S3Address.Parse(address).Prefix}sha256/{blob.Content.Hex[..2]}/{blob.Content.Hex[2..]}";
        using (var client = server.Client) await client.PutObjectAsync(new() { BucketName = S3Server.Bucket, Key = key, ContentBody = new string('x', 1000) });

        using var elsewhere = Open(address, "another machine");
        var path = await Assert.ThrowsAsync<KumikiException>(() => elsewhere.PathAsync(blob.Content, Go));
        var open = Assert.Throws<KumikiException>(() => elsewhere.Open(blob.Content).Dispose());

        Assert.Equal($"Blob {blob.Content.Short} in bucket kumiki-tests is not what was put there. "
            + "Run kumiki verify to see which versions it touches, and put back a backup of it.", path.Says.In("en"));
        Assert.Equal(path.Says, open.Says);
        Assert.Equal(Digest.FromHash(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(new string('x', 1000)))), await elsewhere.RehashAsync(blob.Content,
            Go));
    }

    [Fact]
    public async Task Uploads_that_were_left_for_a_day_are_collected_and_younger_ones_are_kept()
    {
        var address = server.NewStore();
        var clock = new HandClock { Now = TimeProvider.System.GetUtcNow() };
        using var store = new S3ArtifactStore(S3Address.Parse(address), folder["cache"], clock);
        using var client = server.Client;
        var key = $"{S3Address.Parse(address).Prefix}sha256/ab/{new string('c', 62)}";
        var upload = (await client.InitiateMultipartUploadAsync(S3Server.Bucket, key)).UploadId;
        await client.UploadPartAsync(new()
        {
            BucketName = S3Server.Bucket,
            Key = key,
            UploadId = upload,
            PartNumber = 1,
            InputStream = new MemoryStream(Bytes(5 << 20))
        });

        Assert.Equal(0, store.CollectPartial());
        clock.Now += TimeSpan.FromHours(25);
        Assert.Equal(5 << 20, store.CollectPartial());

        Assert.Empty((await client.ListMultipartUploadsAsync(new Amazon.S3.Model.ListMultipartUploadsRequest
        {
            BucketName = S3Server.Bucket,
            Prefix = S3Address.Parse(address).Prefix
        })).MultipartUploads ?? []);
        Assert.Empty(store.List());
    }

    [Fact]
    public async Task The_copies_kept_beside_stay_within_their_bound_but_for_what_was_used_within_a_day()
    {
        var clock = new HandClock { Now = TimeProvider.System.GetUtcNow() };
        var copies = new FolderStore(folder["copies"]);
        var cache = new BlobCache(copies, bound: 3500, clock);
        var blobs = new List<Digest>();
        for (var i = 0; i < 6; i++)
        {
            blobs.Add((await PutAsync(copies, Bytes(1000, i))).Content);
            cache.Added(1000);
        }
        Assert.Equal(6, copies.List().Count());

        clock.Now += TimeSpan.FromHours(25);
        Assert.True(cache.Used(blobs[0]));
        blobs.Add((await PutAsync(copies, Bytes(1000, 6))).Content);
        File.SetLastWriteTimeUtc(copies.PathOf(blobs[6]), clock.Now.UtcDateTime);
        cache.Added(1000);

        var left = copies.List().Select(c => c.Content).ToHashSet();
        Assert.Equal(3, left.Count);
        Assert.Contains(blobs[0], left);
        Assert.Contains(blobs[6], left);
        Assert.False(cache.Used(Digest.Of("absent")));
    }

    [Fact]
    public async Task A_line_that_breaks_is_taken_up_where_it_broke_and_one_that_keeps_breaking_is_given_up()
    {
        var all = Bytes(10_000);
        var opened = new List<long>();
        await using var mended = new RangeStream(all.Length, (from, _) =>
        {
            opened.Add(from);
            return Task.FromResult<Stream>(new MemoryStream(all[(int)from..Math.Min(all.Length, (int)from + 3000)]));      // ends early, as a closed line does
        });
        var read = new MemoryStream();
        await mended.CopyToAsync(read);

        Assert.Equal(all, read.ToArray());
        Assert.Equal([0, 3000, 6000, 9000], opened);
        await using var broken = new RangeStream(all.Length, (_, _) => Task.FromResult<Stream>(new MemoryStream()));
        await Assert.ThrowsAsync<EndOfStreamException>(() => broken.ReadExactlyAsync(new byte[10]).AsTask());
    }
}
