using Kumiki.Tracking;
using Npgsql;

namespace Kumiki.Store.Postgres;

/// <summary>What clients log, in the tables <c>tracked_…</c> of the metadata's schema.</summary>
/// <remarks>
/// What belongs to one run locks that run and goes side by side with all other runs; a new run shares the lock on its experiment, which deleting and tagging
/// it take alone. Names, versions and files are decided one after another, as everything else in this store. Locks are taken in this order: the one row of
/// <c>store</c>, an experiment, runs, logged models by id, datasets by name.
/// </remarks>
sealed partial class PostgresTrackingStore(PostgresMetadataStore store, TimeProvider clock) : ITrackingStore
{
    public Task<long> CreateExperimentAsync(string name, string? location, IReadOnlyList<Entry> tags, CancellationToken stop) =>
        store.DecideAsync(async db =>
        {
            if (await db.AnyAsync("SELECT 1 FROM tracked_experiments WHERE name = $1", name)) throw Refusal.ExperimentExists(name);
            var id = await AddExperimentAsync(db, name, location);
            if (tags.Count > 0) await db.RunAllAsync([Tagged("tracked_experiment_tags", "experiment", id, tags)]);
            return id;
        }, stop);

    async Task<long> AddExperimentAsync(Connection db, string name, string? location) => (await db.NumberAsync(
        """
        INSERT INTO tracked_experiments (id, name, location, created, updated)
        SELECT next, $1, coalesce($2, $3 || next), $4, $4 FROM (SELECT max(id) + 1 AS next FROM tracked_experiments) ids RETURNING id
        """, name, location, TrackedPath.Root, Now))!.Value;

    public Task<Experiment> ExperimentAsync(long id, CancellationToken stop) =>
        store.SnapshotAsync(async db => (await ExperimentsAsync(db, [id])) is [var found] ? found : throw Refusal.NoExperiment(id), stop);

    public Task<Experiment> ExperimentAsync(string name, CancellationToken stop) => store.SnapshotAsync(async db =>
        await db.NumberAsync("SELECT id FROM tracked_experiments WHERE name = $1", name) is { } id ? (await ExperimentsAsync(db, [id]))[0]
            : throw Refusal.NoExperiment(name), stop);

    public Task DeleteExperimentAsync(long id, bool deleted, CancellationToken stop) => store.DecideAsync(async db =>
    {
        // Whoever begins a run holds a lock on its experiment until the run is there, so that this finds all runs.
        if (await db.RunAsync("UPDATE tracked_experiments SET deleted = $2, updated = $3 WHERE id = $1 AND deleted <> $2", id, deleted ? 1 : 0, Now) == 0)
            throw Refusal.NoExperiment(id);
        if (deleted) await CheckNotNeededAsync(db, OfExperiment, id);
        return await db.RunAsync("UPDATE tracked_runs SET deleted = $2 WHERE experiment = $1 AND deleted <> $2", id, deleted ? 1 : 0);
    }, stop);

    public Task RenameExperimentAsync(long id, string name, CancellationToken stop) => store.DecideAsync(async db =>
    {
        if ((await LockExperimentAsync(db, id, "FOR NO KEY UPDATE")).Deleted) throw Refusal.ExperimentToRenameDeleted(id);
        if (await db.AnyAsync("SELECT 1 FROM tracked_experiments WHERE name = $1 AND id <> $2", name, id)) throw Refusal.ExperimentExists(name);
        return await db.RunAsync("UPDATE tracked_experiments SET name = $2, updated = $3 WHERE id = $1", id, name, Now);
    }, stop);

    public Task SetExperimentTagAsync(long id, Entry tag, CancellationToken stop) => store.AppendAsync(async db =>
    {
        await ActiveExperimentAsync(db, id, "FOR NO KEY UPDATE");
        await db.RunAllAsync([Tagged("tracked_experiment_tags", "experiment", id, [tag]), Touched(id)]);
    }, stop);

    public Task DeleteExperimentTagAsync(long id, string key, CancellationToken stop) => store.AppendAsync(async db =>
    {
        await ActiveExperimentAsync(db, id, "FOR NO KEY UPDATE");
        if (await db.RunAsync("DELETE FROM tracked_experiment_tags WHERE experiment = $1 AND key = $2", id, key) == 0) throw Refusal.NoExperimentTag(id, key);
        await db.RunAllAsync([Touched(id)]);
    }, stop);

    public Task<IReadOnlyList<Experiment>> SearchExperimentsAsync(Search search, ViewType view, Page page, CancellationToken stop) =>
        store.SnapshotAsync(async db => await ExperimentsAsync(db, await FoundAsync(db, Searches.Experiments(SqlDialect.Postgres, search, view), page)), stop);

    long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    PostgresStatement Touched(long experiment) => new("UPDATE tracked_experiments SET updated = $2 WHERE id = $1", [experiment, Now]);

    /// <summary>Some experiments, in the order of their ids as given; those that are not there are left out.</summary>
    static async Task<IReadOnlyList<Experiment>> ExperimentsAsync(Connection db, IReadOnlyList<long> ids)
    {
        var (found, tags) = (new Dictionary<long, Experiment>(), new Grouped<Entry>());
        await db.RunAllAsync(
        [
            tags.Of("SELECT experiment, key, value FROM tracked_experiment_tags WHERE experiment = ANY($1) ORDER BY key", ids, ReadEntry),
            new("SELECT id, name, location, deleted, created, updated FROM tracked_experiments WHERE id = ANY($1)", [ids.ToArray()], row => found.Add(
                row.GetInt64(0), new(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt32(3) != 0, row.GetInt64(4), row.GetInt64(5),
                    tags[row.GetInt64(0)]))),
        ]);
        return [.. ids.Where(found.ContainsKey).Select(id => found[id])];
    }

    /// <summary>An experiment that nobody deletes or restores until this write ends.</summary>
    /// <param name="how"><c>FOR SHARE</c>, or <c>FOR NO KEY UPDATE</c> to change it.</param>
    static async Task<(string Location, bool Deleted)> LockExperimentAsync(Connection db, long id, string how) => await db.FirstAsync(
        $"SELECT location, deleted FROM tracked_experiments WHERE id = $1 {how}", row => ((string, bool)?)(row.GetString(0), row.GetInt32(1) != 0), null, id)
        ?? throw Refusal.NoExperiment(id);

    /// <returns>Where its artifacts are.</returns>
    static async Task<string> ActiveExperimentAsync(Connection db, long id, string how)
    {
        var (location, deleted) = await LockExperimentAsync(db, id, how);
        return deleted ? throw Refusal.ExperimentDeleted(id) : location;
    }

    /// <summary>The ids that a search finds.</summary>
    static Task<IReadOnlyList<long>> FoundAsync(Connection db, SearchSql sql, Page page) => NumbersAsync(db, sql.Text(page), sql.Values, byIndex: false);

    /// <summary>The first column of all rows, planned for the values at hand.</summary>
    /// <param name="byIndex">Whether to go by indexes only, one entry after another. Left to itself the planner does so when its figures are good, and makes a
    /// plan for ten rows of a table that had ten when it last looked.</param>
    static async Task<IReadOnlyList<long>> NumbersAsync(Connection db, string sql, IReadOnlyList<object> values, bool byIndex)
    {
        var found = new List<long>();
        await db.RunAllAsync(
        [
            Planned("force_custom_plan", byIndex ? "off" : "on"),
            new(sql, [.. values], row => found.Add(row.GetFieldValue<long>(0))),
            Planned("auto", "on"),
        ]);
        return found;
    }

    /// <summary>How the next statements of this transaction are planned.</summary>
    static PostgresStatement Planned(string mode, string others) => new(
        """
        SELECT set_config('plan_cache_mode', $1, true), set_config('enable_seqscan', $2, true), set_config('enable_bitmapscan', $2, true),
          set_config('enable_hashjoin', $2, true), set_config('enable_mergejoin', $2, true), set_config('enable_sort', $2, true)
        """, [mode, others], _ => { });

    /// <summary>Sets tags; of a key that comes twice, the last counts.</summary>
    static PostgresStatement Tagged(string table, string owner, long id, IReadOnlyList<Entry> tags)
    {
        var last = LastOfEach(tags);
        return new(
            $"""
            INSERT INTO {table} ({owner}, key, value) SELECT $1, key, value FROM unnest($2::text[], $3::text[]) given (key, value)
            ON CONFLICT ({owner}, key) DO UPDATE SET value = excluded.value
            """, [id, last.Keys, last.Values]);
    }

    static Dictionary<string, string> LastOfEach(IReadOnlyList<Entry> entries)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in entries) last[Connection.Kept(entry.Key)] = entry.Value;
        return last;
    }

    static Entry ReadEntry(NpgsqlDataReader row) => new(row.GetString(1), row.GetString(2));

    static string Joined(string location, string below) => location.EndsWith('/') ? location + below : $"{location}/{below}";

    /// <summary>Rows that belong to several owners, read in one statement whose first column names the owner.</summary>
    sealed class Grouped<T>
    {
        readonly Dictionary<long, List<T>> groups = [];

        internal IReadOnlyList<T> this[long owner] => groups.TryGetValue(owner, out var group) ? group : [];

        internal PostgresStatement Of(string sql, IReadOnlyList<long> owners, Func<NpgsqlDataReader, T> read) => new(sql, [owners.ToArray()], row =>
        {
            var owner = row.GetInt64(0);
            if (!groups.TryGetValue(owner, out var group)) groups.Add(owner, group = []);
            group.Add(read(row));
        });
    }
}
