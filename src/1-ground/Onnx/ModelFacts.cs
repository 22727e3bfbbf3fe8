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
    public const string SourcesKey = "kumiki.sources";
    public const string GoldenKey = "kumiki.golden";

    /// <summary>Columns without which a row has no score; there where there are any.</summary>
    public const string RequiredKey = "kumiki.required";

    /// <param name="sources">Of each feature the table columns it comes from.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(
        IReadOnlyList<ModelColumn> columns, IReadOnlyList<string> features, IReadOnlyList<IReadOnlyList<string>> sources, IReadOnlyList<string> required) =>
    [
        new(AdapterKey, Adapter.Name),
        new(ColumnsKey, ColumnsText(columns)),
        new(FeaturesKey, JsonSerializer.Serialize(features, Json.Readable.IReadOnlyListString)),
        new(SourcesKey, SourcesText(sources)),
        new(GoldenKey, GoldenText(columns)),
        .. required.Count == 0 ? (KeyValuePair<string, string>[])[] : [new(RequiredKey, JsonSerializer.Serialize(required, Json.Readable.IReadOnlyListString))],
    ];

    public static string ColumnsText(IReadOnlyList<ModelColumn> columns) => JsonSerializer.Serialize(columns, Json.Readable.IReadOnlyListModelColumn);

    /// <summary>What the adapter has to make of values of every kind that these columns have.</summary>
    public static string GoldenText(IReadOnlyList<ModelColumn> columns) =>
        JsonSerializer.Serialize(Adapter.Golden([.. columns.Select(c => c.Kind).Distinct().Order()]), Json.Readable.IReadOnlyListGoldenValue);

    public static IReadOnlyList<ModelColumn> Columns(string json) => JsonSerializer.Deserialize(json, Json.Readable.IReadOnlyListModelColumn)!;
    public static IReadOnlyList<string> Features(string json) => JsonSerializer.Deserialize(json, Json.Readable.IReadOnlyListString)!;

    /// <summary>Of each feature the columns it comes from.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Sources(string json) =>
        [.. JsonSerializer.Deserialize(json, Json.Readable.IReadOnlyListFeatureRun)!.SelectMany(r => Enumerable.Repeat(r.Columns, r.Features))];

    static string SourcesText(IReadOnlyList<IReadOnlyList<string>> sources)
    {
        var runs = new List<FeatureRun>();
        foreach (var columns in sources)
        {
            if (runs is [.., var last] && last.Columns.SequenceEqual(columns, StringComparer.Ordinal)) runs[^1] = last with { Features = last.Features + 1 };
            else runs.Add(new(columns, 1));
        }
        return JsonSerializer.Serialize(runs, Json.Readable.IReadOnlyListFeatureRun);
    }

    /// <summary>Features side by side that come from the same columns: fifty thousand categories are one line.</summary>
    internal sealed record FeatureRun(IReadOnlyList<string> Columns, int Features);

    public static IReadOnlyList<GoldenValue> Golden(string json) => JsonSerializer.Deserialize(json, Json.Readable.IReadOnlyListGoldenValue)!;

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
    [JsonSerializable(typeof(IReadOnlyList<ModelColumn>))]
    [JsonSerializable(typeof(IReadOnlyList<string>))]
    [JsonSerializable(typeof(IReadOnlyList<FeatureRun>))]
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
