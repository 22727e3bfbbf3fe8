using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Kumiki.Onnx;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>What programs ask released endpoints through: <c>POST /api/endpoints/NAME/predict</c>, past the routing that the pages' API needs.</summary>
/// <remarks>A request goes: 1. host and origin; 2. the release that is live, once; 3. its rows, held against the endpoint's fields; 4. session, model, fallbacks; 5. the answer, which names every
/// version that made it. A failure is problem+json; of wrong rows <c>errors</c> names each field.</remarks>
sealed partial class EndpointDoor(EndpointShelf shelf, ModelShelf models, ILogger log)
{
    /// <summary>The release that answered; of a request, the one and only release that is to answer it.</summary>
    public const string ReleaseHeader = "Kumiki-Release";

    /// <summary>The oldest release that the caller takes an answer of.</summary>
    public const string AtLeastHeader = "Kumiki-Release-At-Least";

    /// <summary>Whose rows are answered alike.</summary>
    public const string SessionHeader = "Kumiki-Session";

    /// <summary>The release that answers a session; sent back, it answers on whichever server, for as long as it is not rolled back.</summary>
    public const string SessionReleaseHeader = "Kumiki-Session-Release";

    /// <summary>What the caller calls the prediction.</summary>
    public const string IdHeader = "Kumiki-Prediction-Id";

    const string Before = "/api/endpoints/", After = "/predict";

    /// <summary>Whether a request asks an endpoint.</summary>
    public static bool IsFor(HttpContext http) => http.Request.Path.Value is { } path && (Ends(path, After) || Ends(path, Computed));

    static bool Ends(string path, string with) => path.Length > Before.Length + with.Length
        && path.StartsWith(Before, StringComparison.Ordinal) && path.EndsWith(with, StringComparison.Ordinal) && path.IndexOf('/', Before.Length) == path.Length - with.Length;

    public Task Of(HttpContext http, RequestDelegate next) => IsFor(http) ? AnswerAsync(http) : next(http);

    async Task AnswerAsync(HttpContext http)
    {
        try
        {
            var isComputed = http.Request.Path.Value!.EndsWith(Computed, StringComparison.Ordinal);
            if (!HttpMethods.IsPost(http.Request.Method) && !(isComputed && HttpMethods.IsGet(http.Request.Method)))
            {
                http.Response.Headers.Allow = isComputed ? "GET, POST" : "POST";
                await WriteErrorAsync(http, StatusCodes.Status405MethodNotAllowed, Message.Of("serve.wrong-method", ("method", InferenceDoor.Short(http.Request.Method)), ("path", InferenceDoor.Short(http.Request.Path))));
                return;
            }
            if (!WriteGuard.IsOfOurPages(http.Request))
            {
                await WriteErrorAsync(http, StatusCodes.Status403Forbidden, Message.Of("serve.other-origin", ("origin", InferenceDoor.Short(http.Request.Headers.Origin.ToString()))));
                return;
            }
            await TracedAsync(http, http.Request.Path.Value[Before.Length..^(isComputed ? Computed : After).Length], isComputed);
        }
        catch (FieldsRefusedException e) when (!http.Response.HasStarted)
        {
            await WriteErrorAsync(http, StatusCodes.Status400BadRequest, e.Says, e.Errors);
        }
        catch (InferenceException e) when (!http.Response.HasStarted)
        {
            await WriteErrorAsync(http, InferenceDoor.StatusOf(e.Fault), e.Says, busy: InferenceDoor.IsBusy(e.Fault));
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // who asked is gone: nobody is left to answer
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            await WriteErrorAsync(http, e.StatusCode, Message.Of("inference.bad-request", ("reason", e.Message)));
        }
        catch (KumikiException e) when (!http.Response.HasStarted)
        {
            await WriteErrorAsync(http, StatusCodes.Status503ServiceUnavailable, e.Says, busy: true);
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            Failed(log, http.Request.Path, e);
            await WriteErrorAsync(http, StatusCodes.Status500InternalServerError, Message.Of("serve.failed", ("path", InferenceDoor.Short(http.Request.Path))));
        }
    }

    /// <summary>Asks the models, or looks up what was computed before.</summary>
    async Task TracedAsync(HttpContext http, string name, bool looksUp)
    {
        using var span = RequestTrace.Begin(http, looksUp ? "precomputed" : "predict");
        try
        {
            await (looksUp ? ComputedAsync(http, name, span) : PredictAsync(http, name, span));
        }
        catch (FieldsRefusedException)
        {
            span.Failed(InferenceFault.BadRequest);
            throw;
        }
        catch (InferenceException e)
        {
            span.Failed(e.Fault);
            throw;
        }
    }

    async Task PredictAsync(HttpContext http, string name, Activity? span)
    {
        var gone = http.RequestAborted;
        if (models.IsDraining) throw new InferenceException(InferenceFault.Unavailable, Message.Of("inference.stopping"));
        var asked = ReleaseOf(http.Request);
        var (release, endpoint) = await FindAsync(asked, Uri.UnescapeDataString(name), gone);
        span.Of(endpoint.Version, release.Number);
        http.Response.Headers[ReleaseHeader] = release.Number.ToString(CultureInfo.InvariantCulture);
        using var body = await EndpointBody.ReadAsync(http.Request, endpoint, models.Settings, gone);
        using var decode = ServingTrace.Source.StartActivity("decode");
        using var rows = Read(release, endpoint, body, http.Request, out var parameters);
        var (ask, all) = PredictParameters.Read(body.Bytes.AsSpan(parameters.At, parameters.Length), http.Request.Headers, rows.Count);
        decode?.Stop();
        var answer = await shelf.AskAsync(release, endpoint, rows, Begin(http, asked, ask, release), gone);
        using var sent = new PooledBuffer();
        using (ServingTrace.Source.StartActivity("encode")) Write(sent, answer, rows.IsOne, all);
        await SendAsync(http, sent);
    }

    static async Task SendAsync(HttpContext http, PooledBuffer sent)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = sent.Length;
        await http.Response.BodyWriter.WriteAsync(sent.Written, http.RequestAborted);
    }

    /// <exception cref="InferenceException">The body as a whole is wrong.</exception>
    EndpointRows Read(LiveRelease release, LiveEndpoint endpoint, RequestBody body, HttpRequest request, out (int At, int Length) parameters)
    {
        try
        {
            return EndpointRows.Read(endpoint.Schema, body.Bytes, body.Length, out parameters);
        }
        catch (KumikiException e)
        {
            endpoint.Figures.Fail(InferenceFault.BadRequest);
            shelf.Unreadable(release, endpoint, body.Bytes.AsSpan(0, body.Length), request.Headers[IdHeader].ToString(), e.Says);
            if (e is FieldsRefusedException) throw;
            throw InferenceException.Bad(e.Says);
        }
    }

    async ValueTask<(LiveRelease, LiveEndpoint)> FindAsync(AskedRelease asked, string name, CancellationToken gone)
    {
        try
        {
            var release = await shelf.ReleaseAsync(asked, gone);
            return (release, EndpointShelf.Find(release, name));
        }
        catch (InferenceException e) when (e.Fault == InferenceFault.Withdrawn)
        {
            shelf.Seen?.Endpoints.GetValueOrDefault(name)?.Figures.Fail(e.Fault);
            throw;
        }
    }

    /// <exception cref="InferenceException">A header that names a release is no number.</exception>
    static AskedRelease ReleaseOf(HttpRequest request)
    {
        return new(Number(ReleaseHeader, 1), Number(AtLeastHeader, 0) ?? 0, Number(SessionReleaseHeader, 0));

        int? Number(string header, int least) => request.Headers[header] is not [{ } text] ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var release) && release >= least ? release
            : throw InferenceException.Bad(Message.Of("inference.header", ("header", header), ("wanted", "number of a release")));
    }

    /// <summary>Tells a session the release that answers it.</summary>
    static EndpointAsk Begin(HttpContext http, AskedRelease asked, EndpointAsk ask, LiveRelease release)
    {
        if (ask.Session is null) return ask;
        http.Response.Headers[SessionReleaseHeader] = release.Number.ToString(CultureInfo.InvariantCulture);
        return ask with { IsOfRelease = asked.IsNamed };
    }

    // ── answers ──

    /// <summary>Writes an answer, as every door gives it.</summary>
    /// <param name="one">Whether one row was sent by itself.</param>
    /// <param name="all">Whether all scores of a row are told.</param>
    public static void Write(PooledBuffer sent, EndpointAnswer answer, bool one, bool all) => InferenceJson.Write(sent, json =>
    {
        if (one)
        {
            Fields(json, answer.Rows[0]);
            Release(json);
            return;
        }
        Release(json);
        json.WriteStartArray("predictions"u8);
        foreach (var row in answer.Rows)
        {
            json.WriteStartObject();
            Fields(json, row);
            json.WriteEndObject();
        }
        json.WriteEndArray();

        void Release(Utf8JsonWriter json)
        {
            json.WriteString("endpoint"u8, answer.Endpoint.Version.ToString());
            json.WriteNumber("release"u8, answer.Release.Number);
        }

        void Fields(Utf8JsonWriter json, Prediction row)
        {
            json.WriteString("id"u8, row.Id);
            Said(json, row.Decided, row.Parts is null ? row.Scores : null, row.Outputs);
            if (row.Model is { } model) json.WriteString("model"u8, model.ToString());
            if (row.Threshold is { } threshold) json.WriteString("threshold"u8, threshold.ToString());
            if (row.Parts is { } parts)
            {
                json.WriteStartArray("parts"u8);
                foreach (var part in parts)
                {
                    json.WriteStartObject();
                    json.WriteString("model"u8, part.Model.ToString());
                    if (part.Threshold is { } cut) json.WriteString("threshold"u8, cut.ToString());
                    Said(json, part.Decided, part.Scores, part.Outputs);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
            if (row.Fallback is { } fallback) json.WriteString("fallback"u8, fallback);
            if (row.Remembered) json.WriteBoolean("remembered"u8, true);
        }

        // What was decided, and the scores that it was decided on.
        void Said(Utf8JsonWriter json, Decided decided, float[]? scores, ModelOutputs? outputs)
        {
            if (decided.Number is { } number) json.WriteNumber("answer"u8, number);
            else if (decided.IsObject)
            {
                json.WritePropertyName("answer"u8);
                json.WriteRawValue(decided.Answer!);
            }
            else json.WriteString("answer"u8, decided.Answer);
            if (decided.Lower is { } lower) json.WriteNumber("lower"u8, lower);
            if (decided.Upper is { } upper) json.WriteNumber("upper"u8, upper);
            if (decided.Top is { } top)
            {
                json.WriteStartArray("top"u8);
                foreach (var ranked in top)
                {
                    json.WriteStartObject();
                    json.WriteString("class"u8, ranked.Class);
                    json.WriteNumber("probability"u8, ranked.Probability);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
            if (scores is [var score]) json.WriteNumber("score"u8, score);
            else if (scores is not null && all)
            {
                json.WriteStartObject("scores"u8);
                for (var i = 0; i < scores.Length; i++) json.WriteNumber(outputs!.Names[i], scores[i]);
                json.WriteEndObject();
            }
        }
    });

    static async Task WriteErrorAsync(HttpContext http, int status, Message says, IReadOnlyList<FieldError>? errors = null, bool busy = false)
    {
        var language = Language.Of(http).Code;
        http.Response.StatusCode = status;
        if (busy) http.Response.Headers.RetryAfter = InferenceDoor.RetryAfter.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.ContentLanguage = language;
        using var sent = new PooledBuffer();
        InferenceJson.Write(sent, json =>
        {
            json.WriteString("type"u8, "about:blank");
            json.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(status));
            json.WriteNumber("status"u8, status);
            json.WriteString("detail"u8, says.In(language));
            json.WriteString("id"u8, says.Id);
            if (errors is null) return;
            json.WriteStartArray("errors"u8);
            foreach (var error in errors)
            {
                json.WriteStartObject();
                json.WriteNumber("row"u8, error.Row);
                if (error.Field is { } field) json.WriteString("field"u8, field);
                json.WriteString("detail"u8, error.Says.In(language));
                json.WriteString("id"u8, error.Says.Id);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
        http.Response.ContentType = "application/problem+json";
        http.Response.ContentLength = sent.Length;
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.BodyWriter.WriteAsync(sent.Written, http.RequestAborted);
    }

    [LoggerMessage(LogLevel.Error, "POST {Path} failed")]
    static partial void Failed(ILogger logger, string path, Exception e);
}
