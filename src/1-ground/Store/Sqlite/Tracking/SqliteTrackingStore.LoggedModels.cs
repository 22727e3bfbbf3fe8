using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    const string LoggedStatus = "CASE g.status WHEN 1 THEN 'PENDING' WHEN 2 THEN 'READY' ELSE 'UPLOAD_FAILED' END";

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
            throw Missing(Message.Of("tracking.no-logged-model-tag", ("key", key), ("id", id)));
    }, stop);

    public Task<IReadOnlyList<LoggedModel>> SearchLoggedModelsAsync(
        IReadOnlyList<long> experiments, Search search, IReadOnlyList<DatasetFilter> datasets, Page page, CancellationToken stop) => Asked(db =>
    {
        if (experiments.Count == 0) return [];
        var sql = new SearchSql("g.id");
        sql.Where($"g.experiment IN ({sql.Marks(experiments.Select(e => (object)e))})").Where("g.deleted = 0");
        foreach (var clause in search.Clauses)
            switch (clause.Entity)
            {
                case SearchEntity.Metric:
                    sql.WhereMetric(clause, "logged_model_metrics", datasets.Count == 0 ? "t.model = g.id" : $"t.model = g.id AND {About(sql, datasets)}");
                    break;
                case SearchEntity.Parameter: sql.WhereEntry(clause, "logged_model_params", "t.model = g.id"); break;
                case SearchEntity.Tag: sql.WhereEntry(clause, "logged_model_tags", "t.model = g.id"); break;
                default: sql.WhereValue(clause, Column(clause.Key)); break;
            }
        // Datasets without a clause on a metric ask for the models that were measured on one of them.
        if (datasets.Count > 0 && search.Clauses.All(c => c.Entity != SearchEntity.Metric))
            sql.Where($"EXISTS (SELECT 1 FROM logged_model_metrics t WHERE t.model = g.id AND {About(sql, datasets)})");
        foreach (var order in search.Order)
            _ = order.Entity switch
            {
                SearchEntity.Metric => OrderByNewest(sql, order),
                SearchEntity.Parameter => sql.OrderByEntry(order, "logged_model_params", "{0}.model = g.id"),
                SearchEntity.Tag => sql.OrderByEntry(order, "logged_model_tags", "{0}.model = g.id"),
                _ => sql.OrderBy(Column(order.Key), order.Descending),
            };
        sql.OrderBy("g.created", descending: true).OrderBy("g.model", descending: false);
        return (IReadOnlyList<LoggedModel>)[.. sql.Ids(db, "logged_models g", page).Select(id => ReadLoggedModel(db, id))];

        static string Column(string key) => key switch
        {
            "name" => "g.name",
            "model_id" => "g.model",
            "model_type" => "g.type",
            "status" => LoggedStatus,
            "source_run_id" => "g.run",
            "creation_timestamp" => "g.created",
            _ => "g.updated",
        };
    }, stop);

    /// <summary>That a metric <c>t</c> is about one of some datasets.</summary>
    static string About(SearchSql sql, IReadOnlyList<DatasetFilter> datasets)
    {
        var each = datasets.Select(d => d.Digest is { } digest
            ? $"(t.dataset = {sql.Mark(d.Name)} AND t.dataset_digest = {sql.Mark(digest)})"
            : $"t.dataset = {sql.Mark(d.Name)}");
        return $"({string.Join(" OR ", each)})";
    }

    /// <summary>By the newest point of a metric over the datasets asked for; a model has one a dataset.</summary>
    static SearchSql OrderByNewest(SearchSql sql, SearchOrder order)
    {
        var newest = $"SELECT {{0}} FROM logged_model_metrics t WHERE t.model = g.id AND t.key = {sql.Mark(order.Key)}"
            + (order.Dataset is { } dataset ? $" AND t.dataset = {sql.Mark(dataset)}" : "")
            + (order.DatasetDigest is { } digest ? $" AND t.dataset_digest = {sql.Mark(digest)}" : "")
            + " ORDER BY t.step DESC, t.timestamp DESC, t.value DESC LIMIT 1";
        return sql.OrderBy($"({newest.Replace("{0}", "t.is_nan", StringComparison.Ordinal)})", descending: false)
            .OrderBy($"({newest.Replace("{0}", "t.value", StringComparison.Ordinal)})", order.Descending);
    }

    static void AddLoggedModelParams(Connection db, long key, string id, IReadOnlyList<Entry> entries)
    {
        foreach (var entry in entries)
        {
            if (db.Query("INSERT INTO logged_model_params (model, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING").Add(key).Add(entry.Key)
                .Add(entry.Value).Run() == 1) continue;
            using var rows = db.Query("SELECT value FROM logged_model_params WHERE model = ?1 AND key = ?2").Add(key).Add(entry.Key);
            rows.Next();
            if (rows.Text(0) is var old && old != entry.Value)
                throw new TrackingException(TrackingFault.InvalidValue,
                    Message.Of("tracking.param-changed", ("key", entry.Key), ("old", old), ("run", id), ("new", entry.Value)));
        }
    }

    static void SetLoggedModelTag(Connection db, long model, Entry tag) =>
        db.Query("INSERT INTO logged_model_tags (model, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value").Add(model)
            .Add(tag.Key).Add(tag.Value).Run();

    static long LoggedModelId(Connection db, string id, bool deletedToo)
    {
        using var rows = db.Query("SELECT id, deleted FROM logged_models WHERE model = ?1").Add(id);
        return rows.Next() && (deletedToo || !rows.Truth(1)) ? rows.Whole(0) : throw NoLoggedModel(id);
    }

    static TrackingException NoLoggedModel(string id) => Missing(Message.Of("tracking.no-logged-model", ("id", id)));

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
