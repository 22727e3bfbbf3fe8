using System.Buffers;
using System.Text;
using Kumiki.Hosting;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Serving;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

/// <summary>Requests that were cut, stretched and overwritten at random are refused with a sentence, and nothing else happens. The seeds are fixed.</summary>
public sealed class FuzzTests
{
    const int Rounds = 40_000;

    static readonly ModelSignature Signature = new(
        [new("a", TensorType.Float, [-1, 2]), new("b", TensorType.Text, [-1, 1]), new("c", TensorType.UInt16, [-1])], [new("sum", TensorType.Float, [-1, 2])],
            null, Kumiki.Onnx.ModelOutputs.Single, []);

    static readonly ModelSignature Pictures = new([new("image", TensorType.UInt8, [-1, 4, 4, 3])], [new("sum", TensorType.Float, [-1, 2])],
        null, Kumiki.Onnx.ModelOutputs.Single, [new("image", 4)]);

    static readonly string[] Pieces =
        ["{", "}", "[", "]", ",", ":", "\"", "\\", "NaN", "-Infinity", "null", "true", "1e999", "-1", "99999999999999999999", "\"data\"", "\"shape\"",
            "\"inputs\"", "{\"name\":\"a\"", "\\ud800", "\u0000"];

    [Fact]
    public void Json_and_the_bytes_behind_it()
    {
        var json = """{"id":"x","parameters":{"timeout":5,"binary_data_output":true},"inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,NaN],[3,4]]},{"name":"b","shape":[2,1],"datatype":"BYTES","data":["x","\u7d44"]},{"name":"c","shape":[2],"datatype":"UINT16","parameters":{"binary_data_size":4}}],"outputs":[{"name":"sum","parameters":{"binary_data":false}}]}""";
        byte[] whole = [.. Encoding.UTF8.GetBytes(json), 1, 0, 2, 0];
        Assert.Equal("", Outcome(whole, (body, request) => InferenceJson.Read(body, body.Length - 4, request)));

        Run(whole, seed: 1, (body, request, random) =>
            InferenceJson.Read(body, random.Next(4) == 0 ? random.Next(body.Length + 1) : Math.Max(0, body.Length - 4), request));
    }

    [Fact]
    public void Raw_bodies() => Run(new byte[64], seed: 2, (body, request, _) => InferenceJson.ReadRaw(body, request, picture: false));

    [Fact]
    public void Encoded_pictures_in_JSON_and_behind_it()
    {
        var png = Kumiki.Ground.Tests.Onnx.DrawnPicture.Png(6, 5, 2, 8, (x, y, c) => (x * y) + c);
        var json = $$"""{"inputs":[{"name":"image","shape":[1,1],"datatype":"BYTES","data":["{{Convert.ToBase64String(png)}}"]}]}""";
        var whole = Encoding.UTF8.GetBytes(json);
        Assert.Equal("", Outcome(whole, (body, request) => InferenceJson.Read(body, -1, request), Pictures));

        Run(whole, seed: 4, (body, request, _) => InferenceJson.Read(body, -1, request), Pictures);
        Run(png, seed: 5, (body, request, _) => InferenceJson.ReadRaw(body, request, picture: true), Pictures, least: 1000);
    }

    [Fact]
    public void Protobuf()
    {
        static byte[] Field(int field, params byte[] bytes) => [(byte)((field << 3) | 2), (byte)bytes.Length, .. bytes];
        byte[] a = [.. Field(1, "a"u8.ToArray()), .. Field(2, "FP32"u8.ToArray()), .. Field(3, 1, 2), .. Field(5, Field(6, 0, 0, 0, 0, 0, 0, 128, 63))];
        byte[] b = [.. Field(1, "b"u8.ToArray()), .. Field(2, "BYTES"u8.ToArray()), .. Field(3, 1, 1), .. Field(5, Field(8, 65))];
        byte[] c = [.. Field(1, "c"u8.ToArray()), .. Field(2, "UINT16"u8.ToArray()), .. Field(3, 1), .. Field(5, Field(4, 0x90, 1))];
        byte[] whole = [.. Field(1, "m"u8.ToArray()), .. Field(4, [.. Field(1, "priority"u8.ToArray()), .. Field(2, 0x10, 1)]), .. Field(5, a), .. Field(5, b),
            .. Field(5, c), .. Field(6, Field(1, "sum"u8.ToArray()))];
        Assert.Equal("", Outcome(whole, InferenceProto.Read));

        Run(whole, seed: 3, (body, request, _) =>
        {
            InferenceProto.NamesOf(body);
            InferenceProto.Read(body, request);
        });
    }

    static void Run(byte[] whole, int seed, Action<RequestBody, InferenceRequest, Random> read, ModelSignature? signature = null, int least = Rounds / 4)
    {
        var random = new Random(seed);
        var refused = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Changed(whole, random);
            if (Outcome(bytes, (body, request) => read(body, request, random), signature).Length > 0) refused++;
        }
        Assert.InRange(refused, least, Rounds);
    }

    /// <returns>The sentence; empty where the request was taken.</returns>
    static string Outcome(byte[] bytes, Action<RequestBody, InferenceRequest> read, ModelSignature? signature = null)
    {
        var pooled = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(pooled, 0);
        using var body = RequestBody.Over(pooled, bytes.Length);
        using var request = new InferenceRequest(signature ?? Signature);
        try
        {
            read(body, request);
            request.Complete();
            return "";
        }
        catch (InferenceException e)
        {
            Assert.Equal(InferenceFault.BadRequest, e.Fault);
            return e.Says.In("en");
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.GetType().Name} on {Convert.ToHexString(bytes)}", e);
        }
    }

    static string Outcome(byte[] bytes, Func<RequestBody, InferenceRequest, AskedOutputs> read, ModelSignature? signature = null) =>
        Outcome(bytes, (RequestBody body, InferenceRequest request) => { read(body, request); }, signature);

    static byte[] Changed(byte[] whole, Random random)
    {
        var bytes = whole.ToList();
        for (var changes = 1 + random.Next(4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                case 1 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)])); break;
                case 3: bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(12))); break;
                default: if (bytes.Count > 1) bytes.RemoveRange(at, bytes.Count - at); break;
            }
            if (bytes.Count == 0) bytes.Add(0);
        }
        return [.. bytes];
    }
}
