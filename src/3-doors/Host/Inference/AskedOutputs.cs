using Kumiki.Serving;

namespace Kumiki.Hosting;

/// <summary>Which outputs a request wants, in which order, and how they are to be sent.</summary>
sealed class AskedOutputs
{
    readonly List<(int Output, bool? Binary)> named = [];

    /// <summary>What the client calls its request; sent back as it came.</summary>
    public string? Id { get; set; }

    /// <summary>Whether what does not say otherwise is sent as bytes.</summary>
    public bool Binary { get; set; }

    /// <exception cref="InferenceException">The model has no such output.</exception>
    public void Add(ModelSignature signature, string name, bool? binary)
    {
        var output = signature.OutputOf(name);
        if (output < 0) throw InferenceException.Bad(Message.Of("inference.no-output", ("output", name.Length <= 80 ? name : "…"),
            ("outputs", signature.OutputNames)));
        named.Add((output, binary));
    }

    /// <summary>How many are sent: all of the model's, where none was named.</summary>
    public int Count(ModelSignature signature) => named.Count == 0 ? signature.Outputs.Length : named.Count;

    public (int Output, bool Binary) this[int at] => named.Count == 0 ? (at, Binary) : (named[at].Output, named[at].Binary ?? Binary);
}
