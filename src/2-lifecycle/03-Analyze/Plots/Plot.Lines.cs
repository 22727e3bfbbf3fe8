namespace Kumiki.Reports;

/// <summary>One line of points.</summary>
/// <param name="X">[n] rising.</param>
/// <param name="Y">[n]; NaN breaks the line.</param>
sealed record Series(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>[n] the lower ends of intervals; with <see cref="High"/> a band.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>[n] the upper ends of intervals.</summary>
    public IReadOnlyList<double>? High { get; init; }
}

/// <summary>Several series over one axis.</summary>
sealed record LinesPlot(string Says, IReadOnlyList<Series> Series)
{
    /// <summary>X is days since 1970-01-01.</summary>
    public bool IsDate { get; init; }

    /// <summary>The upright axis begins at 0.</summary>
    public bool FromZero { get; init; }

    /// <summary>Points are drawn as well.</summary>
    public bool HasPoints { get; init; }
    public string? Across { get; init; }
    public string? Up { get; init; }

    /// <summary>Places on X to point out, such as a threshold or the start of the test rows.</summary>
    public IReadOnlyList<(double At, string Text)> Marks { get; init; } = [];

    /// <summary>The ends of the upright axis where they are known, such as 0 and 1.</summary>
    public (double Low, double High)? Between { get; init; }
}

static partial class Plot
{
    public static string Lines(LinesPlot plot)
    {
        var legend = plot.Series.Count > 1 ? Math.Ceiling(plot.Series.Count / 2.0) * 16 : 0;
        var height = 210 + legend;
        var canvas = new Canvas(Canvas.Width, height, plot.Says);
        var ys = plot.Series.SelectMany(s => s.Y.Concat(s.Low ?? []).Concat(s.High ?? [])).Where(double.IsFinite).ToList();
        var (low, high) = plot.Between ?? (ys.Count == 0 ? (0, 1) : (plot.FromZero ? Math.Min(0, ys.Min()) : ys.Min(), ys.Max()));
        var upTicks = Ticks.Of(Scale.Round(low, high, 0, 1, 4), 4);
        var area = new Area(Area.LeftOf(upTicks), Top + legend, Canvas.Width - 8, height - Foot);
        var y = Scale.Round(low, high, area.Bottom, area.Top, 4);
        var xs = plot.Series.SelectMany(s => s.X).Where(double.IsFinite).ToList();
        var (first, last) = xs.Count == 0 ? (0, 1) : (xs.Min(), xs.Max());
        var x = new Scale(first, last > first ? last : first + 1, area.Left, area.Right);
        area.Axes(canvas, x, y, plot.IsDate ? Ticks.Dates(x, 5) : Ticks.Of(x, 5), upTicks, plot.Across, plot.Up);
        for (var i = 0; i < plot.Series.Count; i++) Draw(canvas, plot, plot.Series[i], i % 6 + 1, x, y);
        foreach (var (at, text) in plot.Marks) Mark(canvas, area, x.At(at), text);
        for (var i = 0; i < plot.Series.Count && legend > 0; i++) Legend(canvas, plot.Series[i].Name, i);
        return canvas.ToString();
    }

    static void Draw(Canvas canvas, LinesPlot plot, Series series, int colour, Scale x, Scale y)
    {
        if (series is { Low: { } low, High: { } high })
            canvas.Band([.. series.X.Zip(high, (a, b) => (x.At(a), y.At(b))).Where(Drawn)], [.. series.X.Zip(low, (a, b) => (x.At(a), y.At(b))).Where(Drawn)],
                $"band{colour}");
        canvas.Lines(series.X.Zip(series.Y, (a, b) => (x.At(a), y.At(b))), $"line{colour}");
        for (var i = 0; i < series.X.Count; i++)
        {
            var isAlone = double.IsFinite(series.Y[i]) && (i == 0 || !double.IsFinite(series.Y[i - 1]))
                && (i == series.Y.Count - 1 || !double.IsFinite(series.Y[i + 1]));
            if ((plot.HasPoints || isAlone) && double.IsFinite(series.Y[i])) canvas.Circle(x.At(series.X[i]), y.At(series.Y[i]), 2.6, $"fill{colour}",
                plot.IsDate ? Shown.Number(series.Y[i]) : $"{Shown.Number(series.X[i])}: {Shown.Number(series.Y[i])}");
        }
    }

    static bool Drawn((double X, double Y) point) => double.IsFinite(point.X) && double.IsFinite(point.Y);

    static void Legend(Canvas canvas, string name, int place)
    {
        var (left, y) = (4 + place % 2 * (Canvas.Width / 2), 8 + place / 2 * 16);
        canvas.Line(left, y, left + 22, y, $"line{place % 6 + 1}");
        canvas.Text(left + 27, y + 4, name, "label", room: Canvas.Width / 2 - 34);
    }
}
