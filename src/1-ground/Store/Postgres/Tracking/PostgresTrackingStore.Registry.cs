using Kumiki.Tracking;
using Npgsql;
using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

sealed partial class PostgresTrackingStore
{
    const string VersionsTag = "mlflow.modelVersions";

    public Task<RegisteredModel> CreateModelAsync(string name, string? description, IReadOnlyList<Entry> tags, CancellationToken stop) =>
        store.DecideAsync(async db =>
        {
            await CheckFreeAsync(db, name);
            var id = (await db.NumberAsync("INSERT INTO registered_models (name, description, created, updated) VALUES ($1, $2, $3, $3) RETURNING id",
                name, description, Now))!.Value;
            if (tags.Count > 0) await db.RunAllAsync([Tagged("registered_model_tags", "model", id, tags)]);
            return await ModelAsync(db, id);
        }, stop);

    public Task<RegisteredModel> ModelAsync(string name, CancellationToken stop) =>
        store.SnapshotAsync(async db => await ModelAsync(db, await ModelIdAsync(db, name)), stop);

    public Task<RegisteredModel> DescribeModelAsync(string name, string? description, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var id = await ModelIdAsync(db, name);
        await db.RunAsync("UPDATE registered_models SET description = $2, updated = $3 WHERE id = $1", id, description, Now);
        return await ModelAsync(db, id);
    }, stop);

    public Task<RegisteredModel> RenameModelAsync(string name, string newName, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var id = await ModelIdAsync(db, name);
        await CheckOfClientsAsync(db, id);
        if (name != newName) await CheckFreeAsync(db, newName);
        await db.RunAsync("UPDATE registered_models SET name = $2, updated = $3 WHERE id = $1", id, newName, Now);
        await db.RunAsync("UPDATE model_versions SET updated = $2 WHERE model = $1", id, Now);
        return await ModelAsync(db, id);
    }, stop);

    public Task DeleteModelAsync(string name, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var id = await ModelIdAsync(db, name);
        await CheckOfClientsAsync(db, id);
        await CheckNotNeededAsync(db, "v.model = $1", id);
        return await db.RunAsync("DELETE FROM registered_models WHERE id = $1", id);
    }, stop);

    public Task TagModelAsync(string name, string key, string? value, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var id = await ModelIdAsync(db, name);
        await db.RunAllAsync([value is not null ? Tagged("registered_model_tags", "model", id, [new(key, value)])
            : new("DELETE FROM registered_model_tags WHERE model = $1 AND key = $2", [id, key])]);
        return true;
    }, stop);

    public Task AliasModelAsync(string name, string alias, int? version, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var id = await ModelIdAsync(db, name);
        if (version is { } number)
            await db.RunAsync(
                """
                INSERT INTO model_aliases (model, alias, version) VALUES ($1, $2, $3) ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version
                """, id, alias, await VersionIdAsync(db, name, number));
        else await db.RunAsync("DELETE FROM model_aliases WHERE model = $1 AND alias = $2", id, alias);
        return await db.RunAsync("UPDATE registered_models SET updated = $2 WHERE id = $1", id, Now);
    }, stop);

    public Task<ModelVersion> AliasedAsync(string name, string alias, CancellationToken stop) => store.SnapshotAsync(async db => await VersionAsync(db,
        await db.NumberAsync("SELECT version FROM model_aliases WHERE model = $1 AND alias = $2", await ModelIdAsync(db, name), alias)
            ?? throw Refusal.NoAlias(alias)), stop);

    public Task<IReadOnlyList<RegisteredModel>> SearchModelsAsync(Search search, bool prompts, Page page, CancellationToken stop) =>
        store.SnapshotAsync(async db => await ModelsAsync(db, await FoundAsync(db, Searches.Models(SqlDialect.Postgres, search, prompts), page)), stop);

    public Task<ModelVersion> CreateVersionAsync(NewModelVersion version, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var model = await ModelIdAsync(db, version.Model);
        await CheckOfClientsAsync(db, model);
        var (storage, logged) = await ResolvedAsync(db, version.Source);
        logged = version.LoggedModel ?? logged;
        var number = (await db.NumberAsync("UPDATE registered_models SET numbers = numbers + 1, updated = $2 WHERE id = $1 RETURNING numbers",
            model, Now))!.Value;
        var id = (await db.NumberAsync(
            """
            INSERT INTO model_versions (model, number, description, stage, source, storage, run, run_link, logged_model, created, updated)
            VALUES ($1, $2, $3, 'None', $4, $5, $6, $7, $8, $9, $9) RETURNING id
            """,
            model, number, version.Description, version.Source, VersionSource.Spelled(storage), version.Run, version.RunLink, logged, Now))!.Value;
        if (version.Tags.Count > 0) await db.RunAllAsync([Tagged("model_version_tags", "version", id, version.Tags)]);
        if (logged is not null) await TellLoggedModelAsync(db, logged, version.Model, number);
        return await VersionAsync(db, id);
    }, stop);

    public Task<ModelVersion> VersionAsync(string model, int number, CancellationToken stop) =>
        store.SnapshotAsync(async db => await VersionAsync(db, await VersionIdAsync(db, model, number)), stop);

    public Task<ModelVersion> DescribeVersionAsync(string model, int number, string? description, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var id = await VersionIdAsync(db, model, number);
        await db.RunAsync("UPDATE model_versions SET description = $2 WHERE id = $1", id, description);
        await TouchAsync(db, id);
        return await VersionAsync(db, id);
    }, stop);

    public Task DeleteVersionAsync(string model, int number, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var id = await VersionIdAsync(db, model, number);
        await CheckOfClientsAsync(db, await ModelIdAsync(db, model));
        await CheckNotNeededAsync(db, "v.id = $1", id);
        await TouchAsync(db, id);
        return await db.RunAsync("DELETE FROM model_versions WHERE id = $1", id);
    }, stop);

    public Task<ModelVersion> MoveVersionAsync(string model, int number, string stage, bool archiveOthers, CancellationToken stop) =>
        store.DecideAsync(async db =>
        {
            var id = await VersionIdAsync(db, model, number);
            if (archiveOthers)
                await db.RunAsync(
                    """
                    UPDATE model_versions SET stage = 'Archived', updated = $3
                    WHERE model = (SELECT model FROM model_versions WHERE id = $1) AND id <> $1 AND stage = $2
                    """, id, stage, Now);
            await db.RunAsync("UPDATE model_versions SET stage = $2 WHERE id = $1", id, stage);
            await TouchAsync(db, id);
            return await VersionAsync(db, id);
        }, stop);

    public Task TagVersionAsync(string model, int number, string key, string? value, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var id = await VersionIdAsync(db, model, number);
        await db.RunAllAsync([value is not null ? Tagged("model_version_tags", "version", id, [new(key, value)])
            : new("DELETE FROM model_version_tags WHERE version = $1 AND key = $2", [id, key])]);
        return true;
    }, stop);

    public Task<IReadOnlyList<ModelVersion>> SearchVersionsAsync(Search search, bool prompts, Page page, CancellationToken stop) =>
        store.SnapshotAsync(async db => await VersionsAsync(db, await FoundAsync(db, Searches.Versions(SqlDialect.Postgres, search, prompts), page)), stop);

    static async Task CheckFreeAsync(Connection db, string name)
    {
        if (await db.AnyAsync("SELECT 1 FROM registered_models WHERE name = $1", name)) throw Refusal.ModelExists(name);
    }

    static async Task<long> ModelIdAsync(Connection db, string name) =>
        await db.NumberAsync("SELECT id FROM registered_models WHERE name = $1", name) ?? throw Refusal.NoModel(name);

    static async Task<long> VersionIdAsync(Connection db, string name, int number) => await db.NumberAsync(
        "SELECT v.id FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE m.name = $1 AND v.number = $2", name, (long)number)
        ?? throw Refusal.NoVersion(name, number);

    /// <summary>A version was changed now, and its model with it.</summary>
    async Task TouchAsync(Connection db, long version)
    {
        await db.RunAsync("UPDATE model_versions SET updated = $2 WHERE id = $1", version, Now);
        await db.RunAsync("UPDATE registered_models SET updated = $2 WHERE id = (SELECT model FROM model_versions WHERE id = $1)", version, Now);
    }

    /// <summary>Where the files of a source are, and the logged model it is.</summary>
    static async Task<(string Storage, string? LoggedModel)> ResolvedAsync(Connection db, string source)
    {
        switch (VersionSource.Read(source))
        {
            case VersionSource.OfRun from:
                var location = await db.FirstAsync("SELECT location FROM tracked_runs WHERE uuid = $1", row => row.GetString(0), null, from.Run);
                return (Joined(location ?? throw Refusal.NoRun(from.Run), from.Below), null);
            case VersionSource.OfLoggedModel from:
                return ((await LoggedModelsAsync(db, [await LoggedModelIdAsync(db, from.Id, deletedToo: false)]))[0].Location, from.Id);
            case VersionSource.OfVersion from:
                var version = await VersionAsync(db, await VersionIdAsync(db, from.Name, from.Number));
                return (version.Storage, version.LoggedModel);
            default:
                return (source, null);
        }
    }

    /// <summary>The tag that lists which versions a logged model became; a deleted one is told too.</summary>
    static async Task TellLoggedModelAsync(Connection db, string logged, string name, long number)
    {
        var id = await db.NumberAsync("SELECT id FROM logged_models WHERE model = $1 FOR NO KEY UPDATE", logged) ?? throw Refusal.NoLoggedModel(logged);
        var before = await db.FirstAsync("SELECT value FROM logged_model_tags WHERE model = $1 AND key = $2", row => row.GetString(0), null, id, VersionsTag);
        await db.RunAllAsync([Tagged("logged_model_tags", "model", id, [new(VersionsTag, VersionSource.Listed(before, name, number))])]);
    }

    static async Task<RegisteredModel> ModelAsync(Connection db, long id) => (await ModelsAsync(db, [id]))[0];

    /// <summary>Some registered models, in the order of their ids as given.</summary>
    static async Task<IReadOnlyList<RegisteredModel>> ModelsAsync(Connection db, IReadOnlyList<long> ids)
    {
        if (ids.Count == 0) return [];
        var found = new Dictionary<long, RegisteredModel>(ids.Count);
        var (tags, aliases, newest) = (new Grouped<Entry>(), new Grouped<(string, int)>(), new Grouped<long>());
        await db.RunAllAsync(
        [
            tags.Of("SELECT model, key, value FROM registered_model_tags WHERE model = ANY($1) ORDER BY key", ids, ReadEntry),
            aliases.Of(
                """
                SELECT a.model, a.alias, v.number FROM model_aliases a JOIN model_versions v ON v.id = a.version WHERE a.model = ANY($1) ORDER BY a.alias
                """, ids, row => (row.GetString(1), (int)row.GetInt64(2))),
            newest.Of(
                """
                SELECT model, id FROM (SELECT DISTINCT ON (model, stage) model, id, number FROM model_versions WHERE model = ANY($1)
                ORDER BY model, stage, number DESC) newest ORDER BY number
                """, ids, row => row.GetInt64(1)),
            new("SELECT id, name, description, created, updated FROM registered_models WHERE id = ANY($1)", [ids.ToArray()], row => found.Add(row.GetInt64(0),
                new(row.GetString(1), TextOrNull(row, 2), row.GetInt64(3), row.GetInt64(4), [], tags[row.GetInt64(0)],
                    aliases[row.GetInt64(0)]))),
        ]);
        var latest = ids.SelectMany(id => newest[id]).ToList();
        var versions = latest.Zip(await VersionsAsync(db, latest)).ToDictionary(v => v.First, v => v.Second);
        return [.. ids.Select(id => found[id] with { Latest = [.. newest[id].Select(version => versions[version])] })];
    }

    static async Task<ModelVersion> VersionAsync(Connection db, long id) => (await VersionsAsync(db, [id]))[0];

    /// <summary>Some versions, in the order of their ids as given.</summary>
    static async Task<IReadOnlyList<ModelVersion>> VersionsAsync(Connection db, IReadOnlyList<long> ids)
    {
        if (ids.Count == 0) return [];
        var found = new Dictionary<long, ModelVersion>(ids.Count);
        var (tags, aliases) = (new Grouped<Entry>(), new Grouped<string>());
        await db.RunAllAsync(
        [
            tags.Of("SELECT version, key, value FROM model_version_tags WHERE version = ANY($1) ORDER BY key", ids, ReadEntry),
            aliases.Of("SELECT version, alias FROM model_aliases WHERE version = ANY($1) ORDER BY alias", ids, row => row.GetString(1)),
            new("""
                SELECT v.id, m.name, v.number, v.description, v.stage, v.source, v.storage, v.run, v.run_link, v.logged_model, v.created, v.updated
                FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE v.id = ANY($1)
                """, [ids.ToArray()], row => found.Add(row.GetInt64(0), Read(row, row.GetInt64(0)))),
        ]);
        return [.. ids.Select(id => found[id])];

        ModelVersion Read(NpgsqlDataReader row, long id) => new(
            row.GetString(1), (int)row.GetInt64(2), TextOrNull(row, 3), row.GetString(4), row.GetString(5), row.GetString(6),
            TextOrNull(row, 7), TextOrNull(row, 8), TextOrNull(row, 9),
            row.GetInt64(10), row.GetInt64(11), tags[id], aliases[id]);
    }
}
