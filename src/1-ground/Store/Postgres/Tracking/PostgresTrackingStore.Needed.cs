using System.Globalization;
using Kumiki.Tracking;

namespace Kumiki.Store.Postgres;

sealed partial class PostgresTrackingStore
{
    /// <summary>The tag of a registered version that names the asset's version which was made of it.</summary>
    const string AssetVersionTag = "kumiki.version";

    const string OfRun = "(v.run = $1 OR v.logged_model IN (SELECT g.model FROM logged_models g WHERE g.run = $1))";

    const string OfExperiment =
        """
        (v.run IN (SELECT r.uuid FROM tracked_runs r WHERE r.experiment = $1)
          OR v.logged_model IN (SELECT g.model FROM logged_models g WHERE g.experiment = $1))
        """;

    /// <summary>Whether what is to be deleted may go: not while a stage, a release that is or was live, or another version needs a version of it. Stages and
    /// releases are decided, and so this has to be.</summary>
    /// <param name="of">Which registered versions belong to what is to be deleted: a condition over <c>v</c> with the mark $1.</param>
    /// <param name="mark">The value of the mark.</param>
    /// <exception cref="TrackingException">One of them is needed; the sentence says by what.</exception>
    static async Task CheckNotNeededAsync(Connection db, string of, object mark)
    {
        var versions = await db.AllAsync(
            $"""
            SELECT m.name, v.number, coalesce(t.value, m.asset || '@' || v.number) FROM model_versions v
            JOIN registered_models m ON m.id = v.model
            LEFT JOIN model_version_tags t ON t.version = v.id AND t.key = '{AssetVersionTag}'
            WHERE {of} AND coalesce(t.value, m.asset) IS NOT NULL
            """, row => (Name: row.GetString(0), Number: row.GetInt64(1), Version: row.GetString(2)), mark);
        foreach (var (name, number, text) in versions)
            if (VersionName.TryParse(text, null, out var version) && await NeededByAsync(db, version) is { } needer)
                throw Refusal.Needed(name, number, version, needer);
    }

    /// <summary>What needs a version of an asset: <c>staging</c>, <c>release 4</c>, <c>price@2</c>; null for nothing.</summary>
    static async Task<string?> NeededByAsync(Connection db, VersionName version)
    {
        if (await db.FirstAsync("SELECT stage FROM stages WHERE asset = $1 AND number = $2 ORDER BY stage", row => row.GetString(0), null,
            version.Asset, version.Number) is { } stage) return stage;
        var release = await db.FirstAsync(
            """
            SELECT number FROM releases
            WHERE (live_at IS NOT NULL OR state <> 'Withdrawn') AND record::json -> 'set' ->> $1 = $2 ORDER BY number DESC LIMIT 1
            """, row => (int?)row.GetInt32(0), null, version.Asset, version.Number.ToString(CultureInfo.InvariantCulture));
        if (release is { } number) return string.Create(CultureInfo.InvariantCulture, $"release {number}");
        return await db.FirstAsync(
            "SELECT u.asset, u.number FROM version_inputs i JOIN versions u ON u.id = i.\"user\" WHERE i.asset = $1 AND i.number = $2 LIMIT 1",
            row => new VersionName(row.GetString(0), row.GetInt32(1)).ToString(), null, version.Asset, version.Number);
    }
}
