using System.Globalization;
using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Sqlite;

public sealed partial class SqliteMetadataStore
{
    public Task<IReadOnlyList<ScheduleRecord>> SchedulesAsync(CancellationToken stop) =>
        ReadAsync<IReadOnlyList<ScheduleRecord>>(db =>
            db.All("SELECT name, since, considered, paused_at, paused_by FROM schedules ORDER BY name", ReadSchedule), stop);

    public Task<ScheduleRecord> KeepScheduleAsync(string schedule, CancellationToken stop) =>
        WriteAsync(db =>
        {
            db.Run("INSERT OR IGNORE INTO schedules (name, since, considered) VALUES (?1, ?2, ?2)", schedule, clock.GetUtcNow());
            return Schedule(db, schedule)!;
        }, stop);

    public Task<bool> PauseScheduleAsync(string schedule, bool paused, string by, CancellationToken stop) =>
        WriteAsync(db =>
        {
            var kept = Schedule(db, schedule) ?? throw new KumikiException(Message.Of("schedule.not-kept", ("schedule", schedule)));
            if (kept.PausedAt is not null == paused) return false;
            var at = clock.GetUtcNow();
            if (paused) db.Run("UPDATE schedules SET paused_at = ?2, paused_by = ?3 WHERE name = ?1", schedule, at, by);
            else db.Run("UPDATE schedules SET paused_at = NULL, paused_by = NULL, considered = max(considered, ?2) WHERE name = ?1", schedule, at);
            Audit(db, by, paused ? "pause schedule" : "resume schedule", $$"""{"schedule":"{{schedule}}"}""", at);
            return true;
        }, stop);

    public Task<OccurrenceRecord?> PlanOccurrenceAsync(
        string schedule, DateTimeOffset considered, DateTimeOffset until, DateTimeOffset? due, OccurrenceCause cause, int missed, CancellationToken stop) =>
        WriteAsync(db =>
        {
            const string consider = "UPDATE schedules SET considered = ?3 WHERE name = ?1 AND considered = ?2 AND paused_at IS NULL";
            if (db.Run(consider, schedule, considered, until) == 0) return null;
            if (due is not { } time || db.Any("SELECT 1 FROM occurrences WHERE schedule = ?1 AND due = ?2", schedule, time)) return null;
            foreach (var late in Occurrences(db, "WHERE schedule = ?1 AND state = 'Waiting' AND fence = 0 AND cause <> 'ByHand' AND due < ?2", schedule, time))
            {
                End(db, late, OccurrenceState.Skipped, late.Progress with { Says = Message.Of("schedule.overtaken", ("due", Written(time))) });
                missed += 1 + late.Missed;
            }
            return Occurrence(db, Add(db, schedule, time, cause, by: null, missed));
        }, stop);

    public Task<OccurrenceRecord> AskOccurrenceAsync(string schedule, DateTimeOffset due, string by, CancellationToken stop) =>
        WriteAsync(db =>
        {
            if (Schedule(db, schedule) is null) throw new KumikiException(Message.Of("schedule.not-kept", ("schedule", schedule)));
            while (db.Any("SELECT 1 FROM occurrences WHERE schedule = ?1 AND due = ?2", schedule, due)) due = due.AddTicks(-1);
            return Occurrence(db, Add(db, schedule, due, OccurrenceCause.ByHand, by, missed: 0))!;
        }, stop);

    public Task<OccurrenceRecord?> ClaimOccurrenceAsync(long number, ProcessIdentity owner, CancellationToken stop) =>
        WriteAsync(db =>
        {
            if (Occurrence(db, number) is not { State: OccurrenceState.Waiting or OccurrenceState.Holding } one) return null;
            var now = clock.GetUtcNow();
            if ((one.State == OccurrenceState.Waiting ? one.Due : one.Progress.HeldUntil) > now) return null;
            if (db.Any("SELECT 1 FROM occurrences WHERE schedule = ?1 AND state = 'Running'", one.Schedule)) return null;
            if (one.Cause != OccurrenceCause.ByHand && Schedule(db, one.Schedule)!.PausedAt is not null) return null;
            foreach (var held in Occurrences(db, "WHERE schedule = ?1 AND state = 'Holding' AND id <> ?2", one.Schedule, number))
                End(db, held, OccurrenceState.Staged, held.Progress with { Says = Message.Of("schedule.hold-overtaken", ("due", Written(one.Due))) });
            db.Run("UPDATE occurrences SET state = 'Running', fence = fence + 1, owner = ?2, started = coalesce(started, ?3) WHERE id = ?1",
                number, Json(owner, RecordsJson.Default.ProcessIdentity), now);
            return Occurrence(db, number);
        }, stop);

    public Task<OccurrenceRecord?> SaveOccurrenceAsync(long number, int fence, OccurrenceProgress progress, CancellationToken stop) =>
        WriteAsync(db => db.Run("UPDATE occurrences SET progress = ?3 WHERE id = ?1 AND fence = ?2 AND state = 'Running'",
            number, fence, Json(progress, RecordsJson.Default.OccurrenceProgress)) == 0 ? null : Occurrence(db, number), stop);

    public Task<bool> EndOccurrenceAsync(long number, int fence, OccurrenceState state, OccurrenceProgress progress, Message? alert, CancellationToken stop)
    {
        if (state == OccurrenceState.Running) throw new ArgumentException("An occurrence that is let go of does not run.", nameof(state));
        return WriteAsync(db =>
        {
            if (Occurrence(db, number) is not { State: OccurrenceState.Running } one || one.Fence != fence) return false;
            End(db, one, state, progress, alert);
            return true;
        }, stop);
    }

    public Task<IReadOnlyList<OccurrenceRecord>> EndCrashedOccurrencesAsync(Func<ProcessIdentity, bool> alive, int attempts, CancellationToken stop) =>
        WriteAsync<IReadOnlyList<OccurrenceRecord>>(db =>
        {
            var dead = Occurrences(db, "WHERE state = 'Running' ORDER BY id").Where(o => !alive(o.Owner!)).ToList();
            foreach (var one in dead)
            {
                if (one.CancelledBy is not null)
                    End(db, one, OccurrenceState.Cancelled, one.Progress with { Says = Message.Of("schedule.cancelled", ("by", one.CancelledBy)) });
                else if (one.Fence < attempts) End(db, one, OccurrenceState.Waiting, one.Progress);
                else
                {
                    var says = Message.Of("schedule.crashed", ("schedule", one.Schedule), ("due", Written(one.Due)), ("attempts", one.Fence),
                        ("pid", one.Owner!.Pid), ("machine", one.Owner.Machine));
                    End(db, one, OccurrenceState.Crashed, one.Progress with { Says = says }, says);
                }
            }
            return [.. dead.Select(o => Occurrence(db, o.Number)!)];
        }, stop);

    public Task<OccurrenceRecord?> CancelOccurrenceAsync(long number, string by, CancellationToken stop) =>
        WriteAsync(db =>
        {
            if (Occurrence(db, number) is not { IsOver: false } one) return null;
            db.Run("UPDATE occurrences SET cancelled_by = coalesce(cancelled_by, ?2) WHERE id = ?1", number, by);
            if (one.State != OccurrenceState.Running)
                End(db, one, OccurrenceState.Cancelled, one.Progress with { Says = Message.Of("schedule.cancelled", ("by", by)) });
            Audit(db, by, "cancel occurrence", $$"""{"occurrence":{{number.ToString(CultureInfo.InvariantCulture)}}}""", clock.GetUtcNow());
            return Occurrence(db, number);
        }, stop);

    public Task<OccurrenceRecord?> OccurrenceAsync(long number, CancellationToken stop) => ReadAsync(db => Occurrence(db, number), stop);

    public Task<IReadOnlyList<OccurrenceRecord>> OccurrencesAsync(string? schedule, bool open, int limit, long? before, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<OccurrenceRecord>>(db => Occurrences(db,
            $"WHERE id < ?2 {(open ? "AND ended IS NULL" : "")} {(schedule is null ? "" : "AND schedule = ?3")} ORDER BY id DESC LIMIT ?1",
            schedule is null ? [limit, before ?? long.MaxValue] : [limit, before ?? long.MaxValue, schedule]), stop);

    public Task<IReadOnlyList<AlertRecord>> AlertsAsync(string? schedule, bool open, int limit, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<AlertRecord>>(db => db.All(
            $"""
            SELECT id, schedule, occurrence, at, says, closed FROM alerts
            WHERE 1 {(open ? "AND closed IS NULL" : "")} {(schedule is null ? "" : "AND schedule = ?2")} ORDER BY id DESC LIMIT ?1
            """,
            row => new AlertRecord(row.GetInt64(0), row.GetString(1), row.GetInt64(2), Time(row, 3), Record(row, 4, RecordsJson.Default.Message),
                TimeOrNull(row, 5)),
            schedule is null ? [limit] : [limit, schedule]), stop);

    static long Add(Connection db, string schedule, DateTimeOffset due, OccurrenceCause cause, string? by, int missed) => db.Number(
        "INSERT INTO occurrences (schedule, due, cause, by, missed, state, fence, progress) VALUES (?1, ?2, ?3, ?4, ?5, 'Waiting', 0, ?6) RETURNING id",
        schedule, due, cause, by, missed, Json(new OccurrenceProgress(), RecordsJson.Default.OccurrenceProgress))!.Value;

    /// <summary>Lets go of an occurrence; one that is over has an end, and with it its alerts.</summary>
    void End(Connection db, OccurrenceRecord one, OccurrenceState state, OccurrenceProgress progress, Message? alert = null)
    {
        var now = clock.GetUtcNow();
        var over = (one with { State = state }).IsOver;
        db.Run("UPDATE occurrences SET state = ?2, ended = ?3, progress = ?4 WHERE id = ?1", one.Number, state, over ? now : null,
            Json(progress, RecordsJson.Default.OccurrenceProgress));
        if (alert is not null)
            db.Run("INSERT INTO alerts (schedule, occurrence, at, says) VALUES (?1, ?2, ?3, ?4)", one.Schedule, one.Number, now,
                Json(alert, RecordsJson.Default.Message));
        else if (state is OccurrenceState.Released or OccurrenceState.Staged or OccurrenceState.Holding)
            db.Run("UPDATE alerts SET closed = ?2 WHERE schedule = ?1 AND closed IS NULL", one.Schedule, now);
    }

    static string Written(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    static ScheduleRecord? Schedule(Connection db, string name) =>
        db.First<ScheduleRecord?>("SELECT name, since, considered, paused_at, paused_by FROM schedules WHERE name = ?1", ReadSchedule, null, name);

    static OccurrenceRecord? Occurrence(Connection db, long number) => Occurrences(db, "WHERE id = ?1", number).FirstOrDefault();

    static List<OccurrenceRecord> Occurrences(Connection db, string which, params ReadOnlySpan<object?> values) =>
        db.All($"SELECT {OccurrenceColumns} FROM occurrences {which}", ReadOccurrence, values);
}
