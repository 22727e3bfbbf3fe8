using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

public sealed partial class PostgresMetadataStore
{
    public Task<IReadOnlyList<StagePointer>> StagesAsync(CancellationToken stop) =>
        ReadAsync<IReadOnlyList<StagePointer>>(async db => await db.AllAsync("SELECT asset, stage, number, at, by FROM stages ORDER BY asset, stage",
            row => new StagePointer(row.GetString(0), row.GetString(1), row.GetInt32(2), Time(row, 3), row.GetString(4))), stop);

    public Task<VersionName?> MoveStagesAsync(IReadOnlyList<(string Asset, string Stage, int? Number)> moves, string by, string reason, CancellationToken stop)
    {
        foreach (var (asset, stage, _) in moves)
            if (stage == ReleaseMoves.Production)
                return Task.FromException<VersionName?>(new KumikiException(Message.Of("store.production-is-released", ("asset", asset))));
        return DecideAsync<VersionName?>(async db =>
        {
            var named = moves.Where(m => m.Number is not null).Select(m => new VersionName(m.Asset, m.Number!.Value)).ToList();
            if (await AbsentAsync(db, named) is { } absent) return absent;

            var at = clock.GetUtcNow();
            var stands = (await db.AllAsync("SELECT asset, stage, number FROM stages WHERE asset = ANY($1)",
                row => (Pointer: (row.GetString(0), row.GetString(1)), Number: row.GetInt32(2)), moves.Select(m => m.Asset).Distinct()))
                .ToDictionary(s => s.Pointer, s => s.Number);
            var moved = new List<StageMove>();
            foreach (var (asset, stage, number) in moves)
            {
                var from = stands.TryGetValue((asset, stage), out var stood) ? stood : (int?)null;
                if (from == number) continue;
                if (number is { } now) stands[(asset, stage)] = now;
                else stands.Remove((asset, stage));
                moved.Add(new(asset, stage, from, number, at, by, reason));
            }
            var last = moved.GroupBy(m => (m.Asset, m.Stage)).Select(m => m.Last()).ToList();
            var (gone, set) = (last.Where(m => m.Number is null).ToList(), last.Where(m => m.Number is not null).ToList());
            if (gone.Count > 0)
                await db.RunAsync(
                    "DELETE FROM stages s USING unnest($1::text[], $2::text[]) gone (asset, stage) WHERE s.asset = gone.asset AND s.stage = gone.stage",
                    gone.Select(m => m.Asset), gone.Select(m => m.Stage));
            if (set.Count > 0)
                await db.RunAsync(
                    """
                    INSERT INTO stages (asset, stage, number, at, by) SELECT asset, stage, number, $4, $5
                    FROM unnest($1::text[], $2::text[], $3::int[]) moved (asset, stage, number)
                    ON CONFLICT (asset, stage) DO UPDATE SET number = excluded.number, at = excluded.at, by = excluded.by
                    """,
                    set.Select(m => m.Asset), set.Select(m => m.Stage), set.Select(m => m.Number!.Value).ToArray(), at, by);
            await NoteAsync(db, moved, by, "move stages", at);
            return null;
        }, stop);
    }

    public Task<IReadOnlyList<StageMove>> StageHistoryAsync(string? asset, int limit, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<StageMove>>(async db => await db.AllAsync(
            $"SELECT asset, stage, from_number, number, at, by, reason FROM stage_moves {(asset is null ? "" : "WHERE asset = $2")} ORDER BY id DESC LIMIT $1",
            ReadMove, asset is null ? [limit] : [limit, asset]), stop);

    /// <summary>Keeps moves in the history and in the audit.</summary>
    static async Task NoteAsync(Connection db, IReadOnlyList<StageMove> moves, string by, string what, DateTimeOffset at)
    {
        if (moves.Count == 0) return;
        await db.RunAsync(
            """
            INSERT INTO stage_moves (asset, stage, from_number, number, at, by, reason)
            SELECT asset, stage, from_number, number, $5, $6, $7
            FROM unnest($1::text[], $2::text[], $3::int[], $4::int[]) WITH ORDINALITY moved (asset, stage, from_number, number, position) ORDER BY position
            """,
            moves.Select(m => m.Asset), moves.Select(m => m.Stage), moves.Select(m => m.From).ToArray(), moves.Select(m => m.Number).ToArray(), at, by,
                moves[0].Reason);
        await AuditAsync(db, by, what, Json(moves, RecordsJson.Default.IReadOnlyListStageMove), at);
    }

    static Task<int> AuditAsync(Connection db, string who, string what, string details, DateTimeOffset at) =>
        db.RunAsync("INSERT INTO audit (at, who, what, details) VALUES ($1, $2, $3, $4)", at, who, what, details);
}
