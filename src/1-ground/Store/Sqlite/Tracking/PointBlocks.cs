namespace Kumiki.Store.Sqlite;

/// <summary>Says which block of its run a point is written to: the newest, until some thousand points are in it.</summary>
/// <remarks>What it knows is a guess that costs nothing when wrong: another process may write to the same run, a write may be rolled back, and blocks are then
/// a little larger or smaller. For the one thread that writes.</remarks>
sealed class PointBlocks
{
    internal const int Full = 4096;
    const int MostRuns = 4096;

    readonly Dictionary<long, (long Block, int Points)> newest = [];

    /// <param name="points">How many are going to be written.</param>
    internal long For(Connection db, long run, int points)
    {
        if (!newest.TryGetValue(run, out var now)) now = Newest(db, run);
        if (now.Points >= Full) now = (now.Block + 1, 0);
        if (newest.Count >= MostRuns) newest.Clear();
        newest[run] = (now.Block, now.Points + points);
        return now.Block;
    }

    static (long Block, int Points) Newest(Connection db, long run)
    {
        if (Last(db, run) is not { } block) return (0, 0);
        using var rows = db.Query("SELECT count(*) FROM tracked_points WHERE run = ?1 AND block = ?2").Add(run).Add(block);
        rows.Next();
        return (block, (int)rows.Whole(0));
    }

    /// <summary>A run's newest block; null where it has no points.</summary>
    internal static long? Last(Connection db, long run)
    {
        using var rows = db.Query("SELECT max(block) FROM tracked_points WHERE run = ?1").Add(run);
        rows.Next();
        return rows.WholeOrNull(0);
    }
}
