namespace Kumiki.Preprocessing;

/// <summary>Where bins are cut: the edges between them, rising, as the 32-bit floats the graph compares; a value on an edge belongs to the bin above.</summary>
static class Edges
{
    /// <param name="values">At least one, no NaN.</param>
    public static float[] OfWidth(double[] values, int bins)
    {
        var (least, greatest) = Fitting.Ends(values);
        var step = (greatest - least) / bins;
        return step > 0 ? Rising(Enumerable.Range(1, bins - 1).Select(i => (i * step) + least)) : [];
    }

    /// <inheritdoc cref="OfWidth"/>
    public static float[] OfQuantiles(double[] values, int bins)
    {
        // Percentages are divided and edges closer than 1e-8 dropped as KBinsDiscretizer does.
        var all = Quantiles.Of(values, [.. Enumerable.Range(0, bins + 1).Select(i => i == bins ? 1 : i * (100.0 / bins) / 100)]);
        var edges = new List<double> { all[0] };
        for (var i = 1; i < all.Length; i++)
            if (all[i] - all[i - 1] > 1e-8) edges.Add(all[i]);
        return edges.Count < 3 ? [] : Rising(edges.Skip(1).SkipLast(1));
    }

    static float[] Rising(IEnumerable<double> edges) => [.. edges.Select(e => (float)e).Distinct().Order()];

    sealed record Leaf(int From, int To, int Cut, double Gain);

    /// <summary>The cuts of a regression tree on this one column, grown by its best leaf (Breiman et al. 1984); scikit-learn's
    /// DecisionTreeRegressor(max_leaf_nodes).</summary>
    /// <param name="target">[values]</param>
    /// <param name="leastShare">Of the values, in each leaf.</param>
    public static float[] OfTree(double[] values, double[] target, int leaves, double leastShare)
    {
        var floats = Array.ConvertAll(values, v => (float)v);
        var sorted = (double[])target.Clone();
        Array.Sort(floats, sorted);
        var sums = new double[sorted.Length + 1];
        var squares = new double[sorted.Length + 1];
        for (var i = 0; i < sorted.Length; i++) (sums[i + 1], squares[i + 1]) = (sums[i] + sorted[i], squares[i] + (sorted[i] * sorted[i]));
        var least = Math.Max(1, (int)Math.Ceiling(leastShare * sorted.Length));

        var open = new List<Leaf>();
        Open(0, sorted.Length);
        var cuts = new List<int>();
        while (cuts.Count < leaves - 1 && open.Count > 0)
        {
            var best = open.MaxBy(l => l.Gain)!;
            open.Remove(best);
            cuts.Add(best.Cut);
            Open(best.From, best.Cut);
            Open(best.Cut, best.To);
        }
        // scikit-learn sends x ≤ threshold to the left, halfway between two floats: the least float above is the edge.
        return [.. cuts.Order().Select(c => EdgeAbove((floats[c - 1] / 2.0) + (floats[c] / 2.0)))];

        void Open(int from, int to)
        {
            var (count, sum) = (to - from, sums[to] - sums[from]);
            var impurity = ((squares[to] - squares[from]) / count) - (sum / count * (sum / count));
            if (count < 2 * least || impurity <= 2.220446049250313e-16) return;
            var (cut, proxy) = (-1, double.NegativeInfinity);
            for (var c = from + least; c <= to - least; c++)
            {
                if (floats[c] <= floats[c - 1] + 1e-7f) continue;
                var left = sums[c] - sums[from];
                var right = sum - left;
                var here = (left * left / (c - from)) + (right * right / (to - c));
                if (here > proxy) (cut, proxy) = (c, here);
            }
            if (cut >= 0) open.Add(new(from, to, cut, proxy - (sum * sum / count)));
        }
    }

    static float EdgeAbove(double threshold)
    {
        var edge = (float)threshold;
        return edge > threshold ? edge : MathF.BitIncrement(edge);
    }
}
