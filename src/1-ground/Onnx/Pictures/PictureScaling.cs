using System.Buffers;

namespace Kumiki.Onnx;

/// <summary>Scales a picture's centre square with a triangle filter as wide as what one pixel of the result covers, in whole numbers only: every machine makes
/// the same bytes.</summary>
/// <remarks>Each pixel of the result is the weighted mean of those below it, first along the rows, then along the columns, rounded to a byte each time; weights
/// are 14-bit fractions that add up to one. What Pillow calls BILINEAR is the same filter.</remarks>
static class PictureScaling
{
    const int One = 1 << 14, Half = One / 2;

    /// <summary>What one pixel of the result is made of, along one axis.</summary>
    /// <param name="First">The first pixel.</param>
    /// <param name="At">Where its weights begin in the list of all.</param>
    readonly record struct Reach(int First, int Count, int At);

    /// <param name="pixels">[height, width, 3]</param>
    /// <param name="orientation">EXIF's 1 to 8.</param>
    /// <param name="into">[side, side, 3], upright.</param>
    public static void Square(ReadOnlySpan<byte> pixels, int width, int height, int orientation, int side, Span<byte> into)
    {
        var square = Math.Min(width, height);
        var (across, acrossWeights) = Reaches(width, (width - square) / 2.0, square, side);
        var (down, downWeights) = Reaches(height, (height - square) / 2.0, square, side);
        var (top, bottom) = (down[0].First, down[^1].First + down[^1].Count);

        // Only the rows that something is made of.
        var rented = ArrayPool<byte>.Shared.Rent((bottom - top) * side * 3);
        var sums = ArrayPool<int>.Shared.Rent(side * 3);
        try
        {
            var rows = rented.AsSpan(0, (bottom - top) * side * 3);
            for (var y = top; y < bottom; y++)
            {
                var from = pixels.Slice(y * width * 3, width * 3);
                var to = rows.Slice((y - top) * side * 3, side * 3);
                for (var x = 0; x < side; x++)
                {
                    var reach = across[x];
                    var weights = acrossWeights.AsSpan(reach.At, reach.Count);
                    var (red, green, blue, at) = (Half, Half, Half, reach.First * 3);
                    foreach (var weight in weights)
                    {
                        red += from[at] * weight;
                        green += from[at + 1] * weight;
                        blue += from[at + 2] * weight;
                        at += 3;
                    }
                    (to[x * 3], to[(x * 3) + 1], to[(x * 3) + 2]) = ((byte)(red / One), (byte)(green / One), (byte)(blue / One));
                }
            }
            var sum = sums.AsSpan(0, side * 3);
            for (var y = 0; y < side; y++)
            {
                sum.Fill(Half);
                var reach = down[y];
                for (var k = 0; k < reach.Count; k++)
                {
                    var weight = downWeights[reach.At + k];
                    var from = rows.Slice((reach.First + k - top) * side * 3, side * 3);
                    for (var x = 0; x < from.Length; x++) sum[x] += from[x] * weight;
                }
                for (var x = 0; x < side; x++)
                {
                    var to = Upright(orientation, x, y, side) * 3;
                    (into[to], into[to + 1], into[to + 2]) = ((byte)(sum[x * 3] / One), (byte)(sum[(x * 3) + 1] / One), (byte)(sum[(x * 3) + 2] / One));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
            ArrayPool<int>.Shared.Return(sums);
        }
    }

    /// <summary>Where a stored pixel goes when the picture is turned upright.</summary>
    static int Upright(int orientation, int x, int y, int side)
    {
        var last = side - 1;
        var (right, below) = orientation switch
        {
            2 => (last - x, y),
            3 => (last - x, last - y),
            4 => (x, last - y),
            5 => (y, x),
            6 => (last - y, x),
            7 => (last - y, last - x),
            8 => (y, last - x),
            _ => (x, y),
        };
        return (below * side) + right;
    }

    /// <param name="size">Pixels along the axis.</param>
    /// <param name="from">Where the part begins that is scaled.</param>
    /// <param name="length">Its pixels.</param>
    static (Reach[] Reaches, int[] Weights) Reaches(int size, double from, int length, int side)
    {
        var step = (double)length / side;
        var radius = Math.Max(1, step);
        var reaches = new Reach[side];
        var weights = new List<int>();
        Span<double> exact = new double[(int)Math.Ceiling(radius) * 2 + 2];
        for (var i = 0; i < side; i++)
        {
            var centre = from + ((i + 0.5) * step);
            var first = Math.Max(0, (int)Math.Floor(centre - radius + 0.5));
            var end = Math.Min(size, (int)Math.Floor(centre + radius + 0.5));
            var (sum, at) = (0.0, weights.Count);
            for (var k = first; k < end; k++) sum += exact[k - first] = Math.Max(0, 1 - (Math.Abs(k + 0.5 - centre) / radius));
            var (left, largest) = (One, at);
            for (var k = 0; k < end - first; k++)
            {
                var weight = (int)Math.Round(exact[k] / sum * One, MidpointRounding.AwayFromZero);
                weights.Add(weight);
                left -= weight;
                if (weight > weights[largest]) largest = at + k;
            }
            weights[largest] += left;       // what rounding left over, so that white stays white
            reaches[i] = new(first, end - first, at);
        }
        return (reaches, [.. weights]);
    }
}
