using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    public Task<LoggedModel> CreateLoggedModelAsync(NewLoggedModel model, CancellationToken stop) => store.WriteAsync(db =>
    {
        var experiment = ExperimentOf(db, model.Experiment);
        CheckActive(experiment);
        var name = $"m-{Guid.NewGuid():N}";
        long id;
        using (var rows = db.Query(
            """
            INSERT INTO logged_models (model, experiment, name, type, run, status, location, created, updated)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) RETURNING id
            """)
            .Add(name).Add(model.Experiment).Add(model.Name).Add(model.Type).Add(model.Run).Add((long)LoggedModelStatus.Pending)
            .Add(Joined(experiment.Location, $"models/{name}/artifacts")).Add(Now))
        {
            rows.Next();
            id = rows.Whole(0);
        }
        AddLoggedModelParams(db, id, name, model.Params);
        foreach (var tag in model.Tags) SetLoggedModelTag(db, id, tag);
        return ReadLoggedModel(db, id);
    }, stop);

    public Task<LoggedModel> LoggedModelAsync(string id, bool deletedToo, CancellationToken stop) =>
        store.ReadAsync(db => ReadLoggedModel(db, LoggedModelId(db, id, deletedToo)), stop);

    public Task<LoggedModel> EndLoggedModelAsync(string id, LoggedModelStatus status, CancellationToken stop) => store.WriteAsync(db =>
    {
        var key = LoggedModelId(db, id, deletedToo: false);
        db.Query("UPDATE logged_models SET status = ?2, updated = ?3 WHERE id = ?1").Add(key).Add((long)status).Add(Now).Run();
        return ReadLoggedModel(db, key);
    }, stop);

    public Task DeleteLoggedModelAsync(string id, CancellationToken stop) => store.WriteAsync(db =>
    {
        var key = LoggedModelId(db, id, deletedToo: false);
        CheckNotNeeded(db, "v.logged_model = ?1", id);
        db.Query("UPDATE logged_models SET deleted = 1, updated = ?2 WHERE id = ?1").Add(key).Add(Now).Run();
    }, stop);

    public Task AddLoggedModelParamsAsync(string id, IReadOnlyList<Entry> entries, CancellationToken stop) =>
        store.WriteAsync(db => AddLoggedModelParams(db, LoggedModelId(db, id, deletedToo: false), id, entries), stop);

    public Task<LoggedModel> TagLoggedModelAsync(string id, IReadOnlyList<Entry> tags, CancellationToken stop) => store.WriteAsync(db =>
    {
        var key = LoggedModelId(db, id, deletedToo: false);
        foreach (var tag in tags) SetLoggedModelTag(db, key, tag);
        return ReadLoggedModel(db, key);
    }, stop);

    public Task DeleteLoggedModelTagAsync(string id, string key, CancellationToken stop) => store.WriteAsync(db =>
    {
        if (db.Query("DELETE FROM logged_model_tags WHERE model = ?1 AND key = ?2").Add(LoggedModelId(db, id, deletedToo: false)).Add(key).Run() == 0)
            throw Refusal.NoLoggedModelTag(id, key);
    }, stop);

    public Task<IReadOnlyList<LoggedModel>> SearchLoggedModelsAsync(
        IReadOnlyList<long> experiments, Search search, IReadOnlyList<DatasetFilter> datasets, Page page, CancellationToken stop) => Asked(db =>
    {
        if (experiments.Count == 0) return [];
        var sql = Searches.LoggedModels(SqlDialect.Sqlite, experiments, search, datasets);
        return (IReadOnlyList<LoggedModel>)[.. Ids(db, sql, page).Select(id => ReadLoggedModel(db, id))];
    }, stop);

    static void AddLoggedModelParams(Connection db, long key, string id, IReadOnlyList<Entry> entries)
    {
        foreach (var entry in entries)
        {
            if (db.Query("INSERT INTO logged_model_params (model, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING").Add(key).Add(entry.Key)
                .Add(entry.Value).Run() == 1) continue;
            using var rows = db.Query("SELECT value FROM logged_model_params WHERE model = ?1 AND key = ?2").Add(key).Add(entry.Key);
            rows.Next();
            if (rows.Text(0) is var old && old != entry.Value)
                throw Refusal.ParamChanged(id, entry.Key, old, entry.Value);
        }
    }

    static void SetLoggedModelTag(Connection db, long model, Entry tag) =>
        db.Query("INSERT INTO logged_model_tags (model, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value").Add(model)
            .Add(tag.Key).Add(tag.Value).Run();

    static long LoggedModelId(Connection db, string id, bool deletedToo)
    {
        using var rows = db.Query("SELECT id, deleted FROM logged_models WHERE model = ?1").Add(id);
        return rows.Next() && (deletedToo || !rows.Truth(1)) ? rows.Whole(0) : throw Refusal.NoLoggedModel(id);
    }

    static LoggedModel ReadLoggedModel(Connection db, long id)
    {
        var parameters = Entries(db.Query("SELECT key, value FROM logged_model_params WHERE model = ?1 ORDER BY key").Add(id));
        var tags = Entries(db.Query("SELECT key, value FROM logged_model_tags WHERE model = ?1 ORDER BY key").Add(id));
        using var g = db.Query("SELECT model, experiment, name, type, run, status, location, created, updated, deleted FROM logged_models WHERE id = ?1")
            .Add(id);
        g.Next();
        var name = g.Text(0);
        var metrics = new List<MetricOfRun>();
        using (var rows = db.Query(
            """
            SELECT key, value, is_nan, timestamp, step, ?2, nullif(dataset, ''), nullif(dataset_digest, ''), run FROM logged_model_metrics
            WHERE model = ?1 ORDER BY key, dataset, dataset_digest
            """)
            .Add(id).Add(name))
            while (rows.Next()) metrics.Add(new(rows.Text(8), ReadMetric(rows)));
        var registrations = new List<(string, int)>();
        using (var rows = db.Query(
            """
            SELECT m.name, v.number FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE v.logged_model = ?1 ORDER BY m.name, v.number
            """).Add(name))
            while (rows.Next()) registrations.Add((rows.Text(0), (int)rows.Whole(1)));
        return new(name, g.Whole(1), g.Text(2), g.TextOrNull(3), g.TextOrNull(4), (LoggedModelStatus)g.Whole(5), g.Text(6), g.Whole(7), g.Whole(8), g.Truth(9),
            parameters, tags, metrics, registrations);
    }
}
