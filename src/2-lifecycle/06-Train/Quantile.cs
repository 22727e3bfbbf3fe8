namespace Kumiki.Training;

/// <summary>Quantiles of weighted numbers.</summary>
static class Quantile
{
    /// <summary>The least value with at least this share of the weight at or below it; where the share is met exactly, the mean of it and the next.</summary>
    /// <param name="values">[n] n ≥ 1, no NaN; sorted afterwards, and the weights with them.</param>
    /// <param name="weights">[n], or empty: all the same.</param>
    /// <remarks>It makes the weighted pinball loss least. Of the middle (0.5) it is the median as scikit-learn has it.</remarks>
    public static double Of(Span<double> values, Span<double> weights, double share)
    {
        if (weights.IsEmpty)
        {
            values.Sort();
            var at = share * values.Length;
            var place = (int)Math.Ceiling(at - 1e-9) - 1;
            if (place < 0) return values[0];
            return Math.Abs(at - Math.Round(at)) < 1e-9 && place + 1 < values.Length ? (values[place] + values[place + 1]) / 2 : values[place];
        }
        values.Sort(weights);
        var total = 0.0;
        foreach (var weight in weights) total += weight;
        var (sum, wanted) = (0.0, share * total);
        for (var i = 0; i < values.Length; i++)
        {
            sum += weights[i];
            if (Math.Abs(sum - wanted) <= 1e-12 * total)
            {
                var next = i + 1;
                while (next < values.Length && weights[next] == 0) next++;
                return next < values.Length ? (values[i] + values[next]) / 2 : values[i];
            }
            if (sum > wanted) return values[i];
        }
        return values[^1];
    }
}
