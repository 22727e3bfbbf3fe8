using Xunit;

namespace Kumiki.Store.Tests;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task An_outside_file_is_known_while_size_time_and_inode_are_the_same()
    {
        await Store.RememberOutsideAsync([new("/data/a.csv", 10, 20, 30, Digest.Of("old"))], Go);
        await Store.RememberOutsideAsync([new("/data/a.csv", 11, 21, 30, Digest.Of("new"))], Go);

        Assert.Equal(Digest.Of("new"), await Store.KnownOutsideAsync("/data/a.csv", 11, 21, 30, Go));
        Assert.Null(await Store.KnownOutsideAsync("/data/a.csv", 10, 20, 30, Go));
        Assert.Null(await Store.KnownOutsideAsync("/data/a.csv", 11, 21, 31, Go));
        Assert.Null(await Store.KnownOutsideAsync("/data/b.csv", 11, 21, 30, Go));
    }

    [Fact]
    public async Task Versions_runs_and_programs_refer_to_their_blobs()
    {
        await Sample.MakeAsync(Store, "beans", "a");
        await Sample.MakeAsync(Store, "rice", "a");
        Assert.Null(await Store.KeepProgramAsync(Digest.Of("manifest"), [Digest.Of("dll"), Digest.Of("deps")], 0, Go));

        Assert.Equal(
            new[] { "file a", "closure", "manifest", "dll", "deps" }.Select(Digest.Of).Order(),
            (await Store.ReferencedAsync(Go)).Order());
        Assert.Equal([new("beans", 1), new("rice", 1)], await Store.HoldersAsync(Digest.Of("file a"), Go));
        Assert.Empty(await Store.HoldersAsync(Digest.Of("dll"), Go));
    }

    [Fact]
    public async Task Only_what_nothing_refers_to_is_doomed()
    {
        await Sample.MakeAsync(Store, "beans", "a");
        await Store.KeepProgramAsync(Digest.Of("manifest"), [Digest.Of("dll")], 0, Go);

        var doomed = await Store.DoomAsync([.. new[] { "file a", "closure", "manifest", "dll", "orphan" }.Select(Digest.Of)], LivingProcess.Current, Go);

        Assert.Equal([Digest.Of("orphan")], doomed!.Doomed);
        Assert.Equal((1L, LivingProcess.Current), (doomed.Generation, doomed.Owner));
        await Store.RemovedAsync([Digest.Of("orphan")], Go);
        var after = await Store.CollectionAsync(Go);
        Assert.Empty(after.Doomed);
        Assert.Equal((1L, null), (after.Generation, after.Owner));
    }

    [Fact]
    public async Task A_collection_of_nothing_raises_no_generation()
    {
        var none = await Store.DoomAsync([], LivingProcess.Current, Go);

        Assert.Equal((0L, null, 0), (none!.Generation, none.Owner, none.Doomed.Count));
    }

    [Fact]
    public async Task A_commit_looks_again_after_a_collection_began()
    {
        var run = await Sample.BeginAsync(Store, "beans", "a");
        await Store.DoomAsync([Digest.Of("orphan")], LivingProcess.Current, Go);
        var version = new NewVersion(Sample.Version("beans", "a"));

        var refused = Assert.IsType<CommitEnd.Collected>(await Store.CommitAsync(run.Run, run.Fence, version, Sample.Cost, 0, Go));

        Assert.Equal(1, refused.Now.Generation);
        Assert.Equal([Digest.Of("orphan")], refused.Now.Doomed);
        Assert.Equal(RunState.Running, (await Store.RunAsync(run.Run, Go))!.State);
        Assert.IsType<CommitEnd.Made>(await Store.CommitAsync(run.Run, run.Fence, version, Sample.Cost, refused.Now.Generation, Go));
    }

    [Fact]
    public async Task A_version_gets_the_number_it_has_elsewhere_where_that_is_the_highest_and_else_the_next()
    {
        var numbers = new List<int>();
        foreach (var (content, wished) in new (string, int?)[] { ("a", 3), ("b", null), ("c", 2), ("d", 4), ("e", 9), ("a", 20) })
        {
            var run = await Sample.BeginAsync(Store, "beans", content);
            numbers.Add(await Store.CommitAsync(run.Run, run.Fence, new(Sample.Version("beans", content), wished), Sample.Cost, 0, Go) switch
            {
                CommitEnd.Made made => made.Version.Name.Number,
                CommitEnd.Existing existing => existing.Version.Name.Number,
                var other => throw new InvalidOperationException($"{other}"),
            });
        }

        Assert.Equal([3, 4, 5, 6, 9, 3], numbers);
        Assert.Equal(9, (await Store.NewestAsync(Go))["beans"]);
    }

    [Fact]
    public async Task A_commit_that_names_a_doomed_blob_is_refused_until_the_doom_is_lifted()
    {
        var run = await Sample.BeginAsync(Store, "beans", "a");
        var generation = (await Store.DoomAsync([Digest.Of("file a")], LivingProcess.Current, Go))!.Generation;
        var version = new NewVersion(Sample.Version("beans", "a"));

        Assert.IsType<CommitEnd.Collected>(await Store.CommitAsync(run.Run, run.Fence, version, Sample.Cost, generation, Go));
        Assert.NotNull(await Store.KeepProgramAsync(Digest.Of("manifest"), [Digest.Of("file a")], generation, Go));
        await Store.RemovedAsync([Digest.Of("file a")], Go);

        Assert.IsType<CommitEnd.Made>(await Store.CommitAsync(run.Run, run.Fence, version, Sample.Cost, generation, Go));
        Assert.Null(await Store.KeepProgramAsync(Digest.Of("manifest"), [Digest.Of("file a")], generation, Go));
    }

    [Fact]
    public async Task A_living_collector_is_left_alone_and_a_dead_one_is_followed()
    {
        var another = LivingProcess.Of(1)!;
        await Store.DoomAsync([Digest.Of("one")], another, Go);
        Assert.Null(await Store.DoomAsync([Digest.Of("two")], LivingProcess.Current, Go));
        await Store.RemovedAsync([Digest.Of("one")], Go);

        await Store.DoomAsync([Digest.Of("one")], Sample.Dead, Go);
        var followed = await Store.DoomAsync([Digest.Of("two")], LivingProcess.Current, Go);

        Assert.Equal(new[] { Digest.Of("one"), Digest.Of("two") }.Order(), followed!.Doomed.Order());
        Assert.Equal((3L, LivingProcess.Current), (followed.Generation, followed.Owner));
    }

    [Fact]
    public async Task A_program_is_kept_while_a_run_refers_to_it_and_forgotten_after()
    {
        await Store.KeepProgramAsync(Digest.Of("closure"), [Digest.Of("dll")], 0, Go);
        await Store.KeepProgramAsync(Digest.Of("unused"), [Digest.Of("old dll")], 0, Go);
        await Sample.MakeAsync(Store, "beans", "a");
        Clock.Now += TimeSpan.FromDays(10);
        await Store.KeepProgramAsync(Digest.Of("young"), [Digest.Of("young dll")], 0, Go);

        await Store.ForgetRunsAsync(Clock.Now - TimeSpan.FromDays(1), dryRun: false, Go);

        Assert.Equal(new[] { "file a", "closure", "dll", "young", "young dll" }.Select(Digest.Of).Order(), (await Store.ReferencedAsync(Go)).Order());
    }
}
