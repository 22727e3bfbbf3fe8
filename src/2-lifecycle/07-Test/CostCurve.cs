namespace Kumiki;

/// <summary>What deciding as high from a score upwards does on some rows.</summary>
/// <param name="Above">Rows at or above it.</param>
/// <param name="Hits">Of them, the high ones.</param>
readonly record struct Cut(double Value, int Above, int Hits, double Cost, double Precision, double Recall)
{
    public int Alarms => Above - Hits;
}

/// <summary>Every threshold on scored rows, falling, with what it costs.</summary>
sealed class CostCurve
{
    readonly int rows;

    CostCurve(List<Cut> cuts, int rows, int highs, CostMatrix? costs) => (Cuts, this.rows, Highs, Costs) = (cuts, rows, highs, costs);

    /// <summary>First one above all rows, then each distinct score.</summary>
    public IReadOnlyList<Cut> Cuts { get; }

    public int Highs { get; }

    public CostMatrix? Costs { get; }

    /// <param name="costs">Two truths and two decisions; null: a wrong decision costs 1.</param>
    public static CostCurve Of(Scored rows, CostMatrix? costs)
    {
        if (costs is { IsTwo: false }) throw new KumikiException(Message.Of("threshold.costs", ("truths", costs.Truths.Count), ("decisions", costs.Decisions.Count)));
        if (rows.Truth.Length == 0) throw new KumikiException(Message.Of("threshold.no-rows"));
        if (Array.FindIndex(rows.Truth, t => t is not (0 or 1)) is var odd and >= 0) throw new KumikiException(Message.Of("threshold.not-a-flag", ("row", odd + 1), ("value", rows.Truth[odd])));
        if (Array.FindIndex(rows.Scores, double.IsNaN) is var nan and >= 0) throw new KumikiException(Message.Of("threshold.nan", ("row", nan + 1)));

        var (scores, order) = ((double[])rows.Scores.Clone(), Enumerable.Range(0, rows.Count).ToArray());
        Array.Sort(scores, order);
        var (highs, n) = (rows.Truth.Count(t => t == 1), scores.Length);
        // Nothing is above: every row is decided as low.
        var cost = highs * Cost(true, false) + (n - highs) * Cost(false, false);
        var cuts = new List<Cut> { new(Math.BitIncrement(scores[^1]), 0, 0, cost, 1, 0) };
        var (above, hits) = (0, 0);
        for (var at = n - 1; at >= 0;)
        {
            var score = scores[at];
            for (; at >= 0 && scores[at] == score; at--)
            {
                var isHigh = rows.Truth[order[at]] == 1;
                (above, hits) = (above + 1, hits + (isHigh ? 1 : 0));
                cost += Cost(isHigh, true) - Cost(isHigh, false);
            }
            cuts.Add(new(score, above, hits, cost, (double)hits / above, highs == 0 ? 0 : (double)hits / highs));
        }
        return new(cuts, n, highs, costs);

        double Cost(bool isHigh, bool isAbove) => costs?.Of(isHigh, isAbove) ?? (isHigh == isAbove ? 0 : 1);
    }

    /// <summary>The highest of the thresholds that are allowed and best; null: none is allowed.</summary>
    public Choice? Best(string rule, Func<Cut, bool> allowed, Func<Cut, double> good)
    {
        Cut? best = null;
        foreach (var cut in Cuts)
            if (allowed(cut) && (best is not { } so || good(cut) > good(so))) best = cut;
        return best is { } found ? Choice(rule, found) : null;
    }

    public Choice Choice(string rule, Cut cut) => new(cut.Value, cut.Value, cut.Cost, cut.Precision, cut.Recall, rows) { Rule = rule, Above = cut.Above, Costs = Costs };

    /// <summary>At most about <paramref name="points"/> of the thresholds, spread evenly over the rows above them, always the first and the last.</summary>
    public IReadOnlyList<CurvePoint> Points(int points) => [.. Some(points, []).Select(cut => new CurvePoint(cut.Value, cut.Cost / rows, cut.Precision, cut.Recall, (double)cut.Above / rows))];

    /// <summary>At most about <paramref name="points"/> of the thresholds, spread evenly over the rows above them, always the first, the last and the lowest one that is not below each of <paramref name="always"/>.</summary>
    public IReadOnlyList<Cut> Some(int points, IReadOnlyList<double> always)
    {
        var (kept, next) = (new List<Cut>(), 0.0);
        for (var at = 0; at < Cuts.Count; at++)
        {
            var cut = Cuts[at];
            var isNamed = always.Any(v => cut.Value >= v && (at == Cuts.Count - 1 || Cuts[at + 1].Value < v));
            if (Cuts.Count > points && cut.Above < next && at < Cuts.Count - 1 && !isNamed) continue;
            kept.Add(cut);
            if (cut.Above >= next) next = cut.Above + (double)rows / points;
        }
        return kept;
    }
}

/// <summary>One threshold of a curve.</summary>
/// <param name="Cost">A decision, on average.</param>
/// <param name="ShareAbove">Of all rows.</param>
sealed record CurvePoint(double Threshold, double Cost, double Precision, double Recall, double ShareAbove);
