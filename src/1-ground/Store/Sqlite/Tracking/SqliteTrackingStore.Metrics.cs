using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    const string OfSeries = "WHERE run = ?1 AND key = ?2";
    const string PointColumns = "key, value, is_nan, timestamp, step, model, dataset, dataset_digest";

    public Task LogAsync(string run, RunLog log, CancellationToken stop) => store.WriteAsync(db =>
    {
        var key = ActiveRun(db, run);
        AddParams(db, key, run, log.Params);
        AddPoints(db, key, run, log.Metrics);
        foreach (var tag in log.Tags) SetTag(db, key, tag);
    }, stop);

    static void AddParams(Connection db, RunKey key, string run, IReadOnlyList<Entry> entries)
    {
        foreach (var entry in entries)
        {
            var isNew = db.Query("INSERT INTO tracked_params (run, key, experiment, value) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
                .Add(key.Id).Add(entry.Key).Add(key.Experiment).Add(entry.Value).Run() == 1;
            if (isNew) continue;
            using var rows = db.Query("SELECT value FROM tracked_params WHERE run = ?1 AND key = ?2").Add(key.Id).Add(entry.Key);
            rows.Next();
            if (rows.Text(0) is var old && old != entry.Value)
                throw Refusal.ParamChanged(run, entry.Key, old, entry.Value);
        }
    }

    static void AddPoints(Connection db, RunKey key, string run, IReadOnlyList<LoggedMetric> points)
    {
        if (points.Count == 0) return;
        // One upsert a key and not a point: in a batch most points of a key are older than its newest.
        var newest = new Dictionary<string, LoggedMetric>(StringComparer.Ordinal);
        foreach (var point in points)
        {
            var value = double.IsNaN(point.Value) ? 0 : point.Value;
            var isNew = db.Query(
                """
                INSERT INTO tracked_points (run, key, timestamp, step, value, is_nan, model, dataset, dataset_digest)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING
                """)
                .Add(key.Id).Add(point.Key).Add(point.TimestampMs).Add(point.Step).Add(value).Add(double.IsNaN(point.Value))
                .Add(point.Model).Add(point.Dataset).Add(point.DatasetDigest).Run() == 1;
            if (isNew && (!newest.TryGetValue(point.Key, out var now) || IsNewer(point, now))) newest[point.Key] = point;
            if (point.Model is { } model) AddModelMetric(db, model, run, point);
        }
        foreach (var point in newest.Values)
            db.Query(
                """
                INSERT INTO tracked_latest (run, key, experiment, value, is_nan, timestamp, step, model, dataset, dataset_digest)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan, timestamp = excluded.timestamp, step = excluded.step,
                  model = excluded.model, dataset = excluded.dataset, dataset_digest = excluded.dataset_digest
                WHERE (excluded.step, excluded.timestamp, excluded.value) > (step, timestamp, value)
                """)
                .Add(key.Id).Add(point.Key).Add(key.Experiment).Add(double.IsNaN(point.Value) ? 0 : point.Value).Add(double.IsNaN(point.Value))
                .Add(point.TimestampMs).Add(point.Step).Add(point.Model).Add(point.Dataset).Add(point.DatasetDigest).Run();
    }

    static bool IsNewer(in LoggedMetric point, in LoggedMetric than) =>
        (point.Step, point.TimestampMs, double.IsNaN(point.Value) ? 0 : point.Value)
            .CompareTo((than.Step, than.TimestampMs, double.IsNaN(than.Value) ? 0 : than.Value)) > 0;

    /// <summary>A point about a logged model is also the model's; about one that is not here, it stays the run's alone.</summary>
    static void AddModelMetric(Connection db, string model, string run, in LoggedMetric point) =>
        db.Query(
            """
            INSERT INTO logged_model_metrics (model, key, dataset, dataset_digest, run, value, is_nan, timestamp, step)
            SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM logged_models WHERE model = ?1
            ON CONFLICT DO UPDATE SET run = excluded.run, value = excluded.value, is_nan = excluded.is_nan, timestamp = excluded.timestamp, step = excluded.step
            WHERE (excluded.step, excluded.timestamp, excluded.value) > (step, timestamp, value)
            """)
            .Add(model).Add(point.Key).Add(point.Dataset ?? "").Add(point.DatasetDigest ?? "").Add(run)
            .Add(double.IsNaN(point.Value) ? 0 : point.Value).Add(double.IsNaN(point.Value)).Add(point.TimestampMs).Add(point.Step).Run();

    public Task<IReadOnlyList<LoggedMetric>> HistoryAsync(string run, string key, Page page, CancellationToken stop) => store.ReadAsync(db =>
    {
        var (id, _) = RunOf(db, run);
        var points = new List<LoggedMetric>();
        using var rows = db.Query($"SELECT {PointColumns} FROM tracked_points {OfSeries} ORDER BY timestamp, step, value, is_nan LIMIT ?3 OFFSET ?4")
            .Add(id).Add(key).Add((long)page.Most).Add(page.Offset);
        while (rows.Next()) points.Add(ReadPoint(rows, key));
        return (IReadOnlyList<LoggedMetric>)points;
    }, stop);

    public Task<IReadOnlyList<MetricOfRun>> HistoryAsync(IReadOnlyList<string> runs, string key, int most, CancellationToken stop) => store.ReadAsync(db =>
    {
        var points = new List<MetricOfRun>();
        foreach (var run in runs)
        {
            using var rows = db.Query($"SELECT {PointColumns} FROM tracked_points {OfSeries} ORDER BY timestamp, step, value, is_nan LIMIT ?3")
                .Add(RunOf(db, run).Id).Add(key).Add((long)(most - points.Count));
            while (rows.Next()) points.Add(new(run, ReadPoint(rows, key)));
        }
        return (IReadOnlyList<MetricOfRun>)points;
    }, stop);

    public Task<IReadOnlyList<MetricOfRun>> SampledAsync(IReadOnlyList<string> runs, string key, (long First, long Last)? steps, int most,
        CancellationToken stop) => Asked(db =>
    {
        var (first, last) = steps ?? (long.MinValue, long.MaxValue);
        var ids = runs.Select(run => (Run: run, RunOf(db, run).Id)).ToList();
        var drawn = DrawnSteps.Of(ids.Select(of =>
        {
            var found = new List<long>();
            using var rows = db.Query("SELECT step FROM tracked_points WHERE run = ?1 AND key = ?2 AND step BETWEEN ?3 AND ?4").Add(of.Id).Add(key).Add(first)
                .Add(last);
            while (rows.Next()) found.Add(rows.Whole(0));
            return found;
        }), most);

        var points = new List<MetricOfRun>();
        foreach (var (run, id) in ids)
        {
            using var rows = db.Query($"SELECT {PointColumns} FROM tracked_points {OfSeries} AND step BETWEEN ?3 AND ?4 ORDER BY step, timestamp, value")
                .Add(id).Add(key).Add(first).Add(last);
            while (rows.Next())
                if (drawn.Contains(rows.Whole(4))) points.Add(new(run, ReadPoint(rows, key)));
        }
        return (IReadOnlyList<MetricOfRun>)points;
    }, stop);

    static LoggedMetric ReadPoint(Statement row, string key) => new(
        key, row.Truth(2) ? double.NaN : row.Number(1), row.Whole(3), row.Whole(4), row.TextOrNull(5), row.TextOrNull(6), row.TextOrNull(7));
}
