namespace Kumiki.Reports;

/// <summary>One bar.</summary>
/// <param name="Text">What stands at its end; null: the value.</param>
/// <param name="Low">The lower end of its interval.</param>
/// <param name="High">The upper end of its interval.</param>
sealed record Bar(string Label, double Value, string? Text = null, double? Low = null, double? High = null)
{
    /// <summary>Which of the six colours it has, from 1.</summary>
    public int Colour { get; init; } = 1;

    /// <summary>Single values to strew along the bar, such as one row's SHAP values; Share in [0, 1] shades each by the feature's own value.</summary>
    public IReadOnlyList<(double Value, double Share)> Points { get; init; } = [];
}

/// <summary>Level bars with labels at the left; values below 0 go to the left of the line.</summary>
sealed record BarsPlot(string Says, IReadOnlyList<Bar> Bars)
{
    /// <summary>The end of the axis where it is known, such as 1 for shares.</summary>
    public double? Most { get; init; }
    public string? Across { get; init; }
}

/// <summary>From a base to a sum, step by step.</summary>
/// <param name="Base">Where it begins, such as the mean prediction.</param>
/// <param name="Steps">What each adds.</param>
sealed record WaterfallPlot(string Says, string BaseLabel, double Base, IReadOnlyList<Bar> Steps, string SumLabel);

static partial class Plot
{
    const double Row = 22;

    public static string Bars(BarsPlot plot)
    {
        var (low, high) = Reach(plot.Bars.SelectMany(b => new[] { b.Value, b.Low ?? b.Value, b.High ?? b.Value }.Concat(b.Points.Select(p => p.Value))),
            plot.Most);
        var foot = plot.Across is null ? 6 : 20;
        var canvas = new Canvas(Canvas.Width, plot.Bars.Count * Row + 4 + foot, plot.Says);
        var (area, x) = Level(plot.Bars, low, high);
        var zero = x.At(0);
        for (var i = 0; i < plot.Bars.Count; i++)
        {
            var (bar, top) = (plot.Bars[i], 2 + i * Row);
            var text = bar.Text ?? Shown.Number(bar.Value);
            Label(canvas, area, top, bar.Label);
            var at = x.At(bar.Value);
            canvas.Rectangle(Math.Min(zero, at), top + 4, Math.Max(Math.Abs(at - zero), bar.Value == 0 ? 0 : 1), Row - 8, $"fill{bar.Colour}",
                $"{bar.Label}: {text}", bar.Points.Count > 0 ? 0.25 : null);
            foreach (var (value, share, place) in bar.Points.Select((p, n) => (p.Value, p.Share, n)))
                canvas.Circle(x.At(value), top + Row / 2 + Spread(place) * (Row / 2 - 4), 2.3, share >= 0.5 ? "fill2" : "fill1",
                    opacity: 0.35 + Math.Abs(share - 0.5));
            if (bar.Low is { } from && bar.High is { } to) Whisker(canvas, x.At(from), x.At(to), top + Row / 2);
            var end = new[] { at, zero, bar.High is { } h ? x.At(h) : at, bar.Points.Count > 0 ? bar.Points.Max(p => x.At(p.Value)) : at }.Max();
            canvas.Text(end + 5, top + Row / 2 + 4, text, "value", room: Canvas.Width - end - 5);
        }
        canvas.Line(zero, 0, zero, plot.Bars.Count * Row + 4, "axis");
        if (plot.Across is not null) canvas.Text(area.Right, plot.Bars.Count * Row + 18, plot.Across, "label", "end");
        return canvas.ToString();
    }

    public static string Waterfall(WaterfallPlot plot)
    {
        var sums = new List<double> { plot.Base };
        foreach (var step in plot.Steps) sums.Add(sums[^1] + step.Value);
        var (low, high) = (sums.Min(), sums.Max());
        if (low == high) (low, high) = (low - 0.5, high + 0.5);
        var all = (IReadOnlyList<Bar>)[new(plot.BaseLabel, plot.Base, Shown.Number(plot.Base)), .. plot.Steps
            .Select(s => s with { Text = s.Text ?? Signed(s.Value) }), new(plot.SumLabel, sums[^1], Shown.Number(sums[^1]))];
        var canvas = new Canvas(Canvas.Width, all.Count * Row + 6, plot.Says);
        var (area, x) = Level(all, low, high);
        for (var i = 0; i < all.Count; i++)
        {
            var top = 2 + i * Row;
            var isEnd = i == 0 || i == all.Count - 1;
            var (from, to) = isEnd ? (sums[i == 0 ? 0 : ^1], sums[i == 0 ? 0 : ^1]) : (sums[i - 1], sums[i]);
            Label(canvas, area, top, all[i].Label);
            if (isEnd) canvas.Circle(x.At(to), top + Row / 2, 4.5, "fill6", $"{all[i].Label}: {all[i].Text}");
            else canvas.Rectangle(Math.Min(x.At(from), x.At(to)), top + 4, Math.Max(1, Math.Abs(x.At(to) - x.At(from))), Row - 8, all[i].Value < 0 ? "fill2"
                : "fill1", $"{all[i].Label}: {all[i].Text}");
            if (i < all.Count - 1) canvas.Line(x.At(to), top + Row / 2, x.At(to), top + Row * 1.5, "grid");
            var end = Math.Max(x.At(from), x.At(to));
            canvas.Text(end + 7, top + Row / 2 + 4, all[i].Text!, "value", room: Canvas.Width - end - 7);
        }
        return canvas.ToString();
    }

    static string Signed(double value) => value < 0 ? Shown.Number(value) : "+" + Shown.Number(value);

    static (double Low, double High) Reach(IEnumerable<double> values, double? most)
    {
        var finite = values.Where(double.IsFinite).Append(0).ToList();
        var (low, high) = (finite.Min(), Math.Max(finite.Max(), most ?? 0));
        return low == high ? (0, 1) : (low, high);
    }

    /// <summary>Labels at the left, values at the right, bars between them.</summary>
    static (Area Area, Scale X) Level(IReadOnlyList<Bar> bars, double low, double high)
    {
        var labels = Math.Min(bars.Select(b => Shown.Width(b.Label) * Canvas.Size).DefaultIfEmpty(0).Max() + 8, 150);
        var values = Math.Min(bars.Select(b => Shown.Width(b.Text ?? Shown.Number(b.Value)) * Canvas.Size).DefaultIfEmpty(0).Max() + 10, 110);
        var area = new Area(labels, 2, Canvas.Width - values, 2 + bars.Count * Row);
        return (area, new(low, high, area.Left, area.Right));
    }

    static void Label(Canvas canvas, Area area, double top, string label) =>
        canvas.Text(area.Left - 6, top + Row / 2 + 4, label, "label", "end", area.Left - 6);

    static void Whisker(Canvas canvas, double from, double to, double y)
    {
        canvas.Line(from, y, to, y, "whisker");
        canvas.Line(from, y - 4, from, y + 4, "whisker");
        canvas.Line(to, y - 4, to, y + 4, "whisker");
    }

    /// <summary>The n-th place of an even spread over [-1, 1]: the van der Corput sequence.</summary>
    static double Spread(int n)
    {
        var (place, step) = (0.0, 0.5);
        for (var i = n + 1; i > 0; i >>= 1, step /= 2) place += (i & 1) * step;
        return place * 2 - 1;
    }
}
