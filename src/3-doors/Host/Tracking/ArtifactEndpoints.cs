using Kumiki.Store;
using Kumiki.Tracking;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Kumiki.Hosting;

/// <summary>The files of runs and models: uploaded, downloaded and listed through this server, streamed both ways.</summary>
static class ArtifactEndpoints
{
    const string Folder = "mlflow-artifacts/artifacts", File = Folder + "/{path}";
    const int MostPageBytes = 10 * 1024 * 1024;

    internal static IEnumerable<TrackingEndpoint> All { get; } =
    [
        new(HttpMethods.Get, Folder, ListAsync),
        new(HttpMethods.Get, File, call => SendAsync(call, Named(call))),
        new(HttpMethods.Put, File, call => PutAsync(call, Named(call))) { TakesFile = true },
        new(HttpMethods.Delete, File, DeleteAsync) { TakesFile = true },
        .. PartEndpoints.All,
        new(HttpMethods.Get, "/get-artifact", async call => await SendAsync(call, await LocationAsync(call))),
        new(HttpMethods.Post, "/v1/traces", call => new TrackingError(StatusCodes.Status501NotImplemented, "NOT_IMPLEMENTED", Message.Of("tracking.no-traces"))
            .WriteAsync(call.Http)) { TakesFile = true },
        TrackingEndpoint.Get("artifacts/list", async call => await ListAsync(call, await LocationAsync(call), call.Fields.TextOrNull("path") ?? "")),
        TrackingEndpoint.Post("upload-artifact", UploadAsync) with { TakesFile = true },
    ];

    /// <summary>Types a browser may show; what could run in one is plain text, and all of it is offered for saving only.</summary>
    static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".bmp"] = "image/bmp",
        [".pdf"] = "application/pdf",
        [".zip"] = "application/zip",
        [".gz"] = "application/gzip",
        [".mp4"] = "video/mp4",
        [".wav"] = "audio/wav",
        [".mp3"] = "audio/mpeg",
    };

    static readonly HashSet<string> TextLike = new(StringComparer.OrdinalIgnoreCase)
    {
        ".txt", ".log", ".err", ".cfg", ".conf", ".cnf", ".cf", ".ini", ".properties", ".prop", ".hocon", ".toml", ".yaml", ".yml", ".xml",
        ".json", ".jsonl", ".js", ".ts", ".py", ".csv", ".tsv", ".md", ".rst", ".html", ".htm", ".svg", ".css", ".sh", ".r", ".sql",
        ".ipynb",
    };

    /// <summary>The endpoint of a path below <c>mlflow-artifacts/</c>, and the file it names, still percent-encoded.</summary>
    internal static (string Endpoint, string File) Split(string path) =>
        path.StartsWith(Folder + "/", StringComparison.Ordinal) ? (File, path[(Folder.Length + 1)..]) : PartEndpoints.Split(path);

    internal static TrackedPath Named(TrackingCall call) => Path(Uri.UnescapeDataString(call.Id)) is { IsTop: false } path ? path : throw BadPath("");

    static async Task<string> LocationAsync(TrackingCall call) => (await call.Store.RunAsync(RunEndpoints.Id(call), call.Stop)).Info.Location;

    /// <summary>What a page uploads to a run: one file, not large.</summary>
    static async Task UploadAsync(TrackingCall call)
    {
        var path = Below(await LocationAsync(call), call.Fields.Text("path"));
        if (call.Http.Request.ContentLength is not (>= 0 and <= MostPageBytes)) throw Fields.Bad(Message.Of("tracking.body-long",
            ("path", call.Http.Request.Path), ("most", MostPageBytes)));
        await PutAsync(call, path);
    }

    static async Task PutAsync(TrackingCall call, TrackedPath path)
    {
        var bytes = Body(call, path, most: null);
        await KeepAsync(call, path, store => store.PutAsync(bytes, call.Stop));
        await call.DoneAsync();
    }

    /// <summary>The body as it is to be kept.</summary>
    /// <param name="most">In bytes; null for any number.</param>
    internal static Stream Body(TrackingCall call, TrackedPath path, long? most)
    {
        var request = call.Http.Request;
        if (request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            throw Fields.Bad(Message.Of("tracking.encoded-file", ("path", path)));
        if (request.ContentLength > most) throw Fields.Bad(Message.Of("tracking.body-long", ("path", request.Path), ("most", most)));
        if (call.Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = most;
        return request.Body;
    }

    /// <summary>Puts a file into the store, and lets a path name it.</summary>
    internal static async Task KeepAsync(TrackingCall call, TrackedPath path, Func<IArtifactStore, Task<Blob>> put)
    {
        var (served, stop) = (call.Served, call.Stop);
        var generation = (await served.Metadata.CollectionAsync(stop)).Generation;
        var blob = await put(served.Artifacts);
        while (await call.Store.KeepArtifactAsync(path, blob, generation, stop) is not null)
        {
            // A collection began since. It keeps what is younger than its grace, so the blob is gone only when the upload took longer than that.
            var settled = await GarbageCollection.SettleAsync(served.Metadata, served.Artifacts, [blob.Content], new(), served.Clock, stop);
            if (settled.Missing.Count > 0) throw new KumikiException(Message.Of("tracking.collected", ("path", path)));
            generation = settled.Generation;
        }
    }

    /// <summary>Sends the file that the query names below a location.</summary>
    internal static Task SendAsync(TrackingCall call, string location, string field = "path") => SendAsync(call, Below(location, call.Fields.Text(field)));

    static async Task SendAsync(TrackingCall call, TrackedPath path)
    {
        var http = call.Http;
        var blob = await FoundAsync(call, path);
        var headers = http.Response.Headers;
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(path.Name);
        headers.ContentDisposition = disposition.ToString();
        headers.ContentType = TypeOf(path.Name);
        await SentRange.SendAsync(http, blob, call.Served.Artifacts, call.Stop);
    }

    /// <exception cref="TrackingException">There is no such file.</exception>
    internal static async Task<Blob> FoundAsync(TrackingCall call, TrackedPath path) => await call.Store.ArtifactAsync(path, call.Stop)
        ?? throw new TrackingException(TrackingFault.NotThere, Message.Of("tracking.no-artifact", ("path", path)));

    static Task DeleteAsync(TrackingCall call) => ExperimentEndpoints.Done(call, call.Store.DeleteArtifactsAsync(Named(call), call.Stop));

    static async Task ListAsync(TrackingCall call)
    {
        var files = await call.Store.ArtifactsAsync(Path(call.Fields.TextOrNull("path") ?? ""), call.Stop);
        await call.AnswerAsync(json => json.Objects("files", files, static (json, file) => Write(json, file.Name, file)));
    }

    /// <summary>Lists a folder of what has its files at <paramref name="location"/>; paths are told from there.</summary>
    internal static async Task ListAsync(TrackingCall call, string location, string below)
    {
        var folder = Below(location, below);
        var shown = Path(below).ToString();
        var files = await call.Store.ArtifactsAsync(folder, call.Stop);
        await call.AnswerAsync(json =>
        {
            json.WriteString("root_uri", location);
            json.Objects("files", files, (json, file) => Write(json, shown.Length == 0 ? file.Name : $"{shown}/{file.Name}", file));
        });
    }

    static void Write(System.Text.Json.Utf8JsonWriter json, string path, ArtifactEntry file)
    {
        json.WriteString("path", path);
        json.WriteBoolean("is_dir", file.Bytes is null);
        json.WholeOrNone("file_size", file.Bytes);
    }

    internal static TrackedPath Below(string location, string below)
    {
        if (TrackedPath.OfUri(location) is not { } root) throw Fields.Bad(Message.Of("tracking.kept-elsewhere", ("location", location)));
        return root.Below(below) ?? throw BadPath(below);
    }

    internal static TrackedPath Path(string text) => TrackedPath.Of(text) ?? throw BadPath(text);

    internal static TrackingException BadPath(string text) => Fields.Bad(Message.Of("tracking.bad-path", ("path", TrackingRules.Quoted(text))));

    static string TypeOf(string name)
    {
        var extension = System.IO.Path.GetExtension(name);
        if (TextLike.Contains(extension) || name is "MLmodel" or "MLproject") return "text/plain; charset=utf-8";
        return Types.GetValueOrDefault(extension, "application/octet-stream");
    }
}
