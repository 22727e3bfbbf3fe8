using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

public sealed partial class PostgresMetadataStore
{
    public Task AppendMetricsAsync(RunId run, IReadOnlyList<MetricPoint> points, CancellationToken stop) =>
        AppendAsync(async db =>
        {
            await LockRunAsync(db, run);
            if (points.Count > 0) await AppendAsync(db, run, points);
        }, stop);

    public Task AppendLogAsync(RunId run, IReadOnlyList<LogLine> lines, CancellationToken stop) =>
        AppendAsync(async db =>
        {
            await LockRunAsync(db, run);
            if (lines.Count > 0) await AppendAsync(db, run, lines);
        }, stop);

    /// <summary>One writer of a run at a time, for positions and sequences go on from the last; those of other runs do not wait.</summary>
    static async Task LockRunAsync(Connection db, RunId run)
    {
        if (!await db.AnyAsync("SELECT 1 FROM runs WHERE id = $1 FOR NO KEY UPDATE", run)) throw new KumikiException(Message.Of("store.no-run", ("run", run)));
    }

    static async Task AppendAsync(Connection db, RunId run, IReadOnlyList<MetricPoint> points)
    {
        var given = points.GroupBy(p => Connection.Kept(p.Name), StringComparer.Ordinal).ToDictionary(s => s.Key, s => s.ToList(), StringComparer.Ordinal);
        await db.RunAsync(
            """
            INSERT INTO series (run, name, number, points)
            SELECT $1, name, (SELECT count(*) FROM series WHERE run = $1) + row_number() OVER (ORDER BY position) - 1, 0
            FROM unnest($2::text[]) WITH ORDINALITY given (name, position) WHERE NOT EXISTS (SELECT 1 FROM series s WHERE s.run = $1 AND s.name = given.name)
            """,
            run, given.Keys);
        var starts = await db.AllAsync(
            """
            UPDATE series s SET points = s.points + given.more FROM unnest($2::text[], $3::bigint[]) given (name, more) WHERE s.run = $1 AND s.name = given.name
            RETURNING s.name, s.number, s.points - given.more
            """,
            row => (Name: row.GetString(0), Number: row.GetInt64(1), Position: row.GetInt64(2)),
            run, given.Keys, given.Values.Select(s => (long)s.Count).ToArray());

        // Columns rather than rows: one statement, whatever their number.
        var (series, positions, steps, values, times, at) = (new long[points.Count], new long[points.Count], new long[points.Count], new double[points.Count],
            new long[points.Count], 0);
        foreach (var start in starts)
            foreach (var (i, point) in given[start.Name].Index())
            {
                (series[at], positions[at], steps[at], values[at], times[at]) = (start.Number, start.Position + i, point.Step, point.Value, point.At.UtcTicks);
                at++;
            }
        await db.RunAsync(
            """
            INSERT INTO points (run, series, position, step, value, at)
            SELECT $1, series, position, step, nullif(value, 'NaN'), at
            FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::double precision[], $6::bigint[]) p (series, position, step, value, at)
            """,
            run, series, positions, steps, values, times);
    }

    static Task<int> AppendAsync(Connection db, RunId run, IReadOnlyList<LogLine> lines) => db.RunAsync(
        """
        INSERT INTO log (run, sequence, at, level, text)
        SELECT $1, coalesce((SELECT max(sequence) FROM log WHERE run = $1), 0) + position, at, level, text
        FROM unnest($2::bigint[], $3::text[], $4::text[]) WITH ORDINALITY given (at, level, text, position)
        """,
        run, lines.Select(l => l.At.UtcTicks).ToArray(), lines.Select(l => l.Level), lines.Select(l => l.Text));

    public Task<IReadOnlyList<MetricPoint>> MetricsAsync(RunId run, string? name, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<MetricPoint>>(async db => await db.AllAsync(
            """
            SELECT s.name, p.step, p.value, p.at FROM series s JOIN points p ON p.run = s.run AND p.series = s.number
            WHERE s.run = $1 AND ($2::text IS NULL OR s.name = $2) ORDER BY s.name, p.position
            """,
            row => new MetricPoint(row.GetString(0), row.GetInt64(1), row.IsDBNull(2) ? double.NaN : row.GetDouble(2), Time(row, 3)), run, name), stop);

    public Task<IReadOnlyList<LogLine>> LogAsync(RunId run, long after, int limit, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<LogLine>>(async db => await db.AllAsync(
            "SELECT sequence, at, level, text FROM log WHERE run = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            row => new LogLine(row.GetInt64(0), Time(row, 1), row.GetString(2), row.GetString(3)), run, after, limit), stop);
}
