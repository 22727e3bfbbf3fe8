using System.Globalization;
using System.IO.Compression;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>What clients of the Open Inference Protocol talk to over REST: everything under <c>/v2</c>, past the routing that the pages' API needs.</summary>
/// <remarks>A request goes: 1. host and origin; 2. what its path asks; 3. its body into typed memory; 4. the model's lane; 5. its answer from the engine's
/// memory; and ends within <c>/v2</c> whatever
/// becomes of it, a failure as <c>{"error": …}</c>.</remarks>
sealed partial class InferenceDoor(Served served, ModelShelf shelf, ILogger log)
{
    const string Extensions = "binary_tensor_data,model_repository,statistics";
    const string JsonLength = "Inference-Header-Content-Length";

    /// <summary>An answer of this size or less is not worth packing.</summary>
    const int SmallAnswer = 1024;

    /// <summary>When to ask again, of a server that is busy.</summary>
    internal static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Whether a request is a client's of this protocol.</summary>
    public static bool IsFor(HttpContext http) => http.Request.Path.Value is { } path && path.StartsWith("/v2", StringComparison.Ordinal)
        && (path.Length == 3 || path[3] == '/');

    public Task Of(HttpContext http, RequestDelegate next) => IsFor(http) ? AnswerAsync(http) : next(http);

    async Task AnswerAsync(HttpContext http)
    {
        try
        {
            await RouteAsync(http);
        }
        catch (InferenceException e) when (!http.Response.HasStarted)
        {
            await WriteErrorAsync(http, StatusOf(e.Fault), e.Says, IsBusy(e.Fault));
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
            Failed(log, http.Request.Method, http.Request.Path, e);
            await WriteErrorAsync(http, StatusCodes.Status500InternalServerError, Message.Of("serve.failed", ("path", Short(http.Request.Path))));
        }
    }

    internal static int StatusOf(InferenceFault fault) => fault switch
    {
        InferenceFault.BadRequest => StatusCodes.Status400BadRequest,
        InferenceFault.NotFound => StatusCodes.Status404NotFound,
        InferenceFault.Withdrawn => StatusCodes.Status409Conflict,
        InferenceFault.TooLarge => StatusCodes.Status413PayloadTooLarge,
        InferenceFault.TooSlow => StatusCodes.Status408RequestTimeout,
        InferenceFault.QueueFull => StatusCodes.Status429TooManyRequests,
        InferenceFault.Unavailable => StatusCodes.Status503ServiceUnavailable,
        InferenceFault.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    internal static bool IsBusy(InferenceFault fault) => fault is InferenceFault.QueueFull or InferenceFault.Unavailable;

    // ── paths ──

    Task RouteAsync(HttpContext http)
    {
        const string Models = "/v2/models/", Infer = "/infer";
        var whole = http.Request.Path.Value!;
        // What most ask is told from the rest without taking the path apart.
        if (whole.Length > Models.Length + Infer.Length && whole.StartsWith(Models, StringComparison.Ordinal) && whole.EndsWith(Infer, StringComparison.Ordinal)
            && whole.IndexOf('/', Models.Length) == whole.Length - Infer.Length)
            return Post(http, changes: false) ?? InferAsync(http, whole[Models.Length..^Infer.Length], null);
        var path = whole.TrimEnd('/').Split('/');       // "", "v2", …
        return path.AsSpan(2) switch
        {
            [] => Get(http) ?? ServerAsync(http),
            ["health", "live"] => Get(http) ?? WriteAsync(http, json => json.WriteBoolean("live"u8, true)),
            ["health", "ready"] => Get(http) ?? ReadyAsync(http),
            ["models", "stats"] => Get(http) ?? StatsAsync(http, null, null),
            ["models", var model] => Get(http) ?? MetadataAsync(http, model, null),
            ["models", var model, "infer"] => Post(http, changes: false) ?? InferAsync(http, model, null),      // with a slash at its end
            ["models", var model, "ready"] => Get(http) ?? ModelReadyAsync(http, model, null),
            ["models", var model, "stats"] => Get(http) ?? StatsAsync(http, model, null),
            ["models", var model, "versions", var version] => Get(http) ?? MetadataAsync(http, model, version),
            ["models", var model, "versions", var version, "infer"] => Post(http, changes: false) ?? InferAsync(http, model, version),
            ["models", var model, "versions", var version, "ready"] => Get(http) ?? ModelReadyAsync(http, model, version),
            ["models", var model, "versions", var version, "stats"] => Get(http) ?? StatsAsync(http, model, version),
            ["repository", "index"] => Post(http, changes: false) ?? IndexAsync(http),
            ["repository", "models", var model, "load"] => Post(http, changes: true) ?? LoadAsync(http, model),
            ["repository", "models", var model, "unload"] => Post(http, changes: true) ?? UnloadAsync(http, model),
            _ => WriteErrorAsync(http, StatusCodes.Status404NotFound, Message.Of("serve.no-address", ("path", Short(http.Request.Path)))),
        };
    }

    static Task? Get(HttpContext http) => HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) ? null : WrongMethod(http, "GET");

    Task? Post(HttpContext http, bool changes)
    {
        if (!HttpMethods.IsPost(http.Request.Method)) return WrongMethod(http, "POST");
        if (!WriteGuard.IsOfOurPages(http.Request))
            return WriteErrorAsync(http, StatusCodes.Status403Forbidden,
                Message.Of("serve.other-origin", ("origin", Short(http.Request.Headers.Origin.ToString()))));
        return changes && served.ReadOnly ? WriteErrorAsync(http, StatusCodes.Status403Forbidden, Message.Of("serve.read-only")) : null;
    }

    static Task WrongMethod(HttpContext http, string allowed)
    {
        http.Response.Headers.Allow = allowed;
        return WriteErrorAsync(http, StatusCodes.Status405MethodNotAllowed,
            Message.Of("serve.wrong-method", ("method", Short(http.Request.Method)), ("path", Short(http.Request.Path))));
    }

    // ── inference ──

    async Task InferAsync(HttpContext http, string name, string? version)
    {
        using var span = RequestTrace.Begin(http, "infer");
        try
        {
            using var asking = shelf.Ask();
            var model = await shelf.UseAsync(name, version, http.RequestAborted);
            span.Of(model.Version);
            try
            {
                await InferAsync(http, model);
            }
            catch (InferenceException e)
            {
                model.Figures.Fail(e.Fault);
                throw;
            }
            finally
            {
                model.Release();
            }
        }
        catch (InferenceException e)
        {
            span.Failed(e.Fault);
            throw;
        }
    }

    async Task InferAsync(HttpContext http, LoadedModel model)
    {
        var gone = http.RequestAborted;
        using var body = await RequestBody.ReadAsync(http.Request, shelf.Settings, gone);
        using var request = new InferenceRequest(model.Signature);
        AskedOutputs asked;
        using (ServingTrace.Source.StartActivity("decode"))
        {
            var picture = http.Request.ContentType?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) ?? false;
            var json = picture ? 0 : JsonLengthOf(http.Request, body);
            asked = json == 0 ? InferenceJson.ReadRaw(body, request, picture) : InferenceJson.Read(body, json, request);
            RequestParameters.Headers(request, http.Request.Headers);
            request.Complete();
        }
        using var sent = new PooledBuffer();
        int? jsonSent;
        using (var answer = await model.Lane.AskAsync(request, gone))
        using (ServingTrace.Source.StartActivity("encode"))
            jsonSent = InferenceJson.Write(sent, answer, asked);
        await WriteAsync(http, sent, jsonSent);
    }

    /// <returns>−1 where the body is JSON alone.</returns>
    static int JsonLengthOf(HttpRequest request, RequestBody body)
    {
        if (request.Headers[JsonLength] is not [{ } text]) return -1;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= body.Length ? length
            : throw InferenceException.Bad(Message.Of("inference.json-length", ("header", JsonLength), ("text", Short(text)), ("bytes", body.Length)));
    }

    // ── what is there ──

    static Task ServerAsync(HttpContext http) => WriteAsync(http, json =>
    {
        json.WriteString("name"u8, "kumiki");
        json.WriteString("version"u8, typeof(InferenceDoor).Assembly.GetName().Version!.ToString(3));
        json.WriteStartArray("extensions"u8);
        foreach (var extension in Extensions.Split(',')) json.WriteStringValue(extension);
        json.WriteEndArray();
    });

    Task ReadyAsync(HttpContext http)
    {
        if (shelf.IsDraining) http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return WriteAsync(http, json => json.WriteBoolean("ready"u8, !shelf.IsDraining));
    }

    async Task ModelReadyAsync(HttpContext http, string name, string? version)
    {
        var ready = await shelf.IsReadyAsync(name, version, http.RequestAborted);
        if (!ready) http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        await WriteAsync(http, json =>
        {
            json.WriteString("name"u8, name);
            json.WriteBoolean("ready"u8, ready);
        });
    }

    async Task MetadataAsync(HttpContext http, string name, string? version)
    {
        var versions = await shelf.VersionsAsync(name, http.RequestAborted);
        var model = await shelf.UseAsync(name, version, http.RequestAborted);
        try
        {
            await WriteAsync(http, json =>
            {
                json.WriteString("name"u8, name);
                json.WriteStartArray("versions"u8);
                foreach (var number in versions) json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                json.WriteEndArray();
                json.WriteString("platform"u8, "onnxruntime_onnx");
                Tensors("inputs", model.Signature.Inputs);
                Tensors("outputs", model.Signature.Outputs);
                json.WriteStartObject("parameters"u8);
                json.WriteString("version"u8, model.Version.Number.ToString(CultureInfo.InvariantCulture));
                json.WriteBoolean("batches"u8, model.Joins);
                if (model.Signature.Pictures.Any(p => p is not null))
                {
                    json.WriteStartArray("pictures"u8);
                    foreach (var picture in model.Signature.Pictures.OfType<Onnx.PictureInput>())
                    {
                        json.WriteStartObject();
                        json.WriteString("input"u8, picture.Tensor);
                        json.WriteString("adapter"u8, Onnx.PictureInput.Adapter);
                        json.WriteNumber("side"u8, picture.Side);
                        json.WriteEndObject();
                    }
                    json.WriteEndArray();
                }
                json.WriteEndObject();

                void Tensors(string field, Native.OnnxRuntime.TensorInfo[] tensors)
                {
                    json.WriteStartArray(field);
                    foreach (var tensor in tensors)
                    {
                        json.WriteStartObject();
                        json.WriteString("name"u8, tensor.Name);
                        json.WriteString("datatype"u8, TensorTypes.NameOf(tensor.Type));
                        json.WriteStartArray("shape"u8);
                        foreach (var dimension in tensor.Shape) json.WriteNumberValue(dimension);
                        json.WriteEndArray();
                        json.WriteEndObject();
                    }
                    json.WriteEndArray();
                }
            });
        }
        finally
        {
            model.Release();
        }
    }

    async Task StatsAsync(HttpContext http, string? name, string? version)
    {
        VersionName? only = name is null ? null : await shelf.ResolveAsync(name, version, http.RequestAborted);
        var all = shelf.Figures.Where(f => only is not { } one || (version is null ? f.Key.Asset == one.Asset : f.Key == one)).OrderBy(f => f.Key).ToList();
        await WriteAsync(http, json =>
        {
            json.WriteStartArray("model_stats"u8);
            foreach (var (of, figures) in all)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, of.Asset);
                json.WriteString("version"u8, of.Number.ToString(CultureInfo.InvariantCulture));
                json.WriteNumber("inference_count"u8, figures.Rows);
                json.WriteNumber("execution_count"u8, figures.Runs);
                json.WriteStartObject("inference_stats"u8);
                Times("success", figures.Answered, figures.TotalNs);
                Times("fail", figures.Failed, 0);
                Times("queue", figures.Answered, figures.QueueNs);
                Times("compute_input", figures.Answered, 0);
                Times("compute_infer", figures.Runs, figures.RunNs);
                Times("compute_output", figures.Answered, 0);
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndArray();

            void Times(string field, long count, long ns)
            {
                json.WriteStartObject(field);
                json.WriteNumber("count"u8, count);
                json.WriteNumber("ns"u8, ns);
                json.WriteEndObject();
            }
        });
    }

    // ── the repository ──

    async Task IndexAsync(HttpContext http)
    {
        var ready = await RepositoryBody.IsReadyOnlyAsync(http.Request, shelf.Settings, http.RequestAborted);
        var all = await shelf.IndexAsync(ready, http.RequestAborted);
        var language = Language.Of(http).Code;
        using var sent = new PooledBuffer();
        InferenceJson.WriteArray(sent, json =>
        {
            foreach (var one in all)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, one.Version.Asset);
                json.WriteString("version"u8, one.Version.Number.ToString(CultureInfo.InvariantCulture));
                json.WriteString("state"u8, StateOf(one.State));
                json.WriteString("reason"u8, one.Reason?.In(language) ?? "");
                json.WriteEndObject();
            }
        });
        await WriteAsync(http, sent, null);
    }

    internal static string StateOf(ModelState state) => state switch
    {
        ModelState.Ready => "READY",
        ModelState.Loading => "LOADING",
        _ => "UNAVAILABLE",
    };

    async Task LoadAsync(HttpContext http, string name)
    {
        await shelf.LoadAsync(name, null, http.RequestAborted);
        await WriteAsync(http, static _ => { });
    }

    async Task UnloadAsync(HttpContext http, string name)
    {
        await shelf.UnloadAsync(name, http.RequestAborted);
        await WriteAsync(http, static _ => { });
    }

    // ── answers ──

    static async Task WriteAsync(HttpContext http, Action<System.Text.Json.Utf8JsonWriter> fields)
    {
        using var sent = new PooledBuffer();
        InferenceJson.Write(sent, fields);
        await WriteAsync(http, sent, null);
    }

    /// <param name="json">Bytes of the JSON part, where bytes of tensors follow.</param>
    static async Task WriteAsync(HttpContext http, PooledBuffer sent, int? json)
    {
        var response = http.Response;
        response.ContentType = json is null ? "application/json" : "application/octet-stream";
        if (json is { } length) response.Headers[JsonLength] = length.ToString(CultureInfo.InvariantCulture);
        if (sent.Length > SmallAnswer && PackingOf(http.Request) is { } packing)
        {
            using var packed = new MemoryStream();
            await using (Stream stream = packing == "gzip" ? new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)
                : new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                stream.Write(sent.Written.Span);
            response.Headers.ContentEncoding = packing;
            response.Headers.Vary = "Accept-Encoding";
            response.ContentLength = packed.Length;
            if (!HttpMethods.IsHead(http.Request.Method)) await response.Body.WriteAsync(packed.GetBuffer().AsMemory(0, (int)packed.Length),
                http.RequestAborted);
            return;
        }
        response.ContentLength = sent.Length;
        if (!HttpMethods.IsHead(http.Request.Method)) await response.BodyWriter.WriteAsync(sent.Written, http.RequestAborted);
    }

    /// <summary>How the client takes an answer packed; null: not at all.</summary>
    static string? PackingOf(HttpRequest request)
    {
        foreach (var header in request.Headers.AcceptEncoding)
            foreach (var part in (header ?? "").Split(',', StringSplitOptions.TrimEntries))
                if (part is "gzip" or "deflate") return part;
        return null;
    }

    internal static async Task WriteErrorAsync(HttpContext http, int status, Message says, bool busy = false)
    {
        http.Response.StatusCode = status;
        if (busy) http.Response.Headers.RetryAfter = RetryAfter.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.ContentLanguage = Language.Of(http).Code;
        using var sent = new PooledBuffer();
        InferenceJson.Write(sent, json => json.WriteString("error"u8, says.In(Language.Of(http).Code)));
        await WriteAsync(http, sent, null);
    }

    internal static string Short(string text) => text.Length <= 120 ? text : "…";

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    static partial void Failed(ILogger logger, string method, string path, Exception e);
}
