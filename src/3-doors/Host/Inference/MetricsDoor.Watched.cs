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
            foreach (var model in endpoint.Decisions.SelectMany(d => d.Models.Select(m => (Model: m, d.Breaker.IsOpen))).GroupBy(m => m.Model))
                family.Add($"endpoint=\"{endpoint.Version.Asset}\",{LabelsOf(model.Key)}", model.Any(m => m.IsOpen) ? 1 : 0);

        var computed = all.Where(e => e.Precomputed is not null)
            .Select(e => (Labels: $"endpoint=\"{e.Version.Asset}\"", Endpoint: e, Of: e.Precomputed!)).ToList();
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

    /// <summary>Without a sign for so long a stream has no series any more.</summary>
    static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(15);

    /// <summary>Of queues and streams, as they were seen last.</summary>
    static void Queues(MetricsText family, QueueLook look)
    {
        family.Of("kumiki_queues_unseen", "gauge", "1 while queues cannot be looked at.").Add("", look.Trouble is null ? 0 : 1);
        family.Of("kumiki_queue_ready", "gauge", "Messages that can be taken.");
        foreach (var one in look.Queues) family.Add(Of(one), one.Figures.Ready);
        family.Of("kumiki_queue_held", "gauge", "Messages that are taken, or rest.");
        foreach (var one in look.Queues)
            if (one.Figures.Held is { } held) family.Add(Of(one), held);
        family.Of("kumiki_queue_dead", "gauge", "Dead letters.");
        foreach (var one in look.Queues) family.Add(Of(one), one.Figures.Dead);
        family.Of("kumiki_queue_oldest_age_seconds", "gauge", "Age of the oldest message; 0 where there is none.");
        foreach (var one in look.Queues.Where(q => q.Counts is not null))
            family.Add(Of(one), one.Figures.Oldest is { } oldest ? Math.Max(0, (look.At - oldest).TotalSeconds) : 0);
        family.Of("kumiki_queue_messages_total", "counter", "What became of messages: put, taken, done, given back, given up.");
        foreach (var one in look.Queues)
        {
            if (one.Counts is not { } counts) continue;
            foreach (var (what, count) in new[]
                { ("put", counts.Put), ("taken", counts.Taken), ("done", counts.Done), ("back", counts.Back), ("dead", counts.Dead) })
                family.Add($"{Of(one)},what=\"{what}\"", count);
        }
        var streams = look.Streams.Where(s => !s.Ended && look.At - s.Seen < Forgotten).Take(QueueWatch.MostQueues).Select(s =>
            (Labels: $"endpoint=\"{s.Endpoint}\",from=\"{s.From}\",to=\"{s.To}\",stream=\"{s.Id[..Math.Min(8, s.Id.Length)]}\"", Of: s)).ToList();
        family.Of("kumiki_stream_messages_total", "counter", "Messages of a stream by what became of them.");
        foreach (var (labels, of) in streams)
            foreach (var (what, count) in new[] { ("answered", of.Answered), ("dead", of.Dead), ("again", of.Again), ("lost", of.Lost) })
                family.Add($"{labels},what=\"{what}\"", count);
        family.Of("kumiki_stream_waits", "gauge", "1 while a stream cannot ask its endpoint.");
        foreach (var (labels, of) in streams) family.Add(labels, of.Waits is null ? 0 : 1);
        family.Of("kumiki_stream_sign_age_seconds", "gauge", "Time since a stream gave a sign of life.");
        foreach (var (labels, of) in streams) family.Add(labels, Math.Max(0, Math.Round((look.At - of.Seen).TotalSeconds, 3)));

        static string Of(SeenQueue seen) => $"queue=\"{seen.Figures.Queue}\"";
    }
}
