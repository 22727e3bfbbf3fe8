using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

/// <summary>What clients log, in the tables <c>tracked_…</c> of the metadata's file; its writes share the commits of all others.</summary>
sealed partial class SqliteTrackingStore(SqliteMetadataStore store, TimeProvider clock) : ITrackingStore
{
    readonly PointBlocks blocks = new();

    const string ExperimentColumns = "e.id, e.name, e.location, e.deleted, e.created, e.updated";

    public Task<long> CreateExperimentAsync(string name, string? location, IReadOnlyList<Entry> tags, CancellationToken stop) => store.WriteAsync(db =>
    {
        using (var taken = db.Query("SELECT 1 FROM tracked_experiments WHERE name = ?1").Add(name))
            if (taken.Next()) throw Refusal.ExperimentExists(name);
        var id = AddExperiment(db, name, location);
        foreach (var tag in tags) SetExperimentTag(db, id, tag);
        return id;
    }, stop);

    long AddExperiment(Connection db, string name, string? location)
    {
        long id;
        using (var next = db.Query("SELECT max(id) + 1 FROM tracked_experiments"))
        {
            next.Next();
            id = next.Whole(0);
        }
        db.Query("INSERT INTO tracked_experiments (id, name, location, created, updated) VALUES (?1, ?2, ?3, ?4, ?4)")
            .Add(id).Add(name).Add(location ?? $"{TrackedPath.Root}{id}").Add(Now).Run();
        return id;
    }

    public Task<Experiment> ExperimentAsync(long id, CancellationToken stop) => store.ReadAsync(db => ExperimentOf(db, id), stop);

    public Task<Experiment> ExperimentAsync(string name, CancellationToken stop) => store.ReadAsync(db =>
    {
        using var rows = db.Query($"SELECT {ExperimentColumns} FROM tracked_experiments e WHERE e.name = ?1").Add(name);
        return rows.Next() ? ReadExperiment(db, rows) : throw Refusal.NoExperiment(name);
    }, stop);

    public Task DeleteExperimentAsync(long id, bool deleted, CancellationToken stop) => store.WriteAsync(db =>
    {
        var changed = db.Query("UPDATE tracked_experiments SET deleted = ?2, updated = ?3 WHERE id = ?1 AND deleted <> ?2").Add(id).Add(deleted).Add(Now).Run();
        if (changed == 0) throw Refusal.NoExperiment(id);
        if (deleted) CheckNotNeeded(db, OfExperiment, id);
        db.Query("UPDATE tracked_runs SET deleted = ?2 WHERE experiment = ?1 AND deleted <> ?2").Add(id).Add(deleted).Run();
    }, stop);

    public Task RenameExperimentAsync(long id, string name, CancellationToken stop) => store.WriteAsync(db =>
    {
        var experiment = ExperimentOf(db, id);
        if (experiment.Deleted) throw Refusal.ExperimentToRenameDeleted(id);
        using (var taken = db.Query("SELECT 1 FROM tracked_experiments WHERE name = ?1 AND id <> ?2").Add(name).Add(id))
            if (taken.Next()) throw Refusal.ExperimentExists(name);
        db.Query("UPDATE tracked_experiments SET name = ?2, updated = ?3 WHERE id = ?1").Add(id).Add(name).Add(Now).Run();
    }, stop);

    public Task SetExperimentTagAsync(long id, Entry tag, CancellationToken stop) => store.WriteAsync(db =>
    {
        CheckActive(ExperimentOf(db, id));
        SetExperimentTag(db, id, tag);
    }, stop);

    public Task DeleteExperimentTagAsync(long id, string key, CancellationToken stop) => store.WriteAsync(db =>
    {
        CheckActive(ExperimentOf(db, id));
        if (db.Query("DELETE FROM tracked_experiment_tags WHERE experiment = ?1 AND key = ?2").Add(id).Add(key).Run() == 0)
            throw Refusal.NoExperimentTag(id, key);
        db.Query("UPDATE tracked_experiments SET updated = ?2 WHERE id = ?1").Add(id).Add(Now).Run();
    }, stop);

    public Task<IReadOnlyList<Experiment>> SearchExperimentsAsync(Search search, ViewType view, Page page, CancellationToken stop) => Asked(db =>
    {
        var found = new List<Experiment>();
        foreach (var id in Ids(db, Searches.Experiments(SqlDialect.Sqlite, search, view), page)) found.Add(ExperimentOf(db, id));
        return (IReadOnlyList<Experiment>)found;
    }, stop);

    /// <summary>A read that may take a while, away from the caller's thread.</summary>
    Task<T> Asked<T>(Func<Connection, T> read, CancellationToken stop) => Task.Run(() => store.ReadAsync(read, stop), stop);

    long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    static Experiment ExperimentOf(Connection db, long id)
    {
        using var rows = db.Query($"SELECT {ExperimentColumns} FROM tracked_experiments e WHERE e.id = ?1").Add(id);
        return rows.Next() ? ReadExperiment(db, rows) : throw Refusal.NoExperiment(id);
    }

    static Experiment ReadExperiment(Connection db, Statement row)
    {
        var tags = Entries(db.Query("SELECT key, value FROM tracked_experiment_tags WHERE experiment = ?1 ORDER BY key").Add(row.Whole(0)));
        return new(row.Whole(0), row.Text(1), row.Text(2), row.Truth(3), row.Whole(4), row.Whole(5), tags);
    }

    void SetExperimentTag(Connection db, long id, Entry tag)
    {
        db.Query("INSERT INTO tracked_experiment_tags (experiment, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value")
            .Add(id).Add(tag.Key).Add(tag.Value).Run();
        db.Query("UPDATE tracked_experiments SET updated = ?2 WHERE id = ?1").Add(id).Add(Now).Run();
    }

    static void CheckActive(Experiment experiment)
    {
        if (experiment.Deleted) throw Refusal.ExperimentDeleted(experiment.Id);
    }

    /// <summary>Keys and values of the first two columns; ends the statement.</summary>
    static IReadOnlyList<Entry> Entries(Statement rows)
    {
        using (rows)
        {
            if (!rows.Next()) return [];
            var all = new List<Entry>();
            do all.Add(new(rows.Text(0), rows.Text(1)));
            while (rows.Next());
            return all;
        }
    }
}
