using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kumiki.Serving;

namespace Kumiki.Hosting;

/// <summary>The answers of an endpoint that were computed before: how many, how old, and what came of those who looked for them.</summary>
/// <param name="Rows">The dataset or predictions whose rows they are.</param>
/// <param name="Version">Null where they cannot be asked; <paramref name="Fault"/> says why.</param>
/// <param name="Bytes">In memory, as estimated.</param>
/// <param name="StaleSeconds">How long rows are fresh; null: for ever.</param>
/// <param name="RefusesStale">Whether older ones are no answer.</param>
/// <param name="Ends">Rows that were looked up since the server began: fresh, stale, missing, refused, model, unavailable.</param>
/// <param name="Example">A key that is there; null where there is none, or where keys tell of a person.</param>
sealed record PrecomputedLine(string Rows, VersionName? Version, int Count, long Bytes, DateTimeOffset? MadeAt, double? AgeSeconds, double? StaleSeconds,
    bool IsStale, bool RefusesStale, IReadOnlyList<PrecomputedKey> Keys, Said? Fault, IReadOnlyDictionary<string, long> Ends, JsonNode? Example)
{
    public static PrecomputedLine? Of(LiveEndpoint endpoint, EndpointShelf shelf, Language language)
    {
        if (endpoint.Precomputed is not { Plan: var plan } computed) return null;
        var rows = computed.Rows;
        var age = rows is null ? (double?)null : shelf.AgeOf(rows).TotalSeconds;
        return new(plan.Rows, rows?.Version, rows?.Rows ?? 0, rows?.Bytes ?? 0, rows?.MadeAt, age, plan.StaleSeconds, age > plan.StaleSeconds,
            plan.RefusesStale, [.. plan.Keys.Select(k => new PrecomputedKey(k, NameOf(rows?.Column(k).Kind)))], computed.Fault is { } fault ? Said.Of(fault, language) : null,
            Enum.GetValues<LookupEnd>().ToDictionary(NameOf, endpoint.Figures.Precomputed.Of), ExampleOf(rows));
    }

    /// <summary>What came of a lookup, as metrics and pages call it.</summary>
    public static string NameOf(LookupEnd end) => end.ToString().ToLowerInvariant();

    static string NameOf(PrecomputedKind? kind) => (kind ?? PrecomputedKind.Text).ToString().ToLowerInvariant();

    static JsonNode? ExampleOf(PrecomputedTable? rows)
    {
        if (rows is not { Rows: > 0 } || rows.Keys.Any(k => !rows.Shown.Contains(k))) return null;
        using var into = new MemoryStream();
        using (var json = new Utf8JsonWriter(into))
        {
            json.WriteStartObject();
            foreach (var key in rows.Keys)
            {
                json.WritePropertyName(key.Name);
                key.Write(json, 0);
            }
            json.WriteEndObject();
        }
        return JsonNode.Parse(Encoding.UTF8.GetString(into.ToArray()));
    }
}

/// <param name="Type">integer, flag, date, text.</param>
sealed record PrecomputedKey(string Name, string Type);
