using System.Text;
using Kumiki.Importing;
using Kumiki.Tracking;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>Names, numbers, and what a kill between two records leaves; nothing takes models in here but the tests.</summary>
public class ImportedNameTests : IAsyncLifetime
{
    readonly TrackingWorld world;
    ClientModels models = null!;
    string run = "";

    public ImportedNameTests() : this(new TrackingWorld())
    {
    }

    protected ImportedNameTests(TrackingWorld world) => this.world = world;

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        await world.StopAsync();
        await world.StartAsync(imports: false);
        models = new(world);
        run = await world.NewRunAsync();
        await models.PutAsync(run, ("MLmodel", Encoding.UTF8.GetBytes("flavors:\n  sklearn:\n    pickled_model: model.pkl\n")), ("model.pkl", [1, 2]));
    }

    public Task DisposeAsync() => world.DisposeAsync();

    ITrackingStore Tracking => world.Folder.Tracking;

    async Task<VersionName> TakeAsync(string name, int number, params IReadOnlyList<string> declared) =>
        ((ImportEnd.Taken)await world.Imports(declared).TakeAsync(await Tracking.VersionAsync(name, number, default), asItIs: true, default)).Version;

    [Fact]
    public async Task A_name_that_the_project_declares_and_one_that_another_model_has_are_left_to_them()
    {
        await models.CreateAsync("demand-model", run);
        await models.CreateAsync("My Model", run);
        await models.CreateAsync("my-model", run);

        Assert.Equal("demand-model-imported@1", (await TakeAsync("demand-model", 1, "demand-model")).ToString());
        Assert.Equal("my-model@1", (await TakeAsync("My Model", 1)).ToString());
        Assert.Equal("my-model-imported@1", (await TakeAsync("my-model", 1)).ToString());
    }

    [Fact]
    public async Task A_renamed_model_keeps_its_asset()
    {
        await models.CreateAsync("old", run);
        await TakeAsync("old", 1);
        await Tracking.RenameModelAsync("old", "new", default);
        await models.CreateAsync("new", run);
        await models.CreateAsync("old", run);

        Assert.Equal("old@2", (await TakeAsync("new", 2)).ToString());
        Assert.Equal("old-imported@1", (await TakeAsync("old", 1)).ToString());
    }

    [Fact]
    public async Task A_file_that_is_brought_in_is_the_next_version_of_the_asset_whatever_clients_call_it()
    {
        await models.CreateAsync("My Model", run);
        await TakeAsync("My Model", 1);
        var path = Path.Combine(world.Place, "linear.onnx");
        await File.WriteAllBytesAsync(path, TrackingWorld.Model("linear.onnx"));

        var (version, isNew) = await world.Imports().BringAsync("my-model", path, "by hand", default);

        Assert.Equal(("my-model@2", true, true), (version.Name.ToString(), isNew, version.Imported!.CanServe));
        Assert.Equal("by hand", (await Tracking.VersionAsync("My Model", 2, default)).Description);
    }

    [Fact]
    public async Task A_number_that_was_deleted_stays_open_and_a_model_that_was_deleted_is_gone_on_with()
    {
        foreach (var _ in Enumerable.Range(0, 3)) await models.CreateAsync("numbers", run);
        await Tracking.DeleteVersionAsync("numbers", 2, default);
        Assert.Equal(["numbers@1", "numbers@3"], [(await TakeAsync("numbers", 1)).ToString(), (await TakeAsync("numbers", 3)).ToString()]);
        await Tracking.DeleteModelAsync("numbers", default);
        await models.CreateAsync("numbers", run);

        Assert.Equal("numbers@4", (await TakeAsync("numbers", 1)).ToString());
    }

    [Fact]
    public async Task A_kill_between_the_version_and_the_note_of_it_makes_no_second_version()
    {
        await models.CreateAsync("killed", run);
        var first = await TakeAsync("killed", 1);
        await Tracking.TagVersionAsync("killed", 1, ImportedModels.VersionTag, null, default);      // as if it had not been written

        Assert.Equal(first, await TakeAsync("killed", 1));
        Assert.Single(await world.Folder.Metadata.VersionsAsync("killed", 10, null, default));
    }

    [Fact]
    public async Task What_was_registered_while_nothing_took_models_in_is_taken_in_at_the_start()
    {
        await models.CreateAsync("before", run);
        await world.StopAsync();
        await world.StartAsync();

        Assert.Equal("before@1", (await models.TakenAsync("before", 1)).ToString());
    }

    [Fact]
    public async Task Two_that_take_the_same_in_make_one_version()
    {
        await models.CreateAsync("twice", run);
        var names = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TakeAsync("twice", 1)));
        Assert.Single(names.Distinct());
        Assert.Single(await world.Folder.Metadata.VersionsAsync("twice", 10, null, default));
    }

    [Fact]
    public async Task A_prompt_and_a_source_elsewhere_are_no_assets()
    {
        await Tracking.CreateModelAsync("words", null, [new("mlflow.prompt.is_prompt", "true")], default);
        await Tracking.CreateVersionAsync(new("words", "prompt-template", null, null, null, null, []), default);
        await Tracking.CreateModelAsync("far", null, [], default);
        await Tracking.CreateVersionAsync(new("far", "s3://bucket/model", null, null, null, null, []), default);

        foreach (var name in new[] { "words", "far" })
            Assert.IsType<ImportEnd.NotOurs>(await world.Imports().TakeAsync(await Tracking.VersionAsync(name, 1, default), asItIs: true, default));
    }

    [Fact]
    public async Task An_MLmodel_that_cannot_be_read_is_said_on_the_version()
    {
        var other = await world.NewRunAsync();
        await models.PutAsync(other, ("MLmodel", Encoding.UTF8.GetBytes("flavors:\n  onnx\n    - x\n")));
        await models.CreateAsync("broken", other);

        var version = (await world.Folder.Metadata.VersionAsync(await TakeAsync("broken", 1), default))!;

        Assert.Equal("MLmodel cannot be read from line 2 on; log the model again, or write the file as MLflow does.", version.Imported!.Refused!.In("en"));
    }
}
