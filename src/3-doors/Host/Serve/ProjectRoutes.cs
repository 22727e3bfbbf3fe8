using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>What is served, and whether it answers.</summary>
static class ProjectRoutes
{
    static readonly string Version =
        typeof(KumikiServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public static void MapProject(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/project", GetAsync).WithTags("project")
            .WithSummary("What this server shows: the project, its data folder, and the store's revision.");
        routes.MapGet("/healthz", HealthAsync).WithSummary("200 when the store can be read.").WithTags("project");
    }

    static async Task<Ok<ProjectAnswer>> GetAsync(Served served, CancellationToken stop)
    {
        var newest = await served.Metadata.NewestAsync(stop);
        var declared = served.Project is { } ask ? (await ask([], stop)).Graph.Nodes.Select(n => n.Name) : [];
        var production = await served.Metadata.ProductionAsync(stop);
        return TypedResults.Ok(
            new ProjectAnswer(served.Name, Version, served.DataFolder, served.Project is not null, declared.Union(newest.Keys).Count(), production.Release,
            await served.Metadata.RevisionAsync(stop), !served.ReadOnly, !served.ReadOnly && served.Project is not null, served.Author));
    }

    static async Task<Ok<HealthAnswer>> HealthAsync(Served served, CancellationToken stop) =>
        TypedResults.Ok(new HealthAnswer("ok", await served.Metadata.RevisionAsync(stop)));
}

/// <param name="Version">Of Kumiki.</param>
/// <param name="HasProject">False for the bare platform.</param>
/// <param name="Release">The live release; 0 before the first.</param>
/// <param name="Revision">Of the store; rises with every write of any process.</param>
/// <param name="MayChange">Whether versions may be staged and released here.</param>
/// <param name="MayMake">Whether versions may be made here: there is a project, and it is not only shown.</param>
/// <param name="Author">Who is written into the history where a request names nobody.</param>
sealed record ProjectAnswer(
    string Name, string Version, string DataFolder, bool HasProject, int Assets, int Release, long Revision, bool MayChange, bool MayMake, string Author);

sealed record HealthAnswer(string Status, long Revision);
