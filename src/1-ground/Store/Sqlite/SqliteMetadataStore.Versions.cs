using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Sqlite;

public sealed partial class SqliteMetadataStore
{
    public Task<VersionRecord?> VersionAsync(VersionName name, CancellationToken stop) => ReadAsync(db => Version(db, name), stop);

    public Task<IReadOnlyDictionary<VersionName, VersionRecord>> VersionsAsync(IReadOnlyCollection<VersionName> names, CancellationToken stop) =>
        ReadAsync<IReadOnlyDictionary<VersionName, VersionRecord>>(db =>
        {
            var found = new Dictionary<VersionName, VersionRecord>(names.Count);
            foreach (var name in names)
                if (Version(db, name) is { } version) found[name] = version;
            return found;
        }, stop);

    public Task<IReadOnlyList<VersionRecord>> VersionsAsync(string? asset, int limit, RunId? before, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<VersionRecord>>(db =>
        {
            // A page ends with a version, and the run that made it tells where the next begins.
            var end = before is { } run
                ? db.Number("SELECT id FROM versions WHERE run = ?1", run) ?? db.Number("SELECT max(id) + 1 FROM versions WHERE run < ?1", run) ?? 0
                : long.MaxValue;
            return asset is null
                ? db.All("SELECT record FROM versions WHERE id < ?1 ORDER BY id DESC LIMIT ?2", ReadVersion, end, limit)
                : db.All("SELECT record FROM versions WHERE asset = ?1 AND id < ?2 ORDER BY number DESC LIMIT ?3", ReadVersion, asset, end, limit);
        }, stop);

    public Task<IReadOnlyDictionary<string, int>> NewestAsync(CancellationToken stop) =>
        ReadAsync<IReadOnlyDictionary<string, int>>(db =>
            db.All(
                """
                -- one seek an asset, however many versions each has
                WITH RECURSIVE assets (asset) AS (
                  SELECT min(asset) FROM versions
                  UNION ALL
                  SELECT (SELECT min(v.asset) FROM versions v WHERE v.asset > assets.asset) FROM assets WHERE assets.asset IS NOT NULL
                )
                SELECT asset, (SELECT max(v.number) FROM versions v WHERE v.asset = assets.asset) FROM assets WHERE asset IS NOT NULL
                """,
                row => (Asset: row.GetString(0), Number: row.GetInt32(1))).ToDictionary(v => v.Asset, v => v.Number, StringComparer.Ordinal), stop);

    public Task<IReadOnlyList<VersionRecord>> UsersOfAsync(VersionName name, int limit, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<VersionRecord>>(db => db.All(
            "SELECT v.record FROM version_inputs i JOIN versions v ON v.id = i.user WHERE i.asset = ?1 AND i.number = ?2 ORDER BY i.user DESC LIMIT ?3",
            ReadVersion, name.Asset, name.Number, limit), stop);

    static VersionRecord? Version(Connection db, VersionName name) =>
        db.First("SELECT record FROM versions WHERE asset = ?1 AND number = ?2", ReadVersion, null, name.Asset, name.Number);

    static bool Exists(Connection db, VersionName name) => db.Any("SELECT 1 FROM versions WHERE asset = ?1 AND number = ?2", name.Asset, name.Number);

    /// <summary>Adds a version under the next number of its asset, or under a higher one that is wished for.</summary>
    static VersionRecord Add(Connection db, RunId run, string asset, VersionRecord version, int? wished)
    {
        var next = (int)db.Number("SELECT coalesce(max(number), 0) + 1 FROM versions WHERE asset = ?1", asset)!.Value;
        var number = Math.Max(next, wished ?? next);
        version = version with { Name = new(asset, number), MadeBy = run };
        var id = db.Number("INSERT INTO versions (asset, number, run, content, record) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
            asset, number, run, version.Content, Json(version, RecordsJson.Default.VersionRecord));
        foreach (var input in version.Inputs.Where(i => i.Read.Count > 0))
            db.Run("INSERT OR IGNORE INTO version_inputs (asset, number, user) VALUES (?1, ?2, ?3)", input.Version.Asset, input.Version.Number, id);
        foreach (var file in version.Files)
            db.Run("INSERT OR IGNORE INTO version_blobs (blob, version) VALUES (?1, ?2)", file.Content, id);
        return version;
    }
}
