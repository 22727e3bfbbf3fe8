using System.Globalization;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>What Prometheus scrapes at <c>/metrics</c>: figures of the models, some of them under the names that Triton has for them too, and of the process.
/// In OpenMetrics where the scraper takes it, else in the text format 0.0.4.</summary>
sealed partial class MetricsDoor(ModelShelf shelf, EndpointShelf? endpoints, Predictions.PredictionLog? log, Operations operations, QueueWatch? queues = null)
{
    const string Plain = "text/plain; version=0.0.4; charset=utf-8", Open = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// <summary>So many versions have series of their own, those asked last: each has some 90.</summary>
    public const int MostVersions = 100;

    public Task Of(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Path != "/metrics" || !(HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))) return next(http);
        var open = TakesOpen(http.Request);
        http.Response.ContentType = open ? Open : Plain;
        http.Response.Headers.Vary = "Accept";
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.WriteAsync(Write(new(open)), http.RequestAborted);
    }

    /// <summary>Whether OpenMetrics is taken, and no less gladly than plain text.</summary>
    static bool TakesOpen(HttpRequest request)
    {
        var (open, plain) = (0.0, 0.0);
        foreach (var accepted in request.GetTypedHeaders().Accept)
        {
            var quality = accepted.Quality ?? 1;
            if (accepted.MediaType == "application/openmetrics-text") open = Math.Max(open, quality);
            else if (accepted.MediaType == "text/plain") plain = Math.Max(plain, quality);
        }
        return open > 0 && open >= plain;
    }

    string Write(MetricsText family)
    {
        // What is not used any more goes from the scrape, as a series does whose target is gone; asked again, it is back with all its counts.
        var shown = shelf.Figures.OrderByDescending(f => f.Value.LastUsed).Take(MostVersions).OrderBy(f => f.Key).ToList();
        var names = shown.Select(f => f.Key).ToHashSet();
        var all = shown.Select(f => (Labels: LabelsOf(f.Key), Figures: f.Value)).ToList();
        var memory = shelf.Loaded;
        var loaded = memory.Where(m => names.Contains(m.Version)).OrderBy(m => m.Version).Select(m => (Labels: LabelsOf(m.Version), Model: m)).ToList();

        family.Of("kumiki_inference_requests_total", "counter", "Requests by how they ended.");
        foreach (var (labels, figures) in all)
        {
            family.Add($"{labels},code=\"ok\"", figures.Answered);
            // Releases are of endpoints: no model is asked for by one.
            foreach (var fault in Enum.GetValues<InferenceFault>().Where(f => f != InferenceFault.Withdrawn))
                family.Add($"{labels},code=\"{CodeOf(fault)}\"", figures.Of(fault));
        }
        family.Of("kumiki_inference_refused_total", "counter", "Requests that reached no model: none such, not to be loaded, or the server stops.");
        foreach (var fault in (InferenceFault[])[InferenceFault.NotFound, InferenceFault.Unavailable])
            family.Add($"code=\"{CodeOf(fault)}\"", shelf.RefusedOf(fault));
        Each("kumiki_inference_rows_total", "Rows that were answered.", f => f.Rows);
        Each("kumiki_inference_runs_total", "Runs of the engine; one may answer several requests.", f => f.Runs);
        Histograms("kumiki_inference_duration_seconds", "From the request's last byte to its answer.", f => f.Total);
        Histograms("kumiki_inference_queue_seconds", "Waiting for a run.", f => f.Queue);
        Histograms("kumiki_inference_run_seconds", "Runs of the engine.", f => f.Run);
        Histograms("kumiki_inference_batch_rows", "Rows of a run.", f => f.Batches);
        family.Of("kumiki_inference_waiting", "gauge", "Requests that wait for a run.");
        foreach (var (labels, model) in loaded) family.Add(labels, model.Lane.Queued);
        family.Of("kumiki_inference_waiting_limit", "gauge", "Requests that may wait for a run.");
        foreach (var (labels, model) in loaded) family.Add(labels, model.Limits.Queue);
        family.Of("kumiki_inference_running", "gauge", "Runs under way.");
        foreach (var (labels, model) in loaded) family.Add(labels, model.Lane.Running);
        Each("kumiki_model_loads_total", "Times that a version came into the memory.", f => f.Loads);
        Each("kumiki_model_load_failures_total", "Times that a version could not be loaded.", f => f.LoadsFailed);
        family.Of("kumiki_model_unloadable", "gauge", "Versions whose last try to be loaded failed, within five minutes.");
        foreach (var version in shelf.Unloadable.Take(MostVersions)) family.Add(LabelsOf(version), 1);
        family.Of("kumiki_model_memory_bytes", "gauge", "Memory a model takes, as estimated.");
        foreach (var (labels, model) in loaded) family.Add(labels, model.Bytes);
        family.Of("kumiki_models_in_memory", "gauge", "Versions in memory.").Add("", memory.Count);
        family.Of("kumiki_models_evicted_total", "counter", "Versions that left the memory so that others could come.").Add("", shelf.Evicted);
        family.Of("kumiki_models_memory_bytes", "gauge", "Memory all models take, as estimated.").Add("", shelf.TakenBytes);
        family.Of("kumiki_models_memory_limit_bytes", "gauge", "Memory models may take.").Add("", shelf.Settings.MemoryBytes);

        if (endpoints is not null) Endpoints(family, endpoints);
        if (queues?.Last is { } look) Queues(family, look);
        family.Of("kumiki_connections", "gauge", "Connections that are open.").Add("", operations.Connections.Now);
        family.Of("kumiki_connections_limit", "gauge", "Connections that may be open.").Add("", operations.Connections.Most);
        if (operations.AccessLog is { } accessLog)
        {
            family.Of("kumiki_access_log_lines_total", "counter", "Lines of the access log.").Add("", accessLog.Written);
            family.Of("kumiki_access_log_dropped_total", "counter", "Lines that the access log had to leave out.").Add("", accessLog.Dropped);
        }
        if (log?.Counts is var (accepted, dropped))
        {
            family.Of("kumiki_prediction_log_accepted_total", "counter", "Predictions and outcomes that the log took.").Add("", accepted);
            family.Of("kumiki_prediction_log_dropped_total", "counter", "Predictions that the log had no room for, or could not write.").Add("", dropped);
        }

        Each("nv_inference_request_success", "Requests that were answered.", f => f.Answered);
        Each("nv_inference_request_failure", "Requests that were not.", f => f.Failed);
        Each("nv_inference_count", "Rows that were answered.", f => f.Rows);
        Each("nv_inference_exec_count", "Runs of the engine.", f => f.Runs);
        Each("nv_inference_request_duration_us", "Time of the requests that were answered.", f => f.TotalNs / 1000);
        Each("nv_inference_queue_duration_us", "Time they waited.", f => f.QueueNs / 1000);
        Each("nv_inference_compute_infer_duration_us", "Time of the runs.", f => f.RunNs / 1000);
        ProcessFigures.Write(family);
        return family.End();

        void Each(string name, string help, Func<ModelFigures, long> value)
        {
            family.Of(name, "counter", help);
            foreach (var (labels, figures) in all) family.Add(labels, value(figures));
        }

        void Histograms(string name, string help, Func<ModelFigures, Histogram> value)
        {
            family.Of(name, "histogram", help);
            foreach (var (labels, figures) in all) family.Add(labels, value(figures));
        }
    }

    static void Endpoints(MetricsText family, EndpointShelf endpoints)
    {
        var all = endpoints.Figures.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => (Labels: $"endpoint=\"{f.Key}\"", Figures: f.Value)).ToList();
        family.Of("kumiki_endpoint_requests_total", "counter", "Requests of an endpoint by how they ended.");
        foreach (var (labels, figures) in all)
        {
            family.Add($"{labels},code=\"ok\"", figures.Answered);
            foreach (var fault in Enum.GetValues<InferenceFault>()) family.Add($"{labels},code=\"{CodeOf(fault)}\"", figures.Of(fault));
        }
        family.Of("kumiki_endpoint_rows_total", "counter", "Rows that an endpoint answered.");
        foreach (var (labels, figures) in all) family.Add(labels, figures.Rows);
        family.Of("kumiki_endpoint_answers_total", "counter", "Rows by their answer, of the first sixty-four that came.");
        foreach (var (labels, figures) in all)
            foreach (var (answer, count) in figures.Answers.OrderBy(a => a.Key, StringComparer.Ordinal))
                family.Add($"{labels},answer=\"{Escaped(answer)}\"", count);
        family.Of("kumiki_endpoint_fallbacks_total", "counter", "Rows by what answered in the model's place.");
        foreach (var (labels, figures) in all)
            foreach (var (by, count) in figures.Fallbacks.OrderBy(a => a.Key, StringComparer.Ordinal))
                family.Add($"{labels},fallback=\"{Escaped(by)}\"", count);
        family.Of("kumiki_endpoint_duration_seconds", "histogram", "From the rows, once read, to the decision.");
        foreach (var (labels, figures) in all) family.Add(labels, figures.Total);
        State(family, endpoints);

        static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
    }

    static string LabelsOf(VersionName version) => $"model=\"{version.Asset}\",version=\"{version.Number.ToString(CultureInfo.InvariantCulture)}\"";

    internal static string CodeOf(InferenceFault fault) => fault switch
    {
        InferenceFault.BadRequest => "bad_request",
        InferenceFault.NotFound => "not_found",
        InferenceFault.Withdrawn => "withdrawn",
        InferenceFault.TooLarge => "too_large",
        InferenceFault.TooSlow => "too_slow",
        InferenceFault.QueueFull => "queue_full",
        InferenceFault.Unavailable => "unavailable",
        InferenceFault.DeadlineExceeded => "deadline",
        _ => "model_failed",
    };
}
