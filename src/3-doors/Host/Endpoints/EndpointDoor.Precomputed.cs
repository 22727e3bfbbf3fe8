using System.Buffers;
using System.Diagnostics;
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

    /// <summary>Rows that are looked up at once.</summary>
    public const int MostLookups = 10_000;

    const int MostKeyErrors = 100;

    /// <summary>Answers from rows that were computed before: <c>GET …/precomputed?store=…&amp;item=…</c>, or <c>POST</c> with one row or several, of
    /// which the model is asked where no row was computed for their keys.</summary>
    /// <remarks>1. The keys are read; 2. looked up; 3. rows that have more than their keys, and no answer, are put to the model together; 4. counted and
    /// logged; 5. written, in the order they came. One row without an answer is refused, of several each says why it has none.</remarks>
    async Task ComputedAsync(HttpContext http, string name, Activity? span)
    {
        var gone = http.RequestAborted;
        if (models.IsDraining) throw new InferenceException(InferenceFault.Unavailable, Message.Of("inference.stopping"));
        var wanted = ReleaseOf(http.Request);
        var (release, endpoint) = await FindAsync(wanted, Uri.UnescapeDataString(name), gone);
        span.Of(endpoint.Version, release.Number);
        http.Response.Headers[ReleaseHeader] = release.Number.ToString(CultureInfo.InvariantCulture);
        if (endpoint.Precomputed is not { } computed)
            throw new InferenceException(InferenceFault.NotFound, Message.Of("precomputed.none-planned", ("endpoint", endpoint.Version)));
        using var body = HttpMethods.IsPost(http.Request.Method) ? await EndpointBody.ReadAsync(http.Request, endpoint, models.Settings, gone) : null;
        var began = Stopwatch.GetTimestamp();
        AskedKeys asked;
        Lookup[] all;
        EndpointAsk ask;
        bool scores;
        try
        {
            asked = body is null ? new([KeyOf(computed.Plan.Keys, http.Request.Query)], [default], true, default) : KeysOf(computed.Plan.Keys, body);
            var parameters = body is null ? [] : body.Bytes.AsSpan(asked.Parameters.At, asked.Parameters.Length);
            (ask, scores) = PredictParameters.Read(parameters, http.Request.Headers, asked.Keys.Count);
            all = computed.Rows is null ? Unaskable(computed, asked) : shelf.LookUp(computed, asked.Keys);
        }
        catch (Exception e) when (e is FieldsRefusedException or InferenceException { Fault: InferenceFault.BadRequest })
        {
            shelf.UnreadableKeys(release, endpoint, body is null ? [] : body.Bytes.AsSpan(0, body.Length), http.Request.Headers[IdHeader].ToString(),
                ((KumikiException)e).Says);
            throw;
        }
        var took = Stopwatch.GetElapsedTime(began);
        var ids = ask.Ids ?? [.. all.Select(_ => shelf.NewId())];
        var left = computed.Rows is null ? [] : Enumerable.Range(0, all.Length).Where(i => all[i].Found is null && asked.Rows[i].AsksMore).ToArray();
        EndpointAnswer? answer = null;
        if (left.Length > 0)
        {
            answer = await AskInsteadAsync(http, release, endpoint, body!, asked, left,
                Begin(http, wanted, ask, release) with { Ids = [.. left.Select(i => ids[i])] });
            foreach (var i in left) all[i] = all[i] with { End = LookupEnd.Model, Why = null };
        }
        shelf.Tell(release, endpoint, all, ids, took);
        if (asked.IsOne && all[0].Why is { } why)
            throw new InferenceException(all[0].End == LookupEnd.Missing ? InferenceFault.NotFound : InferenceFault.Unavailable, why);
        if (computed.Fault is { } fault) throw new InferenceException(InferenceFault.Unavailable, fault);
        using var sent = new PooledBuffer();
        if (asked.IsOne && answer is not null) Write(sent, answer, true, scores);
        else Write(sent, all, ids, answer, left, endpoint, release, asked.IsOne, scores, Language.Of(http).Code);
        await SendAsync(http, sent);
    }

    static Lookup[] Unaskable(LivePrecomputed computed, AskedKeys asked) =>
        [.. asked.Keys.Select(key => new Lookup(key, null, LookupEnd.Unavailable, computed.Fault))];

    /// <summary>Puts some of the rows to the model, in one request; what is wrong with one of them is told by its place among all.</summary>
    async Task<EndpointAnswer> AskInsteadAsync(
        HttpContext http, LiveRelease release, LiveEndpoint endpoint, RequestBody body, AskedKeys asked, int[] which, EndpointAsk ask)
    {
        var some = ArrayPool<byte>.Shared.Rent(2 + which.Sum(i => asked.Rows[i].Length + 1));
        var end = 0;
        foreach (var i in which)
        {
            some[end++] = (byte)(end == 1 ? '[' : ',');
            body.Bytes.AsSpan(asked.Rows[i].At, asked.Rows[i].Length).CopyTo(some.AsSpan(end));
            end += asked.Rows[i].Length;
        }
        some[end++] = (byte)']';
        using var picked = RequestBody.Over(some, end);
        try
        {
            using var rows = Read(release, endpoint, picked, http.Request, out _);
            return await shelf.AskAsync(release, endpoint, rows, ask, http.RequestAborted);
        }
        catch (FieldsRefusedException e)
        {
            throw new FieldsRefusedException([.. e.Errors.Select(OfAll)]);
        }

        FieldError OfAll(FieldError error)
        {
            var row = which[Math.Clamp(error.Row, 1, which.Length) - 1] + 1;
            var values = new Dictionary<string, string>(error.Says.Values);
            if (values.ContainsKey("row")) values["row"] = row.ToString(CultureInfo.InvariantCulture);
            return new(row, error.Field, new(error.Says.Id, values));
        }
    }

    static string Cut(string text) => text.Length <= 60 ? text : text[..60] + "…";

    /// <summary>[keys] their values in a query string.</summary>
    static string[] KeyOf(IReadOnlyList<string> keys, IQueryCollection query)
    {
        foreach (var asked in query.Keys)
            if (!keys.Any(k => Names(k, asked)))
                throw InferenceException.Bad(Message.Of("precomputed.other-key", ("key", Cut(asked)), ("keys", string.Join(", ", keys))));
        return [.. keys.Select(key => query.FirstOrDefault(q => Names(key, q.Key)).Value is [{ } value] ? value
            : throw new FieldsRefusedException([new(1, key, NoKey(key))]))];
    }

    static Message NoKey(string key) => Message.Of("precomputed.no-key", ("key", key));

    /// <summary>Whether a caller's name is a column's: its own, or the same in camelCase.</summary>
    static bool Names(string column, string asked) => asked == column || asked == EndpointSchema.CamelOf(column);

    // ── bodies ──

    /// <summary>What rows were asked by.</summary>
    /// <param name="Keys">[rows] a text for each key.</param>
    /// <param name="Rows">[rows] where each stands in the body, and whether it has more than its keys, so that the model might be asked about it.</param>
    /// <param name="IsOne">Whether one object was sent, and no list.</param>
    readonly record struct AskedKeys(
        IReadOnlyList<string[]> Keys, IReadOnlyList<(int At, int Length, bool AsksMore)> Rows, bool IsOne, (int At, int Length) Parameters);

    /// <summary>Reads <c>{…}</c>, <c>[{…}, …]</c> or <c>{"rows": [{…}, …], "parameters": {…}}</c>.</summary>
    /// <exception cref="InferenceException">It is no such body.</exception>
    /// <exception cref="FieldsRefusedException">A key is missing in a row.</exception>
    static AskedKeys KeysOf(IReadOnlyList<string> keys, RequestBody body)
    {
        var (found, rows, errors, parameters) = (new List<string[]>(), new List<(int, int, bool)>(), new List<FieldError>(), default((int, int)));
        try
        {
            var reader = new Utf8JsonReader(body.Bytes.AsSpan(0, body.Length));
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                Rows(ref reader);
                return Ended(ref reader, isOne: false);
            }
            if (reader.TokenType != JsonTokenType.StartObject) throw NoRow();
            var list = reader;
            if (HasRows(ref list))
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var named = reader.GetString();
                    reader.Read();
                    if (named == "rows" && reader.TokenType == JsonTokenType.StartArray && found.Count == 0) Rows(ref reader);
                    else if (named == "parameters" && reader.TokenType == JsonTokenType.StartObject)
                    {
                        var at = (int)reader.TokenStartIndex;
                        reader.Skip();
                        parameters = (at, (int)reader.BytesConsumed - at);
                    }
                    else throw NoRow();
                }
                return Ended(ref reader, isOne: false);
            }
            Row(ref reader);
            return Ended(ref reader, isOne: true);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw NoRow();
        }

        AskedKeys Ended(ref Utf8JsonReader reader, bool isOne)
        {
            while (reader.Read()) throw NoRow();        // nothing may stand behind it
            if (found.Count == 0) throw NoRow();
            return errors.Count > 0 ? throw new FieldsRefusedException(errors) : new(found, rows, isOne, parameters);
        }

        void Rows(ref Utf8JsonReader reader)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject) throw NoRow();
                if (found.Count == MostLookups) throw InferenceException.Bad(Message.Of("precomputed.too-many", ("most", MostLookups)));
                Row(ref reader);
            }
        }

        void Row(ref Utf8JsonReader reader)
        {
            var (key, asksMore, at) = (new string?[keys.Count], false, (int)reader.TokenStartIndex);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (name, isKey) = (reader.GetString()!, false);
                reader.Read();
                for (var i = 0; i < key.Length; i++)
                {
                    if (!Names(keys[i], name)) continue;
                    isKey = true;
                    key[i] = reader.TokenType switch
                    {
                        JsonTokenType.String => reader.GetString(),
                        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
                        JsonTokenType.True => "true",
                        JsonTokenType.False => "false",
                        _ => null,
                    };
                }
                asksMore |= !isKey;
                reader.Skip();
            }
            var missing = Array.IndexOf(key, null);
            if (missing >= 0 && errors.Count < MostKeyErrors) errors.Add(new(found.Count + 1, keys[missing], NoKey(keys[missing])));
            found.Add(key!);
            rows.Add((at, (int)reader.BytesConsumed - at, asksMore));
        }

        static InferenceException NoRow() => InferenceException.Bad(Message.Of("precomputed.one-row"));
    }

    /// <summary>Whether an object is an envelope: it has a list of rows.</summary>
    static bool HasRows(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRows = reader.ValueTextEquals("rows"u8);
            reader.Read();
            if (isRows && reader.TokenType == JsonTokenType.StartArray) return true;
            reader.Skip();
        }
        return false;
    }

    // ── answers ──

    static void Write(PooledBuffer sent, Lookup[] all, IReadOnlyList<string> ids, EndpointAnswer? answer, int[] left, LiveEndpoint endpoint,
        LiveRelease release, bool one, bool scores, string language)
    {
        if (one) InferenceJson.Write(sent, json =>
        {
            Found(json, all[0].Found!.Value, ids[0]);
            Release(json);
        });
        else
        {
            using var asked = Asked();
            InferenceJson.Write(sent, json => Several(json, asked));
        }

        // What the model said stands here as every other door writes it.
        JsonDocument? Asked()
        {
            if (answer is null) return null;
            using var written = new PooledBuffer();
            Write(written, answer, false, scores);
            return JsonDocument.Parse(written.Written.ToArray());
        }

        void Several(Utf8JsonWriter json, JsonDocument? asked)
        {
            Release(json);
            json.WriteStartArray("predictions"u8);
            for (var i = 0; i < all.Length; i++)
            {
                if (asked is not null && Array.BinarySearch(left, i) is >= 0 and var at)
                {
                    asked.RootElement.GetProperty("predictions"u8)[at].WriteTo(json);
                    continue;
                }
                json.WriteStartObject();
                if (all[i].Found is { } found) Found(json, found, ids[i]);
                else
                {
                    json.WriteString("id"u8, ids[i]);
                    json.WriteNull("answer"u8);
                    json.WriteStartObject("missing"u8);
                    json.WriteString("detail"u8, all[i].Why!.In(language));
                    json.WriteString("id"u8, all[i].Why!.Id);
                    json.WriteEndObject();
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }

        void Release(Utf8JsonWriter json)
        {
            json.WriteString("endpoint"u8, endpoint.Version.ToString());
            json.WriteNumber("release"u8, release.Number);
        }

        static void Found(Utf8JsonWriter json, in PrecomputedAnswer found, string id)
        {
            json.WriteString("id"u8, id);
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
        }
    }
}
