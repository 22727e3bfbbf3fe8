using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Kumiki.Onnx;

/// <summary>A network as TensorFlow.js keeps it, a <c>graph-model</c>: operations by name, and the numbers of its weights.</summary>
/// <remarks>Read whole, and nothing of it is run. <see cref="ToOnnx"/> makes the part that is wanted into a model.</remarks>
public sealed partial class TensorFlowJsModel
{
    readonly Dictionary<string, Operation> operations;
    readonly Dictionary<string, Weight> weights;

    TensorFlowJsModel(Dictionary<string, Operation> operations, Dictionary<string, Weight> weights) => (this.operations, this.weights) = (operations, weights);

    /// <summary>An operation.</summary>
    /// <param name="Inputs">Names of operations; control inputs are left out.</param>
    sealed record Operation(string Name, string Kind, IReadOnlyList<string> Inputs, JsonElement Attributes);

    /// <summary>A constant.</summary>
    /// <param name="Floats">Its numbers in row-major order, where it is of real numbers; whole ones are in <paramref name="Ints"/>.</param>
    sealed record Weight(IReadOnlyList<int> Shape, float[]? Floats, int[]? Ints);

    /// <summary>Reads a <c>graph-model</c>.</summary>
    /// <param name="json">The topology and the list of weights: <c>model.json</c>.</param>
    /// <param name="binary">The bytes of the weights, all files of the list one after another.</param>
    /// <exception cref="KumikiException">It is none, or breaks off.</exception>
    public static TensorFlowJsModel Read(ReadOnlyMemory<byte> json, ReadOnlySpan<byte> binary)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(json);
            root = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw NotOne(e.Message, e);
        }
        try
        {
            if (root.GetProperty("format").GetString() is not "graph-model" and var other) throw NotOne($"format {other}", null);
            return new(Topology(root.GetProperty("modelTopology").GetProperty("node")), Weights(root.GetProperty("weightsManifest"), binary));
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw NotOne(e.Message, e);
        }
    }

    static KumikiException NotOne(string reason, Exception? inner) => new(Message.Of("images.not-tfjs", ("reason", reason)), inner);

    static Dictionary<string, Operation> Topology(JsonElement nodes)
    {
        var all = new Dictionary<string, Operation>(StringComparer.Ordinal);
        foreach (var node in nodes.EnumerateArray())
        {
            var name = node.GetProperty("name").GetString()!;
            var inputs = node.TryGetProperty("input", out var listed)
                ? listed.EnumerateArray().Select(i => i.GetString()!).Where(i => !i.StartsWith('^')).Select(FirstOutput).ToArray() : [];
            all[name] = new(name, node.GetProperty("op").GetString()!, inputs, node.TryGetProperty("attr", out var attributes) ? attributes : default);
        }
        return all;
    }

    /// <summary>The first output of an operation has two names.</summary>
    static string FirstOutput(string input) => input.EndsWith(":0", StringComparison.Ordinal) ? input[..^2] : input;

    // ── weights ──

    static Dictionary<string, Weight> Weights(JsonElement manifest, ReadOnlySpan<byte> binary)
    {
        var all = new Dictionary<string, Weight>(StringComparer.Ordinal);
        var at = 0;
        foreach (var group in manifest.EnumerateArray())
        {
            foreach (var spec in group.GetProperty("weights").EnumerateArray())
            {
                var name = spec.GetProperty("name").GetString()!;
                int[] shape = [.. spec.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32())];
                var count = shape.Aggregate(1L, (all, d) => all * Math.Max(d, 0));
                var (dtype, kept, scale, least) = (spec.GetProperty("dtype").GetString()!, "", 0.0, 0.0);
                if (spec.TryGetProperty("quantization", out var quantised))
                {
                    kept = quantised.GetProperty("dtype").GetString()!;
                    if (quantised.TryGetProperty("scale", out var s)) scale = s.GetDouble();
                    if (quantised.TryGetProperty("min", out var m)) least = m.GetDouble();
                }
                var width = (dtype, kept) switch { (_, "uint8") => 1, (_, "uint16" or "float16") => 2, ("float32" or "int32", "") => 4, _ => 0 };
                if (width == 0) throw new KumikiException(Message.Of("images.tfjs-weight", ("weight", name), ("type", kept == "" ? dtype : kept)));
                if (count * width > binary.Length - at)
                    throw new KumikiException(Message.Of("images.tfjs-cut", ("weight", name), ("wanted", at + (count * width)), ("bytes", binary.Length)));
                var bytes = binary.Slice(at, (int)count * width);
                at += bytes.Length;
                all[name] = (dtype, kept) switch
                {
                    ("int32", "") => new(shape, null, Whole(bytes)),
                    _ => new(shape, Real(bytes, kept, scale, least), null),
                };
            }
        }
        return at == binary.Length ? all : throw new KumikiException(Message.Of("images.tfjs-left", ("wanted", at), ("bytes", binary.Length)));
    }

    static int[] Whole(ReadOnlySpan<byte> bytes)
    {
        var values = new int[bytes.Length / 4];
        for (var i = 0; i < values.Length; i++) values[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * 4)..]);
        return values;
    }

    /// <summary>Quantised numbers are <c>q × scale + min</c>, reckoned in double precision and rounded once, as TensorFlow.js does.</summary>
    static float[] Real(ReadOnlySpan<byte> bytes, string kept, double scale, double least)
    {
        var width = kept switch { "uint8" => 1, "uint16" or "float16" => 2, _ => 4 };
        var values = new float[bytes.Length / width];
        for (var i = 0; i < values.Length; i++)
        {
            var one = bytes.Slice(i * width, width);
            values[i] = kept switch
            {
                "uint8" => (float)((one[0] * scale) + least),
                "uint16" => (float)((BinaryPrimitives.ReadUInt16LittleEndian(one) * scale) + least),
                "float16" => (float)BinaryPrimitives.ReadHalfLittleEndian(one),
                _ => BinaryPrimitives.ReadSingleLittleEndian(one),
            };
        }
        return values;
    }

    // ── attributes ──

    static int[] Ints(Operation of, string name) =>
        of.Attributes.TryGetProperty(name, out var attribute) && attribute.TryGetProperty("list", out var list) && list.TryGetProperty("i", out var values)
            ? [.. values.EnumerateArray().Select(v => int.Parse(v.ToString(), CultureInfo.InvariantCulture))] : [];

    static bool Flag(Operation of, string name) =>
        of.Attributes.TryGetProperty(name, out var attribute) && attribute.TryGetProperty("b", out var value) && value.GetBoolean();

    static string Text(Operation of, string name) =>
        of.Attributes.TryGetProperty(name, out var attribute) && attribute.TryGetProperty("s", out var value) ? Decoded(value) : "";

    static string[] Texts(Operation of, string name) =>
        of.Attributes.TryGetProperty(name, out var attribute) && attribute.TryGetProperty("list", out var list) && list.TryGetProperty("s", out var values)
            ? [.. values.EnumerateArray().Select(Decoded)] : [];

    static string Decoded(JsonElement base64) => Encoding.UTF8.GetString(base64.GetBytesFromBase64());
}
