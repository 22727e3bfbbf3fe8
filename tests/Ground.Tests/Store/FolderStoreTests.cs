using Xunit;

namespace Kumiki.Store.Tests;

public sealed class FolderStoreContract : ArtifactStoreContract
{
    readonly TestFolder folder = new();

    public FolderStoreContract() => Store = new FolderStore(folder.Path);

    protected override IArtifactStore Store { get; }

    public override void Dispose() => folder.Dispose();
}

public sealed class FolderStoreTests : IDisposable
{
    readonly TestFolder folder = new();
    readonly FolderStore store;

    public FolderStoreTests() => store = new(folder.Path);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_blob_is_a_read_only_file_named_by_its_digest()
    {
        var blob = await store.PutAsync(new MemoryStream("abc"u8.ToArray()), default);
        using var scratch = store.NewScratch();
        await File.WriteAllTextAsync(scratch.File("x"), "xyz");
        var taken = await store.TakeAsync(scratch.File("x"), default);

        // sha256("abc"), FIPS 180-2, appendix B.1
        var path = folder["sha256/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"];
        Assert.Equal(path, await store.PathAsync(blob.Content, default));
        const UnixFileMode all = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        Assert.Equal(all, File.GetUnixFileMode(path));
        Assert.Equal(all, File.GetUnixFileMode(await store.PathAsync(taken.Content, default)));
    }

    [Fact]
    public async Task Only_what_dead_processes_left_is_collected()
    {
        var (pid, start) = (LivingProcess.Current.Pid, LivingProcess.Current.StartTicks);
        var dead = Directory.CreateDirectory(folder[$"tmp/{pid}-{start + 1}-{Guid.NewGuid():N}"]).FullName;
        await File.WriteAllBytesAsync(Path.Combine(dead, "half"), new byte[1000]);
        var foreign = Directory.CreateDirectory(folder["tmp/notes"]).FullName;
        await store.PutAsync(new MemoryStream([1]), default);

        Assert.Equal(1000, store.CollectPartial());

        Assert.False(Directory.Exists(dead));
        Assert.True(Directory.Exists(foreign));
    }

    [Fact]
    public async Task A_put_leaves_nothing_half_written_behind()
    {
        await store.PutAsync(new MemoryStream([1, 2, 3]), default);
        await store.PutAsync(new MemoryStream([1, 2, 3]), default);

        Assert.Empty(Directory.EnumerateFiles(folder["tmp"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_link_in_a_scratch_folder_is_taken_by_its_bytes()
    {
        await File.WriteAllTextAsync(folder["outside"], "beans");
        using var scratch = store.NewScratch();
        File.CreateSymbolicLink(scratch.File("link"), folder["outside"]);

        var blob = await store.TakeAsync(scratch.File("link"), default);
        await File.WriteAllTextAsync(folder["outside"], "changed");

        Assert.Equal(Digest.Of("beans"), blob.Content);
        Assert.Equal(blob.Content, await store.RehashAsync(blob.Content, default));
        Assert.False(File.Exists(scratch.File("link")));
    }

    [Fact]
    public async Task A_file_from_another_file_system_is_not_taken_for_a_scratch_file()
    {
        var elsewhere = Path.Combine("/dev/shm", Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(elsewhere, "beans");
        try
        {
            await Assert.ThrowsAsync<ArgumentException>(() => store.TakeAsync(elsewhere, default));
            Assert.Empty(store.List());
        }
        finally
        {
            File.Delete(elsewhere);
        }
    }

    [Fact]
    public async Task A_changed_blob_is_found_by_its_digest()
    {
        var blob = await store.PutAsync(new MemoryStream("abc"u8.ToArray()), default);
        var path = await store.PathAsync(blob.Content, default);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(path, "abd");

        Assert.Equal(Digest.Of("abd"), await store.RehashAsync(blob.Content, default));
    }

    [Fact]
    public async Task Other_files_in_the_folder_are_no_blobs()
    {
        await store.PutAsync(new MemoryStream([1]), default);
        await File.WriteAllTextAsync(folder["sha256/README"], "hands off");
        Directory.CreateDirectory(folder["sha256/zz"]);
        await File.WriteAllTextAsync(folder["sha256/zz/notes"], "mine");

        Assert.Single(store.List());
    }
}
