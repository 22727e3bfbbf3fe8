namespace Kumiki.Statistics;

/// <summary>Quantiles of a sample, in the two ways that the reference libraries take them.</summary>
static class Sorted
{
    /// <summary>Linear between the two neighbours (numpy's default; type 7 of Hyndman and Fan 1996). <paramref name="sorted"/> rises; 0 ≤ share ≤ 1.</summary>
    internal static double Quantile(ReadOnlySpan<double> sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var below = (int)at;
        if (below + 1 >= sorted.Length) return sorted[^1];
        double t = at - below, low = sorted[below], high = sorted[below + 1];
        return t >= 0.5 ? high - (high - low) * (1 - t) : low + (high - low) * t;      // numpy's lerp, to the last digit
    }

    /// <summary>The lowest value at which the weight so far reaches the share (scikit-learn's lower weighted percentile). <paramref name="sorted"/>
    /// rises.</summary>
    internal static double WeightedQuantile(ReadOnlySpan<double> sorted, ReadOnlySpan<double> weights, double share)
    {
        var total = 0.0;
        foreach (var w in weights) total += w;
        var (wanted, reached) = (share * total, 0.0);
        for (var i = 0; i < sorted.Length; i++)
        {
            reached += weights[i];
            if (reached >= wanted && reached > 0) return sorted[i];
        }
        return sorted[^1];
    }

    /// <summary>The quantile of values in any order: linear where there are no weights, else the lower weighted one.</summary>
    internal static double QuantileOf(ReadOnlySpan<double> values, ReadOnlySpan<double> weights, double share)
    {
        var sorted = values.ToArray();
        if (weights.IsEmpty)
        {
            Array.Sort(sorted);
            return Quantile(sorted, share);
        }
        var by = weights.ToArray();
        Array.Sort(sorted, by);
        return WeightedQuantile(sorted, by, share);
    }
}
