
namespace Kumiki.Hosting;

/// <summary>How much something matters.</summary>
enum AttentionWeight
{
    /// <summary>Wrong now: a gate that failed, a run that failed.</summary>
    Act,

    /// <summary>Will be wrong if nobody looks: out of date, staged and forgotten.</summary>
    Look,
}

/// <summary>One thing that needs a hand.</summary>
/// <param name="Rule">graph, schedule, no-go, check, run, stale, staged, never.</param>
/// <param name="Asset">What it is about, and where to look further.</param>
/// <param name="Mends">Commands, best first; empty where only a person can decide.</param>
sealed record Attention(string Rule, AttentionWeight Weight, Said Says, string? Asset, VersionName? Version, RunId? Run, IReadOnlyList<string> Mends)
{
    /// <summary>The schedule that alerts; null where it is about something else.</summary>
    public string? Schedule { get; init; }

    public const int MostShown = 50;
    const int MostFailedRuns = 20;

    /// <summary>So many versions with one cause are said together.</summary>
    const int SameCause = 3;

    /// <summary>All there is, worst first.</summary>
    public static async Task<IReadOnlyList<Attention>> OfAsync(Served served, Shelf shelf, Production production, IReadOnlyList<TestedModel> tested,
        Language language, CancellationToken stop)
    {
        var act = new List<Attention>();
        foreach (var finding in (shelf.Graph?.Findings ?? []).Where(f => f.Severity == Severity.Refusal))
            act.Add(new("graph", AttentionWeight.Act, Said.Of(finding.Says, language), null, null, null, finding.Mends));
        foreach (var status in served.Schedules is { } schedules && shelf.Graph?.IsSound == true ? await schedules.StatusAsync(stop) : [])
            foreach (var alert in status.Alerts.Where(a => a.Closed is null))
                act.Add(new("schedule", AttentionWeight.Act, Said.Of(alert.Says, language), null, null, null, []) { Schedule = status.Schedule.Name });
        foreach (var report in tested.Where(t => !t.Go))
        {
            var failed = report.Report.Checks.FirstOrDefault(c => !c.Held);
            act.Add(new("no-go", AttentionWeight.Act,
                Say(Message.Of("overview.no-go", ("report", report.Report.Name), ("model", report.Model),
                    ("says", failed is null ? "" : Said.Of(failed.Says, language).Text))),
                report.Report.Asset, report.Report.Name, null, []));
        }
        foreach (var version in shelf.InUse.Values.Where(v => !TestedModels.IsTestReport(v)).OrderBy(v => v.Name))
            foreach (var check in version.Checks.Where(c => !c.Held))
                act.Add(new("check", AttentionWeight.Act,
                    Say(Message.Of("overview.check", ("version", version.Name), ("check", check.Name), ("says", Said.Of(check.Says, language).Text))),
                    version.Asset, version.Name, null, []));
        foreach (var run in await FailedRunsAsync(served, stop))
            act.Add(new("run", AttentionWeight.Act,
                Say(Message.Of("overview.run", ("asset", run.Asset), ("run", run.Id), ("says", run.Error is null ? "" : Said.Of(run.Error, language).Text))),
                run.Asset, null, run.Id, [$"kumiki make {run.Asset}"]));

        return [.. act, .. Look(shelf, production, Say)];

        Said Say(Message says) => Said.Of(says, language);
    }

    static IEnumerable<Attention> Look(Shelf shelf, Production production, Func<Message, Said> say)
    {
        // What is out of date only because of an input is mended with it; it is counted there, not said again.
        var upstream = Message.Of("stale.upstream", ("asset", "")).Id;
        var stale = shelf.Assets.Where(a => a.Declared && a.Freshness == Freshness.Stale).ToList();
        var changed = stale.Where(a => a.Stale.Any(s => s.Id != upstream)).ToList();
        var followers = changed.ToDictionary(a => a.Name, a => Following(shelf, a.Name).Count(stale.Except(changed).Select(s => s.Name).Contains),
            StringComparer.Ordinal);
        var because = changed.ToDictionary(a => a.Name, a => a.Stale.First(s => s.Id != upstream).Text, StringComparer.Ordinal);
        foreach (var alike in changed.OrderByDescending(a => followers[a.Name]).GroupBy(a => because[a.Name], StringComparer.Ordinal))
        {
            List<AssetStatus> assets = [.. alike];
            if (assets.Count >= SameCause)
            {
                // One cause, such as changed code, is one thing to mend, however many versions it makes old.
                var names = assets.ConvertAll(a => new VersionName(a.Name, a.InUse!.Value));
                var last = shelf.Assets.Last(a => assets.Contains(a)).Name;
                yield return new("stale", AttentionWeight.Look,
                    say(Message.Of("overview.stale-many", ("count", assets.Count), ("versions", Some(names)), ("says", alike.Key))), null, null, null,
                    [$"kumiki make {last} --upstream"]);
                continue;
            }
            foreach (var asset in assets)
            {
                var version = new VersionName(asset.Name, asset.InUse!.Value);
                var says = followers[asset.Name] == 0
                    ? Message.Of("overview.stale", ("version", version), ("says", alike.Key))
                    : Message.Of("overview.stale-with", ("version", version), ("says", alike.Key), ("count", followers[asset.Name]));
                yield return new("stale", AttentionWeight.Look, say(says), asset.Name, version, null, [$"kumiki make {asset.Name}"]);
            }
        }

        var staged = shelf.Assets.Where(a => a.Staging is not null && a.Staging != a.Production).Select(a => new VersionName(a.Name, a.Staging!.Value))
            .ToList();
        if (staged.Count > 0 && production.Release > 0)
            yield return new("staged", AttentionWeight.Look, say(Message.Of("overview.staged", ("count", staged.Count), ("versions", Some(staged)))),
                null, null, null, ["kumiki release --dry-run"]);
        var none = shelf.Assets.Where(a => a.Declared && a.Freshness == Freshness.NeverMade).Select(a => a.Name).ToList();
        var awaited = none.Where(a => shelf.Graph?.Find(a) is { IsBroughtIn: true }).ToList();
        if (awaited.Count > 0)
            yield return new("never", AttentionWeight.Look, say(Message.Of("overview.never", ("count", awaited.Count), ("assets", Some(awaited)))),
                awaited.Count == 1 ? awaited[0] : null, null, null, [$"kumiki models import {awaited[0]} FILE.onnx"]);
        var never = none.Except(awaited).ToList();
        if (never.Count > 0)
            yield return new("never", AttentionWeight.Look, say(Message.Of("overview.never", ("count", never.Count), ("assets", Some(never)))),
                never.Count == 1 ? never[0] : null, null, null, [$"kumiki make {never[^1]} --upstream"]);
    }

    static string Some<T>(IReadOnlyList<T> names) => string.Join(", ", names.Take(5)) + (names.Count > 5 ? " …" : "");

    /// <summary>Everything that is made from it, near or far.</summary>
    static HashSet<string> Following(Shelf shelf, string asset)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var users = shelf.Edges.ToLookup(e => e.From, e => e.To, StringComparer.Ordinal);
        for (var next = new Queue<string>([asset]); next.TryDequeue(out var at);)
            foreach (var user in users[at].Where(found.Add)) next.Enqueue(user);
        return found;
    }

    /// <summary>Assets whose newest making failed or crashed; a trial that failed is the study's own affair.</summary>
    static async Task<IReadOnlyList<RunRecord>> FailedRunsAsync(Served served, CancellationToken stop)
    {
        var failed = new List<RunRecord>();
        foreach (var state in (RunState[])[RunState.Failed, RunState.Crashed])
            foreach (var run in (await served.Metadata.RunsAsync(null, state, MostFailedRuns, null, stop)).Where(r => !IsTrial(r)).DistinctBy(r => r.Asset))
                if ((await served.Metadata.RunsAsync(run.Asset, null, 1, null, stop)) is [var newest] && newest.Id == run.Id) failed.Add(run);
        return [.. failed.OrderByDescending(r => r.Id.Number)];
    }

    /// <summary>A trial is noted by its study.</summary>
    static bool IsTrial(RunRecord run) => run.Plan.Notes.Any(n => n.StartsWith("study ", StringComparison.Ordinal));
}
