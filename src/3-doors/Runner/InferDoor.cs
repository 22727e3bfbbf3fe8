using System.Text.Json;
using Kumiki.Onnx;
using Kumiki.Packages;

namespace Kumiki.Running;

/// <summary>The least of the Open Inference Protocol's REST form: metadata, and inference with JSON tensors of shape [rows, 1].</summary>
static class InferDoor
{
    const string Form = """{"inputs": [{"name": …, "datatype": "FP32", "shape": [1, 1], "data": [3]}, …]}""";

    public static void Server(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", "kumiki-runner");
        json.WriteString("version", typeof(InferDoor).Assembly.GetName().Version!.ToString(3));
        json.WriteStartArray("extensions");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Model(Utf8JsonWriter json, string model, string number, IReadOnlyList<ModelColumn> columns)
    {
        json.WriteStartObject();
        json.WriteString("name", model);
        json.WriteStartArray("versions");
        json.WriteStringValue(number);
        json.WriteEndArray();
        json.WriteString("platform", "onnxruntime_onnx");
        json.WriteStartArray("inputs");
        foreach (var column in columns) Tensor(json, column.Tensor, TypeOf(column), [-1, 1]);
        json.WriteEndArray();
        json.WriteStartArray("outputs");
        Tensor(json, "score", "FP32", [-1, -1]);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static string TypeOf(ModelColumn column) => column.Kind == ColumnKind.Text ? "BYTES" : "FP32";

    static void Tensor(Utf8JsonWriter json, string name, string type, ReadOnlySpan<long> shape)
    {
        json.WriteStartObject();
        Head(json, name, type, shape);
        json.WriteEndObject();
    }

    static void Head(Utf8JsonWriter json, string name, string type, ReadOnlySpan<long> shape)
    {
        json.WriteString("name", name);
        json.WriteString("datatype", type);
        json.WriteStartArray("shape");
        foreach (var dimension in shape) json.WriteNumberValue(dimension);
        json.WriteEndArray();
    }

    /// <exception cref="KumikiException">The request is wrong; the sentence names the input.</exception>
    public static void Infer(Utf8JsonWriter json, ReadOnlyMemory<byte> body, PackagedEndpoint endpoint, string model, string number,
        IReadOnlyList<ModelColumn> columns)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body, new() { MaxDepth = 16 });
        }
        catch (JsonException e)
        {
            throw Wrong(e.Message.Split('.')[0]);
        }
        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("inputs", out var inputs)
                || inputs.ValueKind != JsonValueKind.Array) throw Wrong("it has no list inputs");
            var byName = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            foreach (var input in inputs.EnumerateArray())
                if (Name(input) is not { } name || !byName.TryAdd(name, input)) throw Inputs();
            if (byName.Count != columns.Count || columns.Any(c => !byName.ContainsKey(c.Tensor))) throw Inputs();
            var rows = RowsOf(byName[columns[0].Tensor]);
            var scoreUnknown = root.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object
                && parameters.TryGetProperty("unknown_categories", out var said) && said.ValueKind == JsonValueKind.String && said.ValueEquals("score");
            var scores = endpoint.Score(model, [.. columns.Select(c => ColumnOf(c, byName[c.Tensor], rows, scoreUnknown ? null
                : endpoint.CategoriesOf(model, c.Name)))], rows);
            Write(json, root, model, number, rows, scores);
        }

        KumikiException Inputs() => new(Message.Of("runner.infer-inputs", ("inputs", string.Join(", ", columns.Select(c => $"{c.Tensor} ({TypeOf(c)})")))));
        static KumikiException Wrong(string reason) => new(Message.Of("runner.infer-form", ("reason", reason), ("form", Form)));
        static string? Name(JsonElement input) => input.ValueKind == JsonValueKind.Object && input.TryGetProperty("name", out var name)
            && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        static int RowsOf(JsonElement input) =>
            input.TryGetProperty("shape", out var shape) && shape.ValueKind == JsonValueKind.Array && shape.GetArrayLength() == 2
                && shape[0].ValueKind == JsonValueKind.Number
            && shape[0].TryGetInt32(out var rows) && rows is > 0 and < 1_000_000 ? rows : throw Wrong("the first shape is not [rows, 1]");
    }

    static void Write(Utf8JsonWriter json, JsonElement root, string model, string number, int rows, float[] scores)
    {
        json.WriteStartObject();
        json.WriteString("model_name", model);
        json.WriteString("model_version", number);
        if (root.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String) json.WriteString("id", id.GetString());
        json.WriteStartArray("outputs");
        json.WriteStartObject();
        Head(json, "score", "FP32", [rows, scores.Length / rows]);
        json.WriteStartArray("data");
        foreach (var score in scores) json.WriteNumberValue(score);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static (float[]? Numbers, string?[]? Texts) ColumnOf(ModelColumn column, JsonElement input, int rows, IReadOnlySet<string>? known)
    {
        if (!input.TryGetProperty("datatype", out var type) || type.ValueKind != JsonValueKind.String || !type.ValueEquals(TypeOf(column))
            || !input.TryGetProperty("shape", out var shape) || shape.GetRawText().Replace(" ", "", StringComparison.Ordinal) != $"[{rows},1]"
            || !input.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array || data.GetArrayLength() != rows) throw Wrong();
        var values = data.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Array && v.GetArrayLength() == 1 ? v[0] : v);
        if (column.Kind != ColumnKind.Text) return ([.. values.Select(Number)], null);
        var texts = values.Select(v => v.ValueKind switch { JsonValueKind.String => v.GetString(), JsonValueKind.Null => null, _ => throw Wrong() }).ToArray();
        foreach (var (row, text) in texts.Index())
            if (text is { Length: > 0 } && known?.Contains(text) == false)
                throw new KumikiException(Message.Of("inference.unknown-category", ("input", column.Tensor), ("row", row + 1),
                    ("text", text.Length <= 60 ? text : text[..60] + "…")));
        return (null, texts);

        float Number(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetSingle(out var number) => number,
            JsonValueKind.Null => float.NaN,
            JsonValueKind.String when value.ValueEquals("NaN") => float.NaN,
            _ => throw Wrong(),
        };

        KumikiException Wrong() => new(Message.Of("runner.infer-input", ("input", column.Tensor), ("type", TypeOf(column)), ("rows", rows)));
    }
}
