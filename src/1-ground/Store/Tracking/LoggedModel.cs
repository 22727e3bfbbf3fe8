namespace Kumiki.Tracking;

/// <summary>How a logged model stands; the numbers are those of the protocol.</summary>
public enum LoggedModelStatus
{
    Pending = 1,
    Ready = 2,
    UploadFailed = 3,
}

/// <summary>A model as a run logged it, before or without its registration.</summary>
/// <param name="Id"><c>m-</c> and 32 hexadecimal digits.</param>
/// <param name="Location">Where its files are: a URI.</param>
/// <param name="Metrics">The newest point of each key and dataset, with the run that measured it.</param>
/// <param name="Registrations">The registered versions it is.</param>
public sealed record LoggedModel(
    string Id, long Experiment, string Name, string? Type, string? Run, LoggedModelStatus Status, string Location, long CreatedMs, long UpdatedMs, bool Deleted,
    IReadOnlyList<Entry> Params, IReadOnlyList<Entry> Tags, IReadOnlyList<MetricOfRun> Metrics, IReadOnlyList<(string Name, int Version)> Registrations);

/// <summary>A model to log.</summary>
public sealed record NewLoggedModel(long Experiment, string Name, string? Type, string? Run, IReadOnlyList<Entry> Params, IReadOnlyList<Entry> Tags);

/// <summary>Which data a metric of a logged model is about.</summary>
/// <param name="Digest">Null for any.</param>
public readonly record struct DatasetFilter(string Name, string? Digest);
