using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    static MadeModel Made(string asset, int number) => new(
        new(asset, number), $"run-{number}", "mika", 10, 20, [new("rounds", "300"), new("half \ud83e", "a\0b")], [new("kumiki.version", $"{asset}@{number}")],
        [new("mae", 2, 1, 1), new("mae", 1, 2, 2), new("lost", double.NaN, 1, 1)],
        [new("sales", "d", "kumiki", "{}", null, null, [new("mlflow.data.context", "training")])],
        [new("model.onnx", Digest.Of("onnx"), 5), new("sub/notes.txt", Digest.Of("notes"), 6)]);

    [Fact]
    public async Task A_model_that_Kumiki_made_is_shown_once()
    {
        Assert.False(await Store.IsShownAsync(new("beans", 2), Go));
        foreach (var model in new[] { Made("beans", 2), Made("beans", 1), Made("beans", 2) }) await Store.ShowAsync(model, Go);
        Assert.True(await Store.IsShownAsync(new("beans", 2), Go));

        var version = await Store.VersionAsync("beans", 2, Go);
        var run = await Store.RunAsync(version.Run!, Go);
        Assert.Equal(("beans@2", RunStatus.Finished, "mika", 10L, 20L), (run.Info.Name, run.Info.Status, run.Info.User, run.Info.StartedMs, run.Info.EndedMs));
        Assert.Equal(["lost NaN", "mae 1"], run.Metrics.Select(m => FormattableString.Invariant($"{m.Key} {m.Value}")));
        Assert.Equal(("rounds", "sales"), (run.Params[^1].Key, run.Datasets[0].Name));
        Assert.Equal([1, 2], (await Store.SearchVersionsAsync(Search.All, false, Page.Whole, Go)).Select(v => v.Number).Order());
        Assert.Equal("model.onnx:5 sub/", await ListAsync(TrackedPath.OfUri(version.Storage).ToString()!));
        Assert.Equal("kumiki beans", (await Store.ExperimentAsync(run.Info.Experiment, Go)).Name);
        Assert.Contains(Digest.Of("notes"), await Metadata.ReferencedAsync(Go));
    }

    /// <summary>By a stage, then by a release, then by a version that was made of it.</summary>
    [Fact]
    public async Task What_a_stage_a_release_or_a_version_needs_is_not_deleted()
    {
        var made = (await Sample.MakeAsync(Metadata, "imported", "a")).Name;
        var experiment = await Store.CreateExperimentAsync("of clients", null, [], Go);
        var run = await NewRunAsync(experiment);
        var logged = (await Store.CreateLoggedModelAsync(new(experiment, "m", null, run, [], []), Go)).Id;
        await Store.CreateModelAsync("beans", null, [], Go);
        await NewVersionAsync("beans", $"models:/{logged}", null, new Entry("kumiki.version", $"{made}"));
        await NewVersionAsync("beans", "s3://x", null, new Entry("kumiki.version", "no version"));
        var deletions = new Func<Task>[]
        {
            () => Store.DeleteVersionAsync("beans", 1, Go), () => Store.DeleteModelAsync("beans", Go), () => Store.DeleteLoggedModelAsync(logged, Go),
            () => Store.DeleteRunAsync(run, true, Go), () => Store.DeleteExperimentAsync(experiment, true, Go),
        };

        await Metadata.MoveStagesAsync([("imported", "staging", 1)], "mika", "good", Go);
        await NeedsAsync("staging");
        await Metadata.MoveStagesAsync([("imported", "staging", null)], "mika", "no", Go);
        await Metadata.AddReleaseAsync(Sample.Draft(Production.Empty, made), Go);
        await NeedsAsync("release 1");
        await Metadata.MoveReleaseAsync(1, ReleaseState.Live, Go);
        await NeedsAsync("release 1");
        var other = (await Sample.MakeAsync(Metadata, "imported", "b")).Name;
        await Store.TagVersionAsync("beans", 1, "kumiki.version", $"{other}", Go);
        await Sample.MakeAsync(Metadata, "price", "c", other);
        await NeedsAsync("price@1");
        Assert.False((await Store.RunAsync(run, Go)).Info.Deleted);

        await Store.TagVersionAsync("beans", 1, "kumiki.version", null, Go);
        foreach (var delete in deletions) await delete();

        async Task NeedsAsync(string needer)
        {
            foreach (var delete in deletions) Assert.Contains(needer, await RefusedAsync(TrackingFault.WrongState, delete), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_shown_model_takes_a_free_name_and_only_labels_of_clients()
    {
        await Store.CreateModelAsync("beans", null, [], Go);
        await Store.ShowAsync(Made("beans", 3), Go);

        const string shown = "beans (kumiki)";
        foreach (var call in new Func<Task>[]
        {
            () => Store.RenameModelAsync(shown, "x", Go), () => Store.DeleteModelAsync(shown, Go), () => Store.DeleteVersionAsync(shown, 3, Go),
            () => NewVersionAsync(shown),
        })
            Assert.Contains("beans", await RefusedAsync(TrackingFault.WrongState, call), StringComparison.Ordinal);
        await Store.AliasModelAsync(shown, "best", 3, Go);
        await Store.MoveVersionAsync(shown, 3, "Production", true, Go);
        await Store.ShowAsync(Made("beans", 4), Go);
        Assert.Equal([(3, "Production"), (4, "None")], (await Store.ModelAsync(shown, Go)).Latest.Select(v => (v.Number, v.Stage)));
        Assert.Empty((await Store.ModelAsync("beans", Go)).Latest);
    }
}
