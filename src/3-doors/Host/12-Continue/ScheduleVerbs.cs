using System.CommandLine;
using System.Globalization;
using Kumiki.Continuing;
using Kumiki.Shell;

namespace Kumiki;

sealed partial class Doors
{
    static readonly Argument<string> ScheduleArgument = new("name") { Description = "A schedule's name, such as weekly-forecast." };

    IEnumerable<Command> Continuing()
    {
        var schedules = Verb("schedules", "The schedules: what is due next, what became of the last, what is wrong. 'kumiki serve' runs them.", [],
            ListSchedulesAsync);
        schedules.Add(Verb("show", "One schedule: its steps, alerts, and how automatic its models are.", [ScheduleArgument], ShowScheduleAsync));
        schedules.Add(RunSchedule());
        schedules.Add(Verb("pause", "Let it not be due until it is resumed.", [ScheduleArgument, AuthorOption], (parsed, session, terminal, stop) =>
            PauseAsync(parsed, session, terminal, paused: true, stop)));
        schedules.Add(Verb("resume", "Let it be due again from now on.", [ScheduleArgument, AuthorOption], (parsed, session, terminal, stop) =>
            PauseAsync(parsed, session, terminal, paused: false, stop)));
        schedules.Add(Verb("cancel", "Cancel what of it waits, runs or is held back.", [ScheduleArgument, AuthorOption], CancelScheduleAsync));
        schedules.Add(ScheduleHistory());
        yield return schedules;
    }

    static Schedules SchedulesOf(Session session) => new(session.PlaceOf(), stop => session.GraphAsync(null, stop));

    static async Task<int> ListSchedulesAsync(ParseResult parsed, Session session, Terminal terminal, CancellationToken stop)
    {
        var all = await SchedulesOf(session).StatusAsync(stop);
        return terminal.Result(all.Select(ScheduleShown.Of), () =>
        {
            if (all.Count == 0) terminal.Line(Message.Of("shell.no-schedules"));
            else
                terminal.Table(["SCHEDULE", "WHEN", "NEXT", "NOW", "LAST"], all.Select(s => (IReadOnlyList<string>)
                [
                    s.Schedule.Name, s.Schedule.When.ToString(), s.Next is { } next ? s.Schedule.When.Written(next) : "paused",
                    string.Join(", ", s.Open.Select(o => $"#{o.Number} {Word(o.State)}")) is { Length: > 0 } open ? open : "–",
                    s.Last is { } last ? $"#{last.Number} {Word(last.State)} {When(last.Ended!.Value)}" : "–",
                ]));
            Alerts(terminal, all.SelectMany(s => s.Alerts));
        });
    }

    static void Alerts(Terminal terminal, IEnumerable<AlertRecord> alerts)
    {
        foreach (var alert in alerts) terminal.Line($"✗ {When(alert.At)} #{alert.Occurrence} {alert.Says}");
    }

    static async Task<int> ShowScheduleAsync(ParseResult parsed, Session session, Terminal terminal, CancellationToken stop)
    {
        var (schedules, name) = (SchedulesOf(session), parsed.GetValue(ScheduleArgument)!);
        (await session.GraphAsync(null, stop)).Sound().Schedule(name);
        var status = (await schedules.StatusAsync(stop)).Single(s => s.Schedule.Name == name);
        var automation = (await schedules.AutomationAsync(stop)).Where(a => a.Schedules.Contains(name)).ToList();
        return terminal.Result(new { schedule = ScheduleShown.Of(status), automation }, () =>
        {
            var (schedule, kept) = (status.Schedule, status.Kept);
            var next = status.Next is { } time
                ? Message.Of("shell.schedule-next", ("time", schedule.When.Written(time)))
                : Message.Of("shell.schedule-paused", ("by", kept.PausedBy), ("at", When(kept.PausedAt!.Value)), ("schedule", name));
            terminal.Line($"{name}  {schedule.When}  {next}");
            terminal.Line($"  {Message.Of("shell.schedule-makes", ("assets", Names(schedule.Make)), ("release", PolicyOf(schedule.Release)))}");
            if (schedule.NewData.Count > 0) terminal.Line($"  {Message.Of("shell.schedule-news", ("assets", Names(schedule.NewData)))}");
            if (schedule.Afterwards.Count > 0) terminal.Line($"  {Message.Of("shell.schedule-afterwards", ("assets", Names(schedule.Afterwards)))}");
            foreach (var one in status.Open.Concat(status.Last is { } last ? [last] : Array.Empty<OccurrenceRecord>()))
            {
                terminal.Line();
                PrintOccurrence(terminal, schedule, one);
            }
            terminal.Line();
            foreach (var model in automation)
            {
                terminal.Line($"{model.Model}  {Message.Of("shell.automation", ("stage", model.Stage))} {model.Missing}");
                terminal.Next([.. model.Mends]);
            }
            Alerts(terminal, status.Alerts);
        });
    }

    static string Names(IEnumerable<Asset> assets) => string.Join(", ", assets.Select(a => a.Name));

    static Message PolicyOf(ReleasePolicy policy) => policy.IsByPerson ? Message.Of("shell.release-by-person")
        : policy.Hold is { } hold ? Message.Of("shell.release-after", ("hold", hold))
        : Message.Of("shell.release-at-once");

    static void PrintOccurrence(Terminal terminal, Schedule schedule, OccurrenceRecord one)
    {
        terminal.Line($"#{one.Number} {Word(one.State)}  {Message.Of("shell.occurrence-due", ("time", schedule.When.Written(one.Due)))}{Because(one)}");
        foreach (var step in one.Progress.Steps) PrintStep(terminal, step);
        if (one.Progress.Says is { } says && (one.Progress.Steps.Count == 0 || one.Progress.Steps[^1].Says != says)) terminal.Line($"  {says}");
    }

    static string Because(OccurrenceRecord one) => one switch
    {
        { Cause: OccurrenceCause.ByHand } => $"  {Message.Of("shell.occurrence-by", ("by", one.By))}",
        { Missed: > 0 } => $"  {Message.Of("shell.occurrence-missed", ("missed", one.Missed))}",
        { Cause: OccurrenceCause.CaughtUp } => $"  {Message.Of("shell.occurrence-late")}",
        _ => "",
    };

    static void PrintStep(Terminal terminal, OccurrenceStep step)
    {
        var mark = step.Good switch { true => "✓", false => "✗", null => "…" };
        terminal.Line($"  {mark} {step.Name}{(step.Ended is { } ended ? $" ({Took(ended - step.Started)})" : "")}{(step.Says is { } says ? $": {says}" : "")}");
    }

    static string Word(OccurrenceState state) => state == OccurrenceState.NoGo ? "NO-GO" : state.ToString().ToLowerInvariant();

    Command RunSchedule()
    {
        var at = new Option<string?>("--at")
        {
            Description = "Plan it for a time to come instead, such as 2026-01-05T06:00 on the schedule's clock; 'kumiki serve' runs it then.",
        };
        return Verb("run", "Run it now, here; what waits of it is taken up first.", [ScheduleArgument, at, AuthorOption],
            async (parsed, session, terminal, stop) =>
        {
            var (schedules, name, by) = (SchedulesOf(session), parsed.GetValue(ScheduleArgument)!, parsed.GetValue(AuthorOption) ?? Author);
            var schedule = (await session.GraphAsync(null, stop)).Sound().Schedule(name);
            if (parsed.GetValue(at) is { } text)
            {
                var planned = await schedules.AskAsync(name, TimeOf(text, schedule), by, stop);
                var time = schedule.When.Written(planned.Due);
                return terminal.Result(planned, () =>
                    terminal.Line(Message.Of("shell.schedule-planned", ("schedule", name), ("number", planned.Number), ("time", time))));
            }
            await schedules.PlanAsync(stop);
            var waiting = (await schedules.ReadyAsync(stop)).FirstOrDefault(o => o.Schedule == name);
            var one = waiting ?? await schedules.AskAsync(name, null, by, stop);
            if (waiting is not null)
                terminal.Line(Message.Of("shell.schedule-taken-up", ("schedule", name), ("number", one.Number), ("time", schedule.When.Written(one.Due))));
            var told = 0;
            var end = await MakingScreen.ShowAsync(terminal, making =>
                schedules.RunAsync(one.Number, new(StopCancels: true, Told: Told, Making: making), stop));
            if (end is null)
            {
                if (waiting is null) await session.Metadata.CancelOccurrenceAsync(one.Number, by, stop);
                throw new KumikiException(Message.Of("schedule.busy", ("schedule", name)));
            }
            var good = end.State is OccurrenceState.Released or OccurrenceState.Staged or OccurrenceState.Holding or OccurrenceState.Unchanged;
            if (!good && !terminal.Json) return terminal.Error(end.Progress.Says!, code: stop.IsCancellationRequested ? 130 : 1);
            return terminal.Result(end, () => terminal.Line(end.Progress.Says!), good ? 0 : stop.IsCancellationRequested ? 130 : 1);

            void Told(OccurrenceRecord now)
            {
                foreach (var step in now.Progress.Steps.Where(s => s.Ended is not null).Skip(told))
                {
                    PrintStep(terminal, step);
                    told++;
                }
            }
        });
    }

    /// <summary>A time on a schedule's clock, or with an offset of its own.</summary>
    static DateTimeOffset TimeOf(string text, Schedule schedule)
    {
        string[] walls = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];
        if (DateTime.TryParseExact(text, walls, CultureInfo.InvariantCulture, DateTimeStyles.None, out var wall)) return schedule.When.InstantOf(wall);
        string[] instants = [.. walls.Select(w => w + "K")];
        if (DateTimeOffset.TryParseExact(text, instants, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)) return instant;
        throw new KumikiException(Message.Of("shell.time", ("text", text)));
    }

    static async Task<int> PauseAsync(ParseResult parsed, Session session, Terminal terminal, bool paused, CancellationToken stop)
    {
        var name = parsed.GetValue(ScheduleArgument)!;
        await SchedulesOf(session).PauseAsync(name, paused, parsed.GetValue(AuthorOption) ?? Author, stop);
        return terminal.Result(new { schedule = name, paused }, () =>
        {
            terminal.Line(paused ? Message.Of("shell.schedule-is-paused", ("schedule", name)) : Message.Of("shell.schedule-is-resumed", ("schedule", name)));
            terminal.Next(paused ? $"kumiki schedules resume {name}" : $"kumiki schedules show {name}");
        });
    }

    static async Task<int> CancelScheduleAsync(ParseResult parsed, Session session, Terminal terminal, CancellationToken stop)
    {
        var cancelled = await SchedulesOf(session).CancelAsync(parsed.GetValue(ScheduleArgument)!, parsed.GetValue(AuthorOption) ?? Author, stop);
        return terminal.Result(cancelled, () =>
        {
            foreach (var one in cancelled)
                terminal.Line(one.IsOver
                    ? Message.Of("shell.occurrence-cancelled", ("schedule", one.Schedule), ("number", one.Number))
                    : Message.Of("shell.occurrence-cancelling", ("schedule", one.Schedule), ("number", one.Number)));
        });
    }

    Command ScheduleHistory()
    {
        var limit = new Option<int>("--limit") { Description = "How many, newest first.", DefaultValueFactory = _ => 20 };
        var before = new Option<long?>("--before") { Description = "Only occurrences before this number, for paging." };
        return Verb("history", "What became of each time it was due, newest first.", [ScheduleArgument, limit, before],
            async (parsed, session, terminal, stop) =>
        {
            var name = parsed.GetValue(ScheduleArgument)!;
            var all = await SchedulesOf(session).HistoryAsync(name, Math.Clamp(parsed.GetValue(limit), 1, 1000), parsed.GetValue(before), stop);
            var schedule = (await session.GraphAsync(null, stop)).Schedules.FirstOrDefault(s => s.Name == name);        // none where its class is gone
            return terminal.Result(all, () =>
            {
                if (all.Count == 0) terminal.Line(Message.Of("shell.no-occurrences", ("schedule", name)));
                else
                    terminal.Table(["#", "DUE", "STATE", "TOOK", "RELEASE", "WHAT CAME OF IT"], all.Select(o => (IReadOnlyList<string>)
                    [
                        o.Number.ToString(CultureInfo.InvariantCulture), schedule?.When.Written(o.Due) ?? When(o.Due), Word(o.State),
                        o is { Started: { } started, Ended: { } ended } ? Took(ended - started) : "…",
                        o.Progress.Release?.ToString(CultureInfo.InvariantCulture) ?? "–", (o.Progress.Says?.ToString() ?? "") + Because(o),
                    ]));
            });
        });
    }

    /// <summary>A schedule as a program reads it.</summary>
    sealed record ScheduleShown(string Name, string Cron, string Zone, DateTimeOffset? Next, DateTimeOffset? PausedAt, string? PausedBy,
        IReadOnlyList<string> Make, IReadOnlyList<string> NewData,
        IReadOnlyList<string> Afterwards, string Release, IReadOnlyList<OccurrenceRecord> Open, OccurrenceRecord? Last, IReadOnlyList<AlertRecord> Alerts)
    {
        public static ScheduleShown Of(ScheduleStatus s) =>
            new(s.Schedule.Name, s.Schedule.When.Expression, s.Schedule.When.Zone, s.Next, s.Kept.PausedAt, s.Kept.PausedBy, Names(s.Schedule.Make),
            Names(s.Schedule.NewData), Names(s.Schedule.Afterwards), s.Schedule.Release.ToString(), s.Open, s.Last, s.Alerts);

        static IReadOnlyList<string> Names(IEnumerable<Asset> assets) => [.. assets.Select(a => a.Name)];
    }
}
