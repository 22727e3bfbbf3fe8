using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Kumiki.Client;

/// <summary>Values of one run, as many as one call may carry: the protocol's limits of <c>runs/log-batch</c>.</summary>
static class LogBatch
{
    internal const int MostMetrics = 1000, MostParameters = 100, MostTags = 100, MostInAll = 1000, MostBytes = 1_000_000;

    /// <summary>What the server cuts a longer one to; cut before it goes, since a whole call must stay below its bytes.</summary>
    internal const int MostParameterText = 6000, MostTagText = 8000;

    static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How many of the values, from the first, go into one call. A parameter never twice: the server refuses that even for equal values.</summary>
    /// <returns>At least 1, unless there are none.</returns>
    internal static int Fitting(IReadOnlyList<LoggedValue> values)
    {
        var (metrics, parameters, tags, bytes) = (0, 0, 0, 100L);
        HashSet<string>? seen = null;
        for (var i = 0; i < values.Count; i++)
        {
            var value = values[i];
            bytes += Bound(value);
            if (i == MostInAll || bytes > MostBytes) return Math.Max(i, 1);
            var fits = value.Kind switch
            {
                LoggedKind.Metric => ++metrics <= MostMetrics,
                LoggedKind.Parameter => ++parameters <= MostParameters && (seen ??= new(StringComparer.Ordinal)).Add(value.Key),
                _ => ++tags <= MostTags,
            };
            if (!fits) return i;
        }
        return values.Count;
    }

    /// <summary>The call's body; each kind in the order in which it was logged.</summary>
    internal static ReadOnlyMemory<byte> Body(string run, IReadOnlyList<LoggedValue> values)
    {
        var buffer = new ArrayBufferWriter<byte>(64 * Math.Max(values.Count, 4));
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("run_id"u8, run);
            Write(json, "metrics", values, LoggedKind.Metric);
            Write(json, "params", values, LoggedKind.Parameter);
            Write(json, "tags", values, LoggedKind.Tag);
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    static void Write(Utf8JsonWriter json, string name, IReadOnlyList<LoggedValue> values, LoggedKind kind)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            if (value.Kind != kind) continue;
            json.WriteStartObject();
            json.WriteString("key"u8, value.Key);
            if (kind == LoggedKind.Metric)
            {
                if (double.IsFinite(value.Number)) json.WriteNumber("value"u8, value.Number);
                else json.WriteString("value"u8, double.IsNaN(value.Number) ? "NaN" : value.Number > 0 ? "Infinity" : "-Infinity");
                json.WriteNumber("timestamp"u8, value.TimestampMs);
                json.WriteNumber("step"u8, value.Step);
            }
            else json.WriteString("value"u8, value.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Bytes that a value takes at most: a character is at most six as an escape.</summary>
    static long Bound(LoggedValue value) => 120 + (6L * (value.Key.Length + value.Text.Length));

    /// <summary>The first <paramref name="most"/> characters; one beyond the basic plane is one.</summary>
    internal static string Cut(string text, int most)
    {
        if (text.Length <= most) return text;
        var at = 0;
        for (var count = 0; at < text.Length && count < most; count++) at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
        return text[..at];
    }
}
