namespace Kumiki.Reports;

/// <summary>Two numbers of many rows; more than <see cref="MostPoints"/> become hexagons shaded by their rows.</summary>
/// <param name="X">[n]; a point with a NaN is left out.</param>
/// <param name="Y">[n].</param>
sealed record ScatterPlot(string Says, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    public const int MostPoints = 400;

    public string? Across { get; init; }
    public string? Up { get; init; }

    /// <summary>Draws the line where both are equal, for predictions beside truth; both axes then have the same ends.</summary>
    public bool HasDiagonal { get; init; }
}

static partial class Plot
{
    public static string Scatter(ScatterPlot plot)
    {
        var canvas = new Canvas(Canvas.Width, 260, plot.Says);
        var points = plot.X.Zip(plot.Y, (a, b) => (X: a, Y: b)).Where(Drawn).ToList();
        var (lowX, highX) = points.Count == 0 ? (0, 1) : (points.Min(p => p.X), points.Max(p => p.X));
        var (lowY, highY) = points.Count == 0 ? (0, 1) : (points.Min(p => p.Y), points.Max(p => p.Y));
        if (plot.HasDiagonal) (lowX, lowY, highX, highY) = (Math.Min(lowX, lowY), Math.Min(lowX, lowY), Math.Max(highX, highY), Math.Max(highX, highY));
        var upTicks = Ticks.Of(Scale.Round(lowY, highY, 0, 1), 5);
        var area = new Area(Area.LeftOf(upTicks), Top, Canvas.Width - 8, 260 - Foot);
        var (x, y) = (Scale.Round(lowX, highX, area.Left, area.Right), Scale.Round(lowY, highY, area.Bottom, area.Top));
        area.Axes(canvas, x, y, Ticks.Of(x, 5), upTicks, plot.Across, plot.Up);
        if (plot.HasDiagonal) canvas.Line(x.At(Math.Max(x.Low, y.Low)), y.At(Math.Max(x.Low, y.Low)), x.At(Math.Min(x.High, y.High)),
            y.At(Math.Min(x.High, y.High)), "mark");
        if (points.Count <= ScatterPlot.MostPoints)
            foreach (var (a, b) in points) canvas.Circle(x.At(a), y.At(b), 2.6, "fill1", opacity: 0.55);
        else Hexagons(canvas, points.Select(p => (x.At(p.X), y.At(p.Y))));
        return canvas.ToString();
    }

    /// <summary>Counts in a grid of hexagons: of two grids of points, half a step apart, a point belongs to the nearer one.</summary>
    static void Hexagons(Canvas canvas, IEnumerable<(double X, double Y)> points)
    {
        const double radius = 6.5;
        var (wide, high) = (Math.Sqrt(3) * radius, 3 * radius);
        var counts = new SortedDictionary<(int Half, int Row, int Column), int>();
        foreach (var (x, y) in points)
        {
            var (row1, column1) = ((int)Math.Round(y / high), (int)Math.Round(x / wide));
            var (row2, column2) = ((int)Math.Floor(y / high), (int)Math.Floor(x / wide));
            var near1 = Math.Pow(x - column1 * wide, 2) + Math.Pow(y - row1 * high, 2);
            var near2 = Math.Pow(x - (column2 + 0.5) * wide, 2) + Math.Pow(y - (row2 + 0.5) * high, 2);
            var place = near1 <= near2 ? (0, row1, column1) : (1, row2, column2);
            counts[place] = counts.GetValueOrDefault(place) + 1;
        }
        var most = counts.Values.DefaultIfEmpty(1).Max();
        foreach (var ((half, row, column), count) in counts)
        {
            var (x, y) = ((column + half * 0.5) * wide, (row + half * 0.5) * high);
            var corners = Enumerable.Range(0, 6).Select(k => (X: x + radius * Math.Sin(Math.PI / 3 * k), Y: y - radius * Math.Cos(Math.PI / 3 * k)));
            canvas.Path("M" + string.Join('L', corners.Select(c => $"{Canvas.Place(c.X)} {Canvas.Place(c.Y)}")) + "Z", "fill1", Shown.Count(count),
                0.15 + 0.85 * Math.Sqrt(count / (double)most));
        }
    }
}
