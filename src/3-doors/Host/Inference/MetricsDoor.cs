using System.Globalization;
using System.Text;
using Kumiki.Serving;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>What Prometheus scrapes at <c>/metrics</c>: figures of the models, in its text format 0.0.4, some of them under the names that Triton has for them
/// too.</summary>
static class MetricsDoor
{
    const string Type = "text/plain; version=0.0.4; charset=utf-8";

    public static Func<HttpContext, RequestDelegate, Task> Of(ModelShelf shelf) => (http, next) =>
    {
        if (http.Request.Path != "/metrics" || !(HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))) return next(http);
        http.Response.ContentType = Type;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.WriteAsync(Write(shelf), http.RequestAborted);
    };

    /// <summary>One family of figures: its name, what it counts, and its kind.</summary>
    sealed class Family(StringBuilder text)
    {
        string name = "";

        public Family Of(string named, string kind, string help)
        {
            name = named;
            text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');
            return this;
        }

        public void Add(string labels, double value, string suffix = "")
        {
            text.Append(name).Append(suffix);
            if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
            text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }

        public void Add(string labels, Histogram histogram)
        {
            var below = 0L;
            for (var at = 0; at < histogram.Bounds.Count; at++)
                Add($"{labels},le=\"{histogram.Bounds[at].ToString("R", CultureInfo.InvariantCulture)}\"", below += histogram[at], "_bucket");
            below += histogram[histogram.Bounds.Count];
            Add($"{labels},le=\"+Inf\"", below, "_bucket");
            Add(labels, histogram.Sum, "_sum");
            Add(labels, below, "_count");
        }
    }

    static string Write(ModelShelf shelf)
    {
        var text = new StringBuilder(4096);
        var family = new Family(text);
        var all = shelf.Figures.OrderBy(f => f.Key).Select(f => (Labels: LabelsOf(f.Key), Figures: f.Value)).ToList();
        var loaded = shelf.Loaded.OrderBy(m => m.Version).Select(m => (Labels: LabelsOf(m.Version), Model: m)).ToList();

        family.Of("kumiki_inference_requests_total", "counter", "Requests by how they ended.");
        foreach (var (labels, figures) in all)
        {
            family.Add($"{labels},code=\"ok\"", figures.Answered);
            foreach (var fault in Enum.GetValues<InferenceFault>())
                if (figures.Of(fault) is > 0 and var count) family.Add($"{labels},code=\"{CodeOf(fault)}\"", count);
        }
        Each("kumiki_inference_rows_total", "Rows that were answered.", f => f.Rows);
        Each("kumiki_inference_runs_total", "Runs of the engine; one may answer several requests.", f => f.Runs);
        Histograms("kumiki_inference_duration_seconds", "From the request's last byte to its answer.", f => f.Total);
        Histograms("kumiki_inference_queue_seconds", "Waiting for a run.", f => f.Queue);
        Histograms("kumiki_inference_run_seconds", "Runs of the engine.", f => f.Run);
        Histograms("kumiki_inference_batch_rows", "Rows of a run.", f => f.Batches);
        family.Of("kumiki_inference_waiting", "gauge", "Requests that wait for a run.");
        foreach (var (labels, model) in loaded) family.Add(labels, model.Lane.Queued);
        family.Of("kumiki_inference_running", "gauge", "Runs under way.");
        foreach (var (labels, model) in loaded) family.Add(labels, model.Lane.Running);
        family.Of("kumiki_model_memory_bytes", "gauge", "Memory a model takes, as estimated.");
        foreach (var (labels, model) in loaded) family.Add(labels, model.Bytes);
        family.Of("kumiki_models_in_memory", "gauge", "Versions in memory.").Add("", loaded.Count);
        family.Of("kumiki_models_memory_bytes", "gauge", "Memory all models take, as estimated.").Add("", shelf.TakenBytes);
        family.Of("kumiki_models_memory_limit_bytes", "gauge", "Memory models may take.").Add("", shelf.Settings.MemoryBytes);

        Each("nv_inference_request_success", "Requests that were answered.", f => f.Answered);
        Each("nv_inference_request_failure", "Requests that were not.", f => f.Failed);
        Each("nv_inference_count", "Rows that were answered.", f => f.Rows);
        Each("nv_inference_exec_count", "Runs of the engine.", f => f.Runs);
        Each("nv_inference_request_duration_us", "Time of the requests that were answered.", f => f.TotalNs / 1000);
        Each("nv_inference_queue_duration_us", "Time they waited.", f => f.QueueNs / 1000);
        Each("nv_inference_compute_infer_duration_us", "Time of the runs.", f => f.RunNs / 1000);
        return text.ToString();

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

    static string LabelsOf(VersionName version) => $"model=\"{version.Asset}\",version=\"{version.Number.ToString(CultureInfo.InvariantCulture)}\"";

    internal static string CodeOf(InferenceFault fault) => fault switch
    {
        InferenceFault.BadRequest => "bad_request",
        InferenceFault.NotFound => "not_found",
        InferenceFault.TooLarge => "too_large",
        InferenceFault.TooSlow => "too_slow",
        InferenceFault.QueueFull => "queue_full",
        InferenceFault.Unavailable => "unavailable",
        InferenceFault.DeadlineExceeded => "deadline",
        _ => "model_failed",
    };
}
