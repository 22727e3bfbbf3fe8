using Kumiki.Store.Sqlite;
using Xunit;

namespace Kumiki.Store.Tests;

public sealed class GarbageCollectionTests : IAsyncLifetime
{
    static readonly CancellationToken Go = CancellationToken.None;
    static readonly CollectionPolicy Policy = new();
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-store-").FullName;

    // Blobs are dated by the file system, so the clock starts at its time.
    readonly HandClock clock = new() { Now = TimeProvider.System.GetUtcNow() };
    DataFolder data = null!;

    public Task InitializeAsync()
    {
        data = DataFolder.Open(folder, clock);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    Task<CollectionReport> CollectAsync(bool dryRun = false) => GarbageCollection.RunAsync(data.Metadata, data.Artifacts, Policy, dryRun, clock, Go);

    async Task<Digest> PutAsync(string text) => (await data.Artifacts.PutAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), Go)).Content;

    [Fact]
    public void Each_blob_is_referred_to_or_young_or_removable()
    {
        var now = clock.Now;
        StoredBlob Blob(string text, int minutesOld) => new(Digest.Of(text), 10, now.AddMinutes(-minutesOld));

        IReadOnlyList<StoredBlob> blobs = [Blob("used", 999), Blob("young", 59), Blob("just old", 60), Blob("old", 999)];
        var plan = GarbageCollection.Plan(blobs, new HashSet<Digest> { Digest.Of("used") }, now, TimeSpan.FromHours(1));

        Assert.Equal([Digest.Of("just old"), Digest.Of("old")], plan.Removable.Select(b => b.Content));
        Assert.Equal((1, 1), (plan.Young, plan.Referred));
    }

    [Fact]
    public async Task What_a_version_or_a_program_needs_stays_and_the_rest_goes_after_its_grace()
    {
        var file = await PutAsync("file a");
        var manifest = await PutAsync("manifest");
        var dll = await PutAsync("dll");
        await data.Metadata.KeepProgramAsync(manifest, [dll], 0, Go);
        await Sample.MakeAsync(data.Metadata, "beans", "a");
        var orphan = await PutAsync("orphan");

        Assert.Empty((await CollectAsync()).Removed);
        clock.Now += TimeSpan.FromHours(2);
        var dry = await CollectAsync(dryRun: true);
        Assert.True(data.Artifacts.Contains(orphan));
        var report = await CollectAsync();

        Assert.Equal([orphan], dry.Removed);
        Assert.Equal([orphan], report.Removed);
        Assert.Equal((6L, 0), (report.Bytes, report.Young));
        Assert.Equal(
            "Blobs that nothing needs, removed: 1 (6 bytes). Younger ones, kept for the grace period: 0. Expired runs, forgotten: 0.",
            report.Says.In("en"));
        Assert.Equal(new[] { file, manifest, dll }.Order(), data.Artifacts.List().Select(b => b.Content).Order());
        Assert.Empty((await data.Metadata.CollectionAsync(Go)).Doomed);
    }

    [Fact]
    public async Task Expired_runs_go_first_and_free_their_program()
    {
        var run = await Sample.BeginAsync(data.Metadata, "beans", "a");
        var closure = await PutAsync("closure");
        await data.Metadata.EndRunAsync(run.Run, 1, RunState.Failed, Message.Of("store.no-run", ("run", "run-1")), null, Go);
        clock.Now += TimeSpan.FromDays(89);
        Assert.Equal(0, (await CollectAsync()).RunsForgotten);
        clock.Now += TimeSpan.FromDays(2);

        Assert.Equal((1, 0), (await CollectAsync(dryRun: true)) is var dry ? (dry.RunsForgotten, dry.Removed.Count) : default);
        var report = await CollectAsync();

        Assert.Equal(1, report.RunsForgotten);
        Assert.Equal([closure], report.Removed);
    }

    [Fact]
    public async Task Another_collection_in_a_living_process_is_named()
    {
        await data.Metadata.DoomAsync([Digest.Of("x")], LivingProcess.Of(1)!, Go);

        var busy = await Assert.ThrowsAsync<KumikiException>(() => CollectAsync());

        Assert.Equal("Process 1 is collecting already. Wait until it has ended, then do this again.", busy.Says.In("en"));
    }

    [Fact]
    public async Task The_next_collection_ends_what_a_dead_one_began()
    {
        var orphan = await PutAsync("orphan");
        await data.Metadata.DoomAsync([orphan], Sample.Dead, Go);
        clock.Now += TimeSpan.FromHours(2);

        Assert.Equal([orphan], (await CollectAsync()).Removed);

        Assert.False(data.Artifacts.Contains(orphan));
        Assert.Null((await data.Metadata.CollectionAsync(Go)).Owner);
    }

    [Fact]
    public async Task A_commit_that_meets_a_dead_collection_ends_it_and_learns_what_is_gone()
    {
        var file = await PutAsync("file a");
        await data.Metadata.DoomAsync([file], Sample.Dead, Go);
        clock.Now += TimeSpan.FromHours(2);
        var run = await Sample.BeginAsync(data.Metadata, "beans", "a");
        var version = new NewVersion(Sample.Version("beans", "a"));
        Assert.IsType<CommitEnd.Collected>(await data.Metadata.CommitAsync(run.Run, 1, version, Sample.Cost, 0, Go));

        var settled = await GarbageCollection.SettleAsync(data.Metadata, data.Artifacts, [file], Policy, clock, Go);

        Assert.Equal([file], settled.Missing);
        await PutAsync("file a");
        Assert.IsType<CommitEnd.Made>(await data.Metadata.CommitAsync(run.Run, 1, version, Sample.Cost, settled.Generation, Go));
        Assert.True(data.Artifacts.Contains(file));
    }

    [Fact]
    public async Task A_blob_that_was_put_again_since_it_was_doomed_stays()
    {
        var file = await PutAsync("file a");
        await data.Metadata.DoomAsync([file], Sample.Dead, Go);
        await PutAsync("file a");

        var settled = await GarbageCollection.SettleAsync(data.Metadata, data.Artifacts, [file], Policy, clock, Go);

        Assert.Empty(settled.Missing);
        Assert.True(data.Artifacts.Contains(file));
    }

    [Fact]
    public async Task A_commit_waits_for_a_living_collection()
    {
        var file = await PutAsync("file a");
        await data.Metadata.DoomAsync([file], LivingProcess.Of(1)!, Go);

        var settling = GarbageCollection.SettleAsync(data.Metadata, data.Artifacts, [file], Policy, clock, Go);
        await using (var other = SqliteMetadataStore.Open(Path.Combine(folder, "store.db"), new(), clock))
        {
            Assert.False(settling.IsCompleted);
            data.Artifacts.Remove(file);
            await other.RemovedAsync([file], Go);
        }

        Assert.Equal([file], (await settling).Missing);
    }

    [Fact]
    public async Task Makings_and_collections_at_once_never_leave_a_version_without_its_blobs()
    {
        using var enough = new CancellationTokenSource();
        var policy = new CollectionPolicy { Grace = TimeSpan.Zero };
        var collecting = Task.Run(async () =>
        {
            var removed = 0;
            while (!enough.IsCancellationRequested)
                removed += (await GarbageCollection.RunAsync(data.Metadata, data.Artifacts, policy, dryRun: false, TimeProvider.System, Go)).Removed.Count;
            return removed;
        });

        var retries = 0;
        for (var i = 0; i < 60; i++)
        {
            var run = await Sample.BeginAsync(data.Metadata, "beans", $"{i}");
            var generation = (await data.Metadata.CollectionAsync(Go)).Generation;
            var file = await PutAsync($"file {i}");
            if (i % 3 == 0) await PutAsync($"orphan {i}");
            while (await data.Metadata.CommitAsync(run.Run, 1, new(Sample.Version("beans", $"{i}")), Sample.Cost, generation, Go) is CommitEnd.Collected)
            {
                retries++;
                var settled = await GarbageCollection.SettleAsync(data.Metadata, data.Artifacts, [file], policy, TimeProvider.System, Go);
                if (settled.Missing.Count > 0) await PutAsync($"file {i}");
                generation = settled.Generation;
            }
        }
        await enough.CancelAsync();
        var orphans = await collecting;

        Assert.True(orphans > 0 && retries > 0, $"{orphans} removed, {retries} retried: the two did not meet.");
        foreach (var version in await data.Metadata.VersionsAsync("beans", 100, null, Go))
            Assert.True(data.Artifacts.Contains(version.Files[0].Content), $"{version.Name} has lost its file.");
    }
}
