using Kumiki.Tracking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>What the pages of experiments need beside the calls of tracking clients.</summary>
static class TrackingRoutes
{
    /// <summary>Keys of each kind that are told of one experiment, and experiments a request names.</summary>
    const int MostKeys = 5_000, MostExperiments = 1_000;

    public static void MapTracking(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/tracking").WithTags("tracking");
        group.MapGet("activity", ActivityAsync).WithSummary("How many runs each experiment has, and when its newest began; experiment=ID, repeated.");
        group.MapGet("keys", KeysAsync).WithSummary("The keys of metrics, parameters and tags that runs logged; experiment=ID, repeated.");
        group.MapGet("count", CountAsync).WithSummary("How many runs a search finds; experiment=ID, repeated, filter and view as in runs/search.");
        group.MapGet("runs.csv", CsvAsync).WithSummary(
            "All runs a search finds as CSV: experiment=ID, filter, view, order as in runs/search; column=metrics.loss, repeated, or all that were logged.");
        group.MapGet("runs.json", JsonAsync).WithSummary("All runs a search finds as one JSON list; asked for like runs.csv, without columns.");
    }

    static async Task<Results<Ok<ActivityList>, Refused>> ActivityAsync(Served served, CancellationToken stop, [FromQuery] string[]? experiment = null)
    {
        var store = StoreOf(served);
        return TypedResults.Ok(new ActivityList([
            .. (await store.ActivityAsync(Experiments(experiment), stop)).Select(a =>
                new ActivityAnswer(TrackedTable.Whole(a.Experiment), a.Runs, a.DeletedRuns, a.NewestMs)),
        ]));
    }

    static async Task<Results<Ok<LoggedKeys>, Refused>> KeysAsync(Served served, CancellationToken stop, [FromQuery] string[]? experiment = null)
    {
        var store = StoreOf(served);
        return TypedResults.Ok(await store.KeysAsync(Experiments(experiment), MostKeys, stop));
    }

    static async Task<Results<Ok<CountAnswer>, Refused>> CountAsync(
        Served served, CancellationToken stop, [FromQuery] string[]? experiment = null, string? filter = null, string? view = null)
    {
        var store = StoreOf(served);
        var count = await store.CountRunsAsync(Experiments(experiment), SearchSubject.Runs.Read(filter ?? "", []), View(view), stop);
        return TypedResults.Ok(new CountAnswer(count));
    }

    static async Task<Results<FileStreamHttpResult, Refused>> CsvAsync(
        Served served, CancellationToken stop, [FromQuery] string[]? experiment = null, string? filter = null, string? view = null,
        [FromQuery] string[]? order = null, [FromQuery] string[]? column = null)
    {
        var store = StoreOf(served);
        var table = new TrackedTable(store, Experiments(experiment), SearchSubject.Runs.Read(filter ?? "", order ?? []), View(view));
        var columns = column is { Length: > 0 } ? [.. column.Select(TrackedColumn.Read)]
            : TrackedColumn.All(await store.KeysAsync(table.Experiments, MostKeys, stop));
        return await SendAsync(served, "text/csv; charset=utf-8", "runs.csv", file => table.WriteCsvAsync(file, columns, stop));
    }

    static async Task<Results<FileStreamHttpResult, Refused>> JsonAsync(
        Served served, CancellationToken stop, [FromQuery] string[]? experiment = null, string? filter = null, string? view = null,
        [FromQuery] string[]? order = null)
    {
        var table = new TrackedTable(StoreOf(served), Experiments(experiment), SearchSubject.Runs.Read(filter ?? "", order ?? []), View(view));
        return await SendAsync(served, "application/json", "runs.json", file => table.WriteJsonAsync(file, stop));
    }

    /// <summary>The whole file is written before the first byte is sent, so that a failure is one sentence and not half a table. Nobody else sees it: it has
    /// lost its name by then.</summary>
    static async Task<FileStreamHttpResult> SendAsync(Served served, string type, string name, Func<Stream, Task> write)
    {
        using var scratch = served.Artifacts.NewScratch();
        var stream = new FileStream(scratch.File(name), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.Asynchronous);
        try
        {
            await write(stream);
            stream.Position = 0;
            return TypedResults.Stream(stream, type, name);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    static ITrackingStore StoreOf(Served served) =>
        served.Tracking ?? throw new TrackingException(TrackingFault.NotThere, Message.Of("tracking.not-kept", ("where", served.Where ?? served.DataFolder)));

    static List<long> Experiments(string[]? asked)
    {
        if (asked is not { Length: > 0 }) throw Fields.Bad(Message.Of("tracking.missing", ("name", "experiment")));
        if (asked.Length > MostExperiments)
            throw Fields.Bad(Message.Of("tracking.too-many", ("name", "experiment"), ("most", MostExperiments), ("count", asked.Length)));
        return [.. asked.Select(id => TrackingRules.Experiment(id, "experiment")).Distinct().Order()];
    }

    static ViewType View(string? view) => view switch
    {
        null or "" or "ACTIVE_ONLY" => ViewType.ActiveOnly,
        "DELETED_ONLY" => ViewType.DeletedOnly,
        "ALL" => ViewType.All,
        _ => throw Fields.Bad(Message.Of("tracking.not-among", ("value", TrackingRules.Quoted(view)), ("name", "view"),
            ("known", "ACTIVE_ONLY, DELETED_ONLY, ALL"))),
    };
}

sealed record ActivityList(IReadOnlyList<ActivityAnswer> Experiments);

/// <param name="Experiment">Its id, a text as tracking clients have it.</param>
/// <param name="NewestMs">When the newest run began: milliseconds since 1970; null where none says so.</param>
sealed record ActivityAnswer(string Experiment, long Runs, long DeletedRuns, long? NewestMs);

sealed record CountAnswer(long Count);
