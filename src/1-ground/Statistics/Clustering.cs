namespace Kumiki.Statistics;

/// <summary>How well found groups agree with given ones, or hold together.</summary>
/// <remarks>Group numbers are 0 or more and mean nothing but "the same group". ClusteringTests agrees with scikit-learn to 1e-9.</remarks>
public static class Clustering
{
    /// <summary>Share of pairs of rows on which both groupings agree, adjusted so that chance is 0. Hubert and Arabie 1985.</summary>
    /// <param name="truth">[n] group numbers, 0 or more.</param>
    /// <param name="found">[n] likewise.</param>
    /// <returns>At most 1; 0 is chance; 1 where both groupings are trivial in the same way.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="KumikiException">No rows, or a group number below 0.</exception>
    public static double AdjustedRand(ReadOnlySpan<int> truth, ReadOnlySpan<int> found)
    {
        var table = Contingency("The adjusted Rand index", truth, found);
        double n = truth.Length;
        double together = table.Cells.Values.Sum(c => c * c), ofTruth = table.Truth.Values.Sum(c => c * c), ofFound = table.Found.Values.Sum(c => c * c);
        // pairs that both keep together, only one keeps together, both keep apart (each pair counted twice)
        double both = together - n, onlyTruth = ofTruth - together, onlyFound = ofFound - together, neither = n * n - onlyTruth - onlyFound - together;
        return onlyTruth == 0 && onlyFound == 0
            ? 1
            : 2 * (both * neither - onlyFound * onlyTruth) / ((both + onlyTruth) * (onlyTruth + neither) + (both + onlyFound) * (onlyFound + neither));
    }

    /// <summary>Mutual information over the mean entropy of the two groupings. Vinh, Epps and Bailey 2010.</summary>
    /// <inheritdoc cref="AdjustedRand"/>
    /// <returns>In [0, 1]; rises with the number of groups even by chance.</returns>
    public static double NormalizedMutualInformation(ReadOnlySpan<int> truth, ReadOnlySpan<int> found)
    {
        var table = Contingency("Normalised mutual information", truth, found);
        if (table.Trivial) return 1;
        var information = Information(table, truth.Length);
        return information == 0 ? 0 : information / ((Entropy(table.Truth, truth.Length) + Entropy(table.Found, truth.Length)) / 2);
    }

    /// <summary>As <see cref="NormalizedMutualInformation"/>, adjusted so that chance is 0.</summary>
    /// <inheritdoc cref="AdjustedRand"/>
    /// <returns>At most 1; 0 is chance.</returns>
    /// <remarks>O(groups² · n) at worst for the expectation under chance.</remarks>
    public static double AdjustedMutualInformation(ReadOnlySpan<int> truth, ReadOnlySpan<int> found)
    {
        var table = Contingency("Adjusted mutual information", truth, found);
        if (table.Trivial) return 1;
        var expected = Expected(table, truth.Length);
        var most = (Entropy(table.Truth, truth.Length) + Entropy(table.Found, truth.Length)) / 2;
        var above = most - expected;
        // scikit-learn keeps the sign and stays off zero, so that no rounding divides by it
        return (Information(table, truth.Length) - expected) / (above < 0 ? Math.Min(above, -Logs.Epsilon) : Math.Max(above, Logs.Epsilon));
    }

    /// <summary>Mean over rows of (distance to the nearest other group − distance within the own) / the greater of both; 0 for a row alone in its
    /// group.</summary>
    /// <param name="points">[n × width] row by row, finite; distances are Euclidean.</param>
    /// <param name="groups">[n] group numbers, 0 or more; 2 to n − 1 different ones.</param>
    /// <returns>In [-1, 1]; higher is better.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="KumikiException">No rows, a value that is not finite, a group number below 0, or fewer than 2 or more than n − 1 groups.</exception>
    /// <remarks>O(n² · width) time: draw a sample of some thousand rows where there are more. Rousseeuw 1987.</remarks>
    public static double Silhouette(ReadOnlySpan<double> points, int width, ReadOnlySpan<int> groups)
    {
        const string metric = "Silhouette";
        Given.Matrix(groups.Length, width, points.Length, nameof(points));
        Given.Rows(metric, groups.Length);
        for (var i = 0; i < points.Length; i++)
            if (!double.IsFinite(points[i])) throw Given.NotFinite(metric, points[i], "points", i / width);
        var (labels, sizes) = Dense(metric, groups);
        Given.Enough(metric, sizes.Count, 2, "groups");
        if (sizes.Count == groups.Length) throw Given.TooFew(metric, groups.Length, sizes.Count + 1, "rows (more than groups)");
        var distances = new double[sizes.Count];
        var sum = 0.0;
        for (var i = 0; i < labels.Length; i++)
        {
            if (sizes[labels[i]] == 1) continue;
            Array.Clear(distances);
            var own = points.Slice(i * width, width);
            for (var j = 0; j < labels.Length; j++)
            {
                var other = points.Slice(j * width, width);
                var squared = 0.0;
                for (var d = 0; d < width; d++) squared += (own[d] - other[d]) * (own[d] - other[d]);
                distances[labels[j]] += Math.Sqrt(squared);
            }
            var (within, nearest) = (distances[labels[i]] / (sizes[labels[i]] - 1), double.PositiveInfinity);
            for (var g = 0; g < distances.Length; g++)
                if (g != labels[i]) nearest = Math.Min(nearest, distances[g] / sizes[g]);
            var greater = Math.Max(within, nearest);
            if (greater > 0) sum += (nearest - within) / greater;
        }
        return sum / labels.Length;
    }

    static (int[] Labels, List<int> Sizes) Dense(string metric, ReadOnlySpan<int> groups)
    {
        var numbers = new Dictionary<int, int>();
        var (labels, sizes) = (new int[groups.Length], new List<int>());
        for (var i = 0; i < groups.Length; i++)
        {
            if (groups[i] < 0) throw Given.Outside(metric, groups[i], "groups", i, "0 or more");
            if (numbers.TryAdd(groups[i], sizes.Count)) sizes.Add(0);
            sizes[labels[i] = numbers[groups[i]]]++;
        }
        return (labels, sizes);
    }

    sealed record Table(Dictionary<(int, int), double> Cells, Dictionary<int, double> Truth, Dictionary<int, double> Found, int Rows)
    {
        /// <summary>Both put all rows in one group, or each row in its own.</summary>
        internal bool Trivial => (Truth.Count == 1 && Found.Count == 1) || (Truth.Count == Rows && Found.Count == Rows);
    }

    static Table Contingency(string metric, ReadOnlySpan<int> truth, ReadOnlySpan<int> found)
    {
        Given.SameLength(truth.Length, found.Length, nameof(found));
        Given.Rows(metric, truth.Length);
        Given.Classes(metric, truth, int.MaxValue, "truths");
        Given.Classes(metric, found, int.MaxValue, "groups");
        var table = new Table([], [], [], truth.Length);
        for (var i = 0; i < truth.Length; i++)
        {
            table.Cells[(truth[i], found[i])] = table.Cells.GetValueOrDefault((truth[i], found[i])) + 1;
            table.Truth[truth[i]] = table.Truth.GetValueOrDefault(truth[i]) + 1;
            table.Found[found[i]] = table.Found.GetValueOrDefault(found[i]) + 1;
        }
        return table;
    }

    static double Information(Table table, double n)
    {
        var sum = 0.0;
        foreach (var ((t, f), c) in table.Cells) sum += c / n * Math.Log(c * n / (table.Truth[t] * table.Found[f]));
        return Math.Abs(sum) < Logs.Epsilon ? 0 : Math.Max(0, sum);
    }

    static double Entropy(Dictionary<int, double> groups, double n) => -groups.Values.Sum(c => c / n * Math.Log(c / n));

    /// <summary>Mutual information of random groupings with these sizes: over all pairs of sizes, the hypergeometric counts they may share.</summary>
    static double Expected(Table table, int n)
    {
        var factorials = new double[n + 1];     // logs
        for (var i = 2; i <= n; i++) factorials[i] = factorials[i - 1] + Math.Log(i);
        var sum = 0.0;
        foreach (var (a, timesA) in table.Truth.Values.CountBy(c => (int)c))
            foreach (var (b, timesB) in table.Found.Values.CountBy(c => (int)c))
                for (var shared = Math.Max(1, a + b - n); shared <= Math.Min(a, b); shared++)
                {
                    var chance = factorials[a] + factorials[b] + factorials[n - a] + factorials[n - b]
                        - factorials[n] - factorials[shared] - factorials[a - shared] - factorials[b - shared] - factorials[n - a - b + shared];
                    sum += timesA * timesB * ((double)shared / n) * Math.Log((double)n * shared / ((double)a * b)) * Math.Exp(chance);
                }
        return sum;
    }
}
