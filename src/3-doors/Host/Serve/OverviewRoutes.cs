using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>The whole lifecycle on one page: what is in production, how good it is, what needs a hand, and what is in each room.</summary>
static class OverviewRoutes
{
    public static void MapOverview(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/overview", GetAsync)
            .WithSummary("What is in production, whether the goals are met, what needs a hand, and what is in each room of the lifecycle.")
            .WithTags("overview");

    static async Task<Ok<OverviewAnswer>> GetAsync(Served served, Language language, CancellationToken stop)
    {
        var shelf = await Shelf.ReadAsync(served, language, stop);
        var production = await served.Metadata.ProductionAsync(stop);
        var release = production.Release == 0 ? null : await served.Metadata.ReleaseAsync(production.Release, stop);
        var live = await served.Metadata.VersionsAsync([.. production.Set.Select(s => new VersionName(s.Key, s.Value))], stop);
        var reports = await TestedModels.ReadAsync(served, shelf, live, stop);
        var recent = await served.Metadata.RunsAsync(null, null, RecentRuns.Most, null, stop);
        var attention = await Attention.OfAsync(served, shelf, production, reports, language, stop);
        return TypedResults.Ok(new OverviewAnswer(
            shelf.Graph is not null,
            release is null ? null : ReleaseLine.Of(release, null),
            [.. live.Values.OrderBy(v => Rooms.Of(v.Kind)).ThenBy(v => v.Name).Select(v => new ReleasedVersion(v.Name, v.Kind, v.MadeAt))],
            await GoalState.OfAsync(served, shelf, reports, stop),
            [.. attention.Take(Attention.MostShown)], attention.Count,
            Rooms.Of(shelf, live),
            RecentRuns.Of(recent, served.Clock.GetUtcNow())));
    }
}

/// <param name="Live">The live release; null before the first.</param>
/// <param name="Production">Its set, in the order of the rooms.</param>
/// <param name="Attention">What needs a hand, worst first, at most 50.</param>
/// <param name="AttentionCount">How many there are.</param>
/// <param name="Rooms">01 Plan to 10 Operate.</param>
sealed record OverviewAnswer(
    bool HasProject, ReleaseLine? Live, IReadOnlyList<ReleasedVersion> Production, IReadOnlyList<GoalState> Goals, IReadOnlyList<Attention> Attention,
        int AttentionCount,
    IReadOnlyList<Room> Rooms, RecentRuns Runs);

/// <summary>The runs that began in the last 24 hours.</summary>
/// <param name="Whole">False where there were more than the newest 500.</param>
sealed record RecentRuns(int Running, int Ended, int Failed, bool Whole)
{
    public const int Most = 500;

    public static RecentRuns Of(IReadOnlyList<RunRecord> newest, DateTimeOffset now)
    {
        var day = newest.Where(r => r.Started > now.AddDays(-1)).ToList();
        var failed = day.Count(r => r.State is RunState.Failed or RunState.Crashed);
        var running = newest.Count(r => r.State == RunState.Running);
        return new(running, day.Count(r => r.State != RunState.Running) - failed, failed, day.Count < Most);
    }
}
