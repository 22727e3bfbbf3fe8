using Kumiki.Serving;

namespace Kumiki.Hosting;

sealed partial class MetricsDoor
{
    /// <summary>Of the endpoints that are live: models that rest, and answers that were computed before.</summary>
    static void State(MetricsText family, EndpointShelf endpoints)
    {
        if (endpoints.Seen is not { } live) return;
        var all = live.Endpoints.Values.OrderBy(e => e.Version.Asset, StringComparer.Ordinal).ToList();
        family.Of("kumiki_endpoint_release", "gauge", "The number of the release that answers.").Add("", live.Number);
        family.Of("kumiki_endpoint_resting", "gauge", "1 where a model of an endpoint failed so often that it is left alone for now.");
        foreach (var endpoint in all)
            foreach (var decision in endpoint.Decisions.DistinctBy(d => d.Model))
                family.Add($"endpoint=\"{endpoint.Version.Asset}\",{LabelsOf(decision.Model)}", decision.Breaker.IsOpen ? 1 : 0);

        var computed = all.Where(e => e.Precomputed is not null).Select(e => (Labels: $"endpoint=\"{e.Version.Asset}\"", Endpoint: e, Of: e.Precomputed!)).ToList();
        family.Of("kumiki_endpoint_precomputed_total", "counter", "Rows looked up among those computed before, by what came of them.");
        foreach (var (labels, endpoint, _) in computed)
            foreach (var end in Enum.GetValues<LookupEnd>())
                family.Add($"{labels},result=\"{PrecomputedLine.NameOf(end)}\"", endpoint.Figures.Precomputed.Of(end));
        family.Of("kumiki_endpoint_precomputed_rows", "gauge", "Rows that were computed before; 0 where they cannot be asked.");
        foreach (var (labels, _, of) in computed) family.Add(labels, of.Rows?.Rows ?? 0);
        family.Of("kumiki_endpoint_precomputed_bytes", "gauge", "Memory these rows take, as estimated.");
        foreach (var (labels, _, of) in computed) family.Add(labels, of.Rows?.Bytes ?? 0);
        family.Of("kumiki_endpoint_precomputed_age_seconds", "gauge", "Time since these rows were made.");
        foreach (var (labels, _, of) in computed)
            if (of.Rows is { } rows) family.Add(labels, Math.Round(endpoints.AgeOf(rows).TotalSeconds, 3));
        family.Of("kumiki_endpoint_precomputed_stale_after_seconds", "gauge", "Age from which these rows are stale.");
        foreach (var (labels, _, of) in computed)
            if (of.Plan.StaleSeconds is { } seconds) family.Add(labels, seconds);
    }
}
