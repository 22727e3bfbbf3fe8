using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>The history of metrics.</summary>
static class MetricEndpoints
{
    const int MostRuns = 100, MostBulk = 25_000, MostSampled = 2500;

    internal static IEnumerable<TrackingEndpoint> All { get; } =
    [
        TrackingEndpoint.Get("metrics/get-history", HistoryAsync),
        TrackingEndpoint.Get("metrics/get-history-bulk", BulkAsync),
        TrackingEndpoint.Get("metrics/get-history-bulk-interval", SampledAsync),
        TrackingEndpoint.Get("server-info", call => call.AnswerAsync(json =>
        {
            json.WriteString("store_type", "SqlStore");
            json.WriteBoolean("workspaces_enabled", false);
        })),
    ];

    /// <summary>Without a limit, all of it: some clients know no pages.</summary>
    static async Task HistoryAsync(TrackingCall call)
    {
        var (run, key) = (RunEndpoints.Id(call), call.Fields.Text("metric_key"));
        var most = call.Fields.WholeOrNull("max_results") is null ? int.MaxValue - 1 : call.Fields.Most("max_results", 1, int.MaxValue - 1);
        var (points, next) = await SearchTokens.PageAsync(
            call.Fields, most, SearchTokens.Question("history", run, key), page => call.Store.HistoryAsync(run, key, page, call.Stop));
        await call.AnswerAsync(json =>
        {
            json.Objects("metrics", points, static (json, point) => json.Metric(point));
            json.TextOrNone("next_page_token", next);
        });
    }

    static async Task BulkAsync(TrackingCall call)
    {
        var key = call.Fields.Text("metric_key");
        await AnswerAsync(call, await call.Store.HistoryAsync(Runs(call, "run_id"), key, call.Fields.Most("max_results", MostBulk, MostBulk), call.Stop));
    }

    static async Task SampledAsync(TrackingCall call)
    {
        var (runs, key, most) = (Runs(call, "run_ids"), call.Fields.Text("metric_key"), call.Fields.Most("max_results", MostSampled, MostSampled));
        var (first, last) = (call.Fields.WholeOrNull("start_step"), call.Fields.WholeOrNull("end_step"));
        if (first is null != last is null) throw Fields.Bad(Message.Of("tracking.half-interval"));
        if (first > last) throw Fields.Bad(Message.Of("tracking.bad-interval", ("first", first), ("last", last)));
        await AnswerAsync(call, await call.Store.SampledAsync(runs, key, first is { } from ? (from, last!.Value) : null, most, call.Stop));
    }

    static IReadOnlyList<string> Runs(TrackingCall call, string name)
    {
        var runs = call.Fields.Texts(name);
        return runs.Count == 0 ? throw call.Fields.Missing(name)
            : runs.Count > MostRuns ? throw Fields.Bad(Message.Of("tracking.too-many", ("name", name), ("most", MostRuns), ("count", runs.Count)))
            : [.. runs.Select(TrackingRules.RunId).Distinct(StringComparer.Ordinal)];
    }

    static Task AnswerAsync(TrackingCall call, IReadOnlyList<MetricOfRun> points) =>
        call.AnswerAsync(json => json.Objects("metrics", points, static (json, point) => json.Metric(point.Point, point.Run)));
}
