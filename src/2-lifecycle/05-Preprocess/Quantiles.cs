namespace Kumiki.Preprocessing;

/// <summary>Order statistics by selection: the values are moved about, but only as far as the ones that are asked for come to their places.</summary>
static class Quantiles
{
    /// <summary>The middle value; of two middle values their mean.</summary>
    /// <param name="values">At least one, no NaN; their order changes.</param>
    public static double Median(Span<double> values)
    {
        var middle = values.Length / 2;
        if (values.Length % 2 == 1)
        {
            Place(values, [middle]);
            return values[middle];
        }
        Place(values, [middle - 1, middle]);
        return (values[middle - 1] + values[middle]) / 2;
    }

    /// <summary>Quantiles on the line between the two values around them; numpy's method linear.</summary>
    /// <param name="values">At least one, no NaN; their order changes.</param>
    /// <param name="shares">Rising, in [0, 1].</param>
    public static double[] Of(Span<double> values, ReadOnlySpan<double> shares)
    {
        var ranks = new SortedSet<int>();
        foreach (var share in shares)
        {
            var low = (int)Math.Floor((values.Length - 1) * share);
            ranks.Add(low);
            ranks.Add(Math.Min(low + 1, values.Length - 1));
        }
        Place(values, [.. ranks]);
        var quantiles = new double[shares.Length];
        for (var i = 0; i < shares.Length; i++)
        {
            var at = (values.Length - 1) * shares[i];
            var low = (int)Math.Floor(at);
            var (a, b, t) = (values[low], values[Math.Min(low + 1, values.Length - 1)], at - low);
            quantiles[i] = t >= 0.5 ? b - ((b - a) * (1 - t)) : a + ((b - a) * t);
        }
        return quantiles;
    }

    /// <summary>Brings the values of these ranks to where sorting would bring them: quickselect for all at once, and sorting where that goes too deep (Musser
    /// 1997).</summary>
    /// <param name="ranks">Rising.</param>
    static void Place(Span<double> values, ReadOnlySpan<int> ranks) => Place(values, ranks, 0, 2 * (int)Math.Log2(values.Length + 1));

    static void Place(Span<double> values, ReadOnlySpan<int> ranks, int first, int depth)
    {
        while (!ranks.IsEmpty)
        {
            if (values.Length <= 32 || depth-- == 0)
            {
                values.Sort();
                return;
            }
            var (less, greater) = Partition(values);
            // [0, less) is below the pivot, [less, greater) equal to it, and so already in place.
            var below = 0;
            while (below < ranks.Length && ranks[below] - first < less) below++;
            var above = below;
            while (above < ranks.Length && ranks[above] - first < greater) above++;
            Place(values[..less], ranks[..below], first, depth);
            values = values[greater..];
            ranks = ranks[above..];
            first += greater;
        }
    }

    /// <summary>Values below the pivot, those equal to it, those above (Dijkstra's flag), the pivot the middle one of three.</summary>
    static (int Less, int Greater) Partition(Span<double> values)
    {
        var (a, b, c) = (values[0], values[values.Length / 2], values[^1]);
        var pivot = a < b ? b < c ? b : a < c ? c : a : a < c ? a : b < c ? c : b;
        var (low, at, high) = (0, 0, values.Length);
        while (at < high)
        {
            var value = values[at];
            if (value < pivot)
            {
                values[at++] = values[low];
                values[low++] = value;
            }
            else if (value > pivot)
            {
                values[at] = values[--high];
                values[high] = value;
            }
            else
            {
                at++;
            }
        }
        return (low, high);
    }
}
