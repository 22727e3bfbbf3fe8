using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Postgres;

public sealed partial class PostgresMetadataStore
{
    public Task<Digest?> KnownOutsideAsync(string path, long bytes, long modifiedTicks, long inode, CancellationToken stop) =>
        ReadAsync(db => db.FirstAsync("SELECT content FROM outside WHERE path = $1 AND bytes = $2 AND modified = $3 AND inode = $4",
            row => Digest.Parse(row.GetString(0)), (Digest?)null, path, bytes, modifiedTicks, inode), stop);

    public Task RememberOutsideAsync(IReadOnlyList<OutsideRead> files, CancellationToken stop)
    {
        // The last of each path, and in their order, so that two processes lock them in the same one.
        var kept = files.GroupBy(f => f.Path, StringComparer.Ordinal).Select(f => f.Last()).OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        return AppendAsync(db => db.RunAsync(
            """
            INSERT INTO outside (path, bytes, modified, inode, content)
            SELECT path, bytes, modified, inode, content
            FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
              WITH ORDINALITY given (path, bytes, modified, inode, content, position)
            ORDER BY position
            ON CONFLICT (path) DO UPDATE SET bytes = excluded.bytes, modified = excluded.modified, inode = excluded.inode, content = excluded.content
            """,
            kept.Select(f => f.Path), kept.Select(f => f.Bytes).ToArray(), kept.Select(f => f.ModifiedTicks).ToArray(), kept.Select(f => f.Inode).ToArray(),
            kept.Select(f => f.Content)), stop);
    }

    public Task<Collection?> KeepProgramAsync(Digest closure, IReadOnlyCollection<Digest> files, long generation, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            if (await db.RunAsync("UPDATE programs SET kept = $2 WHERE closure = $1", closure, clock.GetUtcNow()) > 0) return null;
            var now = await CollectionAsync(db);
            if (now.Generation != generation || now.Doomed.Contains(closure) || files.Any(now.Doomed.Contains)) return now;
            await db.RunAsync("INSERT INTO programs (closure, kept) VALUES ($1, $2)", closure, clock.GetUtcNow());
            await db.RunAsync("INSERT INTO program_blobs (closure, blob) SELECT $1, blob FROM unnest($2::text[]) blob ON CONFLICT DO NOTHING", closure, files);
            return null;
        }, stop);

    public Task<IReadOnlySet<Digest>> ReferencedAsync(CancellationToken stop) =>
        ReadAsync<IReadOnlySet<Digest>>(async db => (await db.AllAsync(
            """
            SELECT blob FROM version_blobs UNION SELECT closure FROM runs UNION SELECT closure FROM programs UNION SELECT blob FROM program_blobs
            UNION SELECT blob FROM tracked_artifacts UNION SELECT blob FROM prediction_files
            """,
            row => Digest.Parse(row.GetString(0)))).ToHashSet(), stop);

    public Task<IReadOnlyList<VersionName>> HoldersAsync(Digest blob, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<VersionName>>(async db => await db.AllAsync(
            "SELECT v.asset, v.number FROM version_blobs b JOIN versions v ON v.id = b.version WHERE b.blob = $1 ORDER BY v.asset, v.number",
            row => new VersionName(row.GetString(0), row.GetInt32(1)), blob), stop);

    public Task<Collection> CollectionAsync(CancellationToken stop) => SnapshotAsync(CollectionAsync, stop);

    public Task<Collection?> DoomAsync(IReadOnlyCollection<Digest> candidates, ProcessIdentity owner, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            var now = await CollectionAsync(db);
            if (now.Owner is { } other && other != owner && LivingProcess.IsAlive(other)) return null;
            var doomed = await db.RunAsync(
                """
                INSERT INTO doomed (blob) SELECT blob FROM unnest($1::text[]) blob
                WHERE NOT EXISTS (SELECT 1 FROM version_blobs v WHERE v.blob = blob.blob) AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.closure = blob.blob)
                  AND NOT EXISTS (SELECT 1 FROM program_blobs p WHERE p.blob = blob.blob) AND NOT EXISTS (SELECT 1 FROM programs p WHERE p.closure = blob.blob)
                  AND NOT EXISTS (SELECT 1 FROM tracked_artifacts a WHERE a.blob = blob.blob)
                  AND NOT EXISTS (SELECT 1 FROM prediction_files f WHERE f.blob = blob.blob)
                ON CONFLICT DO NOTHING
                """,
                candidates);
            if (doomed == 0 && now.Doomed.Count == 0) return now;
            await db.RunAsync("UPDATE store SET generation = generation + 1, collector = $1", Json(owner, RecordsJson.Default.ProcessIdentity));
            return await CollectionAsync(db);
        }, stop);

    public Task RemovedAsync(IReadOnlyCollection<Digest> removed, CancellationToken stop) =>
        DecideAsync(async db =>
        {
            await db.RunAsync("DELETE FROM doomed WHERE blob = ANY($1)", removed);
            return await db.RunAsync("UPDATE store SET collector = NULL WHERE collector IS NOT NULL AND NOT EXISTS (SELECT 1 FROM doomed)");
        }, stop);

    internal static async Task<Collection> CollectionAsync(Connection db)
    {
        var doomed = (await db.AllAsync("SELECT blob FROM doomed", row => Digest.Parse(row.GetString(0)))).ToHashSet();
        return await db.FirstAsync("SELECT generation, collector FROM store",
            row => new Collection(row.GetInt64(0), doomed, RecordOrNull(row, 1, RecordsJson.Default.ProcessIdentity)), new(0, doomed, null));
    }
}
