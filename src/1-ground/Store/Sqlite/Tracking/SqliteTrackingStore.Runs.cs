using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    const string RunNameTag = "mlflow.runName";
    const string RunColumns = "r.id, r.uuid, r.experiment, r.name, r.user, r.status, r.started, r.ended, r.location, r.deleted";

    /// <summary>A run as the tables name it.</summary>
    readonly record struct RunKey(long Id, long Experiment);

    public Task<TrackedRun> CreateRunAsync(NewRun run, CancellationToken stop) => store.WriteAsync(db =>
    {
        var experiment = ExperimentOf(db, run.Experiment);
        CheckActive(experiment);
        var uuid = Guid.NewGuid().ToString("N");
        var location = Joined(experiment.Location, $"{uuid}/artifacts");
        db.Query("INSERT INTO tracked_runs (uuid, experiment, name, user, status, started, location) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .Add(uuid).Add(run.Experiment).Add(run.Name).Add(run.User).Add((long)RunStatus.Running).Add(run.StartedMs).Add(location).Run();
        var (id, info) = RunOf(db, uuid);
        var key = new RunKey(id, run.Experiment);
        foreach (var tag in run.Tags) SetTag(db, key, tag);
        SetTag(db, key, new(RunNameTag, run.Name));
        return ReadRun(db, id, info);
    }, stop);

    public Task<TrackedRun> RunAsync(string run, CancellationToken stop) => store.ReadAsync(db =>
    {
        var (id, info) = RunOf(db, run);
        return ReadRun(db, id, info);
    }, stop);

    public Task<RunInfo> UpdateRunAsync(string run, RunChange change, CancellationToken stop) => store.WriteAsync(db =>
    {
        var key = ActiveRun(db, run);
        if (change.Status is { } status) db.Query("UPDATE tracked_runs SET status = ?2 WHERE id = ?1").Add(key.Id).Add((long)status).Run();
        if (change.EndedMs is { } ended) db.Query("UPDATE tracked_runs SET ended = ?2 WHERE id = ?1").Add(key.Id).Add(ended).Run();
        if (change.Name is { } name) SetTag(db, key, new(RunNameTag, name));
        return RunOf(db, run).Info;
    }, stop);

    public Task DeleteRunAsync(string run, bool deleted, CancellationToken stop) => store.WriteAsync(db =>
    {
        var (id, info) = RunOf(db, run);
        if (deleted && !info.Deleted) CheckNotNeeded(db, OfRun, run);
        if (info.Deleted != deleted) db.Query("UPDATE tracked_runs SET deleted = ?2 WHERE id = ?1").Add(id).Add(deleted).Run();
    }, stop);

    public Task DeleteRunTagAsync(string run, string key, CancellationToken stop) => store.WriteAsync(db =>
    {
        if (db.Query("DELETE FROM tracked_tags WHERE run = ?1 AND key = ?2").Add(ActiveRun(db, run).Id).Add(key).Run() == 0)
            throw Refusal.NoRunTag(run, key);
    }, stop);

    public Task ChangeRunTagAsync(string run, string key, Func<string?, string> next, CancellationToken stop) => store.WriteAsync(db =>
    {
        var found = ActiveRun(db, run);
        string? before;
        using (var rows = db.Query("SELECT value FROM tracked_tags WHERE run = ?1 AND key = ?2").Add(found.Id).Add(key)) before = rows.Next() ? rows.Text(0)
            : null;
        SetTag(db, found, new(key, next(before)));
    }, stop);

    public Task LogInputsAsync(string run, IReadOnlyList<DatasetInput> datasets, IReadOnlyList<string> models, CancellationToken stop) => store.WriteAsync(db =>
    {
        var key = ActiveRun(db, run);
        AddDatasets(db, key, datasets);
        foreach (var model in models) db.Query("INSERT INTO tracked_model_inputs (run, model) VALUES (?1, ?2) ON CONFLICT DO NOTHING").Add(key.Id).Add(model)
            .Run();
    }, stop);

    static void AddDatasets(Connection db, RunKey key, IReadOnlyList<DatasetInput> datasets)
    {
        foreach (var dataset in datasets)
        {
            db.Query(
                """
                INSERT INTO tracked_datasets (experiment, name, digest, source_type, source, schema, profile) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                ON CONFLICT DO NOTHING
                """).Add(key.Experiment).Add(dataset.Name).Add(dataset.Digest).Add(dataset.SourceType).Add(dataset.Source)
                .Add(dataset.Schema).Add(dataset.Profile).Run();
            long id;
            using (var rows = db.Query("SELECT id FROM tracked_datasets WHERE experiment = ?1 AND name = ?2 AND digest = ?3").Add(key.Experiment)
                .Add(dataset.Name).Add(dataset.Digest))
            {
                rows.Next();
                id = rows.Whole(0);
            }
            var linked = db.Query(
                """
                INSERT INTO tracked_inputs (run, dataset, place) SELECT ?1, ?2, count(*) FROM tracked_inputs WHERE run = ?1 ON CONFLICT DO NOTHING
                """).Add(key.Id).Add(id).Run();
            if (linked == 0) continue;
            foreach (var tag in dataset.Tags)
                db.Query("INSERT INTO tracked_input_tags (run, dataset, key, value) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = excluded.value")
                    .Add(key.Id).Add(id).Add(tag.Key).Add(tag.Value).Run();
        }
    }

    public Task LogOutputsAsync(string run, IReadOnlyList<ModelOutput> models, CancellationToken stop) => store.WriteAsync(db =>
    {
        var key = ActiveRun(db, run);
        foreach (var model in models)
            db.Query("INSERT INTO tracked_model_outputs (run, model, step) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING").Add(key.Id).Add(model.Model)
                .Add(model.Step).Run();
    }, stop);

    public Task<IReadOnlyList<DatasetSummary>> DatasetsAsync(IReadOnlyList<long> experiments, CancellationToken stop) => store.ReadAsync(db =>
    {
        var found = new List<DatasetSummary>();
        foreach (var experiment in experiments)
        {
            using var rows = db.Query(
                """
                SELECT DISTINCT d.name, d.digest, t.value FROM tracked_datasets d JOIN tracked_inputs i ON i.dataset = d.id
                LEFT JOIN tracked_input_tags t ON t.run = i.run AND t.dataset = d.id AND t.key = 'mlflow.data.context'
                WHERE d.experiment = ?1 ORDER BY d.name, d.digest, t.value LIMIT 1000
                """).Add(experiment);
            while (found.Count < 1000 && rows.Next()) found.Add(new(experiment, rows.Text(0), rows.Text(1), rows.TextOrNull(2)));
        }
        return (IReadOnlyList<DatasetSummary>)found;
    }, stop);

    static string Joined(string location, string below) => location.EndsWith('/') ? location + below : $"{location}/{below}";

    static (long Id, RunInfo Info) RunOf(Connection db, string run)
    {
        using var rows = db.Query($"SELECT {RunColumns} FROM tracked_runs r WHERE r.uuid = ?1").Add(run);
        return rows.Next() ? (rows.Whole(0), ReadInfo(rows)) : throw Refusal.NoRun(run);
    }

    static RunInfo ReadInfo(Statement row) => new(
        row.Text(1), row.Whole(2), row.Text(3), row.TextOrNull(4), (RunStatus)row.Whole(5), row.WholeOrNull(6), row.WholeOrNull(7), row.Text(8), row.Truth(9));

    /// <summary>A run that may be written to.</summary>
    static RunKey ActiveRun(Connection db, string run)
    {
        using var rows = db.Query("SELECT id, experiment, deleted FROM tracked_runs WHERE uuid = ?1").Add(run);
        if (!rows.Next()) throw Refusal.NoRun(run);
        if (rows.Truth(2)) throw Refusal.RunDeleted(run);
        return new(rows.Whole(0), rows.Whole(1));
    }

    static void SetTag(Connection db, RunKey run, Entry tag)
    {
        db.Query(
            """
            INSERT INTO tracked_tags (run, key, experiment, value) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value
            """)
            .Add(run.Id).Add(tag.Key).Add(run.Experiment).Add(tag.Value).Run();
        if (tag.Key == RunNameTag) db.Query("UPDATE tracked_runs SET name = ?2 WHERE id = ?1").Add(run.Id).Add(tag.Value).Run();
    }

    static TrackedRun ReadRun(Connection db, long id, RunInfo info)
    {
        var metrics = new List<LoggedMetric>();
        using (var rows = db.Query($"SELECT {PointColumns} FROM tracked_latest WHERE run = ?1 ORDER BY key").Add(id))
            while (rows.Next()) metrics.Add(ReadMetric(rows));
        var parameters = Entries(db.Query("SELECT key, value FROM tracked_params WHERE run = ?1 ORDER BY key").Add(id));
        var tags = Entries(db.Query("SELECT key, value FROM tracked_tags WHERE run = ?1 ORDER BY key").Add(id));
        // Most runs are linked to nothing: one question instead of three.
        using var links = db.Query(
            """
            SELECT EXISTS (SELECT 1 FROM tracked_inputs WHERE run = ?1) OR EXISTS (SELECT 1 FROM tracked_model_inputs WHERE run = ?1)
              OR EXISTS (SELECT 1 FROM tracked_model_outputs WHERE run = ?1)
            """).Add(id);
        return links.Next() && links.Truth(0)
            ? new(info, metrics, parameters, tags, ReadInputs(db, id), ReadModelInputs(db, id), ReadModelOutputs(db, id))
            : new(info, metrics, parameters, tags, [], [], []);
    }

    static LoggedMetric ReadMetric(Statement row) => new(
        row.Text(0), row.Truth(2) ? double.NaN : row.Number(1), row.Whole(3), row.Whole(4), row.TextOrNull(5), row.TextOrNull(6), row.TextOrNull(7));

    static IReadOnlyList<DatasetInput> ReadInputs(Connection db, long run)
    {
        using var rows = db.Query(
            """
            SELECT d.id, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
            FROM tracked_inputs i JOIN tracked_datasets d ON d.id = i.dataset WHERE i.run = ?1 ORDER BY i.place
            """).Add(run);
        if (!rows.Next()) return [];
        var all = new List<DatasetInput>();
        do
        {
            var tags = Entries(db.Query("SELECT key, value FROM tracked_input_tags WHERE run = ?1 AND dataset = ?2 ORDER BY key").Add(run).Add(rows.Whole(0)));
            all.Add(new(rows.Text(1), rows.Text(2), rows.Text(3), rows.Text(4), rows.TextOrNull(5), rows.TextOrNull(6), tags));
        }
        while (rows.Next());
        return all;
    }

    static IReadOnlyList<string> ReadModelInputs(Connection db, long run)
    {
        using var rows = db.Query("SELECT model FROM tracked_model_inputs WHERE run = ?1 ORDER BY model").Add(run);
        if (!rows.Next()) return [];
        var all = new List<string>();
        do all.Add(rows.Text(0));
        while (rows.Next());
        return all;
    }

    static IReadOnlyList<ModelOutput> ReadModelOutputs(Connection db, long run)
    {
        using var rows = db.Query("SELECT model, step FROM tracked_model_outputs WHERE run = ?1 ORDER BY step, model").Add(run);
        if (!rows.Next()) return [];
        var all = new List<ModelOutput>();
        do all.Add(new(rows.Text(0), rows.Whole(1)));
        while (rows.Next());
        return all;
    }
}
