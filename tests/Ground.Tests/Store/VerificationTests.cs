using Xunit;

namespace Kumiki.Store.Tests;

public sealed class VerificationTests : IAsyncLifetime
{
    static readonly CancellationToken Go = CancellationToken.None;
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-store-").FullName;
    DataFolder data = null!;

    public Task InitializeAsync()
    {
        data = DataFolder.Open(Path.Combine(folder, "data"), TimeProvider.System);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    async Task<Digest> PutAsync(string text) => (await data.Artifacts.PutAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), Go)).Content;

    async Task ChangeAsync(Digest blob)
    {
        var path = await data.Artifacts.PathAsync(blob, Go);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(path, "changed");
    }

    Task<VerificationReport> VerifyAsync() => Verification.RunAsync(data.Metadata, data.Artifacts, null, Go);

    [Fact]
    public async Task A_sound_store_has_no_faults()
    {
        await PutAsync("file a");
        await PutAsync("closure");
        await PutAsync("orphan");
        await Sample.MakeAsync(data.Metadata, "beans", "a");

        var report = await VerifyAsync();

        Assert.True(report.IsSound);
        Assert.Equal("Blobs hashed again, all as they were written: 3 (19 bytes).", report.Says.In("en"));
    }

    [Fact]
    public async Task Changed_and_missing_blobs_are_listed_with_what_they_touch()
    {
        var changed = await PutAsync("file a");
        var missing = await PutAsync("file b");
        var (manifest, dll, orphan) = (await PutAsync("manifest"), await PutAsync("dll"), await PutAsync("orphan"));
        await PutAsync("closure");
        await data.Metadata.KeepProgramAsync(manifest, [dll], 0, Go);
        await Sample.MakeAsync(data.Metadata, "beans", "a");
        await Sample.MakeAsync(data.Metadata, "rice", "a");
        await Sample.MakeAsync(data.Metadata, "beans", "b");
        await ChangeAsync(changed);
        await ChangeAsync(orphan);
        await ChangeAsync(manifest);
        data.Artifacts.Remove(missing);
        data.Artifacts.Remove(dll);

        var report = await VerifyAsync();

        string English(Digest blob) => report.Faults.Single(f => f.Blob == blob).Says.In("en");
        Assert.Equal(5, report.Faults.Count);
        Assert.Equal(Digest.Of("changed"), report.Faults.Single(f => f.Blob == changed).Found);
        Assert.Equal([new("beans", 1), new("rice", 1)], report.Faults.Single(f => f.Blob == changed).Touches);
        const string mend = "Put back a backup of that file, or make those versions again.";
        Assert.Equal($"Blob {changed.Short} was changed on the disk, which touches beans@1, rice@1. {mend}", English(changed));
        Assert.Equal($"Blob {missing.Short} is gone, which touches beans@2. {mend}", English(missing));
        Assert.StartsWith($"Blob {manifest.Short}, a file of the program that a run ran or of a client's artifacts, was changed", English(manifest), StringComparison.Ordinal);
        Assert.StartsWith($"Blob {dll.Short}, a file of the program that a run ran or of a client's artifacts, is gone", English(dll), StringComparison.Ordinal);
        Assert.Equal($"Blob {orphan.Short} was changed on the disk, but nothing needs it. Remove it with kumiki gc.", English(orphan));
        Assert.Equal(
            "Blobs hashed again: 4 (28 bytes). Not as they were written: 5; each is listed with the versions it touches.",
            report.Says.In("en"));
    }

    [Fact]
    public async Task Pinned_files_outside_are_hashed_again()
    {
        await PutAsync("file a");
        await PutAsync("closure");
        string Outside(string name) => Path.Combine(folder, name);
        string[] names = ["same", "changed", "taken in", "gone"];
        foreach (var name in names) await File.WriteAllTextAsync(Outside(name), name);
        var run = await Sample.BeginAsync(data.Metadata, "beans", "a");
        var version = Sample.Version("beans", "a") with
        {
            Outside = [.. names.Select(n => new OutsideRead(Outside(n), 1, 2, 3, Digest.Of(n), Pinned: n != "taken in"))],
        };
        await data.Metadata.CommitAsync(run.Run, 1, new(version), Sample.Cost, 0, Go);
        await File.WriteAllTextAsync(Outside("changed"), "otherwise");
        await File.WriteAllTextAsync(Outside("taken in"), "otherwise");
        File.Delete(Outside("gone"));

        var report = await VerifyAsync();

        Assert.Empty(report.Faults);
        Assert.Equal(
            [
                $"{Outside("changed")} is not what it was when beans@1 was made from it. Put the old file back, or make a new version: kumiki make beans",
                $"{Outside("gone")} is gone, and beans@1 needs it. Put the file back, or make a new version: kumiki make beans",
            ],
            report.Pinned.Select(f => f.Says.In("en")));
    }
}
