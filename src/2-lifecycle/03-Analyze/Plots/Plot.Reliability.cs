namespace Kumiki.Reports;

/// <summary>Rows of about one predicted probability, and how many of them were positive.</summary>
/// <param name="Predicted">Their mean prediction, in [0, 1].</param>
/// <param name="Observed">Their share of positives, in [0, 1].</param>
/// <param name="Low">The lower end of that share's interval.</param>
/// <param name="High">The upper end of that share's interval.</param>
sealed record ReliabilityPoint(double Predicted, double Observed, double Low, double High, long Rows);

/// <summary>Whether predicted probabilities come true: points on the diagonal do.</summary>
sealed record ReliabilityPlot(string Says, IReadOnlyList<ReliabilityPoint> Points)
{
    public required string Predicted { get; init; }
    public required string Observed { get; init; }
}

/// <summary>How a group's values lie.</summary>
/// <param name="Low">The lower whisker, such as the 5 % quantile.</param>
/// <param name="High">The upper whisker, such as the 95 % quantile.</param>
sealed record Box(string Label, double Low, double Q1, double Median, double Q3, double High, string? Text = null);

/// <summary>Boxes side by side, one a line.</summary>
sealed record BoxesPlot(string Says, IReadOnlyList<Box> Boxes)
{
    public string? Across { get; init; }
}

static partial class Plot
{
    public static string Reliability(ReliabilityPlot plot)
    {
        var canvas = new Canvas(Canvas.Width, 320, plot.Says);
        var area = new Area(34, Top, Canvas.Width - 10, 320 - Foot);
        var (x, y) = (new Scale(0, 1, area.Left, area.Right), new Scale(0, 1, area.Bottom, area.Top));
        area.Axes(canvas, x, y, Ticks.Of(x, 5), Ticks.Of(y, 5), plot.Predicted, plot.Observed);
        canvas.Line(x.At(0), y.At(0), x.At(1), y.At(1), "mark");
        var most = plot.Points.Select(p => p.Rows).DefaultIfEmpty(1).Max();
        canvas.Lines(plot.Points.Select(p => (x.At(p.Predicted), y.At(p.Observed))), "line1 thin");
        foreach (var point in plot.Points)
        {
            var at = x.At(point.Predicted);
            canvas.Line(at, y.At(point.Low), at, y.At(point.High), "whisker");
            canvas.Line(at - 4, y.At(point.Low), at + 4, y.At(point.Low), "whisker");
            canvas.Line(at - 4, y.At(point.High), at + 4, y.At(point.High), "whisker");
            canvas.Circle(at, y.At(point.Observed), 2.5 + 3 * Math.Sqrt(point.Rows / (double)most), "fill1",
                $"{Shown.Number(point.Predicted)} → {Shown.Number(point.Observed)} ({Shown.Count(point.Rows)})");
        }
        return canvas.ToString();
    }

    public static string Boxes(BoxesPlot plot)
    {
        const double high = 26;
        var canvas = new Canvas(Canvas.Width, plot.Boxes.Count * high + Foot + 4, plot.Says);
        var labels = Math.Min(plot.Boxes.Select(b => Shown.Width(b.Label) * Canvas.Size).DefaultIfEmpty(0).Max() + 10, 120);
        var area = new Area(labels, 4, Canvas.Width - 10, plot.Boxes.Count * high + 4);
        var finite = plot.Boxes.SelectMany(b => new[] { b.Low, b.High }).Where(double.IsFinite).DefaultIfEmpty(0).ToList();
        var x = Scale.Round(finite.Min(), finite.Max(), area.Left, area.Right);
        area.Axes(canvas, x, new(0, 1, area.Bottom, area.Top), Ticks.Of(x, 5), [], plot.Across, null);
        for (var i = 0; i < plot.Boxes.Count; i++)
        {
            var (box, middle) = (plot.Boxes[i], area.Top + (i + 0.5) * high);
            canvas.Text(labels - 6, middle + 4, box.Label, "label", "end", labels - 6);
            if (!double.IsFinite(box.Median)) continue;
            Whisker(canvas, x.At(box.Low), x.At(box.High), middle);
            canvas.Rectangle(x.At(box.Q1), middle - 8, Math.Max(x.At(box.Q3) - x.At(box.Q1), 1.5), 16, "box",
                box.Text ?? $"{box.Label}: {string.Join(" · ", new[] { box.Low, box.Q1, box.Median, box.Q3, box.High }.Select(v => Shown.Number(v)))}");
            canvas.Line(x.At(box.Median), middle - 8, x.At(box.Median), middle + 8, "median");
        }
        return canvas.ToString();
    }
}
