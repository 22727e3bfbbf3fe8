using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Kumiki.Onnx;
using Kumiki.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>Released endpoints, what they were asked since the server began, and the models in memory. Asking one is <see cref="EndpointDoor"/>'s.</summary>
static class EndpointRoutes
{
    public static void MapEndpoints(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api").WithTags("endpoints");
        group.MapGet("endpoints", ListAsync).WithSummary("The endpoints of the release that is live.");
        group.MapGet("endpoints/{name}", GetAsync).WithSummary("One endpoint: its fields, its decision and fallbacks, the versions that answer, and what it was asked since the server began.");
        group.MapGet("endpoints/{name}/openapi.json", OpenApiAsync).WithSummary("The endpoint's own description in OpenAPI 3.1, with its fields by type and range.");
        group.MapGet("serving", Serving).WithSummary("The models in memory: what they take, who waits, what they answered.");
    }

    static async Task<Ok<EndpointList>> ListAsync(EndpointShelf shelf, CancellationToken stop)
    {
        var live = await shelf.LiveAsync(0, stop);
        return TypedResults.Ok(new EndpointList(live.Number, [.. live.Endpoints.Values.OrderBy(e => e.Version.Asset, StringComparer.Ordinal).Select(LineOf)], live.Unanswerable));
    }

    static async Task<Results<Ok<EndpointDetail>, Refused>> GetAsync(string name, EndpointShelf shelf, ModelShelf models, Language language, CancellationToken stop)
    {
        if (!Asked.Asset(name, out var refused)) return refused;
        var live = await shelf.LiveAsync(0, stop);
        if (Found(live, name, out refused) is not { } endpoint) return refused!;
        return TypedResults.Ok(new EndpointDetail(live.Number, LineOf(endpoint), endpoint.Plan.Input, endpoint.Plan.Output, endpoint.Plan.Fields, endpoint.Plan.Decision,
            [.. endpoint.Fallbacks.Select(f => new FallbackLine(f.Plan.Name, f.Model?.Parts[0].Model, f.Model?.Breaker.IsOpen ?? false, f.Plan))], FiguresOf(endpoint), Example(endpoint.Plan), KnownTexts(endpoint, models))
        {
            Precomputed = PrecomputedLine.Of(endpoint, shelf, language),
        });
    }

    static async Task<Results<ContentHttpResult, Refused>> OpenApiAsync(string name, EndpointShelf shelf, CancellationToken stop)
    {
        if (!Asked.Asset(name, out var refused)) return refused;
        var live = await shelf.LiveAsync(0, stop);
        if (Found(live, name, out refused) is not { } endpoint) return refused!;
        return TypedResults.Text(EndpointDocument.Of(endpoint).ToJsonString(EndpointDocument.Written), "application/json");
    }

    static Ok<ServingAnswer> Serving(ModelShelf models) => TypedResults.Ok(new ServingAnswer(models.TakenBytes, models.Settings.MemoryBytes,
        [.. models.Loaded.OrderBy(m => m.Version).Select(m => new ModelInMemory(m.Version, m.Bytes, m.Lane.Queued, m.Lane.Running, m.Joins, m.Limits.BatchRows, m.Limits.Queue, m.Figures.Answered, m.Figures.Rows,
            m.Figures.Failed, m.Figures.Runs, m.Figures.Answered == 0 ? null : m.Figures.TotalNs / 1e6 / m.Figures.Answered, m.Figures.Runs == 0 ? null : m.Figures.RunNs / 1e6 / m.Figures.Runs))]));

    static LiveEndpoint? Found(LiveRelease live, string name, out Refused? refused)
    {
        refused = null;
        try
        {
            return EndpointShelf.Find(live, name);
        }
        catch (InferenceException e)
        {
            refused = new(InferenceDoor.StatusOf(e.Fault), e.Says);
            return null;
        }
    }

    static EndpointLine LineOf(LiveEndpoint endpoint) => new(endpoint.Version, endpoint.Decision.Parts[0].Model, endpoint.Decision.Threshold, endpoint.Decision.Breaker.IsOpen, endpoint.Figures.Answered,
        Enum.GetValues<InferenceFault>().Sum(endpoint.Figures.Of))
    {
        Parts = endpoint.Decision.Parts.Count == 1 ? null : [.. endpoint.Decision.Parts.Select(p => new EndpointPart(p.Model, p.Threshold))],
    };

    static EndpointCounts FiguresOf(LiveEndpoint endpoint)
    {
        var figures = endpoint.Figures;
        return new(figures.Answered, figures.Rows, figures.Remembered, figures.Fallbacks, figures.Answers,
            Enum.GetValues<InferenceFault>().Where(f => figures.Of(f) > 0).ToDictionary(f => MetricsDoor.CodeOf(f), figures.Of),
            [.. figures.Total.Bounds.Append(double.PositiveInfinity).Select((bound, i) => new LatencyBin(double.IsFinite(bound) ? bound * 1000 : null, figures.Total[i]))]);
    }

    const int MostTexts = 100;

    /// <summary>By field, texts that the model has learnt; looking loads no model, so they are known once it is in memory.</summary>
    static Dictionary<string, IReadOnlyList<string>> KnownTexts(LiveEndpoint endpoint, ModelShelf models)
    {
        var known = new Dictionary<string, IReadOnlyList<string>>();
        var asked = endpoint.Decision.Models.ToHashSet();
        foreach (var signature in models.Loaded.Where(m => asked.Contains(m.Version)).Select(m => m.Signature))
            for (var input = 0; input < signature.Inputs.Length; input++)
                if (signature.Columns[input]?.Name is { } column && signature.Categories[input] is { } texts)
                    known.TryAdd(column, [.. texts.Order(StringComparer.Ordinal).Take(MostTexts)]);
        return known;
    }

    /// <summary>A row that could be sent, to begin with.</summary>
    static JsonObject Example(EndpointPlan plan)
    {
        var example = new JsonObject();
        foreach (var field in plan.Fields.Where(f => f.IsRead)) example[field.Name] = EndpointDocument.ExampleOf(field);
        return example;
    }
}

sealed record EndpointList(int Release, IReadOnlyList<EndpointLine> Endpoints, IReadOnlyList<VersionName> Unanswerable);

/// <param name="Resting">Whether the model failed so often that it is left alone for now.</param>
/// <param name="Answered">Requests since the server began; likewise <paramref name="Failed"/>.</param>
/// <param name="Model">Of several models the first.</param>
sealed record EndpointLine(VersionName Version, VersionName Model, VersionName? Threshold, bool Resting, long Answered, long Failed)
{
    /// <summary>The models that decide together; null where one does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EndpointPart>? Parts { get; init; }
}

sealed record EndpointPart(VersionName Model, VersionName? Threshold);

/// <param name="Example">A row to begin with.</param>
/// <param name="Known">By field, texts that the model has learnt, at most 100; of a model that is not in memory none.</param>
sealed record EndpointDetail(int Release, EndpointLine Endpoint, string Input, string Output, IReadOnlyList<EndpointField> Fields, PlannedDecision Decision, IReadOnlyList<FallbackLine> Fallbacks, EndpointCounts Counts,
    JsonObject Example, IReadOnlyDictionary<string, IReadOnlyList<string>> Known)
{
    /// <summary>Its answers that were computed before; null where it has none.</summary>
    public PrecomputedLine? Precomputed { get; init; }
}

sealed record FallbackLine(string Name, VersionName? Model, bool Resting, PlannedFallback Plan);

/// <param name="Remembered">Rows that a session had been answered before.</param>
/// <param name="Fallbacks">Rows by what answered in the model's place.</param>
/// <param name="Answers">Rows by their answer.</param>
/// <param name="Faults">Requests without an answer, by why.</param>
sealed record EndpointCounts(long Requests, long Rows, long Remembered, IReadOnlyDictionary<string, long> Fallbacks, IReadOnlyDictionary<string, long> Answers, IReadOnlyDictionary<string, long> Faults,
    IReadOnlyList<LatencyBin> Latency);

/// <param name="UpToMs">Null: above all others.</param>
/// <param name="Count">Requests above the bound before.</param>
sealed record LatencyBin(double? UpToMs, long Count);

sealed record ServingAnswer(long Bytes, long MostBytes, IReadOnlyList<ModelInMemory> Models);

/// <param name="Bytes">As estimated.</param>
/// <param name="MeanMs">From a request's last byte to its answer.</param>
/// <param name="MeanRunMs">Of a run of the engine.</param>
sealed record ModelInMemory(VersionName Version, long Bytes, int Queued, int Running, bool Batches, int BatchRows, int Queue, long Answered, long Rows, long Failed, long Runs, double? MeanMs, double? MeanRunMs);
