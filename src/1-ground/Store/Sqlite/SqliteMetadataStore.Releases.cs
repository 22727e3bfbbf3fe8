using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Sqlite;

public sealed partial class SqliteMetadataStore
{
    public Task<Production> ProductionAsync(CancellationToken stop) => ReadAsync(InProduction, stop);

    public Task<ReleaseRecord?> ReleaseAsync(int number, CancellationToken stop) => ReadAsync(db => Release(db, number), stop);

    public Task<IReadOnlyList<ReleaseRecord>> ReleasesAsync(int limit, int? before, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<ReleaseRecord>>(db => db.All(
            $"SELECT {ReleaseColumns} FROM releases WHERE number < ?2 ORDER BY number DESC LIMIT ?1",
            ReadRelease, limit, before ?? int.MaxValue), stop);

    public Task<ReleaseRecord> AddReleaseAsync(ReleaseRecord draft, CancellationToken stop) =>
        WriteAsync(db =>
        {
            foreach (var version in draft.Set.Select(v => new VersionName(v.Key, v.Value)))
                if (!Exists(db, version)) throw new KumikiException(Message.Of("store.no-version", ("version", version), ("asset", version.Asset)));

            var number = (int)db.Number("SELECT coalesce(max(number), 0) + 1 FROM releases")!.Value;
            var release = draft with { Number = number, State = ReleaseState.Checked, LiveAt = null, WithdrawnAt = null };
            var record = Json(release, RecordsJson.Default.ReleaseRecord);
            db.Run("INSERT INTO releases (number, state, record) VALUES (?1, ?2, ?3)", number, release.State, record);
            Audit(db, release.Author, "check release", record, clock.GetUtcNow());
            return release;
        }, stop);

    public Task<bool> MoveReleaseAsync(int number, ReleaseState to, CancellationToken stop) =>
        WriteAsync(db =>
        {
            if (Release(db, number) is not { } release || !ReleaseMoves.May(release.State, to)) return false;
            var before = InProduction(db);
            if (to is ReleaseState.Rolling or ReleaseState.Live && before.Revision != release.Base) return false;

            var at = clock.GetUtcNow();
            if (to == ReleaseState.Live) MakeLive(db, release, before, at);
            else db.Run("UPDATE releases SET state = ?2, withdrawn_at = ?3 WHERE number = ?1", number, to, to == ReleaseState.Withdrawn ? at : null);
            Audit(db, release.Author, $"release to {to}", $$"""{"release":{{number}}}""", at);
            return true;
        }, stop);

    static void MakeLive(Connection db, ReleaseRecord release, Production before, DateTimeOffset at)
    {
        db.Run("UPDATE releases SET state = 'Withdrawn', withdrawn_at = ?1 WHERE state = 'Live'", at);
        db.Run("UPDATE releases SET state = 'Live', live_at = ?2 WHERE number = ?1", release.Number, at);
        db.Run("UPDATE store SET production_revision = production_revision + 1, live_release = ?1", release.Number);

        var moves = ReleaseMoves.Between(before, release, at);
        foreach (var move in moves)
        {
            if (move.Number is null) db.Run("DELETE FROM production WHERE asset = ?1", move.Asset);
            else db.Run("INSERT OR REPLACE INTO production (asset, number) VALUES (?1, ?2)", move.Asset, move.Number);
        }
        Note(db, moves, release.Author, $"make release {release.Number} live", at);
    }

    static Production InProduction(Connection db)
    {
        var set = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (asset, number) in db.All("SELECT asset, number FROM production", row => (row.GetString(0), row.GetInt32(1)))) set.Add(asset, number);
        return db.First("SELECT production_revision, live_release FROM store",
            row => new Production(row.GetInt64(0), row.GetInt32(1), set), Kumiki.Production.Empty);
    }

    static ReleaseRecord? Release(Connection db, int number) =>
        db.First($"SELECT {ReleaseColumns} FROM releases WHERE number = ?1", ReadRelease, null, number);
}
