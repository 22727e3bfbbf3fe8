using System.Collections.Concurrent;
using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Sqlite;

public sealed partial class SqliteMetadataStore
{
    /// <summary>Environments read before; they are few and never change.</summary>
    readonly ConcurrentDictionary<long, RunEnvironment> environments = [];

    public Task<RunBegun> BeginRunAsync(string asset, RunPlan plan, ProcessIdentity owner, CancellationToken stop) =>
        WriteAsync<RunBegun>(db =>
        {
            foreach (var (same, itsOwner) in db.All("SELECT id, owner FROM runs WHERE asset = ?1 AND making_key = ?2 AND state = 'Running' ORDER BY id DESC",
                row => (new RunId(row.GetInt64(0)), Record(row, 1, RecordsJson.Default.ProcessIdentity)), asset, plan.MakingKey))
                if (LivingProcess.IsAlive(itsOwner)) return new RunBegun.Joined(same);

            return new RunBegun.Started(Begin(db, asset, plan, owner, clock.GetUtcNow()), Fence: 1);
        }, stop);

    static RunId Begin(Connection db, string asset, RunPlan plan, ProcessIdentity owner, DateTimeOffset started) =>
        new(db.Number(
            """
            INSERT INTO runs (asset, state, fence, owner, recipe_key, making_key, closure, environment, plan, started)
            VALUES (?1, 'Running', 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id
            """,
            asset, Json(owner, RecordsJson.Default.ProcessIdentity), plan.RecipeKey, plan.MakingKey, plan.Code.Closure, Keep(db, plan.Environment),
            Json(plan with { Environment = WrittenEnvironment.None }, RecordsJson.Default.RunPlan), started)!.Value);

    public Task<int?> BeginAttemptAsync(RunId run, ProcessIdentity owner, CancellationToken stop) =>
        WriteAsync(db => (int?)db.Number("UPDATE runs SET fence = fence + 1, owner = ?2 WHERE id = ?1 AND state = 'Running' RETURNING fence",
            run, Json(owner, RecordsJson.Default.ProcessIdentity)), stop);

    public Task<CommitEnd> CommitAsync(RunId run, int fence, NewVersion version, RunCost cost, long generation, CancellationToken stop) =>
        WriteAsync<CommitEnd>(db =>
        {
            var asset = db.First("SELECT asset FROM runs WHERE id = ?1 AND state = 'Running' AND fence = ?2", row => row.GetString(0), null, run, fence);
            if (asset is null) return new CommitEnd.Fenced();
            var made = version.Version;
            if (made.Asset != asset) throw new ArgumentException($"{run} makes {asset}, not {made.Asset}.", nameof(version));

            if (db.First("SELECT record FROM versions WHERE asset = ?1 AND content = ?2", ReadVersion, null, asset, made.Content) is { } same)
            {
                End(db, run, RunState.Reused, same.Name.Number, error: null, cost, made.Inputs, made.Outside);
                return new CommitEnd.Existing(same);
            }
            var now = Collection(db);
            if (now.Generation != generation || made.Files.Any(f => now.Doomed.Contains(f.Content))) return new CommitEnd.Collected(now);

            var added = Add(db, run, asset, made, version.Number);
            End(db, run, RunState.Made, added.Name.Number, error: null, cost, made.Inputs, made.Outside);
            return new CommitEnd.Made(added);
        }, stop);

    public Task<bool> EndRunAsync(RunId run, int fence, RunState state, Message error, RunCost? cost, CancellationToken stop)
    {
        if (state is not (RunState.Failed or RunState.Cancelled or RunState.Crashed))
            throw new ArgumentException($"A run that ends as {state} has a result: commit it.", nameof(state));
        return WriteAsync(db =>
        {
            if (!db.Any("SELECT 1 FROM runs WHERE id = ?1 AND state = 'Running' AND fence = ?2", run, fence)) return false;
            End(db, run, state, result: null, error, cost);
            return true;
        }, stop);
    }

    public Task<IReadOnlyList<RunRecord>> EndCrashedAsync(Func<ProcessIdentity, bool> alive, CancellationToken stop) =>
        WriteAsync<IReadOnlyList<RunRecord>>(db =>
        {
            var crashed = Runs(db, "WHERE r.state = 'Running' ORDER BY r.id").Where(r => !alive(r.Owner)).ToList();
            foreach (var run in crashed)
            {
                var why = Message.Of("store.run-crashed", ("pid", run.Owner.Pid), ("machine", run.Owner.Machine));
                End(db, run.Id, RunState.Crashed, result: null, why, cost: null);
            }
            return [.. crashed.Select(r => Run(db, r.Id)!)];
        }, stop);

    public Task<RunRecord?> RunAsync(RunId run, CancellationToken stop) => ReadAsync(db => Run(db, run), stop);

    public Task<IReadOnlyList<RunRecord>> RunsAsync(string? asset, RunState? state, int limit, RunId? before, CancellationToken stop)
    {
        var (which, values) = (asset, state) switch
        {
            (null, null) => ("", Array.Empty<object?>()),
            (null, _) => ("AND r.state = ?3", [state]),
            (_, null) => ("AND r.asset = ?3", [asset]),
            _ => ("AND r.asset = ?3 AND r.state = ?4", [asset, state]),
        };
        return ReadAsync<IReadOnlyList<RunRecord>>(db =>
            Runs(db, $"WHERE r.id < ?1 {which} ORDER BY r.id DESC LIMIT ?2", [before?.Number ?? long.MaxValue, limit, .. values]), stop);
    }

    public Task<IReadOnlyList<RunRecord>> MakingsAsync(string asset, Digest recipeKey, int limit, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<RunRecord>>(db =>
            Runs(db, "WHERE r.asset = ?1 AND r.recipe_key = ?2 AND r.result IS NOT NULL ORDER BY r.id DESC LIMIT ?3", asset, recipeKey, limit), stop);

    public Task<int> ForgetRunsAsync(DateTimeOffset before, bool dryRun, CancellationToken stop)
    {
        const string expired = "result IS NULL AND ended IS NOT NULL AND state <> 'Tried' AND ended < ?1";
        return dryRun
            ? ReadAsync(db => (int)db.Number($"SELECT count(*) FROM runs WHERE {expired}", before)!.Value, stop)
            : WriteAsync(db =>
            {
                var forgotten = db.Run($"DELETE FROM runs WHERE {expired}", before);
                db.Run("DELETE FROM programs WHERE kept < ?1 AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.closure = programs.closure)", before);
                return forgotten;
            }, stop);
    }

    void End(Connection db, RunId run, RunState state, int? result, Message? error, RunCost? cost, IReadOnlyList<InputUse>? inputs = null, IReadOnlyList<OutsideRead>? outside = null,
        IReadOnlyDictionary<string, double>? figures = null) =>
        db.Run("UPDATE runs SET state = ?2, ended = ?3, result = ?4, error = ?5, cost = ?6, inputs = ?7, outside = ?8, figures = ?9 WHERE id = ?1",
            run, state, clock.GetUtcNow(), result,
            error is null ? null : Json(error, RecordsJson.Default.Message),
            cost is null ? null : Json(cost, RecordsJson.Default.RunCost),
            inputs is null ? null : Json(inputs, RecordsJson.Default.IReadOnlyListInputUse),
            outside is null ? null : Json(outside, RecordsJson.Default.IReadOnlyListOutsideRead),
            figures is null ? null : Json(figures, RecordsJson.Default.IReadOnlyDictionaryStringDouble));

    static long Keep(Connection db, RunEnvironment environment)
    {
        var written = WrittenEnvironment.Of(environment);
        return db.Number("SELECT id FROM environments WHERE digest = ?1", written.Digest)
            ?? db.Number("INSERT INTO environments (digest, record) VALUES (?1, ?2) RETURNING id", written.Digest, written.Record)!.Value;
    }

    RunRecord? Run(Connection db, RunId run) => Runs(db, "WHERE r.id = ?1", run).FirstOrDefault();

    List<RunRecord> Runs(Connection db, string which, params ReadOnlySpan<object?> values)
    {
        var runs = db.All($"SELECT {RunColumns} FROM runs r {which}", row => (Environment: row.GetInt64(6), Run: ReadRun(row)), values);
        var whole = new List<RunRecord>(runs.Count);
        foreach (var (environment, run) in runs) whole.Add(run with { Plan = run.Plan with { Environment = Environment(db, environment) } });
        return whole;
    }

    RunEnvironment Environment(Connection db, long id) =>
        environments.TryGetValue(id, out var known)
            ? known
            : environments[id] = db.First("SELECT record FROM environments WHERE id = ?1",
                row => Record(row, 0, RecordsJson.Default.RunEnvironment), WrittenEnvironment.None, id);
}
