using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Sqlite;

public sealed partial class SqliteMetadataStore
{
    public Task<IReadOnlyList<StagePointer>> StagesAsync(CancellationToken stop) =>
        ReadAsync<IReadOnlyList<StagePointer>>(db => db.All("SELECT asset, stage, number, at, by FROM stages ORDER BY asset, stage",
            row => new StagePointer(row.GetString(0), row.GetString(1), row.GetInt32(2), Time(row, 3), row.GetString(4))), stop);

    public Task<VersionName?> MoveStagesAsync(IReadOnlyList<(string Asset, string Stage, int? Number)> moves, string by, string reason, CancellationToken stop)
    {
        foreach (var (asset, stage, _) in moves)
            if (stage == ReleaseMoves.Production) return Task.FromException<VersionName?>(new KumikiException(Message.Of("store.production-is-released", ("asset", asset))));
        return WriteAsync<VersionName?>(db =>
        {
            foreach (var (asset, _, number) in moves)
                if (number is { } named && !Exists(db, new(asset, named))) return new VersionName(asset, named);

            var at = clock.GetUtcNow();
            var moved = new List<StageMove>();
            foreach (var (asset, stage, number) in moves)
            {
                var from = (int?)db.Number("SELECT number FROM stages WHERE asset = ?1 AND stage = ?2", asset, stage);
                if (from == number) continue;
                if (number is null) db.Run("DELETE FROM stages WHERE asset = ?1 AND stage = ?2", asset, stage);
                else db.Run("INSERT OR REPLACE INTO stages (asset, stage, number, at, by) VALUES (?1, ?2, ?3, ?4, ?5)", asset, stage, number, at, by);
                moved.Add(new(asset, stage, from, number, at, by, reason));
            }
            Note(db, moved, by, "move stages", at);
            return null;
        }, stop);
    }

    public Task<IReadOnlyList<StageMove>> StageHistoryAsync(string? asset, int limit, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<StageMove>>(db => db.All(
            $"SELECT asset, stage, from_number, number, at, by, reason FROM stage_moves {(asset is null ? "" : "WHERE asset = ?2")} ORDER BY id DESC LIMIT ?1",
            ReadMove, limit, asset), stop);

    /// <summary>Keeps moves in the history and in the audit.</summary>
    static void Note(Connection db, IReadOnlyList<StageMove> moves, string by, string what, DateTimeOffset at)
    {
        if (moves.Count == 0) return;
        foreach (var move in moves)
            db.Run("INSERT INTO stage_moves (asset, stage, from_number, number, at, by, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                move.Asset, move.Stage, move.From, move.Number, move.At, move.By, move.Reason);
        Audit(db, by, what, Json(moves, RecordsJson.Default.IReadOnlyListStageMove), at);
    }

    static void Audit(Connection db, string who, string what, string details, DateTimeOffset at) =>
        db.Run("INSERT INTO audit (at, who, what, details) VALUES (?1, ?2, ?3, ?4)", at, who, what, details);
}
