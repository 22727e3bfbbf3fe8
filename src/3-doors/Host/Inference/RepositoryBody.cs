using System.Text.Json;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>What is asked of the repository's index: all, or with <c>{"ready": true}</c> only what is in memory.</summary>
static class RepositoryBody
{
    public static async Task<bool> IsReadyOnlyAsync(HttpRequest request, ServingSettings settings, CancellationToken gone)
    {
        using var body = await RequestBody.ReadAsync(request, settings, gone);
        if (body.Length == 0) return false;
        try
        {
            using var document = JsonDocument.Parse(body.Bytes.AsMemory(0, body.Length));
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Bad();
            if (!document.RootElement.TryGetProperty("ready", out var ready)) return false;
            return ready.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => throw Bad() };
        }
        catch (JsonException)
        {
            throw Bad();
        }

        static InferenceException Bad() => InferenceException.Bad(Message.Of("inference.field", ("field", "ready"), ("wanted", "boolean in a JSON object")));
    }
}
