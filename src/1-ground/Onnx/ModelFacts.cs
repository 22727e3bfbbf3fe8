using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Onnx;

/// <summary>A table column that a model reads, and the tensor it becomes.</summary>
public sealed record ModelColumn(string Name, ColumnKind Kind, string Tensor);

/// <summary>What a model of ours says in its metadata about the way from table columns to its tensors.</summary>
internal static partial class ModelFacts
{
    public const string AdapterKey = "kumiki.adapter";
    public const string ColumnsKey = "kumiki.columns";
    public const string FeaturesKey = "kumiki.features";
    public const string GoldenKey = "kumiki.golden";

    /// <summary>Columns without which a row has no score; there where there are any.</summary>
    public const string RequiredKey = "kumiki.required";

    public static IEnumerable<KeyValuePair<string, string>> Of(IReadOnlyList<ModelColumn> columns, IReadOnlyList<string> features, IReadOnlyList<string> required) =>
    [
        new(AdapterKey, Adapter.Name),
        new(ColumnsKey, ColumnsText(columns)),
        new(FeaturesKey, JsonSerializer.Serialize(features, Json.Readable.IReadOnlyListString)),
        new(GoldenKey, GoldenText(columns)),
        .. required.Count == 0 ? (KeyValuePair<string, string>[])[] : [new(RequiredKey, JsonSerializer.Serialize(required, Json.Readable.IReadOnlyListString))],
    ];

    public static string ColumnsText(IReadOnlyList<ModelColumn> columns) => JsonSerializer.Serialize(columns, Json.Readable.IReadOnlyListModelColumn);

    /// <summary>What the adapter has to make of values of every kind that these columns have.</summary>
    public static string GoldenText(IReadOnlyList<ModelColumn> columns) =>
        JsonSerializer.Serialize(Adapter.Golden([.. columns.Select(c => c.Kind).Distinct().Order()]), Json.Readable.IReadOnlyListGoldenValue);

    public static IReadOnlyList<ModelColumn> Columns(string json) => JsonSerializer.Deserialize(json, Json.Readable.IReadOnlyListModelColumn)!;
    public static IReadOnlyList<string> Features(string json) => JsonSerializer.Deserialize(json, Json.Readable.IReadOnlyListString)!;
    public static IReadOnlyList<GoldenValue> Golden(string json) => JsonSerializer.Deserialize(json, Json.Readable.IReadOnlyListGoldenValue)!;

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
    [JsonSerializable(typeof(IReadOnlyList<ModelColumn>))]
    [JsonSerializable(typeof(IReadOnlyList<string>))]
    [JsonSerializable(typeof(IReadOnlyList<GoldenValue>))]
    internal sealed partial class Json : JsonSerializerContext
    {
        /// <summary>Column names and categories stay readable in other viewers of the model.</summary>
        public static Json Readable { get; } = new(new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}
