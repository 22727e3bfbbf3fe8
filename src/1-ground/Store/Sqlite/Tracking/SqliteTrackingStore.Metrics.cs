using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
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

    void AddPoints(Connection db, RunKey key, string run, IReadOnlyList<LoggedMetric> points)
    {
        if (points.Count == 0) return;
        var block = blocks.For(key.Id, points.Count) ?? blocks.For(key.Id, points.Count, NewestBlock(db, key.Id));
        // One upsert a key and not a point: in a batch most points of a key are older than its newest.
        var newest = new Dictionary<string, LoggedMetric>(StringComparer.Ordinal);
        // Most points are about no model and no dataset: three values a row that need not be said.
        var plain = points.All(p => p.Model is null && p.Dataset is null && p.DatasetDigest is null);
        var (columns, marks) = plain ? ("", "") : (", model, dataset, dataset_digest", ", ?8, ?9, ?10");
        var insert = db.Query(
            $"""
            INSERT INTO tracked_points (run, block, key, timestamp, step, value, is_nan{columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7{marks})
            ON CONFLICT DO NOTHING
            """).Add(key.Id).Add(block);
        foreach (var point in points)
        {
            insert.Again(2).Add(point.Key).Add(point.TimestampMs).Add(point.Step).Add(ValueOrZero(point)).Add(double.IsNaN(point.Value));
            if (!plain) insert.Add(point.Model).Add(point.Dataset).Add(point.DatasetDigest);
            var isNew = insert.Run() == 1;
            if (isNew && (!newest.TryGetValue(point.Key, out var now) || IsNewer(point, now))) newest[point.Key] = point;
            if (point.Model is { } model) AddModelMetric(db, model, run, point);
        }
        // A point about nothing takes away what an older one was about, so that all columns are said here.
        var upsert = db.Query(
            """
            INSERT INTO tracked_latest (run, experiment, key, value, is_nan, timestamp, step, model, dataset, dataset_digest)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan, timestamp = excluded.timestamp, step = excluded.step,
              model = excluded.model, dataset = excluded.dataset, dataset_digest = excluded.dataset_digest
            WHERE (excluded.step, excluded.timestamp, excluded.value) > (step, timestamp, value)
            """).Add(key.Id).Add(key.Experiment);
        foreach (var point in newest.Values)
        {
            upsert.Again(2).Add(point.Key).Add(ValueOrZero(point)).Add(double.IsNaN(point.Value)).Add(point.TimestampMs).Add(point.Step)
                .Add(point.Model).Add(point.Dataset).Add(point.DatasetDigest).Run();
        }
    }

    /// <summary>A run's newest block, and how many points are in it.</summary>
    static (long Block, int Points) NewestBlock(Connection db, long run)
    {
        if (LastBlock(db, run) is not { } block) return (0, 0);
        using var rows = db.Query("SELECT count(*) FROM tracked_points WHERE run = ?1 AND block = ?2").Add(run).Add(block);
        rows.Next();
        return (block, (int)rows.Whole(0));
    }

    /// <returns>Null where the run has no points.</returns>
    static long? LastBlock(Connection db, long run)
    {
        using var rows = db.Query("SELECT max(block) FROM tracked_points WHERE run = ?1").Add(run);
        rows.Next();
        return rows.WholeOrNull(0);
    }

    static bool IsNewer(in LoggedMetric point, in LoggedMetric than) =>
        (point.Step, point.TimestampMs, ValueOrZero(point))
            .CompareTo((than.Step, than.TimestampMs, ValueOrZero(than))) > 0;

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
            .Add(ValueOrZero(point)).Add(double.IsNaN(point.Value)).Add(point.TimestampMs).Add(point.Step).Run();

    public Task<IReadOnlyList<LoggedMetric>> HistoryAsync(string run, string key, Page page, CancellationToken stop) => Asked(db =>
    {
        var points = Points(db, RunOf(db, run).Id, key);
        var from = (int)Math.Min(page.Offset, points.Count);
        return (IReadOnlyList<LoggedMetric>)points.GetRange(from, Math.Min(page.Most, points.Count - from));
    }, stop);

    public Task<IReadOnlyList<MetricOfRun>> HistoryAsync(IReadOnlyList<string> runs, string key, int most, CancellationToken stop) => Asked(db =>
    {
        var points = new List<MetricOfRun>();
        foreach (var run in runs)
        {
            var id = RunOf(db, run).Id;
            if (points.Count == most) continue;
            points.AddRange(Points(db, id, key).Take(most - points.Count).Select(point => new MetricOfRun(run, point)));
        }
        return (IReadOnlyList<MetricOfRun>)points;
    }, stop);

    public Task<IReadOnlyList<MetricOfRun>> SampledAsync(IReadOnlyList<string> runs, string key, (long First, long Last)? steps, int most,
        CancellationToken stop) => Asked(db =>
    {
        var (first, last) = steps ?? (long.MinValue, long.MaxValue);
        var series = runs.Select(run => (Run: run, Points: Points(db, RunOf(db, run).Id, key))).ToList();
        foreach (var (_, points) in series)
        {
            points.RemoveAll(point => point.Step < first || point.Step > last);
            points.Sort(static (a, b) => (a.Step, a.TimestampMs, ValueOrZero(a)).CompareTo((b.Step, b.TimestampMs, ValueOrZero(b))));
        }
        var drawn = DrawnSteps.Of(series.Select(s => s.Points.ConvertAll(point => point.Step)), most);
        return (IReadOnlyList<MetricOfRun>)
            [.. series.SelectMany(s => s.Points.Where(point => drawn.Contains(point.Step)).Select(point => new MetricOfRun(s.Run, point)))];
    }, stop);

    /// <summary>All points of a key, by timestamp, step, value; one that was logged again, as after a lost answer, is there once.</summary>
    static List<LoggedMetric> Points(Connection db, long run, string key)
    {
        var points = new List<LoggedMetric>();
        for (var (block, last) = (0L, LastBlock(db, run)); block <= last; block++)
        {
            using var rows = db.Query($"SELECT {PointColumns} FROM tracked_points WHERE run = ?1 AND block = ?2 AND key = ?3 ORDER BY timestamp, step, value, is_nan")
                .Add(run).Add(block).Add(key);
            while (rows.Next()) points.Add(ReadPoint(rows, key));
        }
        var inOrder = true;     // as most are, since they are logged while time goes on
        for (var i = 1; i < points.Count && inOrder; i++) inOrder = ByTime(points[i - 1], points[i]) < 0;
        if (inOrder) return points;
        points.Sort(ByTime);
        var kept = 1;
        for (var i = 1; i < points.Count; i++)
            if (ByTime(points[kept - 1], points[i]) != 0) points[kept++] = points[i];
        points.RemoveRange(kept, points.Count - kept);
        return points;
    }

    static int ByTime(LoggedMetric a, LoggedMetric b)
    {
        if (a.TimestampMs.CompareTo(b.TimestampMs) is var byTime and not 0) return byTime;
        if (a.Step.CompareTo(b.Step) is var byStep and not 0) return byStep;
        if (ValueOrZero(a).CompareTo(ValueOrZero(b)) is var byValue and not 0) return byValue;
        return double.IsNaN(a.Value).CompareTo(double.IsNaN(b.Value));
    }

    /// <summary>What orders a value: not-a-number is kept as 0, with a mark.</summary>
    static double ValueOrZero(in LoggedMetric point) => double.IsNaN(point.Value) ? 0 : point.Value;

    static LoggedMetric ReadPoint(Statement row, string key) => new(
        key, row.Truth(2) ? double.NaN : row.Number(1), row.Whole(3), row.Whole(4), row.TextOrNull(5), row.TextOrNull(6), row.TextOrNull(7));
}
