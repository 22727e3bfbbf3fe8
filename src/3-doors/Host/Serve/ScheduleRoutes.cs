using System.Globalization;
using Kumiki.Continuing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>Schedules: what is due, what became of it, and what a person may ask of them. <c>/api/changes</c> tells when any of it has changed.</summary>
static class ScheduleRoutes
{
    const string All = "/api/schedules";

    static readonly string[] Times = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static void MapSchedules(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(All).WithTags("schedules");
        group.MapGet("", ListAsync)
            .WithSummary("Every schedule with what is next, what is open, what was last and its open alerts; and the stage of automation of each model.");
        group.MapGet("{name}", GetAsync).WithSummary("One schedule.");
        group.MapGet("{name}/occurrences", HistoryAsync)
            .WithSummary("What became of each time a schedule was due or was run by hand, newest first, with every step.");
        group.MapGet("{name}/occurrences/{number}", OccurrenceAsync).WithSummary("One occurrence with its steps, versions, verdict, findings and end.");
        group.MapPost("{name}/run", RunAsync).Accepts<RunAsked>("application/json")
            .WithSummary("Plans an occurrence: now, or 'at' a time to come. This server runs it; the answer is the occurrence as it waits.");
        group.MapPost("{name}/cancel", CancelAsync).Accepts<ScheduleAsked>("application/json")
            .WithSummary("Cancels what of a schedule waits, runs or is held back.");
        group.MapPost("{name}/pause", PauseAsync).Accepts<ScheduleAsked>("application/json").WithSummary("Lets a schedule not be due until it is resumed.");
        group.MapPost("{name}/resume", ResumeAsync).Accepts<ScheduleAsked>("application/json").WithSummary("Lets a schedule be due again from now on.");
    }

    static async Task<Ok<ScheduleList>> ListAsync(Served served, Language language, CancellationToken stop)
    {
        if (served.Schedules is not { } schedules) return TypedResults.Ok(new ScheduleList([], []));
        var all = await schedules.StatusAsync(stop);
        var automation = await schedules.AutomationAsync(stop);
        return TypedResults.Ok(new ScheduleList([.. all.Select(s => ScheduleAnswer.Of(s, automation, language))],
            [.. automation.Select(a => AutomationAnswer.Of(a, language))]));
    }

    static async Task<Results<Ok<ScheduleAnswer>, Refused>> GetAsync(string name, Served served, Language language, CancellationToken stop)
    {
        if (await StatusAsync(name, served, stop) is not { } status) return await UnknownAsync(name, served, stop);
        return TypedResults.Ok(ScheduleAnswer.Of(status, await served.Schedules!.AutomationAsync(stop), language));
    }

    static async Task<ScheduleStatus?> StatusAsync(string name, Served served, CancellationToken stop) =>
        served.Schedules is { } schedules ? (await schedules.StatusAsync(stop)).FirstOrDefault(s => s.Schedule.Name == name) : null;

    /// <summary>Why there is no such schedule here.</summary>
    static async Task<Refused> UnknownAsync(string name, Served served, CancellationToken stop)
    {
        if (served.Schedules is not { } schedules) return new Refused(StatusCodes.Status409Conflict, Message.Of("schedule.no-project"));
        var known = await schedules.StatusAsync(stop);
        var shown = Asked.Cut(name);
        return Refused.NotFound(known.Count == 0
            ? Message.Of("schedule.none", ("schedule", shown))
            : Message.Of("schedule.unknown", ("schedule", shown), ("known", string.Join(", ", known.Select(s => s.Schedule.Name)))));
    }

    static async Task<Results<Ok<OccurrenceList>, Refused>> HistoryAsync(
        string name, Served served, Language language, CancellationToken stop, string? before = null, string? limit = null)
    {
        if (!Asked.Number("before", before, 0, 0, long.MaxValue, out var from, out var refused)) return refused;
        if (!Asked.Limit(limit, 20, out var most, out refused)) return refused;
        var isKept = (await served.Metadata.SchedulesAsync(stop)).Any(s => s.Schedule == name);
        if (!isKept && await StatusAsync(name, served, stop) is null) return await UnknownAsync(name, served, stop);
        var all = await served.Metadata.OccurrencesAsync(name, open: false, most + 1, from == 0 ? null : from, stop);
        var next = all.Count > most ? all[most - 1].Number : (long?)null;
        return TypedResults.Ok(new OccurrenceList([.. all.Take(most).Select(o => OccurrenceAnswer.Of(o, language))], next));
    }

    static async Task<Results<Ok<OccurrenceAnswer>, Refused>> OccurrenceAsync(
        string name, string number, Served served, Language language, CancellationToken stop)
    {
        if (!Asked.Number("number", number, 0, 0, long.MaxValue, out var asked, out var refused)) return refused;
        return await served.Metadata.OccurrenceAsync(asked, stop) is { } one && one.Schedule == name
            ? TypedResults.Ok(OccurrenceAnswer.Of(one, language))
            : Refused.NotFound(Message.Of("schedule.no-occurrence", ("number", asked), ("schedule", Asked.Cut(name))));
    }

    static async Task<Results<Accepted<OccurrenceAnswer>, Refused>> RunAsync(
        string name, HttpContext http, Served served, Language language, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<RunAsked>(http, served, stop);
        if (asked is null) return refused!;
        if (await StatusAsync(name, served, stop) is null) return await UnknownAsync(name, served, stop);
        DateTimeOffset? at = null;
        if (asked.At is { } text)
        {
            if (!DateTimeOffset.TryParseExact(text, Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
                return Refused.Bad(Message.Of("schedule.bad-time", ("time", Asked.Cut(text))));
            at = time;
        }
        try
        {
            var one = await served.Schedules!.AskAsync(name, at, served.Author, stop);
            return TypedResults.Accepted($"{All}/{name}/occurrences/{one.Number.ToString(CultureInfo.InvariantCulture)}", OccurrenceAnswer.Of(one, language));
        }
        catch (KumikiException e) when (e.Says.Id == "schedule.past")
        {
            return Refused.Bad(e.Says);
        }
    }

    static Task<Results<Ok<ScheduleAnswer>, Refused>> PauseAsync(string name, HttpContext http, Served served, Language language, CancellationToken stop) =>
        PausedAsync(name, paused: true, http, served, language, stop);

    static Task<Results<Ok<ScheduleAnswer>, Refused>> ResumeAsync(string name, HttpContext http, Served served, Language language, CancellationToken stop) =>
        PausedAsync(name, paused: false, http, served, language, stop);

    static async Task<Results<Ok<ScheduleAnswer>, Refused>> PausedAsync(
        string name, bool paused, HttpContext http, Served served, Language language, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<ScheduleAsked>(http, served, stop);
        if (asked is null) return refused!;
        if (await StatusAsync(name, served, stop) is null) return await UnknownAsync(name, served, stop);
        await served.Schedules!.PauseAsync(name, paused, served.Author, stop);
        return await GetAsync(name, served, language, stop);
    }

    static async Task<Results<Ok<OccurrenceList>, Refused>> CancelAsync(string name, HttpContext http, Served served, Language language, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<ScheduleAsked>(http, served, stop);
        if (asked is null) return refused!;
        if (await StatusAsync(name, served, stop) is null) return await UnknownAsync(name, served, stop);
        try
        {
            var cancelled = await served.Schedules!.CancelAsync(name, served.Author, stop);
            return TypedResults.Ok(new OccurrenceList([.. cancelled.Select(o => OccurrenceAnswer.Of(o, language))], null));
        }
        catch (KumikiException e) when (e.Says.Id == "schedule.nothing-open")
        {
            return new Refused(StatusCodes.Status409Conflict, e.Says);
        }
    }
}

/// <param name="At">When it may begin, with its offset; null: now.</param>
sealed record RunAsked(string? At);

/// <summary>What needs nothing but the address: <c>{}</c>.</summary>
sealed record ScheduleAsked;

/// <param name="Automation">Of each model, whether a schedule makes it or not.</param>
sealed record ScheduleList(IReadOnlyList<ScheduleAnswer> Schedules, IReadOnlyList<AutomationAnswer> Automation);

/// <param name="Next">When it is due next; null while it is paused.</param>
/// <param name="Release">What becomes of what it stages: <c>byPerson</c>, <c>atOnce</c> or <c>afterHold</c>.</param>
/// <param name="HoldSeconds">How long it is held back; null where it is not.</param>
/// <param name="Open">What waits, runs or is held back, oldest first.</param>
/// <param name="Last">The newest that is over.</param>
/// <param name="Models">The models it makes.</param>
sealed record ScheduleAnswer(
    string Name, string Cron, string Zone, DateTimeOffset? Next, DateTimeOffset Since, DateTimeOffset? PausedAt, string? PausedBy,
    IReadOnlyList<string> Make, IReadOnlyList<string> NewData, double MostRejected, IReadOnlyList<string> Stage, string Release, double? HoldSeconds,
    IReadOnlyList<string> Afterwards, IReadOnlyList<OccurrenceAnswer> Open, OccurrenceAnswer? Last, IReadOnlyList<AlertAnswer> Alerts,
    IReadOnlyList<AutomationAnswer> Models)
{
    public static ScheduleAnswer Of(ScheduleStatus status, IReadOnlyList<Automation> automation, Language language)
    {
        var (schedule, kept) = (status.Schedule, status.Kept);
        return new(schedule.Name, schedule.When.Expression, schedule.When.Zone, status.Next, kept.Since, kept.PausedAt, kept.PausedBy, Names(schedule.Make),
            Names(schedule.NewData), schedule.MostRejected, Names(schedule.Stage),
            schedule.Release.IsByPerson ? "byPerson" : schedule.Release.Hold is null ? "atOnce" : "afterHold",
            schedule.Release.Hold?.TotalSeconds, Names(schedule.Afterwards),
            [.. status.Open.Select(o => OccurrenceAnswer.Of(o, language))], status.Last is null ? null : OccurrenceAnswer.Of(status.Last, language),
            [.. status.Alerts.Select(a => new AlertAnswer(a.Number, a.Occurrence, a.At, Said.Of(a.Says, language), a.Closed))],
            [.. automation.Where(a => a.Schedules.Contains(schedule.Name)).Select(a => AutomationAnswer.Of(a, language))]);
    }

    static IReadOnlyList<string> Names(IEnumerable<Asset> assets) => [.. assets.Select(a => a.Name)];
}

/// <param name="Stage">1: by hand. 2: on a schedule.</param>
/// <param name="Missing">What is missing for the next stage.</param>
sealed record AutomationAnswer(string Model, int Stage, IReadOnlyList<string> Schedules, Said Missing, IReadOnlyList<string> Mends)
{
    public static AutomationAnswer Of(Automation a, Language language) => new(a.Model, a.Stage, a.Schedules, Said.Of(a.Missing, language), a.Mends);
}

sealed record AlertAnswer(long Number, long Occurrence, DateTimeOffset At, Said Says, DateTimeOffset? Closed);

/// <param name="Next">Ask again with <c>before</c> = this for older ones; null at the end.</param>
sealed record OccurrenceList(IReadOnlyList<OccurrenceAnswer> Occurrences, long? Next);

/// <param name="By">Who asked for it; null where it was due.</param>
/// <param name="Missed">Times before it that were due while nothing ran schedules.</param>
/// <param name="Attempt">1 for the first; 0 before it.</param>
/// <param name="Go">The verdict: true for GO, false for NO-GO, null before there is one.</param>
/// <param name="Staged">What is staged by it.</param>
/// <param name="Release">The release it went live with.</param>
/// <param name="Findings">What keeps it back.</param>
/// <param name="Afterwards">What was made at the end from production.</param>
/// <param name="Says">How it ended.</param>
sealed record OccurrenceAnswer(
    long Number, string Schedule, DateTimeOffset Due, OccurrenceCause Cause, string? By, int Missed, OccurrenceState State, int Attempt,
    DateTimeOffset? Started, DateTimeOffset? Ended, string? CancelledBy,
    IReadOnlyList<StepAnswer> Steps, IReadOnlyList<VersionName> Versions, bool? Go, IReadOnlyList<VersionName> Staged, DateTimeOffset? HeldUntil, int? Release,
    IReadOnlyList<FindingAnswer> Findings,
    IReadOnlyList<VersionName> Afterwards, Said? Says)
{
    public static OccurrenceAnswer Of(OccurrenceRecord o, Language language) => new(
        o.Number, o.Schedule, o.Due, o.Cause, o.By, o.Missed, o.State, o.Fence, o.Started, o.Ended, o.CancelledBy,
        [.. o.Progress.Steps.Select(s => new StepAnswer(s.Name, s.Started, s.Ended, s.Good, s.Says is null ? null : Said.Of(s.Says, language)))],
        o.Progress.Versions, o.Progress.Go, o.Progress.Staged, o.Progress.HeldUntil, o.Progress.Release,
        [.. o.Progress.Findings.Select(f => new FindingAnswer(f.Rule, f.Severity, Said.Of(f.Says, language), f.Mends))], o.Progress.Afterwards,
        o.Progress.Says is null ? null : Said.Of(o.Progress.Says, language));
}

/// <param name="Name">load, check, make, report, stage, release or afterwards.</param>
/// <param name="Good">Null while it runs.</param>
sealed record StepAnswer(string Name, DateTimeOffset Started, DateTimeOffset? Ended, bool? Good, Said? Says);
