using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Hosting;

/// <summary>How the API writes its answers: camelCase names and enum values, ids and versions as people write them, numbers that are not finite as "NaN" or "Infinity".</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, Converters =
[
    typeof(CamelCase<AssetKind>), typeof(CamelCase<EdgeKind>), typeof(CamelCase<Severity>), typeof(CamelCase<RunState>), typeof(CamelCase<ReleaseState>), typeof(CamelCase<CheckKind>),
    typeof(CamelCase<Freshness>),
])]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(ProjectAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(GraphAnswer))]
[JsonSerializable(typeof(AssetList))]
[JsonSerializable(typeof(AssetAnswer))]
[JsonSerializable(typeof(VersionAnswer))]
[JsonSerializable(typeof(DiffAnswer))]
[JsonSerializable(typeof(RunList))]
[JsonSerializable(typeof(RunAnswer))]
[JsonSerializable(typeof(LogAnswer))]
[JsonSerializable(typeof(MetricsAnswer))]
[JsonSerializable(typeof(ProductionAnswer))]
[JsonSerializable(typeof(ReleaseList))]
[JsonSerializable(typeof(ReleaseAnswer))]
[JsonSerializable(typeof(StageHistory))]
[JsonSerializable(typeof(ChangeEvent))]
[JsonSerializable(typeof(string))]
sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>An enum's names in camelCase.</summary>
    internal sealed class CamelCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
        where T : struct, Enum;
}
