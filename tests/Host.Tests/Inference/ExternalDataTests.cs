using Kumiki.Host.Tests.Serve;
using Kumiki.Host.Tests.Tracking;
using Kumiki.Importing;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

/// <summary>Models that were made elsewhere, whose weights lie in a file beside them.</summary>
public sealed class ExternalDataTests
{
    const string Ask = """{"inputs":[{"name":"x","datatype":"FP32","shape":[2,3],"data":[1,2,3,0.5,-1,4]}]}""";

    static async Task BringAsync(InferenceWorld world, string folder, string name, string file)
    {
        var imports = new ImportedModels(world.World.Metadata, world.World.Artifacts, world.World.Tracking, new ModelCheck(TrackingWorld.Program, world.World.Artifacts),
            new("", "", 0, 0, "", new Dictionary<string, string>(), new Dictionary<string, string>()), (_, _) => Task.FromResult(false), TimeProvider.System);
        foreach (var one in (string[])[file, "weights.bin"]) await File.WriteAllBytesAsync(Path.Combine(folder, one), TrackingWorld.Model(one));
        await imports.BringAsync(name, Path.Combine(folder, file), null, default);
    }

    [Fact]
    public async Task They_are_served_from_the_file_beside_them_and_leave_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        await using var world = await InferenceWorld.StartAsync();
        await BringAsync(world, folder.Path, "beside", "external.onnx");
        await BringAsync(world, folder.Path, "within", "linear.onnx");

        var answer = InferenceWorld.Data(await world.InferAsync("beside", Ask));

        Assert.Equal([14f, 10.5f], answer);     // the weights are 1, 2, 3
        var within = InferenceWorld.Data(await world.InferAsync("within", Ask));
        Assert.Equal([-1.25f, 4.75f], within);
        using var scratch = world.World.Artifacts.NewScratch();
        var above = Path.GetDirectoryName(scratch.File("x"))!;
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(above)!, "weights.bin", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_they_take_of_the_memory_is_that_of_all_their_files()
    {
        using var folder = new TemporaryFolder();
        await using var world = await InferenceWorld.StartAsync();
        await BringAsync(world, folder.Path, "beside", "external.onnx");
        await world.InferAsync("beside", Ask);

        var wanted = LoadedModel.Estimate(new[] { "external.onnx", "weights.bin" }.Sum(f => TrackingWorld.Model(f).Length));
        Assert.Contains($"kumiki_models_memory_bytes {wanted}\n", await world.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }
}
