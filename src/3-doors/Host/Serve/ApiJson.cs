using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kumiki.Monitoring;
using Kumiki.Testing;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>How the API writes its answers: camelCase names and enum values, ids and versions as people write them, numbers that are not finite as "NaN" or
/// "Infinity".</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(EdgeTaken))]
[JsonSerializable(typeof(EdgeDevices))]
[JsonSerializable(typeof(ProjectAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(OverviewAnswer))]
[JsonSerializable(typeof(GraphAnswer))]
[JsonSerializable(typeof(AssetList))]
[JsonSerializable(typeof(AssetAnswer))]
[JsonSerializable(typeof(VersionAnswer))]
[JsonSerializable(typeof(DiffAnswer))]
[JsonSerializable(typeof(TableAnswer))]
[JsonSerializable(typeof(TrackedRows))]
[JsonSerializable(typeof(TrackedFiles))]
[JsonSerializable(typeof(TrackedSeries))]
[JsonSerializable(typeof(MakingAsked))]
[JsonSerializable(typeof(MakingAnswer))]
[JsonSerializable(typeof(CancelAsked))]
[JsonSerializable(typeof(RunLine))]
[JsonSerializable(typeof(StageAsked))]
[JsonSerializable(typeof(StageAnswer))]
[JsonSerializable(typeof(ReleaseAsked))]
[JsonSerializable(typeof(RollbackAsked))]
[JsonSerializable(typeof(ReleaseEndAnswer))]
[JsonSerializable(typeof(RunList))]
[JsonSerializable(typeof(RunAnswer))]
[JsonSerializable(typeof(LogAnswer))]
[JsonSerializable(typeof(MetricsAnswer))]
[JsonSerializable(typeof(ProductionAnswer))]
[JsonSerializable(typeof(ReleaseList))]
[JsonSerializable(typeof(ReleaseAnswer))]
[JsonSerializable(typeof(StageHistory))]
[JsonSerializable(typeof(ScheduleList))]
[JsonSerializable(typeof(ScheduleAnswer))]
[JsonSerializable(typeof(OccurrenceList))]
[JsonSerializable(typeof(OccurrenceAnswer))]
[JsonSerializable(typeof(RunAsked))]
[JsonSerializable(typeof(ScheduleAsked))]
[JsonSerializable(typeof(ChangeEvent))]
[JsonSerializable(typeof(ReportAnswer))]
[JsonSerializable(typeof(RowsAnswer))]
[JsonSerializable(typeof(ChosenAmong))]
[JsonSerializable(typeof(BoardList))]
[JsonSerializable(typeof(BoardAnswer))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(ActualsAnswer))]
[JsonSerializable(typeof(ForecastsAnswer))]
[JsonSerializable(typeof(ErrorsAnswer))]
[JsonSerializable(typeof(ChangesAnswer))]
[JsonSerializable(typeof(BoardGoal))]
[JsonSerializable(typeof(GoalList))]
[JsonSerializable(typeof(GoalAnswer))]
[JsonSerializable(typeof(ActivityList))]
[JsonSerializable(typeof(LoggedKeys))]
[JsonSerializable(typeof(CountAnswer))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonNode))]
[JsonSerializable(typeof(Predictions.LoggedPage))]
[JsonSerializable(typeof(Predictions.LoggedOne))]
[JsonSerializable(typeof(Predictions.SqlAnswer))]
[JsonSerializable(typeof(SqlAsked))]
[JsonSerializable(typeof(OutcomesAnswer))]
[JsonSerializable(typeof(QueueList))]
[JsonSerializable(typeof(QueueDetail))]
[JsonSerializable(typeof(MessageList))]
[JsonSerializable(typeof(DeadList))]
[JsonSerializable(typeof(DeadAsked))]
[JsonSerializable(typeof(DeadDone))]
[JsonSerializable(typeof(OperationsAnswer))]
[JsonSerializable(typeof(PredictionLogAnswer))]
[JsonSerializable(typeof(string))]
sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>The one way answers and problems are written.</summary>
    public static JsonSerializerOptions Written => field ??= Into(new(JsonSerializerDefaults.Web));

    public static JsonSerializerOptions Into(JsonSerializerOptions options)
    {
        options.TypeInfoResolverChain.Insert(0, Default);
        options.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;      // sent as JSON with nosniff: Japanese stays readable
        JsonConverter[] names =
        [
            new CamelCase<AssetKind>(), new CamelCase<EdgeKind>(), new CamelCase<Severity>(), new CamelCase<RunState>(), new CamelCase<ReleaseState>(),
            new CamelCase<CheckKind>(), new CamelCase<Freshness>(), new CamelCase<AttentionWeight>(), new CamelCase<OccurrenceState>(),
            new CamelCase<OccurrenceCause>(),
        ];
        foreach (var converter in names) options.Converters.Add(converter);
        return options;
    }

    sealed class CamelCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
        where T : struct, Enum;
}
