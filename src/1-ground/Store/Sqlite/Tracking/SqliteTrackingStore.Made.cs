using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    public Task<bool> IsShownAsync(VersionName version, CancellationToken stop) => store.ReadAsync(db => IsShown(db, version), stop);

    public Task ShowAsync(MadeModel model, CancellationToken stop) => store.WriteAsync(db =>
    {
        if (IsShown(db, model.Version)) return;
        var (asset, number) = (model.Version.Asset, model.Version.Number);
        var experiment = ExperimentFor(db, $"kumiki {asset}");
        var uuid = MadeModel.RunOf(model.Version);
        var folder = TrackedPath.Of($"{experiment}/{uuid}/artifacts") ?? throw new System.Diagnostics.UnreachableException("Digits and letters are a path.");
        db.Query("INSERT INTO tracked_runs (uuid, experiment, name, user, status, started, ended, location) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .Add(uuid).Add(experiment).Add(model.Version.ToString()).Add(model.User).Add((long)RunStatus.Finished).Add(model.StartedMs).Add(model.MadeMs)
                .Add(TrackedPath.Root + folder).Run();
        var run = ActiveRun(db, uuid);
        AddParams(db, run, uuid, model.Params);
        AddPoints(db, run, uuid, model.Metrics);
        foreach (var tag in model.Tags) SetTag(db, run, tag);
        SetTag(db, run, new(RunNameTag, model.Version.ToString()));
        AddDatasets(db, run, model.Datasets);
        foreach (var file in model.Files)
            db.Query("INSERT INTO tracked_artifacts (path, blob, bytes, modified) VALUES (?1, ?2, ?3, ?4)").Add($"{folder}/model/{file.Path}")
                .Add(file.Content.Hex).Add(file.Bytes).Add(model.MadeMs).Run();

        var registered = RegisteredFor(db, asset);
        db.Query("UPDATE registered_models SET numbers = max(numbers, ?2), updated = ?3 WHERE id = ?1").Add(registered).Add((long)number).Add(model.MadeMs)
            .Run();
        db.Query(
            """
            INSERT INTO model_versions (model, number, stage, source, storage, run, created, updated) VALUES (?1, ?2, 'None', ?3, ?3, ?4, ?5, ?5)
            """).Add(registered).Add((long)number).Add($"{TrackedPath.Root}{folder}/model").Add(uuid).Add(model.MadeMs).Run();
    }, stop);

    static bool IsShown(Connection db, VersionName version)
    {
        using var rows = db.Query("SELECT 1 FROM tracked_runs WHERE uuid = ?1").Add(MadeModel.RunOf(version));
        return rows.Next();
    }

    long ExperimentFor(Connection db, string name)
    {
        using (var rows = db.Query("SELECT id FROM tracked_experiments WHERE name = ?1").Add(name))
            if (rows.Next()) return rows.Whole(0);
        return AddExperiment(db, name, null);
    }

    long RegisteredFor(Connection db, string asset)
    {
        using (var rows = db.Query("SELECT id FROM registered_models WHERE asset = ?1").Add(asset))
            if (rows.Next()) return rows.Whole(0);
        var name = asset;
        while (IsTaken(db, name)) name += " (kumiki)";
        db.Query("INSERT INTO registered_models (name, created, updated, asset) VALUES (?1, ?2, ?2, ?3)").Add(name).Add(Now).Add(asset).Run();
        return ModelId(db, name);
    }

    /// <exception cref="TrackingException">The registered model shows an asset.</exception>
    static void CheckOfClients(Connection db, long model)
    {
        using var rows = db.Query("SELECT name, asset FROM registered_models WHERE id = ?1 AND asset IS NOT NULL").Add(model);
        if (rows.Next()) throw Refusal.MadeByKumiki(rows.Text(0), rows.Text(1));
    }
}
