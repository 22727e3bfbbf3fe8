using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>The pages, built from <c>web/</c> into this assembly: each file as it is, and compressed beforehand.</summary>
/// <remarks>Files under <c>assets/</c> have their digest in their names and never change; <c>index.html</c> is asked for again each time, and
/// its entity tag says whether it did.</remarks>
static class PageRoutes
{
    const string Prefix = "web/";

    static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    static readonly HashSet<string> Names =
        [.. typeof(PageRoutes).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
        .Select(n => n[Prefix.Length..])];

    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        string[] read = [HttpMethods.Get, HttpMethods.Head];
        routes.MapMethods("/", read, http => SendAsync(http, "index.html")).ExcludeFromDescription();
        routes.MapMethods("/{**path}", read, http => SendAsync(http, http.Request.Path.Value![1..])).ExcludeFromDescription();
    }

    static Task SendAsync(HttpContext http, string path)
    {
        if (Names.Count == 0 && path == "index.html")
            return new Refused(StatusCodes.Status503ServiceUnavailable, Message.Of("serve.no-pages")).ExecuteAsync(http);
        if (!Names.Contains(path) || !Types.TryGetValue(Path.GetExtension(path), out var type))
            return Refused.NotFound(Message.Of("serve.no-address", ("path", http.Request.Path.Value!.Length <= 120 ? http.Request.Path : "…")))
                .ExecuteAsync(http);

        var (name, encoding) = Best(path, http.Request.Headers.AcceptEncoding.ToString());
        using var stream = typeof(PageRoutes).Assembly.GetManifestResourceStream(Prefix + name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);

        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\"";
        var headers = http.Response.Headers;
        headers.ContentType = type;
        headers.ETag = tag;
        headers.Vary = "Accept-Encoding";
        if (path.StartsWith("assets/", StringComparison.Ordinal)) headers.CacheControl = "public, max-age=31536000, immutable";
        if (http.Request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        if (encoding is not null) headers.ContentEncoding = encoding;
        headers.ContentLength = bytes.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(bytes, 0, bytes.Length, http.RequestAborted);
    }

    static (string Name, string? Encoding) Best(string path, string accepted) =>
        accepted.Contains("br", StringComparison.Ordinal) && Names.Contains(path + ".br") ? (path + ".br", "br")
        : accepted.Contains("gzip", StringComparison.Ordinal) && Names.Contains(path + ".gz") ? (path + ".gz", "gzip")
        : (path, null);
}
