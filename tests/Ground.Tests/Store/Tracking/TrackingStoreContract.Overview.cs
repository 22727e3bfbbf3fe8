using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    [Fact]
    public async Task An_experiment_says_how_many_runs_it_has_and_when_the_newest_began()
    {
        var (searched, none) = (await SearchedAsync(), await Store.CreateExperimentAsync("none", null, [], Go));

        Assert.Equal([new(searched, 5, 1, 5), new(none, 0, 0, null)], await Store.ActivityAsync([searched, 77_777, none], Go));
        await Store.DeleteExperimentAsync(searched, deleted: true, Go);
        Assert.Equal([new(searched, 0, 6, 5)], await Store.ActivityAsync([searched], Go));
        Assert.Empty(await Store.ActivityAsync([], Go));
    }

    [Fact]
    public async Task Keys_are_told_once_each_in_the_order_of_their_characters()
    {
        var (searched, other) = (await SearchedAsync(), await Store.CreateExperimentAsync("other", null, [], Go));
        var run = await NewRunAsync(other);
        await Store.LogAsync(run, new([Point("Zoom", 1), Point("loss", 1), Point(Wide, 1)], [new("model", "x"), new("A", "x")], []), Go);

        var keys = await Store.KeysAsync([searched, other], 1000, Go);

        Assert.Equal(["Zoom", "acc", "loss", Wide], keys.Metrics);
        Assert.Equal(["A", "model", "n/a b"], keys.Params);
        Assert.Equal(["mlflow.runName", "team"], keys.Tags);
        Assert.Equal(["Zoom", "loss"], (await Store.KeysAsync([other], 2, Go)).Metrics);
        Assert.Empty((await Store.KeysAsync([], 2, Go)).Tags);
    }

    [Fact]
    public async Task As_many_runs_are_counted_as_are_found()
    {
        var (searched, other) = (await SearchedAsync(), await Store.CreateExperimentAsync("other", null, [], Go));
        await NewRunAsync(other);
        foreach (var experiments in new long[][] { [searched], [searched, other], [other], [] })
            foreach (var view in Enum.GetValues<ViewType>())
                foreach (var filter in new[]
                {
                    "", "metrics.loss < 0.5", "metrics.loss != 0.25", "params.model = 'tree'", "params.model IS NULL",
                    "tags.team = 'roast' AND metrics.loss >= 0.5",
                    "metrics.loss > 0.3 AND metrics.loss < 0.4", "status = 'RUNNING' AND metrics.loss > -1", "dataset.name = 'Beans'", "run_name ILIKE '%E%'",
                })
                {
                    var search = SearchSubject.Runs.Read(filter, []);
                    var found = await Store.SearchRunsAsync(experiments, search, view, new(0, 1000), Go);
                    Assert.Equal((filter, found.Count), (filter, await Store.CountRunsAsync(experiments, search, view, Go)));
                }
    }
}
