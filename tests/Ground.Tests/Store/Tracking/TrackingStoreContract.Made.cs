using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    static MadeModel Made(string asset, int number) => new(
        new(asset, number), $"run-{number}", "mika", 10, 20, [new("rounds", "300"), new("half \ud83e", "a\0b")], [new("kumiki.version", $"{asset}@{number}")],
        [new("mae", 2, 1, 1), new("mae", 1, 2, 2), new("lost", double.NaN, 1, 1)], [new("sales", "d", "kumiki", "{}", null, null, [new("mlflow.data.context", "training")])],
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
