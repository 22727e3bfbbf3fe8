using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kumiki.Onnx;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Kumiki.Hosting;

/// <summary>What an endpoint is sent, as the JSON that its rows are read from: JSON as it came, one picture by itself (<c>Content-Type: image/jpeg</c>), or one
/// row as <c>multipart/form-data</c>, a part for each field.</summary>
static class EndpointBody
{
    const string Form = "multipart/form-data";

    /// <exception cref="InferenceException">It is too long, comes too slowly, or is no such body.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, LiveEndpoint endpoint, ServingSettings settings, CancellationToken gone)
    {
        var body = await RequestBody.ReadAsync(request, settings, gone);
        if (request.ContentType is not { } type) return body;
        var isForm = type.StartsWith(Form, StringComparison.OrdinalIgnoreCase);
        if (!isForm && !type.StartsWith("image/", StringComparison.OrdinalIgnoreCase)) return body;
        using (body)
        {
            using var row = new PooledBuffer();
            using (var json = new Utf8JsonWriter(row))
            {
                json.WriteStartObject();
                if (isForm) await FieldsAsync(json, body, type, endpoint, gone);
                else json.WriteBase64String(PictureOf(endpoint), body.Bytes.AsSpan(0, body.Length));
                json.WriteEndObject();
            }
            var bytes = ArrayPool<byte>.Shared.Rent(row.Length);
            row.Written.Span.CopyTo(bytes);
            return RequestBody.Over(bytes, row.Length);
        }
    }

    static string PictureOf(LiveEndpoint endpoint) => endpoint.Plan.Fields.Where(f => f.Kind == FieldKind.Picture).Take(2).ToList() is [var only] ? only.Name
        : throw InferenceException.Bad(Message.Of("endpoint.no-picture-field", ("endpoint", endpoint.Version)));

    static async Task FieldsAsync(Utf8JsonWriter json, RequestBody body, string type, LiveEndpoint endpoint, CancellationToken gone)
    {
        try
        {
            var boundary = MediaTypeHeaderValue.TryParse(type, out var parsed) ? HeaderUtilities.RemoveQuotes(parsed.Boundary).Value : null;
            if (string.IsNullOrEmpty(boundary)) throw new InvalidDataException("it names no boundary");
            using var stream = new MemoryStream(body.Bytes, 0, body.Length, writable: false);
            var reader = new MultipartReader(boundary, stream);
            while (await reader.ReadNextSectionAsync(gone) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var said)
                    || HeaderUtilities.RemoveQuotes(said.Name).Value is not { Length: > 0 } name)
                    throw new InvalidDataException("a part has no name");
                using var part = new MemoryStream();
                await section.Body.CopyToAsync(part, gone);
                var place = endpoint.Schema.Place(name);
                Write(json, name, part.GetBuffer().AsSpan(0, (int)part.Length), place < 0 ? FieldKind.Text : endpoint.Plan.Fields[place].Kind);
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException)
        {
            throw InferenceException.Bad(Message.Of("endpoint.bad-form", ("reason", e.Message.TrimEnd('.'))));
        }
    }

    /// <summary>What a form says of a field in the type of the field; what is none of it stays a text, and is refused with the field's name. An empty part of
    /// anything but a text is missing.</summary>
    static void Write(Utf8JsonWriter json, string name, ReadOnlySpan<byte> value, FieldKind kind)
    {
        if (value.IsEmpty && kind != FieldKind.Text) json.WriteNull(name);
        else if (kind == FieldKind.Picture) json.WriteBase64String(name, value);
        else if (kind == FieldKind.Flag && value.SequenceEqual("true"u8)) json.WriteBoolean(name, true);
        else if (kind == FieldKind.Flag && value.SequenceEqual("false"u8)) json.WriteBoolean(name, false);
        else if (kind <= FieldKind.Integer && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) && IsNumber(value))
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value);
        }
        else json.WriteString(name, Encoding.UTF8.GetString(value));
    }

    /// <summary>Whether JSON has numbers written so.</summary>
    static bool IsNumber(ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(value);
            return reader.Read() && reader.TokenType == JsonTokenType.Number && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
