using Kumiki.Making;
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

    static async Task<Ok<AssetList>> ListAsync(Served served, Language language, CancellationToken stop) =>
        TypedResults.Ok(new AssetList((await Shelf.ReadAsync(served, language, stop)).Assets));

    static async Task<Results<Ok<AssetAnswer>, Refused>> GetAsync(
        string name, Served served, Language language, CancellationToken stop, string? before = null, string? limit = null)
    {
        if (!Asked.Asset(name, out var refused) || !Asked.Before(before, out var from, out refused)
            || !Asked.Limit(limit, 50, out var most, out refused)) return refused;
        var shelf = await Shelf.ReadAsync(served, language, stop);
        if (shelf.Assets.FirstOrDefault(a => a.Name == name) is not { } status)
            return Refused.NotFound(Message.Of("serve.no-asset", ("asset", name)));

        var versions = await served.Metadata.VersionsAsync(name, most + 1, from, stop);
        var stages = await Stages.ReadAsync(served.Metadata, stop);
        var madeBy = shelf.InUse.TryGetValue(name, out var inUse) ? await served.Metadata.RunAsync(inUse.MadeBy, stop) : null;
        return TypedResults.Ok(new AssetAnswer(
            status,
            shelf.Graph?.Find(name) is { } node ? SourcePlace.Of(node.Type) : null,
            [.. (shelf.Graph?.Find(name)?.Parameters ?? []).Select(p => ParameterAnswer.Of(p, madeBy))],
            [.. shelf.Edges.Where(e => e.To == name).Select(e => Neighbour.Of(e.From, e.Edge, shelf))],
            [.. shelf.Edges.Where(e => e.From == name).Select(e => Neighbour.Of(e.To, e.Edge, shelf))],
            [.. versions.Take(most).Select(v => VersionLine.Of(v, stages))],
            versions.Count > most ? versions[most - 1].MadeBy : null));
    }
}

sealed record AssetList(IReadOnlyList<AssetStatus> Assets);

/// <param name="Source">Where it is written; null where the project is not served, or has it no more.</param>
/// <param name="Next">Ask again with <c>before</c> = this for older versions; null at the end.</param>
sealed record AssetAnswer(
    AssetStatus Status, SourcePlace? Source, IReadOnlyList<ParameterAnswer> Parameters, IReadOnlyList<Neighbour> Inputs, IReadOnlyList<Neighbour> Users,
        IReadOnlyList<VersionLine> Versions, RunId? Next);

/// <param name="Value">What it would be made with, written in the invariant culture.</param>
/// <param name="IsSet">Whether a setting overrides the default.</param>
/// <param name="Type">integer, number, bool, text or choice.</param>
/// <param name="Options">What there is to choose from; empty for the other types.</param>
/// <param name="InUse">What the version in use was made with; null where there is none, or it had no such parameter.</param>
sealed record ParameterAnswer(string Name, string Value, bool IsSet, double? Min, double? Max, string Type, IReadOnlyList<string> Options, string? InUse)
{
    public static ParameterAnswer Of(AssetParameter of, RunRecord? madeBy)
    {
        var type = of.Property.PropertyType;
        var known = type.IsEnum ? "choice"
            : type == typeof(bool) ? "bool"
            : type == typeof(string) ? "text"
            : type == typeof(int) || type == typeof(long) ? "integer" : "number";
        return new(of.Name, of.Value, of.IsSet, Bound(of.Min), Bound(of.Max), known, type.IsEnum ? Enum.GetNames(type) : [],
            madeBy?.Plan.Parameters.GetValueOrDefault(of.Name));
    }

    static double? Bound(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>An asset beside this one in the graph, with its versions that can be named as inputs.</summary>
sealed record Neighbour(string Name, AssetKind Kind, EdgeKind Edge, int? InUse, int? Staging, int? Production, int? Newest)
{
    public static Neighbour Of(string name, EdgeKind edge, Shelf shelf)
    {
        var status = shelf.Assets.FirstOrDefault(a => a.Name == name);
        return new(name, status?.Kind ?? AssetKind.Other, edge, status?.InUse, status?.Staging, status?.Production, status?.Newest);
    }
}
