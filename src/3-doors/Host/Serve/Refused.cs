using System.Reflection;
using Kumiki.Tracking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Kumiki.Hosting;

/// <summary>A request that was not done: problem+json (RFC 9457) whose <c>detail</c> is one sentence of the catalogue in the language asked for.</summary>
sealed class Refused(int status, Message says) : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    public int? StatusCode => status;
    public Message Says => says;

    public static Refused Bad(Message says) => new(StatusCodes.Status400BadRequest, says);

    public static Refused NotFound(Message says) => new(StatusCodes.Status404NotFound, says);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var said = Said.Of(says, Language.Of(httpContext));
        httpContext.Response.StatusCode = status;
        httpContext.Response.Headers.ContentLanguage = Language.Of(httpContext).Code;
        return httpContext.Response.WriteAsJsonAsync(
            new Problem("about:blank", ReasonPhrases.GetReasonPhrase(status), status, said.Text, said.Id, said.Values),
            ApiJson.Written, "application/problem+json", httpContext.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status400BadRequest, typeof(Problem), ["application/problem+json"]));
}

/// <summary>A problem as RFC 9457 has it, with the catalogue's id and the values of its holes.</summary>
sealed record Problem(string Type, string Title, int Status, string Detail, string Id, IReadOnlyDictionary<string, string> Values);

/// <summary>Makes every error one sentence: ours as they are, others named as a fault of ours and written to the log.</summary>
static partial class Refusals
{
    public static async Task Of(HttpContext http, RequestDelegate next)
    {
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: StatusCodes.Status415UnsupportedMediaType, ContentType: null })
                await new Refused(StatusCodes.Status415UnsupportedMediaType, Message.Of("serve.not-json", ("path", http.Request.Path))).ExecuteAsync(http);
            if (http.Response is { HasStarted: false, StatusCode: StatusCodes.Status405MethodNotAllowed })
                await new Refused(StatusCodes.Status405MethodNotAllowed,
                    Message.Of("serve.wrong-method", ("method", http.Request.Method), ("path", http.Request.Path))).ExecuteAsync(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // who asked is gone: nobody is left to answer
        }
        catch (TrackingException e) when (!http.Response.HasStarted)
        {
            await new Refused(e.Fault == TrackingFault.NotThere ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, e.Says).ExecuteAsync(http);
        }
        catch (KumikiException e) when (e.Says.Id == "store.no-blob" && !http.Response.HasStarted
            && http.RequestServices.GetRequiredService<Served>().AnswersOnly)
        {
            await Refused.NotFound(Message.Of("serve.not-brought")).ExecuteAsync(http);
        }
        catch (KumikiException e) when (!http.Response.HasStarted)
        {
            await new Refused(StatusCodes.Status503ServiceUnavailable, e.Says).ExecuteAsync(http);
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            Failed(http.RequestServices.GetRequiredService<ILogger<KumikiServer>>(), http.Request.Method, http.Request.Path, e);
            await new Refused(StatusCodes.Status500InternalServerError, Message.Of("serve.failed", ("path", http.Request.Path))).ExecuteAsync(http);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    static partial void Failed(ILogger logger, string method, string path, Exception e);
}
