using System.Text.Json;
using Kumiki.Making;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Kumiki.Hosting;

/// <summary>Versions: what each holds, where it came from, who used it, and its files.</summary>
static class VersionRoutes
{
    const int MostUsers = 50;

    public static void MapVersions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/versions/{asset}/{number}").WithTags("versions");
        group.MapGet("", GetAsync)
            .WithSummary("One version whole: files, schema, metrics, checks, facts, inputs, its run, its users, and its lineage as a small graph.");
        group.MapGet("files/{**path}", FileAsync).WithSummary("One file of a version, as it was made; ranges are answered.");
        routes.MapGet("/api/diff", DiffAsync)
            .WithSummary("What differs between two versions: left and right are written as demand-model@7.").WithTags("versions");
    }

    static async Task<Results<Ok<VersionAnswer>, Refused>> GetAsync(string asset, string number, Served served, Language language, CancellationToken stop)
    {
        if (!Asked.Version($"{asset}@{number}", out var name, out var refused)) return refused;
        if (await served.Metadata.VersionAsync(name, stop) is not { } version) return NoVersion(name);
        var stages = await Stages.ReadAsync(served.Metadata, stop);
        var run = await served.Metadata.RunAsync(version.MadeBy, stop);
        var users = await served.Metadata.UsersOfAsync(name, MostUsers, stop);
        var newest = await served.Metadata.NewestAsync(stop);
        var before = name.Number == 1 ? [] : await served.Metadata.VersionsAsync(asset, 1, version.MadeBy, stop);
        return TypedResults.Ok(new VersionAnswer(
            name, version.Kind, version.Content, version.RecipeKey, version.Family, version.RawKey, version.MadeAt,
            stages.Of(name), newest.GetValueOrDefault(asset, name.Number), before.Count > 0 ? before[0].Name : null,
            run is null ? null : RunLine.Of(run, language),
            version.Files, version.Parts, version.Inputs, version.Outside, version.Metrics,
            [.. version.Checks.Select(c => new CheckAnswer(c.Name, c.Kind, c.Held, Said.Of(c.Says, language)))],
            version.Apart, version.Schema, version.Facts,
            version.Imported is { } from ? ImportedAnswer.Of(from, language) : null,
            [.. users.Select(u => VersionLine.Of(u, stages))],
            await VersionGraph.AroundAsync(served.Metadata, version, stages, stop)));
    }

    static async Task<Results<FileStreamHttpResult, Refused>> FileAsync(
        string asset, string number, string path, HttpContext http, Served served, CancellationToken stop)
    {
        if (!Asked.Version($"{asset}@{number}", out var name, out var refused)) return refused;
        if (await served.Metadata.VersionAsync(name, stop) is not { } version) return NoVersion(name);
        if (version.Files.FirstOrDefault(f => f.Path == path) is not { } file)
            return Refused.NotFound(Message.Of("serve.no-file", ("version", name), ("path", path.Length <= 120 ? path : path[..120] + "…")));
        http.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return TypedResults.Stream(
            served.Artifacts.Open(file.Content), "application/octet-stream", $"{asset}-{name.Number}-{file.Path.Replace('/', '-')}", version.MadeAt,
            new EntityTagHeaderValue($"\"{file.Content.Hex}\""), enableRangeProcessing: true);
    }

    static async Task<Results<Ok<DiffAnswer>, Refused>> DiffAsync(Served served, CancellationToken stop, string? left = null, string? right = null)
    {
        if (!Asked.Version(left, out var leftName, out var refused) || !Asked.Version(right, out var rightName, out refused)) return refused;
        if (await served.Metadata.VersionAsync(leftName, stop) is not { } leftVersion) return NoVersion(leftName);
        if (await served.Metadata.VersionAsync(rightName, stop) is not { } rightVersion) return NoVersion(rightName);
        var differences = VersionDiff.Of(leftVersion, await served.Metadata.RunAsync(leftVersion.MadeBy, stop),
            rightVersion, await served.Metadata.RunAsync(rightVersion.MadeBy, stop));
        return TypedResults.Ok(new DiffAnswer(leftName, rightName, leftVersion.Content == rightVersion.Content, differences));
    }

    static Refused NoVersion(VersionName name) => Refused.NotFound(Message.Of("making.no-version", ("version", name)));
}

/// <param name="Newest">The newest version number of the asset.</param>
/// <param name="Previous">The version made before it.</param>
/// <param name="Imported">Where it came from; null for what was made.</param>
/// <param name="Users">The versions that read it, newest first.</param>
/// <param name="Lineage">What it was made from, and what was made from it, as far as a page can show.</param>
sealed record VersionAnswer(
    VersionName Name, AssetKind Kind, Digest Content, Digest RecipeKey, string? Family, string? RawKey, DateTimeOffset MadeAt,
    IReadOnlyList<string> Stages, int Newest, VersionName? Previous, RunLine? Run,
    IReadOnlyList<VersionFile> Files, IReadOnlyDictionary<string, Digest> Parts, IReadOnlyList<InputUse> Inputs, IReadOnlyList<OutsideRead> Outside,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<CheckAnswer> Checks, IReadOnlyList<Apartness> Apart, JsonElement? Schema, IReadOnlyDictionary<string, string> Facts,
    ImportedAnswer? Imported, IReadOnlyList<VersionLine> Users, VersionGraph Lineage);

/// <summary>Where a model that was trained elsewhere came from.</summary>
/// <param name="Model">The registered model, with <paramref name="Number"/> its version.</param>
/// <param name="Run">The client's run.</param>
/// <param name="Refused">Why it cannot be released; null where it can.</param>
sealed record ImportedAnswer(
    string Model, int Number, IReadOnlyList<string> Flavors, string? Run, string? LoggedModel, IReadOnlyList<ImportedData> Data, string? Onnx, string? CheckedBy,
    Said? Refused)
{
    public static ImportedAnswer Of(ImportedFrom from, Language language) => new(
        from.Model, from.Number, from.Flavors, from.Run, from.LoggedModel, from.Data, from.Onnx, from.CheckedBy,
        from.Refused is { } why ? Said.Of(why, language) : null);
}

sealed record CheckAnswer(string Name, CheckKind Kind, bool Held, Said Says);

sealed record DiffAnswer(VersionName Left, VersionName Right, bool SameContent, IReadOnlyList<Difference> Differences);
