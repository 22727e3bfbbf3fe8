using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>What this server did within the hour.</summary>
static class OperationRoutes
{
    const int MostMoments = 240, Hour = 60;

    public static void MapOperations(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/operations", Get).WithTags("operations")
            .WithSummary("What this server did within the last minutes (60 at most): requests, errors, times, memory, processors. It is kept in memory only.");

    static Results<Ok<OperationsAnswer>, Refused> Get(ServerPast past, string? minutes = null)
    {
        if (!Asked.Number("minutes", minutes, Hour, 1, Hour, out var back, out var refused)) return refused;
        return TypedResults.Ok(new OperationsAnswer(Environment.ProcessorCount, past.Of(TimeSpan.FromMinutes(back), MostMoments)));
    }
}

/// <param name="Processors">Of the machine.</param>
/// <param name="Moments">The oldest first; none before the server was looked at twice.</param>
sealed record OperationsAnswer(int Processors, IReadOnlyList<PastMoment> Moments);
