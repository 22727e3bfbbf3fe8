using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    /// <summary>No path holds a control character, so nothing lies between a path and the path with this behind it.</summary>
    const string Least = "\u0001";

    public Task<Collection?> KeepArtifactAsync(TrackedPath path, Blob blob, long generation, CancellationToken stop) => store.WriteAsync<Collection?>(db =>
    {
        var now = SqliteMetadataStore.Collection(db);
        if (now.Generation != generation || now.Doomed.Contains(blob.Content)) return now;
        var text = path.ToString();
        if (path.IsTop || First(db, text + "/", text + "0") is not null) throw Refusal.PathIsFolder(text);
        for (var slash = text.LastIndexOf('/'); slash > 0; slash = text.LastIndexOf('/', slash - 1))
            if (FileOf(db, text[..slash]) is not null) throw Refusal.PathBelowFile(text, text[..slash]);
        if (FileOf(db, text) is { } before)
        {
            if (before == blob) return null;
            CheckNotRegistered(db, text);
        }
        db.Query(
            """
            INSERT INTO tracked_artifacts (path, blob, bytes, modified) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET blob = excluded.blob, bytes = excluded.bytes, modified = excluded.modified
            """).Add(text).Add(blob.Content.Hex).Add(blob.Bytes).Add(Now).Run();
        return null;
    }, stop);

    public Task<Blob?> ArtifactAsync(TrackedPath path, CancellationToken stop) => store.ReadAsync(db => FileOf(db, path.ToString()), stop);

    public Task<IReadOnlyList<ArtifactEntry>> ArtifactsAsync(TrackedPath folder, CancellationToken stop) => store.ReadAsync(db =>
    {
        var (prefix, end) = folder.IsTop ? ("", "\U0010FFFF") : ($"{folder}/", $"{folder}0");       // 0 comes right behind the slash
        var entries = new List<ArtifactEntry>();
        // One seek an entry: what lies deeper in a folder is passed over, however much it is.
        for (var from = prefix; First(db, from, end) is var (path, bytes);)
        {
            var slash = path.IndexOf('/', prefix.Length);
            var name = slash < 0 ? path[prefix.Length..] : path[prefix.Length..slash];
            entries.Add(new(name, slash < 0 ? bytes : null));
            from = prefix + name + (slash < 0 ? Least : "0");
        }
        return (IReadOnlyList<ArtifactEntry>)entries;
    }, stop);

    public Task DeleteArtifactsAsync(TrackedPath path, CancellationToken stop) => store.WriteAsync(db =>
    {
        if (FileOf(db, path.ToString()) is null && First(db, $"{path}/", $"{path}0") is null) return;
        CheckNotRegistered(db, path.ToString());
        db.Query("DELETE FROM tracked_artifacts WHERE path = ?1").Add(path.ToString()).Run();
        db.Query("DELETE FROM tracked_artifacts WHERE path >= ?1 AND path < ?2").Add($"{path}/").Add($"{path}0").Run();
    }, stop);

    /// <summary>What a version was registered with stays as it is while that version is there.</summary>
    /// <exception cref="TrackingException">The path is below the files of a registered version, or has them below it.</exception>
    static void CheckNotRegistered(Connection db, string path)
    {
        for (var (above, more) = (path, true); more; above = more ? above[..above.LastIndexOf('/')] : above)
        {
            Check(db.Query(Registered + "v.storage = ?1").Add(TrackedPath.Root + above));
            more = above.Contains('/', StringComparison.Ordinal);
        }
        Check(db.Query(Registered + "v.storage >= ?1 AND v.storage < ?2").Add($"{TrackedPath.Root}{path}/").Add($"{TrackedPath.Root}{path}0"));

        void Check(Statement versions)
        {
            using (versions)
                if (versions.Next()) throw Refusal.PathRegistered(path, versions.Text(0), versions.Whole(1));
        }
    }

    const string Registered = "SELECT m.name, v.number FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE ";

    static Blob? FileOf(Connection db, string path)
    {
        using var rows = db.Query("SELECT blob, bytes FROM tracked_artifacts WHERE path = ?1").Add(path);
        return rows.Next() ? new(Digest.Parse(rows.Text(0)), rows.Whole(1)) : null;
    }

    static (string Path, long Bytes)? First(Connection db, string from, string end)
    {
        using var rows = db.Query("SELECT path, bytes FROM tracked_artifacts WHERE path >= ?1 AND path < ?2 ORDER BY path LIMIT 1").Add(from).Add(end);
        return rows.Next() ? (rows.Text(0), rows.Whole(1)) : null;
    }
}
