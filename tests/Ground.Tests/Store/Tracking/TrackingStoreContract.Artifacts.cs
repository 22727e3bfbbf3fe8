using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    static TrackedPath At(string path) => TrackedPath.Of(path)!.Value;

    static Blob BlobOf(string text) => new(Digest.Of(text), text.Length);

    async Task KeepAsync(string path, string text = "x") =>
        Assert.Null(await Store.KeepArtifactAsync(At(path), BlobOf(text), (await Metadata.CollectionAsync(Go)).Generation, Go));

    async Task<string> ListAsync(string folder) =>
        string.Join(' ', (await Store.ArtifactsAsync(At(folder), Go)).Select(e => e.Bytes is { } bytes ? $"{e.Name}:{bytes}" : $"{e.Name}/"));

    [Fact]
    public async Task Files_are_listed_by_folder_in_the_order_of_their_names()
    {
        foreach (var (path, text) in new[]
        {
            ("a/b/c", "1"), ("a/b/d", "12"), ("a/b.txt", "123"), ("a/b0", ""), ("a/b-", "1"), ("a/B/x/y/z", "1"), ($"a/{Wide}", "1"),
            ($"a/{Astral}/x", "1"), ("a/\uFF5E", "1"),
            ("z", "1"), ("a b/c", "1"), ("a.b", "1"),
        })
            await KeepAsync(path, text);

        Assert.Equal("a b/ a.b:1 a/ z:1", await ListAsync(""));
        Assert.Equal($"B/ b-:1 b.txt:3 b/ b0:0 {Wide}:1 \uFF5E:1 {Astral}/", await ListAsync("a"));
        Assert.Equal("c:1 d:2", await ListAsync("a/b"));
        Assert.Equal("x/", await ListAsync("a/B"));
        Assert.Equal("", await ListAsync("a/b/c"));
        Assert.Equal("", await ListAsync("none"));
        Assert.Equal(BlobOf("12"), await Store.ArtifactAsync(At("a/b/d"), Go));
        Assert.Null(await Store.ArtifactAsync(At("a/b"), Go));
        Assert.Null(await Store.ArtifactAsync(At("a/b/d/e"), Go));
    }

    [Fact]
    public async Task A_path_is_a_file_or_a_folder_and_never_both()
    {
        await KeepAsync("a/b/c");
        await KeepAsync("a/b/c", "written over");

        Assert.Equal(BlobOf("written over"), await Store.ArtifactAsync(At("a/b/c"), Go));
        foreach (var path in new[] { "a", "a/b" })
            await RefusedAsync(TrackingFault.InvalidValue, () => Store.KeepArtifactAsync(At(path), BlobOf("x"), 0, Go));
        foreach (var path in new[] { "a/b/c/d", "a/b/c/d/e" })
            Assert.Contains("a/b/c", await RefusedAsync(TrackingFault.InvalidValue, () => Store.KeepArtifactAsync(At(path), BlobOf("x"), 0, Go)),
                StringComparison.Ordinal);
        await RefusedAsync(TrackingFault.InvalidValue, () => Store.KeepArtifactAsync(TrackedPath.Top, BlobOf("x"), 0, Go));
        await Store.DeleteArtifactsAsync(At("a/b/c"), Go);
        await KeepAsync("a/b");
        Assert.Equal("b:1", await ListAsync("a"));
    }

    [Fact]
    public async Task A_folder_goes_with_all_in_it_and_nothing_beside_it()
    {
        foreach (var path in new[] { "a/b/c", "a/b/d/e", "a/b.c", "a/b0", "a/bb" }) await KeepAsync(path);
        var before = await Metadata.RevisionAsync(Go);

        await Store.DeleteArtifactsAsync(At("none"), Go);
        Assert.Equal(before, await Metadata.RevisionAsync(Go));
        await Store.DeleteArtifactsAsync(At("a/b"), Go);

        Assert.Equal("b.c:1 b0:1 bb:1", await ListAsync("a"));
    }

    [Fact]
    public async Task What_a_version_was_registered_with_stays_while_the_version_is_there()
    {
        await Store.CreateModelAsync("beans", null, [], Go);
        foreach (var path in new[] { "0/r/artifacts/model/MLmodel", "0/r/artifacts/model/x/y", "0/r/artifacts/other" }) await KeepAsync(path);
        await NewVersionAsync("beans", "mlflow-artifacts:/0/r/artifacts/model/");

        foreach (var path in new[] { "0/r/artifacts/model/MLmodel", "0/r/artifacts/model/x/y" })
            Assert.Contains("beans", await RefusedAsync(TrackingFault.WrongState, () => Store.KeepArtifactAsync(At(path), BlobOf("new"), 0, Go)),
                StringComparison.Ordinal);
        foreach (var path in new[] { "0/r/artifacts/model/x", "0/r/artifacts/model", "0/r/artifacts", "0" })
            await RefusedAsync(TrackingFault.WrongState, () => Store.DeleteArtifactsAsync(At(path), Go));
        await KeepAsync("0/r/artifacts/model/MLmodel");
        await KeepAsync("0/r/artifacts/model/added");
        await KeepAsync("0/r/artifacts/other", "new");
        await Store.DeleteArtifactsAsync(At("0/r/artifacts/other"), Go);
        await Store.DeleteVersionAsync("beans", 1, Go);
        await Store.DeleteArtifactsAsync(At("0"), Go);
        Assert.Equal("", await ListAsync(""));
    }

    [Fact]
    public async Task A_file_is_referred_to_and_a_doomed_one_is_not_taken()
    {
        await KeepAsync("a", "kept");
        await KeepAsync("b", "kept");

        var doomed = await Metadata.DoomAsync([Digest.Of("kept"), Digest.Of("lost")], LivingProcess.Current, Go);

        Assert.Equal([Digest.Of("lost")], doomed!.Doomed);
        Assert.Contains(Digest.Of("kept"), await Metadata.ReferencedAsync(Go));
        Assert.Equal(doomed.Generation, (await Store.KeepArtifactAsync(At("c"), BlobOf("lost"), doomed.Generation, Go))!.Generation);
        Assert.NotNull(await Store.KeepArtifactAsync(At("c"), BlobOf("other"), doomed.Generation - 1, Go));
        Assert.Null(await Store.ArtifactAsync(At("c"), Go));
        await Metadata.RemovedAsync([Digest.Of("lost")], Go);
        await KeepAsync("c", "lost");
        await Store.DeleteArtifactsAsync(At("a"), Go);
        await KeepAsync("b", "new");
        Assert.DoesNotContain(Digest.Of("kept"), await Metadata.ReferencedAsync(Go));
    }

    [Fact]
    public async Task The_longest_path_is_kept_and_a_longer_one_is_none()
    {
        var longest = string.Join('/', Enumerable.Repeat("豆豆豆豆豆豆豆豆豆豆豆豆", 70)) + "/" + new string('x', 10);
        Assert.Equal(2600, System.Text.Encoding.UTF8.GetByteCount(longest));

        await KeepAsync(longest);

        Assert.Equal(BlobOf("x"), await Store.ArtifactAsync(At(longest), Go));
        Assert.Null(TrackedPath.Of(longest + "x"));
        Assert.Null(TrackedPath.Of(new string('x', 2001)));
    }
}
