using System.Globalization;
using System.Text.Json;
using Kumiki.Predictions;

namespace Kumiki.Serving;

/// <summary>A prediction as an offline runner sends it back.</summary>
/// <param name="Answered">The version that answered.</param>
/// <param name="Models">The versions that scored; none where none did.</param>
/// <param name="Threshold">Of several with spaces between.</param>
/// <param name="Outputs">[scores] their names; empty where they were not told.</param>
/// <param name="Input">UTF-8 of the row's JSON object; empty where none came.</param>
sealed record EdgeRecord(
    string Id, DateTimeOffset At, VersionName Answered, int? Release, IReadOnlyList<string> Models, string? Threshold, string? Fallback, string? Decision, float[] Scores,
    IReadOnlyList<string> Outputs, long TookUs, byte[] Input)
{
    /// <summary>The most bytes of one record.</summary>
    public const int MostBytes = 64 * 1024;

    const int MostScores = 1000;

    /// <summary>Reads a line.</summary>
    /// <param name="number">Of the line, from 1, for the sentence.</param>
    /// <exception cref="KumikiException">It is no record.</exception>
    public static EdgeRecord Read(ReadOnlyMemory<byte> line, int number)
    {
        var reason = "longer than 64 KiB";
        if (line.Length <= MostBytes)
        {
            try
            {
                using var record = JsonDocument.Parse(line, new() { MaxDepth = 16 });
                return Of(record.RootElement);
            }
            catch (JsonException e)
            {
                reason = $"byte {(e.BytePositionInLine ?? 0) + 1} is no JSON";
            }
            catch (Exception e) when (e is FormatException or InvalidOperationException)
            {
                reason = e is FormatException ? e.Message : "a text in it is no UTF-8";
            }
        }
        throw new KumikiException(Message.Of("edge.bad-record", ("line", number), ("reason", reason)));
    }

    static EdgeRecord Of(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new FormatException("no object");
        var id = Text("id") ?? throw new FormatException("no id");
        var at = Text("at") is { } time && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read)
            && read.Year is >= 1970 and <= 9000 ? read : throw new FormatException("at is no time");
        if (!VersionName.TryParse(Text("endpoint"), null, out var endpoint)) throw new FormatException("endpoint is no version such as credit-decision@3");
        var scores = root.TryGetProperty("score", out var one) ? [Score(one)]
            : root.TryGetProperty("scores", out var many) && many.ValueKind == JsonValueKind.Array && many.GetArrayLength() <= MostScores
                ? many.EnumerateArray().Select(Score).ToArray() : [];
        var outputs = Texts("outputs") is { } names && names.Count == scores.Length ? names : [];
        return new(id, at, endpoint, Whole("release") is { } release ? (int)Math.Clamp(release, 0, int.MaxValue) : null,
            Text("model") is { } model ? [model] : Texts("models") ?? [], Text("threshold") ?? (Texts("thresholds") is { Count: > 0 } cuts ? string.Join(' ', cuts) : null),
            Text("fallback"), Answer(), scores, outputs, Math.Max(0, Whole("took_us") ?? 0),
            root.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.Object ? System.Text.Encoding.UTF8.GetBytes(input.GetRawText()) : []);

        string? Text(string name) => root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? Short(text, name) : throw new FormatException($"{name} is no text")
            : null;

        IReadOnlyList<string>? Texts(string name) => root.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= MostScores
            && list.EnumerateArray().All(n => n.ValueKind == JsonValueKind.String) ? [.. list.EnumerateArray().Select(n => Short(n.GetString()!, name))] : null;

        static string Short(string text, string name) =>
            text.Length <= PredictionLog.MostId ? text : throw new FormatException($"{name} is longer than {PredictionLog.MostId} characters");

        long? Whole(string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole)
            ? whole : null;

        static float Score(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out var score) && float.IsFinite(score)
            ? score : throw new FormatException("a score is no number");

        string? Answer() => !root.TryGetProperty("answer", out var answer) ? null : answer.ValueKind switch
        {
            JsonValueKind.Number when answer.TryGetDouble(out var value) => value.ToString("R", CultureInfo.InvariantCulture),
            JsonValueKind.String => Short(answer.GetString()!, "answer"),
            JsonValueKind.Null => null,
            // The answers of several models, each for itself.
            JsonValueKind.Object when answer.EnumerateObject().Any() && answer.EnumerateObject().All(a => a.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                && answer.GetRawText() is { Length: <= PredictionLog.MostNote } all => all,
            _ => throw new FormatException("answer is neither text nor number"),
        };
    }
}
