using Kumiki.Tracking;
using Npgsql;
using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

sealed partial class PostgresTrackingStore
{
    const string RunNameTag = "mlflow.runName";
    const string RunColumns = "r.id, r.uuid, r.experiment, r.name, r.\"user\", r.status, r.started, r.ended, r.location, r.deleted";

    /// <summary>A run as the tables name it.</summary>
    readonly record struct RunKey(long Id, long Experiment, string Run);

    public Task<TrackedRun> CreateRunAsync(NewRun run, CancellationToken stop) => store.AppendAsync(async db =>
    {
        var location = await ActiveExperimentAsync(db, run.Experiment, "FOR SHARE");
        var uuid = Guid.NewGuid().ToString("N");
        location = Joined(location, $"{uuid}/artifacts");
        var tags = LastOfEach([.. run.Tags, new(RunNameTag, run.Name)]);
        var kept = new List<Entry>();
        await db.RunAllAsync(
        [
            new("""
                INSERT INTO tracked_runs (uuid, experiment, name, "user", status, started, location) VALUES ($1, $2, $3, $4, $5, $6, $7)
                """, [uuid, run.Experiment, run.Name, run.User, (int)RunStatus.Running, run.StartedMs, location]),
            new("""
                INSERT INTO tracked_tags (run, key, experiment, value) SELECT r.id, given.key, r.experiment, given.value
                FROM tracked_runs r, unnest($2::text[], $3::text[]) given (key, value) WHERE r.uuid = $1
                ORDER BY given.key COLLATE "C" RETURNING key, value
                """, [uuid, tags.Keys, tags.Values], row => kept.Add(new(row.GetString(0), row.GetString(1)))),
        ]);
        var info = new RunInfo(uuid, run.Experiment, run.Name, run.User, RunStatus.Running, run.StartedMs, null, location, false);
        return new TrackedRun(info, [], [], kept, [], [], []);
    }, stop);

    public Task<TrackedRun> RunAsync(string run, CancellationToken stop) => store.SnapshotAsync(async db =>
        await db.NumberAsync("SELECT id FROM tracked_runs WHERE uuid = $1", run) is { } id ? (await RunsAsync(db, [id]))[0] : throw Refusal.NoRun(run), stop);

    public Task<RunInfo> UpdateRunAsync(string run, RunChange change, CancellationToken stop) => store.AppendAsync(async db =>
    {
        var key = await ActiveRunAsync(db, run);
        if (change.Name is { } name) await db.RunAllAsync([.. SetTags(key, [new(RunNameTag, name)])]);
        return (await db.FirstAsync(
            $"UPDATE tracked_runs r SET status = coalesce($2, status), ended = coalesce($3, ended) WHERE id = $1 RETURNING {RunColumns}", ReadInfo, null, key.Id, (int?)change.Status, change.EndedMs))!;
    }, stop);

    public Task DeleteRunAsync(string run, bool deleted, CancellationToken stop) => store.DecideAsync(async db =>
    {
        if (await db.RunAsync("UPDATE tracked_runs SET deleted = $2 WHERE uuid = $1 AND deleted <> $2", run, deleted ? 1 : 0) == 0)
            return await db.AnyAsync("SELECT 1 FROM tracked_runs WHERE uuid = $1", run) ? false : throw Refusal.NoRun(run);
        if (deleted) await CheckNotNeededAsync(db, OfRun, run);
        return true;
    }, stop);

    public Task DeleteRunTagAsync(string run, string key, CancellationToken stop) => store.AppendAsync(async db =>
    {
        if (await db.RunAsync("DELETE FROM tracked_tags WHERE run = $1 AND key = $2", (await ActiveRunAsync(db, run)).Id, key) == 0)
            throw Refusal.NoRunTag(run, key);
    }, stop);

    public Task ChangeRunTagAsync(string run, string key, Func<string?, string> next, CancellationToken stop) => store.AppendAsync(async db =>
    {
        var found = await ActiveRunAsync(db, run);
        var before = await db.FirstAsync("SELECT value FROM tracked_tags WHERE run = $1 AND key = $2", row => row.GetString(0), (string?)null, found.Id, key);
        await db.RunAllAsync([.. SetTags(found, [new(key, next(before))])]);
    }, stop);

    public Task LogInputsAsync(string run, IReadOnlyList<DatasetInput> datasets, IReadOnlyList<string> models, CancellationToken stop) =>
        store.AppendAsync(async db =>
        {
            var key = await ActiveRunAsync(db, run);
            await AddDatasetsAsync(db, key, datasets);
            if (models.Count > 0) await db.RunAsync(
                "INSERT INTO tracked_model_inputs (run, model) SELECT $1, model FROM unnest($2::text[]) model ON CONFLICT DO NOTHING", key.Id, models);
        }, stop);

    /// <summary>1. the datasets, in one order, so that runs that log the same ones do not block each other; 2. the links, in the order given; 3. the tags of
    /// the new links.</summary>
    static async Task AddDatasetsAsync(Connection db, RunKey key, IReadOnlyList<DatasetInput> datasets)
    {
        var given = datasets.DistinctBy(d => (d.Name, d.Digest)).ToList();
        if (given.Count == 0) return;
        await db.RunAsync(
            """
            INSERT INTO tracked_datasets (experiment, name, digest, source_type, source, schema, profile)
            SELECT $1, given.* FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) given (name, digest, type, source, schema,
              profile)
            ORDER BY name COLLATE "C", digest COLLATE "C" ON CONFLICT (experiment, name, digest) DO NOTHING
            """,
            key.Experiment, given.Select(d => d.Name), given.Select(d => d.Digest), given.Select(d => d.SourceType), given.Select(d => d.Source),
            given.Select(d => d.Schema), given.Select(d => d.Profile));
        var linked = await db.AllAsync(
            """
            INSERT INTO tracked_inputs (run, dataset, place)
            SELECT $1, d.id, (SELECT count(*) FROM tracked_inputs WHERE run = $1) + row_number() OVER (ORDER BY given.place) - 1
            FROM unnest($3::text[], $4::text[]) WITH ORDINALITY given (name, digest, place)
              JOIN tracked_datasets d ON d.experiment = $2 AND d.name = given.name AND d.digest = given.digest
            WHERE NOT EXISTS (SELECT 1 FROM tracked_inputs i WHERE i.run = $1 AND i.dataset = d.id)
            RETURNING dataset, (SELECT name FROM tracked_datasets WHERE id = dataset), (SELECT digest FROM tracked_datasets WHERE id = dataset)
            """,
            row => (Dataset: row.GetInt64(0), Name: row.GetString(1), Digest: row.GetString(2)),
            key.Id, key.Experiment, given.Select(d => d.Name), given.Select(d => d.Digest));
        var added = linked.ToDictionary(l => (l.Name, l.Digest), l => l.Dataset);
        var tags = given.Where(d => added.ContainsKey((d.Name, d.Digest)))
            .SelectMany(d => LastOfEach(d.Tags).Select(tag => (Dataset: added[(d.Name, d.Digest)], tag.Key, tag.Value))).ToList();
        if (tags.Count > 0) await db.RunAsync(
            "INSERT INTO tracked_input_tags (run, dataset, key, value) SELECT $1, given.* FROM unnest($2::bigint[], $3::text[], $4::text[]) given",
            key.Id, tags.Select(t => t.Dataset).ToArray(), tags.Select(t => t.Key), tags.Select(t => t.Value));
    }

    public Task LogOutputsAsync(string run, IReadOnlyList<ModelOutput> models, CancellationToken stop) => store.AppendAsync(async db =>
    {
        var key = await ActiveRunAsync(db, run);
        await db.RunAsync(
            """
            INSERT INTO tracked_model_outputs (run, model, step) SELECT $1, given.* FROM unnest($2::text[], $3::bigint[]) given ON CONFLICT DO NOTHING
            """, key.Id, models.Select(m => m.Model), models.Select(m => m.Step).ToArray());
    }, stop);

    public Task<IReadOnlyList<DatasetSummary>> DatasetsAsync(IReadOnlyList<long> experiments, CancellationToken stop) =>
        store.ReadAsync<IReadOnlyList<DatasetSummary>>(async db => await db.AllAsync(
            """
            SELECT e.id, d.name, d.digest, d.context FROM unnest($1::bigint[]) WITH ORDINALITY e (id, place) CROSS JOIN LATERAL (
              SELECT DISTINCT d.name, d.digest, t.value AS context FROM tracked_datasets d JOIN tracked_inputs i ON i.dataset = d.id
              LEFT JOIN tracked_input_tags t ON t.run = i.run AND t.dataset = d.id AND t.key = 'mlflow.data.context'
              WHERE d.experiment = e.id ORDER BY d.name, d.digest, t.value NULLS FIRST LIMIT 1000) d
            ORDER BY e.place, d.name, d.digest, d.context NULLS FIRST LIMIT 1000
            """,
            row => new DatasetSummary(row.GetInt64(0), row.GetString(1), row.GetString(2), TextOrNull(row, 3)), experiments.ToArray()),
            stop);

    /// <summary>A run that may be written to, locked until this write ends.</summary>
    static async Task<RunKey> ActiveRunAsync(Connection db, string run)
    {
        var found = await db.FirstAsync("SELECT id, experiment, deleted FROM tracked_runs WHERE uuid = $1 FOR NO KEY UPDATE",
            row => ((RunKey Key, bool Deleted)?)(new(row.GetInt64(0), row.GetInt64(1), run), row.GetInt32(2) != 0), null, run) ?? throw Refusal.NoRun(run);
        return found.Deleted ? throw Refusal.RunDeleted(run) : found.Key;
    }

    static IEnumerable<PostgresStatement> SetTags(RunKey run, IReadOnlyList<Entry> tags)
    {
        if (tags.Count == 0) yield break;
        var last = LastOfEach(tags);
        yield return new(
            """
            INSERT INTO tracked_tags AS t (run, key, experiment, value) SELECT $1, key, $2, value FROM unnest($3::text[], $4::text[]) given (key, value)
            ON CONFLICT (run, key) DO UPDATE SET value = excluded.value WHERE t.value <> excluded.value
            """, [run.Id, run.Experiment, last.Keys, last.Values]);
        if (last.TryGetValue(RunNameTag, out var name)) yield return new("UPDATE tracked_runs SET name = $2 WHERE id = $1", [run.Id, name]);
    }

    /// <summary>Some runs with what they logged, in the order of their ids as given: one round trip, however many.</summary>
    static async Task<IReadOnlyList<TrackedRun>> RunsAsync(Connection db, IReadOnlyList<long> ids)
    {
        if (ids.Count == 0) return [];
        var infos = new Dictionary<long, RunInfo>(ids.Count);
        var (metrics, parameters, tags) = (new Grouped<LoggedMetric>(), new Grouped<Entry>(), new Grouped<Entry>());
        var (inputs, inputTags) = (new Grouped<(long Dataset, DatasetInput Input)>(), new Grouped<(long Dataset, Entry Tag)>());
        var (modelInputs, modelOutputs) = (new Grouped<string>(), new Grouped<ModelOutput>());
        await db.RunAllAsync(
        [
            new($"SELECT {RunColumns} FROM tracked_runs r WHERE r.id = ANY($1)", [ids.ToArray()], row => infos.Add(row.GetInt64(0), ReadInfo(row))),
            metrics.Of($"SELECT run, {PointColumns} FROM tracked_latest WHERE run = ANY($1) ORDER BY run, key", ids, row => ReadPoint(row, 1)),
            parameters.Of("SELECT run, key, value FROM tracked_params WHERE run = ANY($1) ORDER BY run, key", ids, ReadEntry),
            tags.Of("SELECT run, key, value FROM tracked_tags WHERE run = ANY($1) ORDER BY run, key", ids, ReadEntry),
            inputs.Of(
                """
                SELECT i.run, d.id, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
                FROM tracked_inputs i JOIN tracked_datasets d ON d.id = i.dataset WHERE i.run = ANY($1) ORDER BY i.run, i.place
                """, ids, row => (row.GetInt64(1), new(row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5),
                    TextOrNull(row, 6), TextOrNull(row, 7), []))),
            inputTags.Of("SELECT run, key, value, dataset FROM tracked_input_tags WHERE run = ANY($1) ORDER BY run, key", ids,
                row => (row.GetInt64(3), ReadEntry(row))),
            modelInputs.Of("SELECT run, model FROM tracked_model_inputs WHERE run = ANY($1) ORDER BY run, model", ids, row => row.GetString(1)),
            modelOutputs.Of("SELECT run, model, step FROM tracked_model_outputs WHERE run = ANY($1) ORDER BY run, step, model", ids,
                row => new(row.GetString(1), row.GetInt64(2))),
        ]);
        return [.. ids.Select(id => new TrackedRun(infos[id], metrics[id], parameters[id], tags[id],
            [.. inputs[id].Select(i => i.Input with { Tags = [.. inputTags[id].Where(t => t.Dataset == i.Dataset).Select(t => t.Tag)] })],
            modelInputs[id], modelOutputs[id]))];
    }

    static RunInfo ReadInfo(NpgsqlDataReader row) => new(
        row.GetString(1), row.GetInt64(2), row.GetString(3), TextOrNull(row, 4), (RunStatus)row.GetInt32(5), WholeOrNull(row, 6),
        WholeOrNull(row, 7), row.GetString(8), row.GetInt32(9) != 0);

    static long? WholeOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
