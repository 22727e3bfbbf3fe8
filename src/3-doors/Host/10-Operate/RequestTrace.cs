using System.Diagnostics;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>The span of a request, the server's part of the trace that a client began or else of one of its own (w3.org/TR/trace-context).</summary>
static class RequestTrace
{
    const string Answered = "traceresponse";

    /// <summary>Begins the span.</summary>
    /// <param name="name">What is asked for, without names of models: there are few such names.</param>
    /// <param name="says">Whether the answer's header <c>traceresponse</c> names it; not where one answer has many.</param>
    /// <returns>Null where no trace is written of this request.</returns>
    public static Activity? Begin(HttpContext http, string name, bool says = true)
    {
        if (!ServingTrace.Source.HasListeners()) return null;
        var headers = http.Request.Headers;
        ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var parent);
        var span = ServingTrace.Source.StartActivity(name, ActivityKind.Server, parent);
        if (says && span is { Recorded: true } && !http.Response.HasStarted) http.Response.Headers[Answered] = span.Id;
        return span;
    }

    /// <summary>Says which model answers.</summary>
    public static void Of(this Activity? span, VersionName version)
    {
        if (span is { Recorded: true }) span.SetTag("kumiki.model", version.Asset).SetTag("kumiki.version", version.Number);
    }

    /// <summary>Says which endpoint of which release answers.</summary>
    public static void Of(this Activity? span, VersionName endpoint, int release)
    {
        if (span is { Recorded: true }) span.SetTag("kumiki.endpoint", endpoint.ToString()).SetTag("kumiki.release", release);
    }

    /// <summary>Says what was asked for that there is none of, or that failed; only what is the server's to mend is an error of its span.</summary>
    public static void Failed(this Activity? span, InferenceFault fault)
    {
        if (span is not { Recorded: true }) return;
        span.SetTag("error.type", MetricsDoor.CodeOf(fault));
        if (fault is InferenceFault.ModelFailed or InferenceFault.Unavailable or InferenceFault.DeadlineExceeded or InferenceFault.QueueFull)
            span.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>The trace that a request became part of; null where none was written.</summary>
    public static string? IdOf(HttpContext http) => http.Response.Headers[Answered] is [{ Length: > 35 } id] ? id[3..35] : null;

    /// <summary>What is sent on to whoever is asked next on behalf of this request; null where no trace is written.</summary>
    public static string? Parent => ServingTrace.Current?.Id;

}
