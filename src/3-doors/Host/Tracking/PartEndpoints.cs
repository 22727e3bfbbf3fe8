using System.Globalization;
using Kumiki.Tracking;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Kumiki.Hosting;

/// <summary>Large files in parts: what a client asks for first, where it puts the parts, and how it ends; and from where it may fetch parts.</summary>
/// <remarks>The protocol leaves open where parts go: they come here too, so that they need no other address, and no other right, than all else.</remarks>
static class PartEndpoints
{
    const string Create = "mlflow-artifacts/mpu/create/", Complete = "mlflow-artifacts/mpu/complete/", Abort = "mlflow-artifacts/mpu/abort/",
        OnePart = "mlflow-artifacts/mpu/part/", Presigned = "mlflow-artifacts/presigned/", Rest = "{path}";

    /// <summary>10,000 as elsewhere would end at 100 GB with the parts of 10 MB that Python's client makes.</summary>
    internal const int MostParts = 100_000;

    const long MostPartBytes = 5L << 30;

    internal static IEnumerable<TrackingEndpoint> All { get; } =
    [
        new(HttpMethods.Post, Create + Rest, CreateAsync),
        new(HttpMethods.Put, OnePart + Rest, PutAsync) { TakesFile = true },
        new(HttpMethods.Post, Complete + Rest, CompleteAsync),
        new(HttpMethods.Post, Abort + Rest, AbortAsync),
        new(HttpMethods.Get, Presigned + Rest, AddressAsync),
    ];

    /// <summary>As <see cref="ArtifactEndpoints.Split"/>.</summary>
    internal static (string Endpoint, string Named) Split(string path)
    {
        foreach (var start in (ReadOnlySpan<string>)[Create, Complete, Abort, OnePart, Presigned])
            if (path.StartsWith(start, StringComparison.Ordinal)) return (start + Rest, path[start.Length..]);
        return (path, "");
    }

    static PartUploads Uploads(TrackingCall call) => call.Http.RequestServices.GetRequiredService<PartUploads>();

    static async Task CreateAsync(TrackingCall call)
    {
        var path = Target(call);
        var parts = (int)(call.Fields.WholeOrNull("num_parts") is null ? 1 : call.Fields.Most("num_parts", 1, MostParts));
        if (Uploads(call).Begin(path, parts) is not { } upload)
        {
            await new TrackingError(StatusCodes.Status429TooManyRequests, "RESOURCE_EXHAUSTED", Message.Of("upload.too-many", ("most", PartUploads.Most)))
                .WriteAsync(call.Http);
            return;
        }
        var address = Address(call.Http.Request, OnePart + upload.Id);
        await call.AnswerAsync(json =>
        {
            json.WriteString("upload_id", upload.Id);
            json.WriteStartArray("credentials");
            for (var number = 1; number <= parts; number++)
            {
                json.WriteStartObject();
                json.WriteString("url", string.Create(CultureInfo.InvariantCulture, $"{address}/{number}"));
                json.WriteNumber("part_number", number);
                json.WriteStartObject("headers");
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    static async Task PutAsync(TrackingCall call)
    {
        if (call.Id.Split('/') is not [var id, var text] || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw ArtifactEndpoints.BadPath(call.Id);
        var upload = Uploads(call).Of(id);
        call.Http.Response.Headers.ETag = await upload.PutAsync(number,
            ArtifactEndpoints.Body(call, upload.Path, MostPartBytes), call.Http.Request.ContentLength, call.Stop);
        await call.DoneAsync();
    }

    static async Task CompleteAsync(TrackingCall call)
    {
        var upload = Uploads(call).Of(call.Fields.Text("upload_id"), Target(call));
        if (call.Fields.Count("parts") == 0) throw call.Fields.Missing("parts");
        var listed = call.Fields.Objects("parts", part => (part.Whole("part_number"), part.Text("etag")));
        await upload.CompleteAsync(listed, put => ArtifactEndpoints.KeepAsync(call, upload.Path, put), call.Stop);
        await call.DoneAsync();
    }

    static async Task AbortAsync(TrackingCall call)
    {
        await Uploads(call).AbortAsync(call.Fields.Text("upload_id"), Target(call), call.Stop);
        await call.DoneAsync();
    }

    /// <summary>The address of a file for a client that fetches it in ranges, several at once.</summary>
    static async Task AddressAsync(TrackingCall call)
    {
        var path = ArtifactEndpoints.Named(call);
        var blob = await ArtifactEndpoints.FoundAsync(call, path);
        var encoded = string.Join('/', path.ToString().Split('/').Select(Uri.EscapeDataString));
        await call.AnswerAsync(json =>
        {
            json.WriteString("url", Address(call.Http.Request, "mlflow-artifacts/artifacts/" + encoded));
            json.WriteStartObject("headers");
            json.WriteEndObject();
            json.WriteNumber("file_size", blob.Bytes);
        });
    }

    /// <summary>Where the file goes: the folder is in the path, and its name the last of the client's own path, of whichever system.</summary>
    static TrackedPath Target(TrackingCall call)
    {
        var local = call.Fields.Text("path");
        var name = local[(local.LastIndexOfAny(['/', '\\']) + 1)..];
        return ArtifactEndpoints.Path(Uri.UnescapeDataString(call.Id)).Below(name) is { Name.Length: > 0 } path && name.Length > 0
            ? path
            : throw ArtifactEndpoints.BadPath(local);
    }

    /// <summary>Absolute, by the name under which the client reached this server.</summary>
    static string Address(HttpRequest request, string path) => $"{request.Scheme}://{request.Host}/api/2.0/{path}";
}
