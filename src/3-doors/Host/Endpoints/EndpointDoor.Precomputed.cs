using System.Globalization;
using System.Text;
using System.Text.Json;
using Kumiki.Onnx;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

sealed partial class EndpointDoor
{
    const string Computed = "/precomputed";

    /// <summary>Answers from rows that were computed before: <c>GET …/precomputed?store=…&amp;item=…</c>, or <c>POST</c> with one row, of which the model is
    /// asked where no row was computed for its keys.</summary>
    async Task ComputedAsync(HttpContext http, string name)
    {
        var gone = http.RequestAborted;
        if (models.IsDraining) throw new InferenceException(InferenceFault.Unavailable, Message.Of("inference.stopping"));
        var asked = ReleaseOf(http.Request);
        var (release, endpoint) = await FindAsync(asked, Uri.UnescapeDataString(name), gone);
        http.Response.Headers[ReleaseHeader] = release.Number.ToString(CultureInfo.InvariantCulture);
        if (endpoint.Precomputed is not { } computed)
            throw new InferenceException(InferenceFault.NotFound, Message.Of("precomputed.none-planned", ("endpoint", endpoint.Version)));
        using var body = HttpMethods.IsPost(http.Request.Method) ? await RequestBody.ReadAsync(http.Request, models.Settings, gone) : null;
        var key = body is null ? KeyOf(computed.Plan.Keys, http.Request.Query) : KeyOf(computed.Plan.Keys, body);
        var found = shelf.Find(computed, key);
        if (found is { } fresh && !(fresh.IsStale && computed.Plan.RefusesStale))
        {
            using var computedBefore = new PooledBuffer();
            Write(computedBefore, fresh, endpoint, release);
            await SendAsync(http, computedBefore);
            return;
        }
        if (body is null || !AsksMore(computed.Plan.Keys, body))
            throw found is { } stale
                ? new InferenceException(InferenceFault.Unavailable, Message.Of("precomputed.stale", ("version", stale.Rows.Version),
                    ("age", Hours(stale.Age.TotalHours)), ("most", Hours(computed.Plan.StaleSeconds!.Value / 3600))))
                : new InferenceException(InferenceFault.NotFound, Message.Of("precomputed.none", ("version", computed.Rows!.Version),
                    ("key", string.Join(", ", computed.Plan.Keys.Zip(key, (k, v) => $"{k} = {Cut(v)}")))));
        using var rows = Read(release, endpoint, body, http.Request, out _);
        var (ask, all) = PredictParameters.Read([], http.Request.Headers, rows.Count);
        var answer = await shelf.AskAsync(release, endpoint, rows, Begin(http, asked, ask, release), gone);
        using var sent = new PooledBuffer();
        Write(sent, answer, rows.IsOne, all);
        await SendAsync(http, sent);
    }

    static string Hours(double hours) => hours.ToString("0.#", CultureInfo.InvariantCulture);

    static string Cut(string text) => text.Length <= 60 ? text : text[..60] + "…";

    /// <summary>[keys] their values in a query string.</summary>
    static string[] KeyOf(IReadOnlyList<string> keys, IQueryCollection query)
    {
        foreach (var asked in query.Keys)
            if (!keys.Any(k => Names(k, asked)))
                throw InferenceException.Bad(Message.Of("precomputed.other-key", ("key", Cut(asked)), ("keys", string.Join(", ", keys))));
        return [.. keys.Select(key => query.FirstOrDefault(q => Names(key, q.Key)).Value is [{ } value] ? value : throw NoKey(key))];
    }

    static InferenceException NoKey(string key) => InferenceException.Bad(Message.Of("precomputed.no-key", ("key", key)));

    /// <summary>Whether a caller's name is a column's: its own, or the same in camelCase.</summary>
    static bool Names(string column, string asked) => asked == column || asked == EndpointSchema.CamelOf(column);

    /// <summary>[keys] their values in a row, as texts.</summary>
    static string[] KeyOf(IReadOnlyList<string> keys, RequestBody body)
    {
        var found = new string?[keys.Count];
        try
        {
            var reader = new Utf8JsonReader(body.Bytes.AsSpan(0, body.Length));
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw InferenceException.Bad(Message.Of("precomputed.one-row"));
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                for (var i = 0; i < found.Length; i++)
                    if (Names(keys[i], name)) found[i] = reader.TokenType switch
                    {
                        JsonTokenType.String => reader.GetString(),
                        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
                        JsonTokenType.True => "true",
                        JsonTokenType.False => "false",
                        _ => null,
                    };
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw InferenceException.Bad(Message.Of("precomputed.one-row"));
        }
        return [.. keys.Select((key, i) => found[i] ?? throw NoKey(key))];
    }

    /// <summary>Whether a row has more than its keys, so that a model might be asked of it.</summary>
    static bool AsksMore(IReadOnlyList<string> keys, RequestBody body)
    {
        var reader = new Utf8JsonReader(body.Bytes.AsSpan(0, body.Length));
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!keys.Any(k => Names(k, name))) return true;
            reader.Skip();
        }
        return false;
    }

    static void Write(PooledBuffer sent, PrecomputedAnswer found, LiveEndpoint endpoint, LiveRelease release) => InferenceJson.Write(sent, json =>
    {
        if (found.Decided.Number is { } number) json.WriteNumber("answer"u8, number);
        else json.WriteString("answer"u8, found.Decided.Answer);
        if (found.Decided.Lower is { } lower) json.WriteNumber("lower"u8, lower);
        if (found.Decided.Upper is { } upper) json.WriteNumber("upper"u8, upper);
        json.WriteStartObject("precomputed"u8);
        json.WriteString("version"u8, found.Rows.Version.ToString());
        json.WriteString("made_at"u8, found.Rows.MadeAt);
        json.WriteNumber("age_seconds"u8, Math.Round(found.Age.TotalSeconds, 3));
        json.WriteBoolean("stale"u8, found.IsStale);
        json.WriteStartObject("row"u8);
        foreach (var column in found.Rows.Shown)
        {
            json.WritePropertyName(column.Name);
            column.Write(json, found.Row);
        }
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("endpoint"u8, endpoint.Version.ToString());
        json.WriteNumber("release"u8, release.Number);
    });
}
