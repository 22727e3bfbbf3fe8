namespace Kumiki.Store.Postgres;

public sealed partial class PostgresMetadataStore
{
    public Task<RunId> AddTrialAsync(
        string asset, RunPlan plan, ProcessIdentity owner, TrialOutcome end, IReadOnlyList<MetricPoint> points, IReadOnlyList<LogLine> lines,
            CancellationToken stop) =>
        DecideAsync(async db =>
        {
            if (await db.NumberAsync("SELECT min(id) FROM runs WHERE asset = $1 AND making_key = $2 AND state = 'Tried'", asset, plan.MakingKey) is { } before)
                return new RunId(before);
            var run = await BeginAsync(db, asset, plan, owner, end.Started);
            if (points.Count > 0) await AppendAsync(db, run, points);
            if (lines.Count > 0) await AppendAsync(db, run, lines);
            await EndAsync(db, run, end);
            return run;
        }, stop);

    public Task<bool> EndTrialAsync(RunId run, int fence, TrialOutcome end, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            if (!await MayEndAsync(db, run, fence)) return false;
            await EndAsync(db, run, end);
            return true;
        }, stop);

    public Task<IReadOnlyDictionary<Digest, RunRecord>> TriedAsync(string asset, IReadOnlyCollection<Digest> makingKeys, CancellationToken stop) =>
        ReadAsync<IReadOnlyDictionary<Digest, RunRecord>>(async db =>
        {
            var found = new Dictionary<Digest, RunRecord>();
            foreach (var run in await RunsAsync(db, "WHERE r.asset = $1 AND r.making_key = ANY($2) AND r.state = 'Tried' ORDER BY r.id", asset, makingKeys))
                found.TryAdd(run.Plan.MakingKey, run);
            return found;
        }, stop);

    Task EndAsync(Connection db, RunId run, TrialOutcome end) =>
        EndAsync(db, run, end.State, result: null, end.Error, end.Cost, end.Inputs, end.Outside, end.Figures.Count > 0 ? end.Figures : null);
}
