using System.Globalization;
using System.Runtime.InteropServices;

namespace Kumiki.Native.Vips;

/// <summary>How a picture is encoded.</summary>
public enum PictureFormat { Jpeg, Png, WebP }

/// <summary>What a picture's header says.</summary>
/// <param name="Width">Pixels, as they are stored.</param>
/// <param name="Orientation">How it is to be turned to stand upright: EXIF's 1 to 8.</param>
public readonly record struct PictureHeader(PictureFormat Format, int Width, int Height, int Orientation);

/// <summary>Encoded pictures: what they are, and their pixels.</summary>
/// <remarks>May be used from many threads at once; each call runs on its own.</remarks>
public static unsafe class EncodedPicture
{
    const int OneByte = 0, Srgb = 22;

    /// <summary>The version of the library, such as 8.18.7.</summary>
    public static string LibraryVersion
    {
        get
        {
            VipsProcess.Start();
            return Marshal.PtrToStringUTF8((nint)VipsApi.vips_version_string())!.Split('-')[0];
        }
    }

    /// <summary>Reads a header; no pixel is decoded, however many the picture says it has.</summary>
    /// <returns>Null where the bytes are no JPEG, PNG or WebP.</returns>
    public static PictureHeader? Look(ReadOnlySpan<byte> encoded)
    {
        if (FormatOf(encoded) is not { } format) return null;
        VipsProcess.Start();
        fixed (byte* data = encoded)
        {
            using var image = Load(format, data, encoded.Length, shrink: 1);
            return image is null || image.Width < 1 || image.Height < 1 ? null : new(format, image.Width, image.Height, image.Orientation);
        }
    }

    /// <summary>Decodes a picture to red, green and blue, one byte each, on white where it is see-through; colour profiles are not applied.</summary>
    /// <param name="leastSide">A JPEG is decoded at the smallest of 1/8, 1/4, 1/2 and 1 of its size at which its shorter side is not below this.</param>
    /// <returns>Null where the picture is damaged or breaks off.</returns>
    public static PicturePixels? Decode(ReadOnlySpan<byte> encoded, int leastSide)
    {
        if (Look(encoded) is not { } header) return null;
        var shrink = 1;
        if (header.Format == PictureFormat.Jpeg)
            while (shrink < 8 && Math.Min(header.Width, header.Height) / (shrink * 2) >= leastSide) shrink *= 2;
        fixed (byte* data = encoded)
        {
            var image = Load(header.Format, data, encoded.Length, shrink);
            try
            {
                if (image is { Bands: 3, Format: OneByte, Interpretation: Srgb }) return Pixels(image, header);
                image = Next(image, image?.Through("colourspace\0"u8, ("space", "srgb")));
                if (image is { HasAlpha: true }) image = Next(image, image.Through("flatten\0"u8, ("background", "255 255 255")));
                if (image is { Format: not OneByte }) image = Next(image, image.Through("cast\0"u8, ("format", "uchar")));
                return image is { Bands: 3 } ? Pixels(image, header) : null;
            }
            finally
            {
                image?.Dispose();
            }
        }
    }

    static VipsImage? Next(VipsImage? before, VipsImage? after)
    {
        before?.Dispose();
        return after;
    }

    static PicturePixels? Pixels(VipsImage image, PictureHeader header) =>
        image.ToMemory() is { } memory ? new PicturePixels(memory, image.Width, image.Height, header.Orientation) : null;

    static VipsImage? Load(PictureFormat format, byte* data, int length, int shrink) => format switch
    {
        // A picture that breaks off is refused, not shown grey from there on.
        PictureFormat.Jpeg => VipsImage.Load("jpegload_buffer\0"u8, data, length,
            ("fail-on", "truncated"), ("access", "sequential"), ("shrink", shrink.ToString(CultureInfo.InvariantCulture))),
        PictureFormat.Png => VipsImage.Load("pngload_buffer\0"u8, data, length, ("fail-on", "truncated"), ("access", "sequential")),
        _ => VipsImage.Load("webpload_buffer\0"u8, data, length, ("fail-on", "truncated"), ("access", "sequential")),
    };

    /// <summary>By their first bytes, so that no other decoder of the library is ever reached.</summary>
    static PictureFormat? FormatOf(ReadOnlySpan<byte> encoded) =>
        encoded.StartsWith<byte>([0xFF, 0xD8, 0xFF]) ? PictureFormat.Jpeg
        : encoded.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]) ? PictureFormat.Png
        : encoded.Length > 12 && encoded.StartsWith("RIFF"u8) && encoded[8..].StartsWith("WEBP"u8) ? PictureFormat.WebP : null;
}

/// <summary>A decoded picture: uint8 [Height, Width, 3], as it is stored; dispose it to free them.</summary>
public sealed class PicturePixels : IDisposable
{
    readonly PixelMemory memory;

    internal PicturePixels(PixelMemory memory, int width, int height, int orientation) =>
        (this.memory, Width, Height, Orientation) = (memory, width, height, orientation is >= 1 and <= 8 ? orientation : 1);

    public int Width { get; }
    public int Height { get; }

    /// <summary>How it is to be turned to stand upright: EXIF's 1 to 8.</summary>
    public int Orientation { get; }

    /// <summary>Red, green, blue of each pixel, row by row.</summary>
    public ReadOnlySpan<byte> Values => memory.Span;

    public void Dispose() => memory.Dispose();
}
