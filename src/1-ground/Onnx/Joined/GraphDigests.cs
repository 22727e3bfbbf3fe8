using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Kumiki.Onnx;

/// <summary>What every tensor of a graph is made of, as a digest: of the operation, its settings, its weights, and the tensors it comes from, up to the
/// inputs. Tensors of two graphs with one digest hold the same numbers, whatever they are called.</summary>
sealed class GraphDigests
{
    /// <summary>Operations that draw: two of them are never one.</summary>
    static readonly HashSet<string> Random =
        ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout"];

    readonly Dictionary<string, string> tensors = new(StringComparer.Ordinal);
    readonly Dictionary<OnnxNode, string> nodes = new(ReferenceEqualityComparer.Instance);

    public GraphDigests(OnnxModel model)
    {
        var graph = model.Graph;
        foreach (var input in graph.Inputs) tensors[input.Name] = Of("input", input.ToString());
        var bytes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var constant in graph.Constants)
        {
            tensors[constant.Name] = Of("constant", $"{constant.Type}[{string.Join(',', constant.Shape)}]", Of(constant.Bytes.Span));
            bytes[constant.Name] = constant.Bytes.Length;
        }
        foreach (var node in graph.Nodes)
        {
            var draws = Random.Contains(node.Operator) ? Guid.NewGuid().ToString() : "";
            var digest = Of(["node", node.Domain, node.Operator, $"{model.Opsets.GetValueOrDefault(node.Domain)}", $"{node.Outputs.Count}", draws,
                .. node.Attributes.OrderBy(a => a.Name, StringComparer.Ordinal).Select(TextOf),
                .. node.Inputs.Select(i => i == "" ? "" : tensors.GetValueOrDefault(i)
                    ?? throw new KumikiException(Message.Of("images.not-sorted", ("tensor", i))))]);
            nodes[node] = digest;
            foreach (var (at, output) in node.Outputs.Index())
                if (output != "") tensors[output] = Of("output", digest, $"{at}");
            var weight = node.Inputs.Sum(i => bytes.GetValueOrDefault(i)) + node.Attributes.Sum(BytesOf);
            if (weight > 0) Weights[digest] = weight;
        }
    }

    /// <summary>Bytes of the weights of each node that has any, by the node's digest; trees keep theirs in settings.</summary>
    public Dictionary<string, long> Weights { get; } = new(StringComparer.Ordinal);

    public string this[OnnxNode node] => nodes[node];
    public string this[string tensor] => tensors[tensor];

    static long BytesOf(OnnxAttribute attribute) => attribute switch
    {
        OnnxAttribute.Floats(_, var values) => 4L * values.Count,
        OnnxAttribute.Ints(_, var values) => 8L * values.Count,
        OnnxAttribute.Texts(_, var values) => values.Sum(v => (long)v.Length),
        _ => 0,
    };

    static string TextOf(OnnxAttribute attribute) => attribute.Name + attribute switch
    {
        OnnxAttribute.Float(_, var value) => $" f {BitConverter.SingleToUInt32Bits(value):x8}",
        OnnxAttribute.Int(_, var value) => $" i {value}",
        OnnxAttribute.Text(_, var value) => $" s {value}",
        OnnxAttribute.Floats(_, var values) => $" f {Of(MemoryMarshal.AsBytes<float>(values.ToArray()))}",
        OnnxAttribute.Ints(_, var values) => $" i {string.Join(',', values)}",
        OnnxAttribute.Texts(_, var values) => $" s {Of([.. values])}",
        _ => throw new ArgumentOutOfRangeException(nameof(attribute), attribute, "No kind of setting."),
    };

    static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Of texts behind their lengths, so that no two lists are read alike.</summary>
    static string Of(params IReadOnlyList<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var utf8 = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
            hash.AppendData(length);
            hash.AppendData(utf8);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
