using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>Assets: what they are made from, and their versions.</summary>
static class AssetRoutes
{
    public static void MapAssets(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/assets").WithTags("assets");
        group.MapGet("", ListAsync).WithSummary("Every asset with the state of its version in use.");
        group.MapGet("{name}", GetAsync).WithSummary("One asset: parameters, inputs, users, stages, and a page of its versions, newest first.");
    }

    static async Task<Ok<AssetList>> ListAsync(Served served, Language language, CancellationToken stop) => TypedResults.Ok(new AssetList((await Shelf.ReadAsync(served, language, stop)).Assets));

    static async Task<Results<Ok<AssetAnswer>, Refused>> GetAsync(string name, Served served, Language language, CancellationToken stop, string? before = null, string? limit = null)
    {
        if (!Asked.Asset(name, out var refused) || !Asked.Before(before, out var from, out refused) || !Asked.Limit(limit, 50, out var most, out refused)) return refused;
        var shelf = await Shelf.ReadAsync(served, language, stop);
        if (shelf.Assets.FirstOrDefault(a => a.Name == name) is not { } status)
            return Refused.NotFound(Message.Of("serve.no-asset", ("asset", name)));

        var versions = await served.Metadata.VersionsAsync(name, most + 1, from, stop);
        var stages = await Stages.ReadAsync(served.Metadata, stop);
        return TypedResults.Ok(new AssetAnswer(
            status,
            shelf.Graph?.Find(name) is { } node ? SourcePlace.Of(node.Type) : null,
            [.. (shelf.Graph?.Find(name)?.Parameters ?? []).Select(p => new ParameterAnswer(p.Name, p.Value, p.IsSet, Bound(p.Min), Bound(p.Max)))],
            [.. shelf.Edges.Where(e => e.To == name).Select(e => Neighbour.Of(e.From, e.Edge, shelf))],
            [.. shelf.Edges.Where(e => e.From == name).Select(e => Neighbour.Of(e.To, e.Edge, shelf))],
            [.. versions.Take(most).Select(v => VersionLine.Of(v, stages))],
            versions.Count > most ? versions[most - 1].MadeBy : null));
    }

    static double? Bound(double value) => double.IsFinite(value) ? value : null;
}

sealed record AssetList(IReadOnlyList<AssetStatus> Assets);

/// <param name="Source">Where it is written; null where the project is not served, or has it no more.</param>
/// <param name="Next">Ask again with <c>before</c> = this for older versions; null at the end.</param>
sealed record AssetAnswer(
    AssetStatus Status, SourcePlace? Source, IReadOnlyList<ParameterAnswer> Parameters, IReadOnlyList<Neighbour> Inputs, IReadOnlyList<Neighbour> Users,
        IReadOnlyList<VersionLine> Versions, RunId? Next);

/// <param name="IsSet">Whether a setting overrides the default.</param>
sealed record ParameterAnswer(string Name, string Value, bool IsSet, double? Min, double? Max);

/// <summary>An asset beside this one in the graph.</summary>
sealed record Neighbour(string Name, AssetKind Kind, EdgeKind Edge, int? InUse)
{
    public static Neighbour Of(string name, EdgeKind edge, Shelf shelf)
    {
        var status = shelf.Assets.FirstOrDefault(a => a.Name == name);
        return new(name, status?.Kind ?? AssetKind.Other, edge, status?.InUse);
    }
}
