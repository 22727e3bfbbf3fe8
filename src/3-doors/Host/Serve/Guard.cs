using System.Net;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>What every answer carries, and whom we answer.</summary>
/// <remarks>Without authentication the server is for this machine. A page of another site may still send a browser here under a name of its own that resolves to 127.0.0.1
/// (DNS rebinding), so only our own host names are answered.</remarks>
static class Guard
{
    const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static Task Of(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        // No browser speaks HTTP/2 that was not agreed on under TLS, nor reads what gRPC answers.
        if (GrpcDoor.IsFor(http) && HttpProtocol.IsHttp2(http.Request.Protocol) && IsOurs(http.Request.Host)) return next(http);
        if ((InferenceDoor.IsFor(http) || EndpointDoor.IsFor(http)) && IsOurs(http.Request.Host))
        {
            // Programs ask thousands of times a second, and no browser shows what they get: JSON or bytes, never sniffed, never lent to another site.
            headers.XContentTypeOptions = "nosniff";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            return next(http);
        }
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        return IsOurs(http.Request.Host) ? next(http)
            : InferenceDoor.IsFor(http) ? InferenceDoor.WriteErrorAsync(http, StatusCodes.Status421MisdirectedRequest, Message.Of("serve.other-host", ("host", http.Request.Host)))
            : TrackingDoor.IsFor(http) ? TrackingError.Forbidden(Message.Of("serve.other-host", ("host", http.Request.Host))).WriteAsync(http)
            : new Refused(StatusCodes.Status421MisdirectedRequest, Message.Of("serve.other-host", ("host", http.Request.Host))).ExecuteAsync(http);
    }

    internal static bool IsOurs(HostString host) => IsPlain(host.Value, "127.0.0.1") || IsPlain(host.Value, "localhost")
        || host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>Whether it is a name that most ask by, told without taking it apart.</summary>
    static bool IsPlain(string? host, string name) => host is not null && host.StartsWith(name, StringComparison.Ordinal)
        && (host.Length == name.Length || (host[name.Length] == ':' && !host.AsSpan(name.Length + 1).ContainsAnyExceptInRange('0', '9')));
}
