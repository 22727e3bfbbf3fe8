using System.Security.Cryptography;
using Xunit;

namespace Kumiki.Store.Tests;

/// <summary>What every artifact store does. An implementation inherits this and says how it is opened.</summary>
public abstract class ArtifactStoreContract : IDisposable
{
    static readonly CancellationToken Go = CancellationToken.None;

    protected abstract IArtifactStore Store { get; }

    public abstract void Dispose();

    static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    static Task<Blob> PutAsync(IArtifactStore store, byte[] bytes) => store.PutAsync(new MemoryStream(bytes), Go);

    static string ScratchFile(Scratch scratch, byte[] bytes)
    {
        var path = scratch.File(Guid.NewGuid().ToString("N"));
        File.WriteAllBytes(path, bytes);
        return path;
    }

    static async Task<byte[]> ReadAsync(Stream stream)
    {
        await using (stream)
        {
            var all = new MemoryStream();
            await stream.CopyToAsync(all);
            return all.ToArray();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(256 * 1024)]
    [InlineData(3_000_001)]
    public async Task What_is_put_comes_back_under_its_digest(int length)
    {
        var bytes = Bytes(length);

        var blob = await PutAsync(Store, bytes);

        Assert.Equal(new Blob(Digest.FromHash(SHA256.HashData(bytes)), length), blob);
        Assert.Equal(bytes, await ReadAsync(Store.Open(blob.Content)));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(await Store.PathAsync(blob.Content, Go)));
        Assert.Equal(blob.Content, await Store.RehashAsync(blob.Content, Go));
        Assert.True(Store.Contains(blob.Content));
    }

    [Fact]
    public async Task A_scratch_file_is_moved_in()
    {
        var bytes = Bytes(100_000);
        using var scratch = Store.NewScratch();
        var path = ScratchFile(scratch, bytes);

        var blob = await Store.TakeAsync(path, Go);

        Assert.Equal(new Blob(Digest.FromHash(SHA256.HashData(bytes)), bytes.Length), blob);
        Assert.False(File.Exists(path));
        Assert.Equal(bytes, await ReadAsync(Store.Open(blob.Content)));
    }

    [Fact]
    public async Task A_scratch_file_is_written_at_several_places_at_once_and_moved_in()
    {
        var bytes = Bytes(1_500_000);
        using var scratch = Store.NewScratch();
        int[] starts = [0, 700_000, 1_400_000];

        var parts = await Task.WhenAll(starts.Reverse().Select(start =>
            scratch.WriteAsync("whole", new MemoryStream(bytes, start, Math.Min(700_000, bytes.Length - start)), Go, start)));

        Assert.Equal([.. starts.Reverse().Select(start => Digest.FromHash(SHA256.HashData(bytes.AsSpan(start, Math.Min(700_000, bytes.Length - start)))))],
            parts.Select(part => part.Content));
        var blob = await Store.TakeAsync(scratch.File("whole"), Go);
        Assert.Equal(bytes, await ReadAsync(Store.Open(blob.Content)));
    }

    [Fact]
    public async Task What_is_there_already_is_stored_once()
    {
        var bytes = Bytes(1000);
        var first = await PutAsync(Store, bytes);
        using var scratch = Store.NewScratch();
        var path = ScratchFile(scratch, bytes);

        Assert.Equal(first, await PutAsync(Store, bytes));
        Assert.Equal(first, await Store.TakeAsync(path, Go));

        Assert.False(File.Exists(path));
        Assert.Equal((first.Content, 1000L), Assert.Single(Store.List()) is var listed ? (listed.Content, listed.Bytes) : default);
    }

    [Fact]
    public async Task What_is_put_again_counts_as_written_now()
    {
        var start = TimeProvider.System.GetUtcNow();
        var blob = await PutAsync(Store, Bytes(10));
        var first = Assert.Single(Store.List()).Written;
        await Task.Delay(20);
        await PutAsync(Store, Bytes(10));

        Assert.True(Assert.Single(Store.List()).Written > first);
        Assert.True(first > start.AddSeconds(-2));
        Assert.False(Store.Remove(blob.Content, start));
        Assert.True(Store.Contains(blob.Content));
        Assert.True(Store.Remove(blob.Content, TimeProvider.System.GetUtcNow().AddSeconds(5)));
        Assert.False(Store.Contains(blob.Content));
        Assert.False(Store.Remove(blob.Content, TimeProvider.System.GetUtcNow().AddSeconds(5)));
    }

    [Fact]
    public async Task Many_at_once_put_the_same_and_different_bytes()
    {
        var blobs = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => PutAsync(Store, Bytes(50_000, seed: i % 8))));

        Assert.Equal(8, blobs.Distinct().Count());
        Assert.Equal(blobs.Select(b => b.Content).Distinct().Order(), Store.List().Select(b => b.Content).Order());
        foreach (var blob in Store.List()) Assert.Equal(blob.Content, await Store.RehashAsync(blob.Content, Go));
    }

    [Fact]
    public async Task A_blob_that_is_not_there_is_named()
    {
        var absent = Digest.Of("absent");

        var open = Assert.Throws<KumikiException>(() => Store.Open(absent).Dispose());
        var path = await Assert.ThrowsAsync<KumikiException>(() => Store.PathAsync(absent, Go));

        Assert.Equal(("store.no-blob", absent.Short), (open.Says.Id, open.Says.Values["blob"]));
        Assert.Equal(open.Says, path.Says);
        Assert.False(Store.Contains(absent));
        Assert.Null(await Store.RehashAsync(absent, Go));
    }

    [Fact]
    public async Task A_removed_blob_is_gone_and_removing_it_again_is_no_error()
    {
        var blob = await PutAsync(Store, Bytes(10));

        Store.Remove(blob.Content);
        Store.Remove(blob.Content);

        Assert.Empty(Store.List());
        Assert.Equal(blob, await PutAsync(Store, Bytes(10)));
    }

    [Fact]
    public async Task A_stream_that_breaks_leaves_nothing()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => Store.PutAsync(new Breaking(Bytes(300_000)), Go));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutAsync(new MemoryStream(Bytes(10)), new CancellationToken(canceled: true)));

        Assert.Empty(Store.List());
    }

    [Fact]
    public void A_scratch_folder_goes_with_all_that_is_in_it()
    {
        var scratch = Store.NewScratch();
        Directory.CreateDirectory(scratch.File("deep"));
        ScratchFile(scratch, Bytes(10));
        var other = Store.NewScratch();

        scratch.Dispose();

        Assert.False(Directory.Exists(scratch.Folder));
        Assert.True(Directory.Exists(other.Folder));
        other.Dispose();
    }

    [Fact]
    public void What_living_processes_have_half_written_is_kept()
    {
        using var scratch = Store.NewScratch();
        var path = ScratchFile(scratch, Bytes(10));

        Assert.Equal(0, Store.CollectPartial());

        Assert.True(File.Exists(path));
    }

    /// <summary>Fails after its bytes.</summary>
    sealed class Breaking(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is var read and > 0 ? read : throw new InvalidDataException("The line broke.");
    }
}
