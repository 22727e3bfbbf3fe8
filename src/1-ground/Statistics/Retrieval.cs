namespace Kumiki.Statistics;

/// <summary>Figures of searches that return item numbers, best first.</summary>
public static class Retrieval
{
    /// <summary>Mean over queries of the share of its relevant items that are among the first <paramref name="k"/> returned.</summary>
    /// <param name="returned">[queries × width] item numbers, best first; a negative number is an empty place.</param>
    /// <param name="width">How many places each query has, at least <paramref name="k"/>.</param>
    /// <param name="relevant">[sum of <paramref name="relevantCounts"/>] the relevant items of query after query, no item twice in one.</param>
    /// <param name="relevantCounts">[queries] how many relevant items each has; a query with none is left out.</param>
    /// <returns>A share in [0, 1]. For approximate search, the exact neighbours are the relevant items.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit, or k is out of range.</exception>
    /// <exception cref="KumikiException">No query has a relevant item.</exception>
    public static double RecallAt(int k, ReadOnlySpan<int> returned, int width, ReadOnlySpan<int> relevant, ReadOnlySpan<int> relevantCounts)
    {
        if (k < 1 || k > width) throw new ArgumentOutOfRangeException(nameof(k), k, $"Give a number from 1 to the places of a query, {width}.");
        Given.Matrix(relevantCounts.Length, width, returned.Length, nameof(returned));
        var (sum, counted, start) = (0.0, 0, 0);
        for (var q = 0; q < relevantCounts.Length; q++)
        {
            if (relevantCounts[q] < 0 || relevantCounts[q] > relevant.Length - start)
                throw new ArgumentException($"Query {q} has {relevantCounts[q]} relevant items; {relevant.Length - start} are left.", nameof(relevantCounts));
            var wanted = relevant.Slice(start, relevantCounts[q]);
            start += wanted.Length;
            if (wanted.IsEmpty) continue;
            var places = returned.Slice(q * width, k);
            var found = 0;
            foreach (var item in wanted)
                if (item >= 0 && places.Contains(item)) found++;
            sum += (double)found / wanted.Length;
            counted++;
        }
        if (start != relevant.Length)
            throw new ArgumentException($"The queries have {start} relevant items together, but there are {relevant.Length}.", nameof(relevant));
        Given.Enough("Recall at k", counted, 1, "queries with a relevant item");
        return sum / counted;
    }
}
