using System.Globalization;
using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

public sealed partial class PostgresMetadataStore
{
    public Task<IReadOnlyList<ScheduleRecord>> SchedulesAsync(CancellationToken stop) =>
        ReadAsync<IReadOnlyList<ScheduleRecord>>(async db =>
            await db.AllAsync("SELECT name, since, considered, paused_at, paused_by FROM schedules ORDER BY name", ReadSchedule), stop);

    public Task<ScheduleRecord> KeepScheduleAsync(string schedule, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            await db.RunAsync("INSERT INTO schedules (name, since, considered) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING", schedule, clock.GetUtcNow());
            return (await ScheduleAsync(db, schedule))!;
        }, stop);

    public Task<bool> PauseScheduleAsync(string schedule, bool paused, string by, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            var kept = await ScheduleAsync(db, schedule) ?? throw new KumikiException(Message.Of("schedule.not-kept", ("schedule", schedule)));
            if (kept.PausedAt is not null == paused) return false;
            var at = clock.GetUtcNow();
            if (paused) await db.RunAsync("UPDATE schedules SET paused_at = $2, paused_by = $3 WHERE name = $1", schedule, at, by);
            else await db.RunAsync("UPDATE schedules SET paused_at = NULL, paused_by = NULL, considered = greatest(considered, $2) WHERE name = $1", schedule,
                at);
            await AuditAsync(db, by, paused ? "pause schedule" : "resume schedule", $$"""{"schedule":"{{schedule}}"}""", at);
            return true;
        }, stop);

    public Task<OccurrenceRecord?> PlanOccurrenceAsync(
        string schedule, DateTimeOffset considered, DateTimeOffset until, DateTimeOffset? due, OccurrenceCause cause, int missed, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            const string consider = "UPDATE schedules SET considered = $3 WHERE name = $1 AND considered = $2 AND paused_at IS NULL";
            if (await db.RunAsync(consider, schedule, considered, until) == 0) return null;
            if (due is not { } time || await db.AnyAsync("SELECT 1 FROM occurrences WHERE schedule = $1 AND due = $2", schedule, time)) return null;
            foreach (var late in await OccurrencesAsync(db, "WHERE schedule = $1 AND state = 'Waiting' AND fence = 0 AND cause <> 'ByHand' AND due < $2",
                schedule, time))
            {
                await EndAsync(db, late, OccurrenceState.Skipped, late.Progress with { Says = Message.Of("schedule.overtaken", ("due", Written(time))) });
                missed += 1 + late.Missed;
            }
            return await OccurrenceAsync(db, await AddAsync(db, schedule, time, cause, by: null, missed));
        }, stop);

    public Task<OccurrenceRecord> AskOccurrenceAsync(string schedule, DateTimeOffset due, string by, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            if (await ScheduleAsync(db, schedule) is null) throw new KumikiException(Message.Of("schedule.not-kept", ("schedule", schedule)));
            while (await db.AnyAsync("SELECT 1 FROM occurrences WHERE schedule = $1 AND due = $2", schedule, due)) due = due.AddTicks(-1);
            return (await OccurrenceAsync(db, await AddAsync(db, schedule, due, OccurrenceCause.ByHand, by, missed: 0)))!;
        }, stop);

    public Task<OccurrenceRecord?> ClaimOccurrenceAsync(long number, ProcessIdentity owner, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            if (await OccurrenceAsync(db, number) is not { State: OccurrenceState.Waiting or OccurrenceState.Holding } one) return null;
            var now = clock.GetUtcNow();
            if ((one.State == OccurrenceState.Waiting ? one.Due : one.Progress.HeldUntil) > now) return null;
            if (await db.AnyAsync("SELECT 1 FROM occurrences WHERE schedule = $1 AND state = 'Running'", one.Schedule)) return null;
            if (one.Cause != OccurrenceCause.ByHand && (await ScheduleAsync(db, one.Schedule))!.PausedAt is not null) return null;
            foreach (var held in await OccurrencesAsync(db, "WHERE schedule = $1 AND state = 'Holding' AND id <> $2", one.Schedule, number))
                await EndAsync(db, held, OccurrenceState.Staged, held.Progress with
                {
                    Says = Message.Of("schedule.hold-overtaken", ("due", Written(one.Due)))
                });
            await db.RunAsync("UPDATE occurrences SET state = 'Running', fence = fence + 1, owner = $2, started = coalesce(started, $3) WHERE id = $1",
                number, Json(owner, RecordsJson.Default.ProcessIdentity), now);
            return await OccurrenceAsync(db, number);
        }, stop);

    public Task<OccurrenceRecord?> SaveOccurrenceAsync(long number, int fence, OccurrenceProgress progress, CancellationToken stop) =>
        DecideAsync(async db => await db.RunAsync("UPDATE occurrences SET progress = $3 WHERE id = $1 AND fence = $2 AND state = 'Running'",
            number, fence, Json(progress, RecordsJson.Default.OccurrenceProgress)) == 0 ? null : await OccurrenceAsync(db, number), stop);

    public Task<bool> EndOccurrenceAsync(long number, int fence, OccurrenceState state, OccurrenceProgress progress, Message? alert, CancellationToken stop)
    {
        if (state == OccurrenceState.Running) throw new ArgumentException("An occurrence that is let go of does not run.", nameof(state));
        return DecideAsync(async db =>
        {
            if (await OccurrenceAsync(db, number) is not { State: OccurrenceState.Running } one || one.Fence != fence) return false;
            await EndAsync(db, one, state, progress, alert);
            return true;
        }, stop);
    }

    public Task<IReadOnlyList<OccurrenceRecord>> EndCrashedOccurrencesAsync(Func<ProcessIdentity, bool> alive, int attempts, CancellationToken stop) =>
        DecideAsync<IReadOnlyList<OccurrenceRecord>>(async db =>
        {
            var dead = (await OccurrencesAsync(db, "WHERE state = 'Running' ORDER BY id")).Where(o => !alive(o.Owner!)).ToList();
            foreach (var one in dead)
            {
                if (one.CancelledBy is not null)
                    await EndAsync(db, one, OccurrenceState.Cancelled, one.Progress with { Says = Message.Of("schedule.cancelled", ("by", one.CancelledBy)) });
                else if (one.Fence < attempts) await EndAsync(db, one, OccurrenceState.Waiting, one.Progress);
                else
                {
                    var says = Message.Of("schedule.crashed", ("schedule", one.Schedule), ("due", Written(one.Due)), ("attempts", one.Fence),
                        ("pid", one.Owner!.Pid), ("machine", one.Owner.Machine));
                    await EndAsync(db, one, OccurrenceState.Crashed, one.Progress with { Says = says }, says);
                }
            }
            return dead.Count == 0 ? [] : await OccurrencesAsync(db, "WHERE id = ANY($1) ORDER BY id", dead.Select(o => o.Number).ToArray());
        }, stop);

    public Task<OccurrenceRecord?> CancelOccurrenceAsync(long number, string by, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            if (await OccurrenceAsync(db, number) is not { IsOver: false } one) return null;
            await db.RunAsync("UPDATE occurrences SET cancelled_by = coalesce(cancelled_by, $2) WHERE id = $1", number, by);
            if (one.State != OccurrenceState.Running)
                await EndAsync(db, one, OccurrenceState.Cancelled, one.Progress with { Says = Message.Of("schedule.cancelled", ("by", by)) });
            await AuditAsync(db, by, "cancel occurrence", $$"""{"occurrence":{{number.ToString(CultureInfo.InvariantCulture)}}}""", clock.GetUtcNow());
            return await OccurrenceAsync(db, number);
        }, stop);

    public Task<OccurrenceRecord?> OccurrenceAsync(long number, CancellationToken stop) => ReadAsync(db => OccurrenceAsync(db, number), stop);

    public Task<IReadOnlyList<OccurrenceRecord>> OccurrencesAsync(string? schedule, bool open, int limit, long? before, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<OccurrenceRecord>>(async db => await OccurrencesAsync(db,
            $"WHERE id < $2 {(open ? "AND ended IS NULL" : "")} {(schedule is null ? "" : "AND schedule = $3")} ORDER BY id DESC LIMIT $1",
            schedule is null ? [limit, before ?? long.MaxValue] : [limit, before ?? long.MaxValue, schedule]), stop);

    public Task<IReadOnlyList<AlertRecord>> AlertsAsync(string? schedule, bool open, int limit, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<AlertRecord>>(async db => await db.AllAsync(
            $"""
            SELECT id, schedule, occurrence, at, says, closed FROM alerts
            WHERE true {(open ? "AND closed IS NULL" : "")} {(schedule is null ? "" : "AND schedule = $2")} ORDER BY id DESC LIMIT $1
            """,
            row => new AlertRecord(row.GetInt64(0), row.GetString(1), row.GetInt64(2), Time(row, 3), Record(row, 4, RecordsJson.Default.Message),
                TimeOrNull(row, 5)),
            schedule is null ? [limit] : [limit, schedule]), stop);

    static async Task<long> AddAsync(Connection db, string schedule, DateTimeOffset due, OccurrenceCause cause, string? by, int missed) =>
        (await db.NumberAsync(
        "INSERT INTO occurrences (schedule, due, cause, by, missed, state, fence, progress) VALUES ($1, $2, $3, $4, $5, 'Waiting', 0, $6) RETURNING id",
        schedule, due, cause, by, missed, Json(new OccurrenceProgress(), RecordsJson.Default.OccurrenceProgress)))!.Value;

    /// <summary>Lets go of an occurrence; one that is over has an end, and with it its alerts.</summary>
    async Task EndAsync(Connection db, OccurrenceRecord one, OccurrenceState state, OccurrenceProgress progress, Message? alert = null)
    {
        var now = clock.GetUtcNow();
        var over = (one with { State = state }).IsOver;
        await db.RunAsync("UPDATE occurrences SET state = $2, ended = $3, progress = $4 WHERE id = $1", one.Number, state, over ? now : null,
            Json(progress, RecordsJson.Default.OccurrenceProgress));
        if (alert is not null)
            await db.RunAsync("INSERT INTO alerts (schedule, occurrence, at, says) VALUES ($1, $2, $3, $4)", one.Schedule, one.Number, now,
                Json(alert, RecordsJson.Default.Message));
        else if (state is OccurrenceState.Released or OccurrenceState.Staged or OccurrenceState.Holding)
            await db.RunAsync("UPDATE alerts SET closed = $2 WHERE schedule = $1 AND closed IS NULL", one.Schedule, now);
    }

    static string Written(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    static Task<ScheduleRecord?> ScheduleAsync(Connection db, string name) =>
        db.FirstAsync<ScheduleRecord?>("SELECT name, since, considered, paused_at, paused_by FROM schedules WHERE name = $1", ReadSchedule, null, name);

    static async Task<OccurrenceRecord?> OccurrenceAsync(Connection db, long number) => (await OccurrencesAsync(db, "WHERE id = $1", number)).FirstOrDefault();

    static Task<List<OccurrenceRecord>> OccurrencesAsync(Connection db, string which, params object?[] values) =>
        db.AllAsync($"SELECT {OccurrenceColumns} FROM occurrences {which}", ReadOccurrence, values);
}
