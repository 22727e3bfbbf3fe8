using Kumiki.Native.OnnxRuntime;
using Kumiki.Native.Vips;

namespace Kumiki.Onnx;

/// <summary>How large a picture may be.</summary>
public sealed record PictureLimits
{
    /// <summary>Bytes of one encoded picture.</summary>
    /// <value>20 MiB.</value>
    public int MostBytes { get; init; } = 20 << 20;

    /// <summary>Pixels of one picture, as its header says; held against it before any is decoded.</summary>
    /// <value>32 million: photos of most cameras, and some 100 MB while one is decoded.</value>
    public long MostPixels { get; init; } = 32_000_000;

    /// <summary>Bytes of the tensor that the pictures of one request become.</summary>
    /// <value>64 MiB: 341 pictures of 256 pixels a side.</value>
    public int MostTensorBytes { get; init; } = 64 << 20;
}

/// <summary>
/// An input of a model that takes pictures: uint8 [N, side, side, 3], red, green and blue. The one way from an encoded picture to it, wherever it is asked:
/// <code>
/// JPEG, PNG, WebP → limits → pixels, on white where see-through → centre square → scaled to side × side → upright
/// </code>
/// A model records the adapter's name and what it makes of known pictures, and is opened only where both still hold.
/// </summary>
/// <param name="Tensor">The model's input.</param>
/// <param name="Side">Pixels of a side, 1 to 4,096.</param>
public sealed partial record PictureInput(string Tensor, int Side)
{
    /// <summary>Name and version; the number is raised when any picture becomes other pixels than before.</summary>
    public const string Adapter = "picture/1";

    const int MostSide = 4096;

    /// <summary>Bytes of one picture in the tensor.</summary>
    public int Bytes => Side * Side * 3;

    /// <summary>Holds an encoded picture against the limits by its header; no pixel is decoded.</summary>
    /// <param name="row">Where it stands in the request, from 1, for the sentence.</param>
    /// <exception cref="KumikiException">It is no picture, or too large; the sentence names input and row.</exception>
    public void Hold(ReadOnlySpan<byte> encoded, int row, PictureLimits limits)
    {
        if (encoded.Length > limits.MostBytes)
            throw new KumikiException(Message.Of("images.too-long", ("input", Tensor), ("row", row), ("bytes", encoded.Length), ("most", limits.MostBytes)));
        if (EncodedPicture.Look(encoded) is not { } header)
            throw new KumikiException(Message.Of("images.not-a-picture", ("input", Tensor), ("row", row), ("bytes", encoded.Length)));
        if ((long)header.Width * header.Height > limits.MostPixels)
            throw new KumikiException(Message.Of("images.too-large",
                ("input", Tensor), ("row", row), ("width", header.Width), ("height", header.Height), ("most", limits.MostPixels)));
    }

    /// <summary>Makes an encoded picture into the bytes of its row. What it makes is the same on every machine.</summary>
    /// <param name="encoded">Within the limits, see <see cref="Hold"/>.</param>
    /// <param name="into">[<see cref="Bytes"/>]</param>
    /// <exception cref="KumikiException">It is damaged; the sentence names input and row.</exception>
    public void Write(ReadOnlySpan<byte> encoded, int row, Span<byte> into)
    {
        using var pixels = EncodedPicture.Decode(encoded, Side) ?? throw new KumikiException(Message.Of("images.damaged", ("input", Tensor), ("row", row)));
        PictureScaling.Square(pixels.Values, pixels.Width, pixels.Height, pixels.Orientation, Side, into);
    }

    /// <summary>The inputs of an opened model that take pictures; none where it says of none.</summary>
    /// <exception cref="KumikiException">It was made for another adapter, this one makes other pixels than it did then, or the graph has no such
    /// input.</exception>
    public static IReadOnlyList<PictureInput> Of(OnnxSession session)
    {
        if (session.Metadata(MetadataKey) is not { } json) return [];
        var inputs = Read(json);
        foreach (var input in inputs)
        {
            var tensor = session.Inputs.FirstOrDefault(i => i.Name == input.Tensor);
            if (input.Side is < 1 or > MostSide || tensor is not { Type: TensorType.UInt8, Shape: [< 0, var height, var width, 3] }
                || height != input.Side || width != input.Side)
                throw new KumikiException(Message.Of("images.adapter-wrong", ("input", input.Tensor), ("side", input.Side)));
        }
        return inputs;
    }
}
