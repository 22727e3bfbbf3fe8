using System.Globalization;
using System.Text;
using Kumiki.Serving;

namespace Kumiki.Hosting;

/// <summary>Figures in Prometheus' text format 0.0.4, or in OpenMetrics 1.0 (github.com/prometheus/OpenMetrics), which has examples of traces beside
/// them.</summary>
/// <remarks>Bounds of histograms are written alike in both (<c>le="1.0"</c>), so that a series stays the same whichever a scraper asks for.</remarks>
sealed class MetricsText(bool open)
{
    readonly StringBuilder text = new(16 * 1024);
    string name = "", sample = "";

    /// <summary>Begins a family of figures.</summary>
    /// <param name="named">A counter's ends with <c>_total</c>; one that Triton named otherwise is of no kind for OpenMetrics.</param>
    public MetricsText Of(string named, string kind, string help)
    {
        (name, sample) = (named, named);
        if (open && kind == "counter")
        {
            if (named.EndsWith("_total", StringComparison.Ordinal)) name = named[..^"_total".Length];
            else kind = "unknown";
        }
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');
        return this;
    }

    public void Add(string labels, double value) => Add(labels, value, "", null);

    void Add(string labels, double value, string suffix, Exemplar? example)
    {
        text.Append(sample).Append(suffix);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value));
        if (open && example is not null)
            text.Append(" # {trace_id=\"").Append(example.Trace.ToHexString()).Append("\"} ").Append(Number(example.Value)).Append(' ')
                .Append(Number(example.At.ToUnixTimeMilliseconds() / 1000.0));
        text.Append('\n');
    }

    public void Add(string labels, Histogram histogram)
    {
        var (below, before) = (0L, labels.Length > 0 ? labels + "," : "");
        for (var at = 0; at < histogram.Bounds.Count; at++)
            Add($"{before}le=\"{Bound(histogram.Bounds[at])}\"", below += histogram[at], "_bucket", histogram.ExampleOf(at));
        below += histogram[histogram.Bounds.Count];
        Add($"{before}le=\"+Inf\"", below, "_bucket", histogram.ExampleOf(histogram.Bounds.Count));
        Add(labels, histogram.Sum, "_sum", null);
        Add(labels, below, "_count", null);
    }

    static string Bound(double bound) => double.IsInteger(bound) ? bound.ToString("F1", CultureInfo.InvariantCulture) : Number(bound);

    static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>All that was written.</summary>
    public string End() => text.Append(open ? "# EOF\n" : "").ToString();
}
