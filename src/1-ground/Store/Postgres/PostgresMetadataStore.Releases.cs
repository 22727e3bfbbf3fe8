using System.Globalization;
using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

public sealed partial class PostgresMetadataStore
{
    public Task<Production> ProductionAsync(CancellationToken stop) => SnapshotAsync(InProductionAsync, stop);

    public Task<ReleaseRecord?> ReleaseAsync(int number, CancellationToken stop) => ReadAsync(db => ReleaseAsync(db, number), stop);

    public Task<IReadOnlyList<ReleaseRecord>> ReleasesAsync(int limit, int? before, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<ReleaseRecord>>(async db => await db.AllAsync(
            $"SELECT {ReleaseColumns} FROM releases WHERE number < $2 ORDER BY number DESC LIMIT $1", ReadRelease, limit, before ?? int.MaxValue), stop);

    public Task<ReleaseRecord> AddReleaseAsync(ReleaseRecord draft, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            if (await AbsentAsync(db, [.. draft.Set.Select(v => new VersionName(v.Key, v.Value))]) is { } absent)
                throw new KumikiException(Message.Of("store.no-version", ("version", absent), ("asset", absent.Asset)));

            var number = (int)(await db.NumberAsync("SELECT coalesce(max(number), 0) + 1 FROM releases"))!.Value;
            var release = draft with { Number = number, State = ReleaseState.Checked, LiveAt = null, WithdrawnAt = null };
            var record = Json(release, RecordsJson.Default.ReleaseRecord);
            await db.RunAsync("INSERT INTO releases (number, state, record) VALUES ($1, $2, $3)", number, release.State, record);
            await AuditAsync(db, release.Author, "check release", record, clock.GetUtcNow());
            return release;
        }, stop);

    public Task<bool> MoveReleaseAsync(int number, ReleaseState to, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            if (await ReleaseAsync(db, number) is not { } release || !ReleaseMoves.May(release.State, to)) return false;
            var before = await InProductionAsync(db);
            if (to is ReleaseState.Rolling or ReleaseState.Live && before.Revision != release.Base) return false;

            var at = clock.GetUtcNow();
            if (to == ReleaseState.Live) await MakeLiveAsync(db, release, before, at);
            else await db.RunAsync("UPDATE releases SET state = $2, withdrawn_at = $3 WHERE number = $1", number, to, to == ReleaseState.Withdrawn ? at : null);
            await AuditAsync(db, release.Author, $"release to {to}", $$"""{"release":{{number.ToString(CultureInfo.InvariantCulture)}}}""", at);
            return true;
        }, stop);

    static async Task MakeLiveAsync(Connection db, ReleaseRecord release, Production before, DateTimeOffset at)
    {
        await db.RunAsync("UPDATE releases SET state = 'Withdrawn', withdrawn_at = $1 WHERE state = 'Live'", at);
        await db.RunAsync("UPDATE releases SET state = 'Live', live_at = $2 WHERE number = $1", release.Number, at);
        await db.RunAsync("UPDATE store SET production_revision = production_revision + 1, live_release = $1", release.Number);

        var moves = ReleaseMoves.Between(before, release, at);
        var (gone, set) = (moves.Where(m => m.Number is null).ToList(), moves.Where(m => m.Number is not null).ToList());
        if (gone.Count > 0) await db.RunAsync("DELETE FROM production WHERE asset = ANY($1)", gone.Select(m => m.Asset));
        if (set.Count > 0)
            await db.RunAsync(
                """
                INSERT INTO production (asset, number) SELECT asset, number FROM unnest($1::text[], $2::int[]) moved (asset, number)
                ON CONFLICT (asset) DO UPDATE SET number = excluded.number
                """,
                set.Select(m => m.Asset), set.Select(m => m.Number!.Value).ToArray());
        await NoteAsync(db, moves, release.Author, $"make release {release.Number.ToString(CultureInfo.InvariantCulture)} live", at);
    }

    static async Task<Production> InProductionAsync(Connection db)
    {
        var set = (await db.AllAsync("SELECT asset, number FROM production", row => (Asset: row.GetString(0), Number: row.GetInt32(1))))
            .ToDictionary(v => v.Asset, v => v.Number, StringComparer.Ordinal);
        return await db.FirstAsync("SELECT production_revision, live_release FROM store", row => new Production(row.GetInt64(0), row.GetInt32(1), set),
            Production.Empty);
    }

    static Task<ReleaseRecord?> ReleaseAsync(Connection db, int number) =>
        db.FirstAsync($"SELECT {ReleaseColumns} FROM releases WHERE number = $1", ReadRelease, (ReleaseRecord?)null, number);
}
