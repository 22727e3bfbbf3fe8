using Kumiki.Tracking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>Runs: what was done with what, their logs and metric series, live while they run.</summary>
static class RunRoutes
{
    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/runs").WithTags("runs");
        group.MapGet("", ListAsync).WithSummary("Runs, newest first; of one asset or one state if named.");
        group.MapGet("{id}", GetAsync).WithSummary("One run: parameters, seed, inputs, code, environment, cost, and how it ended.");
        group.MapGet("{id}/log", LogAsync).WithSummary("Lines of a run's log after a sequence number.");
        group.MapGet("{id}/metrics", MetricsAsync)
            .WithSummary("The series of a run's metrics, each thinned to at most 'points' points that keep its ups and downs.");
    }

    static async Task<Results<Ok<RunList>, Refused>> ListAsync(
        Served served, Language language, CancellationToken stop, string? asset = null, string? state = null, string? before = null, string? limit = null)
    {
        Refused? refused = null;
        if (!string.IsNullOrEmpty(asset) && !Asked.Asset(asset, out refused)) return refused;
        if (!Asked.State(state, out var only, out refused) || !Asked.Before(before, out var from, out refused)
            || !Asked.Limit(limit, 50, out var most, out refused)) return refused;
        var runs = await served.Metadata.RunsAsync(string.IsNullOrEmpty(asset) ? null : asset, only, most + 1, from, stop);
        return TypedResults.Ok(new RunList([.. runs.Take(most).Select(r => RunLine.Of(r, language))], runs.Count > most ? runs[most - 1].Id : null));
    }

    static async Task<Results<Ok<RunAnswer>, Refused>> GetAsync(string id, Served served, Makings makings, Language language, CancellationToken stop)
    {
        if (!Asked.Run(id, out var run, out var refused)) return refused;
        if (await served.Metadata.RunAsync(run, stop) is not { } record) return NoRun(run);
        return TypedResults.Ok(RunAnswer.Of(record, language) with
        {
            MayCancel = record.State == RunState.Running && !served.ReadOnly && makings.Has(run),
            Tracked = record is { State: RunState.Made, Result: { } made } && served.Tracking is { } tracking && await tracking.IsShownAsync(made, stop)
                ? MadeModel.RunOf(made) : null,
        });
    }

    static async Task<Results<Ok<LogAnswer>, Refused>> LogAsync(
        string id, Served served, CancellationToken stop, string? after = null, string? limit = null)
    {
        if (!Asked.Run(id, out var run, out var refused)) return refused;
        if (!Asked.Number("after", after, 0, 0, long.MaxValue, out var from, out refused)
            || !Asked.Limit(limit, 1000, out var most, out refused)) return refused;
        if (await served.Metadata.RunAsync(run, stop) is not { } record) return NoRun(run);     // read before the lines: an ended run's log is whole
        var lines = await served.Metadata.LogAsync(run, from, most, stop);
        return TypedResults.Ok(new LogAnswer(record.State, lines, lines.Count > 0 ? lines[^1].Sequence : from, lines.Count == most));
    }

    static async Task<Results<Ok<MetricsAnswer>, Refused>> MetricsAsync(
        string id, Served served, CancellationToken stop, string? name = null, string? points = null)
    {
        if (!Asked.Run(id, out var run, out var refused) || !Asked.Number("points", points, 500, 10, 100_000, out var most, out refused)) return refused;
        if (await served.Metadata.RunAsync(run, stop) is not { } record) return NoRun(run);
        var all = await served.Metadata.MetricsAsync(run, string.IsNullOrEmpty(name) ? null : name, stop);
        var byName = all.GroupBy(p => p.Name, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal);
        return TypedResults.Ok(new MetricsAnswer(record.State, [.. byName.Select(g => MetricSeries.Of(g.Key, [.. g], (int)most))]));
    }

    static Refused NoRun(RunId run) => Refused.NotFound(Message.Of("making.no-run", ("run", run)));
}

/// <param name="Next">Ask again with <c>before</c> = this for older runs; null at the end.</param>
sealed record RunList(IReadOnlyList<RunLine> Runs, RunId? Next);

/// <param name="Last">The last sequence number given; ask again with <c>after</c> = this.</param>
/// <param name="More">Whether there are more lines already.</param>
sealed record LogAnswer(RunState State, IReadOnlyList<LogLine> Lines, long Last, bool More);

sealed record MetricsAnswer(RunState State, IReadOnlyList<MetricSeries> Series);

/// <summary>A run on one line of a list.</summary>
sealed record RunLine(RunId Id, string Asset, RunState State, DateTimeOffset Started, DateTimeOffset? Ended, VersionName? Result, Said? Error)
{
    public static RunLine Of(RunRecord run, Language language) =>
        new(run.Id, run.Asset, run.State, run.Started, run.Ended, run.Result, run.Error is null ? null : Said.Of(run.Error, language));
}

/// <param name="Attempt">1 for the first.</param>
/// <param name="Planned">The input versions chosen when it began.</param>
/// <param name="Inputs">What it really read; known at its end.</param>
/// <param name="Notes">How inputs were chosen, where that was not the usual way.</param>
/// <param name="Recipe">What its reuse key was made of.</param>
/// <param name="Figures">What a trial measured, by name; empty for other runs.</param>
/// <param name="MayCancel">Whether it can be cancelled here: a making of this server's that has not ended.</param>
/// <param name="Tracked">The run that tracking clients see for the model it made; null for what is no model.</param>
sealed record RunAnswer(
    RunLine Run, int Attempt, string Machine, int Process, IReadOnlyDictionary<string, string> Parameters, long Seed, IReadOnlyList<VersionName> Planned,
    IReadOnlyList<InputUse> Inputs, IReadOnlyList<OutsideRead> Outside, IReadOnlyList<string> Notes, CodeRevision Code, RunEnvironment Environment,
    CostAnswer? Cost, IReadOnlyDictionary<string, string> Recipe, Digest RecipeKey, IReadOnlyDictionary<string, double> Figures, bool MayCancel = false,
    string? Tracked = null)
{
    public static RunAnswer Of(RunRecord run, Language language) => new(
        RunLine.Of(run, language), run.Fence, run.Owner.Machine, run.Owner.Pid, run.Plan.Parameters, run.Plan.Seed, run.Plan.Inputs, run.Inputs, run.Outside,
        run.Plan.Notes, run.Plan.Code, run.Plan.Environment, run.Cost is { } cost ? CostAnswer.Of(cost) : null, run.Plan.Recipe, run.Plan.RecipeKey,
        run.Figures);
}

/// <param name="Steps">Seconds of each named step, longest first.</param>
sealed record CostAnswer(double WallSeconds, double CpuSeconds, long PeakMemoryBytes, IReadOnlyList<StepCost> Steps)
{
    public static CostAnswer Of(RunCost cost) => new(
        cost.Wall.TotalSeconds, cost.Cpu.TotalSeconds, cost.PeakMemoryBytes,
        [.. cost.Steps.OrderByDescending(s => s.Value).Select(s => new StepCost(s.Key, s.Value.TotalSeconds))]);
}

sealed record StepCost(string Name, double Seconds);
