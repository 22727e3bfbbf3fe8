using Kumiki.Making;
using Kumiki.Store;

namespace Kumiki.Continuing;

/// <summary>The schedules of a project in one data folder: what they are up to, and what a person may ask of them.</summary>
/// <remarks>Any number of processes may use one folder at a time: a time is planned once, an occurrence is run by one process, and whoever loses it writes
/// nothing more. See README.md.</remarks>
/// <param name="project">The graph as it stands now; asked for again whenever an occurrence begins, because new data may open new members of a family.</param>
public sealed partial class Schedules(Workplace at, Func<CancellationToken, Task<ProjectGraph>> project)
{
    /// <summary>Attempts at an occurrence whose processes die, before it is given up.</summary>
    public const int MostAttempts = 3;

    /// <summary>Times counted as missed; more are not counted.</summary>
    const int MostMissed = 1000;

    /// <summary>How late an occurrence may be planned and still count as on time.</summary>
    static readonly TimeSpan OnTime = TimeSpan.FromMinutes(1);

    readonly IMetadataStore store = at.Metadata;

    /// <summary>Every schedule of the project with what it is up to, by name.</summary>
    public async Task<IReadOnlyList<ScheduleStatus>> StatusAsync(CancellationToken stop = default)
    {
        var graph = (await project(stop)).Sound();
        var kept = await KeptAsync(graph, stop);
        var now = await store.OccurrencesAsync(null, open: true, 1000, null, stop);
        if (now.Any(o => o.State == OccurrenceState.Running && !LivingProcess.IsAlive(o.Owner!)))
        {
            await store.EndCrashedOccurrencesAsync(LivingProcess.IsAlive, MostAttempts, stop);
            now = await store.OccurrencesAsync(null, open: true, 1000, null, stop);
        }
        var open = now.ToLookup(o => o.Schedule, StringComparer.Ordinal);
        var alerts = (await store.AlertsAsync(null, open: true, 1000, stop)).ToLookup(a => a.Schedule, StringComparer.Ordinal);
        var states = new List<ScheduleStatus>();
        foreach (var schedule in graph.Schedules)
        {
            var newest = await store.OccurrencesAsync(schedule.Name, open: false, 50, null, stop);
            states.Add(new(schedule, kept[schedule.Name], kept[schedule.Name].PausedAt is null ? schedule.When.After(kept[schedule.Name].Considered) : null,
                [.. open[schedule.Name].OrderBy(o => o.Number)], newest.FirstOrDefault(o => o.IsOver), [.. alerts[schedule.Name]]));
        }
        return states;
    }

    /// <summary>How far the making of each model has become automatic.</summary>
    public async Task<IReadOnlyList<Automation>> AutomationAsync(CancellationToken stop = default)
    {
        var graph = (await project(stop)).Sound();
        return Automation.Of(graph, await KeptAsync(graph, stop));
    }

    /// <summary>Lets go of what dead processes held, and turns the times that have come into occurrences: of each schedule the newest, the others count as
    /// missed.</summary>
    /// <returns>The occurrences that were given up.</returns>
    public async Task<IReadOnlyList<OccurrenceRecord>> PlanAsync(CancellationToken stop = default)
    {
        var graph = (await project(stop)).Sound();
        var dead = await store.EndCrashedOccurrencesAsync(LivingProcess.IsAlive, MostAttempts, stop);
        foreach (var (name, kept) in await KeptAsync(graph, stop))
        {
            var (when, now) = (graph.Schedule(name).When, at.Clock.GetUtcNow());
            if (kept.PausedAt is not null || when.After(kept.Considered) > now) continue;
            var due = when.Newest(kept.Considered, now)!.Value;
            var missed = when.Between(kept.Considered, due).Take(MostMissed + 1).Count() - 1;
            await store.PlanOccurrenceAsync(name, kept.Considered, now, due, missed > 0 || now - due > OnTime ? OccurrenceCause.CaughtUp : OccurrenceCause.Due,
                missed, stop);
        }
        return [.. dead.Where(o => o.State == OccurrenceState.Crashed)];
    }

    /// <summary>The occurrences that may begin, or go on, now; the longest waiting first.</summary>
    public async Task<IReadOnlyList<OccurrenceRecord>> ReadyAsync(CancellationToken stop = default)
    {
        var now = at.Clock.GetUtcNow();
        var paused = (await store.SchedulesAsync(stop)).Where(s => s.PausedAt is not null).Select(s => s.Schedule).ToHashSet(StringComparer.Ordinal);
        return [.. (await store.OccurrencesAsync(null, open: true, 1000, null, stop))
            .Where(o => o.State != OccurrenceState.Running && ReadyAt(o) <= now && (o.Cause == OccurrenceCause.ByHand || !paused.Contains(o.Schedule)))
            .OrderBy(ReadyAt).ThenBy(o => o.Number)];
    }

    static DateTimeOffset ReadyAt(OccurrenceRecord one) => one.State == OccurrenceState.Holding ? one.Progress.HeldUntil!.Value : one.Due;

    /// <summary>The next instant at which something comes due or may begin; null where nothing ever does.</summary>
    /// <remarks>What waits for one that runs begins when that ends, not at a time.</remarks>
    public async Task<DateTimeOffset?> NextAsync(CancellationToken stop = default)
    {
        var times = (await StatusAsync(stop)).SelectMany(s => s.Open.Where(_ => s.Open.All(o => o.State != OccurrenceState.Running))
            .Where(o => o.Cause == OccurrenceCause.ByHand || s.Kept.PausedAt is null).Select(ReadyAt).Append(s.Next ?? DateTimeOffset.MaxValue)).ToList();
        return times.Count == 0 || times.Min() == DateTimeOffset.MaxValue ? null : times.Min();
    }

    /// <summary>Plans and runs all that is due, one after the other.</summary>
    /// <returns>What ended, or was let go of.</returns>
    public async Task<IReadOnlyList<OccurrenceRecord>> RunDueAsync(Attempt? attempt = null, CancellationToken stop = default)
    {
        await PlanAsync(stop);
        var ended = new List<OccurrenceRecord>();
        foreach (var ready in await ReadyAsync(stop))
            if (await RunAsync(ready.Number, attempt, stop) is { } end) ended.Add(end);
        return ended;
    }

    /// <summary>Plans an occurrence that a person asks for, now or at a time to come.</summary>
    /// <exception cref="KumikiException">There is no such schedule, or the time has passed.</exception>
    public async Task<OccurrenceRecord> AskAsync(string name, DateTimeOffset? time, string by, CancellationToken stop = default)
    {
        var graph = (await project(stop)).Sound();
        var schedule = graph.Schedule(name);
        await KeptAsync(graph, stop);
        var now = at.Clock.GetUtcNow();
        if (time < now)
            throw new KumikiException(Message.Of("schedule.past", ("schedule", name), ("time", schedule.When.Written(time.Value)),
                ("now", schedule.When.Written(now))));
        return await store.AskOccurrenceAsync(name, time ?? now, by, stop);
    }

    /// <returns>False where it was so already.</returns>
    /// <exception cref="KumikiException">There is no such schedule.</exception>
    public async Task<bool> PauseAsync(string name, bool paused, string by, CancellationToken stop = default)
    {
        var graph = (await project(stop)).Sound();
        var schedule = graph.Schedule(name);
        await KeptAsync(graph, stop);
        return await store.PauseScheduleAsync(schedule.Name, paused, by, stop);
    }

    /// <summary>Cancels the occurrences of a schedule that wait, run or are held.</summary>
    /// <exception cref="KumikiException">There is no such schedule, or nothing of it to cancel.</exception>
    public async Task<IReadOnlyList<OccurrenceRecord>> CancelAsync(string name, string by, CancellationToken stop = default)
    {
        (await project(stop)).Sound().Schedule(name);
        var cancelled = new List<OccurrenceRecord>();
        foreach (var one in await store.OccurrencesAsync(name, open: true, 1000, null, stop))
            if (await store.CancelOccurrenceAsync(one.Number, by, stop) is { } now) cancelled.Add(now);
        return cancelled.Count > 0 ? cancelled : throw new KumikiException(Message.Of("schedule.nothing-open", ("schedule", name)));
    }

    /// <summary>The occurrences of a schedule, newest first.</summary>
    /// <exception cref="KumikiException">There is no such schedule, and never was.</exception>
    public async Task<IReadOnlyList<OccurrenceRecord>> HistoryAsync(string name, int limit = 20, long? before = null, CancellationToken stop = default)
    {
        if ((await store.SchedulesAsync(stop)).All(s => s.Schedule != name)) (await project(stop)).Sound().Schedule(name);
        return await store.OccurrencesAsync(name, open: false, limit, before, stop);
    }

    /// <summary>What is kept of each schedule of the project; one that is new counts from now on.</summary>
    async Task<IReadOnlyDictionary<string, ScheduleRecord>> KeptAsync(ProjectGraph graph, CancellationToken stop)
    {
        var kept = (await store.SchedulesAsync(stop)).ToDictionary(s => s.Schedule, StringComparer.Ordinal);
        foreach (var schedule in graph.Schedules.Where(s => !kept.ContainsKey(s.Name)))
            kept[schedule.Name] = await store.KeepScheduleAsync(schedule.Name, stop);
        return graph.Schedules.ToDictionary(s => s.Name, s => kept[s.Name], StringComparer.Ordinal);
    }

    /// <summary>What is in production while it is not changed.</summary>
    internal static async Task<Message> StaysAsync(IMetadataStore store, CancellationToken stop) =>
        await store.ProductionAsync(stop) is { Release: > 0 and var release }
        ? Message.Of("schedule.stays", ("release", release))
        : Message.Of("schedule.stays-empty");
}

/// <summary>A schedule and what it is up to.</summary>
/// <param name="Next">When it is due next; null while it is paused.</param>
/// <param name="Open">Its occurrences that wait, run or are held, oldest first.</param>
/// <param name="Last">The newest occurrence that is over.</param>
/// <param name="Alerts">Those that are open, newest first.</param>
public sealed record ScheduleStatus(Schedule Schedule, ScheduleRecord Kept, DateTimeOffset? Next, IReadOnlyList<OccurrenceRecord> Open, OccurrenceRecord? Last,
    IReadOnlyList<AlertRecord> Alerts);
