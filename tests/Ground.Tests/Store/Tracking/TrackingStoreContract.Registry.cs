using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Store.Tests.Tracking;

public abstract partial class TrackingStoreContract
{
    Task<ModelVersion> NewVersionAsync(string model, string source = "s3://x/y", string? logged = null, params IReadOnlyList<Entry> tags) =>
        Store.CreateVersionAsync(new(model, source, "run-id", "http://link", "text", logged, tags), Go);

    [Fact]
    public async Task A_registered_model_is_created_described_renamed_and_deleted()
    {
        var name = $"{Wide} {Astral}";
        var made = await Store.CreateModelAsync(name, "first", [new("b", "1"), new("a", new string('x', 100_000))], Go);
        Assert.Equal((name, "first", Now, Now, 0, 0), (made.Name, made.Description, made.CreatedMs, made.UpdatedMs, made.Latest.Count, made.Aliases.Count));
        Assert.Equal(["a", "b"], made.Tags.Select(t => t.Key));
        await NewVersionAsync(name);
        await Store.AliasModelAsync(name, "best", 1, Go);
        await RefusedAsync(TrackingFault.AlreadyThere, () => Store.CreateModelAsync(name, null, [], Go));
        await Store.CreateModelAsync("other", null, [], Go);
        await RefusedAsync(TrackingFault.AlreadyThere, () => Store.RenameModelAsync("other", name, Go));

        Clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal((null, Now), await Store.DescribeModelAsync(name, null, Go) is var d ? (d.Description, d.UpdatedMs) : default);
        Assert.Equal(name, (await Store.RenameModelAsync(name, name, Go)).Name);
        Clock.Now += TimeSpan.FromSeconds(1);
        var renamed = await Store.RenameModelAsync(name, "beans", Go);
        Assert.Equal(("beans", Now, Now), (renamed.Name, renamed.UpdatedMs, renamed.Latest[0].UpdatedMs));
        Assert.Equal([("best", 1)], renamed.Aliases);
        await RefusedAsync(TrackingFault.NotThere, () => Store.ModelAsync(name, Go));

        await Store.DeleteModelAsync("beans", Go);
        foreach (var call in new Func<Task>[]
        {
            () => Store.ModelAsync("beans", Go), () => Store.DescribeModelAsync("beans", "x", Go), () => Store.RenameModelAsync("beans", "x", Go),
            () => Store.DeleteModelAsync("beans", Go), () => Store.TagModelAsync("beans", "a", "b", Go), () => Store.AliasModelAsync("beans", "a", null, Go),
            () => Store.AliasedAsync("beans", "best", Go), () => NewVersionAsync("beans"),
        })
            await RefusedAsync(TrackingFault.NotThere, call);
        await Store.CreateModelAsync("beans", null, [], Go);
        Assert.Equal((1, 0), await NewVersionAsync("beans") is var again ? (again.Number, again.Aliases.Count) : default);
    }

    [Fact]
    public async Task Versions_are_numbered_once_and_for_all()
    {
        await Store.CreateModelAsync("beans", null, [], Go);
        var first = await NewVersionAsync("beans", "s3://x/y", null, new("k", Astral), new("k", "last"));
        Assert.Equal(("beans", 1, "text", "None", "s3://x/y", "s3://x/y", "run-id", "http://link", null, Now), (first.Model, first.Number, first.Description,
            first.Stage, first.Source, first.Storage, first.Run, first.RunLink, first.LoggedModel, first.CreatedMs));
        Assert.Equal([new("k", "last")], first.Tags);
        await NewVersionAsync("beans");
        await Store.DeleteVersionAsync("beans", 2, Go);

        Assert.Equal(3, (await NewVersionAsync("beans")).Number);
        Assert.Equal([1, 3], (await Store.SearchVersionsAsync(Search.All, false, Page.Whole, Go)).Select(v => v.Number).Order());
        Clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(("new", Now), await Store.DescribeVersionAsync("beans", 3, "new", Go) is var d ? (d.Description, d.UpdatedMs) : default);
        Assert.Equal(Now, (await Store.ModelAsync("beans", Go)).UpdatedMs);
        foreach (var call in new Func<Task>[]
        {
            () => Store.VersionAsync("beans", 2, Go), () => Store.DeleteVersionAsync("beans", 2, Go), () => Store.DescribeVersionAsync("beans", 2, "", Go),
            () => Store.MoveVersionAsync("beans", 2, "Staging", false, Go), () => Store.TagVersionAsync("beans", 2, "k", "v", Go),
            () => Store.AliasModelAsync("beans", "a", 2, Go), () => Store.VersionAsync("none", 1, Go),
        })
            await RefusedAsync(TrackingFault.NotThere, call);
    }

    [Fact]
    public async Task Aliases_and_tags_move_and_go()
    {
        await Store.CreateModelAsync("beans", null, [], Go);
        foreach (var _ in Enumerable.Range(0, 2)) await NewVersionAsync("beans");
        await Store.AliasModelAsync("beans", "best", 1, Go);
        await Store.AliasModelAsync("beans", "best", 2, Go);
        await Store.AliasModelAsync("beans", "Best", 1, Go);
        await Store.AliasModelAsync("beans", "none", null, Go);

        Assert.Equal(2, (await Store.AliasedAsync("beans", "best", Go)).Number);
        Assert.Equal([("Best", 1), ("best", 2)], (await Store.ModelAsync("beans", Go)).Aliases);
        Assert.Equal(["best"], (await Store.VersionAsync("beans", 2, Go)).Aliases);
        await Store.DeleteVersionAsync("beans", 2, Go);
        Assert.Equal("Registered model alias best not found.", await RefusedAsync(TrackingFault.InvalidValue, () => Store.AliasedAsync("beans", "best", Go)));
        Assert.Equal([("Best", 1)], (await Store.ModelAsync("beans", Go)).Aliases);

        await Store.TagModelAsync("beans", "k", "v", Go);
        await Store.TagModelAsync("beans", "k", "w", Go);
        await Store.TagVersionAsync("beans", 1, "k", "x", Go);
        await Store.TagModelAsync("beans", "none", null, Go);
        Assert.Equal([new("k", "w")], (await Store.ModelAsync("beans", Go)).Tags);
        Assert.Equal([new("k", "x")], (await Store.VersionAsync("beans", 1, Go)).Tags);
        await Store.TagModelAsync("beans", "k", null, Go);
        await Store.TagVersionAsync("beans", 1, "k", null, Go);
        Assert.Equal((0, 0), ((await Store.ModelAsync("beans", Go)).Tags.Count, (await Store.VersionAsync("beans", 1, Go)).Tags.Count));
    }

    [Fact]
    public async Task A_stage_may_archive_the_versions_that_were_in_it()
    {
        await Store.CreateModelAsync("beans", null, [], Go);
        foreach (var _ in Enumerable.Range(0, 4)) await NewVersionAsync("beans");
        await Store.MoveVersionAsync("beans", 1, "Production", false, Go);
        await Store.MoveVersionAsync("beans", 2, "Production", false, Go);
        await Store.MoveVersionAsync("beans", 3, "Staging", false, Go);
        Assert.Equal("2 Production, 3 Staging, 4 None", await LatestAsync());

        Assert.Equal("Production", (await Store.MoveVersionAsync("beans", 4, "Production", archiveOthers: true, Go)).Stage);

        Assert.Equal("2 Archived, 3 Staging, 4 Production", await LatestAsync());
        Assert.Equal("Archived", (await Store.VersionAsync("beans", 1, Go)).Stage);

        async Task<string> LatestAsync() => string.Join(", ", (await Store.ModelAsync("beans", Go)).Latest.Select(v => $"{v.Number} {v.Stage}"));
    }

    [Fact]
    public async Task A_source_is_resolved_to_where_the_files_are()
    {
        await Store.CreateModelAsync("beans", null, [], Go);
        var run = await Store.RunAsync(await NewRunAsync(), Go);
        var logged = await Store.CreateLoggedModelAsync(new(0, "m", null, run.Info.Id, [], []), Go);

        Assert.Equal($"{run.Info.Location}/model/x", (await NewVersionAsync("beans", $"runs:/{run.Info.Id}/model/x")).Storage);
        Assert.Equal((logged.Location, logged.Id), await NewVersionAsync("beans", $"models:/{logged.Id}") is var of ? (of.Storage, of.LoggedModel) : default);
        Assert.Equal((logged.Location, logged.Id, "models:/beans/2"), await NewVersionAsync("beans", "models:/beans/2") is var same
            ? (same.Storage, same.LoggedModel, same.Source) : default);
        Assert.Equal("mlflow-artifacts:/0/a/b", (await NewVersionAsync("beans", "mlflow-artifacts://host:80/0/a/b/")).Storage);
        await NewVersionAsync("beans", "s3://z", logged.Id);
        var told = await Store.LoggedModelAsync(logged.Id, false, Go);
        Assert.Equal([("beans", 2), ("beans", 3), ("beans", 5)], told.Registrations);
        Assert.Equal("""[{"name":"beans","version":2},{"name":"beans","version":3},{"name":"beans","version":5}]""",
            told.Tags.Single(t => t.Key == "mlflow.modelVersions").Value);
        await RefusedAsync(TrackingFault.NotThere, () => NewVersionAsync("beans", "runs:/none/model"));
        await RefusedAsync(TrackingFault.NotThere, () => NewVersionAsync("beans", "models:/m-none"));
        await RefusedAsync(TrackingFault.NotThere, () => NewVersionAsync("beans", "models:/beans/99"));
        await RefusedAsync(TrackingFault.NotThere, () => NewVersionAsync("beans", "s3://z", "m-none"));
        await RefusedAsync(TrackingFault.InvalidValue, () => NewVersionAsync("beans", "models:/beans/champion/x"));
        Assert.Equal(6, (await NewVersionAsync("beans", new string('s', 5000))).Number);
    }

    [Fact]
    public async Task Models_are_searched_by_name_and_tags_with_prompts_apart()
    {
        foreach (var (name, tag) in new[] { ("beans", "roast"), ("Rice_1", "grind"), ("rice%", null) })
        {
            Clock.Now += TimeSpan.FromSeconds(1);
            await Store.CreateModelAsync(name, null, tag is null ? [] : [new("team", tag)], Go);
        }
        await Store.CreateModelAsync("hello", null, [new("mlflow.prompt.is_prompt", "true")], Go);
        foreach (var (filter, order, found) in new[]
        {
            ("", "", "Rice_1 beans rice%"), ("name ILIKE 'rice%'", "", "Rice_1 rice%"), ("name LIKE 'rice%'", "", "rice%"), ("name = 'beans'", "", "beans"),
            ("tags.team != 'roast'", "", "Rice_1"), ("tags.team IS NULL", "", "rice%"), ("", "name DESC", "rice% beans Rice_1"),
            ("", "creation_timestamp", "beans Rice_1 rice%"), ("", "last_updated_timestamp DESC", "rice% Rice_1 beans"),
        })
        {
            var search = SearchSubject.RegisteredModels.Read(filter, order.Length == 0 ? [] : [order]);
            Assert.Equal((filter, found), (filter, string.Join(' ', (await Store.SearchModelsAsync(search, false, Page.Whole, Go)).Select(m => m.Name))));
        }
        Assert.Equal(["hello"], (await Store.SearchModelsAsync(Search.All, true, Page.Whole, Go)).Select(m => m.Name));
        Assert.Equal(["beans"], (await Store.SearchModelsAsync(Search.All, false, new(1, 1), Go)).Select(m => m.Name));
    }

    [Fact]
    public async Task Versions_are_searched_over_all_models()
    {
        foreach (var name in new[] { "beans", "rice" }) await Store.CreateModelAsync(name, null, [], Go);
        foreach (var (name, tag) in new[] { ("beans", "a"), ("rice", "b"), ("beans", "b") })
        {
            Clock.Now += TimeSpan.FromSeconds(1);
            await NewVersionAsync(name, $"s3://{name}/{tag}", null, new Entry("t", tag));
        }
        foreach (var (filter, order, found) in new[]
        {
            ("", "", "beans@2 rice@1 beans@1"), ("name = 'beans'", "", "beans@2 beans@1"), ("tags.t = 'b'", "", "beans@2 rice@1"),
            ("version_number > 1", "", "beans@2"), ("source_path LIKE 's3://rice/%'", "", "rice@1"),
            ("run_id IN ('run-id', 'x')", "name", "beans@2 beans@1 rice@1"),
            ("", "version_number", "beans@1 rice@1 beans@2"), ("", "creation_timestamp", "beans@1 rice@1 beans@2"), ("run_id = 'other'", "", ""),
        })
        {
            var search = SearchSubject.ModelVersions.Read(filter, order.Length == 0 ? [] : [order]);
            Assert.Equal((filter, found),
                (filter, string.Join(' ', (await Store.SearchVersionsAsync(search, false, Page.Whole, Go)).Select(v => $"{v.Model}@{v.Number}"))));
        }
    }
}
