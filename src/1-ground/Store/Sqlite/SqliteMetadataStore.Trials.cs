using System.Text.Json;

namespace Kumiki.Store.Sqlite;

public sealed partial class SqliteMetadataStore
{
    public Task<RunId> AddTrialAsync(
        string asset, RunPlan plan, ProcessIdentity owner, TrialOutcome end, IReadOnlyList<MetricPoint> points, IReadOnlyList<LogLine> lines, CancellationToken stop) =>
        WriteAsync(db =>
        {
            if (db.Number("SELECT min(id) FROM runs INDEXED BY trials WHERE asset = ?1 AND making_key = ?2 AND state = 'Tried'", asset, plan.MakingKey) is { } before) return new RunId(before);
            var run = Begin(db, asset, plan, owner, end.Started);
            if (points.Count > 0) Append(db, run, points);
            if (lines.Count > 0) Append(db, run, lines);
            End(db, run, end);
            return run;
        }, stop);

    public Task<bool> EndTrialAsync(RunId run, int fence, TrialOutcome end, CancellationToken stop) =>
        WriteAsync(db =>
        {
            if (!db.Any("SELECT 1 FROM runs WHERE id = ?1 AND state = 'Running' AND fence = ?2", run, fence)) return false;
            End(db, run, end);
            return true;
        }, stop);

    /// <summary>For each key a search in the index of trials, which the planner might pass over for one in the order of the result.</summary>
    internal const string HasKey =
        "r.id IN (SELECT t.id FROM json_each(?2) k CROSS JOIN runs t INDEXED BY trials WHERE t.asset = ?1 AND t.making_key = k.value AND t.state = 'Tried')";

    public Task<IReadOnlyDictionary<Digest, RunRecord>> TriedAsync(string asset, IReadOnlyCollection<Digest> makingKeys, CancellationToken stop) =>
        ReadAsync<IReadOnlyDictionary<Digest, RunRecord>>(db =>
        {
            var found = new Dictionary<Digest, RunRecord>();
            foreach (var run in Runs(db, $"WHERE {HasKey} ORDER BY r.id", asset, JsonSerializer.Serialize(makingKeys.Select(k => k.Hex))))
                found.TryAdd(run.Plan.MakingKey, run);
            return found;
        }, stop);

    void End(Connection db, RunId run, TrialOutcome end) =>
        End(db, run, end.State, result: null, end.Error, end.Cost, end.Inputs, end.Outside, end.Figures.Count > 0 ? end.Figures : null);
}
