namespace Kumiki.Statistics;

/// <summary>What a row of graded relevance adds to a ranking.</summary>
public enum Gain
{
    /// <summary>The grade itself, as in scikit-learn's ndcg_score. Järvelin and Kekäläinen 2002.</summary>
    Linear,

    /// <summary>2^grade − 1, as in LambdaMART, XGBoost and LightGBM. Burges et al. 2005.</summary>
    Exponential,
}

/// <summary>Figures of rows ranked for queries; rows of one query stand together.</summary>
/// <remarks>
/// Rows with equal scores have no order of their own: every figure is its expectation over all orders of them (McSherry and Najork 2008), so that neither the
/// order of
/// the rows nor a constant score can win anything. Each query counts the same; one without a relevant row counts 0, as in scikit-learn's ndcg_score.
/// RankingTests agrees with scikit-learn, and with the mean over all orders of small queries, to 1e-9.
/// </remarks>
public static class Ranking
{
    /// <summary>Mean normalised discounted cumulative gain of the first <paramref name="k"/> rows; discount 1 / log₂(1 + rank).</summary>
    /// <param name="relevance">[n] grades, 0 or more (and at most 60 where the gain is exponential).</param>
    /// <param name="scores">[n] finite; the highest is ranked first.</param>
    /// <param name="queries">How many rows each query has, in order; each at least 1, together n.</param>
    /// <param name="k">1 or more; as many as there are, where a query has fewer rows.</param>
    /// <returns>A share in [0, 1].</returns>
    /// <exception cref="ArgumentException">The lengths differ, or k is out of range.</exception>
    /// <exception cref="KumikiException">No rows, a query without rows, a grade below 0, or a score that is not finite.</exception>
    public static double Ndcg(ReadOnlySpan<double> relevance, ReadOnlySpan<double> scores, ReadOnlySpan<int> queries, int k, Gain gain) =>
        OverQueries("NDCG", relevance, scores, queries, k, gain == Gain.Exponential ? 60 : double.MaxValue, (ranked, groups) =>
        {
            if (gain == Gain.Exponential)
                for (var i = 0; i < ranked.Length; i++) ranked[i] = Math.Pow(2, ranked[i]) - 1;
            var found = 0.0;
            foreach (var (from, to) in groups)
            {
                double gains = 0, discounts = 0;
                for (var i = from; i < to; i++) gains += ranked[i];
                for (var i = from; i < Math.Min(to, k); i++) discounts += 1 / Math.Log2(i + 2);
                found += gains / (to - from) * discounts;
            }
            ranked.Sort();
            var best = 0.0;
            for (var i = 0; i < Math.Min(ranked.Length, k); i++) best += ranked[ranked.Length - 1 - i] / Math.Log2(i + 2);
            return best > 0 ? found / best : 0;
        });

    /// <summary>Mean over queries of the average precision of the first <paramref name="k"/> rows: the precision at each relevant row, over min(relevant rows,
    /// k).</summary>
    /// <param name="relevance">[n] 0 is irrelevant, anything above is relevant.</param>
    /// <inheritdoc cref="Ndcg"/>
    public static double MeanAveragePrecision(ReadOnlySpan<double> relevance, ReadOnlySpan<double> scores, ReadOnlySpan<int> queries, int k = int.MaxValue) =>
        OverQueries("Mean average precision", relevance, scores, queries, k, double.MaxValue, (ranked, groups) =>
        {
            var (sum, before, relevant) = (0.0, 0, Relevant(ranked));
            foreach (var (from, to) in groups)
            {
                double size = to - from;
                var here = Relevant(ranked[from..to]);
                for (var i = from; i < Math.Min(to, k); i++)
                    sum += here / size * (before + 1 + (size > 1 ? (i - from) * (here - 1) / (size - 1) : 0)) / (i + 1);
                before += here;
            }
            return relevant > 0 ? sum / Math.Min(relevant, k) : 0;
        });

    /// <summary>Mean over queries of 1 / the rank of the first relevant row, 0 where it is not among the first <paramref name="k"/>.</summary>
    /// <inheritdoc cref="MeanAveragePrecision"/>
    public static double MeanReciprocalRank(ReadOnlySpan<double> relevance, ReadOnlySpan<double> scores, ReadOnlySpan<int> queries, int k = int.MaxValue) =>
        OverQueries("Mean reciprocal rank", relevance, scores, queries, k, double.MaxValue, (ranked, groups) =>
        {
            foreach (var (from, to) in groups)
            {
                var here = Relevant(ranked[from..to]);
                if (here == 0) continue;
                var (sum, noneYet) = (0.0, 1.0);        // noneYet: the chance that no relevant row came before place i of this tie
                for (var i = from; i < Math.Min(to, k); i++)
                {
                    var chance = Math.Min(1, (double)here / (to - i));
                    sum += noneYet * chance / (i + 1);
                    noneYet *= 1 - chance;
                }
                return sum;
            }
            return 0;
        });

    /// <summary>Mean over queries of the share of the first <paramref name="k"/> rows that are relevant; places beyond a query's rows count as
    /// misses.</summary>
    /// <inheritdoc cref="MeanAveragePrecision"/>
    public static double PrecisionAt(int k, ReadOnlySpan<double> relevance, ReadOnlySpan<double> scores, ReadOnlySpan<int> queries) =>
        OverQueries("Precision at k", relevance, scores, queries, k, double.MaxValue, (ranked, groups) => Found(ranked, groups, k) / k);

    /// <summary>Mean over queries of the share of relevant rows that are among the first <paramref name="k"/>.</summary>
    /// <inheritdoc cref="MeanAveragePrecision"/>
    public static double RecallAt(int k, ReadOnlySpan<double> relevance, ReadOnlySpan<double> scores, ReadOnlySpan<int> queries) =>
        OverQueries("Recall at k", relevance, scores, queries, k, double.MaxValue, (ranked, groups) =>
        {
            var relevant = Relevant(ranked);
            return relevant > 0 ? Found(ranked, groups, k) / relevant : 0;
        });

    static double Found(ReadOnlySpan<double> ranked, List<(int From, int To)> groups, int k)
    {
        var found = 0.0;
        foreach (var (from, to) in groups)
        {
            if (from >= k) break;
            found += (double)Relevant(ranked[from..to]) * (Math.Min(to, k) - from) / (to - from);
        }
        return found;
    }

    static int Relevant(ReadOnlySpan<double> grades) => grades.Length - grades.Count(0.0);

    /// <summary>Gives each query's grades, highest score first, with the runs of equal scores.</summary>
    static double OverQueries(
        string metric, ReadOnlySpan<double> relevance, ReadOnlySpan<double> scores, ReadOnlySpan<int> queries, int k, double most, OfQuery figure)
    {
        Given.AtLeast(k, 1, nameof(k));
        Given.SameLength(relevance.Length, scores.Length, nameof(scores));
        Given.Rows(metric, relevance.Length);
        Given.Finite(metric, scores, "scores");
        for (var i = 0; i < relevance.Length; i++)
            if (!(relevance[i] >= 0 && relevance[i] <= most))
                throw Given.Outside(metric, relevance[i], "grades", i, most == 60 ? "from 0 to 60" : "zero or more");
        var rows = 0L;
        for (var q = 0; q < queries.Length; q++)
            rows += queries[q] > 0 ? queries[q] : throw Given.Outside(metric, queries[q], "queries' row counts", q, "1 or more");
        if (rows != relevance.Length) throw new ArgumentException($"The queries have {rows} rows together, but there are {relevance.Length}.", nameof(queries));

        var sum = 0.0;
        var groups = new List<(int, int)>();
        var longest = 0;
        foreach (var size in queries) longest = Math.Max(longest, size);
        var (keys, grades) = (new double[longest], new double[longest]);
        var start = 0;
        foreach (var size in queries)
        {
            var query = keys.AsSpan(0, size);
            var ranked = grades.AsSpan(0, size);
            for (var i = 0; i < size; i++) query[i] = -scores[start + i];
            relevance.Slice(start, size).CopyTo(ranked);
            query.Sort(ranked);
            groups.Clear();
            for (int from = 0, to; from < size; from = to)
            {
                to = from + 1;
                while (to < size && query[to] == query[from]) to++;
                groups.Add((from, to));
            }
            sum += figure(ranked, groups);
            start += size;
        }
        return sum / queries.Length;
    }

    delegate double OfQuery(Span<double> ranked, List<(int From, int To)> ties);
}
