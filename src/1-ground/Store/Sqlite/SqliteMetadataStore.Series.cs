using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Sqlite;

public sealed partial class SqliteMetadataStore
{
    public Task AppendMetricsAsync(RunId run, IReadOnlyList<MetricPoint> points, CancellationToken stop) =>
        WriteAsync(db =>
        {
            CheckRun(db, run);
            Append(db, run, points);
        }, stop);

    static void Append(Connection db, RunId run, IReadOnlyList<MetricPoint> points)
    {
        // Series by series, so that neighbours in the table are written one after the other.
        foreach (var series in points.GroupBy(p => p.Name, StringComparer.Ordinal))
        {
            var (number, position) = Series(db, run, series.Key);
            foreach (var point in series)
                db.Run("INSERT INTO points (run, series, position, step, value, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    run, number, position++, point.Step, point.Value, point.At);
            db.Run("UPDATE series SET points = ?3 WHERE run = ?1 AND name = ?2", run, series.Key, position);
        }
    }

    public Task AppendLogAsync(RunId run, IReadOnlyList<LogLine> lines, CancellationToken stop) =>
        WriteAsync(db =>
        {
            CheckRun(db, run);
            Append(db, run, lines);
        }, stop);

    static void Append(Connection db, RunId run, IReadOnlyList<LogLine> lines)
    {
        var sequence = db.Number("SELECT max(sequence) FROM log WHERE run = ?1", run) ?? 0;
        foreach (var line in lines)
            db.Run("INSERT INTO log (run, sequence, at, level, text) VALUES (?1, ?2, ?3, ?4, ?5)", run, ++sequence, line.At, line.Level, line.Text);
    }

    public Task<IReadOnlyList<MetricPoint>> MetricsAsync(RunId run, string? name, CancellationToken stop) =>
        ReadManyAsync<IReadOnlyList<MetricPoint>>(db =>
        {
            var points = new List<MetricPoint>();
            foreach (var (series, number) in db.All("SELECT name, number FROM series WHERE run = ?1 AND (?2 IS NULL OR name = ?2) ORDER BY name",
                row => (row.GetString(0), row.GetInt64(1)), run, name))
                points.AddRange(db.All("SELECT step, value, at FROM points WHERE run = ?1 AND series = ?2 ORDER BY position",
                    row => new MetricPoint(series, row.GetInt64(0), row.IsDBNull(1) ? double.NaN : row.GetDouble(1), Time(row, 2)), run, number));
            return points;
        }, stop);

    public Task<IReadOnlyList<LogLine>> LogAsync(RunId run, long after, int limit, CancellationToken stop) =>
        ReadManyAsync<IReadOnlyList<LogLine>>(db => db.All(
            "SELECT sequence, at, level, text FROM log WHERE run = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
            row => new LogLine(row.GetInt64(0), Time(row, 1), row.GetString(2), row.GetString(3)), run, after, limit), stop);

    static (long Number, long Points) Series(Connection db, RunId run, string name)
    {
        db.Run("INSERT OR IGNORE INTO series (run, name, number, points) SELECT ?1, ?2, (SELECT count(*) FROM series WHERE run = ?1), 0", run, name);
        return db.First("SELECT number, points FROM series WHERE run = ?1 AND name = ?2", row => (row.GetInt64(0), row.GetInt64(1)), default, run, name);
    }

    static void CheckRun(Connection db, RunId run)
    {
        if (!db.Any("SELECT 1 FROM runs WHERE id = ?1", run)) throw new KumikiException(Message.Of("store.no-run", ("run", run)));
    }
}
