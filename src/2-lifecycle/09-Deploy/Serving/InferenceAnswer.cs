using System.Globalization;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Serving;

/// <summary>What one run gave, held until the last request of the batch has read its part.</summary>
sealed class RunOutputs(OnnxTensor[] tensors, int readers)
{
    int left = readers;

    public OnnxTensor this[int output] => tensors[output];

    public void Release()
    {
        if (Interlocked.Decrement(ref left) > 0) return;
        foreach (var tensor in tensors) tensor.Dispose();
    }
}

/// <summary>The answer to one request: its rows of what a run gave. Its tensors lie in the engine's memory; whoever asked disposes it when it has read
/// them.</summary>
/// <param name="FirstRow">The first row of this request in the batch.</param>
/// <param name="Rows">Its rows; 0: the outputs are its alone, whole.</param>
/// <param name="FirstOutput">The first of its outputs among those of the run.</param>
sealed record InferenceAnswer(VersionName Version, ModelSignature Signature, RunOutputs Outputs, int FirstRow, int Rows, int FirstOutput = 0) : IDisposable
{
    /// <summary>What answered, as it was asked for: the model's name, or those of the models that answered together with <c>+</c> between.</summary>
    public string ModelName => Signature.Parts is [] ? Version.Asset : string.Join(ModelShelf.Together, Signature.Parts.Select(p => p.Version.Asset));

    /// <summary>The number of the version that answered, or those of all.</summary>
    public string VersionText =>
        Signature.Parts is [] ? Version.Number.ToString(CultureInfo.InvariantCulture)
        : string.Join(ModelShelf.Together, Signature.Parts.Select(p => p.Version.Number));

    /// <summary>What one of the versions that answered together says, as it would alone; it lives as long as this answer, and is not disposed by
    /// itself.</summary>
    public InferenceAnswer Part(int part) => Signature.Parts[part] is var (version, signature, first)
        ? this with { Version = version, Signature = signature, FirstOutput = FirstOutput + first } : this;

    OnnxTensor Tensor(int output) => Outputs[FirstOutput + output];

    /// <summary>How long the request waited for its run.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>From the begin of its run to its answer.</summary>
    public TimeSpan Ran { get; init; }

    public ReadOnlySpan<long> ShapeOf(int output)
    {
        var shape = Tensor(output).Dimensions;
        if (Rows == 0 || shape[0] == Rows) return shape;
        return (long[])[Rows, .. shape[1..]];
    }

    public int CountOf(int output) => Rows == 0 ? Tensor(output).Count : Tensor(output).Count / (int)Tensor(output).Shape[0] * Rows;

    public TensorType TypeOf(int output) => Tensor(output).Type;

    /// <summary>An output of numbers.</summary>
    public ReadOnlySpan<byte> BytesOf(int output)
    {
        var tensor = Tensor(output);
        if (Rows == 0) return tensor.Bytes;
        var width = tensor.Bytes.Length / (int)tensor.Shape[0];
        return tensor.Bytes.Slice(FirstRow * width, Rows * width);
    }

    /// <summary>One text of an output of texts.</summary>
    public ReadOnlySpan<byte> TextOf(int output, int element)
    {
        var tensor = Tensor(output);
        return tensor.GetTextBytes(element + (Rows == 0 ? 0 : FirstRow * (tensor.Count / (int)tensor.Shape[0])));
    }

    /// <summary>Refuses an answer that holds what is no number.</summary>
    /// <exception cref="InferenceException">The sentence names the output and the row.</exception>
    public void HoldFinite()
    {
        for (var output = 0; output < Signature.Outputs.Length; output++)
        {
            var type = TypeOf(output);
            if (!TensorTypes.HasNaN(type)) continue;
            var bytes = BytesOf(output);
            if (TensorTypes.FirstNotFinite(type, bytes) is not (>= 0 and var at)) continue;
            var rows = Signature.HasRows && ShapeOf(output) is [> 0 and var first, ..] ? first : 1;
            var width = Math.Max(1, CountOf(output) / rows);
            throw new InferenceException(InferenceFault.ModelFailed,
                Message.Of("inference.not-a-number", ("version", Version), ("output", Signature.Outputs[output].Name), ("row", (at / width) + 1)));
        }
    }

    public void Dispose() => Outputs.Release();
}
