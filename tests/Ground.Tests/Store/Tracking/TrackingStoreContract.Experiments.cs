using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    [Fact]
    public async Task A_new_store_has_the_default_experiment()
    {
        var first = await Store.ExperimentAsync(0, Go);

        Assert.Equal((0L, "Default", "mlflow-artifacts:/0", false, 0), (first.Id, first.Name, first.Location, first.Deleted, first.Tags.Count));
        Assert.Equal(first.CreatedMs, first.UpdatedMs);
        Assert.Equal(0, (await Store.ExperimentAsync("Default", Go)).Id);
    }

    [Fact]
    public async Task Experiments_are_numbered_and_kept_as_they_were_written()
    {
        var name = $"{Wide} {Astral} '; DROP TABLE tracked_experiments; --";
        var one = await Store.CreateExperimentAsync(name, null, [new("b", "1"), new("a", Astral), new("b", "2")], Go);
        var two = await Store.CreateExperimentAsync("two", "s3://bucket/x", [], Go);

        var experiment = await Store.ExperimentAsync(name, Go);
        Assert.Equal((1L, 2L), (one, two));
        Assert.Equal((one, name, "mlflow-artifacts:/1", Now, Now), (experiment.Id, experiment.Name, experiment.Location, experiment.CreatedMs,
            experiment.UpdatedMs));
        Assert.Equal([new("a", Astral), new("b", "2")], experiment.Tags);
        Assert.Equal("s3://bucket/x", (await Store.ExperimentAsync(two, Go)).Location);
    }

    [Fact]
    public async Task An_experiment_that_is_not_there_is_said()
    {
        Assert.Equal("No Experiment with id=7 exists", await RefusedAsync(TrackingFault.NotThere, () => Store.ExperimentAsync(7, Go)));
        Assert.Equal("Could not find experiment with name 'x'", await RefusedAsync(TrackingFault.NotThere, () => Store.ExperimentAsync("x", Go)));
        foreach (var call in new Func<Task>[]
        {
            () => Store.DeleteExperimentAsync(7, true, Go), () => Store.RenameExperimentAsync(7, "y", Go),
            () => Store.SetExperimentTagAsync(7, new("a", "b"), Go),
            () => Store.DeleteExperimentTagAsync(7, "a", Go), () => Store.CreateRunAsync(new(7, "x", null, null, []), Go),
            () => Store.CreateLoggedModelAsync(new(7, "m", null, null, [], []), Go),
        })
            Assert.Equal("No Experiment with id=7 exists", await RefusedAsync(TrackingFault.NotThere, call));
    }

    [Fact]
    public async Task A_name_is_taken_by_a_deleted_experiment_too()
    {
        var id = await Store.CreateExperimentAsync("beans", null, [], Go);
        var other = await Store.CreateExperimentAsync("rice", null, [], Go);
        await Store.DeleteExperimentAsync(id, true, Go);

        Assert.StartsWith("Experiment(name=beans) already exists", await RefusedAsync(TrackingFault.AlreadyThere,
            () => Store.CreateExperimentAsync("beans", null, [], Go)), StringComparison.Ordinal);
        await RefusedAsync(TrackingFault.AlreadyThere, () => Store.RenameExperimentAsync(other, "beans", Go));
        await RefusedAsync(TrackingFault.WrongState, () => Store.RenameExperimentAsync(id, "free", Go));
        await Store.RenameExperimentAsync(other, "rice", Go);
        Clock.Now += TimeSpan.FromSeconds(1);
        await Store.RenameExperimentAsync(other, "barley", Go);
        Assert.Equal(("barley", Now), (await Store.ExperimentAsync(other, Go)) is var e ? (e.Name, e.UpdatedMs) : default);
    }

    [Fact]
    public async Task Deleting_an_experiment_takes_its_runs_and_restoring_brings_them_back()
    {
        var id = await Store.CreateExperimentAsync("beans", null, [new("k", "v")], Go);
        var run = await NewRunAsync(id);
        await Store.DeleteExperimentAsync(id, true, Go);

        Assert.True((await Store.ExperimentAsync(id, Go)).Deleted);
        Assert.True((await Store.RunAsync(run, Go)).Info.Deleted);
        await RefusedAsync(TrackingFault.NotThere, () => Store.DeleteExperimentAsync(id, true, Go));
        Assert.Equal($"The experiment {id} must be in the 'active' state. Current state is deleted.",
            await RefusedAsync(TrackingFault.InvalidValue, () => NewRunAsync(id)));
        await RefusedAsync(TrackingFault.InvalidValue, () => Store.SetExperimentTagAsync(id, new("a", "b"), Go));
        await RefusedAsync(TrackingFault.InvalidValue, () => Store.DeleteExperimentTagAsync(id, "k", Go));
        await RefusedAsync(TrackingFault.InvalidValue, () => Store.CreateLoggedModelAsync(new(id, "m", null, null, [], []), Go));
        await Store.DeleteExperimentAsync(id, false, Go);
        Assert.False((await Store.RunAsync(run, Go)).Info.Deleted);
        Assert.False((await Store.ExperimentAsync(id, Go)).Deleted);
    }

    [Fact]
    public async Task Tags_of_an_experiment_are_set_replaced_and_deleted()
    {
        Clock.Now += TimeSpan.FromSeconds(1);
        await Store.SetExperimentTagAsync(0, new("team", "roast"), Go);
        await Store.SetExperimentTagAsync(0, new("team", new string('豆', 5000)), Go);
        await Store.SetExperimentTagAsync(0, new("a", ""), Go);

        var tagged = await Store.ExperimentAsync(0, Go);
        Assert.Equal([new("a", ""), new("team", new string('豆', 5000))], tagged.Tags);
        Assert.Equal(Now, tagged.UpdatedMs);
        await Store.DeleteExperimentTagAsync(0, "team", Go);
        Assert.Equal("No tag with name: team in experiment with id 0",
            await RefusedAsync(TrackingFault.NotThere, () => Store.DeleteExperimentTagAsync(0, "team", Go)));
        Assert.Equal([new Entry("a", "")], (await Store.ExperimentAsync(0, Go)).Tags);
    }

    [Theory]
    [InlineData("", "", "Rice beans2 beans Default")]
    [InlineData("name = 'beans'", "", "beans")]
    [InlineData("name != 'beans'", "", "Rice beans2 Default")]
    [InlineData("name LIKE 'bean%'", "", "beans2 beans")]
    [InlineData("name LIKE 'rice'", "", "")]
    [InlineData("name ILIKE 'rICE'", "", "Rice")]
    [InlineData("tags.team = 'roast'", "", "beans")]
    [InlineData("tags.team != 'roast'", "", "beans2")]
    [InlineData("tags.team IS NULL", "", "Rice Default")]
    [InlineData("tags.team IS NOT NULL AND tags.team LIKE '%r_nd'", "", "beans2")]
    [InlineData("creation_time >= 0 AND last_update_time > 0", "name", "Default Rice beans beans2")]
    [InlineData("", "name DESC", "beans2 beans Rice Default")]
    [InlineData("", "experiment_id", "Default beans beans2 Rice")]
    [InlineData("name LIKE 'b%'", "last_update_time DESC", "beans2 beans")]
    public async Task Experiments_are_searched_by_names_times_and_tags(string filter, string order, string found)
    {
        // The default one is stamped by the database's own clock.
        Clock.Now = DateTimeOffset.UtcNow + TimeSpan.FromDays(1);
        foreach (var (name, team) in new[] { ("beans", "roast"), ("beans2", "grind"), ("Rice", null), ("gone", null) })
        {
            Clock.Now += TimeSpan.FromSeconds(1);
            await Store.CreateExperimentAsync(name, null, team is null ? [] : [new("team", team)], Go);
        }
        await Store.DeleteExperimentAsync(4, true, Go);
        var search = SearchSubject.Experiments.Read(filter, order.Length == 0 ? [] : [order]);

        Assert.Equal(found, Names(await Store.SearchExperimentsAsync(search, ViewType.ActiveOnly, Page.Whole, Go)));
        var paged = new List<Experiment>();
        for (var at = 0; await Store.SearchExperimentsAsync(search, ViewType.ActiveOnly, new(at, 1), Go) is [var one]; at++) paged.Add(one);
        Assert.Equal(found, Names(paged));
        Assert.Equal("gone", Names(await Store.SearchExperimentsAsync(Search.All, ViewType.DeletedOnly, Page.Whole, Go)));
        Assert.Equal(5, (await Store.SearchExperimentsAsync(Search.All, ViewType.All, Page.Whole, Go)).Count);

        static string Names(IEnumerable<Experiment> all) => string.Join(' ', all.Select(e => e.Name));
    }
}
