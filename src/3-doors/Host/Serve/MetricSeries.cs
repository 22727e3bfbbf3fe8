namespace Kumiki.Hosting;

/// <summary>One metric of a run over its steps.</summary>
/// <param name="Count">Points there are; <paramref name="Points"/> may be fewer.</param>
/// <param name="Points">By step, rising.</param>
sealed record MetricSeries(string Name, int Count, IReadOnlyList<SeriesPoint> Points)
{
    /// <summary>Keeps at most <paramref name="most"/> points: the ends, and of each stretch between them the lowest and the highest,
    /// so that no spike is lost.</summary>
    /// <param name="most">4 or more.</param>
    public static MetricSeries Of(string name, IReadOnlyList<MetricPoint> all, int most)
    {
        var points = all.OrderBy(p => p.Step).Select(p => new SeriesPoint(p.Step, p.Value, p.At)).ToList();
        if (points.Count <= most) return new(name, points.Count, points);
        var kept = new List<SeriesPoint>(most) { points[0] };
        var stretches = (most - 2) / 2;
        var inner = points.Count - 2;
        for (var s = 0; s < stretches; s++)
        {
            var (from, to) = (1 + (int)((long)inner * s / stretches), 1 + (int)((long)inner * (s + 1) / stretches));
            var (low, high) = (from, from);
            for (var i = from + 1; i < to; i++)
            {
                if (points[i].Value < points[low].Value) low = i;
                if (points[i].Value > points[high].Value) high = i;
            }
            kept.Add(points[Math.Min(low, high)]);
            if (low != high) kept.Add(points[Math.Max(low, high)]);
        }
        kept.Add(points[^1]);
        return new(name, points.Count, kept);
    }
}

readonly record struct SeriesPoint(long Step, double Value, DateTimeOffset At);
