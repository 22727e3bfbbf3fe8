using Kumiki.Tracking;

namespace Kumiki.Store.Postgres;

sealed partial class PostgresTrackingStore
{
    public Task<Collection?> KeepArtifactAsync(TrackedPath path, Blob blob, long generation, CancellationToken stop) =>
        store.DecideAsync<Collection?>(async db =>
        {
            var now = await PostgresMetadataStore.CollectionAsync(db);
            if (now.Generation != generation || now.Doomed.Contains(blob.Content)) return now;
            var text = path.ToString();
            if (path.IsTop || await HasBelowAsync(db, text)) throw Refusal.PathIsFolder(text);
            if (await db.FirstAsync("SELECT path FROM tracked_artifacts WHERE path = ANY($1) ORDER BY length(path) DESC LIMIT 1", row => row.GetString(0), null,
                Above(text)) is { } file) throw Refusal.PathBelowFile(text, file);
            if (await FileAsync(db, text) is { } before)
            {
                if (before == blob) return null;
                await CheckNotRegisteredAsync(db, text);
            }
            await db.RunAsync(
                """
                INSERT INTO tracked_artifacts (path, blob, bytes, modified) VALUES ($1, $2, $3, $4)
                ON CONFLICT (path) DO UPDATE SET blob = excluded.blob, bytes = excluded.bytes, modified = excluded.modified
                """, text, blob.Content, blob.Bytes, Now);
            return null;
        }, stop);

    public Task<Blob?> ArtifactAsync(TrackedPath path, CancellationToken stop) => store.ReadAsync(db => FileAsync(db, path.ToString()), stop);

    /// <remarks>One seek an entry: what lies deeper in a folder is passed over, however much it is.</remarks>
    public Task<IReadOnlyList<ArtifactEntry>> ArtifactsAsync(TrackedPath folder, CancellationToken stop)
    {
        var (prefix, end) = folder.IsTop ? ("", "\U0010FFFF") : ($"{folder}/", $"{folder}0");       // 0 comes right behind the slash
        return store.ReadAsync<IReadOnlyList<ArtifactEntry>>(async db => await db.AllAsync(
            """
            WITH RECURSIVE entry AS (
              (SELECT path, bytes FROM tracked_artifacts WHERE path >= $1 AND path < $2 ORDER BY path LIMIT 1)
              UNION ALL
              SELECT next.path, next.bytes FROM entry CROSS JOIN LATERAL (
                SELECT a.path, a.bytes FROM tracked_artifacts a WHERE a.path < $2 AND a.path >=
                  CASE position('/' IN substr(entry.path, length($1) + 1)) WHEN 0 THEN entry.path || chr(1)
                  ELSE $1 || split_part(substr(entry.path, length($1) + 1), '/', 1) || '0' END COLLATE "C"
                ORDER BY a.path LIMIT 1) next)
            SELECT substr(path, length($1) + 1), bytes FROM entry ORDER BY path
            """,
            row => row.GetString(0).Split('/', 2) is [var name, _] ? new ArtifactEntry(name, null) : new(row.GetString(0), row.GetInt64(1)),
            prefix, end), stop);
    }

    public Task DeleteArtifactsAsync(TrackedPath path, CancellationToken stop) => store.DecideAsync(async db =>
    {
        var text = path.ToString();
        if (await FileAsync(db, text) is null && !await HasBelowAsync(db, text)) return 0;
        await CheckNotRegisteredAsync(db, text);
        return await db.RunAsync("DELETE FROM tracked_artifacts WHERE path = $1 OR (path >= $2 AND path < $3)", text, $"{text}/", $"{text}0");
    }, stop);

    /// <summary>What a version was registered with stays as it is while that version is there.</summary>
    /// <exception cref="TrackingException">The path is below the files of a registered version, or has them below it.</exception>
    static async Task CheckNotRegisteredAsync(Connection db, string path)
    {
        var registered = await db.FirstAsync(
            """
            SELECT m.name, v.number FROM model_versions v JOIN registered_models m ON m.id = v.model
            WHERE octet_length(v.storage) <= 2650 AND (v.storage = ANY($1) OR (v.storage >= $2 AND v.storage < $3)) ORDER BY v.storage, v.number LIMIT 1
            """,
            row => ((string Name, long Version)?)(row.GetString(0), row.GetInt64(1)), null,
            Above(path).Append(path).Select(above => TrackedPath.Root + above), $"{TrackedPath.Root}{path}/", $"{TrackedPath.Root}{path}0");
        if (registered is var (name, version)) throw Refusal.PathRegistered(path, name, version);
    }

    /// <summary>The folders a path lies in.</summary>
    static IEnumerable<string> Above(string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1)) yield return path[..slash];
    }

    static Task<Blob?> FileAsync(Connection db, string path) => db.FirstAsync("SELECT blob, bytes FROM tracked_artifacts WHERE path = $1",
        row => new Blob(Digest.Parse(row.GetString(0)), row.GetInt64(1)), (Blob?)null, path);

    static Task<bool> HasBelowAsync(Connection db, string path) =>
        db.AnyAsync("SELECT 1 FROM tracked_artifacts WHERE path >= $1 AND path < $2 LIMIT 1", $"{path}/", $"{path}0");
}
