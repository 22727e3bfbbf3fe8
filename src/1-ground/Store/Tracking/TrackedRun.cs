namespace Kumiki.Tracking;

/// <summary>How a run stands; the numbers are those of the protocol.</summary>
public enum RunStatus
{
    Running = 1,
    Scheduled = 2,
    Finished = 3,
    Failed = 4,
    Killed = 5,
}

/// <summary>One point of a metric.</summary>
/// <param name="Value">Any double: not-a-number and infinities too.</param>
/// <param name="TimestampMs">Milliseconds since 1970, 0 or more.</param>
/// <param name="Step">May be negative, and come in any order.</param>
/// <param name="Model">The logged model it is about; null for none.</param>
/// <param name="Dataset">The dataset it was measured on; null for none.</param>
public readonly record struct LoggedMetric(string Key, double Value, long TimestampMs, long Step, string? Model = null, string? Dataset = null,
    string? DatasetDigest = null);

/// <summary>A point and the run it belongs to.</summary>
public readonly record struct MetricOfRun(string Run, LoggedMetric Point);

/// <summary>What a run is, without what it logged.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="User">Null where the client named none.</param>
/// <param name="StartedMs">Milliseconds since 1970; null where the client named none.</param>
/// <param name="Location">Where its artifacts are: a URI.</param>
public sealed record RunInfo(string Id, long Experiment, string Name, string? User, RunStatus Status, long? StartedMs, long? EndedMs, string Location,
    bool Deleted);

/// <summary>A run with what it logged.</summary>
/// <param name="Metrics">The newest point of each key, by (step, timestamp, value).</param>
public sealed record TrackedRun(
    RunInfo Info, IReadOnlyList<LoggedMetric> Metrics, IReadOnlyList<Entry> Params, IReadOnlyList<Entry> Tags,
    IReadOnlyList<DatasetInput> Datasets, IReadOnlyList<string> ModelInputs, IReadOnlyList<ModelOutput> ModelOutputs);

/// <summary>A run to begin.</summary>
/// <param name="Name">Also kept as the tag <c>mlflow.runName</c>.</param>
public sealed record NewRun(long Experiment, string Name, string? User, long? StartedMs, IReadOnlyList<Entry> Tags);

/// <summary>What to change of a run; null leaves it.</summary>
public sealed record RunChange(RunStatus? Status, long? EndedMs, string? Name);

/// <summary>What to write of a run in one step: parameters first, so that a conflict writes nothing, then metrics, then tags.</summary>
/// <param name="Params">No key twice. A key that has the value already is no conflict; with another one, all is refused.</param>
/// <param name="Tags">Of a key that comes twice, the last counts.</param>
public sealed record RunLog(IReadOnlyList<LoggedMetric> Metrics, IReadOnlyList<Entry> Params, IReadOnlyList<Entry> Tags);

/// <summary>Data a run read; within an experiment, name and digest say which.</summary>
/// <param name="Tags">Of this use of it; <c>mlflow.data.context</c> says what for.</param>
public sealed record DatasetInput(string Name, string Digest, string SourceType, string Source, string? Schema, string? Profile, IReadOnlyList<Entry> Tags);

/// <summary>A logged model that a run made.</summary>
public readonly record struct ModelOutput(string Model, long Step);

/// <summary>A dataset as a picker shows it.</summary>
public sealed record DatasetSummary(long Experiment, string Name, string Digest, string? Context);
