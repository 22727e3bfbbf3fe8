using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>The dependency graph with the state of each asset.</summary>
static class GraphRoutes
{
    public static void MapGraph(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/graph", GetAsync)
            .WithSummary("Every asset with its versions in use and why they are out of date, and every dependency.").WithTags("graph");

    static async Task<Ok<GraphAnswer>> GetAsync(Served served, Language language, CancellationToken stop)
    {
        var shelf = await Shelf.ReadAsync(served, language, stop);
        return TypedResults.Ok(new GraphAnswer(
            shelf.Graph is not null,
            [.. shelf.Assets.Where(a => a.Declared)],
            shelf.Edges,
            [.. shelf.Assets.Where(a => !a.Declared).Select(a => a.Name)],
            [.. (shelf.Graph?.Findings ?? []).Select(f => new FindingAnswer(f.Rule, f.Severity, Said.Of(f.Says, language), f.Mends))]));
    }
}

/// <param name="HasProject">False: nodes and edges are those of the versions in use, as they were made, and only changed inputs make a version stale, because code and outside
/// files are not known here.</param>
/// <param name="Nodes">Inputs before users.</param>
/// <param name="Undeclared">Assets that have versions but are no part of the project any more.</param>
/// <param name="Findings">What is wrong with the project's graph.</param>
sealed record GraphAnswer(
    bool HasProject, IReadOnlyList<AssetStatus> Nodes, IReadOnlyList<GraphEdge> Edges, IReadOnlyList<string> Undeclared, IReadOnlyList<FindingAnswer> Findings);

/// <param name="From">The input.</param>
/// <param name="To">Its user.</param>
sealed record GraphEdge(string From, string To, EdgeKind Edge);

sealed record FindingAnswer(string Rule, Severity Severity, Said Says, IReadOnlyList<string> Mends);
