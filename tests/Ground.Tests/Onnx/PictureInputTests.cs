using Kumiki.Native.OnnxRuntime;
using Kumiki.Native.Vips;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class PictureInputTests
{
    static readonly byte[] Jpeg = Convert.FromBase64String(PictureInput.Golden()[1].Picture);

    static byte[] Pixels(byte[] encoded, int side)
    {
        var input = new PictureInput("image", side);
        input.Hold(encoded, 1, new());
        var into = new byte[input.Bytes];
        input.Write(encoded, 1, into);
        return into;
    }

    [Fact]
    public void The_golden_pictures_of_picture_1_stay_what_they_are() => Assert.Equal(
        [
            "3c1991601991841991a819913c5092605090845092a850903c8c90608c92848c90a88c923cc39160c39184c391a8c391",
            "3c1a955f1a92821a91aa19923e4e97614e94844e92ab4f94398a915e8b8e818b8da78b8e3fbe9564c09387c092adc092",
        ],
        PictureInput.Golden().Select(g => g.Pixels));

    [Theory]
    [InlineData(40, 24, 8)]
    [InlineData(17, 31, 8)]
    [InlineData(5, 7, 12)]
    [InlineData(256, 300, 256)]
    [InlineData(1, 1, 4)]
    public void A_square_is_scaled_as_the_slow_twin_does(int width, int height, int side)
    {
        static int Value(int x, int y, int c) => ((x * 37) + (y * 91) + (c * 60) + (x * y)) & 255;

        var given = Pixels(DrawnPicture.Png(width, height, 2, 8, Value), side);

        // Of every pixel: the mean under a triangle as wide as it covers, in both directions at once, in doubles.
        var square = Math.Min(width, height);
        var (left, top, step) = ((width - square) / 2.0, (height - square) / 2.0, (double)square / side);
        var radius = Math.Max(1, step);
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++)
                for (var c = 0; c < 3; c++)
                {
                    var (sum, weights) = (0.0, 0.0);
                    var (cx, cy) = (left + ((x + 0.5) * step), top + ((y + 0.5) * step));
                    for (var sy = Math.Max(0, (int)(cy - radius - 1)); sy < Math.Min(height, cy + radius + 1); sy++)
                        for (var sx = Math.Max(0, (int)(cx - radius - 1)); sx < Math.Min(width, cx + radius + 1); sx++)
                        {
                            var weight = Math.Max(0, 1 - (Math.Abs(sx + 0.5 - cx) / radius)) * Math.Max(0, 1 - (Math.Abs(sy + 0.5 - cy) / radius));
                            (sum, weights) = (sum + (weight * Value(sx, sy, c)), weights + weight);
                        }
                    // Two roundings to a byte, and weights of 14 bits.
                    Assert.InRange(given[(((y * side) + x) * 3) + c], (sum / weights) - 1.1, (sum / weights) + 1.1);
                }
    }

    [Theory]
    [InlineData(0, 8, 200, 200, 200)]
    [InlineData(0, 16, 200 * 257, 200, 200)]
    [InlineData(2, 16, 200 * 257, 200, 200)]
    [InlineData(4, 8, 200, 227, 227)]
    [InlineData(6, 8, 200, 227, 227)]
    public void Grey_deep_and_see_through_pictures_become_red_green_and_blue(int colour, int depth, int value, int low, int high)
    {
        // An alpha of 128 leaves half of it, the rest is white.
        var pixels = Pixels(DrawnPicture.Png(9, 9, colour, depth, (_, _, c) => (colour == 4 && c == 1) || c == 3 ? 128 : value), 4);

        Assert.All(pixels, p => Assert.InRange(p, low, high));
    }

    [Fact]
    public void A_picture_is_turned_as_its_camera_says()
    {
        var stored = Pixels(Jpeg, 8);
        byte At(byte[] pixels, int x, int y) => pixels[((y * 8) + x) * 3];

        (int X, int Y) From(int orientation, int x, int y) => orientation switch
        {
            2 => (7 - x, y),
            3 => (7 - x, 7 - y),
            4 => (x, 7 - y),
            5 => (y, x),
            6 => (y, 7 - x),
            7 => (7 - y, 7 - x),
            8 => (7 - y, x),
            _ => (x, y),
        };
        for (byte orientation = 1; orientation <= 8; orientation++)
        {
            var turned = Pixels(DrawnPicture.Turned(Jpeg, orientation), 8);
            for (var y = 0; y < 8; y++)
                for (var x = 0; x < 8; x++)
                {
                    var (fromX, fromY) = From(orientation, x, y);
                    Assert.Equal(At(stored, fromX, fromY), At(turned, x, y));
                }
        }
    }

    [Fact]
    public void Photos_are_read_and_large_ones_are_decoded_small()
    {
        var photos = Directory.GetFiles(World.Above("shared/data/animal-posts/photos"), "*.jpg").Order(StringComparer.Ordinal).Take(20).ToList();
        foreach (var photo in photos)
        {
            var encoded = File.ReadAllBytes(photo);
            var header = EncodedPicture.Look(encoded)!.Value;
            using var small = EncodedPicture.Decode(encoded, 16)!;
            Assert.InRange(Math.Min(small.Width, small.Height), 16, Math.Max(16, Math.Min(header.Width, header.Height) / 4));
            Assert.Equal(256 * 256 * 3, Pixels(encoded, 256).Length);
        }
    }

    [Fact]
    public void What_is_no_picture_is_damaged_or_too_large_is_refused_with_input_and_row()
    {
        var input = new PictureInput("image", 8);
        Refused("Input 'image', row 3: these 0 bytes are no JPEG", () => input.Hold([], 3, new()));
        Refused("these 5 bytes are no JPEG", () => input.Hold("hello"u8, 3, new()));
        Refused("are no JPEG", () => input.Hold("<svg xmlns='http://www.w3.org/2000/svg'/>"u8, 3, new()));
        Refused("are no JPEG", () => input.Hold("GIF89a\x1\0\x1\0"u8, 3, new()));
        Refused("are no JPEG", () => input.Hold(Jpeg.AsSpan(0, 40), 3, new()));
        Refused("has 3 bytes, but at most 2", () => input.Hold([1, 2, 3], 3, new() { MostBytes = 2 }));
        Refused("has 40000 × 40000 pixels, but at most 32000000", () => input.Hold(DrawnPicture.Bomb(40_000, 40_000), 3, new()));
        Refused("row 3: the picture is damaged", () => input.Write(Jpeg.AsSpan(0, Jpeg.Length - 40), 3, new byte[input.Bytes]));
        var png = DrawnPicture.Png(64, 64, 2, 8, (x, y, c) => x ^ y);
        Refused("row 3: the picture is damaged", () => input.Write(png.AsSpan(0, png.Length / 2), 3, new byte[input.Bytes]));
        Refused("row 3: the picture is damaged", () => input.Write(DrawnPicture.Bomb(100, 100), 3, new byte[input.Bytes]));

        static void Refused(string says, Action act) => Assert.Contains(says, Assert.Throws<KumikiException>(act).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_damage_never_does_more_than_be_refused()
    {
        var photo = File.ReadAllBytes(Directory.GetFiles(World.Above("shared/data/animal-posts/photos"), "*.jpg").Order(StringComparer.Ordinal).First());
        var png = DrawnPicture.Png(64, 48, 6, 8, (x, y, c) => (x * y) + c);
        var input = new PictureInput("image", 32);
        var random = new Random(11);
        var (read, refused) = (0, 0);
        for (var turn = 0; turn < 300; turn++)
        {
            var bytes = (turn % 2 == 0 ? photo : png).ToArray();
            for (var hit = random.Next(1, 20); hit > 0; hit--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var length = random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length;
            try
            {
                input.Hold(bytes.AsSpan(0, length), 1, new());
                input.Write(bytes.AsSpan(0, length), 1, new byte[input.Bytes]);
                read++;
            }
            catch (KumikiException)
            {
                refused++;
            }
        }
        Assert.Equal(300, read + refused);
        Assert.True(refused > 50, $"{refused} refused");
    }

    [Fact]
    public void A_model_says_which_inputs_take_pictures_and_is_not_opened_where_they_would_become_others()
    {
        using (var session = OnnxSession.Open(BackbonePackage.Onnx)) Assert.Equal([new PictureInput("image", 256)], PictureInput.Of(session));
        var model = OnnxModel.Read(BackbonePackage.Onnx).UpTo("scores");
        var facts = model.Metadata[PictureInput.MetadataKey];
        Refused("adapter 'picture/9', but this program has 'picture/1'", facts.Replace("picture/1", "picture/9", StringComparison.Ordinal));
        var golden = PictureInput.Golden()[1].Pixels;
        Refused("other pixels of the picture number 2", facts.Replace(golden, "00" + golden[2..], StringComparison.Ordinal));
        Refused("pictures of 257 pixels a side, but the graph has no such input", facts.Replace(":256}", ":257}", StringComparison.Ordinal));
        Refused("cannot be read", "{");
        Refused("cannot be read", "{}");
        using (var none = OnnxSession.Open(World.Model.ToBytes())) Assert.Empty(PictureInput.Of(none));

        void Refused(string says, string metadata)
        {
            Assert.NotEqual(facts, metadata);
            using var session = OnnxSession.Open(model.WithMetadata(PictureInput.MetadataKey, metadata).ToBytes());
            Assert.Contains(says, Assert.Throws<KumikiException>(() => PictureInput.Of(session)).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>The whole way, from photo to score: what the highest score of COCO's ten animals tells without any training.</summary>
    [Fact]
    public void Cats_and_dogs_are_told_from_things_on_photos_that_the_network_never_saw()
    {
        const int Each = 40, FirstAnimal = 14, Animals = 10, Classes = 80;
        var things = File.ReadLines(Path.Combine(World.Above("shared/data/images-imagenet400"), "labels.csv")).Skip(1).Select(l => l.Split(','))
            .Where(l => l[1] == "0").Take(Each).Select(l => Path.Combine(World.Above("shared/data/images-imagenet400"), "img", l[0]));
        var pets = Directory.GetFiles(World.Above("shared/data/animal-posts/photos"), "*.jpg").Order(StringComparer.Ordinal).Take(Each);
        using var session = OnnxSession.Open(BackbonePackage.Onnx);
        var input = PictureInput.Of(session).Single();
        using var picture = OnnxTensor.Of(TensorType.UInt8, 1, input.Side, input.Side, 3);

        float[] Scores(IEnumerable<string> photos) => [.. photos.Select(photo =>
        {
            input.Write(File.ReadAllBytes(photo), 1, picture.Bytes);
            var outputs = session.Run([picture]);
            Assert.Equal(Classes, outputs[0].Count);
            var most = outputs[0].Values<float>().Slice(FirstAnimal, Animals).ToArray().Max();
            foreach (var output in outputs) output.Dispose();
            return most;
        })];
        var (with, without) = (Scores(pets), Scores(things));

        Assert.Equal((Each, Each), (with.Length, without.Length));
        var auc = with.Sum(w => without.Sum(o => w > o ? 1.0 : w == o ? 0.5 : 0)) / (Each * Each);
        Assert.True(auc >= 0.95, $"AUC {auc:0.000}");
    }
}
