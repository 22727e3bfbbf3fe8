using Kumiki.Making;
using Kumiki.Releasing;

namespace Kumiki.Continuing;

/// <summary>One attempt at an occurrence.</summary>
/// <remarks>
/// <code>
///  load ─► check ─► make ─► report ─► GO ─► stage ─► release ─► afterwards
///            │                │                        │            ▲
///         Stopped        NO-GO, Unchanged      held, by a person    │
///                             └───────────── the old release stays ─┘
/// </code>
/// What has been made is found again by its reuse key, so an attempt after a kill begins at load and computes nothing twice; once there is a verdict it goes
/// on behind that. Everything after the verdict can be done again: staging moves nothing the second time, and a release that is live already is recognised.
/// </remarks>
sealed partial class OccurrenceRun(Schedule schedule, ProjectGraph graph, Workplace at, OccurrenceRecord occurrence, Attempt attempt)
{
    readonly Maker maker = new(graph, at);
    readonly Releases releases = new(at.Metadata, at.Artifacts, at.Clock, $"schedule {schedule.Name}");
    readonly Dictionary<string, VersionRecord> records = new(StringComparer.Ordinal);
    readonly List<VersionName> fresh = [];

    /// <summary>How it ended, or would end if it were stopped now.</summary>
    /// <param name="Alerts">Whether a person should look at it.</param>
    internal sealed record End(OccurrenceState State, Message Says, bool Alerts);

    public OccurrenceProgress Progress { get; private set; } = occurrence.Progress with
    {
        Steps = occurrence.Progress.Go is null ? [] : [.. occurrence.Progress.Steps.Where(s => s.Ended is not null)],
        Findings = occurrence.Progress.Go is null ? [] : occurrence.Progress.Findings,
    };

    /// <summary>The end that was reached before what is made afterwards; null before.</summary>
    public End? Reached { get; private set; }

    public async Task<End> RunAsync(CancellationToken stop)
    {
        var end = Progress.Go is null
            ? await StepAsync("load", LoadAsync, stop) ?? await StepAsync("check", CheckAsync, stop)
                ?? await StepAsync("make", MakeAsync, stop) ?? await StepAsync("report", ReportAsync, stop)
            : Progress.Go == false ? NoGo(await StaysAsync(stop)) : null;
        end ??= await StepAsync("stage", StageAsync, stop) ?? await StepAsync("release", ReleaseAsync, stop);
        Reached = end!;
        if (schedule.Afterwards.Count == 0 || end!.State is OccurrenceState.Stopped or OccurrenceState.Failed or OccurrenceState.Holding) return end!;
        return await StepAsync("afterwards", AfterwardsAsync, stop) ?? end;
    }

    /// <summary>Runs a step and writes down that it began and how it ended.</summary>
    async Task<End?> StepAsync(string name, Func<CancellationToken, Task<(Message Says, End? End)>> step, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var before = Progress.Steps;
        var began = at.Clock.GetUtcNow();
        await SaveAsync(Progress with { Steps = [.. before, new(name, began, null, null, null)] }, stop);
        var (says, end) = await step(stop);
        await SaveAsync(Progress with { Steps = [.. before, new(name, began, at.Clock.GetUtcNow(), end?.Alerts != true, says)] }, stop);
        return end;
    }

    async Task SaveAsync(OccurrenceProgress progress, CancellationToken stop)
    {
        Progress = progress;
        if (await at.Metadata.SaveOccurrenceAsync(occurrence.Number, occurrence.Fence, progress, stop) is null) throw new OccurrenceLostException();
        attempt.Told?.Invoke(occurrence with { Progress = progress });
    }

    // ── 1. load ──

    async Task<(Message, End?)> LoadAsync(CancellationToken stop)
    {
        var nodes = Upstream(schedule.Make).Where(IsData).ToList();
        var failed = await MadeAsync(nodes.Where(n => !nodes.Any(m => m.Inputs.Any(i => i.Asset == n.Name))).Select(n => n.Name), stop);
        // A dataset that does not hold what is expected keeps others from being made of it: the check says that better.
        if (failed is null || records.Values.Any(v => v.Checks.Any(c => !c.Held && c.Kind == CheckKind.Expectation))) return (Made(), null);
        return await FailedAsync(failed, stop);
    }

    IEnumerable<AssetNode> Upstream(IEnumerable<Asset> assets) => assets.SelectMany(a => graph.Upstream(a.Name)).Distinct();

    /// <summary>Whether an asset is there before anything is trained: no model is anywhere upstream of it.</summary>
    bool IsData(AssetNode node) => graph.Upstream(node.Name)
        .All(n => n.Kind is AssetKind.Goal or AssetKind.Dataset or AssetKind.Labels or AssetKind.Features or AssetKind.Other);

    // ── 2. check ──

    async Task<(Message, End?)> CheckAsync(CancellationToken stop)
    {
        var known = await KnownAsync(stop);
        var news = occurrence.Cause == OccurrenceCause.ByHand ? [] : schedule.NewData.Select(d => d.Name).ToList();
        var data = records.Values.Where(v => IsData(graph[v.Asset])).ToList();
        var findings = DataCheck.Of(schedule.Name, data, schedule.MostRejected, news, known);
        if (findings.Count == 0)
        {
            var count = data.Count(v => v.Kind == AssetKind.Dataset);
            return (news.Count < schedule.NewData.Count
                ? Message.Of("schedule.step-checked-by-hand", ("count", count))
                : Message.Of("schedule.step-checked", ("count", count)), null);
        }
        Progress = Progress with { Findings = findings };
        return (findings[0].Says, new(OccurrenceState.Stopped,
            Message.Of("schedule.stopped", ("schedule", schedule.Name), ("production", await StaysAsync(stop)), ("says", Together(findings))), Alerts: true));
    }

    /// <summary>Tells the versions that production holds or that the last occurrence with a verdict came out with.</summary>
    async Task<Func<VersionName, bool>> KnownAsync(CancellationToken stop)
    {
        var production = (await at.Metadata.ProductionAsync(stop)).Set;
        var last = default(OccurrenceRecord);
        for (long? before = occurrence.Number; last is null;)
        {
            var page = await at.Metadata.OccurrencesAsync(schedule.Name, open: false, 50, before, stop);
            if (page.Count == 0) break;
            last = page.FirstOrDefault(o => o.State is OccurrenceState.Released or OccurrenceState.Staged or OccurrenceState.Unchanged or OccurrenceState.NoGo);
            before = page[^1].Number;
        }
        return version => (production.TryGetValue(version.Asset, out var live) && live == version.Number) || last?.Progress.Versions.Contains(version) == true;
    }

    // ── 3. and 4. make and report ──

    async Task<(Message, End?)> MakeAsync(CancellationToken stop)
    {
        fresh.Clear();
        var nodes = Upstream(schedule.Make).Where(n => n.Kind != AssetKind.Report && !IsAnswer(n)).ToList();
        var failed = await MadeAsync(nodes.Where(n => !nodes.Any(m => m.Inputs.Any(i => i.Asset == n.Name))).Select(n => n.Name), stop);
        return failed is null ? (Made(), null) : await FailedAsync(failed, stop);
    }

    /// <summary>What a model says, and all that is made of it: nothing of that is made by a model that is not good.</summary>
    IEnumerable<AssetNode> Answers => Upstream(schedule.Make).Where(IsAnswer);

    bool IsAnswer(AssetNode node) => graph.Upstream(node.Name).Any(n => n.Kind is AssetKind.Predictions or AssetKind.Endpoint);

    async Task<(Message, End?)> ReportAsync(CancellationToken stop)
    {
        var failed = await MadeAsync(Upstream(schedule.Make).Where(n => n.Kind == AssetKind.Report && !IsAnswer(n)).Select(n => n.Name), stop);
        return failed is null ? await VerdictAsync(isLast: !Answers.Any(), stop) : await FailedAsync(failed, stop);
    }

    /// <summary>GO or NO-GO, by every check of what is not in production yet.</summary>
    /// <param name="isLast">Whether everything is made; before that GO is not written down.</param>
    async Task<(Message Says, End? End)> VerdictAsync(bool isLast, CancellationToken stop)
    {
        var known = await KnownAsync(stop);
        var isKnown = Progress.Versions.All(known);
        var production = (await at.Metadata.ProductionAsync(stop)).Set;
        var checks = records.Values.Where(v => !production.TryGetValue(v.Asset, out var live) || live != v.Name.Number)
            .SelectMany(v => v.Checks, (v, c) => (Version: v.Name, Check: c)).ToList();
        IReadOnlyList<Finding> broken =
            [.. checks.Where(c => !c.Check.Held)
                .Select(c => new Finding(c.Check.Name, Severity.Refusal, Message.Of("schedule.check", ("version", c.Version), ("says", c.Check.Says)), []))];
        if (isKnown && (isLast || broken.Count > 0))
            return (Message.Of("schedule.unchanged"), new(OccurrenceState.Unchanged, Message.Of("schedule.unchanged"), Alerts: false));
        Progress = Progress with { Go = broken.Count > 0 ? false : isLast ? true : null, Findings = broken };
        return broken.Count == 0 ? (Message.Of("schedule.step-go", ("count", checks.Count)), null) : (Together(broken), NoGo(await StaysAsync(stop)));
    }

    End NoGo(Message stays) => new(OccurrenceState.NoGo,
        Message.Of("schedule.no-go", ("schedule", schedule.Name), ("production", stays), ("says", Together(Progress.Findings))), Alerts: true);

    // ── 5. stage ──

    async Task<(Message, End?)> StageAsync(CancellationToken stop)
    {
        if (Progress.Go is null)
        {
            if (await MadeAsync(Answers.Select(n => n.Name), stop) is { } failed) return await FailedAsync(failed, stop);
            if (await VerdictAsync(isLast: true, stop) is { End: not null } broken) return broken;
        }
        var production = await at.Metadata.ProductionAsync(stop);
        if (Progress.Staged.Count == 0)
        {
            var wanted = Upstream(schedule.Stage).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
            IReadOnlyList<VersionName> staged = [.. Progress.Versions.Where(v => wanted.Contains(v.Asset))];
            if (staged.All(v => IsLive(production, v)))
                return (Message.Of("schedule.unchanged"), new(OccurrenceState.Unchanged, Message.Of("schedule.unchanged"), Alerts: false));
            await SaveAsync(Progress with { Staged = staged, StagedOver = production.Release }, stop);
        }
        if (production.Release == Progress.StagedOver) await releases.StageAsync(Progress.Staged, Reason, stop);
        return (Message.Of("schedule.step-staged", ("versions", Names(Progress.Staged.Where(v => !IsLive(production, v))))), null);
    }

    string Reason => $"{schedule.Name} #{occurrence.Number}, due {schedule.When.Written(occurrence.Due)}";

    // ── 6. release ──

    async Task<(Message, End?)> ReleaseAsync(CancellationToken stop)
    {
        var production = await at.Metadata.ProductionAsync(stop);
        IReadOnlyList<VersionName> entering = [.. Progress.Staged.Where(v => !IsLive(production, v))];
        var policy = schedule.Release;
        if (entering.Count == 0) return Live(production.Release, Progress.Staged);       // an attempt before this one was killed right after its release
        if (policy.IsByPerson) return Left(OccurrenceState.Staged, Message.Of("schedule.staged", ("versions", Names(entering))));
        if (production.Release != Progress.StagedOver)
            return Left(OccurrenceState.Staged, Message.Of("schedule.hold-moved", ("release", production.Release), ("versions", Names(entering))));
        if (policy.Hold is { } hold && Progress.HeldUntil is null) Progress = Progress with { HeldUntil = at.Clock.GetUtcNow() + hold };
        if (Progress.HeldUntil is { } until && until > at.Clock.GetUtcNow())
            return Left(OccurrenceState.Holding,
                Message.Of("schedule.held", ("until", schedule.When.Written(until)), ("versions", Names(entering)), ("schedule", schedule.Name)));

        switch (await releases.ReleaseAsync(new() { Set = [.. entering.Select(v => v.ToString())], Reason = Reason }, stop))
        {
            case ReleaseEnd.Live live:
                return Live(live.Release.Number, entering);
            case ReleaseEnd.Refused refused:
                Progress = Progress with { Findings = refused.Findings };
                var says = Together(refused.Findings.Where(f => f.Severity == Severity.Refusal));
                return (says, new(OccurrenceState.Refused,
                    Message.Of("schedule.refused", ("schedule", schedule.Name), ("production", await StaysAsync(stop)), ("says", says)), Alerts: true));
            case var other:
                throw new System.Diagnostics.UnreachableException($"A release ended as {other.GetType().Name}.");
        }

        (Message, End) Live(int release, IEnumerable<VersionName> versions)
        {
            Progress = Progress with { Release = release };
            return Left(OccurrenceState.Released, Message.Of("schedule.released", ("release", release), ("versions", Names(versions))));
        }

        static (Message, End) Left(OccurrenceState state, Message says) => (says, new(state, says, Alerts: false));
    }

    static bool IsLive(Production production, VersionName version) => production.Set.TryGetValue(version.Asset, out var live) && live == version.Number;

    // ── what the steps share ──

    /// <summary>Makes assets with what is out of date upstream, from what this occurrence made before.</summary>
    /// <returns>The first that failed.</returns>
    async Task<MakingEnd.Failed?> MadeAsync(IEnumerable<string> assets, CancellationToken stop)
    {
        MakingEnd.Failed? failed = null;
        List<string> wanted = [.. assets.Where(a => !records.ContainsKey(a))];
        if (wanted.Count == 0) return null;
        var ends = await maker.MakeAsync(Order(wanted, [.. records.Values.Select(v => v.Name)]), attempt.Making, stop);
        stop.ThrowIfCancellationRequested();
        foreach (var end in ends)
        {
            if (end.Result is { } version) records[end.Asset] = version;
            if (end is MakingEnd.Made made) fresh.Add(made.Version.Name);
            failed ??= end as MakingEnd.Failed;
        }
        Progress = Progress with { Versions = [.. records.Values.Select(v => v.Name).Order()] };
        return failed;
    }

    MakeOrder Order(IReadOnlyList<string> assets, IReadOnlyList<VersionName> use) =>
        new(assets[0])
        {
            And = [.. assets.Skip(1)],
            Upstream = true,
            Use = use,
            OwnProcess = attempt.OwnProcess ? true : null,
            Notes = [$"schedule {schedule.Name} #{occurrence.Number}"],
        };

    /// <summary>What the step made, and what was there.</summary>
    Message Made() => Message.Of("schedule.step-made", ("made", Names(fresh)), ("same", Names(Progress.Versions.Except(fresh))));

    async Task<(Message, End?)> FailedAsync(MakingEnd.Failed failed, CancellationToken stop)
    {
        var says = Message.Of("schedule.step-failed", ("asset", failed.Asset), ("why", failed.Why));
        return (says, new(OccurrenceState.Failed,
            Message.Of("schedule.failed", ("schedule", schedule.Name), ("production", await StaysAsync(stop)), ("says", says)), Alerts: true));
    }

    Task<Message> StaysAsync(CancellationToken stop) => Schedules.StaysAsync(at.Metadata, stop);

    static string Names(IEnumerable<VersionName> versions) => string.Join(", ", versions.Order()) is { Length: > 0 } names ? names : "–";

    static Message Together(IEnumerable<Finding> findings) => findings.ToList() is [var only]
        ? only.Says
        : Message.Of("schedule.together", ("findings", string.Join(" · ", findings.Select(f => f.Says))));
}

/// <summary>What an attempt is run with.</summary>
/// <param name="OwnProcess">Whether each making gets a process of its own, as beside a server.</param>
/// <param name="StopCancels">Whether who stops it cancels what was asked for by hand, as with Ctrl-C; a server that stops leaves it waiting.</param>
/// <param name="Told">Told after every step.</param>
/// <param name="Making">Told what the makings tell.</param>
public sealed record Attempt(bool OwnProcess = false, bool StopCancels = false, Action<OccurrenceRecord>? Told = null, Action<MakingProgress>? Making = null);

/// <summary>Another process has taken the occurrence over: whatever this one still did would be fenced off.</summary>
sealed class OccurrenceLostException : Exception;
