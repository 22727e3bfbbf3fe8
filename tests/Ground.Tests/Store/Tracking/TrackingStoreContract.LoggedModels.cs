using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    [Fact]
    public async Task A_logged_model_is_created_ended_tagged_and_deleted()
    {
        var made = await Store.CreateLoggedModelAsync(new(0, $"m {Astral}", "Agent", "run-id", [new("b", "1"), new("a", "2")],
            [new("t", "1"), new("t", "2")]), Go);

        Assert.Matches("^m-[0-9a-f]{32}$", made.Id);
        Assert.Equal((0L, $"m {Astral}", "Agent", "run-id", LoggedModelStatus.Pending, $"mlflow-artifacts:/0/models/{made.Id}/artifacts", Now, Now, false),
            (made.Experiment, made.Name, made.Type, made.Run, made.Status, made.Location, made.CreatedMs, made.UpdatedMs, made.Deleted));
        Assert.Equal([new("a", "2"), new("b", "1")], made.Params);
        Assert.Equal([new("t", "2")], made.Tags);
        Clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal((LoggedModelStatus.Ready, Now), await Store.EndLoggedModelAsync(made.Id, LoggedModelStatus.Ready, Go) is var e
            ? (e.Status, e.UpdatedMs) : default);
        await Store.AddLoggedModelParamsAsync(made.Id, [new("a", "2"), new("c", "3"), new("c", "3")], Go);
        Assert.Contains("key='a' was already logged with value='2'", await RefusedAsync(TrackingFault.InvalidValue,
            () => Store.AddLoggedModelParamsAsync(made.Id, [new("d", "1"), new("a", "9")], Go)), StringComparison.Ordinal);
        await RefusedAsync(TrackingFault.InvalidValue, () => Store.AddLoggedModelParamsAsync(made.Id, [new("e", "1"), new("e", "2")], Go));
        Assert.Equal([new("t", "3"), new("u", "")], (await Store.TagLoggedModelAsync(made.Id, [new("t", "3"), new("u", "")], Go)).Tags);
        await Store.DeleteLoggedModelTagAsync(made.Id, "u", Go);
        await RefusedAsync(TrackingFault.NotThere, () => Store.DeleteLoggedModelTagAsync(made.Id, "u", Go));
        Assert.Equal([new("a", "2"), new("b", "1"), new("c", "3")], (await Store.LoggedModelAsync(made.Id, false, Go)).Params);

        await Store.DeleteLoggedModelAsync(made.Id, Go);
        Assert.True((await Store.LoggedModelAsync(made.Id, deletedToo: true, Go)).Deleted);
        foreach (var id in new[] { made.Id, "m-none" })
            foreach (var call in new Func<Task>[]
            {
                () => Store.LoggedModelAsync(id, false, Go), () => Store.EndLoggedModelAsync(id, LoggedModelStatus.Ready, Go),
                () => Store.DeleteLoggedModelAsync(id, Go), () => Store.AddLoggedModelParamsAsync(id, [], Go), () => Store.TagLoggedModelAsync(id, [], Go),
                () => Store.DeleteLoggedModelTagAsync(id, "t", Go),
            })
                await RefusedAsync(TrackingFault.NotThere, call);
    }

    [Fact]
    public async Task A_metric_about_a_logged_model_is_also_the_models_by_dataset()
    {
        var run = await NewRunAsync();
        var other = await NewRunAsync();
        var model = (await Store.CreateLoggedModelAsync(new(0, "m", null, run, [], []), Go)).Id;

        await LogAsync(run, new("acc", 1, 1, 5, model, "beans", "d1"), new("acc", 2, 1, 1, model, "beans", "d1"), new("acc", double.NaN, 1, 0, model),
            new("lost", 1, 1, 1, "m-none"));
        await LogAsync(other, new("acc", 3, 1, 5, model, "beans", "d1"), new("acc", 4, 1, 4, model, "beans", "d1"),
            new LoggedMetric("acc", 5, 1, 9, model, "rice"));

        Assert.Equal([(run, double.NaN, null, null), (other, 3.0, "beans", "d1"), (other, 5.0, "rice", null)],
            (await Store.LoggedModelAsync(model, false, Go)).Metrics.Select(m => (m.Run, m.Point.Value, m.Point.Dataset, m.Point.DatasetDigest)));
        Assert.Equal(["acc", "lost"], (await Store.RunAsync(run, Go)).Metrics.Select(m => m.Key));
        Assert.Equal((model, "rice"), (await Store.HistoryAsync(other, "acc", Page.Whole, Go)) is [.., var last] ? (last.Model, last.Dataset) : default);
    }

    [Fact]
    public async Task Logged_models_are_searched_by_what_they_are_and_measured()
    {
        var run = await NewRunAsync();
        var ids = new Dictionary<string, string>();
        foreach (var (name, type, acc) in new[] { ("a", "Agent", 0.5), ("b", null, 0.9), ("c", "agent", double.NaN), ("gone", null, 1.0) })
        {
            Clock.Now += TimeSpan.FromSeconds(1);
            ids[name] = (await Store.CreateLoggedModelAsync(new(0, name, type, run, [new("depth", name)], name == "b" ? [new("t", "x")] : []), Go)).Id;
            await LogAsync(run, new LoggedMetric("acc", acc, 1, name[0], ids[name], "beans", name == "a" ? "d1" : "d2"));
        }
        await LogAsync(run, new LoggedMetric("acc", 0.1, 1, 200, ids["b"], "rice", "d9"));
        await Store.DeleteLoggedModelAsync(ids["gone"], Go);
        await Store.EndLoggedModelAsync(ids["c"], LoggedModelStatus.Ready, Go);

        foreach (var (filter, order, data, found) in new (string, SearchOrder?, DatasetFilter[], string)[]
        {
            ("", null, [], "c b a"), ("name = 'a'", null, [], "a"), ("name IN ('a', 'b')", null, [], "b a"), ("status = 'READY'", null, [], "c"),
            ("model_type ILIKE 'AGENT'", null, [], "c a"), ("model_type NOT IN ('x')", null, [], "c a"), ("metrics.acc > 0.4", null, [], "b a"),
            ("metrics.acc < 0.4", null, [], "b"), ("metrics.acc != 0.5", null, [], "c b"), ("metrics.acc < 0.4", null, [new("beans", null)], ""),
            ("", null, [new("rice", null)], "b"), ("", null, [new("beans", "d2"), new("none", null)], "c b"), ("params.depth = 'b'", null, [], "b"),
            ("params.depth IN ('a', 'c')", null, [], "c a"), ("tags.t IS NULL", null, [], "c a"), ($"model_id = '{ids["b"]}'", null, [], "b"),
            ($"source_run_id = '{run}'", null, [], "c b a"), ("creation_timestamp > 0", new(SearchEntity.Attribute, "name", false), [], "a b c"),
            ("", new(SearchEntity.Metric, "acc", false), [], "b a c"), ("", new(SearchEntity.Metric, "acc", true), [], "a b c"),
            ("", new(SearchEntity.Metric, "acc", true, "beans"), [], "b a c"), ("", new(SearchEntity.Metric, "acc", false, "beans", "d2"), [], "b c a"),
            ("", new(SearchEntity.Parameter, "depth", true), [], "c b a"), ("", new(SearchEntity.Tag, "t", false), [], "b c a"),
        })
        {
            var search = SearchSubject.LoggedModels.Read(filter, []) with { Order = order is null ? [] : [order] };
            Assert.Equal((filter, order, found),
                (filter, order, string.Join(' ', (await Store.SearchLoggedModelsAsync([0, 5], search, data, Page.Whole, Go)).Select(m => m.Name))));
        }
        Assert.Empty(await Store.SearchLoggedModelsAsync([], Search.All, [], Page.Whole, Go));
        Assert.Equal(["b"], (await Store.SearchLoggedModelsAsync([0], Search.All, [], new(1, 1), Go)).Select(m => m.Name));
    }
}
