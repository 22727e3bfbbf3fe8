using Kumiki.Releasing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Kumiki.Hosting;

/// <summary>Stages, releases and brings back; the room decides, here it is only asked.</summary>
static class ReleaseWriteRoutes
{
    const int LongestReason = 2000;
    const int LongestAuthor = 200;

    public static void MapReleaseWrites(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api").WithTags("releases");
        group.MapPost("stages", StageAsync).Accepts<StageAsked>("application/json")
            .WithSummary("Stages versions, or takes assets out of staging; all or none.");
        group.MapPost("releases", ReleaseAsync).Accepts<ReleaseAsked>("application/json")
            .WithSummary(
                "Releases a set, everything staged by default. With dryRun it only says what would happen. 409 with the findings where it does not fit.");
        group.MapPost("releases/rollback", RollbackAsync).Accepts<RollbackAsked>("application/json")
            .WithSummary("Brings back what was live before; live is the release it was decided on, and another one since refuses it.");
    }

    static Releases Of(Served served) => new(served.Metadata, served.Artifacts, served.Clock, served.Author);

    static async Task<Results<Ok<StageAnswer>, Refused>> StageAsync(HttpContext http, Served served, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<StageAsked>(http, served, stop);
        if (asked is null || !Reason(asked.Reason, out refused)) return refused!;
        var versions = new List<VersionName>();
        foreach (var text in asked.Versions ?? [])
        {
            if (!Asked.Version(text, out var version, out refused)) return refused;
            versions.Add(version);
        }
        foreach (var asset in asked.Unstage ?? [])
            if (!Asked.Asset(asset, out refused)) return refused;
        if (versions.Count == 0 && asked.Unstage is not { Count: > 0 }) return Refused.Bad(Message.Of("serve.stages-nothing"));
        if (versions.Count > 0 && asked.Unstage is { Count: > 0 }) return Refused.Bad(Message.Of("serve.stages-both"));
        try
        {
            if (versions.Count > 0) await Of(served).StageAsync(versions, asked.Reason ?? "", stop);
            else await Of(served).UnstageAsync(asked.Unstage!, asked.Reason ?? "", stop);
        }
        catch (KumikiException e)
        {
            return new Refused(StatusCodes.Status409Conflict, e.Says);
        }
        return TypedResults.Ok(new StageAnswer(versions, asked.Unstage ?? []));
    }

    static async Task<Results<Ok<ReleaseEndAnswer>, Conflict<ReleaseEndAnswer>, Refused>> ReleaseAsync(
        HttpContext http, Served served, Language language, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<ReleaseAsked>(http, served, stop);
        if (asked is null || !Reason(asked.Reason, out refused) || !Author(asked.Author, out refused)) return refused!;
        var waivers = new List<Waiver>();
        foreach (var waiver in asked.Waivers ?? [])
        {
            if (!Asked.Version(waiver.Version, out var version, out refused)) return refused;
            if (!Reason(waiver.Because, out refused)) return refused!;
            if (string.IsNullOrWhiteSpace(waiver.Check) || string.IsNullOrWhiteSpace(waiver.Because))
                return Refused.Bad(Message.Of("serve.waiver", ("version", version)));
            waivers.Add(new(version, waiver.Check, waiver.Because));
        }
        var order = new ReleaseOrder
        {
            Set = asked.Set ?? [],
            Without = asked.Without ?? [],
            Waivers = waivers,
            Reason = asked.Reason ?? "",
            Author = Named(asked.Author),
            DryRun = asked.DryRun,
        };
        return Ended(await Of(served).ReleaseAsync(order, stop), asked.DryRun, language);
    }

    static async Task<Results<Ok<ReleaseEndAnswer>, Conflict<ReleaseEndAnswer>, Refused>> RollbackAsync(
        HttpContext http, Served served, Language language, CancellationToken stop)
    {
        var (asked, refused) = await WriteGuard.ReadAsync<RollbackAsked>(http, served, stop);
        if (asked is null || !Reason(asked.Reason, out refused) || !Author(asked.Author, out refused)) return refused!;
        return Ended(await Of(served).RollbackAsync(asked.Reason ?? "", Named(asked.Author), asked.DryRun, asked.Live, stop), asked.DryRun, language);
    }

    static Results<Ok<ReleaseEndAnswer>, Conflict<ReleaseEndAnswer>, Refused> Ended(ReleaseEnd end, bool dryRun, Language language)
    {
        var answer = ReleaseEndAnswer.Of(end, language);
        return answer.End == "refused" && !dryRun ? TypedResults.Conflict(answer) : TypedResults.Ok(answer);
    }

    static bool Reason(string? text, out Refused? refused)
    {
        refused = text?.Length > LongestReason ? Refused.Bad(Message.Of("serve.long-reason", ("length", text.Length), ("most", LongestReason))) : null;
        return refused is null;
    }

    static bool Author(string? text, out Refused? refused)
    {
        refused = text is not null && (text.Length > LongestAuthor || text.Any(char.IsControl))
            ? Refused.Bad(Message.Of("serve.bad-author", ("most", LongestAuthor))) : null;
        return refused is null;
    }

    /// <summary>Who asks; null: whoever the server writes down.</summary>
    static string? Named(string? author) => string.IsNullOrWhiteSpace(author) ? null : author.Trim();
}

/// <param name="Versions">To stage, such as sales@3.</param>
/// <param name="Unstage">Or: assets to take out of staging.</param>
sealed record StageAsked(IReadOnlyList<string>? Versions = null, IReadOnlyList<string>? Unstage = null, string? Reason = null);

sealed record StageAnswer(IReadOnlyList<VersionName> Staged, IReadOnlyList<string> Unstaged);

/// <param name="Set">sales@3, sales@champion, or sales for its staging version; everything staged by default.</param>
/// <param name="Without">Assets to take out of production.</param>
/// <param name="Author">Who asks, for the history; the server's author by default.</param>
sealed record ReleaseAsked(
    IReadOnlyList<string>? Set = null, IReadOnlyList<string>? Without = null, IReadOnlyList<WaiverAsked>? Waivers = null, string? Reason = null,
    string? Author = null, bool DryRun = false);

/// <summary>A gate to pass over, and why.</summary>
sealed record WaiverAsked(string Version, string Check, string Because);

/// <param name="Live">The release that is live as the asker knows it.</param>
sealed record RollbackAsked(int? Live = null, string? Reason = null, string? Author = null, bool DryRun = false);

/// <param name="End">live, would-go-live, unchanged or refused.</param>
/// <param name="Release">The release that is live now, where one was made.</param>
/// <param name="Findings">What keeps it back, and notes.</param>
sealed record ReleaseEndAnswer(string End, int? Release, IReadOnlyList<ReleaseChange> Changes, IReadOnlyList<FindingAnswer> Findings)
{
    public static ReleaseEndAnswer Of(ReleaseEnd end, Language language) => end switch
    {
        ReleaseEnd.Live live => new("live", live.Release.Number, Written(live.Changes), Told(live.Notes, language)),
        ReleaseEnd.WouldGoLive would => new("would-go-live", null, Written(would.Changes), Told(would.Notes, language)),
        ReleaseEnd.Refused { Findings: [{ Rule: ReleaseCheck.Unchanged }] } unchanged => new("unchanged", null, [], Told(unchanged.Findings, language)),
        ReleaseEnd.Refused refused => new("refused", null, [], Told(refused.Findings, language)),
        _ => throw new System.Diagnostics.UnreachableException($"Answer {end.GetType().Name}."),
    };

    static IReadOnlyList<FindingAnswer> Told(IReadOnlyList<Finding> findings, Language language) =>
        [.. findings.Select(f => new FindingAnswer(f.Rule, f.Severity, Said.Of(f.Says, language), f.Mends))];

    static IReadOnlyList<ReleaseChange> Written(IReadOnlyList<Releasing.ReleaseChange> changes) =>
        [.. changes.Select(c => new ReleaseChange(c.Asset, c.From, c.To))];
}
