namespace Kumiki.Client;

/// <summary>A set of runs that are compared with each other.</summary>
/// <param name="ArtifactLocation">Where its runs' artifacts go: <c>mlflow-artifacts:/7</c>.</param>
public sealed record Experiment(string Id, string Name, string ArtifactLocation, bool IsDeleted, IReadOnlyDictionary<string, string> Tags);

/// <summary>How a run stands.</summary>
public enum RunStatus
{
    Running = 1,
    Scheduled = 2,
    Finished = 3,
    Failed = 4,
    Killed = 5,
}

/// <summary>A run as it was when it was read.</summary>
/// <param name="Metrics">The newest value of each: that of the highest step. NaN and infinities as they are.</param>
public sealed record Run(string Id, string Name, string ExperimentId, RunStatus Status, DateTimeOffset? Started, DateTimeOffset? Ended, string ArtifactUri,
    bool IsDeleted, IReadOnlyDictionary<string, double> Metrics, IReadOnlyDictionary<string, string> Parameters, IReadOnlyDictionary<string, string> Tags);

/// <summary>One point of a metric.</summary>
/// <param name="At">To the millisecond.</param>
public readonly record struct LoggedPoint(string Key, double Value, long Step, DateTimeOffset At);

/// <summary>A file or folder among artifacts.</summary>
/// <param name="Path">From the run's root, names divided by slashes.</param>
/// <param name="Bytes">Null for a folder.</param>
public sealed record ArtifactFile(string Path, long? Bytes);

/// <summary>A model of the registry.</summary>
/// <param name="Aliases">Which version each names.</param>
public sealed record RegisteredModel(string Name, string Description, IReadOnlyDictionary<string, int> Aliases, IReadOnlyDictionary<string, string> Tags);

/// <summary>A version of a registered model.</summary>
/// <param name="Source">Where its files are.</param>
/// <param name="RunId">The run that made it; empty where none was named.</param>
public sealed record ModelVersion(string Name, int Number, string Source, string RunId, string Stage, string Description, DateTimeOffset Created,
    IReadOnlyList<string> Aliases, IReadOnlyDictionary<string, string> Tags);

/// <summary>What a logged value is.</summary>
public enum LoggedKind
{
    Metric,
    Parameter,
    Tag,
}

/// <summary>A value that was given to be logged.</summary>
/// <param name="Text">Of a parameter or tag; empty for a metric.</param>
/// <param name="Number">Of a metric.</param>
/// <param name="TimestampMs">When a metric was measured, in milliseconds since 1970.</param>
public readonly record struct LoggedValue(LoggedKind Kind, string Key, string Text, double Number, long Step, long TimestampMs)
{
    public override string ToString() => Kind == LoggedKind.Metric
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"metric {Key} = {Number} at step {Step}")
        : $"{(Kind == LoggedKind.Parameter ? "parameter" : "tag")} {Key} = {(Text.Length <= 80 ? Text : Text[..80] + "…")}";
}
