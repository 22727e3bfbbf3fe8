using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kumiki.Importing;

/// <summary>What <c>MLmodel</c> says: the file that clients put beside every model they log.</summary>
/// <param name="Flavors">The forms it was saved in, each with what it says of itself.</param>
/// <param name="Signature">Its inputs, outputs and parameters, as the client described them; null where it did not.</param>
/// <remarks>mlflow.org/docs/latest/ml/model/#storage-format.</remarks>
sealed record MlModelFile(IReadOnlyDictionary<string, JsonObject> Flavors, JsonObject? Signature)
{
    public const string Name = "MLmodel";
    public const string AnyPython = "python_function", OnnxFlavor = "onnx";

    /// <summary>Longest file that is read; they have some kilobytes.</summary>
    public const int MostBytes = 1 << 20;

    /// <exception cref="KumikiException">It is no MLmodel.</exception>
    public static MlModelFile Read(ReadOnlySpan<byte> bytes)
    {
        var root = BlockYaml.Read(Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF')) as JsonObject;
        if (root?["flavors"] is not JsonObject { Count: > 0 } flavors) throw new KumikiException(Message.Of("imported.mlmodel-flavors"));
        var signature = new JsonObject();
        foreach (var part in new[] { "inputs", "outputs", "params" })
            if ((root["signature"] as JsonObject)?[part] is JsonValue said && Json(said.GetValue<string>()) is { } read) signature[part] = read;
        return new(flavors.ToDictionary(f => f.Key, f => (f.Value as JsonObject) ?? [], StringComparer.Ordinal), signature.Count > 0 ? signature : null);
    }

    /// <summary>The forms by name; that of any Python function only where there is no other.</summary>
    public IReadOnlyList<string> Named =>
        Flavors.Count == 1 ? [.. Flavors.Keys] : [.. Flavors.Keys.Where(f => f != AnyPython).Order(StringComparer.Ordinal)];

    /// <summary>The ONNX file, below the model's folder; null where it has none.</summary>
    public string? OnnxFile => Flavors.TryGetValue(OnnxFlavor, out var onnx) ? (onnx["data"] as JsonValue)?.GetValue<string>() ?? "model.onnx" : null;

    /// <summary>An MLmodel for an ONNX file that came without one, so that clients can load it; the same for the same file.</summary>
    public static string Written(string onnxFile, Guid id) =>
        $"""
        flavors:
          onnx:
            code: null
            data: {onnxFile}
            onnx_version: 1.12.0
            providers:
            - CPUExecutionProvider
            save_as_external_data: true
          python_function:
            data: {onnxFile}
            loader_module: mlflow.onnx
            python_version: 3.11.2
        mlflow_version: 3.11.0
        model_uuid: {id:N}

        """;

    static JsonNode? Json(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);      // kept and shown as it was written
        }
    }
}
