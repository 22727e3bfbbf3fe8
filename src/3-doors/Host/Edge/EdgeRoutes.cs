using Kumiki.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>Takes back what offline runners predicted.</summary>
static class EdgeRoutes
{
    /// <summary>Which runner sends.</summary>
    public const string DeviceHeader = "Kumiki-Device";

    const int MostBytes = 4 << 20;

    public static void MapEdge(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/edge").WithTags("edge");
        group.MapPost("logs", TakeAsync).Accepts<string>("application/jsonl")
            .WithSummary("Takes predictions of an offline runner, a JSON object a line, all or none, into the prediction log; each is kept once, however often it is sent.");
        group.MapGet("devices", DevicesAsync).WithSummary("The runners whose predictions are in the log.");
    }

    static async Task<Results<Ok<EdgeTaken>, Refused>> TakeAsync(HttpContext http, Served served, EdgeRecords records, CancellationToken stop)
    {
        if (!served.TakesLogs) return new Refused(StatusCodes.Status403Forbidden, Message.Of("serve.read-only"));
        if (!WriteGuard.IsOfOurPages(http.Request))
            return new Refused(StatusCodes.Status403Forbidden,
                Message.Of("serve.other-origin", ("origin", http.Request.Headers.Origin.ToString() is { Length: > 0 and <= 120 } origin ? origin : "…")));
        if (http.Request.ContentType is not "application/jsonl") return new Refused(StatusCodes.Status415UnsupportedMediaType, Message.Of("edge.not-lines"));
        if (!EdgeRecords.IsDevice(http.Request.Headers[DeviceHeader])) return Refused.Bad(Message.Of("edge.no-device", ("header", DeviceHeader)));
        var body = new MemoryStream();
        var buffer = new byte[8192];
        for (int read; (read = await http.Request.Body.ReadAsync(buffer, stop)) > 0;)
        {
            if (body.Length + read > MostBytes)
                return new Refused(StatusCodes.Status413PayloadTooLarge, Message.Of("serve.body-long", ("path", http.Request.Path),
                    ("most", MostBytes / 1024)));
            body.Write(buffer, 0, read);
        }
        try
        {
            var (taken, known) = await records.AddAsync(http.Request.Headers[DeviceHeader]!, body.GetBuffer().AsMemory(0, (int)body.Length), stop);
            return TypedResults.Ok(new EdgeTaken(taken, known));
        }
        catch (KumikiException e) when (e.Says.Id is "predlog.no-log" or "edge.not-kept")
        {
            return new Refused(StatusCodes.Status503ServiceUnavailable, e.Says);
        }
        catch (KumikiException e) when (e.Says.Id == "edge.bad-record")
        {
            return Refused.Bad(e.Says);
        }
    }

    static async Task<Ok<EdgeDevices>> DevicesAsync(EdgeRecords records, CancellationToken stop) =>
        TypedResults.Ok(new EdgeDevices(await records.DevicesAsync(stop)));
}

/// <param name="Taken">New ones, durable now.</param>
/// <param name="Known">Those that were sent before.</param>
sealed record EdgeTaken(int Taken, int Known);

sealed record EdgeDevices(IReadOnlyList<EdgeDevice> Devices);
