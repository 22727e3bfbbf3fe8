using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;

namespace Kumiki.Ground.Tests.Onnx;

/// <summary>The package that ships the image backbone's weights, got by npm once for a checkout: the two files that are made of it lie under artifacts.</summary>
static class BackbonePackage
{
    static readonly Lazy<string> Got = new(Get);
    static readonly Lazy<byte[]> Converted = new(() =>
        ImageBackbone.CenterNet.Convert(File.ReadAllBytes(Path.Combine(Folder, ImageBackbone.CenterNet.Topology)),
            File.ReadAllBytes(Path.Combine(Folder, ImageBackbone.CenterNet.Weights))));

    /// <summary>As the package has it: with <c>models/</c> in it.</summary>
    public static string Folder => Got.Value;

    /// <summary>The converted model's file.</summary>
    public static byte[] Onnx => Converted.Value;

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

    static string Get()
    {
        var backbone = ImageBackbone.CenterNet;
        var up = new DirectoryInfo(AppContext.BaseDirectory);
        while (up is not null && !File.Exists(Path.Combine(up.FullName, "Kumiki.slnx"))) up = up.Parent;
        var packages = Directory.CreateDirectory(Path.Combine(up!.FullName, "artifacts", "packages")).FullName;
        var folder = Path.Combine(packages, $"human-models-{backbone.PackageVersion}");
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
                string[] wanted = [backbone.Topology, backbone.Weights];
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
