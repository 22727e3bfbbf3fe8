using System.Numerics;

namespace Kumiki.Analyzing;

/// <summary>How closely two columns go together. Pure; a row counts where both columns have a value: no NaN, no code below 0.</summary>
static class Association
{
    /// <summary>Pearson's correlation in [-1, 1]; NaN where a column has one value.</summary>
    /// <remarks>Deviations from the means of those rows, summed in the order of the rows. Equal to scipy.stats.pearsonr to 1e-12 in the golden tests.</remarks>
    public static (double Value, long Rows) Pearson<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y) where T : unmanaged, IFloatingPoint<T>
    {
        var (n, sumX, sumY) = (0L, 0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            if (T.IsNaN(x[i]) || T.IsNaN(y[i])) continue;
            n++;
            sumX += double.CreateTruncating(x[i]);
            sumY += double.CreateTruncating(y[i]);
        }
        var (meanX, meanY, xx, yy, xy) = (sumX / n, sumY / n, 0.0, 0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            if (T.IsNaN(x[i]) || T.IsNaN(y[i])) continue;
            var (dx, dy) = (double.CreateTruncating(x[i]) - meanX, double.CreateTruncating(y[i]) - meanY);
            xx += dx * dx;
            yy += dy * dy;
            xy += dx * dy;
        }
        return (n < 2 || xx == 0 || yy == 0 ? double.NaN : Math.Clamp(xy / Math.Sqrt(xx) / Math.Sqrt(yy), -1, 1), n);
    }

    /// <summary>Ranks from 1, ties sharing their mean; NaN stays NaN. Their Pearson correlation is Spearman's.</summary>
    /// <remarks>Exact in float up to 8 million rows.</remarks>
    public static float[] Ranks(ReadOnlySpan<double> values)
    {
        var (sorted, places) = (values.ToArray(), new int[values.Length]);
        for (var i = 0; i < places.Length; i++) places[i] = i;
        Array.Sort(sorted, places);     // NaN comes first
        var ranks = new float[values.Length];
        var first = 0;
        for (; first < sorted.Length && double.IsNaN(sorted[first]); first++) ranks[places[first]] = float.NaN;
        for (var (from, to) = (first, first); from < sorted.Length; from = to)
        {
            while (to < sorted.Length && sorted[to] == sorted[from]) to++;
            var rank = (from + to - 1) / 2f + 1 - first;
            for (var i = from; i < to; i++) ranks[places[i]] = rank;
        }
        return ranks;
    }

    /// <summary>Rows of each pair of codes.</summary>
    public static long[,] Table(ReadOnlySpan<int> a, int countA, ReadOnlySpan<int> b, int countB)
    {
        var table = new long[countA, countB];
        for (var i = 0; i < a.Length; i++)
            if (a[i] >= 0 && b[i] >= 0) table[a[i], b[i]]++;
        return table;
    }

    /// <summary>Cramér's V in [0, 1], without correction for small tables; NaN where a side has one category.</summary>
    /// <remarks>Cramér 1946, §21.9; scipy.stats.contingency.association(method="cramer").</remarks>
    public static (double Value, long Rows) CramersV(long[,] table)
    {
        var (rows, columns) = Margins(table);
        var n = rows.Sum();
        var (height, width) = (rows.Count(r => r > 0), columns.Count(c => c > 0));
        if (height < 2 || width < 2) return (double.NaN, n);
        var sum = 0.0;
        for (var r = 0; r < rows.Length; r++)
            for (var c = 0; c < columns.Length; c++)
            {
                if (rows[r] == 0 || columns[c] == 0) continue;
                var expected = (double)rows[r] * columns[c] / n;
                sum += (table[r, c] - expected) * (table[r, c] - expected) / expected;
            }
        return (Math.Sqrt(Math.Clamp(sum / n / (Math.Min(height, width) - 1), 0, 1)), n);
    }

    static (long[] Rows, long[] Columns) Margins(long[,] table)
    {
        var (rows, columns) = (new long[table.GetLength(0)], new long[table.GetLength(1)]);
        for (var r = 0; r < rows.Length; r++)
            for (var c = 0; c < columns.Length; c++)
            {
                rows[r] += table[r, c];
                columns[c] += table[r, c];
            }
        return (rows, columns);
    }

    /// <summary>The share of the variance of numbers that lies between categories, η² in [0, 1], and the same corrected for the number of categories.</summary>
    /// <remarks>Pearson 1905. Its root is the correlation ratio η. The correction is that of R²: 1 − (1 − η²)(n − 1)/(n − k).</remarks>
    public static (double Share, double Corrected, long Rows) BetweenCategories(ReadOnlySpan<int> codes, int count, ReadOnlySpan<double> values)
    {
        var (rows, sums, n, total) = (new long[count], new double[count], 0L, 0.0);
        for (var i = 0; i < codes.Length; i++)
        {
            if (codes[i] < 0 || double.IsNaN(values[i])) continue;
            rows[codes[i]]++;
            sums[codes[i]] += values[i];
            n++;
            total += values[i];
        }
        var (mean, all, between, groups) = (total / n, 0.0, 0.0, rows.Count(r => r > 0));
        for (var i = 0; i < codes.Length; i++)
            if (codes[i] >= 0 && !double.IsNaN(values[i])) all += (values[i] - mean) * (values[i] - mean);
        for (var g = 0; g < count; g++)
            if (rows[g] > 0) between += rows[g] * (sums[g] / rows[g] - mean) * (sums[g] / rows[g] - mean);
        if (n < 2 || groups < 2 || all == 0) return (double.NaN, double.NaN, n);
        var share = Math.Clamp(between / all, 0, 1);
        return (share, n > groups ? Math.Max(0, 1 - (1 - share) * (n - 1) / (n - groups)) : double.NaN, n);
    }

    /// <summary>Area under the ROC curve of numbers for class 1 against class 0; ties count half. NaN where a class has no row.</summary>
    public static double RocAuc(ReadOnlySpan<double> values, ReadOnlySpan<int> classes)
    {
        var kept = new double[values.Length];
        for (var i = 0; i < values.Length; i++) kept[i] = classes[i] < 0 ? double.NaN : values[i];
        var ranks = Ranks(kept);
        var (positives, negatives, sum) = (0L, 0L, 0.0);
        for (var i = 0; i < ranks.Length; i++)
        {
            if (float.IsNaN(ranks[i])) continue;
            if (classes[i] == 1)
            {
                positives++;
                sum += ranks[i];
            }
            else negatives++;
        }
        return positives == 0 || negatives == 0 ? double.NaN : (sum - positives * (positives + 1) / 2.0) / positives / negatives;
    }

    /// <summary>The same for categories, each scored by its own share of class 1.</summary>
    /// <param name="table">[category, class 0 or 1].</param>
    public static double RocAuc(long[,] table)
    {
        var categories = Enumerable.Range(0, table.GetLength(0)).Select(c => (Negative: table[c, 0], Positive: table[c, 1]))
            .Where(c => c.Negative + c.Positive > 0).OrderBy(c => (double)c.Positive / (c.Negative + c.Positive)).ToList();
        var (below, won) = (0L, 0.0);
        foreach (var (negative, positive) in categories)
        {
            won += positive * (below + negative / 2.0);
            below += negative;
        }
        var positives = categories.Sum(c => c.Positive);
        return positives == 0 || below == 0 ? double.NaN : won / positives / below;
    }
}
