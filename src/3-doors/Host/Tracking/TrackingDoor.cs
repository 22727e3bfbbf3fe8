using System.Collections.Frozen;
using Kumiki.Tracking;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>What MLflow's clients talk to: the whole path of a tracking request, past the routing that the pages' API needs.</summary>
/// <remarks>A request that is a client's goes: 1. host and origin; 2. its endpoint by path and method; 3. its fields, from the query or the body; 4. the
/// endpoint; and ends here whatever becomes of it, with one JSON object. All other requests pass by.</remarks>
sealed partial class TrackingDoor(Served served, ITrackingStore store, ILogger log)
{
    /// <summary>What clients switch their features by.</summary>
    internal const string Version = "3.11.0";

    const string ApiFolder = "mlflow/", ArtifactFolder = "mlflow-artifacts/";
    static readonly string[] Prefixes = ["/api/2.0/", "/api/3.0/", "/ajax-api/2.0/", "/ajax-api/3.0/"];

    /// <summary>Endpoints by path below <see cref="ApiFolder"/>, then by method.</summary>
    static readonly FrozenDictionary<string, FrozenDictionary<string, Func<TrackingCall, Task>>> Endpoints =
        ExperimentEndpoints.All.Concat(RunEndpoints.All).Concat(MetricEndpoints.All)
        .GroupBy(e => e.Path, StringComparer.Ordinal)
        .ToFrozenDictionary(path => path.Key, path => path.ToFrozenDictionary(e => e.Method, e => e.Answer, StringComparer.Ordinal), StringComparer.Ordinal);

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
            await new TrackingError(StatusCodes.Status500InternalServerError, "INTERNAL_ERROR", Message.Of("serve.failed", ("path", http.Request.Path))).WriteAsync(http);
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
        var reads = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        if (!WriteGuard.IsOfOurPages(http.Request) && !reads)
            await TrackingError.Forbidden(Message.Of("serve.other-origin", ("origin", Short(http.Request.Headers.Origin.ToString())))).WriteAsync(http);
        else if (await EndpointAsync(http, path) is { } endpoint)
        {
            if (served.ReadOnly && !reads && !endpoint.OnlyReads) await TrackingError.Forbidden(Message.Of("serve.read-only")).WriteAsync(http);
            else
            {
                using var call = await TrackingCall.ReadAsync(http, store, served.Artifacts, endpoint.Id);
                await endpoint.Answer(call);
            }
        }
    }

    sealed record Endpoint(Func<TrackingCall, Task> Answer, bool OnlyReads, string Id);

    /// <summary>The endpoint of a path; null when it has been answered that there is none.</summary>
    static async Task<Endpoint?> EndpointAsync(HttpContext http, string path)
    {
        if (path.StartsWith(ApiFolder, StringComparison.Ordinal) && Endpoints.TryGetValue(path[ApiFolder.Length..], out var methods))
        {
            if (methods.TryGetValue(http.Request.Method, out var answer)) return new(answer, path.EndsWith("/search", StringComparison.Ordinal) || path.EndsWith("get-latest-versions", StringComparison.Ordinal), "");
            http.Response.Headers.Allow = string.Join(", ", methods.Keys.Order(StringComparer.Ordinal));
            await new TrackingError(StatusCodes.Status405MethodNotAllowed, "ENDPOINT_NOT_FOUND",
                Message.Of("serve.wrong-method", ("method", http.Request.Method), ("path", Short(http.Request.Path)))).WriteAsync(http);
            return null;
        }
        await new TrackingError(StatusCodes.Status404NotFound, "ENDPOINT_NOT_FOUND", Message.Of("serve.no-address", ("path", Short(http.Request.Path)))).WriteAsync(http);
        return null;
    }

    /// <summary>Whether a request is a tracking client's.</summary>
    internal static bool IsFor(HttpContext http) => Asked(http) is not null;

    /// <summary>The part of a client's path that says what it asks for; null where the request is no client's.</summary>
    static string? Asked(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (path is "/health" or "/version") return path;
        foreach (var prefix in Prefixes)
            if (path.StartsWith(prefix, StringComparison.Ordinal) && path[prefix.Length..] is var rest && (rest.StartsWith(ApiFolder, StringComparison.Ordinal) || rest.StartsWith(ArtifactFolder, StringComparison.Ordinal)))
                return rest;
        return null;
    }

    static string Short(string text) => text.Length <= 120 ? text : "…";

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    static partial void Failed(ILogger logger, string method, string path, Exception e);
}

/// <summary>One endpoint: where, how, and what answers.</summary>
sealed record TrackingEndpoint(string Method, string Path, Func<TrackingCall, Task> Answer)
{
    internal static TrackingEndpoint Get(string path, Func<TrackingCall, Task> answer) => new(HttpMethods.Get, path, answer);
    internal static TrackingEndpoint Post(string path, Func<TrackingCall, Task> answer) => new(HttpMethods.Post, path, answer);
    internal static TrackingEndpoint Patch(string path, Func<TrackingCall, Task> answer) => new(HttpMethods.Patch, path, answer);
    internal static TrackingEndpoint Delete(string path, Func<TrackingCall, Task> answer) => new(HttpMethods.Delete, path, answer);

    /// <summary>By GET and by POST, as some clients send a search by the one and some by the other.</summary>
    internal static IEnumerable<TrackingEndpoint> Both(string path, Func<TrackingCall, Task> answer) => [Get(path, answer), Post(path, answer)];
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
