using System.Text.Json;
using System.Text.Json.Serialization;
using Kumiki.Onnx;

namespace Kumiki.Predictions;

/// <summary>A field of what an endpoint is asked.</summary>
/// <param name="Name">The name of its column; in the log <c>input_NAME</c>.</param>
/// <param name="Key">Another name that it may have in the JSON object of a row: <c>appliedOn</c> of <c>applied_on</c>.</param>
/// <param name="Type">As DuckDB writes it: <c>INTEGER</c>, <c>DATE</c>, <c>FLOAT[]</c>.</param>
/// <param name="Personal">Its value is not logged.</param>
sealed record LoggedInput(string Name, string Key, string Type, bool Personal = false);

/// <summary>What the predictions of one release of an endpoint have in common: said once in a segment, not in each of its records.</summary>
sealed record LoggedShape
{
    public required string Endpoint { get; init; }

    /// <summary>The number of the endpoint's version.</summary>
    public required int Version { get; init; }

    /// <summary>The number of the release; null where it answers outside one.</summary>
    public int? Release { get; init; }

    /// <summary>The versions that score: <c>default-model@7</c>.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The version of the threshold, <c>decline-above@3</c>.</summary>
    public string? Threshold { get; init; }

    public IReadOnlyList<LoggedInput> Inputs { get; init; } = [];

    /// <summary>The columns of numbers that the model reads, in the order in which they are logged; in the log <c>feature_NAME</c>.</summary>
    public IReadOnlyList<string> Numbers { get; init; } = [];

    /// <summary>The columns of texts that the model reads, likewise.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>The names of the scores; the only one, or one of that name, is <c>score</c> in the log, any other <c>score_NAME</c>.</summary>
    public IReadOnlyList<string> Scores { get; init; } = ["score"];

    /// <summary>Whether something of it is not logged.</summary>
    [JsonIgnore]
    public bool HasPersonal => Inputs.Any(i => i.Personal);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, LogJson.Default.LoggedShape);

    public static LoggedShape FromJson(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, LogJson.Default.LoggedShape) ?? throw new JsonException("no shape");
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LoggedShape))]
sealed partial class LogJson : JsonSerializerContext;

/// <summary>A shape that a <see cref="PredictionLog"/> knows; see <see cref="PredictionLog.Of"/>.</summary>
sealed class LoggedAs
{
    internal LoggedAs(int number, LoggedShape shape, EndpointSchema? fields)
    {
        (Number, Shape) = (number, shape);
        HasPersonal = shape.HasPersonal;
        if (fields is not null) (NumberPlaces, TextPlaces) = ([.. shape.Numbers.Select(fields.Place)], [.. shape.Texts.Select(fields.Place)]);
        if (!HasPersonal) return;
        Mask = new([.. shape.Inputs.Where(i => i.Personal).SelectMany(i => new[] { i.Name, i.Key }).Distinct(StringComparer.Ordinal)]);
        HiddenNumbers = [.. shape.Numbers.Select(Mask.Hides)];
        HiddenTexts = [.. shape.Texts.Select(Mask.Hides)];
    }

    public LoggedShape Shape { get; }

    internal int Number { get; }
    internal bool HasPersonal { get; }
    internal PersonalMask? Mask { get; }
    internal bool[] HiddenNumbers { get; } = [];
    internal bool[] HiddenTexts { get; } = [];

    /// <summary>[numbers] and [texts] the places of the fields that they are read from, where predictions come as <see
    /// cref="LoggedPrediction.Rows"/>.</summary>
    internal int[] NumberPlaces { get; } = [];
    internal int[] TextPlaces { get; } = [];
}
