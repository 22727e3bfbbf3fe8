using static Kumiki.Store.StoredRows;

namespace Kumiki.Store.Sqlite;

public sealed partial class SqliteMetadataStore
{
    /// <summary>What refers to a blob, in the order it is asked.</summary>
    const string RefersTo =
        """
        EXISTS (SELECT 1 FROM version_blobs v WHERE v.blob = ?1)
        OR EXISTS (SELECT 1 FROM runs r WHERE r.closure = ?1)
        OR EXISTS (SELECT 1 FROM program_blobs p WHERE p.blob = ?1)
        OR EXISTS (SELECT 1 FROM programs p WHERE p.closure = ?1)
        OR EXISTS (SELECT 1 FROM tracked_artifacts a WHERE a.blob = ?1)
        OR EXISTS (SELECT 1 FROM prediction_files f WHERE f.blob = ?1)
        """;

    public Task<Digest?> KnownOutsideAsync(string path, long bytes, long modifiedTicks, long inode, CancellationToken stop) =>
        ReadAsync(db => db.First("SELECT content FROM outside WHERE path = ?1 AND bytes = ?2 AND modified = ?3 AND inode = ?4",
            row => Digest.Parse(row.GetString(0)), (Digest?)null, path, bytes, modifiedTicks, inode), stop);

    public Task RememberOutsideAsync(IReadOnlyList<OutsideRead> files, CancellationToken stop) =>
        WriteAsync(db =>
        {
            foreach (var file in files)
                db.Run("INSERT OR REPLACE INTO outside (path, bytes, modified, inode, content) VALUES (?1, ?2, ?3, ?4, ?5)",
                    file.Path, file.Bytes, file.ModifiedTicks, file.Inode, file.Content);
        }, stop);

    public Task<Collection?> KeepProgramAsync(Digest closure, IReadOnlyCollection<Digest> files, long generation, CancellationToken stop) =>
        WriteAsync<Collection?>(db =>
        {
            if (db.Any("SELECT 1 FROM programs WHERE closure = ?1", closure))
            {
                db.Run("UPDATE programs SET kept = ?2 WHERE closure = ?1", closure, clock.GetUtcNow());
                return null;
            }
            var now = Collection(db);
            if (now.Generation != generation || now.Doomed.Contains(closure) || files.Any(now.Doomed.Contains)) return now;
            db.Run("INSERT INTO programs (closure, kept) VALUES (?1, ?2)", closure, clock.GetUtcNow());
            foreach (var file in files) db.Run("INSERT OR IGNORE INTO program_blobs (closure, blob) VALUES (?1, ?2)", closure, file);
            return null;
        }, stop);

    public Task<IReadOnlySet<Digest>> ReferencedAsync(CancellationToken stop) =>
        ReadManyAsync<IReadOnlySet<Digest>>(db => db.All(
            """
            SELECT blob FROM version_blobs UNION SELECT closure FROM runs UNION SELECT closure FROM programs UNION SELECT blob FROM program_blobs
            UNION SELECT blob FROM tracked_artifacts UNION SELECT blob FROM prediction_files
            """,
            row => Digest.Parse(row.GetString(0))).ToHashSet(), stop);

    public Task<IReadOnlyList<VersionName>> HoldersAsync(Digest blob, CancellationToken stop) =>
        ReadAsync<IReadOnlyList<VersionName>>(db => db.All(
            "SELECT v.asset, v.number FROM version_blobs b JOIN versions v ON v.id = b.version WHERE b.blob = ?1 ORDER BY v.asset, v.number",
            row => new VersionName(row.GetString(0), row.GetInt32(1)), blob), stop);

    public Task<Collection> CollectionAsync(CancellationToken stop) => ReadAsync(Collection, stop);

    public Task<Collection?> DoomAsync(IReadOnlyCollection<Digest> candidates, ProcessIdentity owner, CancellationToken stop) =>
        WriteAsync<Collection?>(db =>
        {
            var now = Collection(db);
            if (now.Owner is { } other && other != owner && LivingProcess.IsAlive(other)) return null;
            var unreferenced = candidates.Where(blob => !db.Any($"SELECT 1 WHERE {RefersTo}", blob)).ToList();
            if (unreferenced.Count == 0 && now.Doomed.Count == 0) return now;
            foreach (var blob in unreferenced) db.Run("INSERT OR IGNORE INTO doomed (blob) VALUES (?1)", blob);
            db.Run("UPDATE store SET generation = generation + 1, collector = ?1", Json(owner, RecordsJson.Default.ProcessIdentity));
            return Collection(db);
        }, stop);

    public Task RemovedAsync(IReadOnlyCollection<Digest> removed, CancellationToken stop) =>
        WriteAsync(db =>
        {
            foreach (var blob in removed) db.Run("DELETE FROM doomed WHERE blob = ?1", blob);
            db.Run("UPDATE store SET collector = NULL WHERE collector IS NOT NULL AND NOT EXISTS (SELECT 1 FROM doomed)");
        }, stop);

    internal static Collection Collection(Connection db)
    {
        var doomed = db.All("SELECT blob FROM doomed", row => Digest.Parse(row.GetString(0))).ToHashSet();
        return db.First("SELECT generation, collector FROM store",
            row => new Collection(row.GetInt64(0), doomed, RecordOrNull(row, 1, RecordsJson.Default.ProcessIdentity)), new(0, doomed, null));
    }
}
