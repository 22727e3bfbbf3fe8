namespace Kumiki.Statistics;

/// <summary>P-values of several tests, adjusted so that each may be held against the level for all. CorrectionsTests agrees with statsmodels to
/// 1e-12.</summary>
public static class Corrections
{
    /// <summary>Keeps the chance of any false alarm below the level. Holm 1979.</summary>
    /// <param name="pValues">[n] in [0, 1].</param>
    /// <returns>[n] adjusted, in the order given.</returns>
    /// <exception cref="ArgumentException">A value is not in [0, 1].</exception>
    public static double[] Holm(ReadOnlySpan<double> pValues)
    {
        var (sorted, places) = Rank(pValues);
        var (adjusted, highest) = (new double[sorted.Length], 0.0);
        for (var i = 0; i < sorted.Length; i++) adjusted[places[i]] = highest = Math.Max(highest, Math.Min(1, (sorted.Length - i) * sorted[i]));
        return adjusted;
    }

    /// <summary>Keeps the expected share of false alarms among all alarms below the level, for tests that are independent or positively dependent. Benjamini
    /// and Hochberg 1995.</summary>
    /// <inheritdoc cref="Holm"/>
    public static double[] BenjaminiHochberg(ReadOnlySpan<double> pValues)
    {
        var (sorted, places) = Rank(pValues);
        var (adjusted, lowest) = (new double[sorted.Length], 1.0);
        for (var i = sorted.Length - 1; i >= 0; i--) adjusted[places[i]] = lowest = Math.Min(lowest, sorted[i] * sorted.Length / (i + 1));
        return adjusted;
    }

    static (double[] Sorted, int[] Places) Rank(ReadOnlySpan<double> pValues)
    {
        foreach (var p in pValues)
            if (!(p >= 0 && p <= 1)) throw new ArgumentOutOfRangeException(nameof(pValues), p, "Give numbers from 0 to 1.");
        var (sorted, places) = (pValues.ToArray(), new int[pValues.Length]);
        for (var i = 0; i < places.Length; i++) places[i] = i;
        Array.Sort(sorted, places);
        return (sorted, places);
    }
}
