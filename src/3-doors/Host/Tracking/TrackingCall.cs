using System.Buffers;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Kumiki.Tracking;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kumiki.Hosting;

/// <summary>One call of a client: what it says, whom to ask, and how to answer.</summary>
sealed class TrackingCall : IDisposable
{
    /// <summary>What a body may be at most, unpacked: the longest that the limits of the fields allow is a dataset with its profile, in escapes.</summary>
    internal const int MostBytes = 64 * 1024 * 1024;

    readonly HttpContext http;
    readonly JsonDocument document;
    readonly byte[]? rented;

    TrackingCall(HttpContext http, Served served, ITrackingStore store, string id, string key, JsonDocument document, byte[]? rented, int bytes)
    {
        (this.http, this.document, this.rented, Served, Store, Id, Key, Bytes) = (http, document, rented, served, store, id, key, bytes);
        Fields = new(document.RootElement, "");
    }

    internal ITrackingStore Store { get; }
    internal Served Served { get; }
    internal Fields Fields { get; }

    /// <summary>Whom the path itself names; empty for most.</summary>
    internal string Id { get; }

    /// <summary>What of it the path names; empty for most.</summary>
    internal string Key { get; }

    /// <summary>Of the body, unpacked.</summary>
    internal int Bytes { get; }

    internal HttpContext Http => http;
    internal CancellationToken Stop => http.RequestAborted;

    internal static async Task<TrackingCall> ReadAsync(HttpContext http, Served served, ITrackingStore store, TrackingEndpoint endpoint, string id, string key)
    {
        var request = http.Request;
        if (endpoint.TakesFile || endpoint.Method == HttpMethods.Get || (endpoint.Method == HttpMethods.Delete && request.ContentType is null))
            return new(http, served, store, id, key, OfQuery(request.Query), null, 0);
        var (buffer, length) = await BodyAsync(request, http.RequestAborted);
        try
        {
            return new(http, served, store, id, key, Parsed(buffer.AsMemory(0, length)), buffer, length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>Answers with one object.</summary>
    internal Task AnswerAsync(Action<Utf8JsonWriter> fields) => ProtoJson.WriteAsync(http, fields);

    /// <summary>Answers that it is done: <c>{}</c>.</summary>
    internal Task DoneAsync() => AnswerAsync(_ => { });

    public void Dispose()
    {
        document.Dispose();
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>A query as the object it stands for; a field that is given again becomes a list.</summary>
    static JsonDocument OfQuery(IQueryCollection query)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, values) in query)
            {
                json.WritePropertyName(name);
                if (values.Count != 1) json.WriteStartArray();
                foreach (var value in values) json.WriteStringValue(value ?? "");
                if (values.Count != 1) json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        return JsonDocument.Parse(buffer.WrittenMemory);
    }

    /// <returns>A rented buffer, and how much of it the body is.</returns>
    static async Task<(byte[] Buffer, int Length)> BodyAsync(HttpRequest request, CancellationToken stop)
    {
        var type = request.ContentType;
        if (type is null || !type.AsSpan().Trim().StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
            throw Fields.Bad(Message.Of("tracking.not-json", ("type", type is { Length: <= 100 } ? type : "")));
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } most) most.MaxRequestBodySize = MostBytes;
        await using var unpacked = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
        {
            "" or "identity" => request.Body,
            "gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            _ => throw Fields.Bad(Message.Of("tracking.bad-encoding", ("path", request.Path))),
        };
        if (request.ContentLength > MostBytes) throw TooLong();
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(request.ContentLength + 1 ?? 0, 4096, 1024 * 1024));
        try
        {
            var length = 0;
            for (int read; (read = await unpacked.ReadAsync(buffer.AsMemory(length), stop)) > 0;)
            {
                length += read;
                if (length > MostBytes) throw TooLong();
                if (length < buffer.Length) continue;
                var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.AsSpan(0, length).CopyTo(larger);
                (buffer, var smaller) = (larger, buffer);
                ArrayPool<byte>.Shared.Return(smaller);
            }
            return (buffer, length);
        }
        catch (Exception e)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (e is InvalidDataException) throw Fields.Bad(Message.Of("tracking.bad-request", ("reason", e.Message)));
            throw;
        }

        TrackingException TooLong() => Fields.Bad(Message.Of("tracking.body-long", ("path", request.Path), ("most", MostBytes)));
    }

    /// <summary>What cannot be read counts as nothing said; then the first field that is needed is missed by name.</summary>
    static JsonDocument Parsed(ReadOnlyMemory<byte> body)
    {
        var document = ReadOrNothing(body);
        if (document.RootElement.ValueKind == JsonValueKind.String)
        {
            // Old clients write an object, then write that text as JSON again.
            using var outer = document;
            document = ReadOrNothing(Encoding.UTF8.GetBytes(new Fields(outer.RootElement, "").TextOf(outer.RootElement, "body")));
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        throw Fields.Bad(Message.Of("tracking.not-an-object"));
    }

    static JsonDocument ReadOrNothing(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return JsonDocument.Parse("{}");
        }
    }
}
