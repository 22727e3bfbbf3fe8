using Kumiki.Host.Tests.Inference;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Serving;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Lifecycle.Tests.Serving;

public sealed class ModelShelfTests : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-shelf-").FullName;
    DataFolder data = null!;

    public Task InitializeAsync()
    {
        data = DataFolder.Open(folder, TimeProvider.System);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    async Task<VersionRecord> AddAsync(string name, byte[] model)
    {
        var blob = await data.Artifacts.PutAsync(new MemoryStream(model), default);
        var content = Digest.OfParts([name, blob.Content.Hex, Guid.NewGuid().ToString("n")]);
        var plan = new RunPlan
        {
            Parameters = new Dictionary<string, string>(),
            Seed = 0,
            RecipeKey = content,
            MakingKey = content,
            Recipe = new Dictionary<string, string>(),
            Inputs = [],
            Code = new(content, content, "tests", null, false),
            Environment = new("", "", 1, 0, "", new Dictionary<string, string>(), new Dictionary<string, string>()),
        };
        var run = Assert.IsType<RunBegun.Started>(await data.Metadata.BeginRunAsync(name, plan, LivingProcess.Current, default)).Run;
        var record = new VersionRecord
        {
            Name = new(name, 1),
            Kind = AssetKind.Model,
            Content = content,
            Files = [new("model.onnx", blob.Content, blob.Bytes)],
            Parts = new Dictionary<string, Digest> { [""] = content },
            RecipeKey = content,
            MadeBy = run,
            MadeAt = DateTimeOffset.UnixEpoch,
        };
        var end = await data.Metadata.CommitAsync(run, 1, new(record), new(TimeSpan.Zero, TimeSpan.Zero, 0, new Dictionary<string, TimeSpan>()),
            (await data.Metadata.CollectionAsync(default)).Generation, default);
        return Assert.IsType<CommitEnd.Made>(end).Version;
    }

    ModelShelf Shelf(long memory = 1 << 30) => new(data.Metadata, data.Artifacts, data.Tracking, new() { MemoryBytes = memory }, TimeProvider.System);

    static async Task<VersionName> UseAsync(ModelShelf shelf, string asset, string? version = null)
    {
        var model = await shelf.UseAsync(asset, version, default);
        model.Release();
        return model.Version;
    }

    static IEnumerable<string> Names(ModelShelf shelf) => shelf.Loaded.Select(m => m.Version.Asset).Order();

    [Fact]
    public async Task The_one_used_longest_ago_leaves_first_and_the_memory_is_never_above_its_limit()
    {
        var echo = Graphs.Echo(TensorType.Float);
        foreach (var name in (string[])["a", "b", "c", "d"]) await AddAsync(name, echo);
        var each = LoadedModel.Estimate(echo.Length);
        await using var shelf = Shelf(memory: (2 * each) + 100);

        await UseAsync(shelf, "a");
        await UseAsync(shelf, "b");
        await UseAsync(shelf, "a");
        await UseAsync(shelf, "c");

        Assert.Equal(["a", "c"], Names(shelf));
        Assert.Equal((2 * each, 1), (shelf.TakenBytes, shelf.Evicted));
        var held = await shelf.UseAsync("a", null, default);
        await UseAsync(shelf, "c");
        await UseAsync(shelf, "d");     // a was used before c, but is in use
        Assert.Equal(["a", "d"], Names(shelf));
        held.Release();
    }

    [Fact]
    public async Task Where_all_are_in_use_a_model_is_refused_without_a_loss_and_comes_as_soon_as_one_is_free()
    {
        var echo = Graphs.Echo(TensorType.Float);
        foreach (var name in (string[])["a", "b", "c"]) await AddAsync(name, echo);
        // The third is larger than the room that idle ones would leave.
        await AddAsync("large", Graphs.Slow(1));
        var (each, large) = (LoadedModel.Estimate(echo.Length), LoadedModel.Estimate(Graphs.Slow(1).Length));
        await using var shelf = Shelf(memory: large + each - 1);
        var held = await shelf.UseAsync("a", null, default);
        await UseAsync(shelf, "b");

        var refused = await Assert.ThrowsAsync<InferenceException>(() => shelf.UseAsync("large", null, default).AsTask());

        Assert.Equal((InferenceFault.Unavailable, "inference.memory-busy"), (refused.Fault, refused.Says.Id));
        Assert.Equal(["a", "b"], Names(shelf));
        Assert.Equal(0, shelf.Evicted);
        held.Release();
        Assert.Equal("large@1", $"{await UseAsync(shelf, "large")}");
        Assert.Equal(1, shelf.FiguresOf(new("large", 1)).LoadsFailed);
    }

    [Fact]
    public async Task A_version_is_resolved_by_number_and_what_is_not_there_is_counted()
    {
        await AddAsync("a", Graphs.Two(1));
        await AddAsync("a", Graphs.Two(2));
        await using var shelf = Shelf();

        Assert.Equal(["a@2", "a@1", "a@2"], new[] { await UseAsync(shelf, "a"), await UseAsync(shelf, "a", "1"), await UseAsync(shelf, "a", "") }.Select(v => $"{v}"));
        foreach (var (asset, version) in new[] { ("none", null), ("a", "3"), ("a", "staging"), ("a", "-1") })
        {
            var missing = await Assert.ThrowsAsync<InferenceException>(() => shelf.UseAsync(asset, version, default).AsTask());
            Assert.Equal(InferenceFault.NotFound, missing.Fault);
        }
        Assert.Equal((4, 0), (shelf.RefusedOf(InferenceFault.NotFound), shelf.RefusedOf(InferenceFault.Unavailable)));
    }

    [Fact]
    public async Task What_cannot_be_loaded_is_not_tried_again_at_once_and_is_said_to_be_unloadable()
    {
        await AddAsync("broken", "no model"u8.ToArray());
        await using var shelf = Shelf();

        for (var i = 0; i < 3; i++)
            Assert.Equal("inference.unloadable", (await Assert.ThrowsAsync<InferenceException>(() => shelf.UseAsync("broken", null, default).AsTask())).Says.Id);

        Assert.Equal(1, shelf.FiguresOf(new("broken", 1)).LoadsFailed);
        Assert.Equal(["broken@1"], shelf.Unloadable.Select(v => $"{v}"));
        Assert.Equal(0, shelf.TakenBytes);
    }

    [Fact]
    public async Task Many_that_ask_for_one_model_at_once_load_it_once()
    {
        await AddAsync("a", Graphs.Two(1));
        await using var shelf = Shelf();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => UseAsync(shelf, "a"))));

        Assert.Equal(1, shelf.FiguresOf(new("a", 1)).Loads);
    }

    [Fact]
    public async Task What_was_asked_ends_before_it_has_drained_and_what_comes_later_is_refused()
    {
        await AddAsync("a", Graphs.Two(1));
        await using var shelf = Shelf();
        await UseAsync(shelf, "a");
        var asking = shelf.Ask();

        var drained = shelf.DrainAsync(default);

        Assert.False(drained.IsCompleted);
        Assert.Throws<InferenceException>(() => shelf.Ask());
        Assert.Equal("inference.stopping", (await Assert.ThrowsAsync<InferenceException>(() => shelf.UseAsync("a", null, default).AsTask())).Says.Id);
        asking.Dispose();
        await drained;
        Assert.True(shelf.IsDraining);
    }
}
