namespace Kumiki.Reports;

/// <summary>A table of numbers, shaded.</summary>
/// <param name="Values">[rows, columns]; NaN is left empty.</param>
/// <param name="Low">The value at one end of the shades: 0, or below it for two colours with 0 as none.</param>
/// <param name="High">The value at the other end.</param>
sealed record HeatMapPlot(string Says, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns, double[,] Values, double Low, double High)
{
    /// <summary>How a value is written in its cell, where there is room.</summary>
    public Func<double, string> Text { get; init; } = v => v.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
    public string? Across { get; init; }
    public string? Up { get; init; }
}

/// <summary>What was decided for rows of each truth.</summary>
/// <param name="Counts">[truth, decision].</param>
sealed record ConfusionPlot(string Says, IReadOnlyList<string> Labels, long[,] Counts)
{
    public required string Truth { get; init; }
    public required string Decision { get; init; }
}

static partial class Plot
{
    public static string HeatMap(HeatMapPlot plot)
    {
        var (rows, columns) = (plot.Rows.Count, plot.Columns.Count);
        var labels = Math.Min(plot.Rows.Select(l => Shown.Width(l) * Canvas.Size).DefaultIfEmpty(0).Max() + 10, 120);
        var heads = Math.Min(plot.Columns.Select(l => Shown.Width(l) * Canvas.Size).DefaultIfEmpty(0).Max() + 10, 120);
        var cell = Math.Clamp((Canvas.Width - labels - 4) / Math.Max(columns, 1), 21, 56);
        var isFlat = heads <= cell;
        var high = Math.Min(cell, 34);
        var (top, width) = ((isFlat ? 20 : heads) + (plot.Across is null ? 0 : 16), Math.Max(Canvas.Width, labels + cell * columns + 4));
        var canvas = new Canvas(width, top + rows * high + 6, plot.Says, isWide: width > Canvas.Width);
        if (plot.Across is not null) canvas.Text(labels, 11, plot.Across, "value", room: width - labels);
        if (plot.Up is not null) canvas.Text(2, top - 6, plot.Up, "value", room: labels - 4);
        for (var c = 0; c < columns; c++)
        {
            var middle = labels + (c + 0.5) * cell;
            if (isFlat) canvas.Text(middle, top - 6, plot.Columns[c], "label", "middle", cell);
            else canvas.Text(middle + 4, top - 6, plot.Columns[c], "label", room: heads - 8, turn: -90);
        }
        for (var r = 0; r < rows; r++)
        {
            canvas.Text(labels - 6, top + (r + 0.5) * high + 4, plot.Rows[r], "label", "end", labels - 6);
            for (var c = 0; c < columns; c++) Cell(canvas, plot, r, c, labels + c * cell, top + r * high, cell, high);
        }
        return canvas.ToString();
    }

    static void Cell(Canvas canvas, HeatMapPlot plot, int row, int column, double left, double top, double width, double height)
    {
        var value = plot.Values[row, column];
        if (!double.IsFinite(value))
        {
            canvas.Rectangle(left + 0.5, top + 0.5, width - 1, height - 1, "empty");
            return;
        }
        var share = value < 0 && plot.Low < 0 ? value / plot.Low : plot.High > 0 ? value / plot.High : 0;
        canvas.Rectangle(left + 0.5, top + 0.5, width - 1, height - 1, value < 0 ? "fill2" : "fill1",
            $"{plot.Rows[row]} × {plot.Columns[column]}: {plot.Text(value)}", 0.06 + 0.64 * Math.Clamp(share, 0, 1));
        var text = plot.Text(value);
        var size = width >= 30 ? Canvas.Size - 1 : 8.5;
        if (Shown.Width(text) * size <= width - 2) canvas.Text(left + width / 2, top + height / 2 + size * 0.36, text, "cell", "middle", width, size);
    }

    public static string Confusion(ConfusionPlot plot)
    {
        var classes = plot.Labels.Count;
        var shares = new double[classes, classes];
        for (var t = 0; t < classes; t++)
        {
            var total = Enumerable.Range(0, classes).Sum(d => plot.Counts[t, d]);
            for (var d = 0; d < classes; d++) shares[t, d] = total == 0 ? 0 : (double)plot.Counts[t, d] / total;
        }
        var labels = Math.Min(plot.Labels.Append($"{plot.Truth} ↓").Select(l => Shown.Width(l) * Canvas.Size).Max() + 10, 110);
        var cell = Math.Clamp((Canvas.Width - labels - 4) / Math.Max(classes, 1), 34, 110);
        var high = Math.Clamp(cell, 34, 60);
        var width = Math.Max(Canvas.Width, labels + cell * classes + 4);
        var canvas = new Canvas(width, 40 + classes * high + 6, plot.Says, isWide: width > Canvas.Width);
        canvas.Text(labels, 12, $"{plot.Decision} →", "value", room: width - labels);
        canvas.Text(2, 32, $"{plot.Truth} ↓", "value", room: labels - 4);
        for (var t = 0; t < classes; t++)
        {
            canvas.Text(labels + (t + 0.5) * cell, 32, plot.Labels[t], "label", "middle", cell - 3);
            canvas.Text(labels - 6, 40 + (t + 0.5) * high + 4, plot.Labels[t], "label", "end", labels - 6);
            for (var d = 0; d < classes; d++)
            {
                var (left, top) = (labels + d * cell, 40 + t * high);
                canvas.Rectangle(left + 1, top + 1, cell - 2, high - 2, t == d ? "fill1" : "fill2",
                    $"{plot.Labels[t]} → {plot.Labels[d]}: {Shown.Count(plot.Counts[t, d])} ({Shown.Share(shares[t, d])})", 0.06 + 0.6 * shares[t, d]);
                canvas.Text(left + cell / 2, top + high / 2 + (high >= 40 ? -1 : 4), cell < 44 ? Shown.Short(plot.Counts[t, d])
                    : Shown.Count(plot.Counts[t, d]), "cell", "middle", cell - 3);
                if (high >= 40) canvas.Text(left + cell / 2, top + high / 2 + 13, Shown.Share(shares[t, d]), "tick", "middle", cell - 3);
            }
        }
        return canvas.ToString();
    }
}
