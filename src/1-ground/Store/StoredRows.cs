using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Kumiki.Store;

/// <summary>Rows of the metadata as records. Every store keeps the same columns in the same form, whatever its database is: times as ticks in UTC,
/// records as JSON.</summary>
static class StoredRows
{
    public static T Record<T>(DbDataReader row, int column, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(row.GetString(column), type)!;

    public static T? RecordOrNull<T>(DbDataReader row, int column, JsonTypeInfo<T> type)
        where T : class => row.IsDBNull(column) ? null : Record(row, column, type);

    public static string? TextOrNull(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static DateTimeOffset Time(DbDataReader row, int column) => new(row.GetInt64(column), TimeSpan.Zero);

    public static DateTimeOffset? TimeOrNull(DbDataReader row, int column) => row.IsDBNull(column) ? null : Time(row, column);

    public static VersionRecord ReadVersion(DbDataReader row) => Record(row, 0, RecordsJson.Default.VersionRecord);

    public const string RunColumns =
        "r.id, r.asset, r.state, r.fence, r.owner, r.plan, r.environment, r.started, r.ended, r.result, r.error, r.cost, r.inputs, r.outside, r.figures";

    /// <summary>A run of <see cref="RunColumns"/>, without its environment.</summary>
    public static RunRecord ReadRun(DbDataReader row) => new()
    {
        Id = new(row.GetInt64(0)),
        Asset = row.GetString(1),
        State = Enum.Parse<RunState>(row.GetString(2)),
        Fence = row.GetInt32(3),
        Owner = Record(row, 4, RecordsJson.Default.ProcessIdentity),
        Plan = Record(row, 5, RecordsJson.Default.RunPlan),
        Started = Time(row, 7),
        Ended = TimeOrNull(row, 8),
        Result = row.IsDBNull(9) ? null : new VersionName(row.GetString(1), row.GetInt32(9)),
        Error = RecordOrNull(row, 10, RecordsJson.Default.Message),
        Cost = RecordOrNull(row, 11, RecordsJson.Default.RunCost),
        Inputs = RecordOrNull(row, 12, RecordsJson.Default.IReadOnlyListInputUse) ?? [],
        Outside = RecordOrNull(row, 13, RecordsJson.Default.IReadOnlyListOutsideRead) ?? [],
        Figures = RecordOrNull(row, 14, RecordsJson.Default.IReadOnlyDictionaryStringDouble) ?? new Dictionary<string, double>(),
    };

    /// <summary>asset, stage, from_number, number, at, by, reason.</summary>
    public static StageMove ReadMove(DbDataReader row)
    {
        int? from = row.IsDBNull(2) ? null : row.GetInt32(2), number = row.IsDBNull(3) ? null : row.GetInt32(3);
        return new(row.GetString(0), row.GetString(1), from, number, Time(row, 4), row.GetString(5), row.GetString(6));
    }

    public const string ReleaseColumns = "number, state, record, live_at, withdrawn_at";

    public static ReleaseRecord ReadRelease(DbDataReader row) => Record(row, 2, RecordsJson.Default.ReleaseRecord) with
    {
        State = Enum.Parse<ReleaseState>(row.GetString(1)),
        LiveAt = TimeOrNull(row, 3),
        WithdrawnAt = TimeOrNull(row, 4),
    };

    /// <summary>name, since, considered, paused_at, paused_by.</summary>
    public static ScheduleRecord ReadSchedule(DbDataReader row) => new(row.GetString(0), Time(row, 1), Time(row, 2), TimeOrNull(row, 3), TextOrNull(row, 4));

    public const string OccurrenceColumns = "id, schedule, due, cause, by, missed, state, fence, owner, started, ended, cancelled_by, progress";

    public static OccurrenceRecord ReadOccurrence(DbDataReader row) => new()
    {
        Number = row.GetInt64(0),
        Schedule = row.GetString(1),
        Due = Time(row, 2),
        Cause = Enum.Parse<OccurrenceCause>(row.GetString(3)),
        By = TextOrNull(row, 4),
        Missed = row.GetInt32(5),
        State = Enum.Parse<OccurrenceState>(row.GetString(6)),
        Fence = row.GetInt32(7),
        Owner = RecordOrNull(row, 8, RecordsJson.Default.ProcessIdentity),
        Started = TimeOrNull(row, 9),
        Ended = TimeOrNull(row, 10),
        CancelledBy = TextOrNull(row, 11),
        Progress = Record(row, 12, RecordsJson.Default.OccurrenceProgress),
    };

    public const string PredictionFileColumns = "id, endpoint, kind, hour, blob, bytes, rows, first, last";

    public static PredictionFile ReadPredictionFile(DbDataReader row) => new(row.GetInt64(0), row.GetString(1), Enum.Parse<PredictionKind>(row.GetString(2)),
        Time(row, 3), Digest.Parse(row.GetString(4)), row.GetInt64(5), row.GetInt64(6), Time(row, 7), Time(row, 8));
}
