using Kumiki.Tracking;
using Npgsql;
using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

sealed partial class PostgresTrackingStore
{
    const string PointColumns = "key, value, is_nan, timestamp, step, model, dataset, dataset_digest";

    /// <summary>The points <c>p</c> of key $2 of a run <c>r.id</c>, each once, by timestamp, step and value.</summary>
    const string PointsOfRun =
        $"""
        (SELECT DISTINCT ON (timestamp, step, value, is_nan) {PointColumns}
        FROM generate_series(0, (SELECT max(block) FROM tracked_points WHERE run = r.id)) b (number)
          CROSS JOIN LATERAL (SELECT block, {PointColumns} FROM tracked_points WHERE run = r.id AND block = b.number AND key = $2 OFFSET 0) each
        ORDER BY timestamp, step, value, is_nan, block) p
        """;

    readonly PointBlocks blocks = new();

    public Task LogAsync(string run, RunLog log, CancellationToken stop) => store.AppendAsync(async db =>
    {
        var key = await ActiveRunAsync(db, run);
        await WriteAsync(db, key, log);
    }, stop);

    /// <summary>All of it in one round trip, or in three where points are about logged models.</summary>
    async Task WriteAsync(Connection db, RunKey key, RunLog log)
    {
        var block = log.Metrics.Count == 0 ? 0
            : blocks.For(key.Id, log.Metrics.Count) ?? blocks.For(key.Id, log.Metrics.Count, await NewestBlockAsync(db, key.Id));
        (string Key, string Old, string Given)? changed = null;
        await db.RunAllAsync(
        [
            .. AddParams("tracked_params", "run", key.Id, key.Experiment, log.Params,
                row => changed ??= (row.GetString(0), row.GetString(1), row.GetString(2))),
            .. AddPoints(key, block, log.Metrics),
            .. SetTags(key, log.Tags),
        ]);
        if (changed is var (name, old, given)) throw Refusal.ParamChanged(key.Run, name, old, given);
        if (log.Metrics.Any(p => p.Model is not null)) await AddModelMetricsAsync(db, key.Run, log.Metrics);
    }

    /// <summary>A run's newest block, and how many points are in it.</summary>
    static async Task<(long Block, int Points)> NewestBlockAsync(Connection db, long run) => await db.FirstAsync(
        """
        SELECT last.block, (SELECT count(*) FROM tracked_points p WHERE p.run = $1 AND p.block = last.block)
        FROM (SELECT max(block) AS block FROM tracked_points WHERE run = $1) last WHERE last.block IS NOT NULL
        """, row => (row.GetInt64(0), (int)row.GetInt64(1)), (0, 0), run);

    /// <summary>Adds parameters, then looks for the first one that has another value.</summary>
    /// <param name="owner">The column that names whose they are.</param>
    /// <param name="experiment">Null where the table has no such column.</param>
    /// <param name="changed">Called with its key, its value, and the one given.</param>
    static IEnumerable<PostgresStatement> AddParams(string table, string owner, long id, long? experiment, IReadOnlyList<Entry> entries,
        Action<NpgsqlDataReader> changed)
    {
        if (entries.Count == 0) yield break;
        var (keys, values) = (entries.Select(e => e.Key), entries.Select(e => e.Value));
        var (column, value) = experiment is null ? ("", "") : (", experiment", ", $4::bigint");
        yield return new(
            $"""
            INSERT INTO {table} ({owner}{column}, key, value) SELECT $1{value}, key, value FROM unnest($2::text[], $3::text[]) given (key, value)
            ON CONFLICT ({owner}, key) DO NOTHING
            """, experiment is null ? [id, keys, values] : [id, keys, values, experiment]);
        yield return new(
            $"""
            SELECT p.key, p.value, given.value FROM unnest($2::text[], $3::text[]) WITH ORDINALITY given (key, value, place)
            JOIN {table} p ON p.{owner} = $1 AND p.key = given.key WHERE p.value <> given.value ORDER BY given.place LIMIT 1
            """, [id, keys, values], changed);
    }

    static IEnumerable<PostgresStatement> AddPoints(RunKey key, long block, IReadOnlyList<LoggedMetric> points)
    {
        if (points.Count == 0) yield break;
        yield return new(
            $"""
            INSERT INTO tracked_points (run, block, {PointColumns}) SELECT $1, $2, given.* FROM {GivenPoints(3)} given ON CONFLICT DO NOTHING
            """, [key.Id, block, .. Columns(points)]);
        // One upsert a key and not a point: in a batch most points of a key are older than its newest.
        var newest = Newest(points, point => point.Key);
        yield return new(
            $"""
            INSERT INTO tracked_latest AS l (run, experiment, {PointColumns}) SELECT $1, $2, given.* FROM {GivenPoints(3)} given
            ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan, timestamp = excluded.timestamp, step = excluded.step,
              model = excluded.model, dataset = excluded.dataset, dataset_digest = excluded.dataset_digest
            WHERE (excluded.step, excluded.timestamp, excluded.value) > (l.step, l.timestamp, l.value)
            """, [key.Id, key.Experiment, .. Columns([.. newest.Values])]);
    }

    /// <summary>Rows of <see cref="PointColumns"/>, given column by column.</summary>
    static string GivenPoints(int first) =>
        $"unnest(${first}::text[], ${first + 1}::float8[], ${first + 2}::int[], ${first + 3}::bigint[], ${first + 4}::bigint[], "
        + $"${first + 5}::text[], ${first + 6}::text[], ${first + 7}::text[])";

    static object?[] Columns(IReadOnlyList<LoggedMetric> points)
    {
        var (keys, values, nans, timestamps, steps) = (new string[points.Count], new double[points.Count], new int[points.Count], new long[points.Count],
            new long[points.Count]);
        for (var i = 0; i < points.Count; i++)
            (keys[i], values[i], nans[i], timestamps[i], steps[i]) = (points[i].Key, Value(points[i]), double.IsNaN(points[i].Value) ? 1 : 0,
                points[i].TimestampMs, points[i].Step);
        return [keys, values, nans, timestamps, steps, Texts(p => p.Model), Texts(p => p.Dataset), Texts(p => p.DatasetDigest)];

        // Most points are about nothing else: a column that ends early goes on with nulls.
        string?[] Texts(Func<LoggedMetric, string?> of) => points.Any(p => of(p) is not null) ? [.. points.Select(of)] : [];
    }

    static double Value(in LoggedMetric point) => double.IsNaN(point.Value) ? 0 : point.Value;

    static Dictionary<TKey, LoggedMetric> Newest<TKey>(IEnumerable<LoggedMetric> points, Func<LoggedMetric, TKey> by) where TKey : notnull
    {
        var newest = new Dictionary<TKey, LoggedMetric>();
        foreach (var point in points)
            if (!newest.TryGetValue(by(point), out var now)
                || (point.Step, point.TimestampMs, Value(point)).CompareTo((now.Step, now.TimestampMs, Value(now))) > 0) newest[by(point)] = point;
        return newest;
    }

    /// <summary>A point about a logged model is also the model's; about one that is not here, it stays the run's alone.</summary>
    static async Task AddModelMetricsAsync(Connection db, string run, IReadOnlyList<LoggedMetric> points)
    {
        var models = (await db.AllAsync("SELECT model, id FROM logged_models WHERE model = ANY($1) ORDER BY id FOR NO KEY UPDATE",
            row => (Name: row.GetString(0), Id: row.GetInt64(1)), points.Select(p => p.Model).OfType<string>().Distinct(StringComparer.Ordinal)))
            .ToDictionary(m => m.Name, m => m.Id, StringComparer.Ordinal);
        var newest = Newest(points.Where(p => p.Model is { } model && models.ContainsKey(model)),
            p => (Model: models[p.Model!], p.Key, Dataset: p.Dataset ?? "", Digest: p.DatasetDigest ?? ""));
        if (newest.Count == 0) return;
        const string given =
            """
            unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::int[], $8::bigint[], $9::bigint[])
              given (model, key, dataset, dataset_digest, value, is_nan, timestamp, step)
            """;
        const string same = "m.model = given.model AND m.key = given.key AND m.dataset = given.dataset AND m.dataset_digest = given.dataset_digest";
        object?[] values =
        [
            run, newest.Keys.Select(k => k.Model).ToArray(), newest.Keys.Select(k => k.Key), newest.Keys.Select(k => k.Dataset),
            newest.Keys.Select(k => k.Digest), newest.Values.Select(p => Value(p)).ToArray(),
            newest.Values.Select(p => double.IsNaN(p.Value) ? 1 : 0).ToArray(), newest.Values.Select(p => p.TimestampMs).ToArray(),
            newest.Values.Select(p => p.Step).ToArray(),
        ];
        await db.RunAllAsync(
        [
            new($"""
                UPDATE logged_model_metrics m SET run = $1, value = given.value, is_nan = given.is_nan, timestamp = given.timestamp, step = given.step
                FROM {given} WHERE {same} AND (given.step, given.timestamp, given.value) > (m.step, m.timestamp, m.value)
                """, values),
            new($"""
                INSERT INTO logged_model_metrics (run, model, key, dataset, dataset_digest, value, is_nan, timestamp, step)
                SELECT $1, given.* FROM {given} WHERE NOT EXISTS (SELECT 1 FROM logged_model_metrics m WHERE {same})
                """, values),
        ]);
    }

    public Task<IReadOnlyList<LoggedMetric>> HistoryAsync(string run, string key, Page page, CancellationToken stop) =>
        store.SnapshotAsync<IReadOnlyList<LoggedMetric>>(async db => await db.AllAsync(
            $"""
            SELECT p.* FROM (SELECT $1::bigint AS id) r CROSS JOIN LATERAL {PointsOfRun}
            ORDER BY p.timestamp, p.step, p.value, p.is_nan LIMIT $3 OFFSET $4
            """, row => ReadPoint(row, 0), (await IdsAsync(db, [run]))[0], key, (long)page.Most, page.Offset), stop);

    public Task<IReadOnlyList<MetricOfRun>> HistoryAsync(IReadOnlyList<string> runs, string key, int most, CancellationToken stop) =>
        store.SnapshotAsync<IReadOnlyList<MetricOfRun>>(async db => await db.AllAsync(
            $"""
            SELECT r.place, p.* FROM unnest($1::bigint[]) WITH ORDINALITY r (id, place) CROSS JOIN LATERAL {PointsOfRun}
            ORDER BY r.place, p.timestamp, p.step, p.value, p.is_nan LIMIT $3
            """, row => new MetricOfRun(runs[(int)row.GetInt64(0) - 1], ReadPoint(row, 1)), await IdsAsync(db, runs), key, (long)most), stop);

    public Task<IReadOnlyList<MetricOfRun>> SampledAsync(IReadOnlyList<string> runs, string key, (long First, long Last)? steps, int most,
        CancellationToken stop) => store.SnapshotAsync<IReadOnlyList<MetricOfRun>>(async db =>
    {
        var (first, last) = steps ?? (long.MinValue, long.MaxValue);
        var ids = await IdsAsync(db, runs);
        var found = await db.AllAsync(
            $"SELECT DISTINCT r.id, p.step FROM unnest($1::bigint[]) r (id) CROSS JOIN LATERAL {PointsOfRun} WHERE p.step BETWEEN $3 AND $4",
            row => (Run: row.GetInt64(0), Step: row.GetInt64(1)), ids, key, first, last);
        var drawn = DrawnSteps.Of(found.GroupBy(f => f.Run).Select(of => of.Select(f => f.Step).ToList()), most);
        return await db.AllAsync(
            $"""
            SELECT r.place, p.* FROM unnest($1::bigint[]) WITH ORDINALITY r (id, place) CROSS JOIN LATERAL {PointsOfRun} WHERE p.step = ANY($3)
            ORDER BY r.place, p.step, p.timestamp, p.value
            """, row => new MetricOfRun(runs[(int)row.GetInt64(0) - 1], ReadPoint(row, 1)), ids, key, drawn.ToArray());
    }, stop);

    /// <summary>The ids of some runs, in their order.</summary>
    static async Task<long[]> IdsAsync(Connection db, IReadOnlyList<string> runs)
    {
        var ids = (await db.AllAsync("SELECT uuid, id FROM tracked_runs WHERE uuid = ANY($1)", row => (Run: row.GetString(0), Id: row.GetInt64(1)), runs))
            .ToDictionary(r => r.Run, r => r.Id, StringComparer.Ordinal);
        return [.. runs.Select(run => ids.TryGetValue(run, out var id) ? id : throw Refusal.NoRun(run))];
    }

    static LoggedMetric ReadPoint(NpgsqlDataReader row, int from) => new(
        row.GetString(from), row.GetInt32(from + 2) != 0 ? double.NaN : row.GetDouble(from + 1), row.GetInt64(from + 3), row.GetInt64(from + 4),
        TextOrNull(row, from + 5), TextOrNull(row, from + 6), TextOrNull(row, from + 7));
}
