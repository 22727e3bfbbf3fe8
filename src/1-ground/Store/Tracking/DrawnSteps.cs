namespace Kumiki.Tracking;

/// <summary>Which steps of a metric to show of several runs: evenly drawn ones, the same for all, and each run's first and last.</summary>
static class DrawnSteps
{
    /// <param name="steps">Of each run, in any order; a step may come again.</param>
    /// <param name="most">Steps drawn.</param>
    internal static HashSet<long> Of(IEnumerable<IReadOnlyList<long>> steps, int most)
    {
        var (all, drawn) = (new SortedSet<long>(), new HashSet<long>());
        foreach (var run in steps)
        {
            if (run.Count == 0) continue;
            all.UnionWith(run);
            drawn.Add(run.Min());
            drawn.Add(run.Max());
        }
        if (all.Count <= most) return [.. all];
        foreach (var (i, step) in all.Index())
            if (i * (long)most / all.Count != (i - 1L) * most / all.Count || i == 0) drawn.Add(step);
        return drawn;
    }
}
