using System.Collections.Immutable;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>A model as ONNX keeps it: one graph from named tensors to named tensors, and metadata. Written in IR 8, opset 17 and ai.onnx.ml 3.</summary>
/// <remarks>Immutable. The same model gives the same bytes.</remarks>
public sealed partial class OnnxModel
{
    internal const string MlDomain = "ai.onnx.ml";

    /// <summary>Operators of ONNX Runtime's own.</summary>
    internal const string MicrosoftDomain = "com.microsoft";

    /// <summary>A dimension that each run chooses.</summary>
    internal const long Free = -1;

    internal OnnxModel(OnnxGraph graph, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        Graph = graph;
        Metadata = (metadata ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    internal OnnxGraph Graph { get; }
    internal long IrVersion { get; init; } = 8;
    internal ImmutableSortedDictionary<string, long> Opsets { get; init; } =
        ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal).Add("", 17).Add(MlDomain, 3);

    public IReadOnlyList<TensorInfo> Inputs => Graph.Inputs;
    public IReadOnlyList<TensorInfo> Outputs => Graph.Outputs;

    /// <summary>What the model says about itself, by name.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; }

    /// <summary>This model with one more entry of metadata, or with that entry replaced.</summary>
    public OnnxModel WithMetadata(string key, string value) => Copy(Graph, Metadata.SetItem(key, value));

    OnnxModel Copy(OnnxGraph graph, IEnumerable<KeyValuePair<string, string>> metadata) => new(graph, metadata) { IrVersion = IrVersion, Opsets = Opsets };
}
