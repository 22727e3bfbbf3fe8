namespace Kumiki.Tracking;

/// <summary>Says which block of its run a point is written to: the newest, until some thousand points are in it.</summary>
/// <remarks>What it knows is a guess that costs nothing when wrong: another process may write to the same run, a write may be rolled back, and blocks are then
/// a little larger or smaller. For any thread.</remarks>
sealed class PointBlocks
{
    internal const int Full = 4096;
    const int MostRuns = 4096;

    readonly Dictionary<long, (long Block, int Points)> newest = [];
    readonly Lock gate = new();

    /// <param name="points">How many are going to be written.</param>
    /// <returns>Null where nothing is known of the run: look, and ask with what was found.</returns>
    internal long? For(long run, int points)
    {
        lock (gate) return newest.TryGetValue(run, out var now) ? For(run, points, now) : null;
    }

    /// <param name="now">The run's newest block, and how many points are in it.</param>
    internal long For(long run, int points, (long Block, int Points) now)
    {
        lock (gate)
        {
            if (now.Points >= Full) now = (now.Block + 1, 0);
            if (newest.Count >= MostRuns) newest.Clear();
            newest[run] = (now.Block, now.Points + points);
            return now.Block;
        }
    }
}
