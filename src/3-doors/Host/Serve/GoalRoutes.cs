using System.Text.Json;
using System.Text.Json.Nodes;
using Kumiki.Making;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>Goals: what they say, and whether they are met.</summary>
static class GoalRoutes
{
    const int MostReports = 100;
    const string Parts = "parts/";

    public static void MapGoals(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/goals").WithTags("goals");
        group.MapGet("", ListAsync).WithSummary("Every goal with what the newest reports say of it.");
        group.MapGet("{name}", GetAsync)
            .WithSummary("One goal: all it states, what the newest reports say, what reports said over time, and the boards that show it week by week.");
    }

    static async Task<Ok<GoalList>> ListAsync(Served served, Language language, CancellationToken stop)
    {
        var (shelf, tested, _) = await ReadAsync(served, language, stop);
        return TypedResults.Ok(new GoalList(await GoalState.OfAsync(served, shelf, tested, stop)));
    }

    static async Task<Results<Ok<GoalAnswer>, Refused>> GetAsync(string name, Served served, Language language, CancellationToken stop)
    {
        if (!Asked.Asset(name, out var refused)) return refused;
        var (shelf, tested, live) = await ReadAsync(served, language, stop);
        if (shelf.Assets.FirstOrDefault(a => a.Name == name) is not { Kind: AssetKind.Goal } status)
            return Refused.NotFound(Message.Of("serve.no-goal", ("goal", name)));

        var version = shelf.InUse.GetValueOrDefault(name);
        var declared = shelf.Graph?.Find(name)?.Instance as Goal;
        var statement = version is null ? declared is null ? [] : Written(declared.Says) : await StatedAsync(served, version, stop);
        var state = (await GoalState.OfAsync(served, shelf, tested, stop)).First(g => g.Asset == name);
        var time = await TimeAsync(served, shelf, live, name, stop);
        // What is in production and in use leads; a newer report that nobody staged yet is news all the same.
        var newest = time.Select(p => p.Reading).GroupBy(r => r.Report.Asset, StringComparer.Ordinal).Select(g => g.Last())
            .Where(n => state.Readings.All(r => r.Report != n.Report));
        return TypedResults.Ok(new GoalAnswer(
            name, version?.Name, version?.MadeAt, status.Production is { } number && number == status.InUse, status.Freshness, status.Stale, statement,
            [.. Enum.GetNames<EthicsQuestion>().Where(q => statement["ethics"]?[q] is not JsonValue said || string.IsNullOrWhiteSpace(said.ToString()))],
            [.. state.Readings, .. newest], time, [.. Boards(shelf.Graph, name)]));
    }

    static async Task<(Shelf Shelf, IReadOnlyList<TestedModel> Tested, IReadOnlyDictionary<VersionName, VersionRecord> Live)> ReadAsync(
        Served served, Language language, CancellationToken stop)
    {
        var shelf = await Shelf.ReadAsync(served, language, stop);
        var production = await served.Metadata.ProductionAsync(stop);
        var live = await served.Metadata.VersionsAsync([.. production.Set.Select(s => new VersionName(s.Key, s.Value))], stop);
        return (shelf, await TestedModels.ReadAsync(served, shelf, live, stop), live);
    }

    /// <summary>The parts of a version, as they were stored.</summary>
    static async Task<JsonObject> StatedAsync(Served served, VersionRecord version, CancellationToken stop)
    {
        var statement = new JsonObject();
        foreach (var file in version.Files.Where(f => f.Path.StartsWith(Parts, StringComparison.Ordinal) && served.Artifacts.Contains(f.Content)))
        {
            await using var bytes = served.Artifacts.Open(file.Content);
            statement[Path.GetFileNameWithoutExtension(file.Path)] = await JsonNode.ParseAsync(bytes, cancellationToken: stop);
        }
        return statement;
    }

    /// <summary>What the code says, of a goal that was never made.</summary>
    static JsonObject Written(GoalStatement says)
    {
        var whole = says with
        {
            Unit = says.Unit ?? (says.Figure == GoalFigure.CostPerDecision ? says.Costs?.Unit : null),
            Better = says.Better ?? says.Figure?.BetterOf(),
        };
        return JsonSerializer.SerializeToNode(whole, JsonSerializerOptions.Web)!.AsObject();
    }

    /// <summary>What each report said of the goal, oldest first.</summary>
    static async Task<IReadOnlyList<GoalPoint>> TimeAsync(
        Served served, Shelf shelf, IReadOnlyDictionary<VersionName, VersionRecord> live, string goal, CancellationToken stop)
    {
        var reports = new List<VersionRecord>();
        foreach (var asset in shelf.Assets.Where(a => a.Kind == AssetKind.Report && shelf.Edges.Any(e => e.From == goal && e.To == a.Name)))
        {
            var versions = await served.Metadata.VersionsAsync(asset.Name, MostReports, null, stop);
            reports.AddRange(versions.Where(v => TestedModels.IsTestReport(v) && v.Inputs.Any(i => i.Version.Asset == goal)));
        }
        var points = new List<GoalPoint>();
        foreach (var report in reports.OrderByDescending(r => r.MadeAt).Take(MostReports).OrderBy(r => r.MadeAt))
            if (await TestedModels.OfAsync(served, report, live, stop) is { } tested)
                points.Add(new(report.MadeAt, report.Inputs.First(i => i.Version.Asset == goal).Version, GoalReading.Of(tested)));
        return points;
    }

    static IEnumerable<string> Boards(ProjectGraph? graph, string goal) =>
        (graph?.Views ?? []).OfType<Board>().Where(b => b.Plan.Goal?.Name == goal).Select(b => b.Name);
}

sealed record GoalList(IReadOnlyList<GoalState> Goals);

/// <param name="Version">In use; null where none was made, and the statement is what the code says.</param>
/// <param name="Statement">problem, measure, target, figure, unit, better, today, owner, reviewOn, costs, ethics … as docs/01-plan.md has them.</param>
/// <param name="OpenEthics">Questions of the ethics screen that nobody answered.</param>
/// <param name="Readings">What the reports of models in production say, then those in use, then the newest of each.</param>
/// <param name="Time">What each report said, oldest first, at most the newest 100.</param>
/// <param name="Boards">Boards that show the goal week by week.</param>
sealed record GoalAnswer(
    string Asset, VersionName? Version, DateTimeOffset? MadeAt, bool InProduction, Freshness Freshness, IReadOnlyList<Said> Stale, JsonObject Statement,
    IReadOnlyList<string> OpenEthics, IReadOnlyList<GoalReading> Readings, IReadOnlyList<GoalPoint> Time, IReadOnlyList<string> Boards);

/// <summary>What a report said when it was made.</summary>
/// <param name="Goal">The version of the goal that it read.</param>
sealed record GoalPoint(DateTimeOffset At, VersionName Goal, GoalReading Reading);
