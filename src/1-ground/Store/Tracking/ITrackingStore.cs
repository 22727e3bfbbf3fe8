namespace Kumiki.Tracking;

/// <summary>Where clients' experiments, runs, models and artifacts are kept. Every write is durable when its task ends, and is all or nothing.</summary>
/// <remarks>Keys, lengths and numbers are checked by the caller. Whatever is not there, is there already or is deleted is said by a
/// <see cref="TrackingException"/>.</remarks>
public partial interface ITrackingStore
{
    // ── experiments ──

    /// <param name="location">Null puts it below <see cref="TrackedPath.Root"/>, named by its number.</param>
    /// <exception cref="TrackingException">The name is taken, by a deleted one perhaps.</exception>
    Task<long> CreateExperimentAsync(string name, string? location, IReadOnlyList<Entry> tags, CancellationToken stop);

    Task<Experiment> ExperimentAsync(long id, CancellationToken stop);
    Task<Experiment> ExperimentAsync(string name, CancellationToken stop);

    /// <summary>Deletes an experiment with all its runs, or brings them back.</summary>
    /// <exception cref="TrackingException">It is not there, or not to be deleted or restored as it stands.</exception>
    Task DeleteExperimentAsync(long id, bool deleted, CancellationToken stop);

    Task RenameExperimentAsync(long id, string name, CancellationToken stop);
    Task SetExperimentTagAsync(long id, Entry tag, CancellationToken stop);
    Task DeleteExperimentTagAsync(long id, string key, CancellationToken stop);
    Task<IReadOnlyList<Experiment>> SearchExperimentsAsync(Search search, ViewType view, Page page, CancellationToken stop);

    // ── runs ──

    Task<TrackedRun> CreateRunAsync(NewRun run, CancellationToken stop);
    Task<TrackedRun> RunAsync(string run, CancellationToken stop);
    Task<RunInfo> UpdateRunAsync(string run, RunChange change, CancellationToken stop);

    /// <summary>Deletes a run or brings it back; again is no error.</summary>
    Task DeleteRunAsync(string run, bool deleted, CancellationToken stop);

    /// <exception cref="TrackingException">No such run, or a deleted one, or a parameter that has another value.</exception>
    Task LogAsync(string run, RunLog log, CancellationToken stop);

    Task DeleteRunTagAsync(string run, string key, CancellationToken stop);

    /// <summary>Reads a tag and writes what becomes of it, in one step.</summary>
    /// <param name="next">From the tag's value, null where there is none; may be called more than once.</param>
    Task ChangeRunTagAsync(string run, string key, Func<string?, string> next, CancellationToken stop);

    /// <summary>Links data and models a run read; a link that is there already keeps its tags.</summary>
    Task LogInputsAsync(string run, IReadOnlyList<DatasetInput> datasets, IReadOnlyList<string> models, CancellationToken stop);
    Task LogOutputsAsync(string run, IReadOnlyList<ModelOutput> models, CancellationToken stop);

    /// <param name="experiments">None: no runs.</param>
    Task<IReadOnlyList<TrackedRun>> SearchRunsAsync(IReadOnlyList<long> experiments, Search search, ViewType view, Page page, CancellationToken stop);

    /// <summary>At most 1,000 different datasets of some experiments.</summary>
    Task<IReadOnlyList<DatasetSummary>> DatasetsAsync(IReadOnlyList<long> experiments, CancellationToken stop);

    // ── metric history ──

    /// <summary>A metric's points by timestamp, step, value; empty for a key that was not logged.</summary>
    Task<IReadOnlyList<LoggedMetric>> HistoryAsync(string run, string key, Page page, CancellationToken stop);

    /// <summary>A metric's points of several runs, each by timestamp, step, value.</summary>
    /// <param name="most">Points in all.</param>
    Task<IReadOnlyList<MetricOfRun>> HistoryAsync(IReadOnlyList<string> runs, string key, int most, CancellationToken stop);

    /// <summary>A metric's points of several runs at evenly drawn steps, the same for all, and at each run's first and last.</summary>
    /// <param name="steps">Only from the first to the last of these; null for all.</param>
    /// <param name="most">Steps drawn.</param>
    Task<IReadOnlyList<MetricOfRun>> SampledAsync(IReadOnlyList<string> runs, string key, (long First, long Last)? steps, int most, CancellationToken stop);
}
