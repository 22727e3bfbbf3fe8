using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    const string VersionColumns =
        "v.id, m.name, v.number, v.description, v.stage, v.source, v.storage, v.run, v.run_link, v.logged_model, v.created, v.updated, v.model";

    const string VersionsTag = "mlflow.modelVersions";

    public Task<RegisteredModel> CreateModelAsync(string name, string? description, IReadOnlyList<Entry> tags, CancellationToken stop) => store.WriteAsync(db =>
    {
        CheckFree(db, name);
        db.Query("INSERT INTO registered_models (name, description, created, updated) VALUES (?1, ?2, ?3, ?3)").Add(name).Add(description).Add(Now).Run();
        var id = ModelId(db, name);
        foreach (var tag in tags) SetModelTag(db, id, tag);
        return ReadModel(db, id);
    }, stop);

    public Task<RegisteredModel> ModelAsync(string name, CancellationToken stop) => store.ReadAsync(db => ReadModel(db, ModelId(db, name)), stop);

    public Task<RegisteredModel> DescribeModelAsync(string name, string? description, CancellationToken stop) => store.WriteAsync(db =>
    {
        var id = ModelId(db, name);
        db.Query("UPDATE registered_models SET description = ?2, updated = ?3 WHERE id = ?1").Add(id).Add(description).Add(Now).Run();
        return ReadModel(db, id);
    }, stop);

    public Task<RegisteredModel> RenameModelAsync(string name, string newName, CancellationToken stop) => store.WriteAsync(db =>
    {
        var id = ModelId(db, name);
        CheckOfClients(db, id);
        if (name != newName) CheckFree(db, newName);
        db.Query("UPDATE registered_models SET name = ?2, updated = ?3 WHERE id = ?1").Add(id).Add(newName).Add(Now).Run();
        db.Query("UPDATE model_versions SET updated = ?2 WHERE model = ?1").Add(id).Add(Now).Run();
        return ReadModel(db, id);
    }, stop);

    public Task DeleteModelAsync(string name, CancellationToken stop) => store.WriteAsync(db =>
    {
        var id = ModelId(db, name);
        CheckOfClients(db, id);
        CheckNotNeeded(db, "v.model = ?1", id);
        db.Query("DELETE FROM registered_models WHERE id = ?1").Add(id).Run();
    }, stop);

    public Task TagModelAsync(string name, string key, string? value, CancellationToken stop) => store.WriteAsync(db =>
    {
        var id = ModelId(db, name);
        if (value is not null) SetModelTag(db, id, new(key, value));
        else db.Query("DELETE FROM registered_model_tags WHERE model = ?1 AND key = ?2").Add(id).Add(key).Run();
    }, stop);

    public Task AliasModelAsync(string name, string alias, int? version, CancellationToken stop) => store.WriteAsync(db =>
    {
        var id = ModelId(db, name);
        if (version is { } number)
            db.Query("INSERT INTO model_aliases (model, alias, version) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET version = excluded.version")
                .Add(id).Add(alias).Add(VersionId(db, name, number)).Run();
        else db.Query("DELETE FROM model_aliases WHERE model = ?1 AND alias = ?2").Add(id).Add(alias).Run();
        db.Query("UPDATE registered_models SET updated = ?2 WHERE id = ?1").Add(id).Add(Now).Run();
    }, stop);

    public Task<ModelVersion> AliasedAsync(string name, string alias, CancellationToken stop) => store.ReadAsync(db =>
    {
        long version;
        using (var rows = db.Query("SELECT version FROM model_aliases WHERE model = ?1 AND alias = ?2").Add(ModelId(db, name)).Add(alias))
        {
            if (!rows.Next()) throw Refusal.NoAlias(alias);
            version = rows.Whole(0);
        }
        return ReadVersion(db, version);
    }, stop);

    public Task<IReadOnlyList<RegisteredModel>> SearchModelsAsync(Search search, bool prompts, Page page, CancellationToken stop) => Asked(db =>
    {
        return (IReadOnlyList<RegisteredModel>)[.. Ids(db, Searches.Models(SqlDialect.Sqlite, search, prompts), page).Select(id => ReadModel(db, id))];
    }, stop);

    public Task<ModelVersion> CreateVersionAsync(NewModelVersion version, CancellationToken stop) => store.WriteAsync(db =>
    {
        var model = ModelId(db, version.Model);
        CheckOfClients(db, model);
        var (storage, logged) = Resolved(db, version.Source);
        storage = VersionSource.Spelled(storage);
        logged = version.LoggedModel ?? logged;
        long number, id;
        using (var rows = db.Query("UPDATE registered_models SET numbers = numbers + 1, updated = ?2 WHERE id = ?1 RETURNING numbers").Add(model).Add(Now))
        {
            rows.Next();
            number = rows.Whole(0);
        }
        using (var rows = db.Query(
            """
            INSERT INTO model_versions (model, number, description, stage, source, storage, run, run_link, logged_model, created, updated)
            VALUES (?1, ?2, ?3, 'None', ?4, ?5, ?6, ?7, ?8, ?9, ?9) RETURNING id
            """)
            .Add(model).Add(number).Add(version.Description).Add(version.Source).Add(storage).Add(version.Run).Add(version.RunLink).Add(logged).Add(Now))
        {
            rows.Next();
            id = rows.Whole(0);
        }
        foreach (var tag in version.Tags) SetVersionTag(db, id, tag);
        if (logged is not null) TellLoggedModel(db, logged, version.Model, number);
        return ReadVersion(db, id);
    }, stop);

    public Task<ModelVersion> VersionAsync(string model, int number, CancellationToken stop) =>
        store.ReadAsync(db => ReadVersion(db, VersionId(db, model, number)), stop);

    public Task<ModelVersion> DescribeVersionAsync(string model, int number, string? description, CancellationToken stop) => store.WriteAsync(db =>
    {
        var id = VersionId(db, model, number);
        db.Query("UPDATE model_versions SET description = ?2 WHERE id = ?1").Add(id).Add(description).Run();
        Touch(db, id);
        return ReadVersion(db, id);
    }, stop);

    public Task DeleteVersionAsync(string model, int number, CancellationToken stop) => store.WriteAsync(db =>
    {
        var id = VersionId(db, model, number);
        CheckOfClients(db, ModelId(db, model));
        CheckNotNeeded(db, "v.id = ?1", id);
        Touch(db, id);
        db.Query("DELETE FROM model_versions WHERE id = ?1").Add(id).Run();
    }, stop);

    public Task<ModelVersion> MoveVersionAsync(string model, int number, string stage, bool archiveOthers, CancellationToken stop) => store.WriteAsync(db =>
    {
        var id = VersionId(db, model, number);
        if (archiveOthers)
            db.Query(
                """
                UPDATE model_versions SET stage = 'Archived', updated = ?3
                WHERE model = (SELECT model FROM model_versions WHERE id = ?1) AND id <> ?1 AND stage = ?2
                """)
                .Add(id).Add(stage).Add(Now).Run();
        db.Query("UPDATE model_versions SET stage = ?2 WHERE id = ?1").Add(id).Add(stage).Run();
        Touch(db, id);
        return ReadVersion(db, id);
    }, stop);

    public Task TagVersionAsync(string model, int number, string key, string? value, CancellationToken stop) => store.WriteAsync(db =>
    {
        var id = VersionId(db, model, number);
        if (value is not null) SetVersionTag(db, id, new(key, value));
        else db.Query("DELETE FROM model_version_tags WHERE version = ?1 AND key = ?2").Add(id).Add(key).Run();
    }, stop);

    public Task<IReadOnlyList<ModelVersion>> SearchVersionsAsync(Search search, bool prompts, Page page, CancellationToken stop) => Asked(db =>
    {
        return (IReadOnlyList<ModelVersion>)[.. Ids(db, Searches.Versions(SqlDialect.Sqlite, search, prompts), page).Select(id => ReadVersion(db, id))];
    }, stop);

    static bool IsTaken(Connection db, string name)
    {
        using var taken = db.Query("SELECT 1 FROM registered_models WHERE name = ?1").Add(name);
        return taken.Next();
    }

    static void CheckFree(Connection db, string name)
    {
        if (IsTaken(db, name)) throw Refusal.ModelExists(name);
    }

    static long ModelId(Connection db, string name)
    {
        using var rows = db.Query("SELECT id FROM registered_models WHERE name = ?1").Add(name);
        return rows.Next() ? rows.Whole(0) : throw Refusal.NoModel(name);
    }

    static long VersionId(Connection db, string name, int number)
    {
        using var rows = db.Query("SELECT v.id FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE m.name = ?1 AND v.number = ?2").Add(name)
            .Add((long)number);
        return rows.Next() ? rows.Whole(0) : throw Refusal.NoVersion(name, number);
    }

    static void SetModelTag(Connection db, long model, Entry tag) =>
        db.Query("INSERT INTO registered_model_tags (model, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value").Add(model)
            .Add(tag.Key).Add(tag.Value).Run();

    static void SetVersionTag(Connection db, long version, Entry tag) =>
        db.Query("INSERT INTO model_version_tags (version, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value").Add(version)
            .Add(tag.Key).Add(tag.Value).Run();

    /// <summary>A version was changed now, and its model with it.</summary>
    void Touch(Connection db, long version)
    {
        db.Query("UPDATE model_versions SET updated = ?2 WHERE id = ?1").Add(version).Add(Now).Run();
        db.Query("UPDATE registered_models SET updated = ?2 WHERE id = (SELECT model FROM model_versions WHERE id = ?1)").Add(version).Add(Now).Run();
    }

    /// <summary>Where the files of a source are, and the logged model it is.</summary>
    static (string Storage, string? LoggedModel) Resolved(Connection db, string source)
    {
        switch (VersionSource.Read(source))
        {
            case VersionSource.OfRun from:
                return (Joined(RunOf(db, from.Run).Info.Location, from.Below), null);
            case VersionSource.OfLoggedModel from:
                return (ReadLoggedModel(db, LoggedModelId(db, from.Id, deletedToo: false)).Location, from.Id);
            case VersionSource.OfVersion from:
                var version = ReadVersion(db, VersionId(db, from.Name, from.Number));
                return (version.Storage, version.LoggedModel);
            default:
                return (source, null);
        }
    }

    /// <summary>The tag that lists which versions a logged model became.</summary>
    static void TellLoggedModel(Connection db, string logged, string name, long number)
    {
        long id;
        using (var rows = db.Query("SELECT id FROM logged_models WHERE model = ?1").Add(logged))
        {
            if (!rows.Next()) throw Refusal.NoLoggedModel(logged);
            id = rows.Whole(0);
        }
        string? before;
        using (var rows = db.Query("SELECT value FROM logged_model_tags WHERE model = ?1 AND key = ?2").Add(id).Add(VersionsTag)) before = rows.Next()
            ? rows.Text(0) : null;
        SetLoggedModelTag(db, id, new(VersionsTag, VersionSource.Listed(before, name, number)));
    }

    static RegisteredModel ReadModel(Connection db, long id)
    {
        var tags = Entries(db.Query("SELECT key, value FROM registered_model_tags WHERE model = ?1 ORDER BY key").Add(id));
        var aliases = new List<(string, int)>();
        using (var rows = db.Query(
            """
            SELECT a.alias, v.number FROM model_aliases a JOIN model_versions v ON v.id = a.version WHERE a.model = ?1 ORDER BY a.alias
            """).Add(id))
            while (rows.Next()) aliases.Add((rows.Text(0), (int)rows.Whole(1)));
        var newest = new List<long>();
        using (var rows = db.Query(
            """
            SELECT v.id FROM model_versions v
            WHERE v.model = ?1 AND v.number = (SELECT max(w.number) FROM model_versions w WHERE w.model = v.model AND w.stage = v.stage) ORDER BY v.number
            """).Add(id))
            while (rows.Next()) newest.Add(rows.Whole(0));
        IReadOnlyList<ModelVersion> latest = [.. newest.Select(version => ReadVersion(db, version))];
        using var model = db.Query("SELECT name, description, created, updated FROM registered_models WHERE id = ?1").Add(id);
        model.Next();
        return new(model.Text(0), model.TextOrNull(1), model.Whole(2), model.Whole(3), latest, tags, aliases);
    }

    static ModelVersion ReadVersion(Connection db, long id)
    {
        var tags = Entries(db.Query("SELECT key, value FROM model_version_tags WHERE version = ?1 ORDER BY key").Add(id));
        var aliases = new List<string>();
        using (var rows = db.Query("SELECT alias FROM model_aliases WHERE version = ?1 ORDER BY alias").Add(id))
            while (rows.Next()) aliases.Add(rows.Text(0));
        using var v = db.Query($"SELECT {VersionColumns} FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE v.id = ?1").Add(id);
        v.Next();
        return new(v.Text(1), (int)v.Whole(2), v.TextOrNull(3), v.Text(4), v.Text(5), v.Text(6), v.TextOrNull(7), v.TextOrNull(8), v.TextOrNull(9),
            v.Whole(10), v.Whole(11), tags, aliases);
    }
}
