using System.Collections.Frozen;
using Kumiki.Tracking;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>What MLflow's clients talk to: the whole path of a tracking request, past the routing that the pages' API needs.</summary>
/// <remarks>A request that is a client's goes: 1. host and origin; 2. its endpoint by path and method; 3. its fields, from the query or the body; 4. the
/// endpoint; and ends here whatever becomes of it, with one JSON object. All other requests pass by.</remarks>
sealed partial class TrackingDoor(Served served, ITrackingStore store, ILogger log)
{
    /// <summary>What clients switch their features by.</summary>
    internal const string Version = "3.11.0";

    const string ApiFolder = "mlflow/", ArtifactFolder = "mlflow-artifacts/", ModelFolder = "mlflow/logged-models/";
    static readonly string[] Prefixes = ["/api/2.0/", "/api/3.0/", "/ajax-api/2.0/", "/ajax-api/3.0/"];

    /// <summary>Endpoints by path, then by method.</summary>
    static readonly FrozenDictionary<string, FrozenDictionary<string, TrackingEndpoint>> Endpoints =
        ExperimentEndpoints.All.Concat(RunEndpoints.All).Concat(MetricEndpoints.All).Concat(ArtifactEndpoints.All).Concat(RegistryEndpoints.All)
            .Concat(LoggedModelEndpoints.All)
        .GroupBy(e => e.Path, StringComparer.Ordinal)
        .ToFrozenDictionary(path => path.Key, path => path.ToFrozenDictionary(e => e.Method, StringComparer.Ordinal), StringComparer.Ordinal);

    public async Task Of(HttpContext http, RequestDelegate next)
    {
        if (Asked(http) is not { } path)
        {
            await next(http);
            return;
        }
        try
        {
            await AnswerAsync(http, path);
        }
        catch (TrackingException e)
        {
            await (e.Fault switch
            {
                TrackingFault.InvalidValue => TrackingError.BadValue(e.Says),
                TrackingFault.NotThere => TrackingError.NotThere(e.Says),
                TrackingFault.AlreadyThere => new(StatusCodes.Status400BadRequest, "RESOURCE_ALREADY_EXISTS", e.Says),
                _ => new TrackingError(StatusCodes.Status400BadRequest, "INVALID_STATE", e.Says),
            }).WriteAsync(http);
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // who asked is gone: nobody is left to answer
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            await new TrackingError(e.StatusCode, "BAD_REQUEST", Message.Of("tracking.bad-request", ("reason", e.Message))).WriteAsync(http);
        }
        catch (KumikiException e) when (!http.Response.HasStarted)
        {
            await new TrackingError(StatusCodes.Status503ServiceUnavailable, "TEMPORARILY_UNAVAILABLE", e.Says).WriteAsync(http);
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            Failed(log, http.Request.Method, http.Request.Path, e);
            await new TrackingError(StatusCodes.Status500InternalServerError, "INTERNAL_ERROR", Message.Of("serve.failed", ("path", http.Request.Path)))
                .WriteAsync(http);
        }
    }

    async Task AnswerAsync(HttpContext http, string path)
    {
        if (path is "/health" or "/version")
        {
            http.Response.ContentType = "text/plain; charset=utf-8";
            await http.Response.WriteAsync(path == "/health" ? "OK" : Version, http.RequestAborted);
            return;
        }
        var (endpoint, id, key) = Find(path, http.Request.Method, out var others);
        if (endpoint is null)
        {
            var (status, says) = others.Count == 0 ? (StatusCodes.Status404NotFound, Message.Of("serve.no-address", ("path", Short(http.Request.Path))))
                : (StatusCodes.Status405MethodNotAllowed, Message.Of("serve.wrong-method", ("method", http.Request.Method),
                    ("path", Short(http.Request.Path))));
            if (others.Count > 0) http.Response.Headers.Allow = string.Join(", ", others);
            await new TrackingError(status, "ENDPOINT_NOT_FOUND", says).WriteAsync(http);
        }
        else if (!endpoint.OnlyReads && !WriteGuard.IsOfOurPages(http.Request))
            await TrackingError.Forbidden(Message.Of("serve.other-origin", ("origin", Short(http.Request.Headers.Origin.ToString())))).WriteAsync(http);
        else if (!endpoint.OnlyReads && served.ReadOnly) await TrackingError.Forbidden(Message.Of("serve.read-only")).WriteAsync(http);
        else
        {
            using var call = await TrackingCall.ReadAsync(http, served, store, endpoint, id, key);
            await endpoint.Answer(call);
        }
    }

    /// <summary>The endpoint of a path and a method, and what the path itself names.</summary>
    /// <param name="others">The methods the path would answer to instead.</param>
    static (TrackingEndpoint? Endpoint, string Id, string Key) Find(string path, string method, out IReadOnlyList<string> others)
    {
        var (id, key) = ("", "");
        if (path.StartsWith(ArtifactFolder, StringComparison.Ordinal)) (path, id) = ArtifactEndpoints.Split(path);
        else if (!Endpoints.ContainsKey(path) && path.StartsWith(ModelFolder, StringComparison.Ordinal))
        {
            // mlflow/logged-models/m-1/tags/stage is mlflow/logged-models/{id}/tags/{key}; a slash within a key comes still encoded
            var parts = path[ModelFolder.Length..].Split('/');
            id = parts[0];
            parts[0] = "{id}";
            if (parts is [_, "tags", .., var last]) (key, parts) = (Uri.UnescapeDataString(string.Join('/', parts[2..])), ["{id}", "tags", "{key}"]);
            path = ModelFolder + string.Join('/', parts);
        }
        if (!Endpoints.TryGetValue(path, out var methods))
        {
            others = [];
            return (null, "", "");
        }
        if (!methods.TryGetValue(method == HttpMethods.Head ? HttpMethods.Get : method, out var endpoint))
        {
            others = [.. methods.Keys.Order(StringComparer.Ordinal)];
            return (null, "", "");
        }
        others = [];
        return (endpoint, id, key);
    }

    /// <summary>Whether a request is a tracking client's.</summary>
    internal static bool IsFor(HttpContext http) => Asked(http) is not null;

    /// <summary>The part of a client's path that says what it asks for; null where the request is no client's.</summary>
    static string? Asked(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (path is "/health" or "/version" || Endpoints.ContainsKey(path)) return path;
        // As it was sent: the server's own reading of a path takes ".." out of it before anyone could refuse it.
        var sent = http.Features.Get<IHttpRequestFeature>()?.RawTarget is { } target && target.StartsWith('/') ? target.Split('?')[0] : path;
        foreach (var prefix in Prefixes)
            if (Below(sent, prefix) is { } file && file.StartsWith(ArtifactFolder, StringComparison.Ordinal)) return file;
            else if (Below(path, prefix) is { } rest && rest.StartsWith(ApiFolder, StringComparison.Ordinal)) return rest;
        return null;

        static string? Below(string path, string prefix) => path.StartsWith(prefix, StringComparison.Ordinal) ? path[prefix.Length..] : null;
    }

    static string Short(string text) => text.Length <= 120 ? text : "…";

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    static partial void Failed(ILogger logger, string method, string path, Exception e);
}

/// <summary>One endpoint: where, how, and what answers.</summary>
/// <param name="Path">Behind <c>/api/2.0/</c>; or with a slash in front, the whole of it.</param>
sealed record TrackingEndpoint(string Method, string Path, Func<TrackingCall, Task> Answer)
{
    /// <summary>Whether it changes nothing, so that a server that only shows answers it.</summary>
    internal bool OnlyReads { get; init; } = Method == HttpMethods.Get;

    /// <summary>Whether the body is a file, and the fields are in the query.</summary>
    internal bool TakesFile { get; init; }

    internal static TrackingEndpoint Get(string path, Func<TrackingCall, Task> answer) => new(HttpMethods.Get, Api + path, answer);
    internal static TrackingEndpoint Post(string path, Func<TrackingCall, Task> answer) => new(HttpMethods.Post, Api + path, answer);
    internal static TrackingEndpoint Patch(string path, Func<TrackingCall, Task> answer) => new(HttpMethods.Patch, Api + path, answer);
    internal static TrackingEndpoint Delete(string path, Func<TrackingCall, Task> answer) => new(HttpMethods.Delete, Api + path, answer);

    /// <summary>A search: by GET and by POST, as some clients send it by the one and some by the other.</summary>
    internal static IEnumerable<TrackingEndpoint> Search(string path, Func<TrackingCall, Task> answer) =>
        [Get(path, answer), Post(path, answer) with { OnlyReads = true }];

    const string Api = "mlflow/";
}

/// <summary>What a client is told when its call was not done: the protocol's code, and a sentence of the catalogue.</summary>
sealed record TrackingError(int Status, string Code, Message Says)
{
    internal static TrackingError BadValue(Message says) => new(StatusCodes.Status400BadRequest, "INVALID_PARAMETER_VALUE", says);

    internal static TrackingError NotThere(Message says) => new(StatusCodes.Status404NotFound, "RESOURCE_DOES_NOT_EXIST", says);

    internal static TrackingError Forbidden(Message says) => new(StatusCodes.Status403Forbidden, "PERMISSION_DENIED", says);

    internal Task WriteAsync(HttpContext http)
    {
        http.Response.StatusCode = Status;
        return ProtoJson.WriteAsync(http, json =>
        {
            json.WriteString("error_code", Code);
            json.WriteString("message", Says.In(Language.Of(http).Code));
        });
    }
}
