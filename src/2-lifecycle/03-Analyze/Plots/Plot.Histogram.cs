namespace Kumiki.Reports;

/// <summary>How often values fall between edges.</summary>
/// <param name="Says">What it shows, in a sentence.</param>
/// <param name="Edges">[n + 1], rising.</param>
/// <param name="Counts">[n].</param>
sealed record HistogramPlot(string Says, IReadOnlyList<double> Edges, IReadOnlyList<long> Counts)
{
    /// <summary>The edges are equal ratios apart, all above 0.</summary>
    public bool IsLog { get; init; }

    /// <summary>Edges are days since 1970-01-01.</summary>
    public bool IsDate { get; init; }
    public string? Across { get; init; }
    public string? Up { get; init; }

    /// <summary>Places to point out, such as a median or a threshold.</summary>
    public IReadOnlyList<(double At, string Text)> Marks { get; init; } = [];
}

/// <summary>Pictures of numbers: each a pure function from a small record to SVG text.</summary>
/// <remarks>Colours, light and dark, come from the style of <see cref="ReportPage"/>; nothing is told by colour alone. Text is at least 10 px on a screen of
/// 360 px.</remarks>
static partial class Plot
{
    const double Top = 24, Foot = 36;

    public static string Histogram(HistogramPlot plot)
    {
        var canvas = new Canvas(Canvas.Width, 210, plot.Says);
        var most = plot.Counts.DefaultIfEmpty(0).Max();
        var upTicks = Ticks.Of(Scale.Round(0, Math.Max(most, 1), 0, 1, 4), 4).Where(t => t.At == Math.Floor(t.At)).ToList();
        var area = new Area(Area.LeftOf(upTicks), Top, Canvas.Width - 6, 210 - Foot);
        var y = Scale.Round(0, Math.Max(most, 1), area.Bottom, area.Top, 4);
        var (low, high) = plot.Edges.Count > 1 ? (plot.Edges[0], plot.Edges[^1]) : (0, 1);
        var x = new Scale(low, high > low ? high : low + 1, area.Left, area.Right, plot.IsLog);
        area.Axes(canvas, x, y, plot.IsDate ? Ticks.Dates(x, 5) : Ticks.Of(x, 5), upTicks, plot.Across, plot.Up);
        for (var i = 0; i < plot.Counts.Count; i++)
        {
            var (left, right) = (x.At(plot.Edges[i]), x.At(plot.Edges[i + 1]));
            if (plot.Counts[i] == 0) continue;
            var height = Math.Max(area.Bottom - y.At(plot.Counts[i]), 1);      // what is there is seen
            var gap = right - left > 4 ? 0.6 : 0;
            canvas.Rectangle(left + gap, area.Bottom - height, right - left - 2 * gap, height, "fill1", plot.IsDate ? Shown.Count(plot.Counts[i])
                : $"{Shown.Number(plot.Edges[i])} … {Shown.Number(plot.Edges[i + 1])}: {Shown.Count(plot.Counts[i])}");
        }
        foreach (var (at, text) in plot.Marks) Mark(canvas, area, x.At(at), text);
        return canvas.ToString();
    }

    static void Mark(Canvas canvas, Area area, double at, string text)
    {
        if (at < area.Left - 0.5 || at > area.Right + 0.5) return;
        canvas.Line(at, area.Top, at, area.Bottom, "mark");
        var isRight = at > (area.Left + area.Right) / 2;
        canvas.Text(at + (isRight ? -4 : 4), area.Top + 9, text, "label over", isRight ? "end" : "start", isRight ? at - area.Left : area.Right - at);
    }
}
