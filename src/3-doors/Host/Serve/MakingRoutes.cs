using Kumiki.Making;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>Makes versions when a page or a program asks for it, and cancels what it makes.</summary>
static class MakingRoutes
{
    const string StagedBecause = "kumiki make --stage";

    public static void MapMakings(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/assets/{name}/makings", MakeAsync).WithTags("assets").Accepts<MakingAsked>("application/json")
            .WithSummary(
                "Makes a version in a process of its own; answers when the run has begun, or at once where nothing has to be made. Its run tells the rest.");
        routes.MapPost("/api/runs/{id}/cancel", CancelAsync).WithTags("runs").Accepts<CancelAsked>("application/json")
            .WithSummary("Cancels the making that a run belongs to, with all else that was asked for with it; only makings of this server.");
    }

    static async Task<Results<Ok<MakingAnswer>, Accepted<MakingAnswer>, Refused>> MakeAsync(
        string name, HttpContext http, Served served, Makings makings, Language language, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<MakingAsked>(http, served, stop);
        if (asked is null || !Asked.Asset(name, out refused)) return refused!;
        if (served.Project is not { } project) return new Refused(StatusCodes.Status409Conflict, Message.Of("serve.makes-nothing", ("asset", name)));
        var plain = await project([], stop);
        if (plain.Graph.Find(name) is not { } node) return Refused.NotFound(Message.Of("serve.no-asset", ("asset", name)));
        if (asked.Order(node, plain.Graph, out var order) is { } bad) return Refused.Bad(bad);

        var settings = asked.Settings(node);
        var now = settings.Count == 0 ? plain : await project(settings, stop);
        if (settings.Count > 0 && now.Graph.Findings.FirstOrDefault(f => f is { Rule: "parameter", Severity: Severity.Refusal }) is { } wrong)
            return Refused.Bad(wrong.Says);
        if (asked.IsPlain && await RunningAsync(served, now.Graph[name], order.Seed, stop) is { } running)
            return TypedResults.Accepted($"/api/runs/{running}", new MakingAnswer(name, "begun", running, null, null));
        try
        {
            var begun = await makings.BeginAsync(now.Maker, order, asked.Stage ? StageAsync : null);
            var answer = begun switch
            {
                MakingProgress.Started started => new MakingAnswer(started.Asset, "begun", started.Run, null, null),
                MakingProgress.Ended { End: MakingEnd.Made made } => new(made.Asset, "made", made.Run, made.Version.Name, null),
                MakingProgress.Ended { End: MakingEnd.Reused reused } =>
                    new(reused.Asset, "reused", reused.Run, reused.Version.Name, Said.Of(reused.Because, language)),
                MakingProgress.Ended { End: MakingEnd.Failed failed } => new(failed.Asset, "failed", failed.Run, null, Said.Of(failed.Why, language)),
                MakingProgress.Ended { End: MakingEnd.Skipped skipped } => new(skipped.Asset, "failed", null, null, Said.Of(skipped.Why, language)),
                _ => throw new System.Diagnostics.UnreachableException($"Answer {begun.GetType().Name}."),
            };
            return answer.End == "begun" ? TypedResults.Accepted($"/api/runs/{answer.Run}", answer) : TypedResults.Ok(answer);
        }
        catch (KumikiException e)      // the graph has faults, or an input has to be made first
        {
            return new Refused(StatusCodes.Status409Conflict, e.Says);
        }

        async Task StageAsync(IReadOnlyList<MakingEnd> ends)
        {
            if (ends.All(e => e.Result is not null))
                await served.Metadata.MoveStagesAsync(
                    [.. ends.Select(e => (e.Asset, "staging", (int?)e.Result!.Name.Number))], served.Author, StagedBecause, CancellationToken.None);
        }
    }

    /// <summary>A run that makes the same already, so that a second click leads to it instead of waiting for its end.</summary>
    static async Task<RunId?> RunningAsync(Served served, AssetNode node, long seed, CancellationToken stop)
    {
        var parameters = node.Parameters.ToDictionary(p => p.Name, p => p.Value);
        return (await served.Metadata.RunsAsync(node.Name, RunState.Running, 20, null, stop))
            .FirstOrDefault(r => r.Plan.Seed == seed && r.Plan.Parameters.Count == parameters.Count && !r.Plan.Parameters.Except(parameters).Any())?.Id;
    }

    static async Task<Results<Accepted<RunLine>, Refused>> CancelAsync(
        string id, HttpContext http, Served served, Makings makings, Language language, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<CancelAsked>(http, served, stop);
        if (asked is null || !Asked.Run(id, out var run, out refused)) return refused!;
        if (await served.Metadata.RunAsync(run, stop) is not { } record) return Refused.NotFound(Message.Of("making.no-run", ("run", run)));
        if (record.State != RunState.Running) return new Refused(StatusCodes.Status409Conflict, Message.Of("serve.run-ended", ("run", run)));
        return await makings.CancelAsync(run)
            ? TypedResults.Accepted($"/api/runs/{run}", RunLine.Of(record, language))
            : new Refused(StatusCodes.Status409Conflict,
                Message.Of("serve.run-elsewhere", ("run", run), ("process", record.Owner.Pid), ("machine", record.Owner.Machine)));
    }
}

/// <param name="Upstream">Also what it is made from, where that is out of date.</param>
/// <param name="Anew">Even where a version could be reused.</param>
/// <param name="Downstream">Then also what is made from it.</param>
/// <param name="Set">Parameters as texts, by name: its own as <c>rounds</c>, another asset's as <c>demand-model.rounds</c>.</param>
/// <param name="Use">Inputs in these versions, such as sales@3, instead of the staged ones.</param>
/// <param name="UseNewest">Every other input in its newest version instead of the staged one.</param>
/// <param name="And">Further members of its family to make in the same call.</param>
/// <param name="Family">Every member of its family.</param>
/// <param name="Seed">Of all random draws.</param>
/// <param name="Stage">Stage what was made, if all of it was.</param>
sealed record MakingAsked(
    bool Upstream = false, bool Anew = false, bool Downstream = false, IReadOnlyDictionary<string, string>? Set = null, IReadOnlyList<string>? Use = null,
    bool UseNewest = false, IReadOnlyList<string>? And = null, bool Family = false, long Seed = 0, bool Stage = false)
{
    /// <summary>Whether a run of the asset with the same parameters would be just what is asked for.</summary>
    public bool IsPlain => !(Anew || Downstream || UseNewest || Family || Stage || Use is { Count: > 0 } || And is { Count: > 0 });

    /// <summary>The parameters, of every member that is asked for.</summary>
    public IReadOnlyList<ParameterSetting> Settings(AssetNode node)
    {
        var settings = new List<ParameterSetting>();
        foreach (var (name, value) in Set ?? new Dictionary<string, string>())
        {
            var dot = name.LastIndexOf('.');
            if (dot >= 0) settings.Add(new(name[..dot], name[(dot + 1)..], value));
            else if (Family) settings.Add(new(node.Family, name, value));
            else foreach (var member in Members(node)) settings.Add(new(member, name, value));
        }
        return settings;
    }

    IEnumerable<string> Members(AssetNode node) => new[] { node.Name }.Concat(And ?? []).Distinct(StringComparer.Ordinal);

    /// <summary>What a maker is told.</summary>
    /// <returns>What is wrong with it; null: nothing.</returns>
    public Message? Order(AssetNode node, ProjectGraph graph, out MakeOrder order)
    {
        order = new(node.Name) { Upstream = Upstream, Downstream = Downstream, Anew = Anew, UseNewest = UseNewest, Seed = Seed, OwnProcess = true };
        var use = new List<VersionName>();
        foreach (var text in Use ?? [])
        {
            if (!VersionName.TryParse(text, null, out var version)) return Message.Of("serve.bad-version", ("version", Asked.Cut(text)));
            if (graph.Find(version.Asset) is null) return Message.Of("serve.no-asset", ("asset", version.Asset));
            use.Add(version);
        }
        if (node.Family is null && (Family || And is { Count: > 0 })) return Message.Of("serve.no-family", ("asset", node.Name));
        foreach (var member in And ?? [])
            if (graph.Find(member)?.Family != node.Family) return Message.Of("serve.no-member", ("member", Asked.Cut(member)), ("family", node.Family));
        order = order with
        {
            Use = use,
            And = Family ? [.. graph.Nodes.Where(n => n.Family == node.Family && n.Name != node.Name).Select(n => n.Name)] : [.. Members(node).Skip(1)],
        };
        return null;
    }
}

/// <param name="End">begun, made, reused or failed.</param>
/// <param name="Run">Null where no run was needed.</param>
sealed record MakingAnswer(string Asset, string End, RunId? Run, VersionName? Version, Said? Says);

/// <summary>Nothing has to be said beside the run.</summary>
sealed record CancelAsked;
