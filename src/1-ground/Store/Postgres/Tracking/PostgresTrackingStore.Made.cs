using Kumiki.Tracking;

namespace Kumiki.Store.Postgres;

sealed partial class PostgresTrackingStore
{
    public Task<bool> IsShownAsync(VersionName version, CancellationToken stop) => store.ReadAsync(db => IsShownAsync(db, version), stop);

    public Task ShowAsync(MadeModel model, CancellationToken stop) => store.DecideAsync(async db =>
    {
        if (await IsShownAsync(db, model.Version)) return false;
        var (asset, number) = (model.Version.Asset, model.Version.Number);
        var experiment = await db.NumberAsync("SELECT id FROM tracked_experiments WHERE name = $1", $"kumiki {asset}")
            ?? await AddExperimentAsync(db, $"kumiki {asset}", null);
        var uuid = MadeModel.RunOf(model.Version);
        var folder = TrackedPath.Of($"{experiment}/{uuid}/artifacts") ?? throw new System.Diagnostics.UnreachableException("Digits and letters are a path.");
        var id = (await db.NumberAsync(
            """
            INSERT INTO tracked_runs (uuid, experiment, name, "user", status, started, ended, location) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
            """,
            uuid, experiment, model.Version.ToString(), model.User, (int)RunStatus.Finished, model.StartedMs, model.MadeMs, TrackedPath.Root + folder))!.Value;
        var run = new RunKey(id, experiment, uuid);
        await WriteAsync(db, run, new(model.Metrics, model.Params, [.. model.Tags, new(RunNameTag, model.Version.ToString())]));
        await AddDatasetsAsync(db, run, model.Datasets);
        await db.RunAsync(
            "INSERT INTO tracked_artifacts (path, blob, bytes, modified) SELECT given.*, $4 FROM unnest($1::text[], $2::text[], $3::bigint[]) given",
            model.Files.Select(f => $"{folder}/model/{f.Path}"), model.Files.Select(f => f.Content), model.Files.Select(f => f.Bytes).ToArray(), model.MadeMs);

        var registered = await RegisteredForAsync(db, asset);
        await db.RunAsync("UPDATE registered_models SET numbers = greatest(numbers, $2), updated = $3 WHERE id = $1", registered, (long)number, model.MadeMs);
        await db.RunAsync(
            """
            INSERT INTO model_versions (model, number, stage, source, storage, run, created, updated) VALUES ($1, $2, 'None', $3, $3, $4, $5, $5)
            """, registered, (long)number, $"{TrackedPath.Root}{folder}/model", uuid, model.MadeMs);
        return true;
    }, stop);

    static Task<bool> IsShownAsync(Connection db, VersionName version) =>
        db.AnyAsync("SELECT 1 FROM tracked_runs WHERE uuid = $1", MadeModel.RunOf(version));

    async Task<long> RegisteredForAsync(Connection db, string asset)
    {
        if (await db.NumberAsync("SELECT id FROM registered_models WHERE asset = $1", asset) is { } there) return there;
        var name = asset;
        while (await db.AnyAsync("SELECT 1 FROM registered_models WHERE name = $1", name)) name += " (kumiki)";
        return (await db.NumberAsync("INSERT INTO registered_models (name, created, updated, asset) VALUES ($1, $2, $2, $3) RETURNING id", name, Now, asset))!
            .Value;
    }

    /// <exception cref="TrackingException">The registered model shows an asset.</exception>
    static async Task CheckOfClientsAsync(Connection db, long model)
    {
        var shows = await db.FirstAsync("SELECT name, asset FROM registered_models WHERE id = $1 AND asset IS NOT NULL",
            row => ((string Name, string Asset)?)(row.GetString(0), row.GetString(1)), null, model);
        if (shows is var (name, asset)) throw Refusal.MadeByKumiki(name, asset);
    }
}
