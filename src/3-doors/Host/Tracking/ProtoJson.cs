using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kumiki.Tracking;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>Answers as the protocol's JSON has them: whole numbers as numbers, doubles that are none as texts, enums by name, and nothing said of
/// what is not there.</summary>
static class ProtoJson
{
    static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes one object as the whole answer.</summary>
    internal static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = buffer.WrittenCount;
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(buffer.WrittenMemory, http.RequestAborted);
    }

    internal static void TextOrNone(this Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    internal static void WholeOrNone(this Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
    }

    internal static void Double(this Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteString(name, double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }

    /// <summary>A list of objects; nothing where it is empty.</summary>
    internal static void Objects<T>(this Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> fields)
    {
        if (items.Count == 0) return;
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            fields(json, item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    internal static void Texts(this Utf8JsonWriter json, string name, IReadOnlyList<string> items)
    {
        if (items.Count == 0) return;
        json.WriteStartArray(name);
        foreach (var item in items) json.WriteStringValue(item);
        json.WriteEndArray();
    }

    internal static void Entries(this Utf8JsonWriter json, string name, IReadOnlyList<Entry> entries) => json.Objects(name, entries, static (json, entry) =>
    {
        json.WriteString("key"u8, entry.Key);
        json.WriteString("value"u8, entry.Value);
    });

    internal static void Metric(this Utf8JsonWriter json, in LoggedMetric metric, string? run = null)
    {
        json.WriteString("key"u8, metric.Key);
        json.Double("value", metric.Value);
        json.WriteNumber("timestamp"u8, metric.TimestampMs);
        json.WriteNumber("step"u8, metric.Step);
        json.TextOrNone("dataset_name", metric.Dataset);
        json.TextOrNone("dataset_digest", metric.DatasetDigest);
        json.TextOrNone("model_id", metric.Model);
        json.TextOrNone("run_id", run);
    }
}
