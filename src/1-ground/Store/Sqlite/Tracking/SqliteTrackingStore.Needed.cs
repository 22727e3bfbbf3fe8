using System.Globalization;
using Kumiki.Tracking;

namespace Kumiki.Store.Sqlite;

sealed partial class SqliteTrackingStore
{
    /// <summary>The tag of a registered version that names the asset's version which was made of it.</summary>
    const string AssetVersionTag = "kumiki.version";

    /// <summary>Whether what is to be deleted may go: not while a stage, a release that is or was live, or another version needs a version of it.</summary>
    /// <param name="of">Which registered versions belong to what is to be deleted: a condition over <c>v</c> with the mark ?1.</param>
    /// <param name="mark">The value of the mark.</param>
    /// <exception cref="TrackingException">One of them is needed; the sentence says by what.</exception>
    static void CheckNotNeeded(Connection db, string of, object mark)
    {
        var versions = new List<(string Name, long Number, VersionName Version)>();
        var query = db.Query(
            $"""
            SELECT m.name, v.number, coalesce(t.value, m.asset || '@' || v.number) FROM model_versions v
            JOIN registered_models m ON m.id = v.model
            LEFT JOIN model_version_tags t ON t.version = v.id AND t.key = '{AssetVersionTag}'
            WHERE {of} AND coalesce(t.value, m.asset) IS NOT NULL
            """);
        using (var rows = mark is long number ? query.Add(number) : query.Add((string)mark))
            while (rows.Next())
                if (VersionName.TryParse(rows.Text(2), null, out var version)) versions.Add((rows.Text(0), rows.Whole(1), version));
        foreach (var (name, registered, version) in versions)
            if (NeededBy(db, version) is { } needer) throw Refusal.Needed(name, registered, version, needer);
    }

    const string OfRun = "(v.run = ?1 OR v.logged_model IN (SELECT g.model FROM logged_models g WHERE g.run = ?1))";

    const string OfExperiment =
        """
        (v.run IN (SELECT r.uuid FROM tracked_runs r WHERE r.experiment = ?1)
          OR v.logged_model IN (SELECT g.model FROM logged_models g WHERE g.experiment = ?1))
        """;

    /// <summary>What needs a version of an asset: <c>staging</c>, <c>release 4</c>, <c>price@2</c>; null for nothing.</summary>
    static string? NeededBy(Connection db, VersionName version)
    {
        using (var stages = db.Query("SELECT stage FROM stages WHERE asset = ?1 AND number = ?2").Add(version.Asset).Add((long)version.Number))
            if (stages.Next()) return stages.Text(0);
        using (var releases = db.Query(
            """
            SELECT number FROM releases
            WHERE (live_at IS NOT NULL OR state <> 'Withdrawn') AND json_extract(record, '$.set."' || ?1 || '"') = ?2 ORDER BY number DESC LIMIT 1
            """).Add(version.Asset).Add((long)version.Number))
            if (releases.Next()) return string.Create(CultureInfo.InvariantCulture, $"release {releases.Whole(0)}");
        using var users = db.Query(
            "SELECT u.asset, u.number FROM version_inputs i JOIN versions u ON u.id = i.user WHERE i.asset = ?1 AND i.number = ?2 LIMIT 1")
            .Add(version.Asset).Add((long)version.Number);
        return users.Next() ? new VersionName(users.Text(0), (int)users.Whole(1)).ToString() : null;
    }
}
