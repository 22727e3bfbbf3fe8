using System.Text.Json.Serialization;

namespace Kumiki.Store;

/// <summary>How records are written into columns. A property that is added to a record later must have a default, or a migration that fills it in.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(VersionRecord))]
[JsonSerializable(typeof(RunPlan))]
[JsonSerializable(typeof(RunEnvironment))]
[JsonSerializable(typeof(ProcessIdentity))]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(RunCost))]
[JsonSerializable(typeof(IReadOnlyList<InputUse>))]
[JsonSerializable(typeof(IReadOnlyList<OutsideRead>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, double>))]
[JsonSerializable(typeof(ReleaseRecord))]
[JsonSerializable(typeof(IReadOnlyList<StageMove>))]
[JsonSerializable(typeof(OccurrenceProgress))]
[JsonSerializable(typeof(Queues.StreamSign))]
sealed partial class RecordsJson : JsonSerializerContext;
