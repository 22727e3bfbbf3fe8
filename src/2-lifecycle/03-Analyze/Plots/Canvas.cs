using System.Globalization;
using System.Text;

namespace Kumiki.Reports;

/// <summary>One picture as SVG text, in units that are about a pixel on a narrow screen; colours come from the page's style by class.</summary>
sealed class Canvas
{
    /// <summary>Of letters.</summary>
    public const double Size = 11.5;

    /// <summary>Of a picture that fits a narrow screen.</summary>
    public const double Width = 360;

    readonly StringBuilder svg = new();

    /// <param name="says">What the picture shows, in a sentence, for those who do not see it.</param>
    /// <param name="isWide">Keeps its size, and is scrolled where the screen is narrower.</param>
    public Canvas(double width, double height, string says, bool isWide = false)
    {
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg class=\"plot\" viewBox=\"0 0 {Place(width)} {Place(height)}\" role=\"img\" aria-label=\"{Shown.Escaped(says)}\"");
        if (isWide) svg.Append(CultureInfo.InvariantCulture, $" style=\"min-width:{Place(width)}px;max-width:{Place(width * 1.1)}px\"");
        svg.Append('>');
    }

    public void Rectangle(double x, double y, double width, double height, string look, string? title = null, double? opacity = null) =>
        Shape($"<rect x=\"{Place(x)}\" y=\"{Place(y)}\" width=\"{Place(Math.Max(width, 0))}\" height=\"{Place(Math.Max(height, 0))}\"", "rect", look, title,
            opacity);

    public void Circle(double x, double y, double radius, string look, string? title = null, double? opacity = null) =>
        Shape($"<circle cx=\"{Place(x)}\" cy=\"{Place(y)}\" r=\"{Place(radius)}\"", "circle", look, title, opacity);

    public void Line(double x1, double y1, double x2, double y2, string look) =>
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{look}\" d=\"M{Place(x1)} {Place(y1)}L{Place(x2)} {Place(y2)}\"/>");

    /// <summary>A run of points; a point that is no number breaks it.</summary>
    public void Lines(IEnumerable<(double X, double Y)> points, string look) => Path(Steps(points), look);

    /// <summary>The area between two runs of points.</summary>
    public void Band(IReadOnlyList<(double X, double Y)> upper, IReadOnlyList<(double X, double Y)> lower, string look)
    {
        if (upper.Count > 0) Path(Steps(upper.Concat(lower.Reverse())) + "Z", look);
    }

    public void Path(string steps, string look, string? title = null, double? opacity = null)
    {
        if (steps.Length > 0) Shape($"<path d=\"{steps}\"", "path", look, title, opacity);
    }

    static string Steps(IEnumerable<(double X, double Y)> points)
    {
        var steps = new StringBuilder();
        var isBroken = true;
        foreach (var (x, y) in points)
        {
            if (!double.IsFinite(x) || !double.IsFinite(y))
            {
                isBroken = true;
                continue;
            }
            steps.Append(isBroken ? 'M' : 'L').Append(Place(x)).Append(' ').Append(Place(y));
            isBroken = false;
        }
        return steps.ToString();
    }

    /// <param name="anchor">Where the place is in the text: start, middle or end.</param>
    /// <param name="room">The width it may take; the rest is cut, and shown when pointed at.</param>
    public void Text(double x, double y, string text, string look = "label", string anchor = "start", double room = Width, double size = Size, double turn = 0)
    {
        var cut = Shown.Cut(text, room, size);
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"{look}\" x=\"{Place(x)}\" y=\"{Place(y)}\" font-size=\"{Place(size)}\"");
        if (anchor != "start") svg.Append(CultureInfo.InvariantCulture, $" text-anchor=\"{anchor}\"");
        if (turn != 0) svg.Append(CultureInfo.InvariantCulture, $" transform=\"rotate({Place(turn)} {Place(x)} {Place(y)})\"");
        svg.Append('>').Append(Shown.Escaped(cut));
        if (cut != text) svg.Append("<title>").Append(Shown.Escaped(text)).Append("</title>");
        svg.Append("</text>");
    }

    void Shape(string start, string tag, string look, string? title, double? opacity)
    {
        svg.Append(start).Append(CultureInfo.InvariantCulture, $" class=\"{look}\"");
        if (opacity is { } o) svg.Append(CultureInfo.InvariantCulture, $" fill-opacity=\"{Math.Clamp(o, 0, 1):0.###}\"");
        if (title is null) svg.Append("/>");
        else svg.Append("><title>").Append(Shown.Escaped(title)).Append("</title></").Append(tag).Append('>');
    }

    public override string ToString() => $"{svg}</svg>";

    public static string Place(double value) => double.IsFinite(value) ? Math.Round(value, 1).ToString("0.#", CultureInfo.InvariantCulture) : "0";
}

/// <summary>The part of a canvas that two axes frame.</summary>
readonly record struct Area(double Left, double Top, double Right, double Bottom)
{
    public double Width => Right - Left;
    public double Height => Bottom - Top;

    /// <summary>Ticks and titles of both axes; the grid follows the upright one.</summary>
    public void Axes(Canvas canvas, Scale x, Scale y, IReadOnlyList<(double At, string Text)> acrossTicks, IReadOnlyList<(double At, string Text)> upTicks,
        string? across, string? up)
    {
        foreach (var (at, text) in upTicks)
        {
            canvas.Line(Left, y.At(at), Right, y.At(at), "grid");
            canvas.Text(Left - 5, y.At(at) + 4, text, "tick", "end", Left - 5);
        }
        canvas.Line(Left, Bottom, Right, Bottom, "axis");
        var free = double.NegativeInfinity;
        foreach (var (at, text) in acrossTicks)
        {
            var (place, half) = (x.At(at), Shown.Width(text) * Canvas.Size / 2);
            canvas.Line(place, Bottom, place, Bottom + 4, "axis");
            if (place - half < free) continue;
            free = place + half + 6;
            var isLast = place + half > Canvas.Width - 1;
            canvas.Text(isLast ? Canvas.Width - 1 : Math.Max(place, half), Bottom + 16, text, "tick", isLast ? "end" : "middle");
        }
        if (across is not null) canvas.Text(Right, Bottom + 31, across, "label", "end", Right);
        if (up is not null) canvas.Text(2, Top - 9, up, "label", "start", Right);
    }

    /// <summary>Room at the left for the widest tick.</summary>
    public static double LeftOf(IEnumerable<(double At, string Text)> ticks) =>
        Math.Max(24, ticks.Select(t => Shown.Width(t.Text) * Canvas.Size).DefaultIfEmpty(0).Max() + 9);
}
