using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Client;

/// <summary>Answers as they come over the wire; one record for all, since a field has one meaning wherever it stands.</summary>
sealed record WireAnswer
{
    public string? ErrorCode { get; init; }
    public string? Message { get; init; }
    public string? NextPageToken { get; init; }
    public string? ExperimentId { get; init; }
    public WireExperiment? Experiment { get; init; }
    public IReadOnlyList<WireExperiment>? Experiments { get; init; }
    public WireRun? Run { get; init; }
    public IReadOnlyList<WireRun>? Runs { get; init; }
    public IReadOnlyList<WireMetric>? Metrics { get; init; }
    public WireModel? RegisteredModel { get; init; }
    public IReadOnlyList<WireModel>? RegisteredModels { get; init; }
    public WireVersion? ModelVersion { get; init; }
    public IReadOnlyList<WireVersion>? ModelVersions { get; init; }
    public string? ArtifactUri { get; init; }
    public IReadOnlyList<WireFile>? Files { get; init; }
    public string? UploadId { get; init; }
    public IReadOnlyList<WireCredential>? Credentials { get; init; }
}

sealed record WireEntry(string Key, string? Value);

sealed record WireExperiment(string ExperimentId, string Name, string? ArtifactLocation, string? LifecycleStage, IReadOnlyList<WireEntry>? Tags)
{
    internal Experiment Read() => new(ExperimentId, Name, ArtifactLocation ?? "", LifecycleStage == "deleted", WireAnswers.Map(Tags));
}

sealed record WireMetric(string Key, double Value, long Timestamp, long Step)
{
    internal LoggedPoint Read() => new(Key, Value, Step, DateTimeOffset.FromUnixTimeMilliseconds(Timestamp));
}

sealed record WireInfo(string RunId, string? RunName, string ExperimentId, string? Status, long? StartTime, long? EndTime, string? ArtifactUri,
    string? LifecycleStage);

sealed record WireData(IReadOnlyList<WireMetric>? Metrics, IReadOnlyList<WireEntry>? Params, IReadOnlyList<WireEntry>? Tags);

sealed record WireRun(WireInfo Info, WireData? Data)
{
    internal Run Read() => new(Info.RunId, Info.RunName ?? "", Info.ExperimentId,
        Enum.TryParse<RunStatus>(Info.Status, ignoreCase: true, out var status) ? status : RunStatus.Running, WireAnswers.Time(Info.StartTime),
        WireAnswers.Time(Info.EndTime), Info.ArtifactUri ?? "", Info.LifecycleStage == "deleted",
        Data?.Metrics?.ToDictionary(m => m.Key, m => m.Value) ?? [], WireAnswers.Map(Data?.Params), WireAnswers.Map(Data?.Tags));
}

sealed record WireAlias(string Alias, int Version);

sealed record WireModel(string Name, string? Description, IReadOnlyList<WireAlias>? Aliases, IReadOnlyList<WireEntry>? Tags)
{
    internal RegisteredModel Read() => new(Name, Description ?? "", Aliases?.ToDictionary(a => a.Alias, a => a.Version) ?? [], WireAnswers.Map(Tags));
}

sealed record WireVersion(string Name, int Version, string? Source, string? RunId, string? CurrentStage, string? Description, long CreationTimestamp,
    IReadOnlyList<string>? Aliases, IReadOnlyList<WireEntry>? Tags)
{
    internal ModelVersion Read() => new(Name, Version, Source ?? "", RunId ?? "", CurrentStage ?? "None", Description ?? "",
        DateTimeOffset.FromUnixTimeMilliseconds(CreationTimestamp), Aliases ?? [], WireAnswers.Map(Tags));
}

sealed record WireFile(string Path, bool IsDir, long? FileSize);

sealed record WireCredential(string Url, int PartNumber, IReadOnlyDictionary<string, string>? Headers);

/// <summary>Whole numbers may come as texts, and doubles that are no numbers do.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(WireAnswer))]
sealed partial class WireAnswers : JsonSerializerContext
{
    internal static WireAnswer? Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Default.WireAnswer);

    internal static DateTimeOffset? Time(long? milliseconds) => milliseconds is > 0 and var at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    internal static IReadOnlyDictionary<string, string> Map(IReadOnlyList<WireEntry>? entries) =>
        entries?.ToDictionary(e => e.Key, e => e.Value ?? "") ?? [];
}
