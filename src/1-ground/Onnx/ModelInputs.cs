using System.Collections.Frozen;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>What a model of ours says about its inputs, for whoever brings it tensors instead of rows.</summary>
/// <param name="Columns">The table columns it reads and the tensor of each; one element of a tensor is one row's value, see <see cref="Adapter"/>.</param>
/// <param name="Required">Columns without which a row gets no score: not NaN, not the empty text.</param>
/// <param name="Categories">By tensor, the texts that it knows; a column that is only hashed has none.</param>
public sealed record ModelInputs(
    IReadOnlyList<ModelColumn> Columns, IReadOnlyList<string> Required, IReadOnlyDictionary<string, FrozenSet<string>> Categories)
{
    /// <summary>What an opened model says; null where it was made elsewhere.</summary>
    /// <param name="model">The bytes it was opened from.</param>
    public static ModelInputs? Of(OnnxSession session, ReadOnlyMemory<byte> model)
    {
        if (session.Metadata(ModelFacts.AdapterKey) is null || session.Metadata(ModelFacts.ColumnsKey) is not { } columns) return null;
        var required = session.Metadata(ModelFacts.RequiredKey) is { } names ? ModelFacts.Features(names) : [];
        return new(ModelFacts.Columns(columns), required, OnnxModel.ReadCategories(model));
    }

    /// <summary>Whether a model says so: then its inputs are columns of a table.</summary>
    public static bool IsMade(OnnxModel model) => model.Metadata.ContainsKey(ModelFacts.AdapterKey) && model.Metadata.ContainsKey(ModelFacts.ColumnsKey);
}
