using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>Where a model that was trained elsewhere came from, and whether it can serve.</summary>
/// <param name="Model">The registered model's name, as the client wrote it when the version was taken in.</param>
/// <param name="Number">The registered version's number; the asset's version has the same where that was free.</param>
/// <param name="Flavors">The forms it was saved in, by their names: <c>onnx</c>, <c>sklearn</c>; without <c>python_function</c>, unless there is no
/// other.</param>
public sealed record ImportedFrom(string Model, int Number, IReadOnlyList<string> Flavors)
{
    /// <summary>The client's run that logged it: 32 hexadecimal digits; null where none was named.</summary>
    public string? Run { get; init; }

    /// <summary>The logged model it is: <c>m-</c> and 32 hexadecimal digits; null for none.</summary>
    public string? LoggedModel { get; init; }

    /// <summary>The data that run said it read.</summary>
    public IReadOnlyList<ImportedData> Data { get; init; } = [];

    /// <summary>The model's file among the version's files; null where it has no form that Kumiki runs.</summary>
    public string? Onnx { get; init; }

    /// <summary>What opened the model's file and found it sound: <c>ONNX Runtime 1.30.0</c>; null where nothing did.</summary>
    public string? CheckedBy { get; init; }

    /// <summary>Why it cannot be released, for good; null where it can.</summary>
    public Message? Refused { get; init; }

    [JsonIgnore]
    public bool CanServe => Refused is null;
}

/// <summary>Data that a client's run read.</summary>
/// <param name="Digest">The client's own digest.</param>
/// <param name="Context">What for: <c>training</c>; null where the client did not say.</param>
public sealed record ImportedData(string Name, string Digest, string? Context);
