using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

public sealed partial class PostgresMetadataStore
{
    public Task<VersionRecord?> VersionAsync(VersionName name, CancellationToken stop) => ReadAsync(db => VersionAsync(db, name), stop);

    public Task<IReadOnlyDictionary<VersionName, VersionRecord>> VersionsAsync(IReadOnlyCollection<VersionName> names, CancellationToken stop) =>
        ReadAsync<IReadOnlyDictionary<VersionName, VersionRecord>>(async db => (await db.AllAsync(
            "SELECT v.record FROM unnest($1::text[], $2::int[]) asked (asset, number) JOIN versions v USING (asset, number)",
            ReadVersion, names.Select(n => n.Asset), names.Select(n => n.Number).ToArray())).DistinctBy(v => v.Name).ToDictionary(v => v.Name), stop);

    public Task<IReadOnlyList<VersionRecord>> VersionsAsync(string? asset, int limit, RunId? before, CancellationToken stop) =>
        SnapshotAsync<IReadOnlyList<VersionRecord>>(async db =>
        {
            // A page ends with a version, and the run that made it tells where the next begins.
            var end = before is { } run
                ? await db.NumberAsync("SELECT coalesce((SELECT id FROM versions WHERE run = $1), (SELECT max(id) + 1 FROM versions WHERE run < $1), 0)", run)
                : long.MaxValue;
            return asset is null
                ? await db.AllAsync("SELECT record FROM versions WHERE id < $1 ORDER BY id DESC LIMIT $2", ReadVersion, end, limit)
                : await db.AllAsync("SELECT record FROM versions WHERE asset = $1 AND id < $2 ORDER BY number DESC LIMIT $3", ReadVersion, asset, end, limit);
        }, stop);

    public Task<IReadOnlyDictionary<string, int>> NewestAsync(CancellationToken stop) =>
        ReadAsync<IReadOnlyDictionary<string, int>>(async db => (await db.AllAsync(
            """
            -- one seek an asset, however many versions each has
            WITH RECURSIVE assets (asset) AS (
              SELECT min(asset) FROM versions
              UNION ALL
              SELECT (SELECT min(v.asset) FROM versions v WHERE v.asset > assets.asset) FROM assets WHERE assets.asset IS NOT NULL
            )
            SELECT asset, (SELECT max(v.number) FROM versions v WHERE v.asset = assets.asset) FROM assets WHERE asset IS NOT NULL
            """,
            row => (Asset: row.GetString(0), Number: row.GetInt32(1)))).ToDictionary(v => v.Asset, v => v.Number, StringComparer.Ordinal), stop);

    public Task<IReadOnlyList<VersionRecord>> UsersOfAsync(VersionName name, int limit, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<VersionRecord>>(async db => await db.AllAsync(
            """SELECT v.record FROM version_inputs i JOIN versions v ON v.id = i."user" WHERE i.asset = $1 AND i.number = $2 ORDER BY i."user" DESC LIMIT $3""",
            ReadVersion, name.Asset, name.Number, limit), stop);

    static Task<VersionRecord?> VersionAsync(Connection db, VersionName name) =>
        db.FirstAsync("SELECT record FROM versions WHERE asset = $1 AND number = $2", ReadVersion, (VersionRecord?)null, name.Asset, name.Number);

    /// <returns>The first of <paramref name="names"/> that does not exist; null where all do.</returns>
    static Task<VersionName?> AbsentAsync(Connection db, IReadOnlyCollection<VersionName> names) => db.FirstAsync(
        """
        SELECT asset, number FROM unnest($1::text[], $2::int[]) WITH ORDINALITY asked (asset, number, position)
        WHERE NOT EXISTS (SELECT 1 FROM versions v WHERE v.asset = asked.asset AND v.number = asked.number) ORDER BY position LIMIT 1
        """,
        row => new VersionName(row.GetString(0), row.GetInt32(1)), (VersionName?)null, names.Select(n => n.Asset), names.Select(n => n.Number).ToArray());

    /// <summary>Adds a version under the next number of its asset, or under a higher one that is wished for.</summary>
    static async Task<VersionRecord> AddAsync(Connection db, RunId run, string asset, VersionRecord version, int? wished)
    {
        var next = (int)(await db.NumberAsync("SELECT coalesce(max(number), 0) + 1 FROM versions WHERE asset = $1", asset))!.Value;
        var number = Math.Max(next, wished ?? next);
        version = version with { Name = new(asset, number), MadeBy = run };
        var id = await db.NumberAsync("INSERT INTO versions (asset, number, run, content, record) VALUES ($1, $2, $3, $4, $5) RETURNING id",
            asset, number, run, version.Content, Json(version, RecordsJson.Default.VersionRecord));
        var read = version.Inputs.Where(i => i.Read.Count > 0).Select(i => i.Version).ToList();
        if (read.Count > 0)
            await db.RunAsync(
                """
                INSERT INTO version_inputs (asset, number, "user")
                SELECT asset, number, $3 FROM unnest($1::text[], $2::int[]) read (asset, number) ON CONFLICT DO NOTHING
                """,
                read.Select(v => v.Asset), read.Select(v => v.Number).ToArray(), id);
        if (version.Files.Count > 0)
            await db.RunAsync("INSERT INTO version_blobs (blob, version) SELECT blob, $2 FROM unnest($1::text[]) blob ON CONFLICT DO NOTHING",
                version.Files.Select(f => f.Content), id);
        return version;
    }
}
