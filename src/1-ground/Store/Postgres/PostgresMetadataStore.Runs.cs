using System.Collections.Concurrent;
using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

public sealed partial class PostgresMetadataStore
{
    /// <summary>Environments read before; they are few and never change.</summary>
    readonly ConcurrentDictionary<long, RunEnvironment> environments = [];

    public Task<RunBegun> BeginRunAsync(string asset, RunPlan plan, ProcessIdentity owner, CancellationToken stop) =>
        DecideAsync<RunBegun>(async db =>
        {
            foreach (var (same, itsOwner) in await db.AllAsync(
                "SELECT id, owner FROM runs WHERE asset = $1 AND making_key = $2 AND state = 'Running' ORDER BY id DESC",
                row => (new RunId(row.GetInt64(0)), Record(row, 1, RecordsJson.Default.ProcessIdentity)), asset, plan.MakingKey))
                if (LivingProcess.IsAlive(itsOwner)) return new RunBegun.Joined(same);

            return new RunBegun.Started(await BeginAsync(db, asset, plan, owner, clock.GetUtcNow()), Fence: 1);
        }, stop);

    static async Task<RunId> BeginAsync(Connection db, string asset, RunPlan plan, ProcessIdentity owner, DateTimeOffset started) =>
        new((await db.NumberAsync(
            """
            INSERT INTO runs (asset, state, fence, owner, recipe_key, making_key, closure, environment, plan, started)
            VALUES ($1, 'Running', 1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
            """,
            asset, Json(owner, RecordsJson.Default.ProcessIdentity), plan.RecipeKey, plan.MakingKey, plan.Code.Closure, await KeepAsync(db, plan.Environment),
            Json(plan with { Environment = WrittenEnvironment.None }, RecordsJson.Default.RunPlan), started))!.Value);

    public Task<int?> BeginAttemptAsync(RunId run, ProcessIdentity owner, CancellationToken stop) =>
        DecideAsync(async db => (int?)await db.NumberAsync("UPDATE runs SET fence = fence + 1, owner = $2 WHERE id = $1 AND state = 'Running' RETURNING fence",
            run, Json(owner, RecordsJson.Default.ProcessIdentity)), stop);

    public Task<CommitEnd> CommitAsync(RunId run, int fence, NewVersion version, RunCost cost, long generation, CancellationToken stop) =>
        DecideAsync<CommitEnd>(async db =>
        {
            var asset = await db.FirstAsync("SELECT asset FROM runs WHERE id = $1 AND state = 'Running' AND fence = $2", row => row.GetString(0), (string?)null,
                run, fence);
            if (asset is null) return new CommitEnd.Fenced();
            var made = version.Version;
            if (made.Asset != asset) throw new ArgumentException($"{run} makes {asset}, not {made.Asset}.", nameof(version));

            if (await db.FirstAsync("SELECT record FROM versions WHERE asset = $1 AND content = $2", ReadVersion, (VersionRecord?)null, asset, made.Content)
                is { } same)
            {
                await EndAsync(db, run, RunState.Reused, same.Name.Number, error: null, cost, made.Inputs, made.Outside);
                return new CommitEnd.Existing(same);
            }
            var now = await CollectionAsync(db);
            if (now.Generation != generation || made.Files.Any(f => now.Doomed.Contains(f.Content))) return new CommitEnd.Collected(now);

            var added = await AddAsync(db, run, asset, made, version.Number);
            await EndAsync(db, run, RunState.Made, added.Name.Number, error: null, cost, made.Inputs, made.Outside);
            return new CommitEnd.Made(added);
        }, stop);

    public Task<bool> EndRunAsync(RunId run, int fence, RunState state, Message error, RunCost? cost, CancellationToken stop)
    {
        if (state is not (RunState.Failed or RunState.Cancelled or RunState.Crashed))
            throw new ArgumentException($"A run that ends as {state} has a result: commit it.", nameof(state));
        return DecideAsync(async db =>
        {
            if (!await MayEndAsync(db, run, fence)) return false;
            await EndAsync(db, run, state, result: null, error, cost);
            return true;
        }, stop);
    }

    public Task<IReadOnlyList<RunRecord>> EndCrashedAsync(Func<ProcessIdentity, bool> alive, CancellationToken stop) =>
        DecideAsync<IReadOnlyList<RunRecord>>(async db =>
        {
            var crashed = (await RunsAsync(db, "WHERE r.state = 'Running' ORDER BY r.id")).Where(r => !alive(r.Owner)).ToList();
            foreach (var run in crashed)
            {
                var why = Message.Of("store.run-crashed", ("pid", run.Owner.Pid), ("machine", run.Owner.Machine));
                await EndAsync(db, run.Id, RunState.Crashed, result: null, why, cost: null);
            }
            return crashed.Count == 0 ? [] : await RunsAsync(db, "WHERE r.id = ANY($1) ORDER BY r.id", crashed.Select(r => r.Id.Number).ToArray());
        }, stop);

    public Task<RunRecord?> RunAsync(RunId run, CancellationToken stop) =>
        ReadAsync(async db => (await RunsAsync(db, "WHERE r.id = $1", run)).FirstOrDefault(), stop);

    public Task<IReadOnlyList<RunRecord>> RunsAsync(string? asset, RunState? state, int limit, RunId? before, CancellationToken stop)
    {
        var (which, values) = (asset, state) switch
        {
            (null, null) => ("", Array.Empty<object?>()),
            (null, _) => ("AND r.state = $3", [state]),
            (_, null) => ("AND r.asset = $3", [asset]),
            _ => ("AND r.asset = $3 AND r.state = $4", [asset, state]),
        };
        return ReadAsync<IReadOnlyList<RunRecord>>(async db =>
            await RunsAsync(db, $"WHERE r.id < $1 {which} ORDER BY r.id DESC LIMIT $2", [before?.Number ?? long.MaxValue, limit, .. values]), stop);
    }

    public Task<IReadOnlyList<RunRecord>> MakingsAsync(string asset, Digest recipeKey, int limit, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<RunRecord>>(async db =>
            await RunsAsync(db, "WHERE r.asset = $1 AND r.recipe_key = $2 AND r.result IS NOT NULL ORDER BY r.id DESC LIMIT $3", asset, recipeKey, limit),
                stop);

    public Task<int> ForgetRunsAsync(DateTimeOffset before, bool dryRun, CancellationToken stop)
    {
        const string expired = "result IS NULL AND ended IS NOT NULL AND state <> 'Tried' AND ended < $1";
        return dryRun
            ? ReadAsync(async db => (int)(await db.NumberAsync($"SELECT count(*) FROM runs WHERE {expired}", before))!.Value, stop)
            : DecideAsync(async db =>
            {
                var forgotten = await db.RunAsync($"DELETE FROM runs WHERE {expired}", before);
                await db.RunAsync("DELETE FROM programs WHERE kept < $1 AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.closure = programs.closure)", before);
                return forgotten;
            }, stop);
    }

    static Task<bool> MayEndAsync(Connection db, RunId run, int fence) =>
        db.AnyAsync("SELECT 1 FROM runs WHERE id = $1 AND state = 'Running' AND fence = $2", run, fence);

    Task EndAsync(Connection db, RunId run, RunState state, int? result, Message? error, RunCost? cost,
        IReadOnlyList<InputUse>? inputs = null, IReadOnlyList<OutsideRead>? outside = null, IReadOnlyDictionary<string, double>? figures = null) =>
        db.RunAsync("UPDATE runs SET state = $2, ended = $3, result = $4, error = $5, cost = $6, inputs = $7, outside = $8, figures = $9 WHERE id = $1",
            run, state, clock.GetUtcNow(), result,
            JsonOrNull(error, RecordsJson.Default.Message),
            JsonOrNull(cost, RecordsJson.Default.RunCost),
            JsonOrNull(inputs, RecordsJson.Default.IReadOnlyListInputUse),
            JsonOrNull(outside, RecordsJson.Default.IReadOnlyListOutsideRead),
            JsonOrNull(figures, RecordsJson.Default.IReadOnlyDictionaryStringDouble));

    static async Task<long> KeepAsync(Connection db, RunEnvironment environment)
    {
        var written = WrittenEnvironment.Of(environment);
        return await db.NumberAsync("SELECT id FROM environments WHERE digest = $1", written.Digest)
            ?? (await db.NumberAsync("INSERT INTO environments (digest, record) VALUES ($1, $2) RETURNING id", written.Digest, written.Record))!.Value;
    }

    async Task<List<RunRecord>> RunsAsync(Connection db, string which, params object?[] values)
    {
        var runs = await db.AllAsync($"SELECT {RunColumns} FROM runs r {which}", row => (Environment: row.GetInt64(6), Run: ReadRun(row)), values);
        var unknown = runs.Select(r => r.Environment).Distinct().Where(id => !environments.ContainsKey(id)).ToArray();
        if (unknown.Length > 0)
            foreach (var (id, environment) in await db.AllAsync("SELECT id, record FROM environments WHERE id = ANY($1)",
                row => (row.GetInt64(0), Record(row, 1, RecordsJson.Default.RunEnvironment)), unknown)) environments[id] = environment;
        return [.. runs.Select(r => r.Run with { Plan = r.Run.Plan with { Environment = environments[r.Environment] } })];
    }
}
