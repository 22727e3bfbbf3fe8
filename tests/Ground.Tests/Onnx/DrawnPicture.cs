using System.Buffers.Binary;
using System.IO.Compression;

namespace Kumiki.Ground.Tests.Onnx;

/// <summary>PNG files drawn by hand (w3.org/TR/png): any depth and colour type, and ones that lie.</summary>
static class DrawnPicture
{
    /// <param name="colour">0 grey, 2 red green blue, 4 grey and alpha, 6 all four.</param>
    /// <param name="value">By x, y and channel, of <paramref name="depth"/> bits.</param>
    public static byte[] Png(int width, int height, int colour, int depth, Func<int, int, int, int> value)
    {
        var channels = colour switch { 0 => 1, 2 => 3, 4 => 2, _ => 4 };
        var rows = new byte[height * (1 + (width * channels * depth / 8))];
        var at = 0;
        for (var y = 0; y < height; y++)
        {
            rows[at++] = 0;
            for (var x = 0; x < width; x++)
                for (var c = 0; c < channels; c++)
                {
                    var v = value(x, y, c);
                    if (depth == 16) rows[at++] = (byte)(v >> 8);
                    rows[at++] = (byte)v;
                }
        }
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(rows);
        return [.. Head(width, height, colour, depth), .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", [])];
    }

    /// <summary>A picture that says it has many pixels, and has none.</summary>
    public static byte[] Bomb(int width, int height) => [.. Head(width, height, 2, 8), .. Chunk("IDAT", [0x78, 0x9C, 3, 0, 0, 0, 0, 1]), .. Chunk("IEND", [])];

    static byte[] Head(int width, int height, int colour, int depth)
    {
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = ((byte)depth, (byte)colour);
        return [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", head)];
    }

    static byte[] Chunk(string name, byte[] data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        System.Text.Encoding.ASCII.GetBytes(name, chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }

    /// <summary>A JPEG with EXIF that says how it is to be turned.</summary>
    public static byte[] Turned(byte[] jpeg, byte orientation)
    {
        byte[] exif =
        [
            .. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0,
        ];
        return [0xFF, 0xD8, 0xFF, 0xE1, (byte)((exif.Length + 2) >> 8), (byte)(exif.Length + 2), .. exif, .. jpeg.AsSpan(2)];
    }
}
