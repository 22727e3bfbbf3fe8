using System.Text.Json.Nodes;
using Kumiki.Predictions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>The log of this server; null where it keeps none.</summary>
sealed record ServedLog(PredictionLog? Log);

/// <summary>What endpoints answered, what became of it, and SQL over both.</summary>
static class PredictionRoutes
{
    const int MostRows = 10_000, MostPage = 200;

    public static void MapPredictions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api").WithTags("predictions");
        group.MapGet("endpoints/{name}/predictions", ListAsync)
            .WithSummary("An endpoint's logged predictions, newest first: limit is at most 200, before is that of the page before.");
        group.MapPost("endpoints/{name}/outcomes", OutcomesAsync).Accepts<JsonNode>("application/json")
            .WithSummary("What turned out to be true: {id, value, at?, note?} or a list of them, before or after the prediction; the same again changes nothing, another value is a correction.");
        group.MapGet("predictions/log", LogAsync).WithSummary("How the log does: records taken, dropped, lost with killed processes, and segments that are not files yet.");
        group.MapGet("predictions/{id}", GetAsync).WithSummary("One prediction with its scores, features and outcomes; endpoint says whose, where several have the id.");
        group.MapPost("predictions/sql", SqlAsync).Accepts<SqlAsked>("application/json")
            .WithSummary("One SELECT over the views predictions_NAME, outcomes_NAME and NAME; rows is at most 10,000.");
    }

    static async Task<Results<Ok<LoggedPage>, Refused>> ListAsync(string name, PredictionReader reader, CancellationToken stop, string? limit = null,
        string? before = null)
    {
        if (!Asked.Asset(name, out var refused) || !Asked.Number("limit", limit, 50, 1, MostPage, out var most, out refused)) return refused;
        return await SaidAsync<LoggedPage>(async () => TypedResults.Ok(await reader.PageAsync(name, (int)most, string.IsNullOrEmpty(before) ? null : before,
            stop)));
    }

    /// <summary>What is wrong with what was asked is the asker's.</summary>
    static async Task<Results<Ok<T>, Refused>> SaidAsync<T>(Func<Task<Ok<T>>> ask)
    {
        try
        {
            return await ask();
        }
        catch (KumikiException e) when (e.Says.Id.StartsWith("predlog.", StringComparison.Ordinal) && e.Says.Id is not ("predlog.unreadable"
            or "predlog.outcomes-not-kept"))
        {
            return Refused.Bad(e.Says);
        }
    }

    static async Task<Results<Ok<OutcomesAnswer>, Refused>> OutcomesAsync(string name, HttpContext http, Served served, ServedLog log, CancellationToken stop)
    {
        if (!Asked.Asset(name, out var refused)) return refused;
        var (asked, wrong) = await WriteGuard.ReadAsync<JsonNode>(http, served with { ReadOnly = !served.TakesLogs }, stop, MostOutcomeBytes);
        if (asked is null) return wrong!;
        if (log.Log is not { } open) return new Refused(StatusCodes.Status503ServiceUnavailable, Message.Of("predlog.no-log"));
        return await SaidAsync<OutcomesAnswer>(async () =>
        {
            var outcomes = OutcomeReading.OfJson(name, asked, served.Clock.GetUtcNow());
            await open.AddAsync(outcomes, stop);
            return TypedResults.Ok(new OutcomesAnswer(outcomes.Count));
        });
    }

    const int MostOutcomeBytes = 4 << 20;

    static async Task<Ok<PredictionLogAnswer>> LogAsync(ServedLog log, Language language)
    {
        if (log.Log is not { } open) return TypedResults.Ok(new PredictionLogAnswer(false, 0, 0, 0, 0, 0, null));
        var figures = await open.FiguresAsync();
        return TypedResults.Ok(new PredictionLogAnswer(true, figures.Accepted, figures.Dropped, figures.Cut, figures.LostBefore, figures.Waiting,
            figures.Trouble is { } trouble ? Said.Of(trouble, language) : null));
    }

    static async Task<Results<Ok<LoggedOne>, Refused>> GetAsync(string id, PredictionReader reader, CancellationToken stop, string? endpoint = null)
    {
        Refused? refused = null;
        if (!string.IsNullOrEmpty(endpoint) && !Asked.Asset(endpoint, out refused)) return refused;
        if (id.Length > PredictionLog.MostId) return Refused.NotFound(Message.Of("predlog.none", ("id", Asked.Cut(id))));
        return await reader.FindAsync(id, string.IsNullOrEmpty(endpoint) ? null : endpoint, stop) is { } found
            ? TypedResults.Ok(found) : Refused.NotFound(Message.Of("predlog.none", ("id", Asked.Cut(id))));
    }

    static async Task<Results<Ok<SqlAnswer>, Refused>> SqlAsync(HttpContext http, Served served, PredictionReader reader, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<SqlAsked>(http, served with { ReadOnly = false }, stop);
        if (asked is null) return refused!;
        return await SaidAsync<SqlAnswer>(async () =>
            TypedResults.Ok(await reader.SqlAsync(asked.Sql ?? "", new() { Rows = Math.Clamp(asked.Rows ?? new SqlLimits().Rows, 1, MostRows) }, stop)));
    }
}

sealed record SqlAsked(string? Sql = null, int? Rows = null);

/// <param name="Kept">Outcomes that are durable now, those that were known before among them.</param>
sealed record OutcomesAnswer(int Kept);

/// <param name="IsOpen">Whether this server logs.</param>
/// <param name="LostBefore">Taken by processes that were killed before they had written them.</param>
/// <param name="Waiting">Segments that are not Parquet files yet.</param>
sealed record PredictionLogAnswer(bool IsOpen, long Accepted, long Dropped, long Cut, long LostBefore, int Waiting, Said? Trouble);
