using System.Globalization;
using System.Text.Json;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>What a request to an endpoint says besides its rows: in <c>parameters</c>, or in headers.</summary>
static class PredictParameters
{
    const int LongestName = 200;
    const long LongestMs = 24L * 3600 * 1000;

    /// <param name="json">The object; empty where there is none.</param>
    /// <param name="rows">How many rows there are.</param>
    /// <returns>How to ask, and whether every score of a row is to be told.</returns>
    /// <exception cref="InferenceException">The sentence names the parameter.</exception>
    public static (EndpointAsk Ask, bool AllScores) Read(ReadOnlySpan<byte> json, IHeaderDictionary headers, int rows)
    {
        var (ask, all) = (EndpointAsk.Plain, false);
        if (headers[EndpointDoor.SessionHeader] is [{ } session]) ask = ask with { Session = Named(session, EndpointDoor.SessionHeader) };
        if (headers[EndpointDoor.IdHeader] is [{ } id]) ask = ask with { Ids = rows == 1 ? [Named(id, EndpointDoor.IdHeader)] : throw Wrong(EndpointDoor.IdHeader, "name of one row; of several, send parameters.ids") };
        if (headers[RequestParameters.TimeoutHeader] is [{ } text])
            ask = ask with { Timeout = Ms(long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) ? ms : 0, RequestParameters.TimeoutHeader) };
        if (json.IsEmpty) return (ask, all);

        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(ref reader);
            reader.Read();
            switch (name)
            {
                case "session":
                    ask = ask with { Session = Named(TextOf(ref reader, name), name) };
                    break;
                case "ids":
                    ask = ask with { Ids = Names(ref reader, rows) };
                    break;
                case "timeout_ms":
                    ask = ask with { Timeout = Ms(reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var within) ? within : 0, name) };
                    break;
                case "priority":
                    ask = ask with { Priority = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var level) && level is >= 1 and <= InferenceRequest.Priorities ? level : throw Wrong(name, "number from 1 to 3") };
                    break;
                case "unknown_categories":
                    ask = ask with { ScoreUnknown = TextOf(ref reader, name) switch { "score" => true, "refuse" => false, _ => throw Wrong(name, "\"score\" or \"refuse\"") } };
                    break;
                case "scores":
                    all = reader.TokenType switch { JsonTokenType.True => true, JsonTokenType.False => false, _ => throw Wrong(name, "true or false") };
                    break;
                default:
                    throw InferenceException.Bad(Message.Of("endpoint.odd-parameter", ("parameter", InferenceDoor.Short(name)), ("known", "session, ids, timeout_ms, priority, unknown_categories, scores")));
            }
        }
        return (ask, all);
    }

    static string[] Names(ref Utf8JsonReader reader, int rows)
    {
        var names = new List<string>();
        if (reader.TokenType != JsonTokenType.StartArray) throw Wrong("ids", "list of one name for each row");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) names.Add(Named(TextOf(ref reader, "ids"), "ids"));
        return names.Count == rows && names.Distinct(StringComparer.Ordinal).Count() == rows ? [.. names] : throw Wrong("ids", "list of one name for each row, no two alike");
    }

    static string NameOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("parameters", "object whose names are UTF-8");
        }
    }

    static string TextOf(ref Utf8JsonReader reader, string name)
    {
        try
        {
            return reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Wrong(name, "text");
        }
        catch (InvalidOperationException)
        {
            throw Wrong(name, "text of UTF-8");
        }
    }

    static string Named(string text, string name) =>
        text.Length is > 0 and <= LongestName && !text.Any(char.IsControl) ? text : throw Wrong(name, "name of 1 to 200 printable characters");

    static TimeSpan Ms(long ms, string name) => ms is >= 1 and <= LongestMs ? TimeSpan.FromMilliseconds(ms) : throw Wrong(name, "number of milliseconds, at most a day");

    static InferenceException Wrong(string name, string wanted) => InferenceException.Bad(name.StartsWith("Kumiki-", StringComparison.Ordinal)
        ? Message.Of("inference.header", ("header", name), ("wanted", wanted))
        : Message.Of("inference.field", ("field", name), ("wanted", wanted)));
}
