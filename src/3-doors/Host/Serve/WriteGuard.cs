using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>Who may write, and what a request that writes says.</summary>
/// <remarks>Without authentication, a page of another site must not be able to write through the reader's browser: such a request comes with that site's
/// <c>Origin</c>, and a
/// form cannot send JSON. Programs send neither header and are let through, as the command line is.</remarks>
static class WriteGuard
{
    const int MostBytes = 256 * 1024;

    /// <summary>Reads what is asked for.</summary>
    /// <returns>The request; or why it is refused.</returns>
    /// <param name="most">Bytes of the body.</param>
    public static async Task<(T? Asked, Refused? Refused)> ReadAsync<T>(HttpContext http, Served served, CancellationToken stop, int most = MostBytes) where T : class
    {
        if (served.ReadOnly) return (null, new(StatusCodes.Status403Forbidden, Message.Of("serve.read-only")));
        if (!IsOfOurPages(http.Request)) return (null,
            new(StatusCodes.Status403Forbidden,
            Message.Of("serve.other-origin", ("origin", http.Request.Headers.Origin.ToString() is { Length: > 0 and <= 120 } origin ? origin : "…"))));
        if (http.Request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
            return (null, new(StatusCodes.Status415UnsupportedMediaType, Message.Of("serve.not-json", ("path", http.Request.Path))));
        if (http.Request.ContentLength > most) return (null, TooLong());

        var body = new MemoryStream();
        var buffer = new byte[8192];
        for (int read; (read = await http.Request.Body.ReadAsync(buffer, stop)) > 0;)
        {
            if (body.Length + read > most) return (null, TooLong());
            body.Write(buffer, 0, read);
        }
        try
        {
            var asked = (T?)JsonSerializer.Deserialize(body.ToArray(), (JsonTypeInfo<T>)ApiJson.Written.GetTypeInfo(typeof(T)));
            return asked is null ? (null, Refused.Bad(Message.Of("serve.bad-body", ("reason", "null")))) : (asked, null);
        }
        catch (JsonException e)
        {
            return (null, Refused.Bad(Message.Of("serve.bad-body", ("reason", e.Path is { Length: > 0 } path ? path : $"line {e.LineNumber + 1}"))));
        }

        Refused TooLong() => new(StatusCodes.Status413PayloadTooLarge, Message.Of("serve.body-long", ("path", http.Request.Path), ("most", most / 1024)));
    }

    /// <summary>Whether a request comes from our own pages or from no page at all.</summary>
    internal static bool IsOfOurPages(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site && site is not ("same-origin" or "none")) return false;
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }
}
