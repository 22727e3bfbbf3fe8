namespace Kumiki.Tracking;

public partial interface ITrackingStore
{
    /// <summary>What became of some experiments; one that is not there is left out.</summary>
    Task<IReadOnlyList<ExperimentActivity>> ActivityAsync(IReadOnlyList<long> experiments, CancellationToken stop);

    /// <summary>The different keys that runs of some experiments logged, those of deleted runs too, in the order of their characters.</summary>
    /// <param name="most">Of each kind, of each experiment.</param>
    Task<LoggedKeys> KeysAsync(IReadOnlyList<long> experiments, int most, CancellationToken stop);

    /// <summary>How many runs a search finds, whatever its order.</summary>
    Task<long> CountRunsAsync(IReadOnlyList<long> experiments, Search search, ViewType view, CancellationToken stop);
}

/// <summary>How much there is of an experiment.</summary>
/// <param name="Runs">That are not deleted.</param>
/// <param name="DeletedRuns">That can be restored.</param>
/// <param name="NewestMs">When its newest run began: milliseconds since 1970; null where it has none that says so.</param>
public sealed record ExperimentActivity(long Experiment, long Runs, long DeletedRuns, long? NewestMs);

/// <summary>Names to choose columns from, and to complete a filter with.</summary>
public sealed record LoggedKeys(IReadOnlyList<string> Metrics, IReadOnlyList<string> Params, IReadOnlyList<string> Tags);
