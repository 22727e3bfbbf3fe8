using Kumiki.Tracking;
using Npgsql;
using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

sealed partial class PostgresTrackingStore
{
    public Task<LoggedModel> CreateLoggedModelAsync(NewLoggedModel model, CancellationToken stop) => store.AppendAsync(async db =>
    {
        var location = await ActiveExperimentAsync(db, model.Experiment, "FOR SHARE");
        var name = $"m-{Guid.NewGuid():N}";
        var id = (await db.NumberAsync(
            """
            INSERT INTO logged_models (model, experiment, name, type, run, status, location, created, updated)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id
            """,
            name, model.Experiment, model.Name, model.Type, model.Run, (int)LoggedModelStatus.Pending, Joined(location, $"models/{name}/artifacts"), Now))!
            .Value;
        await AddLoggedModelParamsAsync(db, id, name, model.Params);
        if (model.Tags.Count > 0) await db.RunAllAsync([Tagged("logged_model_tags", "model", id, model.Tags)]);
        return (await LoggedModelsAsync(db, [id]))[0];
    }, stop);

    public Task<LoggedModel> LoggedModelAsync(string id, bool deletedToo, CancellationToken stop) => store.SnapshotAsync(async db =>
        (await LoggedModelsAsync(db, [await LoggedModelIdAsync(db, id, deletedToo)]))[0], stop);

    public Task<LoggedModel> EndLoggedModelAsync(string id, LoggedModelStatus status, CancellationToken stop) => store.AppendAsync(async db =>
    {
        var key = await LockLoggedModelAsync(db, id);
        await db.RunAsync("UPDATE logged_models SET status = $2, updated = $3 WHERE id = $1", key, (int)status, Now);
        return (await LoggedModelsAsync(db, [key]))[0];
    }, stop);

    public Task DeleteLoggedModelAsync(string id, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var key = await LockLoggedModelAsync(db, id);
        await CheckNotNeededAsync(db, "v.logged_model = $1", id);
        return await db.RunAsync("UPDATE logged_models SET deleted = 1, updated = $2 WHERE id = $1", key, Now);
    }, stop);

    public Task AddLoggedModelParamsAsync(string id, IReadOnlyList<Entry> entries, CancellationToken stop) => store.AppendAsync(async db =>
        await AddLoggedModelParamsAsync(db, await LockLoggedModelAsync(db, id), id, entries), stop);

    public Task<LoggedModel> TagLoggedModelAsync(string id, IReadOnlyList<Entry> tags, CancellationToken stop) => store.AppendAsync(async db =>
    {
        var key = await LockLoggedModelAsync(db, id);
        if (tags.Count > 0) await db.RunAllAsync([Tagged("logged_model_tags", "model", key, tags)]);
        return (await LoggedModelsAsync(db, [key]))[0];
    }, stop);

    public Task DeleteLoggedModelTagAsync(string id, string key, CancellationToken stop) => store.AppendAsync(async db =>
    {
        if (await db.RunAsync("DELETE FROM logged_model_tags WHERE model = $1 AND key = $2", await LockLoggedModelAsync(db, id), key) == 0)
            throw Refusal.NoLoggedModelTag(id, key);
    }, stop);

    public Task<IReadOnlyList<LoggedModel>> SearchLoggedModelsAsync(
        IReadOnlyList<long> experiments, Search search, IReadOnlyList<DatasetFilter> datasets, Page page, CancellationToken stop) =>
        store.SnapshotAsync(async db => experiments.Count == 0 ? [] : await LoggedModelsAsync(db,
            await FoundAsync(db, Searches.LoggedModels(SqlDialect.Postgres, experiments, search, datasets), page)), stop);

    static async Task AddLoggedModelParamsAsync(Connection db, long key, string id, IReadOnlyList<Entry> entries)
    {
        if (entries.Count == 0) return;
        (string Key, string Old, string Given)? changed = null;
        await db.RunAllAsync([.. AddParams("logged_model_params", "model", key, experiment: null, entries,
            row => changed ??= (row.GetString(0), row.GetString(1), row.GetString(2)))]);
        if (changed is var (name, old, given)) throw Refusal.ParamChanged(id, name, old, given);
    }

    static async Task<long> LoggedModelIdAsync(Connection db, string id, bool deletedToo) =>
        await db.NumberAsync("SELECT id FROM logged_models WHERE model = $1 AND ($2 OR deleted = 0)", id, deletedToo) ?? throw Refusal.NoLoggedModel(id);

    /// <summary>A logged model that is not deleted, which nobody else writes to until this write ends.</summary>
    static async Task<long> LockLoggedModelAsync(Connection db, string id) =>
        await db.NumberAsync("SELECT id FROM logged_models WHERE model = $1 AND deleted = 0 FOR NO KEY UPDATE", id) ?? throw Refusal.NoLoggedModel(id);

    /// <summary>Some logged models, in the order of their ids as given.</summary>
    static async Task<IReadOnlyList<LoggedModel>> LoggedModelsAsync(Connection db, IReadOnlyList<long> ids)
    {
        if (ids.Count == 0) return [];
        var found = new Dictionary<long, LoggedModel>(ids.Count);
        var (parameters, tags) = (new Grouped<Entry>(), new Grouped<Entry>());
        var (metrics, registrations) = (new Grouped<(string Run, LoggedMetric Point)>(), new Grouped<(string, int)>());
        await db.RunAllAsync(
        [
            parameters.Of("SELECT model, key, value FROM logged_model_params WHERE model = ANY($1) ORDER BY key", ids, ReadEntry),
            tags.Of("SELECT model, key, value FROM logged_model_tags WHERE model = ANY($1) ORDER BY key", ids, ReadEntry),
            metrics.Of(
                """
                SELECT t.model, t.run, t.key, t.value, t.is_nan, t.timestamp, t.step, g.model, nullif(t.dataset, ''), nullif(t.dataset_digest, '')
                FROM logged_model_metrics t JOIN logged_models g ON g.id = t.model WHERE t.model = ANY($1) ORDER BY t.key, t.dataset, t.dataset_digest
                """, ids, row => (row.GetString(1), ReadPoint(row, 2))),
            registrations.Of(
                """
                SELECT g.id, m.name, v.number FROM logged_models g JOIN model_versions v ON v.logged_model = g.model JOIN registered_models m ON m.id = v.model
                WHERE g.id = ANY($1) ORDER BY m.name, v.number
                """, ids, row => (row.GetString(1), (int)row.GetInt64(2))),
            new("SELECT id, model, experiment, name, type, run, status, location, created, updated, deleted FROM logged_models WHERE id = ANY($1)",
                [ids.ToArray()], row => found.Add(row.GetInt64(0), Read(row, row.GetInt64(0)))),
        ]);
        return [.. ids.Select(id => found[id])];

        LoggedModel Read(NpgsqlDataReader row, long id) => new(
            row.GetString(1), row.GetInt64(2), row.GetString(3), TextOrNull(row, 4), TextOrNull(row, 5),
            (LoggedModelStatus)row.GetInt32(6), row.GetString(7), row.GetInt64(8), row.GetInt64(9), row.GetInt32(10) != 0,
            parameters[id], tags[id], [.. metrics[id].Select(m => new MetricOfRun(m.Run, m.Point))], registrations[id]);
    }
}
